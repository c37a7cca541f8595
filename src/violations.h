/* SPDX-License-Identifier: GPL-2.0-only */
/* The last violations as one JSON document, for `vfslock serve`. */
#ifndef VFSLOCK_VIOLATIONS_H
#define VFSLOCK_VIOLATIONS_H

#include <stdio.h>

#include "stream.h"

#define VIOLATIONS_TYPE "application/json"

/*
 * Writes {"version": 1, "violations": […], "dropped": n} to @out: what stream__recent() has, newest first, without
 * addresses; @dropped: how many more there were. @s may be NULL: none. Returns 0 or negative errno.
 */
int violations__write(const struct audit *a, const struct stream *s, __u64 dropped, FILE *out);

#endif
