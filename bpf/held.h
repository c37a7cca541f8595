/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks the table of held locks who holds what. Nobody but the task itself changes what its slot says, so what a program
 * finds in the slot of its own task is whole; interrupts take none of these locks.
 */
#ifndef VFSLOCK_HELD_H
#define VFSLOCK_HELD_H

#include "held_layout.h"

#define VL_HASH 0x9E3779B1U
#define PF_WQ_WORKER 0x20 /* include/linux/sched.h */
#define RWSEM_READERS_SHIFT 8

static __always_inline struct vl_task_locks *vl_held_at(char *table, __u64 task, __u32 probe)
{
	__u64 i = (vl_low_half((const void *)task) * VL_HASH >> (32 - VL_HELD_BITS)) + probe;

	if (probe)
		i &= VL_HELD_SLOTS - 1;
	asm volatile("" : "+r"(i)); /* clang would move the shift, and the verifier lose the bound */
	return (struct vl_task_locks *)(table + i * sizeof(struct vl_task_locks));
}

/*
 * The slot of a task, or NULL if it holds nothing and waits for nothing. Mostly it is where its hash says; the others
 * are looked at only if some slot had to go there.
 */
static __always_inline struct vl_task_locks *vl_held_find(char *table, __u64 task)
{
	struct vl_task_locks *home = vl_held_at(table, task, 0);

	if (home->task == task)
		return home;
	if (!home->displaced)
		return 0;
	for (int p = 1; p < VL_HELD_PROBES; p++) {
		struct vl_task_locks *t = vl_held_at(table, task, p);

		if (t->task == task)
			return t;
	}
	return 0;
}

static __always_inline __u64 *vl_readers_at(char *table, __u32 lock, __u32 probe)
{
	__u64 i = (lock * VL_HASH >> (32 - VL_READERS_BITS)) + probe;

	if (probe)
		i &= VL_READERS - 1;
	asm volatile("" : "+r"(i));
	return (__u64 *)table + i;
}

static __always_inline __u64 *vl_believed_since(char *table, __u32 lock)
{
	__u64 i = lock * VL_HASH >> (32 - VL_READERS_BITS);

	asm volatile("" : "+r"(i));
	return (__u64 *)table + VL_READERS + i;
}

/* How many tasks are known to hold a lock shared. @lock: the lower half of its address. */
static __always_inline __u64 vl_readers_of(char *table, __u32 lock)
{
	__u64 sum = 0;

	for (int p = 0; p < VL_READERS_PROBES; p++) {
		__u64 word = *vl_readers_at(table, lock, p),
		      none = (__s64)((word >> VL_READERS_SHIFT ^ lock) - 1) >> 63;

		asm volatile("" : "+r"(none)); /* without a branch, whose ways the verifier would all follow */
		sum += (__u32)word & none;
	}
	return sum;
}

/* When the task of this slot has last taken @lock, which it holds in @mode; 0: it does not, as far as the slot says. */
static __always_inline __u64 vl_held_since(const struct vl_task_locks *t, const void *lock, __u8 mode)
{
	__u64 since = 0;

	for (__u32 i = 0; i < VL_HELD_LOCKS && i < t->n; i++)
		if (t->of[i].lock == (__u64)lock && t->of[i].mode == mode && t->of[i].since_ns > since &&
		    !(t->of[i].flags & VL_HELD_PENDING))
			since = t->of[i].since_ns;
	return since;
}

#ifdef vl_plan
#define vl_track_wanted(slot) (vl_plan(VL_PLAN_TRACK) >> (slot)&1)

/*
 * Who holds a rwsem shared, as far as that is certain. That this task does: its slot says so, no more tasks are known
 * to hold it than do, so that none of those is wrong, and no release has been seen since of one that is not known. That
 * it does not: all who hold it are known, and it is none of them; but a worker may act for one of them.
 */
static __always_inline __u64 vl_known_shared(const struct rw_semaphore *sem, __u64 me, __u64 count)
{
	char *held = vl_plan_pointer(VL_PLAN_HELD), *readers = vl_plan_pointer(VL_PLAN_READERS);
	const struct vl_task_locks *t = vl_held_find(held, me);
	__u64 holders = count >> RWSEM_READERS_SHIFT, known = vl_readers_of(readers, vl_low_half(sem)), again = 0;
	__u64 since = t ? vl_held_since(t, sem, VL_HELD_SHARED) : 0;

	if (since)
		return known <= holders && since > *vl_believed_since(readers, vl_low_half(sem)) ? VL_STATE_SHARED_SELF
												 : VL_STATE_SHARED;
	if (known != holders || VL_GET(VL_CURRENT->flags) & PF_WQ_WORKER)
		return VL_STATE_SHARED;
	bpf_core_read(&again, sizeof(again), &sem->count.counter);
	return again == count && vl_readers_of(readers, vl_low_half(sem)) == known ? VL_STATE_SHARED_OTHER
										   : VL_STATE_SHARED;
}

static __always_inline __u64 vl_known_rwsem(__u64 state, const struct rw_semaphore *sem, __u64 me, __u64 count,
					    bool wanted)
{
	if (!wanted || (state != VL_STATE_SHARED && state != VL_STATE_SHARED_HINT))
		return state;
	return vl_opaque(vl_known_shared(sem, me, count));
}

/* Spinlocks are in the table only where lockdep's tracepoints fill it. */
static __always_inline __u64 vl_known_spin(__u64 state, const void *lock, __u64 me, bool wanted)
{
	const struct vl_task_locks *t;

	if (!wanted || state != VL_STATE_HELD)
		return state;
	t = vl_held_find(vl_plan_pointer(VL_PLAN_HELD), me);
	return vl_opaque(t && vl_held_since(t, lock, VL_HELD_EXCLUSIVE) ? VL_STATE_HELD_SELF : VL_STATE_HELD);
}
#endif

#endif
