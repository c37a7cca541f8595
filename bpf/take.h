/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps the table of held locks: taken, released, waited for. Only the task itself writes to its slot, and none of
 * these locks is taken by interrupts; where a release comes from elsewhere, a note is left in the slot.
 */
#ifndef VFSLOCK_TAKE_H
#define VFSLOCK_TAKE_H

/* struct vl_task_locks of VL_HELD_SLOTS tasks; and how many readers are known of a lock. */
char held[VL_HELD_SLOTS * sizeof(struct vl_task_locks)] SEC(".bss.held");
char readers[VL_READERS_WORDS * sizeof(__u64)] SEC(".bss.readers");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VL_N_TRACKED);
	__type(key, __u32);
	__type(value, struct vl_class_stats);
} class_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VL_SITES);
	__type(key, __u32);
	__type(value, struct vl_site_stats);
} site_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VL_N_LOCK_LOST);
	__type(key, __u32);
	__type(value, __u64);
} lock_lost SEC(".maps");

static __always_inline void vl_lock_lose(__u32 reason)
{
	__u64 *n = bpf_map_lookup_elem(&lock_lost, &reason);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* The slot of the current task, which is claimed if it has none. */
static __always_inline struct vl_task_locks *vl_held_claim(__u64 task)
{
	struct vl_task_locks *home = vl_held_at(held, task, 0), *t = vl_held_find(held, task);

	if (t)
		return t;
	if (!home->task && !__sync_val_compare_and_swap(&home->task, 0, task))
		return home;
	__sync_fetch_and_add(&home->displaced, 1);
	for (int p = 1; p < VL_HELD_PROBES; p++) {
		t = vl_held_at(held, task, p);
		if (!t->task && !__sync_val_compare_and_swap(&t->task, 0, task))
			return t;
	}
	__sync_fetch_and_add(&home->displaced, -1);
	vl_lock_lose(VL_LOCK_LOST_slots_full);
	return 0;
}

static __always_inline void vl_held_free_if_empty(struct vl_task_locks *t)
{
	struct vl_task_locks *home;

	if (t->n || (t->waiting && !t->waited))
		return;
	home = vl_held_at(held, t->task, 0);
	t->dropped = t->waiting = 0;
	barrier();
	if (home != t)
		__sync_fetch_and_add(&home->displaced, -1);
	t->task = 0;
}

/* One more task holds a lock shared. */
static __always_inline void vl_readers_add(__u32 lock)
{
	__u64 fresh = (__u64)lock << VL_READERS_SHIFT | 1;

	for (int p = 0; p < VL_READERS_PROBES; p++) {
		__u64 *at = vl_readers_at(readers, lock, p), word = *at;

		for (int retry = 0; retry < 3 && word && word >> VL_READERS_SHIFT == lock; retry++) {
			__u64 seen = __sync_val_compare_and_swap(at, word, word + 1);

			if (seen == word)
				return;
			word = seen;
		}
		if (!word && !__sync_val_compare_and_swap(at, 0, fresh))
			return;
	}
	vl_lock_lose(VL_LOCK_LOST_readers_full);
}

/* One fewer, if any is known. */
static __always_inline void vl_readers_sub(__u32 lock)
{
	for (int p = 0; p < VL_READERS_PROBES; p++) {
		__u64 *at = vl_readers_at(readers, lock, p), word = *at;

		for (int retry = 0; retry < 8 && word && word >> VL_READERS_SHIFT == lock; retry++) {
			__u64 left = (__u32)word > 1 ? word - 1 : 0;
			__u64 seen = __sync_val_compare_and_swap(at, word, left);

			if (seen == word)
				return;
			word = seen;
		}
	}
}

static __always_inline void vl_believe_from_now(__u32 lock)
{
	*vl_believed_since(readers, lock) = bpf_ktime_get_ns();
}

/* Who holds it exclusively knows that nobody holds it shared: what is still counted was not seen to end. */
static __always_inline void vl_readers_reset(__u32 lock)
{
	for (int p = 0; p < VL_READERS_PROBES; p++) {
		__u64 *at = vl_readers_at(readers, lock, p), word = *at;

		if (word && word >> VL_READERS_SHIFT == lock) {
			__sync_val_compare_and_swap(at, word, 0);
			vl_believe_from_now(lock);
		}
	}
}

static __always_inline void vl_lock_hist_add(struct vl_lock_hist *h, __u64 ns)
{
	__u64 bucket = vl_hist_index(ns);

	if (bucket >= VL_HIST_BUCKETS)
		return;
	__sync_fetch_and_add(&h->counts[bucket], 1);
	__sync_fetch_and_add(&h->sum_ns, ns);
	if (ns > h->max_ns)
		h->max_ns = ns;
}

static __always_inline struct vl_site_stats *vl_site(struct vl_lock_tables *tables, __u64 key)
{
	__u32 start = (__u32)(key >> 32 ^ key) * VL_HASH >> (32 - VL_SITES_BITS);

	for (int p = 0; p < VL_SITES_PROBES; p++) {
		__u32 i = (start + p) & (VL_SITES - 1);
		__u64 seen = tables->sites[i];

		if (!seen)
			seen = __sync_val_compare_and_swap(&tables->sites[i], 0, key);
		if (!seen || seen == key)
			return bpf_map_lookup_elem(&site_stats, &i);
	}
	vl_lock_lose(VL_LOCK_LOST_sites_full);
	return 0;
}

static __always_inline void vl_count_hold(struct vl_lock_tables *tables, const struct vl_held *e, __u64 ns)
{
	__u32 class = e->class;
	struct vl_class_stats *c = bpf_map_lookup_elem(&class_stats, &class);
	struct vl_site_stats *s = vl_site(tables, vl_site_key(e->class, e->mode, e->caller));

	if (c) {
		__sync_fetch_and_add(&c->taken, 1);
		vl_lock_hist_add(&c->hold, ns);
	}
	if (!s)
		return;
	__sync_fetch_and_add(&s->taken, 1);
	__sync_fetch_and_add(&s->hold_ns, ns);
	if (ns > s->hold_max_ns)
		s->hold_max_ns = ns;
}

/* Removes the lock at @i of the slot, as not held any more. */
static __always_inline void vl_held_remove(struct vl_task_locks *t, __u32 i)
{
	__u32 last = (t->n - 1) & (VL_HELD_LOCKS - 1);

	i &= VL_HELD_LOCKS - 1;
	if (t->of[i].class == VL_TRACKED_folio_lock)
		__sync_fetch_and_add(&lock_tables.folios, -1);
	if (i != last)
		t->of[i] = t->of[last];
	t->n = last;
}

/* What somebody else found out not to be held any more. */
static __always_inline void vl_held_drop(struct vl_task_locks *t)
{
	for (__u32 i = 0; i < VL_HELD_LOCKS && i < t->n; i++)
		if (t->of[i].since_ns == t->dropped) {
			if (t->of[i].mode == VL_HELD_SHARED)
				vl_readers_sub((__u32)t->of[i].lock);
			/* A folio is unlocked by the completion of its I/O, too. */
			if (t->of[i].class != VL_TRACKED_folio_lock && !(t->of[i].flags & VL_HELD_HANDED_OVER))
				vl_lock_lose(VL_LOCK_LOST_stale);
			vl_held_remove(t, i);
			break;
		}
	t->dropped = 0;
}

static __always_inline void vl_count_contended(struct vl_lock_tables *tables, const struct vl_held *e, __u64 wait_ns)
{
	struct vl_site_stats *s = vl_site(tables, vl_site_key(e->class, e->mode, e->caller));

	if (!s)
		return;
	__sync_fetch_and_add(&s->contended, 1);
	__sync_fetch_and_add(&s->wait_ns, wait_ns);
	if (wait_ns > s->wait_max_ns)
		s->wait_max_ns = wait_ns;
}

/* Who holds a lock shared is counted; who holds it exclusively shows that nobody else does. */
static __always_inline void vl_count_reader(const void *lock, __u8 mode)
{
	if (mode == VL_HELD_SHARED)
		vl_readers_add(vl_low_half(lock));
	else
		vl_readers_reset(vl_low_half(lock));
}

/* The current task has @lock now, or asks for it (VL_HELD_PENDING). False: there is no room to note it. */
static __always_inline bool vl_taken(const void *lock, struct vl_class class, __u8 mode, __u8 flags, __u32 caller)
{
	struct vl_task_locks *t = vl_held_claim(bpf_get_current_task());
	struct vl_held *e;

	if (!t)
		return false;
	if (t->dropped)
		vl_held_drop(t);
	if (t->n >= VL_HELD_LOCKS) {
		vl_lock_lose(VL_LOCK_LOST_too_deep);
		return false;
	}
	e = &t->of[t->n];
	e->lock = (__u64)lock;
	e->caller = caller;
	e->class = class.class;
	e->owner = class.owner;
	e->mode = mode;
	e->flags = flags;
	if (t->waiting) {
		if (t->waiting == (__u64)lock && t->waited && !(flags & VL_HELD_PENDING)) {
			e->flags |= VL_HELD_CONTENDED;
			vl_count_contended(&lock_tables, e, t->wait_ns);
		}
		t->waiting = t->waited = 0;
	}
	e->since_ns = bpf_ktime_get_ns();
	t->n++;
	if (!(flags & VL_HELD_PENDING))
		vl_count_reader(lock, mode);
	return true;
}

/* Where in the slot @lock stands, the last time; VL_HELD_LOCKS: nowhere. */
static __always_inline __u32 vl_held_index(const struct vl_task_locks *t, const void *lock)
{
	__u32 n = t->n;

	for (__u32 k = 1; k <= VL_HELD_LOCKS; k++) {
		__u32 i = (n - k) & (VL_HELD_LOCKS - 1);

		if (k > n)
			break;
		if (t->of[i].lock == (__u64)lock)
			return i;
	}
	return VL_HELD_LOCKS;
}

/* Is that known already? */
static __always_inline bool vl_is_waiting(const void *lock)
{
	struct vl_task_locks *t = vl_held_find(held, bpf_get_current_task());

	return t && t->waiting == (__u64)lock;
}

/* The current task has to wait for @lock. */
static __always_inline void vl_wait_begins(const void *lock)
{
	struct vl_task_locks *t = vl_held_claim(bpf_get_current_task());

	if (!t)
		return;
	t->waiting = (__u64)lock;
	t->wait_ns = bpf_ktime_get_ns();
	t->waited = 0;
}

/* It waits no more, whether it has the lock or gave up. */
static __always_inline void vl_wait_ends(const void *lock, __u32 class)
{
	struct vl_task_locks *t = vl_held_find(held, bpf_get_current_task());
	struct vl_class_stats *c;
	__u64 ns;

	if (!t || t->waiting != (__u64)lock || t->waited)
		return;
	ns = bpf_ktime_get_ns() - t->wait_ns;
	t->wait_ns = ns;
	t->waited = 1;
	c = bpf_map_lookup_elem(&class_stats, &class);
	if (!c)
		return;
	__sync_fetch_and_add(&c->contended, 1);
	vl_lock_hist_add(&c->wait, ns);
}

/* The current task has what it asked for. */
static __always_inline void vl_taken_after_all(const void *lock)
{
	struct vl_task_locks *t = vl_held_find(held, bpf_get_current_task());
	__u32 i = t ? vl_held_index(t, lock) : VL_HELD_LOCKS;
	struct vl_held *e;

	if (i >= VL_HELD_LOCKS)
		return;
	e = &t->of[i & (VL_HELD_LOCKS - 1)];
	if (!(e->flags & VL_HELD_PENDING))
		return;
	e->flags &= ~VL_HELD_PENDING;
	e->since_ns = bpf_ktime_get_ns();
	if (t->waiting == (__u64)lock) {
		if (!t->waited)
			vl_wait_ends(lock, e->class);
		e->flags |= VL_HELD_CONTENDED;
		vl_count_contended(&lock_tables, e, t->wait_ns);
		t->waiting = t->waited = 0;
	}
	vl_count_reader(lock, e->mode);
}

/*
 * Released by a task that has not taken it: by whom it was, the word of a lock held exclusively tells, and a note is
 * left there. @owner: that word, or 0.
 */
static __always_inline void vl_release_for_another(const void *lock, __u64 owner)
{
	__u64 task = owner & ~7ULL;
	struct vl_task_locks *t = 0;
	__u32 i = VL_HELD_LOCKS;

	if (task && task != bpf_get_current_task())
		t = vl_held_find(held, task);
	if (t)
		i = vl_held_index(t, lock);
	vl_readers_sub(vl_low_half(lock));
	if (i >= VL_HELD_LOCKS) {
		vl_believe_from_now(vl_low_half(lock));
		vl_lock_lose(VL_LOCK_LOST_unseen);
		return;
	}
	t->of[i & (VL_HELD_LOCKS - 1)].flags |= VL_HELD_HANDED_OVER;
	t->dropped = t->of[i & (VL_HELD_LOCKS - 1)].since_ns;
	vl_lock_lose(VL_LOCK_LOST_handed_over);
}

/* The current task is about to release @lock. False: its slot does not have it. */
static __always_inline bool vl_released(const void *lock)
{
	struct vl_task_locks *t = vl_held_find(held, bpf_get_current_task());
	struct vl_held *e;
	__u64 now;
	__u32 i;

	if (!t)
		return false;
	i = vl_held_index(t, lock);
	if (i >= VL_HELD_LOCKS)
		return false;
	e = &t->of[i];
	if (!(e->flags & (VL_HELD_PENDING | VL_HELD_UNTIMED))) {
		now = bpf_ktime_get_ns();
		if (e->mode == VL_HELD_SHARED)
			vl_readers_sub(vl_low_half(lock));
		if (now >= e->since_ns)
			vl_count_hold(&lock_tables, e, now - e->since_ns);
	}
	vl_held_remove(t, i);
	vl_held_free_if_empty(t);
	return true;
}

/* A call that wanted @lock returns without it. */
static __always_inline void vl_gave_up(const void *lock)
{
	struct vl_task_locks *t = vl_held_find(held, bpf_get_current_task());

	if (!t || t->waiting != (__u64)lock)
		return;
	t->waiting = t->waited = 0;
	vl_held_free_if_empty(t);
}

#endif
