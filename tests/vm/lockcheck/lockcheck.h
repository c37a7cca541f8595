/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs (lockcheck.bpf.c) and the tool (lockcheck.c) agree on. */
#ifndef LOCKCHECK_H
#define LOCKCHECK_H

#include "held_layout.h"

/* What the table says of a lock, against lockdep. */
#define LC_RESULTS(X)                                                                                                  \
	X(agree)                                                                                                       \
	X(asked_for)  /* both know that an interrupted task asks for it: lockdep does not tell that from a hold */     \
	X(missing)    /* lockdep has it, the table has not */                                                          \
	X(only)       /* the table has it, lockdep has not */                                                          \
	X(other_mode) /* both have it, one of them shared and one exclusive */

/* Why the two may differ though neither is wrong; the last one is no reason. */
#define LC_CAUSES(X)                                                                                                   \
	X(interrupt, "the method was called by an interrupt, which came amid the taking or releasing of a lock")       \
	X(before, "held since before the lock hooks were there")                                                       \
	X(released_elsewhere, "released by another task, which has left a note of it in the table")                    \
	X(no_room, "the task holds more locks than the table has room for")                                            \
	X(unexplained, "unexplained")

#define LC_ENUM(name, ...) LC_##name,
enum lc_result { LC_RESULTS(LC_ENUM) LC_N_RESULTS };
enum lc_cause { LC_CAUSES(LC_ENUM) LC_N_CAUSES };

/* Entries, and of these, by interrupts; those with a disagreement, by tasks and by interrupts. */
enum lc_total { LC_ENTRIES, LC_INTERRUPTS, LC_ENTRIES_DIFFERING, LC_INTERRUPTS_DIFFERING, LC_N_TOTALS };

#define LC_MODES 3 /* enum vl_held_mode */

/* By whether an interrupt called, class, mode and result. */
#define LC_COUNTS (2 * VL_N_TRACKED * LC_MODES * LC_N_RESULTS)

static inline __attribute__((always_inline)) __u32 lc_count_index(__u32 interrupt, __u32 class, __u32 mode,
								  __u32 result)
{
	return ((interrupt * VL_N_TRACKED + class) * LC_MODES + mode) * LC_N_RESULTS + result;
}

/* What lockdep calls the locks of a class: told apart by their address, they must be of this kind by its name, too. */
#define LC_NAMES 256

struct lc_name {
	__u32 class;
	char name[60];
};

#define LC_SAMPLES 64

/* One disagreement. Modes are enum vl_held_mode, 0: not held. */
struct lc_sample {
	__u64 function; /* the method's address */
	__u64 lock;
	__u64 now_ns;     /* CLOCK_MONOTONIC, as since_ns */
	__u64 since_ns;   /* by the table; 0: not in it */
	__u64 stamp_ns;   /* by lockdep, or 0: a lock below this one that was released since makes it later */
	__u64 acquire_ip; /* by lockdep: who took it */
	__u32 pid, tgid, cpu, depth;
	__u32 caller; /* by the table: who took it */
	__u32 in_slot;
	__u8 class, result, cause, lockdep_mode, table_mode, flags, rejected, references;
	char comm[16];
};

struct lc_samples {
	__u32 n, unused; /* also those that found no room */
	struct lc_sample of[LC_SAMPLES];
};

/* Constants of the programs. */
struct lc_options {
	__u64 start_ns;  /* CLOCK_MONOTONIC when the checks began, after the hooks were attached */
	__u64 offset_ns; /* what the clock of lockdep's stamps is behind CLOCK_MONOTONIC */
	__u32 spinlocks; /* are they in the table? */
	__u32 unused;
};

#endif
