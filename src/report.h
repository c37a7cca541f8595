/* SPDX-License-Identifier: GPL-2.0-only */
/* What the text and the JSON report share. */
#ifndef VFSLOCK_REPORT_H
#define VFSLOCK_REPORT_H

#include "json.h"
#include "results.h"

/* An object of percentiles, or null. */
void report__json_latency(struct json_writer *w, const char *key, const struct hist *h, bool measured);

/* A percentile as a duration; empty without values. @buf: TEXT_NUMBER_LEN bytes. */
void report__text_percentile(const struct hist *h, double p, char *buf);

/* What is known of the locks: which were taken and awaited, by whom, for how long. */
void report__json_locks(struct json_writer *w, const struct results *r);
void report__text_locks(const struct results *r, FILE *out);

/* When folios were unlocked that were not yet at the return: of the methods of one ops struct, of one method. */
void report__text_unlocks(const struct results *r, int ops, FILE *out);
void report__json_unlocks(struct json_writer *w, const struct method_result *m);

#endif
