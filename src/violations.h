/* SPDX-License-Identifier: GPL-2.0-only */
/* The last violations as one JSON document, for `vfslock serve`. */
#ifndef VFSLOCK_VIOLATIONS_H
#define VFSLOCK_VIOLATIONS_H

#include <stdio.h>

#include "stream.h"

#define VIOLATIONS_TYPE "application/json"

/*
 * Writes {"version": 1, "violations": […], "fingerprints": n, "dropped": n} to @out: what stream__recent() has, newest
 * first, without addresses; how many were met in all, each fingerprint on a mount once, with those that the rate of the
 * stream holds back and without those that are suppressed; how many were in the list and made room for newer ones. @s
 * may be NULL: none. Returns 0 or negative errno.
 */
int violations__write(const struct audit *a, const struct stream *s, FILE *out);

#endif
