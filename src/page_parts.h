/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of page.c. */
#ifndef VFSLOCK_PAGE_PARTS_H
#define VFSLOCK_PAGE_PARTS_H

#include "bytype.h"
#include "page.h"

/* Everything that the page is made from. */
struct page {
	FILE *out;
	struct audit *a;
	const struct serve_state *st;
	const struct stream *stream;
	struct by_type types;
	__u64 calls, violations, drifts, suppressed, undecided; /* of all types */
	int rules, exercised, broken;                           /* rules in force, met, and broken */
};

extern const char page_style[];

/* Longer than any of these numbers. */
#define PAGE_AGE_LEN 32

/* "2 d 4 h", "3 min" */
const char *page__age(char *buf, double seconds);

/* "2025-11-19 06:23:11 UTC" of CLOCK_REALTIME @ns. */
const char *page__when(char *buf, size_t len, __u64 ns);

/* page_findings.c */
void page__violations(const struct page *p);
void page__drift(const struct page *p, const struct results *r);

/* page_rules.c: all of one type of filesystem */
void page__type(const struct page *p, int type);

/* page_state.c: what is not attached, what was lost, locks, cost */
void page__state(const struct page *p);

#endif
