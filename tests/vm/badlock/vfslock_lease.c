// SPDX-License-Identifier: GPL-2.0
/*
 * vfslock_lease - holds a read lease on the file "path" with a lease manager of its own, as nfsd does with a
 * delegation: ops that an audit can only learn while it runs, of a module that was not there when it began. Whoever
 * opens the file for writing breaks the lease and need not wait; unloading the module gives it back.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>

MODULE_DESCRIPTION("Holds a lease with its own lock_manager_operations, for tests of vfslock");
MODULE_LICENSE("GPL");

static char *path;
module_param(path, charp, 0);
MODULE_PARM_DESC(path, "the file to be leased");

static struct file *leased;

static noinline bool vfslock_lease_break(struct file_lock *fl)
{
	return true; /* it is over at once */
}

static noinline int vfslock_lease_change(struct file_lock *fl, int arg, struct list_head *dispose)
{
	return lease_modify(fl, arg, dispose);
}

static const struct lock_manager_operations vfslock_lease_ops = {
	.lm_break = vfslock_lease_break,
	.lm_change = vfslock_lease_change,
};

static int take_lease(void)
{
	struct file_lock *fl = locks_alloc_lock();
	int error;

	if (!fl)
		return -ENOMEM;
	fl->fl_flags = FL_LEASE;
	fl->fl_type = F_RDLCK;
	fl->fl_end = OFFSET_MAX;
	fl->fl_owner = (fl_owner_t)leased;
	fl->fl_pid = current->tgid;
	fl->fl_file = leased;
	fl->fl_lmops = &vfslock_lease_ops;
	error = vfs_setlease(leased, F_RDLCK, &fl, NULL);
	if (fl)
		locks_free_lock(fl);
	return error;
}

static int __init vfslock_lease_init(void)
{
	int error;

	if (!path)
		return -EINVAL;
	leased = filp_open(path, O_RDONLY, 0);
	if (IS_ERR(leased))
		return PTR_ERR(leased);
	error = take_lease();
	if (error)
		fput(leased);
	return error;
}

static void __exit vfslock_lease_exit(void)
{
	void *owner = leased;

	/* -EAGAIN: it was broken. */
	vfs_setlease(leased, F_UNLCK, NULL, &owner);
	fput(leased);
}

module_init(vfslock_lease_init);
module_exit(vfslock_lease_exit);
