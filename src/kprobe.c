// SPDX-License-Identifier: GPL-2.0-only
#include "kprobe.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int read_number(const char *path, const char *format)
{
	FILE *f = fopen(path, "re");
	int n;

	if (!f)
		return -errno;
	if (fscanf(f, format, &n) != 1)
		n = -EINVAL;
	fclose(f);
	return n;
}

int kprobe__try(void)
{
	/* Exported, on all kernels: never called by what is done here, as it is not switched on. */
	static const char on[] = "vfs_getattr";
	struct perf_event_attr attr = {.size = sizeof(attr), .disabled = 1, .kprobe_func = (__u64)(unsigned long)on};
	int type = read_number(KPROBE_PMU "type", "%d"), fd;

	if (type < 0)
		return type;
	attr.type = (__u32)type;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int kprobe__attach(int prog, __u64 addr, bool at_return)
{
	int type = read_number(KPROBE_PMU "type", "%d"), bit = read_number(KPROBE_PMU "format/retprobe", "config:%d"),
	    fd;
	struct perf_event_attr attr = {.size = sizeof(attr)};

	if (type < 0 || bit < 0)
		return -ENOENT;
	attr.type = (__u32)type;
	attr.config = at_return ? 1ULL << bit : 0;
	/* By its address (no name in kprobe_func), as names are not unique. */
	attr.kprobe_addr = addr;
	fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}
