/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of `vfslock watch`, for people or as JSON: the form of vfslock-watch(8). */
#ifndef VFSLOCK_WATCH_H
#define VFSLOCK_WATCH_H

#include <stdbool.h>
#include <stdio.h>

#include "results.h"
#include "stream.h"

struct watch_writer {
	FILE *out;
	bool json, addresses;
	bool every_call; /* of the stream's options: set by watch__start() */
	const struct audit *audit;
	__u64 lost[VL_N_LOST], recursion; /* as they were told last */
	bool failed;                      /* the reader has gone, or the disk is full */
};

void watch__start(struct watch_writer *w, const struct stream_options *options);
void watch__alert(struct watch_writer *w, const struct alert *a);

/* What was lost since it was told last, if anything was. */
void watch__lost(struct watch_writer *w);

/* A filesystem has gone. */
void watch__unmounted(struct watch_writer *w, const struct target *t);

/* At the end: what the kernel side counted, and what became of it here. */
void watch__summary(struct watch_writer *w, const struct results *r, const struct stream *s);

#endif
