/* SPDX-License-Identifier: GPL-2.0-only */
/* Clocks as one number: nanoseconds, as the kernel side has them. */
#ifndef VFSLOCK_CLOCK_H
#define VFSLOCK_CLOCK_H

#include <linux/types.h>
#include <time.h>

static inline __u64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (__u64)ts.tv_sec * 1000000000ULL + (__u64)ts.tv_nsec;
}

#endif
