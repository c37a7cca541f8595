/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF programs and the tool agree on: the signature of a call, the maps' keys and values, and the constants
 * that the tool patches into a program when it is cloned for a function (src/templates.c). BPF includers have vmlinux.h
 * before.
 */
#ifndef VFSLOCK_SHARED_H
#define VFSLOCK_SHARED_H

#ifndef __bpf__
#include <linux/types.h>
#endif
#include "hist_layout.h"

/*
 * The signature: all that the judge needs to know of a call, in 64 bits.
 *   0-27   state of up to 7 locks at entry, 4 bits each (enum vl_state)
 *   28-31  which of the audited types of filesystem, where there may be several (vl_owner.type)
 *   32-47  state of up to 4 locks at exit
 *   48-57  conditions of the method's rules
 *   58-63  flags
 */
#define VL_ENTRY_SLOTS 8
#define VL_EXIT_SLOTS 4
#define VL_SLOTS (VL_ENTRY_SLOTS + VL_EXIT_SLOTS)
#define VL_METHOD_SLOTS 6 /* no method has more, of both kinds together: a program's stack is small */
#define VL_SIG_TYPE_SHIFT 28
#define VL_TYPES 16
#define VL_SIG_EXIT_SHIFT 32
#define VL_SIG_CONDITION 48
#define VL_SIG_ATOMIC (1ULL << 58)     /* preempt_count was not 0: the caller could not sleep */
#define VL_SIG_INTERRUPT (1ULL << 59)  /* called from hard or soft interrupt */
#define VL_SIG_SLEPT (1ULL << 60)      /* the task slept in the call */
#define VL_SIG_EXITED (1ULL << 61)     /* the return was seen; without it exit states mean nothing */
#define VL_SIG_NO_CONTEXT (1ULL << 62) /* preempt_count cannot be read here */
#define VL_SIG_VALID (1ULL << 63)

enum vl_state {
	VL_STATE_UNREAD = 0,          /* no such object in this call */
	VL_STATE_FREE = 1,            /* nobody holds it */
	VL_STATE_EXCLUSIVE_SELF = 2,  /* this task holds it exclusively */
	VL_STATE_EXCLUSIVE_OTHER = 3, /* another task holds it exclusively, so this one holds it in no mode */
	VL_STATE_SHARED = 4,          /* somebody holds it shared */
	VL_STATE_SHARED_HINT = 5,     /* the same, and this task was the last to take it */
	VL_STATE_HELD = 6,            /* a lock without owner is held */
	/* Known from the table of held locks, if locks are tracked: */
	VL_STATE_SHARED_SELF = 7,  /* this task holds it shared */
	VL_STATE_SHARED_OTHER = 8, /* held shared by other tasks alone: all who hold it are known */
	VL_STATE_HELD_SELF = 9,    /* a lock without owner is held by this task */
	/* At the return only: */
	VL_STATE_FOLLOWED = 10, /* a folio is locked: it is followed until it is unlocked */
};

/* Written by the tool into a map of its own: it must not overwrite a count that is going on. */
enum vl_sig_state {
	VL_SIG_NEW = 0,     /* not yet judged: every call is counted per stack */
	VL_SIG_OK = 1,      /* judged, needs no stack: counted in the per-CPU rows */
	VL_SIG_SUSPECT = 2, /* judged as a possible breach: every call is counted per stack */
};

struct vl_sig_key {
	__u32 fn;
	__u32 zero;
	__u64 sig;
};

struct vl_sig_value {
	__u64 calls; /* those that no row counted */
};

/*
 * A stack map refuses a stack whose hash has the place of another one: some in a hundred, once there are hundreds.
 * Those go to a second map, where their key is a number from here on.
 */
#define VL_MORE_STACKS (1 << 30)

struct vl_stack_key {
	__u32 fn;
	__s32 stack; /* id in the stack map, or in the second from VL_MORE_STACKS on; negative: no stack could be taken
		      */
	__u64 sig;
	__u32 target; /* of the mount the calls were about: vl_owner.target */
	__u32 zero;
};

/* A call path to a suspicious signature, with what was seen the first time. Nothing in it depends on the ring buffer.
 */
struct vl_stack_value {
	__u64 calls;
	__u64 first_ns, last_ns; /* CLOCK_MONOTONIC */
	__u64 sig, task, holder;
	__u32 pid, tgid, cpu, n_words;
	char comm[16];
	/* Who held the first lock that others held, by the lock's owner word; holder_pid is 0 if none did. */
	__u32 holder_pid, holder_tgid, holder_slot;
	__s32 slept; /* of VL_SIG_SLEPT: id of the stack at which the task slept, as in struct vl_stack_key */
	char holder_comm[16];
	__u64 words[2 * VL_METHOD_SLOTS]; /* the lock words as they were read: count and owner, or flags */
};

#define VL_ROW_SIGS 4

/* Exact counts of the commonest signatures of one function on one CPU: one cache line. */
struct vl_row {
	struct {
		__u64 sig, calls;
	} of[VL_ROW_SIGS];
};

/* Latencies of one function on one CPU; VL_HIST_BUCKETS is bpf/hist_layout.h's. */
struct vl_hist {
	__u64 max_ns, sum_ns;
	__u64 counts[VL_HIST_BUCKETS];
};

/*
 * Calls of paired programs that are in progress, in a table hashed by the place of the call's arguments on its kernel
 * stack. A frame is 256 bytes so that its address is a shift away from its index.
 */
#define VL_FRAME_BITS 14
#define VL_FRAMES (1 << VL_FRAME_BITS)
#define VL_FRAME_PROBES 8
#define VL_FRAME_ARGS 3
/* The hash of portable programs holds fewer. */
#define VL_HASH_FRAMES 4096

struct vl_frame {
	__u64 at; /* the place, as its distance from the table: identifies the call; 0: free */
	__u64 sig;
	__u64 start_ns;
	__u64 nvcsw;
	__u64 words[2 * VL_SLOTS];
	__u64 args[VL_FRAME_ARGS]; /* portable programs: arguments that are needed at the return */
	__u32 owner;               /* index in vl_control.owners */
	__s32 stack;               /* pairs by kprobe: taken at the entry, see vl_stack_at_entry() */
};

_Static_assert(VL_METHOD_SLOTS <= 7, "the eighth slot's bits hold the type");
_Static_assert(sizeof(struct vl_frame) == 256, "a frame's index is shifted by 8");

/*
 * A folio that was locked when a method returned that must see to its being unlocked, by its address, until it is.
 * Where the start of a call is measured, the time counts from there, else from the return.
 */
struct vl_followed {
	__u64 start_ns;
	__u64 mapping, index; /* as they were at the return: a folio that is locked keeps them */
	__u64 sig;
	__u32 fn, target;
	__s32 stack;  /* id, as in struct vl_stack_key */
	__u32 number; /* of the method among those that are followed */
	__u32 pid, tgid, cpu;
	__u32 released; /* it was unlocked, but could not be taken out */
	char comm[16];
};

/* How many are followed, at least: most folios are unlocked while there are none. */
struct vl_following {
	__s64 n;
	__u64 types;    /* of filesystem that have times of their own: VL_PLAN_TIMED */
	__u64 stack_ns; /* up to when the stacks that may be taken are taken: see vl_stack_allowed() */
};

#define VL_MAX_FOLLOWED 16384
#define VL_FOLLOW_METHODS 8
/* At most so many folios of one call are looked at. */
#define VL_FOLLOW_SPAN 64

/* Why calls or their details were lost; each is counted, per CPU. */
#define VL_LOST_REASONS(X)                                                                                             \
	X(signatures_full, "signature table full: calls counted here, not judged")                                     \
	X(stacks_full, "stack table full: calls counted and judged, but not by caller")                                \
	X(ring_full, "ring buffer full: notices dropped, found later by sweeping the tables")                          \
	X(frames_full, "more calls in progress than the frame table holds: not seen")                                  \
	X(unmatched, "returns that were not seen: calls dropped, not judged")                                          \
	X(tables_full, "too many ops tables: new ones not learnt")                                                     \
	X(no_stack, "call stacks that could not be taken: breaches there are undecided")                               \
	X(follow_full,                                                                                                 \
	  "folios locked at the return, but more than can be followed: whether they are unlocked is not known")        \
	X(follow_span, "calls about more than 64 folios: of the others nobody knows whether they are unlocked")

enum vl_lost {
#define X(name, text) VL_LOST_##name,
	VL_LOST_REASONS(X)
#undef X
		VL_N_LOST
};

enum vl_event_type {
	VL_EVENT_STACK, /* the first call of a stack: struct vl_call_event */
	VL_EVENT_CALL,  /* a later one, if all are wanted: the same */
	VL_EVENT_TABLES,
	VL_EVENT_OPS,  /* a table of a struct that spec/ describes */
	VL_EVENT_ALSO, /* the same, as the other struct that the spec says holds its methods (lease_manager_operations)
			*/
	VL_EVENT_FUNCTION, /* the function of an ops struct that is one pointer in an object (buffer_head.b_end_io) */
	VL_EVENT_UNMOUNTED
};

/* A notice that something is new; the details are in the maps. */
struct vl_event {
	__u32 type;
	__u32 ops;     /* OPS, ALSO, FUNCTION: enum vl_ops_id */
	__u64 a, b, c; /* TABLES: i_op, i_fop, a_ops; OPS, ALSO: a = table; FUNCTION: a */
	__u64 d;       /* TABLES: d_op */
	__u32 mode;    /* TABLES: i_mode */
	__u32 target;  /* of whom: vl_owner.target */
};

/* A call with a suspicious signature, or one that is not judged yet. */
struct vl_call_event {
	__u32 type, fn;
	__u64 sig, ns;
	__s32 stack; /* with fn, sig and target: the key of its struct vl_stack_value */
	__u32 target;
	__u32 pid, tgid, cpu, zero;
	char comm[16];
};

/* The ops tables of a kind of inode, as an inode carries them. */
struct vl_tables_key {
	__u64 i_op, i_fop, a_ops, d_op;
	__u32 kind; /* i_mode & S_IFMT; of other events: enum vl_event_type */
	__u32 ops;  /* of other events: enum vl_ops_id + 1, and i_op is the table */
};

/* What all programs look up at run time. */
#define VL_FILTER 8 /* values of one kind of filter */
#define VL_OWNER_BITS 12
#define VL_OWNERS (1 << VL_OWNER_BITS)
#define VL_NOBODY 1ULL

/* VL_NOBODY where there is none. All in one entry: what a program needs of an owner is one offset away. */
struct vl_owner {
	__u64 counted; /* whose calls count; VL_NOBODY in all entries makes all programs inert */
	__u64 watched; /* whose tables are learnt: the same, from before the programs are attached */
	__u32 target;  /* number of the mount that it belongs to: stays its own when places change */
	__u8 type;     /* number of its type of filesystem */
	__u8 unused[11];
};

/*
 * Who is audited: super_blocks, and what calls without a super_block are about (the disk it lies on, its type). The
 * address is at the index that vl_owner_index() makes of it; src/owners.c finds a multiplier without collisions, so
 * that a call costs one comparison however many are audited. The table is as large as that search needs to be short for
 * three addresses of each of 64 filesystems: one multiplier in a hundred will do.
 */
struct vl_control {
	__u64 zero; /* always 0, which the verifier cannot know: see vl_opaque() */
	__u32 multiplier;
	__u32 every_call; /* 1: a VL_EVENT_CALL for each suspicious call */
	__u32 n_cgroups;  /* whose tasks alone are looked at, if VL_PLAN_FILTER says so */
	__u32 unused;
	__u64 cgroups[VL_FILTER];
	__u32 cgroup_levels[VL_FILTER]; /* depth below the root, which is 0 */
	/* The last: with members behind it, loads of those would be as far off as VL_ARG_OFFSET. */
	struct vl_owner owners[VL_OWNERS];
};

_Static_assert((sizeof(struct vl_owner) & (sizeof(struct vl_owner) - 1)) == 0, "an index is shifted");

/* Whose calls alone are looked at: VL_PLAN_FILTER. Each kind that is named must match, by one of its values. */
#define VL_FILTER_PID 1
#define VL_FILTER_COMM 2
#define VL_FILTER_CGROUP 4

/* Index of an address in a table of 2^@bits. @low: the lower half of the address. */
static inline __attribute__((always_inline)) __u32 vl_address_index(__u32 low, __u32 multiplier, __u32 bits)
{
	return low * multiplier >> (32 - bits);
}

static inline __attribute__((always_inline)) __u32 vl_owner_index(__u32 low, __u32 multiplier)
{
	return vl_address_index(low, multiplier, VL_OWNER_BITS);
}

/*
 * Patched per clone. A constant is an lddw whose high half is VL_PLAN_MAGIC and whose low half is the index below; an
 * argument is an 8-byte load at offset VL_ARG_OFFSET + 8 * (number of the parameter in the spec).
 */
#define VL_PLAN_MAGIC 0x76666c6bULL
#define VL_PLAN_FUNCTION 0
#define VL_PLAN_ROWS 1         /* address of the function's rows, one per CPU */
#define VL_PLAN_HISTOGRAM 2    /* address of its histograms, of each type of filesystem one per CPU */
#define VL_PLAN_FRAMES 3       /* address of the frame table */
#define VL_PLAN_LATENCY 4      /* 1: measure */
#define VL_PLAN_SELECT 5       /* mask of the condition that tells this method's calls, or 0 */
#define VL_PLAN_SLEPT 6        /* 1: find out whether the task slept */
#define VL_PLAN_CPUS 7         /* number of CPUs, rounded up to a power of two, minus 1 */
#define VL_PLAN_CONTEXT 8      /* where preempt_count is: enum vl_context_source */
#define VL_PLAN_CONTEXT_BASE 9 /* what the program's own entry adds to preempt_count */
#define VL_PLAN_PLACE 10       /* how the place of the call is told: enum vl_place */
#define VL_PLAN_TRACK 11       /* mask of the slots about which the table of held locks is asked */
#define VL_PLAN_TRACKED 37     /* 1: there is a table of held locks */
#define VL_PLAN_SLOT 12        /* VL_SLOTS of them: read this lock? */
#define VL_PLAN_MEASURED 24    /* values of MEASURED() constants */
#define VL_PLAN_GLOBAL 32      /* addresses of the locks that are no object's member */
#define VL_PLAN_HELD 38        /* address of the table of held locks */
#define VL_PLAN_READERS 39     /* address of the table of their readers */
#define VL_PLAN_ARG 40         /* byte offsets of arguments that must be copied */
#define VL_PLAN_FOLLOW 56      /* the method's number among those that are followed */
#define VL_PLAN_FROM_ENTRY 57  /* 1: they are followed from the entry on, and the return is not watched */
#define VL_PLAN_TYPES 58       /* 1: the type of the filesystem goes into the signature */
#define VL_PLAN_FILTER 59      /* mask of VL_FILTER_...: whose calls alone are looked at */
#define VL_PLAN_TIMED 60       /* how many types of filesystem have latencies of their own */
#define VL_PLAN_TIMED_FROM 61  /* number of the first */
#define VL_PLAN_MAX 62

enum vl_context_source { VL_CONTEXT_UNKNOWN, VL_CONTEXT_VARIABLE, VL_CONTEXT_PCPU_HOT };

/* Portable programs run in trampolines and in kprobes. */
enum vl_place { VL_PLACE_CONTEXT, VL_PLACE_ENTRY_STACK, VL_PLACE_RETURN_STACK };

#define VL_ARG_OFFSET 0x4000
#define VL_ARG_RETURN 15

#endif
