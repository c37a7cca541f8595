/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The calls of paired programs that are in progress in a task. A call is known by the place of its arguments on the
 * kernel stack, which entry and exit program of one call share: a return finds exactly its own entry, nested methods
 * are told apart, and entries whose return was never seen are recognised, because a call that is still in progress lies
 * higher on the stack than the current one.
 */
#ifndef VFSLOCK_FRAMES_H
#define VFSLOCK_FRAMES_H

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct vl_task);
} tasks SEC(".maps");

/* Masked where clang cannot see that the index is in range already, and the verifier can see that it is. */
static __always_inline struct vl_frame *vl_frame_at(struct vl_task *t, __u32 index)
{
	__u64 i = index;

	asm volatile("" : "+r"(i));
	i &= VL_FRAMES - 1;
	return &t->frames[i];
}

static __always_inline struct vl_frame *vl_frame_push(__u64 *ctx)
{
	struct vl_task *t = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	__u64 at = (__u64)ctx;
	struct vl_frame *f;
	__u32 depth;

	if (!t) {
		vl_lose(VL_LOST_no_storage);
		return 0;
	}
	depth = t->depth;
	for (int i = 0; i < VL_FRAMES; i++) {
		if (!depth || vl_frame_at(t, depth - 1)->at > at)
			break;
		depth--;
		vl_lose(VL_LOST_unmatched);
	}
	if (depth >= VL_FRAMES) {
		vl_lose(VL_LOST_frames_full);
		return 0;
	}
	t->depth = depth + 1;
	f = vl_frame_at(t, depth);
	f->at = at;
	return f;
}

/* The frame of the call that returns now, or NULL if its entry was not seen or not audited. */
static __always_inline struct vl_frame *vl_frame_pop(__u64 *ctx)
{
	struct vl_task *t = bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), 0, 0);
	__u64 at = (__u64)ctx;
	struct vl_frame *f;
	__u32 depth;

	if (!t)
		return 0;
	depth = t->depth;
	for (int i = 0; i < VL_FRAMES; i++) {
		if (!depth)
			return 0;
		depth--;
		f = vl_frame_at(t, depth);
		if (f->at > at)
			return 0; /* an outer call in progress: ours was not audited */
		t->depth = depth;
		if (f->at == at)
			return f;
		vl_lose(VL_LOST_unmatched);
	}
	return 0;
}

#endif
