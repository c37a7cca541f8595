// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the mounts: who is audited while filesystems come and go, as the programs see it. */
#include "mounts_world.h"

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
	assert_int_equal(n_freed, 1); /* by the check: nothing was looked for at the second path */
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

static void test_unmounted(void **state)
{
	(void)state;
	START("/a", "/b", "/c");
	unmount(SB(1));
	assert_int_equal(lines, 0);
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
	assert_string_equal(said.text, "vfslock: /a is no longer mounted: it is waited for\n");
	assert_false(audit.unmounted);
	assert_true(audit.mounts_changed);
	assert_true(is_inert());
	/* Once. */
	unmount(SB(1));
	assert_int_equal(lines, 0);
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
	assert_string_equal(said.text, "vfslock: /later is the same filesystem as /a: audited once\n");
	assert_true(target__is_audited(&audit.targets[1]));
	assert_ptr_equal(audit.targets[1].same_as, &audit.targets[0]);
	assert_string_equal(audit.targets[1].path, "/later");
	assert_string_equal(audit.targets[1].fs_type, "ext4");
	assert_int_equal(audit.targets[1].n_tables, 0);
	assert_int_equal(counted(SB(1)), 0);
	assert_int_equal(n_attached, 0);
	/* Said once, and not looked for again. */
	n_discovered = 0;
	assert_int_equal(take_up(), 0);
	assert_int_equal(mounts_changed(), 0);
	assert_int_equal(lines, 0);
	assert_int_equal(n_discovered, 0);
	assert_string_equal(described(), "2 of 2 filesystems");
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

int main(void)
{
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
	};

	return cmocka_run_group_tests_name("mounts", tests, NULL, NULL);
}
