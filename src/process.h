/* SPDX-License-Identifier: GPL-2.0-only */
/* What this process itself takes, as /proc tells it. */
#ifndef VFSLOCK_PROCESS_H
#define VFSLOCK_PROCESS_H

#include <linux/types.h>

struct process_stat {
	double cpu_seconds;
	__u64 resident_bytes;
	__u64 open_fds;
	double start_time; /* unix seconds */
};

/* Returns 0, or negative errno where /proc cannot be read: @out is then not touched. */
int process__read(struct process_stat *out);

#endif
