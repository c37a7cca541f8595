// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the filters: what is taken, what is said of the rest, and what the programs are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "capture.h"
#include "filter.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PID_MAP 40
#define COMM_MAP 41

static struct capture said;
static int lines;

/* What was written into the maps of the programs. */
static __u64 map_pids[VL_FILTER + 1];
static char map_comms[VL_FILTER + 1][16];
static int n_pids, n_comms, fail_at;

int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	assert_int_equal(*(const __u32 *)value, 1);
	assert_int_equal(flags, 0);
	if (fail_at && n_pids + n_comms + 1 == fail_at)
		return -EPERM;
	if (fd == PID_MAP) {
		memcpy(&map_pids[n_pids++], key, sizeof(map_pids[0]));
	} else {
		assert_int_equal(fd, COMM_MAP);
		memcpy(map_comms[n_comms++], key, sizeof(map_comms[0]));
	}
	return 0;
}

#define TELLING(call)                                                                                                  \
	({                                                                                                             \
		int err_;                                                                                              \
		capture_begin(&said);                                                                                  \
		err_ = (call);                                                                                         \
		lines = capture_end(&said);                                                                            \
		err_;                                                                                                  \
	})

/* It was refused with one line, which names the option and the value. */
static void assert_told(const char *option, const char *value)
{
	char head[512];

	snprintf(head, sizeof(head), "vfslock: %s %s", option, value);
	assert_int_equal(lines, 1);
	if (strncmp(said.text, head, strlen(head)) != 0)
		fail_msg("'%s' does not begin with '%s'", said.text, head);
}

static void test_pids(void **state)
{
	static const char *const wrong[] = {"",
					    "0",
					    "-1",
					    "abc",
					    "12x",
					    "1 ",
					    "1.5",
					    "4194305",
					    "0x10",
					    "18446744073709551617",
					    "-18446744073709551615"};
	struct task_filter f = {0};

	(void)state;
	assert_int_equal(TELLING(filter__add_pid(&f, "1")), 0);
	assert_int_equal(TELLING(filter__add_pid(&f, "4194304")), 0);
	assert_string_equal(said.text, "");
	for (size_t i = 0; i < COUNT(wrong); i++) {
		if (TELLING(filter__add_pid(&f, wrong[i])) != -EINVAL)
			fail_msg("taken: '%s'", wrong[i]);
		assert_told("--pid", wrong[i]);
	}
	assert_int_equal(f.n_pids, 2);
	assert_int_equal(f.pids[0], 1);
	assert_int_equal(f.pids[1], 4194304);
	assert_int_equal(filter__mask(&f), VL_FILTER_PID);
}

static void test_comms(void **state)
{
	struct task_filter f;

	(void)state;
	memset(&f, 0, sizeof(f));
	assert_int_equal(TELLING(filter__add_comm(&f, "postgres")), 0);
	assert_int_equal(TELLING(filter__add_comm(&f, "fifteen letters")), 0);
	assert_string_equal(said.text, "");
	assert_int_equal(TELLING(filter__add_comm(&f, "")), -EINVAL);
	assert_told("--comm", "");
	assert_int_equal(TELLING(filter__add_comm(&f, "sixteen  letters")), -EINVAL);
	assert_told("--comm", "sixteen  letters");
	assert_int_equal(f.n_comms, 2);
	assert_memory_equal(f.comms[0], "postgres\0\0\0\0\0\0\0", 16);
	assert_memory_equal(f.comms[1], "fifteen letters", 16);
	assert_int_equal(filter__mask(&f), VL_FILTER_COMM);
}

static void test_rules(void **state)
{
	struct rule_filter f = {0};

	(void)state;
	assert_int_equal(TELLING(filter__add_rule(&f, "inode_operations.create.*")), 0);
	assert_int_equal(TELLING(filter__add_rule(&f, "*.i_rwsem.dir")), 0);
	assert_string_equal(said.text, "");
	assert_int_equal(TELLING(filter__add_rule(&f, "inode_operations.create")), -EINVAL);
	assert_told("--rule", "inode_operations.create");
	assert_int_equal(TELLING(filter__add_rule(&f, "")), -EINVAL);
	assert_int_equal(f.n_rules, 2);
	assert_string_equal(f.rules[1], "*.i_rwsem.dir");
}

static void test_ops(void **state)
{
	struct rule_filter f = {0};

	(void)state;
	assert_int_equal(TELLING(filter__add_ops(&f, "inode_operations")), 0);
	assert_int_equal(TELLING(filter__add_ops(&f, "inode_operations.create")), 0);
	assert_int_equal(TELLING(filter__add_ops(&f, "*.read_folio")), 0);
	assert_string_equal(said.text, "");
	assert_int_equal(TELLING(filter__add_ops(&f, "create")), -EINVAL);
	assert_told("--ops", "create");
	assert_int_equal(TELLING(filter__add_ops(&f, "inode_operations.creat")), -EINVAL);
	assert_int_equal(TELLING(filter__add_ops(&f, "inode_operations.")), -EINVAL);
	assert_int_equal(f.n_ops, 3);
	assert_string_equal(f.ops[2], "*.read_folio");
}

/* As many as the programs have room for, and not one more. */
static void test_too_many(void **state)
{
	struct task_filter tasks;
	struct rule_filter rules_of = {0};

	(void)state;
	memset(&tasks, 0, sizeof(tasks));
	for (int i = 0; i < VL_FILTER; i++) {
		assert_int_equal(filter__add_pid(&tasks, "7"), 0);
		assert_int_equal(filter__add_comm(&tasks, "sh"), 0);
		assert_int_equal(filter__add_rule(&rules_of, "*"), 0);
		assert_int_equal(filter__add_ops(&rules_of, "*"), 0);
	}
	assert_int_equal(TELLING(filter__add_pid(&tasks, "7")), -E2BIG);
	assert_told("--pid", "can be given 8 times at most");
	assert_int_equal(TELLING(filter__add_comm(&tasks, "sh")), -E2BIG);
	assert_told("--comm", "can be given 8 times at most");
	assert_int_equal(TELLING(filter__add_rule(&rules_of, "*")), -E2BIG);
	assert_told("--rule", "can be given 8 times at most");
	assert_int_equal(TELLING(filter__add_ops(&rules_of, "*")), -E2BIG);
	assert_told("--ops", "can be given 8 times at most");
	assert_int_equal(tasks.n_pids, VL_FILTER);
	assert_int_equal(tasks.n_comms, VL_FILTER);
	assert_int_equal(rules_of.n_rules, VL_FILTER);
	assert_int_equal(rules_of.n_ops, VL_FILTER);
	assert_int_equal(filter__mask(&tasks), VL_FILTER_PID | VL_FILTER_COMM);
}

static const struct rule *find_rule(const char *id)
{
	for (int i = 0; i < n_rules; i++)
		if (!strcmp(rules[i].id, id))
			return &rules[i];
	fail_msg("no rule %s", id);
	return NULL;
}

static bool wants(const struct rule_filter *f, const char *id)
{
	return filter__wants_rule(f, find_rule(id));
}

static bool wants_method_of(const struct rule_filter *f, const char *id)
{
	return filter__wants_method(f, &methods[find_rule(id)->method], rules);
}

static const char create_lock[] = "inode_operations.create.i_rwsem.dir";
static const char create_block[] = "inode_operations.create.may_block.task";
static const char lookup_lock[] = "inode_operations.lookup.i_rwsem.dir";
static const char read_folio[] = "address_space_operations.read_folio.may_block.task";

static void test_wants_all(void **state)
{
	static const struct rule_filter none;

	(void)state;
	for (int i = 0; i < n_rules; i++)
		assert_true(filter__wants_rule(&none, &rules[i]));
	for (int m = 0; m < n_methods; m++)
		assert_true(filter__wants_method(&none, &methods[m], rules));
}

static void test_wants_rule(void **state)
{
	struct rule_filter f = {.rules = {"inode_operations.create.i_rwsem.*"}, .n_rules = 1};

	(void)state;
	assert_true(wants(&f, create_lock));
	assert_false(wants(&f, create_block));
	assert_false(wants(&f, lookup_lock));
	assert_true(wants_method_of(&f, create_lock));
	assert_false(wants_method_of(&f, lookup_lock));
	/* Several patterns: any of them. */
	f.rules[f.n_rules++] = "*.may_block.task";
	assert_true(wants(&f, create_lock));
	assert_true(wants(&f, create_block));
	assert_false(wants(&f, lookup_lock));
	assert_true(wants_method_of(&f, lookup_lock));
}

static void test_wants_ops(void **state)
{
	struct rule_filter f = {.ops = {"inode_operations.create"}, .n_ops = 1};

	(void)state;
	assert_true(wants(&f, create_lock));
	assert_true(wants(&f, create_block));
	assert_false(wants(&f, lookup_lock));
	assert_true(wants_method_of(&f, create_lock));
	assert_false(wants_method_of(&f, lookup_lock));
	f.ops[f.n_ops++] = "address_space_operations";
	assert_true(wants(&f, read_folio));
	assert_false(wants_method_of(&f, lookup_lock));
}

/* Both kinds: a rule must be wanted by each of them. */
static void test_wants_both(void **state)
{
	struct rule_filter f = {.rules = {"*.i_rwsem.*"}, .n_rules = 1, .ops = {"inode_operations.create"}, .n_ops = 1};

	(void)state;
	assert_true(wants(&f, create_lock));
	assert_false(wants(&f, create_block));
	assert_false(wants(&f, lookup_lock));
	assert_true(wants_method_of(&f, create_lock));
	assert_false(wants_method_of(&f, lookup_lock));
	f.rules[0] = "*.lookup.*";
	assert_false(wants_method_of(&f, create_lock));
}

static void test_write(void **state)
{
	struct task_filter f = {.cgroups = {77, 78}, .levels = {2, 5}, .n_cgroups = 2};
	struct vl_control control;

	(void)state;
	memset(&control, 0xff, sizeof(control));
	n_pids = n_comms = fail_at = 0;
	assert_int_equal(filter__add_pid(&f, "11"), 0);
	assert_int_equal(filter__add_pid(&f, "22"), 0);
	assert_int_equal(filter__add_comm(&f, "sh"), 0);
	assert_int_equal(filter__mask(&f), VL_FILTER_PID | VL_FILTER_COMM | VL_FILTER_CGROUP);
	assert_int_equal(filter__write(&f, &control, PID_MAP, COMM_MAP), 0);
	assert_int_equal(n_pids, 2);
	assert_true(map_pids[0] == 11 && map_pids[1] == 22);
	assert_int_equal(n_comms, 1);
	assert_memory_equal(map_comms[0], "sh\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(control.n_cgroups, 2);
	assert_true(control.cgroups[0] == 77 && control.cgroups[1] == 78 && control.cgroups[2] == 0);
	assert_true(control.cgroup_levels[0] == 2 && control.cgroup_levels[1] == 5);
	assert_true(control.cgroup_levels[VL_FILTER - 1] == 0);
}

static void test_write_fails(void **state)
{
	struct task_filter f = {.pids = {11, 22}, .n_pids = 2, .comms = {"sh"}, .n_comms = 1};
	struct vl_control control;

	(void)state;
	for (int at = 1; at <= 3; at++) {
		n_pids = n_comms = 0;
		fail_at = at;
		assert_int_equal(TELLING(filter__write(&f, &control, PID_MAP, COMM_MAP)), -EPERM);
		assert_int_equal(lines, 1);
		assert_int_equal(n_pids + n_comms, at - 1);
	}
	fail_at = 0;
}

static void test_no_cgroup(void **state)
{
	struct task_filter f = {0};

	(void)state;
	assert_int_equal(TELLING(filter__add_cgroup(&f, "/nonexistent/cgroup")), -ENOENT);
	assert_told("--cgroup", "/nonexistent/cgroup: No such file");
	assert_int_equal(TELLING(filter__add_cgroup(&f, "/proc")), -ENOTDIR);
	assert_told("--cgroup", "/proc: no directory of a cgroup v2 hierarchy");
	assert_int_equal(f.n_cgroups, 0);
	assert_int_equal(filter__mask(&f), 0);
}

/* --------------------------------------------------------------------------------------------- on real cgroups ---- */

/* Where one is mounted with all of its hierarchy, or skips. */
static const char *find_cgroups(void)
{
	static char at[256];
	char line[1024], type[32];
	FILE *f = fopen("/proc/mounts", "r");
	struct stat st;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%*s %255s %31s", at, type) == 2 && !strcmp(type, "cgroup2") && !stat(at, &st) &&
		    st.st_ino == 1) {
			fclose(f);
			return at;
		}
	fclose(f);
	print_message("no cgroup2 hierarchy is mounted here\n");
	skip();
	return NULL;
}

static struct {
	char top[300], below[320];
	ino_t ids[2];
} made;

/* A cgroup and one below it; or skips. */
static void make_cgroups(const char *root)
{
	struct stat st;

	snprintf(made.top, sizeof(made.top), "%s/test_filter.%d", root, getpid());
	snprintf(made.below, sizeof(made.below), "%s/below", made.top);
	if (mkdir(made.top, 0755)) {
		print_message("no cgroup can be made in %s: %s\n", root, strerror(errno));
		skip();
	}
	assert_int_equal(mkdir(made.below, 0755), 0);
	assert_int_equal(stat(made.top, &st), 0);
	made.ids[0] = st.st_ino;
	assert_int_equal(stat(made.below, &st), 0);
	made.ids[1] = st.st_ino;
}

static int remove_cgroups(void **state)
{
	(void)state;
	if (made.top[0]) {
		rmdir(made.below);
		rmdir(made.top);
	}
	made.top[0] = '\0';
	return 0;
}

static void test_cgroup_depth(void **state)
{
	const char *root = find_cgroups();
	struct task_filter f = {0};
	char path[400];

	(void)state;
	make_cgroups(root);
	assert_int_equal(filter__add_cgroup(&f, root), 0);
	assert_int_equal(filter__add_cgroup(&f, made.top), 0);
	assert_int_equal(filter__add_cgroup(&f, made.below), 0);
	snprintf(path, sizeof(path), "%s/", made.below);
	assert_int_equal(filter__add_cgroup(&f, path), 0);
	snprintf(path, sizeof(path), "%s/../below/..", made.below);
	assert_int_equal(filter__add_cgroup(&f, path), 0);
	assert_int_equal(f.n_cgroups, 5);
	assert_true(f.cgroups[0] == 1 && f.levels[0] == 0);
	assert_true(f.cgroups[1] == made.ids[0] && f.levels[1] == 1);
	assert_true(f.cgroups[2] == made.ids[1] && f.levels[2] == 2);
	assert_true(f.cgroups[3] == made.ids[1] && f.levels[3] == 2);
	assert_true(f.cgroups[4] == made.ids[0] && f.levels[4] == 1);
	assert_int_equal(filter__mask(&f), VL_FILTER_CGROUP);
	while (f.n_cgroups < VL_FILTER)
		assert_int_equal(filter__add_cgroup(&f, made.top), 0);
	assert_int_equal(TELLING(filter__add_cgroup(&f, made.top)), -E2BIG);
	assert_told("--cgroup", "can be given 8 times at most");
}

/* A file of a cgroup is no cgroup. */
static void test_cgroup_file(void **state)
{
	const char *root = find_cgroups();
	struct task_filter f = {0};
	char path[400];

	(void)state;
	snprintf(path, sizeof(path), "%s/cgroup.procs", root);
	assert_int_equal(TELLING(filter__add_cgroup(&f, path)), -ENOTDIR);
	assert_told("--cgroup", path);
	assert_int_equal(f.n_cgroups, 0);
}

/* In a mount namespace of its own: the cgroup's own mount. Returns what a child found: 0 it was refused and told. */
static int try_bind_mount(const char *dir)
{
	struct task_filter f = {0};
	char path[400];

	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount(made.top, dir, NULL, MS_BIND, NULL))
		return 77;
	snprintf(path, sizeof(path), "%s/below", dir);
	if (TELLING(filter__add_cgroup(&f, path)) != -EXDEV)
		return 1;
	return lines == 1 && strstr(said.text, path) && f.n_cgroups == 0 ? 0 : 2;
}

/* A part of the hierarchy, as a container has it: how deep the cgroup lies cannot be told from there. */
static void test_cgroup_part(void **state)
{
	const char *root = find_cgroups();
	char dir[] = "/tmp/test_filter.XXXXXX";
	int status;
	pid_t pid;

	(void)state;
	make_cgroups(root);
	assert_non_null(mkdtemp(dir));
	pid = fork();
	if (!pid)
		_exit(try_bind_mount(dir));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	rmdir(dir);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("no bind mount of a cgroup can be made here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pids),
		cmocka_unit_test(test_comms),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_ops),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_wants_all),
		cmocka_unit_test(test_wants_rule),
		cmocka_unit_test(test_wants_ops),
		cmocka_unit_test(test_wants_both),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_write_fails),
		cmocka_unit_test(test_no_cgroup),
		cmocka_unit_test_teardown(test_cgroup_depth, remove_cgroups),
		cmocka_unit_test(test_cgroup_file),
		cmocka_unit_test_teardown(test_cgroup_part, remove_cgroups),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
