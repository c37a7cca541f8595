/* SPDX-License-Identifier: GPL-2.0-only */
/* What reader.bpf.c and src/kmem.c share. */
#ifndef VFSLOCK_READER_H
#define VFSLOCK_READER_H

#define VL_READER_MAX 4096

struct vl_reader {
	__u64 current_task;
	__u8 data[VL_READER_MAX];
};

#endif
