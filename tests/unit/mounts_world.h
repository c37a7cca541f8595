/* SPDX-License-Identifier: GPL-2.0-only */
/* What is mounted where, as discovery finds it, and what the programs see of those that are audited. */
#ifndef MOUNTS_WORLD_H
#define MOUNTS_WORLD_H

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
	int mount_id;
};

#define EXT4 0xffff888000400040ULL
#define XFS 0xffff888000500080ULL
#define AUTOFS 0xffff8880006000c0ULL
#define SB(n) (0xffff888012340000ULL + 0x800 * (n))
#define DISK(n) (0xffff888056780000ULL + 0x1000 * (n))

static struct mounted mounted[80];
static int n_mounted, n_mount_ids;
static int statx_error; /* that each statx() returns */
static int n_discovered, n_attached, attach_error, n_lock_updates, n_freed;
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
	const struct mounted *m = mounted_at(path);

	(void)dir;
	(void)mask;
	assert_true(flags & AT_NO_AUTOMOUNT);
	*out = (struct statx){.stx_attributes_mask = STATX_ATTR_MOUNT_ROOT, .stx_mask = STATX_MNT_ID, .stx_mnt_id = 1};
	if (m) {
		out->stx_attributes = STATX_ATTR_MOUNT_ROOT;
		out->stx_mnt_id = (__u64)m->mount_id;
		out->stx_dev_minor = (__u32)(m->super_block >> 11);
	}
	errno = statx_error;
	return statx_error ? -1 : 0;
}

int discover__probe(struct discovery *d, const char *path, struct mounted_fs *out)
{
	const struct mounted *m = mounted_at(path);

	(void)d;
	*out = (struct mounted_fs){0};
	if (!m)
		return -ENOTBLK;
	out->super_block = m->super_block;
	snprintf(out->fs_type, sizeof(out->fs_type), "%s", m->fs_type);
	return 0;
}

int discover__mount(struct discovery *d, const char *path, struct target *out)
{
	const struct mounted *m = mounted_at(path);

	(void)d;
	*out = (struct target){0};
	n_discovered++;
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

static inline void mount_at(const char *path, int number, __u64 type)
{
	mounted[n_mounted++] = (struct mounted){.path = path,
						.super_block = SB((__u64)number),
						.disk = DISK((__u64)number),
						.type = type,
						.fs_type = type == EXT4  ? "ext4"
							   : type == XFS ? "xfs"
									 : "autofs",
						.mount_id = 100 + n_mount_ids++};
}

static inline void unmount_at(const char *path)
{
	struct mounted *m = (struct mounted *)mounted_at(path);

	assert_non_null(m);
	*m = mounted[--n_mounted];
}

static inline int set_up(void **state)
{
	(void)state;
	n_mounted = n_discovered = statx_error = n_attached = attach_error = n_lock_updates = n_freed = 0;
	memset(&audit, 0, sizeof(audit));
	memset(&control, 0, sizeof(control));
	mount_at("/a", 1, EXT4);
	mount_at("/b", 2, EXT4);
	mount_at("/c", 3, XFS);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < audit.n_targets; i++)
		target__free(&audit.targets[i]);
	free(audit.targets);
	free(audit.tables_planned);
	return 0;
}

static inline int discover(const char *const *paths)
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

static inline int set_paths(const char *const *paths)
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

/* As the daemon does when mounts changed. */
static inline int mounts_changed(void)
{
	int n;

	capture_begin(&said);
	mounts__look_again(&audit);
	n = mounts__take_up(&audit);
	lines = capture_end(&said);
	return n;
}

static inline int take_up(void)
{
	int n;

	capture_begin(&said);
	n = mounts__take_up(&audit);
	lines = capture_end(&said);
	return n;
}

static inline const char *described(void)
{
	static char text[256];
	FILE *f = fmemopen(text, sizeof(text), "w");

	mounts__describe(&audit, f);
	fclose(f);
	return text;
}

/* Would a program take a call about @address for one that counts? Then of which mount; else -1. */
static inline int counted(__u64 address)
{
	__u64 at = vl_owner_index((__u32)address, control.multiplier);

	return control.owners[at].counted == address ? (int)control.owners[at].target : -1;
}

/* As the hook does it, and then its notice. */
static inline void unmount(__u64 super_block)
{
	__u32 at = vl_owner_index((__u32)super_block, control.multiplier);

	if (control.owners[at].watched == super_block)
		control.owners[at].watched = control.owners[at].counted = VL_NOBODY;
	capture_begin(&said);
	mounts__unmounted(&audit, super_block);
	lines = capture_end(&said);
}

static inline bool is_inert(void)
{
	for (int i = 0; i < VL_OWNERS; i++)
		if (control.owners[i].counted != VL_NOBODY || control.owners[i].watched != VL_NOBODY)
			return false;
	return true;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
