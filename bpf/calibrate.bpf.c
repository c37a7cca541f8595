// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures kernel constants that are macros and therefore not in BTF: the tool opens a path of its own with O_PATH and
 * these programs look at how the kernel walks it.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "calibrate.h"
#include "shared.h"
#include "preempt.h"

#define MAY_EXEC 1 /* also the ABI's X_OK */

struct vl_calibration calibration;

/* Constant, so that the verifier never sees another argument taken for the mask. */
const volatile struct vl_calibrate_options options;

static __always_inline bool mine(void)
{
	return (__u32)bpf_get_current_pid_tgid() == calibration.tid;
}

/* do_filp_open(): path_openat(&nd, op, op->lookup_flags | LOOKUP_RCU) comes first, retries come without the flag. */
SEC("fentry/path_openat")
int walk(__u64 *ctx)
{
	struct open_flags *op = (struct open_flags *)ctx[1];

	if (mine() && !calibration.walks++)
		calibration.lookup_rcu = (__u32)ctx[2] & ~(__u32)op->lookup_flags;
	return 0;
}

/* may_lookup(): inode_permission(…, MAY_EXEC | MAY_NOT_BLOCK) while the walk is an rcu-walk, MAY_EXEC alone later. */
SEC("fentry/inode_permission")
int check(__u64 *ctx)
{
	__u32 mask = 0;

	/* Copied, as the verifier wants every direct load at an offset that clang has written down. */
	if (!mine() || bpf_probe_read_kernel(&mask, sizeof(mask), &ctx[options.mask_arg]) || !(mask & MAY_EXEC))
		return 0;
	calibration.checks++;
	calibration.may_not_block |= mask & ~MAY_EXEC;
	return 0;
}

/* The same mask, as inode_permission() passes it on. */
SEC("fentry/security_inode_permission")
int check_security(__u64 *ctx)
{
	__u32 mask = (__u32)ctx[1];

	if (!mine() || !(mask & MAY_EXEC))
		return 0;
	calibration.checks++;
	calibration.may_not_block |= mask & ~MAY_EXEC;
	return 0;
}

/* What a kprobe's own entry adds to preempt_count: in a system call of our own it would be 0. */
SEC("kprobe")
int context(void *ctx)
{
	if (mine() && !calibration.kprobes++)
		calibration.kprobe_context = vl_preempt_count(options.context);
	return 0;
}

/* Where the return address of a traced function lies, seen from its arguments: mmap() comes here. */
SEC("fexit/down_write_killable")
int caller(__u64 *ctx)
{
	if (!mine() || calibration.stack_bytes ||
	    bpf_probe_read_kernel(calibration.words, sizeof(calibration.words), &ctx[2]))
		return 0;
	calibration.stack_bytes = bpf_get_stack(ctx, calibration.stack, sizeof(calibration.stack), 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
