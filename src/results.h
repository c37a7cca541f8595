/* SPDX-License-Identifier: GPL-2.0-only */
/* The judged outcome of an audit, for the text and the JSON report alike. */
#ifndef VFSLOCK_RESULTS_H
#define VFSLOCK_RESULTS_H

#include <stdbool.h>
#include <stdio.h>

#include "audit.h"
#include "breach.h"
#include "hist.h"
#include "judge.h"

struct rule_result {
	const struct rule *rule;
	__u64 seen[SEEN_KINDS]; /* calls by what was seen */
	__u64 kept, violations, drifts;
	__u64 proven;     /* of those that kept it: the others are merely likely to have */
	__u64 suppressed; /* violations that the user's file names: counted here alone */
	__u64 direct;     /* breaches in calls that the filesystem made itself: no promise was made */
	__u64 outside;    /* breaches outside the methods that the rule is about */
	__u64 undecided;  /* breaches without a stack, or maybe mixed from two calls: not told to be violations */
	enum verdict verdict;
	bool proof; /* of an ok: all calls are proven, not merely likely */
	bool not_attached;
	const char *why; /* of VERDICT_UNVERIFIABLE and of rules that promise nothing */
};

/* One method: all its functions together. */
struct method_result {
	const struct method *method;
	int first_function, n_functions; /* in struct results.functions */
	__u64 calls;
	bool has_latency;
	struct hist latency;
	bool is_followed; /* folios that are locked at its return are followed */
	struct hist
		unlock; /* when those were unlocked: since the entry, where its latency is measured, else the return */
	__u64 still_locked;        /* not yet at the end of the audit, and not overdue */
	struct rule_result *rules; /* method->n_rules of them */
};

struct function_result {
	const struct function *function;
	__u64 calls;
	bool has_latency;
	struct hist latency;
};

struct coverage {
	int rules;     /* in force for this kernel's document, promising something, of methods that the filesystem
			  implements */
	int checked;   /* of these: attached and decidable */
	int exercised; /* of these: met at least once */
	int not_exercised;
	int unverifiable; /* promised, but undecidable */
	int not_attached; /* rules of methods none of whose functions could be attached */
	int methods_exercised;
	int functions, attached, entry_only, by_kprobe, refused, undocumented, programs;
};

struct results {
	const struct audit *audit;
	struct function_result *functions; /* sorted by method */
	int n_functions;
	struct method_result
		*methods; /* in the spec's order; those that the filesystem implements and the document knows */
	int n_methods;
	struct finding *findings;
	int n_findings;
	__u64 calls, violations, drifts, suppressed;
	__u64 lost[VL_N_LOST], recursion;
	__u64 unreturned; /* see collector__unreturned() */
	struct coverage coverage;
};

/* Judges everything that was counted. Returns 0 or negative errno. */
int results__make(struct audit *a, struct results *out);

/*
 * The same, of the calls on one type of filesystem (index in a->types; -1: all). The latencies of a function that
 * several types share are left out: they are not told apart.
 */
int results__make_of(struct audit *a, int type, struct results *out);
void results__free(struct results *r);

/* Prints the report to stdout. */
int report__text(const struct results *r, FILE *out);
int report__json(const struct results *r, FILE *out);

#endif
