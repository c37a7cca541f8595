/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads kernel memory, through a BPF program run on request. */
#ifndef VFSLOCK_KMEM_H
#define VFSLOCK_KMEM_H

#include <linux/types.h>
#include <stddef.h>

struct kmem;

/* Needs CAP_BPF and CAP_PERFMON. Prints why it failed; returns 0 or negative errno. */
int kmem__open(struct kmem **out);
void kmem__free(struct kmem *km);

/* Copies @len (at most 4096) bytes at kernel address @addr. Returns 0, or -EFAULT if that is no mapped memory. */
int kmem__read(struct kmem *km, __u64 addr, void *buf, size_t len);

/* Reads a pointer at @addr + @offset; 0 if it cannot be read or @offset is negative. */
__u64 kmem__pointer(struct kmem *km, __u64 addr, int offset);

/* Copies a NUL-terminated string, always terminated in @buf. */
int kmem__string(struct kmem *km, __u64 addr, char *buf, size_t len);

/* The calling thread's struct task_struct. */
int kmem__current(struct kmem *km, __u64 *task);

#endif
