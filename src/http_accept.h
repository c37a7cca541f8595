/* SPDX-License-Identifier: GPL-2.0-only */
/* The Accept headers of a request: which of the two formats of metrics the client prefers. */
#ifndef VFSLOCK_HTTP_ACCEPT_H
#define VFSLOCK_HTTP_ACCEPT_H

#include <stdbool.h>

/* How much a client wants one format, by the most specific range that covers it. Zeroed: nothing was said. */
struct accept_quality {
	int specificity; /* 0 nothing, 1 "*" "/" "*", 2 "text" "/" "*", 3 the type itself */
	int q;           /* thousandths */
};

struct http_accept {
	struct accept_quality text;        /* text/plain; version=0.0.4 */
	struct accept_quality openmetrics; /* application/openmetrics-text; version=1.0.0 */
};

/* Adds one Accept header; there may be several. What is malformed is not there. */
void http_accept__add(struct http_accept *a, const char *value);

/* OpenMetrics is asked for by its name, and more than text/plain. */
bool http_accept__openmetrics(const struct http_accept *a);

#endif
