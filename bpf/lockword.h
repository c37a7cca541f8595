/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads lock words. Each reader stores what it read (the proof) and returns an enum vl_state. What a word can tell is
 * exact: the write owner of a rwsem and the owner of a mutex are only ever the current task when the current task holds
 * the lock, and a count without lock bits is impossible while the current task holds the rwsem in any mode.
 */
#ifndef VFSLOCK_LOCKWORD_H
#define VFSLOCK_LOCKWORD_H

/* kernel/locking/rwsem.c: bit 0 writer, 1 waiters, 2 handoff, 3-7 reserved, 8-62 readers, 63 read failed. */
#define RWSEM_WRITER_LOCKED 1ULL
#define RWSEM_NOT_A_HOLD 0xfeULL
/* kernel/locking/{rwsem,mutex}.c: up to three flag bits below the task's address in the owner word. */
#define OWNER_FLAGS 7ULL
#define RWSEM_READER_OWNED 1ULL

static __always_inline __u64 vl_rwsem_state(__u64 count, __u64 owner, __u64 me)
{
	if (count & RWSEM_WRITER_LOCKED)
		return (owner & ~OWNER_FLAGS) == me ? VL_STATE_EXCLUSIVE_SELF : VL_STATE_EXCLUSIVE_OTHER;
	if (!(count & ~RWSEM_NOT_A_HOLD))
		return VL_STATE_FREE;
	return (owner & ~OWNER_FLAGS) == me && (owner & RWSEM_READER_OWNED) ? VL_STATE_SHARED_HINT : VL_STATE_SHARED;
}

/* @tracked: ask the table of held locks what the word leaves open. */
static __always_inline __u64 vl_read_rwsem(struct rw_semaphore *sem, __u64 me, __u64 *word, bool tracked)
{
	__u64 count = VL_GET(sem->count.counter);
	__u64 owner = VL_GET(sem->owner.counter);

	word[0] = count;
	word[1] = owner;
	return vl_known_rwsem(vl_rwsem_state(count, owner, me), sem, me, count, tracked);
}

/* A lock known by its symbol has no BTF type that the verifier could follow: copied instead of dereferenced. */
static __always_inline __u64 vl_read_global_rwsem(const void *symbol, __u64 me, __u64 *word, bool tracked)
{
	const struct rw_semaphore *sem = symbol;

	word[0] = word[1] = 0;
	if (!symbol)
		return VL_STATE_UNREAD;
	if (bpf_core_read(&word[0], sizeof(word[0]), &sem->count.counter) ||
	    bpf_core_read(&word[1], sizeof(word[1]), &sem->owner.counter))
		return VL_STATE_UNREAD;
	return vl_known_rwsem(vl_rwsem_state(word[0], word[1], me), sem, me, word[0], tracked);
}

static __always_inline __u64 vl_read_mutex(struct mutex *lock, __u64 me, __u64 *word, bool tracked)
{
	__u64 owner = VL_GET(lock->owner.counter);

	word[0] = owner;
	word[1] = 0;
	if ((owner & ~OWNER_FLAGS) == me)
		return VL_STATE_EXCLUSIVE_SELF;
	return owner & ~OWNER_FLAGS ? VL_STATE_EXCLUSIVE_OTHER : VL_STATE_FREE;
}

static __always_inline __u64 vl_read_spin(spinlock_t *lock, __u64 me, __u64 *word, bool tracked)
{
	word[0] = VL_GET(lock->rlock.raw_lock.locked);
	word[1] = 0;
	return vl_known_spin(word[0] ? VL_STATE_HELD : VL_STATE_FREE, lock, me, tracked);
}

/* By its symbol: see vl_read_global_rwsem(). */
static __always_inline __u64 vl_read_global_spin(const void *symbol, __u64 me, __u64 *word, bool tracked)
{
	const spinlock_t *lock = symbol;
	__u8 locked = 0;

	word[0] = word[1] = 0;
	if (!symbol || bpf_core_read(&locked, sizeof(locked), &lock->rlock.raw_lock.locked))
		return VL_STATE_UNREAD;
	word[0] = locked;
	return vl_known_spin(locked ? VL_STATE_HELD : VL_STATE_FREE, lock, me, tracked);
}

/* Held: by a writer, or by a reader that keeps writers out. Readers that only sample the sequence hold nothing. */
static __always_inline __u64 vl_read_global_seqlock(const void *symbol, __u64 me, __u64 *word, bool tracked)
{
	const seqlock_t *lock = symbol;
	__u8 locked = 0;

	word[0] = word[1] = 0;
	if (!symbol || bpf_core_read(&locked, sizeof(locked), &lock->lock.rlock.raw_lock.locked))
		return VL_STATE_UNREAD;
	word[0] = locked;
	return vl_known_spin(locked ? VL_STATE_HELD : VL_STATE_FREE, lock, me, tracked);
}

/* A folio by its address only, where no BTF type leads to it: PAGE(), PAGE_AT(). */
struct vl_any_folio;

static __always_inline __u64 vl_flags_state(__u64 flags, __u64 *word)
{
	word[0] = flags;
	word[1] = 0;
	return flags & (1ULL << bpf_core_enum_value(enum pageflags, PG_locked)) ? VL_STATE_HELD : VL_STATE_FREE;
}

/* 7.2 wraps the flags: memdesc_flags_t. The barriers keep clang from reading one layout on the way to the other. */
static __always_inline __u64 vl_read_folio(struct folio *folio, __u64 *word)
{
	struct folio___memdesc *wrapped = (struct folio___memdesc *)folio;

	if (bpf_core_field_exists(wrapped->flags.f)) {
		barrier();
		return vl_flags_state(VL_GET(wrapped->flags.f), word);
	}
	barrier_var(folio);
	return vl_flags_state(VL_GET(folio->flags), word);
}

/* Only for pages that cannot be tail pages; PAGE() is for the others. */
static __always_inline __u64 vl_read_page(struct page *page, __u64 *word)
{
	struct page___memdesc *wrapped = (struct page___memdesc *)page;

	if (bpf_core_field_exists(wrapped->flags.f)) {
		barrier();
		return vl_flags_state(VL_GET(wrapped->flags.f), word);
	}
	barrier_var(page);
	return vl_flags_state(VL_GET(page->flags), word);
}

/* The flags are the first word of a page and of a folio, wrapped or not. */
static __always_inline __u64 vl_read_any_folio(struct vl_any_folio *folio, __u64 *word)
{
	__u64 flags;

	word[0] = word[1] = 0;
	if (bpf_probe_read_kernel(&flags, sizeof(flags), folio))
		return VL_STATE_UNREAD;
	return vl_flags_state(flags, word);
}

static __always_inline __u64 vl_read_buffer(struct buffer_head *bh, __u64 *word)
{
	word[0] = VL_GET(bh->b_state);
	word[1] = 0;
	return word[0] & (1ULL << bpf_core_enum_value(enum bh_state_bits, BH_Lock)) ? VL_STATE_HELD : VL_STATE_FREE;
}

#define vl_read_bit(subject, me, word, tracked)                                                                        \
	((void)(me), (void)(tracked),                                                                                  \
	 _Generic((subject), struct folio *                                                                            \
		  : vl_read_folio, struct buffer_head *                                                                \
		  : vl_read_buffer, struct page *                                                                      \
		  : vl_read_page, struct vl_any_folio *                                                                \
		  : vl_read_any_folio)(subject, word))

/*
 * The folio of a page that may be a tail page (include/linux/page-flags.h, compound_head()). In 7.x a tail page knows
 * its head as a pointer or, where struct page is a power of two long, as a mask of its own address: the mask of the
 * largest compound page is beyond the addresses at which struct pages lie.
 */
#define COMPOUND_MASKS 0xffffffff00000000ULL

static __always_inline struct vl_any_folio *vl_folio_of(struct page *page)
{
	__u64 head = 0;

	if (!page)
		return 0;
	if (bpf_core_field_exists(page->compound_info)) {
		barrier();
		if (bpf_core_read(&head, sizeof(head), &page->compound_info))
			return 0;
	} else if (bpf_core_field_exists(page->compound_head)) {
		barrier_var(page);
		if (bpf_core_read(&head, sizeof(head), &page->compound_head))
			return 0;
	} else {
		return 0;
	}
	if (!(head & 1))
		return (struct vl_any_folio *)page;
	if (head < COMPOUND_MASKS)
		return (struct vl_any_folio *)(head - 1);
	/* The verifier lets no pointer be masked, but something bounded be taken off it: at most 1 GiB's struct pages.
	 */
	return (struct vl_any_folio *)((char *)page - (vl_low_half(page) & ~(__u32)head & 0xffffff));
}

static __always_inline struct vl_any_folio *vl_folio_at(__u64 where)
{
	__u64 page = 0;

	if (bpf_probe_read_kernel(&page, sizeof(page), (const void *)where) || !page)
		return 0;
	return vl_folio_of((struct page *)page);
}

#define PAGE(page) vl_folio_of(page)
#define PAGE_AT(pp) vl_folio_at((__u64)(pp))

#endif
