/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts as they were published, per type of filesystem. They never go down, although results may: calls that were told
 * to break a rule are in doubt once the kernel is known to have skipped programs, and other suppressions make other
 * verdicts of old calls. So what is published is a total of its own, to which the growth of the results is added.
 *
 *  - Violations, drift and suppressed breaches are published as soon as they are told to be such, and never taken back.
 *  - Calls that are undecided are published as far as they are new: not those that were published as a breach before.
 *  - What other suppressions make of old calls is not published at all: published__rebase().
 */
#ifndef VFSLOCK_PUBLISHED_H
#define VFSLOCK_PUBLISHED_H

#include "bytype.h"

struct published_count {
	__u64 prev;  /* the largest result that is in the total */
	__u64 total; /* what is published */
};

struct published_rule {
	struct published_count proven, likely; /* calls that kept it */
	struct published_count violations, drifts, suppressed, undecided;
};

struct published;

/* Returns 0 or -ENOMEM. */
int published__open(struct published **out);
void published__free(struct published *p);

/* Adds what has come since the last time. Returns 0 or -ENOMEM. */
int published__update(struct published *p, const struct by_type *results);

/*
 * Takes @results as what further ones grow from: nothing of them is published. To be called with results that are made
 * after suppressions have changed, or of an audit that was started anew. Returns 0 or -ENOMEM.
 */
int published__rebase(struct published *p, const struct by_type *results);

/* Of a type of filesystem, by its name, that was in the last update; @rule: its index in plan.rules. */
__u64 published__calls(const struct published *p, const char *fs, int method);
const struct published_rule *published__rule(const struct published *p, const char *fs, int rule);

#endif
