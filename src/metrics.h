/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `vfslock serve` publishes for Prometheus, from an audit that goes on.
 *
 * How many series there can be is bounded by the document, not by what happens: labels are types of filesystem, ops
 * structs, methods, rules, lock classes and fixed words, never processes, paths or addresses. See
 * metrics__max_series().
 */
#ifndef VFSLOCK_METRICS_H
#define VFSLOCK_METRICS_H

#include <stdbool.h>
#include <stdio.h>

#include "audit.h"

/* What the daemon knows beside the audit. All of it stays the caller's. */
struct serve_state {
	const char *version;          /* of vfslock */
	bool reload_ok;               /* the configuration was read without an error when it was last read */
	__u64 reload_ns;              /* when it was last read so: CLOCK_REALTIME */
	const char *const *unhealthy; /* why /healthz says no; none: all is well */
	int n_unhealthy;
	const char *telemetry_path; /* of the page's links: "/metrics" */
};

struct metrics;

/* Returns 0 or negative errno. */
int metrics__open(struct metrics **out);
void metrics__free(struct metrics *m);

/*
 * Writes everything to @out: in OpenMetrics 1.0, or in the text format 0.0.4 (their content types: expose.h). It shows
 * what the last collector__sweep() and locks__sweep() brought. Returns 0 or negative errno; what was written is then to
 * be thrown away.
 */
int metrics__write(struct metrics *m, struct audit *a, const struct serve_state *st, bool openmetrics, FILE *out);

/*
 * Adds what the last sweep brought to the published totals, without writing anything. To be called before suppressions
 * change, so that what has happened so far is published under what it was then. Returns 0 or negative errno.
 */
int metrics__update(struct metrics *m, struct audit *a);

/*
 * To be called after suppressions have changed, or when the audit was started anew: the counts as they are now are what
 * further ones grow from. Published totals stay. Returns 0 or negative errno.
 */
int metrics__rebase(struct metrics *m, struct audit *a);

/* Upper bounds of the published histograms' buckets, in ns, ascending, without +Inf; each passes hist__is_bound(). */
const __u64 *metrics__bounds(size_t *n);

/*
 * At most so many series (lines with a value) there are for one type of filesystem that implements every method that @p
 * has rules for, with the latencies of hot paths, or with @all_latencies of all methods: for kernels from 5.10 to 7.2
 * below 1,800 and 8,400. Of the whole daemon there are METRICS_OTHER_SERIES more, whatever it audits; but for those of
 * locks, which are only there while locks are tracked, it is some eighty.
 */
int metrics__max_series(const struct plan *p, bool all_latencies);

#define METRICS_OTHER_SERIES 1500

#endif
