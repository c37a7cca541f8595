// SPDX-License-Identifier: GPL-2.0-only
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

static int count_fds(__u64 *n)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *e;

	if (!dir)
		return -errno;
	*n = 0;
	while ((e = readdir(dir)))
		*n += e->d_name[0] != '.';
	(*n)--; /* the directory's own */
	closedir(dir);
	return 0;
}

/* Since the machine was started, in ticks: field 22. */
static int read_stat(unsigned long long *start, unsigned long long *rss_pages)
{
	FILE *f = fopen("/proc/self/stat", "re");
	const char *rest;
	char line[1024];
	int n = 0;

	if (!f)
		return -errno;
	if (fgets(line, sizeof(line), f)) {
		/* The task's name may hold anything, but nothing behind it a parenthesis. */
		rest = strrchr(line, ')');
		n = rest ? sscanf(rest,
				  ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu "
				  "%*s %llu",
				  start, rss_pages)
			 : 0;
	}
	fclose(f);
	return n == 2 ? 0 : -EPROTO;
}

int process__read(struct process_stat *out)
{
	unsigned long long start = 0, pages = 0;
	double since_boot, now;
	__u64 fds = 0;
	int err = read_stat(&start, &pages);

	if (!err)
		err = count_fds(&fds);
	if (err)
		return err;
	since_boot = (double)clock_ns(CLOCK_BOOTTIME) / 1e9;
	now = (double)clock_ns(CLOCK_REALTIME) / 1e9;
	*out = (struct process_stat){.cpu_seconds = (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9,
				     .resident_bytes = pages * (__u64)sysconf(_SC_PAGESIZE),
				     .open_fds = fds,
				     .start_time = now - since_boot + (double)start / (double)sysconf(_SC_CLK_TCK)};
	return 0;
}
