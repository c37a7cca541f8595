/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The templates: for every method a program for entry only (`once`), and a pair (`enter`, `leave`) where an exit rule
 * or a latency is wanted. They are never loaded as they stand: src/templates.c takes their relocated instructions,
 * patches constants and argument offsets, and loads one clone per function.
 */
#ifndef VFSLOCK_PROGRAMS_H
#define VFSLOCK_PROGRAMS_H

/* include/linux/preempt.h: 0-7 preempt, 8 serving softirq, 16-19 hardirq, 20-23 NMI, 31 no need to reschedule
 * (inverted) */
#define PREEMPT_COUNT_MASK 0x7fffffff
#define PREEMPT_INTERRUPT_MASK 0xff0100

static __always_inline __u64 vl_context(void)
{
	int count;

	if (vl_plan(VL_PLAN_CONTEXT) == VL_CONTEXT_UNKNOWN)
		return VL_SIG_NO_CONTEXT;
	count = vl_preempt_count(vl_plan(VL_PLAN_CONTEXT));
#ifdef VL_PORTABLE
	count -= (int)vl_plan(VL_PLAN_CONTEXT_BASE);
#endif
	if (!(count & PREEMPT_COUNT_MASK))
		return 0;
	return count & PREEMPT_INTERRUPT_MASK ? VL_SIG_ATOMIC | VL_SIG_INTERRUPT : VL_SIG_ATOMIC;
}

/* Which tasks alone are looked at, where VL_PLAN_FILTER says so. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VL_FILTER);
	__type(key, __u64); /* thread group id */
	__type(value, __u32);
} wanted_pids SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, VL_FILTER);
	__uint(key_size, 16);
	__type(value, __u32);
} wanted_comms SEC(".maps");

static __always_inline bool vl_in_wanted_cgroup(void)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < VL_FILTER; i++) {
		if (i >= control.n_cgroups)
			return false;
		if (bpf_get_current_ancestor_cgroup_id((int)control.cgroup_levels[i]) == control.cgroups[i])
			return true;
	}
	return false;
}

/* @room: two words. */
static __always_inline bool vl_task_wanted(__u64 *room)
{
	__u64 wanted = vl_plan(VL_PLAN_FILTER);

	if (wanted & VL_FILTER_PID) {
		room[0] = bpf_get_current_pid_tgid() >> 32;
		if (!bpf_map_lookup_elem(&wanted_pids, room))
			return false;
	}
	if (wanted & VL_FILTER_COMM) {
		/* Older kernels write no more than the name and its end (bpf_get_current_comm(), strscpy()). */
		room[0] = room[1] = 0;
		bpf_get_current_comm(room, 16);
		if (!bpf_map_lookup_elem(&wanted_comms, room))
			return false;
	}
	return !(wanted & VL_FILTER_CGROUP) || vl_in_wanted_cgroup();
}

#define vl_not_selected(sig) (vl_plan(VL_PLAN_SELECT) && !((sig)&vl_plan(VL_PLAN_SELECT)))

/* The end of a call of which it matters whether the task slept. */
static __always_inline void vl_find_sleep(__u64 *ctx, const struct vl_frame *f, struct vl_call *call)
{
	if (call->sig & VL_SIG_INTERRUPT)
		return;
	call->slept = vl_sleep_unwatch(vl_depth(ctx));
	if (f->nvcsw != VL_GET(VL_CURRENT->nvcsw))
		call->sig |= VL_SIG_SLEPT;
}

/* What every frame holds beside the words. */
static __always_inline void vl_frame_start(__u64 *ctx, struct vl_frame *f, __u64 sig, __u32 owner)
{
	f->sig = sig;
	f->owner = owner;
	if (vl_plan(VL_PLAN_SLEPT)) {
		__u64 nvcsw = VL_GET(VL_CURRENT->nvcsw);

		f->nvcsw = nvcsw;
		if (!(sig & VL_SIG_INTERRUPT))
			vl_sleep_watch(vl_depth(ctx), nvcsw);
	}
	if (vl_plan(VL_PLAN_LATENCY))
		f->start_ns = bpf_ktime_get_ns();
}

#define VL_PROGRAMS(id, slots)                                                                                         \
	_Static_assert((slots) <= VL_METHOD_SLOTS, "a sample has room for every method's slots");                      \
                                                                                                                       \
	SEC("vfs/" #id "/once")                                                                                        \
	int vl_once_##id(__u64 *ctx)                                                                                   \
	{                                                                                                              \
		struct vl_stack_value sample;                                                                          \
		struct vl_call call = {.n_words = 2 * vl_entry_slots_##id, .sample = &sample};                         \
                                                                                                                       \
		if (!vl_entry_##id(ctx, sample.words, &call.sig, &call.owner) || vl_not_selected(call.sig))            \
			return 0;                                                                                      \
		if (vl_plan(VL_PLAN_FROM_ENTRY))                                                                       \
			call.sig |= vl_begin_##id(ctx, call.sig, call.owner);                                          \
		vl_count(ctx, &call, vl_cpu());                                                                        \
		return 0;                                                                                              \
	}                                                                                                              \
                                                                                                                       \
	SEC("vfs/" #id "/enter")                                                                                       \
	int vl_enter_##id(__u64 *ctx)                                                                                  \
	{                                                                                                              \
		VL_ENTER(id, slots)                                                                                    \
		return 0;                                                                                              \
	}                                                                                                              \
                                                                                                                       \
	SEC("vfs/" #id "/leave")                                                                                       \
	int vl_leave_##id(__u64 *ctx)                                                                                  \
	{                                                                                                              \
		struct vl_frame *f = vl_frame_find(ctx);                                                               \
		struct vl_stack_value sample;                                                                          \
		struct vl_call call = {.n_words = 2 * (slots), .sample = &sample};                                     \
		__u64 cpu;                                                                                             \
                                                                                                                       \
		if (!f)                                                                                                \
			return 0;                                                                                      \
		cpu = vl_cpu();                                                                                        \
		if (vl_plan(VL_PLAN_LATENCY))                                                                          \
			vl_count_latency(f->sig, bpf_ktime_get_ns() - f->start_ns, cpu);                               \
		call.sig = f->sig | VL_SIG_EXITED | vl_exit_##id(ctx, f);                                              \
		if (vl_plan(VL_PLAN_SLEPT))                                                                            \
			vl_find_sleep(ctx, f, &call);                                                                  \
		call.stack = VL_STACK_OF(f);                                                                           \
		call.words = f->words;                                                                                 \
		call.owner = f->owner;                                                                                 \
		vl_count(ctx, &call, cpu);                                                                             \
		vl_frame_free(ctx, f);                                                                                 \
		return 0;                                                                                              \
	}

#endif
