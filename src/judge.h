/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules and signatures to verdicts: pure functions, no I/O, no kernel. */
#ifndef VFSLOCK_JUDGE_H
#define VFSLOCK_JUDGE_H

#include <linux/types.h>
#include <stdbool.h>

#include "rules.h"

/* What was seen of one rule in one call. */
enum observation {
	SEEN_NOTHING,   /* no such object, condition not met, or the return was not seen: the rule does not apply */
	SEEN_FREE,      /* nobody held the lock */
	SEEN_EXCLUSIVE, /* this task held it exclusively */
	SEEN_EXCLUSIVE_OTHER, /* another task held it exclusively */
	SEEN_SHARED,          /* somebody held it shared */
	SEEN_SHARED_HINT,     /* the same, this task having been the last to take it */
	SEEN_SHARED_SELF,     /* this task held it shared, by the table of held locks */
	SEEN_SHARED_OTHER,    /* other tasks alone held it shared, by that table */
	SEEN_HELD,            /* a lock that has no owner was held */
	SEEN_HELD_SELF,       /* the same, by this task, by that table */
	SEEN_CAN_SLEEP,       /* the caller could sleep */
	SEEN_ATOMIC,          /* the caller could not sleep */
	SEEN_SLEPT,           /* the method slept */
	SEEN_NO_SLEEP,        /* it did not */
	SEEN_FOLLOWED,     /* a folio was locked at the return, or is watched from the entry on: until it is unlocked */
	SEEN_NOT_UNLOCKED, /* such a folio was not unlocked in time */
	SEEN_KINDS
};

enum outcome { OUTCOME_SKIPPED, OUTCOME_KEPT, OUTCOME_BROKEN };

enum verdict {
	VERDICT_NOT_EXERCISED,
	VERDICT_OK,
	VERDICT_UNVERIFIABLE,
	VERDICT_DRIFT,
	VERDICT_VIOLATION,
	VERDICT_KINDS
};

struct judgement {
	enum observation seen;
	enum outcome outcome;
	bool proof;                /* else likely */
	const struct drift *drift; /* of a broken rule: the drift whose condition flag is set, or NULL */
};

/*
 * Judges one call by one rule. A breach is only ever proof: where the word leaves a doubt (a shared lock has no owner),
 * the rule counts as kept, as "likely".
 */
struct judgement judge__rule(const struct rule *r, __u64 sig);

/* One function of a call path, from the method outward. */
struct caller {
	const char *function;
	const short *methods; /* ids of the methods that the function implements for the audited filesystem, ended by
				 -1; or NULL */
};

/*
 * What a breach amounts to, given who called: VERDICT_VIOLATION; VERDICT_DRIFT with @drift set; or
 * VERDICT_NOT_EXERCISED, where the rule is not meant: the path is outside the rule's `inside` methods, or the
 * filesystem called its own function (@direct set), so that the VFS promised nothing; or VERDICT_UNVERIFIABLE, where
 * there is no stack (@n is 0) to rule that out: a violation is never guessed.
 * @path: the method's own function, then its callers.
 */
enum verdict judge__breach(const struct rule *r, const struct judgement *j, const struct caller *path, int n,
			   const struct drift **drift, bool *direct);

const char *observation__name(enum observation seen); /* for JSON: "exclusive_other" */
const char *observation__text(enum observation seen); /* for people */
const char *verdict__name(enum verdict v);
const char *rule_mode__name(enum rule_mode mode);
const char *rule_phase__name(enum rule_phase phase);
const char *rule__expected(const struct rule *r); /* for people: "exclusive", "at least shared", … */

#endif
