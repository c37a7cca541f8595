// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that accepts everything and runs nothing: takes the place of bpf(2) (the linker's --wrap), so that libbpf
 * itself relocates an object for a kernel that is only there as a file of BTF, and no privilege is needed.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>

static const char *kernel_btf;

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
struct btf *__wrap_btf__load_vmlinux_btf(void);

void offline__set_kernel(const char *path)
{
	kernel_btf = path;
}

struct btf *__wrap_btf__load_vmlinux_btf(void)
{
	return btf__parse(kernel_btf, NULL);
}

static long fake_bpf(int cmd)
{
	switch (cmd) {
	case BPF_PROG_LOAD:
	case BPF_MAP_CREATE:
	case BPF_BTF_LOAD:
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	case BPF_MAP_UPDATE_ELEM:
	case BPF_MAP_FREEZE:
	case BPF_PROG_BIND_MAP:
		return 0;
	case BPF_BTF_GET_NEXT_ID: /* no modules */
		errno = ENOENT;
		return -1;
	default:
		errno = EINVAL;
		return -1;
	}
}

long __wrap_syscall(long number, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == __NR_bpf)
		return fake_bpf((int)a[0]);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
