/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Violations as they happen: what is new since the last time that results were made. Repeats of one fingerprint are
 * told together; counts are the kernel side's own, so that nothing of them is lost with a notice.
 */
#ifndef VFSLOCK_STREAM_H
#define VFSLOCK_STREAM_H

#include <stdbool.h>

#include "alert.h"
#include "results.h"

struct stream_options {
	bool drift;      /* drift, too */
	bool every_call; /* each call by itself, from stream__call(); nothing is folded */
	__u64 fold_ns;   /* how long repeats are gathered */
	double rate;     /* lines a second and rule, at most; 0: no limit */
	int n_recent;    /* how many alerts stream__recent() has */
	void (*tell)(void *arg, const struct alert *a); /* may be NULL */
	void *arg;
};

/* What became of the calls of all fingerprints. */
struct stream_counts {
	__u64 told;      /* in a line of the stream, alone or with others */
	__u64 waiting;   /* not yet: folded, or held back by the rate */
	__u64 held_back; /* calls whose own line the rate did not allow (every_call) */
	__u64 doubtful;  /* calls that may have been seen wrongly, as the kernel skipped programs (every_call) */
	__u64 lines, fingerprints;
};

/* One fingerprint on one mount. */
struct stream_entry {
	__u64 fingerprint, calls, told;
	const struct rule *rule;
	const struct function *function;
	const struct target *target; /* NULL: of several */
	enum verdict verdict;
};

struct stream;

int stream__open(struct audit *a, const struct stream_options *options, struct stream **out);
void stream__free(struct stream *s);

/* Tells what is new in @r; @all: repeats that are being gathered, too. 0 or -ENOMEM. */
int stream__update(struct stream *s, const struct results *r, bool all);

/* A call, as the ring buffer brings it: with every_call it is judged and told. */
void stream__call(struct stream *s, const struct vl_call_event *ev);

/* The @i-th newest alert that is no repeat, with its present count; NULL: there are no more. */
const struct alert *stream__recent(const struct stream *s, int i);

/* Suppressions have changed: paths are judged anew when they are met. */
void stream__rejudge(struct stream *s);

struct stream_counts stream__counts(const struct stream *s);
const struct stream_entry *stream__entry(const struct stream *s, int i); /* NULL: there are no more */

#endif
