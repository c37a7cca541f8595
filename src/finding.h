/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said of a finding, to people and in JSON: the same in a report, in a stream, and by the daemon. */
#ifndef VFSLOCK_FINDING_H
#define VFSLOCK_FINDING_H

#include <stdio.h>

#include "breach.h"
#include "json.h"

/*
 * The members of an object that is open. @addresses: with those of kernel objects and of code, which give away where
 * the kernel keeps them.
 */
void finding__json(struct json_writer *w, const struct audit *a, const struct finding *f, bool addresses);

/* Some lines, without the one that says which verdict it is. */
void finding__text(const struct audit *a, const struct finding *f, bool addresses, FILE *out);

/* The lock word of a finding, in words: "count 0x100, not write-locked, 1 readers, last reader another task". */
const char *finding__decode(const struct finding *f, char *buf, size_t len);

/* "i_rwsem(dir) at exit" */
void finding__rule_name(const struct rule *r, char *buf, size_t len);

/* "create+0x12/0x80 [ext4]"; with its address, if wanted; "?" for what has no symbol, which else is an address. */
const char *finding__place(const struct audit *a, __u64 ip, bool addresses, char *buf, size_t len);

/*
 * The same of the @i-th frame of its call path; of code that has gone since, or that has another one in its place now,
 * by the name that it had.
 */
const char *finding__frame(const struct audit *a, const struct finding *f, int i, bool addresses, char *buf,
			   size_t len);

/* "2026-11-21T12:00:00.123456789Z" of CLOCK_REALTIME @ns. */
const char *finding__rfc3339(__u64 ns, char *buf, size_t len);

#endif
