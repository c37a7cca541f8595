/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing HTML: whatever is printed into it is text, never markup. */
#ifndef VFSLOCK_HTML_H
#define VFSLOCK_HTML_H

#include <stdio.h>

/*
 * Prints as fprintf() does, with %s escaped so that it is text in an element or in an attribute that stands in quotes.
 * Control characters, and bytes that are not UTF-8, come out as U+FFFD. The format itself is markup. Of conversions it
 * knows s, d, u, llu, zu, f with a precision, and %%; what it does not know is written as it stands.
 */
void html__printf(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* @text, escaped. */
void html__text(FILE *out, const char *text);

#endif
