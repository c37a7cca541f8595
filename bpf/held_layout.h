/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of held locks, as the lock hooks fill them (bpf/locks.bpf.c), the methods' programs ask them (bpf/held.h),
 * and the tool reads them (src/locks.c). BPF includers have vmlinux.h before.
 */
#ifndef VFSLOCK_HELD_LAYOUT_H
#define VFSLOCK_HELD_LAYOUT_H

#ifndef __bpf__
#include <linux/types.h>
#endif
#include "hist_layout.h"

/* The lock classes that are tracked, by the names that spec/types.spec gives them (s_writers has no rule there). */
#define VL_TRACKED(X)                                                                                                  \
	X(i_rwsem)                                                                                                     \
	X(invalidate_lock)                                                                                             \
	X(s_umount)                                                                                                    \
	X(dqio_sem)                                                                                                    \
	X(s_vfs_rename_mutex)                                                                                          \
	X(s_writers)                                                                                                   \
	X(mmap_lock)                                                                                                   \
	X(namespace_sem)                                                                                               \
	X(open_mutex)                                                                                                  \
	X(folio_lock)                                                                                                  \
	X(i_lock)                                                                                                      \
	X(d_lock)                                                                                                      \
	X(blocked_lock_lock)

enum vl_tracked {
	VL_UNTRACKED, /* none of an audited filesystem */
#define X(name) VL_TRACKED_##name,
	VL_TRACKED(X)
#undef X
		VL_N_TRACKED
};

enum vl_held_mode { VL_HELD_SHARED = 1, VL_HELD_EXCLUSIVE = 2 };

#define VL_HELD_CONTENDED 1   /* it was not free when the task came */
#define VL_HELD_UNTIMED 8     /* taken before it was known to be tracked: its hold is not measured */
#define VL_HELD_HANDED_OVER 4 /* released by another task: not counted as one whose release was not seen */
#define VL_HELD_PENDING 2     /* lockdep's tracepoints: asked for, not yet taken */

/* A lock that a task holds. */
struct vl_held {
	__u64 lock; /* its address */
	__u64 since_ns;
	__u32 caller; /* who took it: the lower half of a return address, whose upper half is all ones */
	__u8 class, mode, owner, flags;
};

#define VL_HELD_LOCKS 16

/* The locks of one task, in the order in which they were taken, and the one that it waits for. Written by that task. */
struct vl_task_locks {
	__u64 task;    /* 0: free */
	__u64 dropped; /* since_ns of one that is found not to be held any more: whoever finds it writes it here */
	__u64 waiting; /* for this lock; 0: for none */
	__u64 wait_ns; /* since when; then, how long it waited for `waiting` */
	__u32 n, waited;
	__u64 displaced; /* slots of other tasks that would be here, had this one been free: not this task's */
	struct vl_held of[VL_HELD_LOCKS];
};

_Static_assert(sizeof(struct vl_held) == 24, "as small as it can be: there are many");
_Static_assert(sizeof(struct vl_task_locks) == 432, "the table stays below the 4 MiB that kernels before 6.0 allow");

/* Hashed by the task, whose slot is free as soon as it holds nothing. */
#define VL_HELD_BITS 13
#define VL_HELD_SLOTS (1 << VL_HELD_BITS)
#define VL_HELD_PROBES 8

/*
 * How many tasks are known to hold a lock shared: the lower half of the lock's address, and the count. A lock may stand
 * in several of its places, whose counts add up. Two locks whose lower halves are equal (4 GiB apart) count as one: too
 * many known holders is what proves nothing.
 */
#define VL_READERS_BITS 12
#define VL_READERS (1 << VL_READERS_BITS)
#define VL_READERS_PROBES 4
#define VL_READERS_SHIFT 32 /* of the address */

/*
 * Beyond the counts: since when a shared hold can be believed, hashed by the lock. Before that a shared hold was ended
 * by a task that was not known to have it, so that the slot of another one has an entry too many; or an exclusive hold
 * came upon readers that were still counted.
 */
#define VL_READERS_WORDS (2 * VL_READERS)

/* Addresses that were found to be no lock of an audited filesystem: the last one of each place. */
#define VL_REJECTED_BITS 13
#define VL_REJECTED (1 << VL_REJECTED_BITS)

/* mmap_locks of address spaces into which files of audited filesystems are mapped. */
#define VL_MMS_BITS 12
#define VL_MMS (1 << VL_MMS_BITS)
#define VL_MMS_PROBES 8

struct vl_mm {
	__u64 lock;
	__u64 displaced; /* mmap_locks of other places that would be here, had this one been free */
};

/* Locks that are known by their address: of super_blocks and disks, and those that are no object's member. */
#define VL_FIXED_BITS 11
#define VL_FIXED (1 << VL_FIXED_BITS)

struct vl_fixed {
	__u64 lock; /* VL_NOBODY: none */
	__u8 class, owner;
	__u16 unused[3];
};

/* Where locks are taken: (class, mode, caller). */
#define VL_SITES_BITS 10
#define VL_SITES (1 << VL_SITES_BITS)
#define VL_SITES_PROBES 8

static inline __attribute__((always_inline)) __u64 vl_site_key(__u64 class, __u64 mode, __u32 caller)
{
	return (class << 8 | mode) << 32 | caller;
}

struct vl_site_stats {
	__u64 taken, contended;
	__u64 wait_ns, wait_max_ns;
	__u64 hold_ns, hold_max_ns;
};

struct vl_lock_hist {
	__u64 max_ns, sum_ns;
	__u64 counts[VL_HIST_BUCKETS];
};

/* Of one class on one CPU. */
struct vl_class_stats {
	__u64 taken, contended;
	struct vl_lock_hist wait, hold;
};

/* Everything that is looked up by address, in one value: it costs one constant. */
struct vl_lock_tables {
	__u32 multiplier, unused; /* of the index in fixed[] */
	struct vl_fixed fixed[VL_FIXED];
	__u64 rejected[VL_REJECTED];
	struct vl_mm mms[VL_MMS];
	__u64 sites[VL_SITES];
	__u64 folios; /* folio locks in the table of held locks: 0 lets folio_unlock() pass */
};

/* What is not known of locks, by reason; counted per CPU. */
#define VL_LOCK_LOST_REASONS(X)                                                                                        \
	X(slots_full, "more tasks hold tracked locks than the table has room for: not tracked")                        \
	X(too_deep, "more than 16 locks held by one task: the further ones not tracked")                               \
	X(mms_full, "more address spaces with audited mappings than the table has room for: mmap_lock not tracked")    \
	X(readers_full, "more locks held shared at a time than are counted: not proven")                               \
	X(unseen, "released without having been seen taken: before the audit, or by another task")                     \
	X(handed_over, "released by another task than the one that took it: its hold time is not counted")             \
	X(stale, "not held any more, by the lock word: the release was not seen, the hold time is not counted")        \
	X(exited, "held by tasks that ended")                                                                          \
	X(sites_full, "more places that take locks than are counted apart")

enum vl_lock_lost {
#define X(name, text) VL_LOCK_LOST_##name,
	VL_LOCK_LOST_REASONS(X)
#undef X
		VL_N_LOCK_LOST
};

/* How the programs of a method ask for shared locks: VL_PLAN_TRACK. */
enum vl_tracking { VL_TRACK_NOTHING, VL_TRACK_HOOKS, VL_TRACK_TRACEPOINTS };

/* Constants of the hooks. */
struct vl_lock_options {
	__u32 caller_word; /* where the caller's return address is: words beyond the arguments; 0: not known */
	__u32 no_acquired; /* lockdep without CONFIG_LOCK_STAT: that a lock was taken is not announced */
};

#endif
