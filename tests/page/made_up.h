/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An audit that never was: of ext4 and xfs under load, with everything that can be published. It stands in for the
 * parts that need a kernel; what is judged of it is made from the rows below, which tests change.
 */
#ifndef MADE_UP_H
#define MADE_UP_H

#include "audit.h"
#include "metrics.h"
#include "results.h"
#include "stream.h"

/* A method of a filesystem, with one function. */
struct made_row {
	const char *ops, *method, *function;
	__u64 calls;
	__u64 median_ns, unlock_ns; /* 0: not measured, not followed */
	const char *reason;         /* of a function that is not attached as it should be */
	enum refusal refusal;
	bool refused, entry_only, kprobe;
};

/* What some of the calls did to a rule. */
struct made_breach {
	const char *fs, *rule;
	enum observation seen;
	__u64 violations, drifts, suppressed, undecided;
};

#define MADE_TYPES 2
#define MADE_ROWS 64
#define MADE_BREACHES 8
#define MADE_ALERTS 32

struct made_up {
	struct audit audit;
	struct serve_state state;
	struct target targets[4];
	struct made_row rows[MADE_TYPES][MADE_ROWS];
	int n_rows[MADE_TYPES];
	struct function functions[MADE_TYPES * MADE_ROWS];
	struct made_breach breaches[MADE_BREACHES];
	int n_breaches;
	struct alert alerts[MADE_ALERTS];
	int n_alerts;
	struct lock_class_result classes[VL_N_TRACKED];
	__u64 lost[VL_N_LOST];
};

extern struct made_up made_up;

/* Sets it up: healthy, or with breaches, losses, functions that are refused, and names that are out to do harm. */
void made_up__reset(bool healthy);

/* One more violation: 17 calls of ext4_setattr(). */
void made_up__alert(const char *comm);

struct made_row *made_up__row(int type, const char *ops, const char *method);

#endif
