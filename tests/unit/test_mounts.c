// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the mounts: who is audited while filesystems come and go, as the programs see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture.h"
#include "mounts.h"

/* What is mounted where, as discovery finds it. */
struct mounted {
	const char *path;
	__u64 super_block, disk, type;
	const char *fs_type;
};

#define EXT4 0xffff888000400040ULL
#define XFS 0xffff888000500080ULL
#define SB(n) (0xffff888012340000ULL + 0x800 * (n))
#define DISK(n) (0xffff888056780000ULL + 0x1000 * (n))

static struct mounted mounted[80];
static int n_mounted;
static int n_attached, attach_error, n_lock_updates, n_freed;
static struct vl_control control;
static struct audit audit;
static struct capture said;
static int lines;

int __wrap_statx(int dir, const char *path, int flags, unsigned int mask, struct statx *out);

static const struct mounted *mounted_at(const char *path)
{
	for (int i = 0; i < n_mounted; i++)
		if (!strcmp(mounted[i].path, path))
			return &mounted[i];
	return NULL;
}

/* Every path is there; some are mount points. Nothing may be mounted just because somebody looks. */
int __wrap_statx(int dir, const char *path, int flags, unsigned int mask, struct statx *out)
{
	(void)dir;
	(void)mask;
	assert_true(flags & AT_NO_AUTOMOUNT);
	*out = (struct statx){.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT,
			      .stx_attributes = mounted_at(path) ? STATX_ATTR_MOUNT_ROOT : 0};
	return 0;
}

int discover__mount(struct discovery *d, const char *path, struct target *out)
{
	const struct mounted *m = mounted_at(path);

	(void)d;
	*out = (struct target){0};
	if (!m)
		return -ENOTBLK;
	*out = (struct target){.super_block = m->super_block, .disk = m->disk, .type = m->type, .id = "id"};
	snprintf(out->path, sizeof(out->path), "%s", path);
	snprintf(out->fs_type, sizeof(out->fs_type), "%s", m->fs_type);
	out->tables = malloc(sizeof(*out->tables));
	out->tables[0] = (struct ops_table){.addr = m->super_block + 1};
	out->n_tables = 1;
	return 0;
}

int discover__add_table(struct target *t, int ops, enum table_kind kind, __u64 addr, const char *found)
{
	(void)ops;
	(void)kind;
	(void)found;
	assert_true(t->tables[0].addr == addr);
	return 0;
}

void target__free(struct target *t)
{
	n_freed += t->tables != NULL;
	free(t->tables);
	t->tables = NULL;
	t->n_tables = 0;
}

volatile struct vl_control *templates__control(struct templates *t)
{
	(void)t;
	return &control;
}

int locks__set_targets(struct lock_tracker *t, const struct ksyms *ks, const struct target *targets, int n_targets)
{
	(void)t;
	(void)ks;
	assert_ptr_equal(targets, audit.targets);
	assert_int_equal(n_targets, audit.n_targets);
	n_lock_updates++;
	return 0;
}

int audit__attach_new(struct audit *a)
{
	assert_ptr_equal(a, &audit);
	n_attached++;
	return attach_error;
}

static void mount_at(const char *path, int number, __u64 type)
{
	mounted[n_mounted++] = (struct mounted){.path = path,
						.super_block = SB((__u64)number),
						.disk = DISK((__u64)number),
						.type = type,
						.fs_type = type == EXT4 ? "ext4" : "xfs"};
}

static void unmount_at(const char *path)
{
	struct mounted *m = (struct mounted *)mounted_at(path);

	assert_non_null(m);
	*m = mounted[--n_mounted];
}

static int set_up(void **state)
{
	(void)state;
	n_mounted = n_attached = attach_error = n_lock_updates = n_freed = 0;
	memset(&audit, 0, sizeof(audit));
	memset(&control, 0, sizeof(control));
	mount_at("/a", 1, EXT4);
	mount_at("/b", 2, EXT4);
	mount_at("/c", 3, XFS);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < audit.n_targets; i++)
		target__free(&audit.targets[i]);
	free(audit.targets);
	free(audit.tables_planned);
	return 0;
}

static int discover(const char *const *paths)
{
	int n = 0, err;

	while (paths[n])
		n++;
	audit.options.paths = (char **)paths;
	audit.options.n_paths = n;
	capture_begin(&said);
	err = mounts__discover(&audit);
	lines = capture_end(&said);
	return err;
}

/* Up to the point where calls are counted. */
#define START(...)                                                                                                     \
	do {                                                                                                           \
		assert_int_equal(discover((const char *const[]){__VA_ARGS__, NULL}), 0);                               \
		mounts__watch(&audit);                                                                                 \
		assert_int_equal(mounts__check(&audit), 0);                                                            \
		mounts__arm(&audit);                                                                                   \
	} while (0)

static int set_paths(const char *const *paths)
{
	int n = 0, err;

	while (paths[n])
		n++;
	capture_begin(&said);
	err = mounts__set_paths(&audit, (char *const *)paths, n);
	lines = capture_end(&said);
	return err;
}

#define SET_PATHS(...) set_paths((const char *const[]){__VA_ARGS__, NULL})

static int take_up(void)
{
	int n;

	capture_begin(&said);
	n = mounts__take_up(&audit);
	lines = capture_end(&said);
	return n;
}

/* Would a program take a call about @address for one that counts? Then of which mount; else -1. */
static int counted(__u64 address)
{
	__u64 at = vl_owner_index((__u32)address, control.multiplier);

	return control.owners[at].counted == address ? (int)control.owners[at].target : -1;
}

static bool is_inert(void)
{
	for (int i = 0; i < VL_OWNERS; i++)
		if (control.owners[i].counted != VL_NOBODY || control.owners[i].watched != VL_NOBODY)
			return false;
	return true;
}

/* ------------------------------------------------------------------------------------------------------- types ---- */

static void test_types(void **state)
{
	char name[16];

	(void)state;
	for (int i = 0; i < VL_TYPES - 1; i++) {
		snprintf(name, sizeof(name), "type%d", i);
		assert_int_equal(mounts__type(&audit, name), i);
		assert_int_equal(mounts__type(&audit, name), i);
		assert_string_equal(audit.types[i], name);
	}
	assert_int_equal(audit.n_types, VL_TYPES - 1);
	/* The last number is for all that come then. */
	assert_int_equal(mounts__type(&audit, "ext4"), VL_TYPES - 1);
	assert_int_equal(mounts__type(&audit, "xfs"), VL_TYPES - 1);
	assert_int_equal(mounts__type(&audit, "ext4"), VL_TYPES - 1);
	assert_string_equal(audit.types[VL_TYPES - 1], "other");
	assert_int_equal(audit.n_types, VL_TYPES);
	assert_int_equal(mounts__type(&audit, "type0"), 0);
	assert_int_equal(mounts__type(&audit, "type14"), 14);
}

/* --------------------------------------------------------------------------------------------------- discovery ---- */

static void test_discover(void **state)
{
	(void)state;
	START("/a", "/c");
	assert_int_equal(lines, 0);
	assert_int_equal(audit.n_targets, 2);
	assert_int_equal(audit.n_types, 2);
	assert_string_equal(audit.types[audit.targets[1].type_number], "xfs");
	assert_int_equal(counted(SB(1)), 0);
	assert_int_equal(counted(DISK(1)), 0);
	assert_int_equal(counted(EXT4), 0);
	assert_int_equal(counted(SB(3)), 1);
	assert_int_equal(counted(XFS), 1);
	assert_int_equal(counted(SB(2)), -1);
	assert_int_equal(control.owners[vl_owner_index((__u32)SB(3), control.multiplier)].type, 1);
	assert_int_equal(control.owners[vl_owner_index((__u32)SB(1), control.multiplier)].type, 0);
	mounts__disarm(&audit);
	assert_true(is_inert());
}

/* Tables are learnt before calls are counted. */
static void test_watch_before_arm(void **state)
{
	(void)state;
	owners__clear(&control);
	assert_int_equal(discover((const char *const[]){"/a", NULL}), 0);
	mounts__watch(&audit);
	assert_int_equal(counted(SB(1)), -1);
	assert_true(control.owners[vl_owner_index((__u32)SB(1), control.multiplier)].watched == SB(1));
	mounts__arm(&audit);
	assert_int_equal(counted(SB(1)), 0);
}

/* Two paths to one filesystem. */
static void test_same(void **state)
{
	(void)state;
	mount_at("/bind", 1, EXT4);
	START("/a", "/bind");
	assert_int_equal(audit.n_targets, 1);
	assert_string_equal(said.text, "vfslock: /bind is the same filesystem as /a: audited once\n");
	assert_int_equal(n_freed, 2); /* of what was found, there and by the check */
}

static void test_not_mounted(void **state)
{
	(void)state;
	assert_int_equal(discover((const char *const[]){"/a", "/none", NULL}), -ENOTBLK);
}

/* A daemon waits for what is not there yet, as long as there is anything. */
static void test_not_mounted_daemon(void **state)
{
	(void)state;
	audit.options.daemon = true;
	START("/none", "/a");
	assert_int_equal(audit.n_targets, 2);
	assert_true(audit.targets[0].unmounted);
	assert_string_equal(audit.targets[0].path, "/none");
	assert_int_equal(counted(SB(1)), 1);
}

static void test_nothing_mounted(void **state)
{
	(void)state;
	audit.options.daemon = true;
	assert_int_equal(discover((const char *const[]){"/none", "/nothing", NULL}), -ENOENT);
	assert_string_equal(said.text, "vfslock: nothing is mounted at any of the paths\n");
}

/* Another one has come to the path since. */
static void test_check(void **state)
{
	(void)state;
	assert_int_equal(discover((const char *const[]){"/a", "/b", NULL}), 0);
	unmount_at("/b");
	mount_at("/b", 9, EXT4);
	capture_begin(&said);
	assert_int_equal(mounts__check(&audit), -ESTALE);
	assert_int_equal(capture_end(&said), 1);
	assert_non_null(strstr(said.text, "/b was unmounted while"));
}

static void test_too_many(void **state)
{
	static char names[70][8];
	const char *paths[71] = {NULL};

	(void)state;
	audit.options.daemon = true;
	paths[0] = "/a";
	for (int i = 1; i < AUDIT_MAX_MOUNTS + 1; i++) {
		snprintf(names[i], sizeof(names[i]), "/n%d", i);
		paths[i] = names[i];
	}
	paths[AUDIT_MAX_MOUNTS] = NULL;
	assert_int_equal(discover(paths), 0);
	assert_int_equal(audit.n_targets, AUDIT_MAX_MOUNTS);
	mounts__watch(&audit);
	mounts__arm(&audit);
	paths[AUDIT_MAX_MOUNTS] = names[AUDIT_MAX_MOUNTS];
	assert_int_equal(set_paths(paths), -E2BIG);
	assert_non_null(strstr(said.text, "64 filesystems at most"));
	assert_int_equal(audit.n_targets, AUDIT_MAX_MOUNTS);
	assert_int_equal(counted(SB(1)), 0);
	/* What is named no more makes room for what is new. */
	paths[AUDIT_MAX_MOUNTS - 1] = names[AUDIT_MAX_MOUNTS];
	paths[AUDIT_MAX_MOUNTS] = NULL;
	assert_int_equal(set_paths(paths), 0);
	assert_int_equal(audit.n_targets, AUDIT_MAX_MOUNTS);
	assert_string_equal(audit.targets[AUDIT_MAX_MOUNTS - 1].path, names[AUDIT_MAX_MOUNTS]);
	assert_false(audit.targets[AUDIT_MAX_MOUNTS - 1].removed);
	assert_int_equal(counted(SB(1)), 0);
}

/* ---------------------------------------------------------------------------------------------------- unmounts ---- */

/* As the hook does it, and then its notice. */
static void unmount(__u64 super_block)
{
	__u32 at = vl_owner_index((__u32)super_block, control.multiplier);

	if (control.owners[at].watched == super_block)
		control.owners[at].watched = control.owners[at].counted = VL_NOBODY;
	mounts__unmounted(&audit, super_block);
}

static void test_unmounted(void **state)
{
	(void)state;
	START("/a", "/b", "/c");
	unmount(SB(1));
	assert_true(audit.targets[0].unmounted);
	assert_false(audit.targets[1].unmounted);
	assert_true(audit.mounts_changed);
	assert_false(audit.unmounted);
	/* Its super_block and its disk may be anybody's; its type is /b's from now on. */
	assert_int_equal(counted(SB(1)), -1);
	assert_int_equal(counted(DISK(1)), -1);
	assert_int_equal(counted(EXT4), 1);
	assert_int_equal(counted(SB(2)), 1);
	assert_int_equal(counted(DISK(2)), 1);
	unmount(SB(2));
	assert_int_equal(counted(EXT4), -1);
	assert_int_equal(counted(SB(3)), 2);
	/* One that is none of ours, or gone already. */
	audit.mounts_changed = false;
	unmount(SB(2));
	unmount(SB(44));
	assert_false(audit.mounts_changed);
	assert_false(audit.unmounted);
	unmount(SB(3));
	assert_true(audit.unmounted);
}

/* The notice of one that went away comes when another one has its address, and is audited: that one stays. */
static void test_late_notice(void **state)
{
	(void)state;
	START("/a", "/b");
	mounts__unmounted(&audit, SB(1));
	assert_false(audit.targets[0].unmounted);
	assert_false(audit.mounts_changed);
	assert_int_equal(counted(SB(1)), 0);
}

/* The audit ends with the last one, whose disk is still looked at until then. */
static void test_last_one(void **state)
{
	(void)state;
	START("/a");
	unmount(SB(1));
	assert_true(audit.unmounted);
	assert_int_equal(counted(DISK(1)), 0);
}

static void test_last_one_daemon(void **state)
{
	(void)state;
	audit.options.daemon = true;
	START("/a");
	unmount(SB(1));
	assert_false(audit.unmounted);
	assert_true(audit.mounts_changed);
	assert_true(is_inert());
}

/* Its notice was dropped; the hook has cleared its place all the same. */
static void test_sweep(void **state)
{
	(void)state;
	START("/a", "/b");
	mounts__sweep(&audit);
	assert_false(audit.mounts_changed);
	control.owners[vl_owner_index((__u32)SB(1), control.multiplier)].watched = VL_NOBODY;
	mounts__sweep(&audit);
	assert_true(audit.targets[0].unmounted);
	assert_false(audit.targets[1].unmounted);
	assert_true(audit.mounts_changed);
	assert_false(audit.unmounted);
	control.owners[vl_owner_index((__u32)SB(2), control.multiplier)].watched = VL_NOBODY;
	mounts__sweep(&audit);
	assert_true(audit.unmounted);
}

/* What the hook let go of between the watch and the arming stays so. */
static void test_arm_after_unmount(void **state)
{
	(void)state;
	assert_int_equal(discover((const char *const[]){"/a", "/b", NULL}), 0);
	mounts__watch(&audit);
	control.owners[vl_owner_index((__u32)SB(1), control.multiplier)].watched = VL_NOBODY;
	mounts__arm(&audit);
	assert_int_equal(counted(SB(1)), -1);
	assert_int_equal(counted(SB(2)), 1);
}

/* ----------------------------------------------------------------------------------------------------- take up ---- */

static void test_take_up(void **state)
{
	(void)state;
	audit.options.daemon = true;
	audit.locks = (struct lock_tracker *)&audit;
	START("/a", "/b", "/later");
	assert_int_equal(take_up(), 0);
	assert_int_equal(lines, 0);
	unmount(SB(1));
	unmount_at("/a");
	assert_int_equal(take_up(), 0);
	/* Another filesystem at the same path: its number stays, for the counts that there are. */
	mount_at("/a", 7, XFS);
	assert_int_equal(take_up(), 1);
	assert_string_equal(said.text, "vfslock: /a, xfs on - (id) is audited from now on\n");
	assert_int_equal(audit.n_targets, 3);
	assert_true(audit.targets[0].again);
	assert_false(audit.targets[0].unmounted);
	assert_int_equal(counted(SB(7)), 0);
	assert_int_equal(counted(DISK(7)), 0);
	assert_int_equal(counted(XFS), 0);
	assert_int_equal(counted(SB(1)), -1);
	assert_int_equal(counted(SB(2)), 1);
	assert_int_equal(counted(EXT4), 1); /* of /b alone now */
	assert_int_equal(n_attached, 1);
	assert_int_equal(n_lock_updates, 1);
	mount_at("/later", 8, EXT4);
	assert_int_equal(take_up(), 1);
	assert_false(audit.targets[2].again);
	assert_int_equal(counted(SB(8)), 2);
	assert_int_equal(take_up(), 0);
	assert_int_equal(n_attached, 2);
}

/* A filesystem that is audited already, at one more path. */
static void test_take_up_same(void **state)
{
	(void)state;
	audit.options.daemon = true;
	START("/a", "/later");
	mount_at("/later", 1, EXT4);
	assert_int_equal(take_up(), 0);
	assert_true(audit.targets[1].unmounted);
	assert_int_equal(counted(SB(1)), 0);
	assert_int_equal(n_attached, 0);
}

/* What cannot be audited is not counted either, and is tried again. */
static void test_take_up_fails(void **state)
{
	(void)state;
	audit.options.daemon = true;
	START("/a", "/later");
	mount_at("/later", 8, XFS);
	attach_error = -ENOMEM;
	assert_int_equal(take_up(), 0);
	assert_int_equal(counted(SB(8)), -1);
	assert_int_equal(counted(XFS), -1);
	assert_int_equal(counted(SB(1)), 0);
	attach_error = 0;
	assert_int_equal(take_up(), 1);
	assert_int_equal(counted(SB(8)), 1);
}

/* As many as there can be, each on its own disk: everybody has a place of his own, whatever multiplier that takes. */
static void test_many(void **state)
{
	static char names[AUDIT_MAX_MOUNTS][8];
	const char *paths[AUDIT_MAX_MOUNTS + 1] = {"/a"};
	int n = AUDIT_MAX_MOUNTS - 1;

	(void)state;
	audit.options.daemon = true;
	for (int i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "/n%d", i);
		paths[i + 1] = names[i];
	}
	paths[n + 1] = NULL;
	assert_int_equal(discover(paths), 0);
	mounts__watch(&audit);
	mounts__arm(&audit);
	for (int i = 0; i < n; i++) {
		mount_at(names[i], 10 + i, i % 2 ? EXT4 : XFS);
		assert_int_equal(take_up(), 1);
		mounts__sweep(&audit);
		for (int k = 0; k <= i; k++) {
			assert_int_equal(counted(SB(10 + (__u64)k)), k + 1);
			assert_int_equal(counted(DISK(10 + (__u64)k)), k + 1);
		}
		assert_int_equal(counted(SB(1)), 0);
	}
	for (int i = 0; i < n; i++) {
		unmount(SB(10 + (__u64)i));
		assert_int_equal(counted(SB(10 + (__u64)i)), -1);
		assert_int_equal(counted(SB(1)), 0);
	}
}

/* Its lower half is /a's: no index tells them apart. All others stay as they are; it has its turn when /a goes. */
static void test_take_up_refused(void **state)
{
	__u32 multiplier;

	(void)state;
	audit.options.daemon = true;
	START("/a", "/b", "/later");
	multiplier = control.multiplier;
	mount_at("/later", 8, XFS);
	mounted[n_mounted - 1].super_block = SB(1) + (1ULL << 32);
	assert_int_equal(take_up(), 0);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said.text, "vfslock: /later is not audited: "));
	assert_true(audit.targets[2].unmounted && audit.targets[2].refused);
	assert_int_equal(control.multiplier, multiplier);
	assert_int_equal(audit.multiplier, multiplier);
	assert_int_equal(counted(SB(1) + (1ULL << 32)), -1);
	assert_int_equal(counted(DISK(8)), -1);
	assert_int_equal(counted(XFS), -1);
	/* It is said once. */
	n_freed = 0;
	assert_int_equal(take_up(), 0);
	assert_int_equal(lines, 0);
	assert_int_equal(n_freed, 0);
	audit.mounts_changed = false;
	mounts__sweep(&audit);
	assert_false(audit.mounts_changed);
	assert_int_equal(counted(SB(1)), 0);
	assert_int_equal(counted(DISK(1)), 0);
	assert_int_equal(counted(SB(2)), 1);
	unmount(SB(1));
	unmount_at("/a");
	assert_int_equal(take_up(), 1);
	assert_int_equal(counted(SB(1) + (1ULL << 32)), 2);
	assert_int_equal(counted(SB(2)), 1);
}

/* The same at the start: a report is refused, a daemon does without that one, and with those after it. */
static void test_discover_refused(void **state)
{
	(void)state;
	mount_at("/like-b", 8, XFS);
	mounted[n_mounted - 1].disk = DISK(2) + (1ULL << 32);
	assert_int_equal(discover((const char *const[]){"/a", "/b", "/like-b", "/c", NULL}), -E2BIG);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said.text, "cannot be told apart in one audit"));
	assert_int_equal(tear_down(NULL), 0);
	memset(&audit, 0, sizeof(audit));
	audit.options.daemon = true;
	assert_int_equal(discover((const char *const[]){"/a", "/b", "/like-b", "/c", NULL}), 0);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said.text, "vfslock: /like-b is not audited: "));
	mounts__watch(&audit);
	assert_int_equal(mounts__check(&audit), 0);
	mounts__arm(&audit);
	assert_int_equal(counted(SB(1)), 0);
	assert_int_equal(counted(SB(2)), 1);
	assert_int_equal(counted(DISK(2)), 1);
	assert_int_equal(counted(SB(8)), -1);
	assert_int_equal(counted(SB(3)), 3);
}

/* ------------------------------------------------------------------------------------------------- other paths ---- */

static void test_set_paths(void **state)
{
	(void)state;
	audit.options.daemon = true;
	START("/a", "/b");
	assert_int_equal(SET_PATHS("/b", "/c"), 0);
	assert_string_equal(said.text, "vfslock: /a is no longer audited\n");
	assert_true(audit.mounts_changed);
	assert_int_equal(counted(SB(1)), -1);
	assert_int_equal(counted(DISK(1)), -1);
	assert_int_equal(counted(SB(2)), 1);
	assert_int_equal(audit.n_targets, 3);
	assert_true(audit.targets[0].removed);
	assert_false(audit.targets[1].removed);
	assert_true(audit.targets[2].unmounted);
	/* /a is mounted, but nobody asks for it any more. */
	assert_int_equal(take_up(), 1);
	assert_int_equal(counted(SB(3)), 2);
	assert_int_equal(counted(SB(1)), -1);
	/* And back again: it has the number that it had. */
	assert_int_equal(SET_PATHS("/a", "/b", "/c"), 0);
	assert_int_equal(lines, 0);
	assert_int_equal(audit.n_targets, 3);
	assert_int_equal(take_up(), 1);
	assert_int_equal(counted(SB(1)), 0);
	assert_true(audit.targets[0].again);
	assert_int_equal(counted(SB(2)), 1);
	assert_int_equal(counted(SB(3)), 2);
}

static void test_set_same_paths(void **state)
{
	(void)state;
	audit.options.daemon = true;
	START("/a", "/b");
	assert_int_equal(SET_PATHS("/b", "/a", "/a"), 0);
	assert_int_equal(lines, 0);
	assert_int_equal(audit.n_targets, 2);
	assert_int_equal(take_up(), 0);
	assert_int_equal(counted(SB(1)), 0);
	assert_int_equal(counted(SB(2)), 1);
}

/* Twice in the file, and new: one mount. */
static void test_set_twice(void **state)
{
	(void)state;
	audit.options.daemon = true;
	START("/a");
	assert_int_equal(SET_PATHS("/a", "/c", "/c"), 0);
	assert_int_equal(audit.n_targets, 2);
	assert_int_equal(take_up(), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_types),
		TEST(test_discover),
		TEST(test_watch_before_arm),
		TEST(test_same),
		TEST(test_not_mounted),
		TEST(test_not_mounted_daemon),
		TEST(test_nothing_mounted),
		TEST(test_check),
		TEST(test_too_many),
		TEST(test_unmounted),
		TEST(test_late_notice),
		TEST(test_last_one),
		TEST(test_last_one_daemon),
		TEST(test_sweep),
		TEST(test_arm_after_unmount),
		TEST(test_take_up),
		TEST(test_take_up_same),
		TEST(test_take_up_fails),
		TEST(test_many),
		TEST(test_take_up_refused),
		TEST(test_discover_refused),
		TEST(test_set_paths),
		TEST(test_set_same_paths),
		TEST(test_set_twice),
	};

	return cmocka_run_group_tests_name("mounts", tests, NULL, NULL);
}
