/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of paired programs that are in progress. A call is known by the place of its arguments on the kernel stack,
 * which entry and exit program of one call share and no other call in progress has: a return finds exactly its own
 * entry, nested methods and interrupts are told apart. A frame whose return was never seen is found again when its
 * place is.
 */
#ifndef VFSLOCK_FRAMES_H
#define VFSLOCK_FRAMES_H

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, VL_FRAMES * sizeof(struct vl_frame));
} frames SEC(".maps");

/* The verifier takes the difference of two pointers for a number, which can be hashed; a pointer cannot. */
static __always_inline __u64 vl_frame_key(__u64 *ctx, char *table)
{
	__u64 at = (__u64)ctx;

	asm volatile("%0 -= %1" : "+r"(at) : "r"(table));
	return at;
}

static __always_inline struct vl_frame *vl_frame_probe(char *table, __u64 at, __u32 probe)
{
	__u64 i = ((__u32)at * 0x9E3779B1U >> (32 - VL_FRAME_BITS)) + probe;

	if (probe)
		i &= VL_FRAMES - 1;
	asm volatile("" : "+r"(i)); /* clang would move the shift before the mask, where the verifier loses the bound */
	return (struct vl_frame *)(table + i * sizeof(struct vl_frame));
}

static __always_inline struct vl_frame *vl_frame_claim(__u64 *ctx)
{
	char *table = vl_plan_pointer(VL_PLAN_FRAMES);
	__u64 at = vl_frame_key(ctx, table);

	for (int p = 0; p < VL_FRAME_PROBES; p++) {
		struct vl_frame *f = vl_frame_probe(table, at, p);
		__u64 old = __sync_val_compare_and_swap(&f->at, 0, at);

		asm volatile("" : "+r"(old));
		if (!old)
			return f;
		if (old == at) { /* a return that was not seen */
			vl_lose(VL_LOST_unmatched);
			return f;
		}
	}
	vl_lose(VL_LOST_frames_full);
	return 0;
}

/* The frame of the call that returns now, or NULL if its entry was not seen or not audited. */
static __always_inline struct vl_frame *vl_frame_find(__u64 *ctx)
{
	char *table = vl_plan_pointer(VL_PLAN_FRAMES);
	__u64 at = vl_frame_key(ctx, table);

	for (int p = 0; p < VL_FRAME_PROBES; p++) {
		struct vl_frame *f = vl_frame_probe(table, at, p);

		if (f->at == at)
			return f;
	}
	return 0;
}

static __always_inline void vl_frame_free(__u64 *ctx, struct vl_frame *f)
{
	f->at = 0;
}

#define VL_STACK_OF(frame) 0

#define VL_ENTER(id, slots)                                                                                            \
	__u64 words[2 * (slots) + 2], sig;                                                                             \
	struct vl_frame *f;                                                                                            \
	__u32 owner;                                                                                                   \
                                                                                                                       \
	if (!vl_entry_##id(ctx, words, &sig, &owner) || vl_not_selected(sig))                                          \
		return 0;                                                                                              \
	f = vl_frame_claim(ctx);                                                                                       \
	if (!f)                                                                                                        \
		return 0;                                                                                              \
	vl_note_##id(ctx, f);                                                                                          \
	for (int i = 0; i < 2 * vl_entry_slots_##id; i++)                                                              \
		f->words[i] = words[i];                                                                                \
	vl_frame_start(ctx, f, sig, owner);

#endif
