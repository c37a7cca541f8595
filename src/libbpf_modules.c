// SPDX-License-Identifier: GPL-2.0-only
/*
 * libbpf looks through the BTF of all modules for a type or a variable that the kernel proper does not have, be it one
 * that need not be there (load_module_btfs()). That takes CAP_SYS_ADMIN, and without it libbpf gives up the whole
 * object. The programs name nothing that is a module's: to libbpf, modules whose BTF may not be listed are none. The
 * linker puts this in the place of the function (Makefile, --wrap).
 */
#include <bpf/bpf.h>
#include <errno.h>

int __real_bpf_btf_get_next_id(__u32 start_id, __u32 *next_id);
int __wrap_bpf_btf_get_next_id(__u32 start_id, __u32 *next_id);

int __wrap_bpf_btf_get_next_id(__u32 start_id, __u32 *next_id)
{
	int err = __real_bpf_btf_get_next_id(start_id, next_id);

	if (err != -EPERM)
		return err;
	errno = ENOENT;
	return -ENOENT;
}
