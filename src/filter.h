/* SPDX-License-Identifier: GPL-2.0-only */
/* Whose calls, and which rules, an audit is about: what is left out costs nothing, or little, in the kernel. */
#ifndef VFSLOCK_FILTER_H
#define VFSLOCK_FILTER_H

#include <linux/types.h>
#include <stdbool.h>

#include "../bpf/shared.h"
#include "rules.h"

/* Only these tasks: of each kind that is named, one value must match. Compared by the programs. */
struct task_filter {
	__u32 pids[VL_FILTER];
	char comms[VL_FILTER][16]; /* padded with zeroes, as the kernel has them */
	__u64 cgroups[VL_FILTER];  /* ids (cgroup v2), with all below */
	__u32 levels[VL_FILTER];
	int n_pids, n_comms, n_cgroups;
};

/* Only these rules and methods: nothing else is read, and no function attached that none of them is about. */
struct rule_filter {
	const char *rules[VL_FILTER]; /* patterns of ids, as fnmatch(3) knows them */
	const char *ops[VL_FILTER];   /* "inode_operations" or "inode_operations.create", patterns */
	int n_rules, n_ops;
};

/* Each adds one value; prints what is wrong with it and returns negative errno. */
int filter__add_pid(struct task_filter *f, const char *text);
int filter__add_comm(struct task_filter *f, const char *text);
int filter__add_cgroup(struct task_filter *f, const char *path); /* a directory of a cgroup2 mount, or below it */
int filter__add_rule(struct rule_filter *f, const char *pattern);
int filter__add_ops(struct rule_filter *f, const char *pattern);

__u64 filter__mask(const struct task_filter *f); /* VL_FILTER_... */

/* Tells the programs. @pids, @comms: their maps of those. 0 or negative errno. */
int filter__write(const struct task_filter *f, volatile struct vl_control *control, int pids, int comms);

/* Is the rule wanted? Without any pattern all are. */
bool filter__wants_rule(const struct rule_filter *f, const struct rule *r);
/* Is anything of the method? */
bool filter__wants_method(const struct rule_filter *f, const struct method *m, const struct rule *all);

#endif
