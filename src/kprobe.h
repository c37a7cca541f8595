/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFSLOCK_KPROBE_H
#define VFSLOCK_KPROBE_H

#include <linux/types.h>
#include <stdbool.h>

/* The perf events that kprobes are. */
#define KPROBE_PMU "/sys/bus/event_source/devices/kprobe/"

/*
 * Runs the BPF program @prog at the entry (or at every return) of the kernel function at @addr, by a kprobe (kretprobe)
 * that lives as long as the descriptor returned. -ENOENT: the kernel has no kprobes (CONFIG_KPROBE_EVENTS); or what
 * perf_event_open(2) says.
 */
int kprobe__attach(int prog, __u64 addr, bool at_return);

/* May kprobes be opened here? Opens one that is never switched on. 0 or negative errno. */
int kprobe__try(void);

#endif
