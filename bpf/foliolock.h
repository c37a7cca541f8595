/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folio locks. That one is taken is seen only where it was not free: the rest is a bit that is set inline. A folio that
 * is waited for is followed until it is unlocked, unless the completion of I/O does that.
 */
#ifndef VFSLOCK_FOLIOLOCK_H
#define VFSLOCK_FOLIOLOCK_H

static __always_inline bool vl_is_audited_folio(struct folio *folio, struct vl_class *out)
{
	__u32 owner;

	if (!vl_watched(folio->mapping->host->i_sb, &owner))
		return false;
	out->class = VL_TRACKED_folio_lock;
	out->owner = owner;
	return true;
}

static __always_inline void vl_folio_taken(struct folio *folio, __u32 caller)
{
	struct vl_class class;

	if (!vl_is_audited_folio(folio, &class))
		return;
	vl_wait_ends(folio, VL_TRACKED_folio_lock);
	__sync_fetch_and_add(&lock_tables.folios, 1);
	if (!vl_taken(folio, class, VL_HELD_EXCLUSIVE, 0, caller))
		__sync_fetch_and_add(&lock_tables.folios, -1);
}

static __always_inline void vl_folio_wanted(struct folio *folio)
{
	struct vl_class class;

	if (vl_is_audited_folio(folio, &class))
		vl_wait_begins(folio);
}

SEC("fentry/__folio_lock")
int BPF_PROG(wait___folio_lock, struct folio *folio)
{
	vl_folio_wanted(folio);
	return 0;
}

SEC("fexit/__folio_lock")
int BPF_PROG(waited___folio_lock, struct folio *folio)
{
	vl_folio_taken(folio, vl_caller(ctx, 1));
	return 0;
}

SEC("fentry/__folio_lock_killable")
int BPF_PROG(wait___folio_lock_killable, struct folio *folio)
{
	vl_folio_wanted(folio);
	return 0;
}

SEC("fexit/__folio_lock_killable")
int BPF_PROG(waited___folio_lock_killable, struct folio *folio, int ret)
{
	if (ret)
		vl_gave_up(folio);
	else
		vl_folio_taken(folio, vl_caller(ctx, 1));
	return 0;
}

static __always_inline void vl_folio_released(const void *folio)
{
	if (lock_tables.folios)
		vl_released(folio);
}

SEC("fentry/folio_unlock")
int BPF_PROG(folio_unlocked, struct folio *folio)
{
	vl_folio_released(folio);
	return 0;
}

SEC("fentry/folio_end_read")
int BPF_PROG(folio_read, struct folio *folio)
{
	vl_folio_released(folio);
	return 0;
}

#endif
