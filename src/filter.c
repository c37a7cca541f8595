// SPDX-License-Identifier: GPL-2.0-only
#include "filter.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static int too_many(const char *option)
{
	fprintf(stderr, "vfslock: %s can be given %d times at most\n", option, VL_FILTER);
	return -E2BIG;
}

int filter__add_pid(struct task_filter *f, const char *text)
{
	char *end;
	unsigned long pid = strtoul(text, &end, 10);

	if (end == text || *end || !pid || pid > 4194304) {
		fprintf(stderr, "vfslock: --pid %s: give the number of a process\n", text);
		return -EINVAL;
	}
	if (f->n_pids == VL_FILTER)
		return too_many("--pid");
	f->pids[f->n_pids++] = (__u32)pid;
	return 0;
}

int filter__add_comm(struct task_filter *f, const char *text)
{
	if (!*text || strlen(text) >= sizeof(f->comms[0])) {
		fprintf(stderr,
			"vfslock: --comm %s: give the name of a task as the kernel has it, 1 to 15 characters\n", text);
		return -EINVAL;
	}
	if (f->n_comms == VL_FILTER)
		return too_many("--comm");
	memcpy(f->comms[f->n_comms++], text, strlen(text));
	return 0;
}

/* How deep @path lies below the root of its cgroup2 mount: the programs ask for the ancestor at that depth. */
static int depth_of(const char *path, const struct stat *st)
{
	char up[4096];
	struct stat above;
	int depth = 0;

	if (snprintf(up, sizeof(up), "%s", path) >= (int)sizeof(up))
		return -ENAMETOOLONG;
	for (dev_t dev = st->st_dev;; depth++) {
		size_t n = strlen(up);

		if (n + 4 >= sizeof(up))
			return -ENAMETOOLONG;
		memcpy(up + n, "/..", 4);
		if (stat(up, &above))
			return -errno;
		if (above.st_dev != dev)
			return depth;
	}
}

int filter__add_cgroup(struct task_filter *f, const char *path)
{
	struct statfs fs;
	struct stat st;
	int depth;

	if (statfs(path, &fs) || stat(path, &st)) {
		int err = -errno;

		fprintf(stderr, "vfslock: --cgroup %s: %s\n", path, strerror(-err));
		return err;
	}
	depth = fs.f_type == CGROUP2_SUPER_MAGIC && S_ISDIR(st.st_mode) ? depth_of(path, &st) : -ENOTDIR;
	if (depth < 0) {
		fprintf(stderr,
			"vfslock: --cgroup %s: no directory of a cgroup v2 hierarchy; give one like "
			"/sys/fs/cgroup/system.slice\n",
			path);
		return depth;
	}
	if (f->n_cgroups == VL_FILTER)
		return too_many("--cgroup");
	/* kernfs: the id of a cgroup is the inode number of its directory. */
	f->cgroups[f->n_cgroups] = st.st_ino;
	f->levels[f->n_cgroups++] = (__u32)depth;
	return 0;
}

static bool matches(const char *const *patterns, int n, const char *text)
{
	for (int i = 0; i < n; i++)
		if (!fnmatch(patterns[i], text, 0))
			return true;
	return false;
}

int filter__add_rule(struct rule_filter *f, const char *pattern)
{
	bool known = false;

	for (int i = 0; i < n_rules && !known; i++)
		known = !fnmatch(pattern, rules[i].id, 0);
	if (!known) {
		fprintf(stderr, "vfslock: --rule %s matches no rule: 'vfslock spec show' lists them\n", pattern);
		return -EINVAL;
	}
	if (f->n_rules == VL_FILTER)
		return too_many("--rule");
	f->rules[f->n_rules++] = pattern;
	return 0;
}

static void method_name(const struct method *m, char *buf, size_t len)
{
	snprintf(buf, len, "%s.%s", ops_structs[m->ops].name, m->name);
}

static bool wants_ops(const struct rule_filter *f, const struct method *m)
{
	char name[96];

	method_name(m, name, sizeof(name));
	return !f->n_ops || matches(f->ops, f->n_ops, ops_structs[m->ops].name) || matches(f->ops, f->n_ops, name);
}

int filter__add_ops(struct rule_filter *f, const char *pattern)
{
	struct rule_filter one = {.ops = {pattern}, .n_ops = 1};
	bool known = false;

	for (int m = 0; m < n_methods && !known; m++)
		known = wants_ops(&one, &methods[m]);
	if (!known) {
		fprintf(stderr,
			"vfslock: --ops %s matches nothing: give a struct like inode_operations, or a method like "
			"inode_operations.create\n",
			pattern);
		return -EINVAL;
	}
	if (f->n_ops == VL_FILTER)
		return too_many("--ops");
	f->ops[f->n_ops++] = pattern;
	return 0;
}

__u64 filter__mask(const struct task_filter *f)
{
	return (f->n_pids ? VL_FILTER_PID : 0) | (f->n_comms ? VL_FILTER_COMM : 0) |
	       (f->n_cgroups ? VL_FILTER_CGROUP : 0);
}

int filter__write(const struct task_filter *f, volatile struct vl_control *control, int pids, int comms)
{
	const __u32 one = 1;
	int err = 0;

	for (int i = 0; i < f->n_pids && !err; i++) {
		__u64 pid = f->pids[i];

		err = bpf_map_update_elem(pids, &pid, &one, BPF_ANY);
	}
	for (int i = 0; i < f->n_comms && !err; i++)
		err = bpf_map_update_elem(comms, f->comms[i], &one, BPF_ANY);
	for (int i = 0; i < VL_FILTER; i++) {
		control->cgroups[i] = f->cgroups[i];
		control->cgroup_levels[i] = f->levels[i];
	}
	control->n_cgroups = (__u32)f->n_cgroups;
	if (err)
		fprintf(stderr, "vfslock: the filter of tasks cannot be written: %s\n", strerror(-err));
	return err;
}

bool filter__wants_rule(const struct rule_filter *f, const struct rule *r)
{
	return (!f->n_rules || matches(f->rules, f->n_rules, r->id)) && wants_ops(f, &methods[r->method]);
}

bool filter__wants_method(const struct rule_filter *f, const struct method *m, const struct rule *all)
{
	bool any = !f->n_rules;

	for (int i = 0; i < m->n_rules && !any; i++)
		any = matches(f->rules, f->n_rules, all[m->first_rule + i].id);
	return any && wants_ops(f, m);
}
