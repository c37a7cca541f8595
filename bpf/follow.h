/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Folios that a method must see to being unlocked, at once or when I/O completes. Most are unlocked when it returns;
 * the others are followed until folio_unlock() or folio_end_read() comes by. One that never is, the tool finds by its
 * age.
 */
#ifndef VFSLOCK_FOLLOW_H
#define VFSLOCK_FOLLOW_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VL_MAX_FOLLOWED);
	__type(key, __u64); /* the folio's address */
	__type(value, struct vl_followed);
} followed SEC(".maps");

/* How long it took to unlock them, per method and type of filesystem: see vl_count_unlock(). */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VL_FOLLOW_METHODS); /* times the types */
	__type(key, __u32);
	__type(value, struct vl_hist);
} unlock_times SEC(".maps");

/* First the way down the tree, then the place of what is found: the programs' stack is small. */
struct vl_walk {
	union {
		__u64 entry;
		__u64 mapping;
	};
	union {
		__u8 shift;
		__u64 index;
	};
};

/* Where the programs put what they read: behind the frame's words, as their stack is small. */
struct vl_room {
	struct vl_followed followed;
	struct vl_walk walk;
	__u64 folio, word[2];
};

/* Of a method with so many slots. */
#define VL_ROOM(slots)                                                                                                 \
	({                                                                                                             \
		_Static_assert(2 * (slots) * sizeof(__u64) + sizeof(struct vl_room) <= sizeof(frame->words),           \
			       "a method that is followed has few slots");                                             \
		(struct vl_room *)&frame->words[2 * (slots)];                                                          \
	})

/* mapping and index lie at the same place in a folio and in its first page. */
static __always_inline bool vl_folio_place(__u64 folio, __u64 *mapping, __u64 *index)
{
	if (bpf_core_type_exists(struct folio)) {
		const struct folio *f = (const struct folio *)folio;

		barrier();
		return !bpf_core_read(mapping, sizeof(*mapping), &f->mapping) &&
		       !bpf_core_read(index, sizeof(*index), &f->index);
	} else {
		const struct page *p = (const struct page *)folio;

		barrier_var(p);
		return !bpf_core_read(mapping, sizeof(*mapping), &p->mapping) &&
		       !bpf_core_read(index, sizeof(*index), &p->index);
	}
}

static __always_inline __s32 vl_follow_stack(__u64 *ctx, const struct vl_frame *frame, __u64 now)
{
	const __s32 *taken;

	if (!frame) /* the call would not be followed, were it not allowed */
		return vl_take_stack(ctx);
	taken = VL_STACK_OF(frame);
	if (taken && *taken >= 0)
		return *taken;
	return vl_stack_allowed(now) ? vl_take_stack(ctx) : -1;
}

/* What all folios of a call have in common. Without a frame the call begins now, and the caller has filled the rest in.
 */
static __always_inline void vl_follow_start(__u64 *ctx, const struct vl_frame *frame, struct vl_room *room)
{
	struct vl_followed *f = &room->followed;
	__u64 now = bpf_ktime_get_ns(), id = bpf_get_current_pid_tgid();

	f->start_ns = frame && vl_plan(VL_PLAN_LATENCY) ? frame->start_ns : now;
	if (frame) {
		f->sig = frame->sig;
		f->target = vl_target_of(frame->owner);
	}
	f->fn = vl_plan(VL_PLAN_FUNCTION);
	f->stack = vl_follow_stack(ctx, frame, now);
	f->number = vl_plan(VL_PLAN_FOLLOW);
	f->pid = id;
	f->tgid = id >> 32;
	f->cpu = bpf_get_smp_processor_id();
	f->released = 0;
	bpf_get_current_comm(f->comm, sizeof(f->comm));
}

static __always_inline void vl_follow_no_more(__u64 *folio)
{
	if (!bpf_map_delete_elem(&followed, folio))
		__sync_fetch_and_add(&following.n, -1);
}

/* An older entry of this address is of a folio whose release was not seen. */
static __always_inline __u64 vl_follow_address(__u64 folio, struct vl_room *room)
{
	room->folio = folio;
	if (!vl_folio_place(folio, &room->followed.mapping, &room->followed.index))
		return VL_STATE_UNREAD;
	if (!bpf_map_lookup_elem(&followed, &room->folio))
		__sync_fetch_and_add(&following.n, 1);
	if (bpf_map_update_elem(&followed, &room->folio, &room->followed, BPF_ANY)) {
		__sync_fetch_and_add(&following.n, -1);
		vl_lose(VL_LOST_follow_full);
		return VL_STATE_UNREAD;
	}
	/* Unlocked after it was looked at, but before it was put there: nobody would find it. */
	if (vl_read_any_folio((struct vl_any_folio *)folio, room->word) == VL_STATE_HELD)
		return VL_STATE_FOLLOWED;
	vl_follow_no_more(&room->folio);
	return VL_STATE_FREE;
}

static __always_inline __u64 vl_follow_one(__u64 folio, __u64 state, __u64 *ctx, const struct vl_frame *frame,
					   struct vl_room *room)
{
	if (state != VL_STATE_HELD)
		return state;
	vl_follow_start(ctx, frame, room);
	return vl_follow_address(folio, room);
}

/* What is read of the flags is kept in @word, as the entry's readers do (lockword.h). */
#define VL_FOLLOW_BIT(type)                                                                                            \
	static __always_inline __u64 vl_follow_##type(struct type *folio, __u64 *ctx, const struct vl_frame *frame,    \
						      struct vl_room *room, __u64 *word)                               \
	{                                                                                                              \
		word[0] = word[1] = vl_opaque(0);                                                                      \
		if (!folio)                                                                                            \
			return VL_STATE_UNREAD;                                                                        \
		return vl_follow_one((__u64)folio, vl_read_bit(folio, 0, word, false), ctx, frame, room);              \
	}

VL_FOLLOW_BIT(folio)
VL_FOLLOW_BIT(page)
VL_FOLLOW_BIT(vl_any_folio)

/* ------------------------------------------------------------------------------- folios of a mapping, of an iterator
 */

/* include/linux/xarray.h: a node's address has 2 in its lower bits; siblings of a large folio look alike, but small. */
#define XA_NODE 2
#define XA_MAX_SIBLING 4096
#define XA_MASK 63
#define XA_MAX_DEPTH 7

/* The folio at @index of the mapping's tree, or NULL. What stands in the tree may be stale, so it is compared. */
static __always_inline struct vl_any_folio *vl_folio_in(const struct address_space *mapping, __u64 index,
							struct vl_walk *w)
{
	__u64 folio;

	w->entry = 0;
	bpf_core_read(&w->entry, sizeof(w->entry), &mapping->i_pages.xa_head);
#pragma clang loop unroll(disable)
	for (int i = 0; i < XA_MAX_DEPTH && (w->entry & 3) == XA_NODE && w->entry > XA_MAX_SIBLING; i++) {
		const struct xa_node *node = (const struct xa_node *)(w->entry - XA_NODE);
		__u64 at;

		if (bpf_core_read(&w->shift, sizeof(w->shift), &node->shift))
			return 0;
		at = index >> (w->shift & XA_MASK) & XA_MASK;
		if (bpf_core_read(&w->entry, sizeof(w->entry), &node->slots[at]))
			return 0;
	}
	folio = w->entry;
	if (!folio || folio & 3 || !vl_folio_place(folio, &w->mapping, &w->index) || w->mapping != (__u64)mapping ||
	    w->index != index)
		return 0;
	return (struct vl_any_folio *)folio;
}

static __always_inline struct vl_any_folio *vl_folio_at_index(const struct address_space *mapping, __u64 index)
{
	struct vl_walk walk;

	return vl_folio_in(mapping, index, &walk);
}
#define FOLIO_AT(mapping, index) vl_folio_at_index(mapping, index)

/* Of how many pages, by its order, which lies in its second page. */
static __always_inline __u64 vl_folio_pages(__u64 folio, struct vl_room *room)
{
	const struct folio *f = (const struct folio *)folio;

	room->walk.shift = 0;
	if (bpf_probe_read_kernel(&room->word[0], sizeof(room->word[0]), f) ||
	    !(room->word[0] & 1ULL << bpf_core_enum_value(enum pageflags, PG_head)))
		return 1;
	if (bpf_core_field_exists(f->_folio_order)) { /* up to 6.5 */
		barrier();
		bpf_core_read(&room->walk.shift, 1, &f->_folio_order);
	} else if (bpf_core_field_exists(f->_flags_1)) {
		barrier_var(f);
		bpf_core_read(&room->walk.shift, 1, &f->_flags_1);
	}
	return 1ULL << (room->walk.shift & 15);
}

struct vl_span {
	const struct address_space *mapping;
	__u64 first, count;
};
#define EACH_IN(mapping, first, count) ((struct vl_span){mapping, first, count})

struct vl_vector {
	__u64 vector, count;
};
#define EACH_OF(vector, count) ((struct vl_vector){vector, count})

/* What is read into by an iterator over pages: include/linux/uio.h. The data of a write come from it. */
#define READ_VECTOR(iter) (VL_GET((iter)->data_source) ? 0 : (__u64)VL_GET((iter)->bvec))
#define READ_COUNT(iter) VL_GET((iter)->nr_segs)

/* One of several: the first that is still locked starts the following. */
static __always_inline __u64 vl_follow_next(__u64 folio, __u64 so_far, __u64 *ctx, const struct vl_frame *frame,
					    struct vl_room *room)
{
	if (!folio || vl_read_any_folio((struct vl_any_folio *)folio, room->word) != VL_STATE_HELD)
		return so_far;
	if (so_far != VL_STATE_FOLLOWED)
		vl_follow_start(ctx, frame, room);
	vl_follow_address(folio, room);
	return VL_STATE_FOLLOWED;
}

static __always_inline __u64 vl_follow_vl_span(struct vl_span span, __u64 *ctx, const struct vl_frame *frame,
					       struct vl_room *room, __u64 *word)
{
	__u64 state = VL_STATE_FREE, at = 0;

	word[0] = word[1] = 0;
	if (!span.count)
		return VL_STATE_UNREAD;
#pragma clang loop unroll(disable)
	for (int i = 0; i < VL_FOLLOW_SPAN; i++) {
		__u64 folio = (__u64)vl_folio_in(span.mapping, span.first + at, &room->walk);

		state = vl_follow_next(folio, state, ctx, frame, room);
		at += folio ? vl_folio_pages(folio, room) : 1;
		if (at >= span.count)
			return state;
	}
	vl_lose(VL_LOST_follow_span);
	return state;
}

static __always_inline __u64 vl_follow_vl_vector(struct vl_vector all, __u64 *ctx, const struct vl_frame *frame,
						 struct vl_room *room, __u64 *word)
{
	const struct bio_vec *v = (const struct bio_vec *)all.vector;
	__u64 state = VL_STATE_FREE;

	word[0] = word[1] = 0;
	if (!v || !all.count)
		return VL_STATE_UNREAD;
#pragma clang loop unroll(disable)
	for (__u64 i = 0; i < VL_FOLLOW_SPAN; i++) {
		if (i >= all.count)
			return state;
		state = vl_follow_next((__u64)vl_folio_at((__u64)&v[i].bv_page), state, ctx, frame, room);
	}
	return state;
}

#define vl_follow_folio_lock(subject, ctx, frame, room, word)                                                          \
	_Generic((subject), struct folio *                                                                             \
		 : vl_follow_folio, struct page *                                                                      \
		 : vl_follow_page, struct vl_any_folio *                                                               \
		 : vl_follow_vl_any_folio, struct vl_span                                                              \
		 : vl_follow_vl_span, struct vl_vector                                                                 \
		 : vl_follow_vl_vector)(subject, ctx, frame, room, word)

#ifndef VL_PORTABLE
static __always_inline void vl_count_unlock(const struct vl_followed *f, __u64 ns)
{
	__u64 bucket = vl_hist_index(ns), type = f->sig >> VL_SIG_TYPE_SHIFT & (VL_TYPES - 1);
	__u32 key = f->number * following.types + type;
	struct vl_hist *h;

	if (type >= following.types || bucket >= VL_HIST_BUCKETS)
		return;
	h = bpf_map_lookup_elem(&unlock_times, &key);
	if (!h)
		return;
	__sync_fetch_and_add(&h->counts[bucket], 1); /* I/O completes in interrupts, too */
	__sync_fetch_and_add(&h->sum_ns, ns);
	if (ns > h->max_ns)
		h->max_ns = ns;
}

static __always_inline void vl_folio_unlocked(__u64 folio)
{
	struct vl_followed *f;

	if (following.n <= 0)
		return;
	f = bpf_map_lookup_elem(&followed, &folio);
	if (!f || f->released)
		return;
	vl_count_unlock(f, bpf_ktime_get_ns() - f->start_ns);
	f->released = 1;
	vl_follow_no_more(&folio);
}

SEC("fentry/folio_unlock")
int folio_is_unlocked(__u64 *ctx)
{
	vl_folio_unlocked(ctx[0]);
	return 0;
}

SEC("fentry/folio_end_read")
int folio_is_read(__u64 *ctx)
{
	vl_folio_unlocked(ctx[0]);
	return 0;
}
#endif

#endif
