/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a task slept in a call that must not. That it did, the entry and exit programs tell by its count of voluntary
 * switches; the stack is taken as the task is switched away, if it is in such a call and is not merely preempted.
 */
#ifndef VFSLOCK_SLEEP_H
#define VFSLOCK_SLEEP_H

#define VL_SLEEPER_BITS 10

/*
 * A task in a method that must not sleep, at the place that its address hashes to. Of nested ones the outermost is
 * watched, which a sleep in the inner ones breaks as well. Another task may take the place over: then it is known
 * that the task slept, but not where.
 */
struct vl_sleeper {
	__u64 task;
	__u64 nvcsw; /* its voluntary switches, as known last */
	__u32 outer; /* see vl_depth() */
	__s32 stack; /* where it slept, or negative */
};

struct vl_sleeper sleepers[1 << VL_SLEEPER_BITS] SEC(".bss.sleepers");

static __always_inline struct vl_sleeper *vl_sleeper_of(__u64 task)
{
	__u64 i = (__u32)task * 0x9E3779B1U >> (32 - VL_SLEEPER_BITS);

	asm volatile("" : "+r"(i)); /* the bound is seen once, not per use */
	return &sleepers[i & ((1 << VL_SLEEPER_BITS) - 1)];
}

/* How deep in its stack a call is: the lower, the deeper; entry and return of a call agree. */
static __always_inline __u32 vl_depth(__u64 *ctx)
{
#ifdef VL_PORTABLE
	__u64 sp;

	if (vl_plan(VL_PLAN_PLACE) != VL_PLACE_CONTEXT) {
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(sp) : "r"(ctx), "i"(VL_REGS_SP));
		return vl_plan(VL_PLAN_PLACE) == VL_PLACE_RETURN_STACK ? sp - 8 : sp;
	}
#endif
	return vl_low_half(ctx);
}

/*
 * The call at @depth begins, with @nvcsw voluntary switches so far. One further out goes on being watched; what seems
 * to be further in, or at the same place, is a call whose return was not seen.
 */
static __always_inline void vl_sleep_watch(__u32 depth, __u64 nvcsw)
{
	__u64 task = bpf_get_current_task();
	struct vl_sleeper *s = vl_sleeper_of(task);

	if (s->task == task && s->outer > depth)
		return;
	s->nvcsw = nvcsw;
	s->outer = depth;
	s->stack = -1;
	s->task = task;
}

/* The call at @depth returns: where it last slept, or negative. */
static __always_inline __s32 vl_sleep_unwatch(__u32 depth)
{
	__u64 task = bpf_get_current_task();
	struct vl_sleeper *s = vl_sleeper_of(task);
	__s32 stack;

	if (s->task != task)
		return -1;
	stack = s->stack;
	if (s->outer == depth)
		s->task = 0;
	return stack;
}

#ifndef VL_PORTABLE
/*
 * kernel/sched/core.c:__schedule() has counted the switch before it gets here, and counts one of a preempted task
 * elsewhere.
 */
SEC("tp_btf/sched_switch")
int task_sleeps(__u64 *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task(); /* 5.10 has it as a number only */
	struct vl_sleeper *s = vl_sleeper_of((__u64)task);
	__u64 nvcsw;

	if (s->task != (__u64)task)
		return 0;
	nvcsw = BPF_CORE_READ(task, nvcsw);
	if (nvcsw == s->nvcsw)
		return 0;
	s->nvcsw = nvcsw;
	s->stack = vl_take_stack(ctx);
	return 0;
}
#endif

#endif
