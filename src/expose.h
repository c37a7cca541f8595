/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writer of metrics for Prometheus: the text format 0.0.4 and OpenMetrics 1.0, which differ in names, types and the
 * end.
 *
 * As in json.h, no call returns an error on its own: the first mistake or failed write is latched, everything after it
 * is swallowed, and expose__finish() tells. What is written so far is then no document, and must not be served.
 */
#ifndef VFSLOCK_EXPOSE_H
#define VFSLOCK_EXPOSE_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>

#define EXPOSE_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define EXPOSE_OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* More families than this are a mistake of the caller (-EINVAL). */
#define EXPOSE_MAX_FAMILIES 64

enum expose_type { EXPOSE_COUNTER, EXPOSE_GAUGE, EXPOSE_HISTOGRAM, EXPOSE_INFO };

/* A list of them ends with one whose name is NULL: see EXPOSE_LABELS(). */
struct expose_label {
	const char *name, *value;
};

#define EXPOSE_LABELS(...) ((const struct expose_label[]){__VA_ARGS__ __VA_OPT__(, ){NULL, NULL}})

struct expose_buckets {
	const double *le;    /* upper bounds, ascending, without +Inf; in the family's unit */
	const __u64 *counts; /* values up to each bound, cumulative */
	size_t n;
	__u64 count; /* of all values */
	double sum;
};

/* Plain value, lives wherever the caller likes; nothing to free. Fields are private. */
struct expose {
	FILE *out;
	bool openmetrics;
	int err;
	const char *families[EXPOSE_MAX_FAMILIES]; /* names so far; the last is the present one */
	int n_families;
	enum expose_type type;
	const char *unit, *help;
	bool has_header;
};

/* Prepare @e to write one document to @out, which stays the caller's and must outlive @e. */
void expose__init(struct expose *e, FILE *out, bool openmetrics);

/*
 * Starts a family of metrics. @name: without the suffix of its type (_total of counters, _info of infos), which is
 * added where the format wants it; ending in "_" and @unit, unless that is NULL. The strings must live as long as @e.
 * Nothing is written for a family without samples. A name that was there before is latched as -EINVAL.
 */
void expose__family(struct expose *e, const char *name, enum expose_type type, const char *unit, const char *help);

/*
 * Samples of the present family. @labels: ended by {NULL, NULL}, or NULL for none; the same for all samples of a family
 * but for their values, which are escaped; bytes that are not UTF-8 come out as U+FFFD. One that the family's type does
 * not take is latched as -EINVAL, as are counters that are negative or no number, and buckets that descend.
 */
void expose__u64(struct expose *e, const struct expose_label *labels, __u64 value);
void expose__double(struct expose *e, const struct expose_label *labels, double value);
void expose__info(struct expose *e, const struct expose_label *labels);
void expose__histogram(struct expose *e, const struct expose_label *labels, const struct expose_buckets *b);

/*
 * Ends the document and flushes it. Returns 0, -EINVAL if the calls did not make a document, -EIO if writing failed.
 */
int expose__finish(struct expose *e);

#endif
