/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The address spaces into which files of audited filesystems are mapped. Every fault of every task takes an mmap_lock:
 * only of these it is worth knowing.
 */
#ifndef VFSLOCK_MMS_H
#define VFSLOCK_MMS_H

/* False if it is known already. */
static __always_inline bool vl_mm_add(struct mm_struct *mm)
{
	const void *lock = &mm->mmap_lock;
	struct vl_mm *home = vl_mm_at(&lock_tables, lock, 0);

	if (vl_is_mm(&lock_tables, lock))
		return false;
	if (!__sync_val_compare_and_swap(&home->lock, 0, (__u64)lock)) {
		vl_unreject(&lock_tables, lock);
		return true;
	}
	__sync_fetch_and_add(&home->displaced, 1);
	for (int p = 1; p < VL_MMS_PROBES; p++)
		if (!__sync_val_compare_and_swap(&vl_mm_at(&lock_tables, lock, p)->lock, 0, (__u64)lock)) {
			vl_unreject(&lock_tables, lock);
			return true;
		}
	__sync_fetch_and_add(&home->displaced, -1);
	vl_lock_lose(VL_LOCK_LOST_mms_full);
	return false;
}

/* Those that are there already: the tool reads this iterator once. */
SEC("iter/task_vma")
int keep_present_mms(struct bpf_iter__task_vma *ctx)
{
	struct vm_area_struct *vma = ctx->vma;
	__u32 owner;

	if (vma && vma->vm_file && vl_watched(vma->vm_file->f_inode->i_sb, &owner))
		vl_mm_add(vma->vm_mm);
	return 0;
}

/*
 * Every new mapping: see learn_mapping(). Who makes it has the lock since before it was tracked, so that it is noted
 * here.
 */
SEC("fentry/perf_event_mmap")
int BPF_PROG(keep_new_mapping, struct vm_area_struct *vma)
{
	struct vl_class class = {.class = VL_TRACKED_mmap_lock};
	struct mm_struct *mm = vma->vm_mm;
	__u32 owner;

	if (vl_watched(vma->vm_file->f_inode->i_sb, &owner) && vl_mm_add(mm) &&
	    (mm->mmap_lock.owner.counter & ~7ULL) == bpf_get_current_task())
		vl_taken(&mm->mmap_lock, class, VL_HELD_EXCLUSIVE, VL_HELD_UNTIMED, 0);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(keep_forked_mm, struct task_struct *parent, struct task_struct *child)
{
	struct mm_struct *mm = parent->mm;

	if (mm && vl_is_mm(&lock_tables, &mm->mmap_lock) && child->mm)
		vl_mm_add(child->mm);
	return 0;
}

SEC("fentry/exit_mmap")
int BPF_PROG(keep_no_mm, struct mm_struct *mm)
{
	const void *lock = &mm->mmap_lock;

	for (int p = 0; p < VL_MMS_PROBES; p++) {
		struct vl_mm *at = vl_mm_at(&lock_tables, lock, p);

		if (at->lock != (__u64)lock)
			continue;
		at->lock = 0;
		if (p)
			__sync_fetch_and_add(&vl_mm_at(&lock_tables, lock, 0)->displaced, -1);
	}
	return 0;
}

#endif
