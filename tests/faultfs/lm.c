// SPDX-License-Identifier: GPL-2.0
/*
 * lock_manager_operations and lease_manager_operations: of a POSIX lock and a lease on b/file. These stand in the lists
 * of the inode without the kernel's having been asked for them, so that it never gets to break or to merge them.
 */
#include <linux/fs.h>

#include "filelock.h"

static struct file_lock *posix_lock;
static faultfs_lease_t *lease;

struct file_lock *faultfs_posix_lock(void)
{
	return posix_lock;
}

faultfs_lease_t *faultfs_lease(void)
{
	return lease;
}

static noinline void faultfs_lm_notify(struct file_lock *fl)
{
	faultfs_stub();
	barrier();
}

static noinline int call_lm_notify(struct scene *s)
{
	posix_lock->fl_lmops->lm_notify(posix_lock);
	barrier();
	return 0;
}

static noinline int faultfs_lm_grant(struct file_lock *fl, int result)
{
	faultfs_stub();
	return 0;
}

static noinline int call_lm_grant(struct scene *s)
{
	int result = posix_lock->fl_lmops->lm_grant(posix_lock, 0);

	barrier();
	return result;
}

static noinline bool faultfs_lm_break(faultfs_lease_t *fl)
{
	faultfs_stub();
	return false;
}

static noinline int call_lm_break(struct scene *s)
{
	lease->fl_lmops->lm_break(lease);
	barrier();
	return 0;
}

static noinline int faultfs_lm_change(faultfs_lease_t *fl, int type, struct list_head *dispose)
{
	faultfs_stub();
	return 0;
}

static noinline int call_lm_change(struct scene *s)
{
	LIST_HEAD(dispose);
	int result = lease->fl_lmops->lm_change(lease, F_RDLCK, &dispose);

	barrier();
	return result;
}

static noinline bool faultfs_lm_breaker_owns_lease(faultfs_lease_t *fl)
{
	faultfs_stub();
	return true;
}

static noinline int call_lm_breaker_owns_lease(struct scene *s)
{
	lease->fl_lmops->lm_breaker_owns_lease(lease);
	barrier();
	return 0;
}

static noinline bool faultfs_lm_lock_expirable(struct file_lock *fl)
{
	faultfs_stub();
	return false;
}

static noinline int call_lm_lock_expirable(struct scene *s)
{
	posix_lock->fl_lmops->lm_lock_expirable(posix_lock);
	barrier();
	return 0;
}

static noinline void faultfs_lm_expire_lock(void)
{
	faultfs_stub();
	barrier();
}

static noinline int call_lm_expire_lock(struct scene *s)
{
	posix_lock->fl_lmops->lm_expire_lock();
	barrier();
	return 0;
}

#if FAULTFS_SINCE(7, 0)
static noinline int faultfs_lm_open_conflict(struct file *file, int type)
{
	faultfs_stub();
	return 0;
}

static noinline int call_lm_open_conflict(struct scene *s)
{
	int result = lease->fl_lmops->lm_open_conflict(s->other_file, F_RDLCK);

	barrier();
	return result;
}
#endif

#if FAULTFS_SINCE(7, 1)
static noinline bool faultfs_lm_breaker_timedout(struct file_lease *fl)
{
	faultfs_stub();
	return false;
}

static noinline int call_lm_breaker_timedout(struct scene *s)
{
	lease->fl_lmops->lm_breaker_timedout(lease);
	barrier();
	return 0;
}
#endif

#define LEASE_METHODS                                                                                                  \
	.lm_break = faultfs_lm_break, .lm_change = faultfs_lm_change,                                                  \
	.lm_breaker_owns_lease = faultfs_lm_breaker_owns_lease

static const struct lock_manager_operations lock_ops = {
	.lm_notify = faultfs_lm_notify,
	.lm_grant = faultfs_lm_grant,
	.lm_lock_expirable = faultfs_lm_lock_expirable,
	.lm_expire_lock = faultfs_lm_expire_lock,
#if !FAULTFS_SINCE(6, 9)
	LEASE_METHODS,
#endif
};

#if FAULTFS_SINCE(6, 9)
static const struct lease_manager_operations lease_ops = {
	LEASE_METHODS,
#if FAULTFS_SINCE(7, 0)
	.lm_open_conflict = faultfs_lm_open_conflict,
#endif
#if FAULTFS_SINCE(7, 1)
	.lm_breaker_timedout = faultfs_lm_breaker_timedout,
#endif
};
#define alloc_lease locks_alloc_lease
#define free_lease locks_free_lease
#else
#define lease_ops lock_ops
#define alloc_lease locks_alloc_lock
#define free_lease locks_free_lock
#endif

/* A lock that came and went leaves the inode with its lists. */
static int make_lists(struct file *file)
{
	struct file_lock *fl = locks_alloc_lock();
	int error;

	if (!fl)
		return -ENOMEM;
	LOCK_MEMBER(fl, flags) = FL_POSIX;
	LOCK_MEMBER(fl, type) = F_RDLCK;
	LOCK_MEMBER(fl, owner) = file;
	LOCK_MEMBER(fl, pid) = current->tgid;
	LOCK_MEMBER(fl, file) = file;
	fl->fl_end = OFFSET_MAX;
	error = posix_lock_file(file, fl, NULL);
	if (!error) {
		LOCK_MEMBER(fl, type) = F_UNLCK;
		error = posix_lock_file(file, fl, NULL);
	}
	locks_free_lock(fl);
	return error;
}

static void put_on_lists(struct file *file)
{
	struct file_lock_context *lists = file_inode(file)->i_flctx;

	LOCK_MEMBER(posix_lock, flags) = FL_POSIX;
	LOCK_MEMBER(posix_lock, type) = F_RDLCK;
	LOCK_MEMBER(posix_lock, file) = file;
	LOCK_MEMBER(posix_lock, owner) = posix_lock;
	posix_lock->fl_end = OFFSET_MAX;
	posix_lock->fl_ops = &faultfs_fl_ops;
	posix_lock->fl_lmops = &lock_ops;
	LOCK_MEMBER(lease, flags) = FL_LEASE;
	LOCK_MEMBER(lease, type) = F_RDLCK;
	LOCK_MEMBER(lease, file) = file;
	LOCK_MEMBER(lease, owner) = lease;
	lease->fl_lmops = &lease_ops;
#if !FAULTFS_SINCE(6, 9)
	lease->fl_ops = &faultfs_fl_ops;
	lease->fl_end = OFFSET_MAX;
#endif
	spin_lock(&lists->flc_lock);
	list_add_tail(&LOCK_MEMBER(posix_lock, list), &lists->flc_posix);
	list_add_tail(&LOCK_MEMBER(lease, list), &lists->flc_lease);
	spin_unlock(&lists->flc_lock);
}

static int set_up(struct scene *s)
{
	int error = make_lists(s->other_file);

	if (!error)
		error = make_lists(s->spare_file);
	if (error)
		return error;
	posix_lock = locks_alloc_lock();
	lease = alloc_lease();
	if (!posix_lock || !lease)
		return -ENOMEM;
	put_on_lists(s->other_file);
	return 0;
}

/* None of the methods shall be called on the way. */
static void tear_down(struct scene *s)
{
	spinlock_t *lock = posix_lock && lease ? &file_inode(s->other_file)->i_flctx->flc_lock : NULL;

	if (lock) {
		spin_lock(lock);
		list_del_init(&LOCK_MEMBER(posix_lock, list));
		list_del_init(&LOCK_MEMBER(lease, list));
		spin_unlock(lock);
	}
	if (posix_lock) {
		posix_lock->fl_ops = NULL;
		posix_lock->fl_lmops = NULL;
		locks_free_lock(posix_lock);
	}
	if (lease) {
#if !FAULTFS_SINCE(6, 9)
		lease->fl_ops = NULL;
#endif
		lease->fl_lmops = NULL;
		free_lease(lease);
	}
	posix_lock = NULL;
	lease = NULL;
}

static int nested_expire_lock(struct scene *s)
{
	return call_lm_expire_lock(s);
}

static void *find_flc_lock(struct scene *s, bool neighbour)
{
	return &file_inode(neighbour ? s->spare_file : s->other_file)->i_flctx->flc_lock;
}

static void *find_blocked_lock_lock(struct scene *s, bool neighbour)
{
	return neighbour ? NULL : faultfs_blocked_lock_lock();
}

static const struct faultfs_lock lm_locks[] = {
	{.name = "flc_lock.inode", .kind = FAULTFS_SPIN, .find = find_flc_lock},
	{.name = "blocked_lock_lock.waiters", .kind = FAULTFS_SPIN, .find = find_blocked_lock_lock},
	{},
};

#define METHOD(method)                                                                                                 \
	{                                                                                                              \
		.name = #method, .locks = lm_locks, .call = call_##method, .nested = nested_expire_lock                \
	}

static const struct faultfs_method lm_methods[] = {
	METHOD(lm_notify),
	METHOD(lm_grant),
	METHOD(lm_break),
	METHOD(lm_change),
	METHOD(lm_breaker_owns_lease),
	METHOD(lm_lock_expirable),
#if FAULTFS_SINCE(7, 0)
	METHOD(lm_open_conflict),
#endif
#if FAULTFS_SINCE(7, 1)
	METHOD(lm_breaker_timedout),
#endif
	{.name = "lm_expire_lock", .locks = lm_locks, .call = call_lm_expire_lock},
	{},
};

const struct faultfs_part faultfs_lm_part = {
	.name = "lock_manager_operations",
	.methods = lm_methods,
	.setup = set_up,
	.teardown = tear_down,
};
