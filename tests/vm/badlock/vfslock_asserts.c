// SPDX-License-Identifier: GPL-2.0
/*
 * vfslock_asserts - call methods of a mounted filesystem without a lock whose absence the kernel itself warns of on the
 * way, so that what an audit reports can be compared with what the kernel says.
 *
 * Write one line to /proc/vfslock_asserts:
 *
 *	setattr FILE	notify_change() without i_rwsem of the file, which it warns of
 *	truncate FILE	->setattr to size 0 without i_rwsem, which ext4_truncate() warns of
 *	unlink FILE	->unlink without i_rwsem of the victim, which ext4_orphan_add() warns of
 *	sync FILE	sync_filesystem() of its filesystem without s_umount, which it warns of
 *	fault FILE	a fault on the first page of a mapping of it, without mmap_lock, which find_vma() warns of, by
 *lockdep fault-other FILE	the same while another task holds mmap_lock shared: only lockdep can know hold FILE
 *right: takes i_rwsem, waits for `release`, calls notify_change(), releases i_rwsem release		see `hold`
 *
 * Nobody else may use the file, or mount and unmount its filesystem, meanwhile. Kernels without lockdep have no
 *assertions to compare with: there every command is -EOPNOTSUPP.
 */
#include <linux/completion.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>

MODULE_DESCRIPTION("Calls filesystem methods without locks that the kernel asserts, for tests of vfslock");
MODULE_LICENSE("GPL");

#define CONTROL "vfslock_asserts"
#define MAX_LINE 1024

#ifdef CONFIG_LOCKDEP

static DECLARE_COMPLETION(go);

static int touch(const struct path *at)
{
	struct iattr attr = {.ia_valid = ATTR_MTIME | ATTR_CTIME};

	return notify_change(mnt_user_ns(at->mnt), at->dentry, &attr, NULL);
}

static noinline int asserts_setattr(const struct path *at)
{
	int error = touch(at);

	/* Not a tail call: this function must be on the stack. */
	barrier();
	return error;
}

static noinline int asserts_truncate(const struct path *at)
{
	struct iattr attr = {.ia_valid = ATTR_SIZE | ATTR_MTIME | ATTR_CTIME};
	int error = d_inode(at->dentry)->i_op->setattr(mnt_user_ns(at->mnt), at->dentry, &attr);

	barrier();
	return error;
}

static noinline int asserts_unlink(const struct path *at)
{
	struct dentry *parent = dget_parent(at->dentry);
	struct inode *dir = d_inode(parent);
	int error;

	inode_lock_nested(dir, I_MUTEX_PARENT);
	error = dir->i_op->unlink(dir, at->dentry);
	if (!error)
		d_delete(at->dentry);
	inode_unlock(dir);
	dput(parent);
	return error;
}

static noinline int asserts_sync(const struct path *at)
{
	int error = sync_filesystem(at->dentry->d_sb);

	barrier();
	return error;
}

/* The page is in the cache, so that the fault is one call of ->map_pages. */
static int fault_at(unsigned long address)
{
	struct vm_area_struct *vma = find_vma(current->mm, address);

	if (!vma || vma->vm_start > address)
		return -EFAULT;
	return handle_mm_fault(vma, address, 0, NULL) & VM_FAULT_ERROR ? -EFAULT : 0;
}

static int with_mapping(const struct path *at, int (*run)(unsigned long address))
{
	struct file *file = dentry_open(at, O_RDONLY | O_LARGEFILE, current_cred());
	unsigned long address;
	loff_t offset = 0;
	int error = 0;
	char byte;

	if (IS_ERR(file))
		return PTR_ERR(file);
	if (kernel_read(file, &byte, 1, &offset) != 1)
		error = -ENODATA;
	address = error ? 0 : vm_mmap(file, 0, PAGE_SIZE, PROT_READ, MAP_SHARED, 0);
	if (IS_ERR_VALUE(address))
		error = (int)address;
	if (!error) {
		error = run(address);
		vm_munmap(address, PAGE_SIZE);
	}
	fput(file);
	return error;
}

static noinline int asserts_fault(const struct path *at)
{
	int error = with_mapping(at, fault_at);

	barrier();
	return error;
}

struct other {
	struct mm_struct *mm;
	struct completion has, enough, done;
};

static int hold_mmap_lock(void *data)
{
	struct other *o = data;

	mmap_read_lock(o->mm);
	complete(&o->has);
	wait_for_completion(&o->enough);
	mmap_read_unlock(o->mm);
	complete(&o->done);
	return 0;
}

static int fault_beside_other(unsigned long address)
{
	struct other o = {.mm = current->mm};
	struct task_struct *task;
	int error;

	init_completion(&o.has);
	init_completion(&o.enough);
	init_completion(&o.done);
	task = kthread_run(hold_mmap_lock, &o, "vfslock_other");
	if (IS_ERR(task))
		return PTR_ERR(task);
	wait_for_completion(&o.has);
	error = fault_at(address);
	complete(&o.enough);
	wait_for_completion(&o.done);
	return error;
}

static noinline int asserts_fault_other(const struct path *at)
{
	int error = with_mapping(at, fault_beside_other);

	barrier();
	return error;
}

static noinline int asserts_hold(const struct path *at)
{
	int error;

	reinit_completion(&go);
	inode_lock(d_inode(at->dentry));
	error = wait_for_completion_interruptible(&go);
	if (!error)
		error = touch(at);
	inode_unlock(d_inode(at->dentry));
	return error;
}

static const struct command {
	const char *name;
	int (*run)(const struct path *at);
} commands[] = {
	{"setattr", asserts_setattr}, {"truncate", asserts_truncate}, {"unlink", asserts_unlink},
	{"sync", asserts_sync},       {"fault", asserts_fault},       {"fault-other", asserts_fault_other},
	{"hold", asserts_hold},
};

static int run_command(const char *name, const char *where)
{
	struct path at;
	unsigned int i;
	int error;

	if (name && !where && !strcmp(name, "release")) {
		complete(&go);
		return 0;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (name && where && !strcmp(commands[i].name, name))
			break;
	if (i == ARRAY_SIZE(commands))
		return -EINVAL;
	error = kern_path(where, LOOKUP_FOLLOW, &at);
	if (error)
		return error;
	error = mnt_want_write(at.mnt);
	if (!error) {
		error = commands[i].run(&at);
		mnt_drop_write(at.mnt);
	}
	path_put(&at);
	return error;
}

#else

static int run_command(const char *name, const char *where)
{
	return -EOPNOTSUPP;
}

#endif

static ssize_t control_write(struct file *file, const char __user *from, size_t size, loff_t *offset)
{
	char *line, *rest, *name, *where;
	int error;

	if (size >= MAX_LINE)
		return -EINVAL;
	line = memdup_user_nul(from, size);
	if (IS_ERR(line))
		return PTR_ERR(line);
	rest = strim(line);
	name = strsep(&rest, " ");
	where = strsep(&rest, " ");
	error = rest ? -EINVAL : run_command(name, where);
	kfree(line);
	return error ? error : size;
}

static const struct proc_ops control_ops = {
	.proc_write = control_write,
	.proc_lseek = noop_llseek,
};

static int __init asserts_init(void)
{
	return proc_create(CONTROL, 0200, NULL, &control_ops) ? 0 : -ENOMEM;
}

static void __exit asserts_exit(void)
{
	remove_proc_entry(CONTROL, NULL);
}

module_init(asserts_init);
module_exit(asserts_exit);
