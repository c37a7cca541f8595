/* SPDX-License-Identifier: GPL-2.0-only */
/* What src/locks.c (loads and attaches) and src/locks_counts.c (reads) share. */
#ifndef VFSLOCK_LOCKS_TRACKER_H
#define VFSLOCK_LOCKS_TRACKER_H

#include <bpf/libbpf.h>
#include <string.h>

#include "locks.h"

#define MAX_HOOKS 64
struct lock_tracker {
	struct kbtf *kb;
	struct kmem *km;
	struct bpf_object *obj;
	bool by_tracepoints;
	struct lock_hook hooks[MAX_HOOKS];
	struct bpf_program *programs[MAX_HOOKS];
	struct bpf_link *links[MAX_HOOKS];
	int n_hooks;
	int held_fd, readers_fd, tables_fd, class_fd, site_fd, lost_fd;
	struct vl_task_locks *held;    /* VL_HELD_SLOTS of them, mapped */
	struct vl_lock_tables *tables; /* mapped */
	size_t map_bytes;
	struct lock_class_result classes[VL_N_TRACKED];
	struct lock_site sites[VL_SITES];
	int n_sites;
	__u64 lost[VL_N_LOCK_LOST];
	__u64 held_now;
};

/* To be called once, when all is attached. */
int locks__forget_lost(struct lock_tracker *t);

static inline bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

#endif
