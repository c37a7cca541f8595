// SPDX-License-Identifier: GPL-2.0
/* file_lock_operations, of the lock and the lease on b/file, and of others that the calls are given. */
#include <linux/fs.h>

#include "filelock.h"

/* On no list: a copy to be made, and a lock that is no POSIX lock. */
static struct file_lock *copy, *flock;

/* What the call is about. */
static struct file_lock *about;

static noinline void faultfs_fl_copy_lock(struct file_lock *to, struct file_lock *from)
{
	faultfs_stub();
	barrier();
}

static noinline int call_fl_copy_lock(struct scene *s)
{
	about->fl_ops->fl_copy_lock(copy, about);
	barrier();
	return 0;
}

static noinline void faultfs_fl_release_private(struct file_lock *fl)
{
	faultfs_stub();
	barrier();
}

static noinline int call_fl_release_private(struct scene *s)
{
	about->fl_ops->fl_release_private(about);
	barrier();
	return 0;
}

const struct file_lock_operations faultfs_fl_ops = {
	.fl_copy_lock = faultfs_fl_copy_lock,
	.fl_release_private = faultfs_fl_release_private,
};

/* May sleep, of the same lock. */
static int nested_expire_lock(struct scene *s)
{
	faultfs_posix_lock()->fl_lmops->lm_expire_lock();
	return 0;
}

static int prepare(struct scene *s)
{
	s->arg.inode = file_inode(s->other_file);
	about = faultfs_posix_lock();
#if !FAULTFS_SINCE(6, 9)
	if (faultfs_is_variant(s, "lease"))
		about = faultfs_lease();
#endif
	if (faultfs_is_variant(s, "flock"))
		about = flock;
	return 0;
}

static void *find_i_lock(struct scene *s, bool neighbour)
{
	return &(neighbour ? d_inode(s->spare) : s->arg.inode)->i_lock;
}

static void *find_flc_lock(struct scene *s, bool neighbour)
{
	return &(neighbour ? d_inode(s->spare) : s->arg.inode)->i_flctx->flc_lock;
}

static const struct faultfs_lock fl_locks[] = {
	{.name = "i_lock.inode", .kind = FAULTFS_SPIN, .find = find_i_lock},
	{.name = "flc_lock.inode", .kind = FAULTFS_SPIN, .find = find_flc_lock},
	{},
};

static const char *const release_variants[] = {
	"plain",
	"flock",
#if !FAULTFS_SINCE(6, 9)
	"lease",
#endif
	NULL,
};

static const struct faultfs_method fl_methods[] = {
	{
		.name = "fl_copy_lock",
		.locks = fl_locks,
		.prepare = prepare,
		.call = call_fl_copy_lock,
		.nested = nested_expire_lock,
	},
	{
		.name = "fl_release_private",
		.variants = release_variants,
		.locks = fl_locks,
		.prepare = prepare,
		.call = call_fl_release_private,
		.nested = nested_expire_lock,
	},
	{},
};

static int set_up(struct scene *s)
{
	copy = locks_alloc_lock();
	flock = locks_alloc_lock();
	if (!copy || !flock)
		return -ENOMEM;
	LOCK_MEMBER(flock, flags) = FL_FLOCK;
	LOCK_MEMBER(flock, file) = s->other_file;
	flock->fl_ops = &faultfs_fl_ops;
	return 0;
}

static void tear_down(struct scene *s)
{
	if (copy)
		locks_free_lock(copy);
	if (flock) {
		/* Not to be called on the way out. */
		flock->fl_ops = NULL;
		locks_free_lock(flock);
	}
	copy = flock = NULL;
}

const struct faultfs_part faultfs_fl_part = {
	.name = "file_lock_operations",
	.methods = fl_methods,
	.setup = set_up,
	.teardown = tear_down,
};
