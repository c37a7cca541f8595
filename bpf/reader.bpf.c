// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads kernel memory on request: run by BPF_PROG_TEST_RUN in the caller's own context (src/kmem.c). A wrong address
 * yields an error, never a fault.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "reader.h"

struct vl_reader reader;

SEC("raw_tp")
int vl_read(__u64 *ctx)
{
	__u64 len = ctx[1];

	reader.current_task = bpf_get_current_task();
	if (len > VL_READER_MAX)
		return 1;
	return bpf_probe_read_kernel(reader.data, len, (const void *)ctx[0]) ? 1 : 0;
}

char LICENSE[] SEC("license") = "GPL";
