/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs cost on this machine, sampled: the kernel counts their run time only while asked to, which itself
 * costs two clock reads per run, so it is asked for a fiftieth of the time.
 */
#ifndef VFSLOCK_COST_H
#define VFSLOCK_COST_H

#include <linux/types.h>

#include "locks.h"
#include "plan.h"

/* How long the kernel counts at a time: poll no longer than this while it does. */
#define COST_WINDOW_MS 20

struct cost {
	int stats_fd;                 /* open while the kernel counts, else -1 */
	__u64 since_ns;               /* start of the present window or pause, CLOCK_MONOTONIC */
	__u64 sampled_ns;             /* length of all windows that have ended */
	__u64 runs, run_ns;           /* in them */
	__u64 runs_before, ns_before; /* totals when the present window began */
	double ns_per_call;           /* of cost__stop_sampling(); 0: still sampling */
	__u64 calls_before;
	bool unavailable; /* the kernel cannot count (before 5.8), or it is not permitted */
};

void cost__start(struct cost *c);

/* To be called often: opens and closes the sampling windows. @locks: may be NULL. */
void cost__tick(struct cost *c, const struct plan *p, const struct lock_tracker *locks);

/*
 * The right to have run times counted is given up: from now on cost__assume() takes each of @calls for as costly as
 * those were that have been made (@calls, in @elapsed_ns).
 */
void cost__stop_sampling(struct cost *c, const struct plan *p, const struct lock_tracker *locks, __u64 calls,
			 __u64 elapsed_ns);
void cost__assume(struct cost *c, __u64 calls);

/* Ends a window that is open. */
void cost__stop(struct cost *c, const struct plan *p, const struct lock_tracker *locks);

/* CPU time of the programs as a share of one CPU; negative if nothing was sampled. */
double cost__cpu_share(const struct cost *c);

#endif
