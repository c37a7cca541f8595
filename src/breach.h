/* SPDX-License-Identifier: GPL-2.0-only */
/* One broken rule on one call path: what it amounts to, and everything that is known of it. */
#ifndef VFSLOCK_BREACH_H
#define VFSLOCK_BREACH_H

#include <stdbool.h>

#include "audit.h"
#include "judge.h"

struct finding {
	const struct rule *rule;
	const struct function *function;
	enum verdict verdict; /* of those that are kept: VERDICT_VIOLATION or VERDICT_DRIFT */
	bool doubtful;        /* while results are made: see doubt_mixed() */
	const struct drift *drift;
	const struct suppression *suppressed; /* a violation that nobody wants to hear of */
	struct judgement judgement;
	__u64 sig, calls;
	const struct target *target; /* the mount it was about; NULL: of several */
	bool has_sample;
	struct vl_stack_value sample;
	struct vl_task_locks held, holder; /* see struct seen_stack */
	bool held_known;                   /* not of a folio that is found to be locked long after the call */
	__u64 ips[STACK_MAX];
	struct frame_name names[STACK_MAX]; /* see struct seen_stack */
	int n_ips;
	__u64 slept_ips[STACK_MAX]; /* of SEEN_SLEPT: see struct seen_stack */
	int n_slept_ips;
};

/*
 * Judges @f, whose rule, function and judgement are set, by the call path @s (NULL: none is known), and copies what is
 * known from there. @direct: see judge__breach().
 */
void breach__judge(const struct audit *a, struct finding *f, const struct seen_stack *s, bool *direct);

/*
 * The same for the same breach on every machine and build: of the rule, what was seen, and the functions on the path,
 * not their addresses.
 */
__u64 breach__fingerprint(const struct finding *f);

/*
 * How many calls of @f's function may have been seen wrongly, as the kernel skipped programs: no more breaches than
 * that are told to be violations.
 */
__u64 breach__may_be_wrong(const struct audit *a, const struct finding *f);

#endif
