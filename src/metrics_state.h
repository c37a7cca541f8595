/* SPDX-License-Identifier: GPL-2.0-only */
/* The families about the daemon and what it has attached: a part of metrics.c. */
#ifndef VFSLOCK_METRICS_STATE_H
#define VFSLOCK_METRICS_STATE_H

#include "bytype.h"
#include "expose.h"
#include "metrics.h"

/* What must be remembered from one document to the next. All zeroes at the start. */
struct metrics_state {
	__u64 audit_start_ns; /* of the audit that the samples are of */
	__u64 sampled_ns, run_ns, at_ns;
	double sampled_before, sampled_seconds; /* of former audits, and of all */
	double run_seconds;                     /* estimated: see estimate_run_time() */
	double start_time; /* of this process, as first computed: it must not tremble as the clock is set */
};

void metrics_state__write(struct metrics_state *s, struct audit *a, const struct by_type *results,
			  const struct serve_state *st, struct expose *e);

void metrics__put_hist(struct expose *e, const struct expose_label *labels, const struct hist *h);

#endif
