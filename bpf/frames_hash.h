/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of portable pairs that are in progress: as in frames.h, a call is known by its place on the kernel stack,
 * but in a hash, which every kernel has, and of which a kprobe and its kretprobe can tell the place, too.
 */
#ifndef VFSLOCK_FRAMES_HASH_H
#define VFSLOCK_FRAMES_HASH_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VL_HASH_FRAMES);
	__type(key, __u64);
	__type(value, struct vl_frame);
} frames_by_place SEC(".maps");

/*
 * In a trampoline the place is that of the arguments, as a distance, which the verifier takes for a number. In a kprobe
 * it is the stack pointer: at the entry that of the return address, which is gone at the return. A function that jumps
 * to another one at its end shares that with it, so that the function's number is part of it (an address's upper bits
 * are all equal).
 */
static __always_inline __u64 vl_place(__u64 *ctx)
{
	__u64 at;

	if (vl_plan(VL_PLAN_PLACE) == VL_PLACE_CONTEXT) {
		at = (__u64)ctx;
		asm volatile("%0 -= %1" : "+r"(at) : "r"(&control));
		return at;
	}
	asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(at) : "r"(ctx), "i"(VL_REGS_SP));
	if (vl_plan(VL_PLAN_PLACE) == VL_PLACE_RETURN_STACK)
		at -= 8;
	return at ^ vl_plan(VL_PLAN_FUNCTION) << 48;
}

static __always_inline void vl_frame_insert(__u64 *ctx, const struct vl_frame *f)
{
	__u64 at = vl_place(ctx);

	if (!bpf_map_update_elem(&frames_by_place, &at, f, BPF_NOEXIST))
		return;
	if (!bpf_map_lookup_elem(&frames_by_place, &at)) {
		vl_lose(VL_LOST_frames_full);
		return;
	}
	vl_lose(VL_LOST_unmatched); /* a return that was not seen */
	bpf_map_update_elem(&frames_by_place, &at, f, BPF_ANY);
}

static __always_inline struct vl_frame *vl_frame_find(__u64 *ctx)
{
	__u64 at = vl_place(ctx);

	return bpf_map_lookup_elem(&frames_by_place, &at);
}

static __always_inline void vl_frame_free(__u64 *ctx, struct vl_frame *f)
{
	__u64 at = vl_place(ctx);

	bpf_map_delete_elem(&frames_by_place, &at);
}

/*
 * From a kretprobe the kernel may find no way up the stack (5.10 stops at kretprobe_trampoline()), and who called
 * decides what a breach is. So the stack is taken at the entry, unless the judge has seen what was seen there and found
 * it good. That says nothing of a folio that is never unlocked: for that, of as many calls as are followed.
 */
static __always_inline __s32 vl_stack_at_entry(__u64 *ctx, __u64 sig)
{
	struct vl_sig_key key = {.fn = vl_plan(VL_PLAN_FUNCTION), .sig = sig};
	__u32 *verdict;

	if (vl_plan(VL_PLAN_PLACE) != VL_PLACE_ENTRY_STACK)
		return -1;
	verdict = bpf_map_lookup_elem(&verdicts, &key);
	if (verdict && *verdict == VL_SIG_OK &&
	    ((__s64)vl_plan(VL_PLAN_FOLLOW) < 0 || !vl_stack_allowed(bpf_ktime_get_ns())))
		return -1;
	return vl_take_stack(ctx);
}

#define VL_STACK_OF(frame) (vl_plan(VL_PLAN_PLACE) == VL_PLACE_RETURN_STACK ? &(frame)->stack : 0)

#define VL_ENTER(id, slots)                                                                                            \
	struct vl_frame f;                                                                                             \
	__u64 sig;                                                                                                     \
	__u32 owner;                                                                                                   \
                                                                                                                       \
	if (!vl_entry_##id(ctx, f.words, &sig, &owner) || vl_not_selected(sig))                                        \
		return 0;                                                                                              \
	for (int i = 2 * vl_entry_slots_##id; i < 2 * VL_SLOTS; i++)                                                   \
		f.words[i] = 0;                                                                                        \
	f.at = f.start_ns = f.nvcsw = 0;                                                                               \
	f.args[0] = f.args[1] = f.args[2] = 0;                                                                         \
	vl_keep_##id(ctx, &f);                                                                                         \
	vl_note_##id(ctx, &f);                                                                                         \
	f.stack = vl_stack_at_entry(ctx, sig);                                                                         \
	vl_frame_start(ctx, &f, sig, owner);                                                                           \
	if (!f.start_ns) /* tells a call in progress from one whose return was missed */                               \
		f.start_ns = bpf_ktime_get_ns();                                                                       \
	vl_frame_insert(ctx, &f);

#endif
