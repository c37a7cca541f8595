// SPDX-License-Identifier: GPL-2.0-only
#include "kmem.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../bpf/reader.h"
#include "globals.h"
#include "objects.h"

struct kmem {
	struct bpf_object *obj;
	struct vl_reader *shared; /* the program's globals, mapped */
	int prog;
};

static int load(struct kmem *km)
{
	struct bpf_program *prog;
	int err;

	km->obj = bpf_object__open_mem(reader_object, OBJECT_SIZE(reader_object), NULL);
	if (!km->obj)
		return -errno;
	err = bpf_object__load(km->obj);
	if (err)
		return err;
	prog = bpf_object__find_program_by_name(km->obj, "vl_read");
	if (!prog)
		return -EINVAL;
	km->prog = bpf_program__fd(prog);
	km->shared = globals__map(km->obj, ".bss", sizeof(*km->shared));
	return km->shared ? 0 : -errno;
}

int kmem__open(struct kmem **out)
{
	struct kmem *km = calloc(1, sizeof(*km));
	int err;

	if (!km)
		return -ENOMEM;
	err = load(km);
	if (err) {
		fprintf(stderr,
			"vfslock: the program that reads kernel memory was not loaded: %s (see 'vfslock features')\n",
			strerror(-err));
		kmem__free(km);
		return err;
	}
	*out = km;
	return 0;
}

void kmem__free(struct kmem *km)
{
	if (!km)
		return;
	globals__unmap(km->shared, sizeof(*km->shared));
	bpf_object__close(km->obj);
	free(km);
}

static int run(struct kmem *km, __u64 addr, __u64 len)
{
	__u64 args[2] = {addr, len};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	int err = bpf_prog_test_run_opts(km->prog, &opts);

	if (err)
		return err;
	return opts.retval ? -EFAULT : 0;
}

int kmem__read(struct kmem *km, __u64 addr, void *buf, size_t len)
{
	int err;

	if (len > VL_READER_MAX)
		return -E2BIG;
	err = run(km, addr, len);
	if (!err)
		memcpy(buf, km->shared->data, len);
	return err;
}

__u64 kmem__pointer(struct kmem *km, __u64 addr, int offset)
{
	__u64 value = 0;

	if (!addr || offset < 0 || kmem__read(km, addr + (__u64)offset, &value, sizeof(value)))
		return 0;
	return value;
}

int kmem__string(struct kmem *km, __u64 addr, char *buf, size_t len)
{
	int err = -EFAULT;

	memset(buf, 0, len);
	/* The string may end just before an unmapped page: take what can be read. */
	for (size_t n = len - 1; n && err; n /= 2)
		err = kmem__read(km, addr, buf, n);
	return err;
}

int kmem__current(struct kmem *km, __u64 *task)
{
	int err = run(km, 0, 0);

	/* Address 0 is nothing to read; the run has noted the task all the same. */
	if (err && err != -EFAULT)
		return err;
	*task = km->shared->current_task;
	return 0;
}
