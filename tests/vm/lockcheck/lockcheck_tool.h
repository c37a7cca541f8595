/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef LOCKCHECK_TOOL_H
#define LOCKCHECK_TOOL_H

#include <bpf/libbpf.h>

#include "lockcheck.h"

/* What came of a comparison, for the JSON document. */
struct outcome {
	struct lc_options options;
	double seconds;
	int attached, refused, kprobes; /* functions */
	__u64 missed;                   /* runs of the programs that the kernel left out, for one was running there */
	struct bpf_object *object;      /* has the maps of counts */
};

int outcome__write(const struct outcome *o, const char *path);

#endif
