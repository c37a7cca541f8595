/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Violations that somebody knows of and does not want to hear of again: a file with, per line, a pattern of rule ids, a
 * pattern of functions (of the method's own function, or of any that is on the call path), the day on which it ends
 * (YYYY-MM-DD, or "never"), and the reason.
 */
#ifndef VFSLOCK_SUPPRESS_H
#define VFSLOCK_SUPPRESS_H

#include <stdbool.h>
#include <time.h>

struct suppression {
	char rule[128], function[64];
	char *reason;
	time_t expires; /* at the end of its day, UTC; 0: never */
	int line;
};

struct suppressions;

/*
 * Reads @path. Every line that is wrong is named, with what is wrong; one that has expired is told, and does nothing.
 * Returns 0, or negative errno with *@out untouched.
 */
int suppressions__load(const char *path, struct suppressions **out);
void suppressions__free(struct suppressions *s); /* @s may be NULL */

/*
 * The first that is in force at @now and matches a breach of @rule whose call path is @functions (@n of them, innermost
 * first). NULL: none; @s may be NULL.
 */
const struct suppression *suppressions__find(const struct suppressions *s, const char *rule,
					     const char *const *functions, int n, time_t now);

/* Is there one that is in force at one of the two times only? @s may be NULL. */
bool suppressions__change(const struct suppressions *s, time_t then, time_t now);

int suppressions__count(const struct suppressions *s);

#endif
