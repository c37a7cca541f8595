// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the mounts: paths that lead elsewhere, to the same filesystem, or to one that has no place. */
#include "mounts_world.h"

/* A bind mount in the configuration, and a reload of the same file. */
static void test_same_daemon(void **state)
{
	(void)state;
	audit.options.daemon = true;
	mount_at("/bind", 1, EXT4);
	START("/a", "/bind", "/a");
	assert_int_equal(lines, 1);
	assert_int_equal(audit.n_targets, 2);
	n_discovered = 0;
	assert_int_equal(SET_PATHS("/a", "/bind"), 0);
	assert_int_equal(lines, 0);
	assert_int_equal(audit.n_targets, 2);
	for (int i = 0; i < 3; i++)
		assert_int_equal(take_up(), 0);
	assert_int_equal(n_discovered, 0);
	assert_true(target__is_audited(&audit.targets[1]));
	assert_string_equal(described(), "2 of 2 filesystems");
	/* One unmount is of both paths. */
	unmount(SB(1));
	assert_string_equal(said.text, "vfslock: /a is no longer mounted: it is waited for\n"
				       "vfslock: /bind is no longer mounted: it is waited for\n");
	unmount_at("/a");
	unmount_at("/bind");
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(lines, 0);
	assert_string_equal(described(), "0 of 2 filesystems (absent: /a /bind)");
}

/* The path by which it is audited goes, in the one or the other way: the second one's turn has come. */
static void test_same_goes(void **state)
{
	(void)state;
	audit.options.daemon = true;
	mount_at("/bind", 1, EXT4);
	START("/a", "/bind");
	/* It is there still, and goes on being audited by its first name. */
	unmount_at("/a");
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(counted(SB(1)), 0);
	assert_int_equal(counted(DISK(1)), 0);
	mount_at("/a", 1, EXT4);
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(counted(SB(1)), 0);
	assert_string_equal(described(), "2 of 2 filesystems");
}

/* A second path that leads elsewhere, or that nobody asks for any more. */
static void test_same_no_more(void **state)
{
	(void)state;
	audit.options.daemon = true;
	mount_at("/bind", 1, EXT4);
	START("/a", "/bind");
	unmount_at("/bind");
	mount_at("/bind", 7, XFS);
	assert_int_equal(mounts_changed(), 1);
	assert_int_equal(counted(SB(7)), 1);
	assert_int_equal(counted(SB(1)), 0);
	unmount_at("/bind");
	mount_at("/bind", 1, EXT4);
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(counted(SB(7)), -1);
	assert_int_equal(SET_PATHS("/a"), 0);
	assert_string_equal(said.text, "vfslock: /bind is no longer audited\n");
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(counted(SB(1)), 0);
	assert_string_equal(described(), "1 of 1 filesystems");
}

/* Something is mounted over it, or `umount -l` and another disk: the old one lives on, but the path leads elsewhere. */
static void test_other_at_path(void **state)
{
	(void)state;
	audit.options.daemon = true;
	START("/a", "/b");
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(lines, 0);
	unmount_at("/a");
	mount_at("/a", 7, XFS);
	assert_int_equal(mounts_changed(), 1);
	assert_string_equal(said.text,
			    "vfslock: another filesystem is mounted at /a: the one before is audited no more\n"
			    "vfslock: /a, xfs on - (id) is audited from now on\n");
	assert_int_equal(counted(SB(7)), 0);
	assert_int_equal(counted(SB(1)), -1);
	assert_int_equal(counted(DISK(1)), -1);
	assert_int_equal(counted(EXT4), 1);
	assert_int_equal(counted(SB(2)), 1);
	/* The old one goes at last, which is nobody's business. */
	audit.mounts_changed = false;
	unmount(SB(1));
	assert_int_equal(lines, 0);
	assert_false(audit.mounts_changed);
	assert_int_equal(counted(SB(7)), 0);
}

/* The same filesystem, mounted anew or over itself: all is as it was. */
static void test_same_at_path(void **state)
{
	(void)state;
	audit.options.daemon = true;
	START("/a", "/b");
	unmount_at("/a");
	mount_at("/a", 1, EXT4);
	n_discovered = 0;
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(lines, 0);
	assert_int_equal(n_discovered, 0);
	assert_int_equal(counted(SB(1)), 0);
	assert_int_equal(audit.targets[0].seen.mount_id, mounted_at("/a")->mount_id);
}

/* `umount -l`, while somebody has a file open: nothing is mounted there. What cannot be looked at stays as it is. */
static void test_none_at_path(void **state)
{
	(void)state;
	audit.options.daemon = true;
	START("/a", "/b");
	unmount_at("/a");
	statx_error = EACCES;
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(counted(SB(1)), 0);
	statx_error = 0;
	/* Its last calls are still to come. */
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(counted(SB(1)), 0);
	unmount(SB(1));
	assert_string_equal(said.text, "vfslock: /a is no longer mounted: it is waited for\n");
	assert_int_equal(counted(SB(1)), -1);
	assert_int_equal(counted(SB(2)), 1);
	assert_string_equal(described(), "1 of 2 filesystems (absent: /a)");
}

/* What waits for somebody to come is waited for, and is not audited itself. */
static void test_autofs(void **state)
{
	(void)state;
	audit.options.daemon = true;
	mount_at("/auto", 20, AUTOFS);
	mount_at("/later", 21, AUTOFS);
	START("/a", "/auto");
	assert_true(audit.targets[1].unmounted);
	assert_int_equal(SET_PATHS("/a", "/auto", "/later"), 0);
	n_discovered = 0;
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(lines, 0);
	assert_int_equal(n_discovered, 0);
	assert_string_equal(described(), "1 of 3 filesystems (absent: /auto /later)");
	unmount_at("/auto");
	mount_at("/auto", 7, XFS);
	assert_int_equal(mounts_changed(), 1);
	assert_int_equal(counted(SB(7)), 1);
	/* It expires. */
	unmount_at("/auto");
	mount_at("/auto", 20, AUTOFS);
	assert_int_equal(mounts_changed(), 0);
	assert_string_equal(said.text, "vfslock: /auto is no longer mounted: it is waited for\n");
	assert_int_equal(counted(SB(7)), -1);
	assert_int_equal(audit.n_types, 2);
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

/* What had no place goes from its path, and another one comes. */
static void test_refused_goes(void **state)
{
	(void)state;
	audit.options.daemon = true;
	START("/a", "/later");
	mount_at("/later", 8, XFS);
	mounted[n_mounted - 1].super_block = SB(1) + (1ULL << 32);
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(lines, 1);
	assert_string_equal(described(), "1 of 2 filesystems (absent: /later)");
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(lines, 0);
	unmount_at("/later");
	mount_at("/later", 9, XFS);
	assert_int_equal(mounts_changed(), 1);
	assert_string_equal(said.text, "vfslock: /later, xfs on - (id) is audited from now on\n");
	assert_int_equal(counted(SB(9)), 1);
	assert_int_equal(counted(SB(1)), 0);
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
	assert_string_equal(described(), "1 of 2 filesystems (absent: /c)");
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
	const struct CMUnitTest tests[] = {
		TEST(test_same_daemon),      TEST(test_same_goes),       TEST(test_same_no_more),
		TEST(test_other_at_path),    TEST(test_same_at_path),    TEST(test_none_at_path),
		TEST(test_autofs),           TEST(test_take_up_refused), TEST(test_refused_goes),
		TEST(test_discover_refused), TEST(test_set_paths),       TEST(test_set_same_paths),
		TEST(test_set_twice),
	};

	return cmocka_run_group_tests_name("mounts, paths", tests, NULL, NULL);
}
