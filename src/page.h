/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page of `vfslock serve` for people: one document of HTML without scripts and without anything from elsewhere, so
 * that it can be served with a Content-Security-Policy that allows nothing but the styles in it.
 */
#ifndef VFSLOCK_PAGE_H
#define VFSLOCK_PAGE_H

#include <stdio.h>

#include "metrics.h"
#include "stream.h"

#define PAGE_TYPE "text/html; charset=utf-8"
/* The page reloads itself no more often than this, in seconds. */
#define PAGE_MIN_REFRESH 2

/*
 * Writes the page to @out, of what the last sweep brought. @s: for the violations, or NULL. @refresh: seconds after
 * which the page is to reload itself, 0: not. Returns 0 or negative errno; what was written is then to be thrown away.
 */
int page__write(struct audit *a, const struct serve_state *st, const struct stream *s, int refresh, FILE *out);

#endif
