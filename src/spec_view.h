/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiled rules as a document: what is in force for a kernel, and how each rule stands. No kernel is asked. */
#ifndef VFSLOCK_SPEC_VIEW_H
#define VFSLOCK_SPEC_VIEW_H

#include "rules.h"

enum rule_status {
	RULE_STATUS_CHECK,
	RULE_STATUS_DRIFT,
	RULE_STATUS_NO_PROMISE,
	RULE_STATUS_UNVERIFIABLE,
	RULE_STATUSES
};

/*
 * How a rule stands, whatever the kernel: checked; checked, but known not to be met under the conditions of its drifts;
 * promising nothing; or undecidable.
 */
enum rule_status rule__status(const struct rule *r);
const char *rule_status__name(enum rule_status status);

/* Why a rule is unverifiable or drifts, in one text in @buf; "" for others. */
const char *rule__reason(const struct rule *r, char *buf, size_t len);

/* Is the rule or method part of the document of @kernel (major << 8 | minor)? */
bool rule__in_force(const struct rule *r, int kernel);
bool method__in_force(const struct method *m, int kernel);

/*
 * The words of @m's cell in the column of @lock in the document of @kernel: all rules that come from a cell say the
 * same. NULL: no such cell.
 */
const char *method__cell(const struct method *m, int lock, int kernel);

/*
 * The lock that the column under @header is about in the document of @kernel; of several, the one that @m (may be NULL)
 * has a cell for. -1: no such column.
 */
int ops__column(const struct ops_struct *o, const struct method *m, const char *header, int kernel);

/* "6.1" or a release like 6.1.0-56-cloud-amd64 to 6 << 8 | 1; -1 if it is none. */
int version__parse(const char *text);
const char *version__text(int version, char buf[8]); /* "" for 0 */

/* The commands of `vfslock spec`. Each returns the exit status. @kernel: as above. @ops: NULL for all. */
int spec__show(int kernel, const char *ops, bool json);
int spec__explain(const char *ops_method);
int spec__diff(int kernel, const char *path);
int spec__numbers(void);

#endif
