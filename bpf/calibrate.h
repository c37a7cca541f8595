/* SPDX-License-Identifier: GPL-2.0-only */
/* What calibrate.bpf.c and src/calibrate.c share. */
#ifndef VFSLOCK_CALIBRATE_H
#define VFSLOCK_CALIBRATE_H

#define VL_CALLER_WORDS 16

struct vl_calibration {
	__u32 tid;                    /* whose path walk is watched */
	__u32 walks;                  /* path_openat() calls seen */
	__u32 lookup_rcu;             /* flags that the first walk has beyond those of its open_flags */
	__u32 checks;                 /* inode_permission() calls seen */
	__u32 may_not_block;          /* flags beyond MAY_EXEC */
	__u32 kprobes;                /* times that the kprobe was hit */
	__s32 kprobe_context;         /* preempt_count in its program */
	__s32 stack_bytes;            /* of stack[], when a lock was taken; 0: not yet */
	__u64 words[VL_CALLER_WORDS]; /* what lies beyond the arguments and the result of that function */
	__u64 stack[VL_CALLER_WORDS];
};

struct vl_calibrate_options {
	__u32 mask_arg; /* which argument of inode_permission() is the mask */
	__u32 context;  /* enum vl_context_source */
};

#endif
