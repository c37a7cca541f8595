// SPDX-License-Identifier: GPL-2.0
/* struct file_operations: the stubs. What calls them is in file_calls.c. */
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sched/mm.h>

#include "faultfs.h"
#include "file.h"

static noinline loff_t faultfs_file_llseek(struct file *file, loff_t offset, int whence)
{
	return faultfs_stub() ? 0 : noop_llseek(file, offset, whence);
}

static noinline ssize_t faultfs_file_read(struct file *file, char __user *to, size_t size, loff_t *at)
{
	faultfs_stub();
	return 0;
}

static noinline ssize_t faultfs_file_write(struct file *file, const char __user *from, size_t size, loff_t *at)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

static noinline ssize_t faultfs_file_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	faultfs_stub();
	return 0;
}

static noinline ssize_t faultfs_file_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

#if FAULTFS_SINCE(5, 16)
static noinline int faultfs_file_iopoll(struct kiocb *iocb, struct io_comp_batch *batch, unsigned int flags)
#else
static noinline int faultfs_file_iopoll(struct kiocb *iocb, bool spin)
#endif
{
	faultfs_stub();
	return 0;
}

#if !FAULTFS_SINCE(6, 6)
static noinline int faultfs_file_iterate(struct file *file, struct dir_context *context)
{
	faultfs_stub();
	return 0;
}
#endif

/* To everybody else a directory looks empty: what is in it is found in the caches. */
static noinline int faultfs_file_iterate_shared(struct file *file, struct dir_context *context)
{
	faultfs_stub();
	return 0;
}

static noinline __poll_t faultfs_file_poll(struct file *file, struct poll_table_struct *table)
{
	faultfs_stub();
	return 0;
}

static noinline long faultfs_file_unlocked_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	return faultfs_stub() ? 0 : -ENOTTY;
}

static noinline long faultfs_file_compat_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	return faultfs_stub() ? 0 : -ENOTTY;
}

static noinline int faultfs_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (!faultfs_stub())
		vma->vm_ops = &faultfs_vm_ops;
	return 0;
}

static noinline int faultfs_file_open(struct inode *inode, struct file *file)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_file_flush(struct file *file, fl_owner_t id)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_file_release(struct inode *inode, struct file *file)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_file_fsync(struct file *file, loff_t from, loff_t to, int datasync)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_file_fasync(int fd, struct file *file, int on)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_file_lock(struct file *file, int command, struct file_lock *lock)
{
	if (faultfs_stub())
		return 0;
	if (IS_GETLK(command)) {
		posix_test_lock(file, lock);
		return 0;
	}
	return locks_lock_file_wait(file, lock);
}

#if !FAULTFS_SINCE(6, 5)
static noinline ssize_t faultfs_file_sendpage(struct file *file, struct page *page, int offset, size_t size, loff_t *at,
					      int more)
{
	return faultfs_stub() ? 0 : -EINVAL;
}
#endif

static noinline unsigned long faultfs_file_get_unmapped_area(struct file *file, unsigned long address,
							     unsigned long length, unsigned long offset,
							     unsigned long flags)
{
	if (faultfs_stub())
		return address;
#if FAULTFS_SINCE(7, 0)
	return mm_get_unmapped_area(file, address, length, offset, flags);
#elif FAULTFS_SINCE(6, 10)
	return mm_get_unmapped_area(current->mm, file, address, length, offset, flags);
#else
	return current->mm->get_unmapped_area(file, address, length, offset, flags);
#endif
}

static noinline int faultfs_file_check_flags(int flags)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_file_flock(struct file *file, int command, struct file_lock *lock)
{
	return faultfs_stub() ? 0 : locks_lock_file_wait(file, lock);
}

static noinline ssize_t faultfs_file_splice_write(struct pipe_inode_info *pipe, struct file *file, loff_t *at,
						  size_t size, unsigned int flags)
{
	return faultfs_stub() ? 0 : -EINVAL;
}

static noinline ssize_t faultfs_file_splice_read(struct file *file, loff_t *at, struct pipe_inode_info *pipe,
						 size_t size, unsigned int flags)
{
	return faultfs_stub() ? 0 : -EINVAL;
}

static noinline int faultfs_file_setlease(struct file *file, faultfs_lease_arg arg, struct faultfs_lease **lease,
					  void **private)
{
	return faultfs_stub() ? 0 : generic_setlease(file, arg, lease, private);
}

static noinline long faultfs_file_fallocate(struct file *file, int mode, loff_t offset, loff_t length)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

static noinline void faultfs_file_show_fdinfo(struct seq_file *to, struct file *file)
{
	faultfs_stub();
}

static noinline ssize_t faultfs_file_copy_file_range(struct file *in, loff_t in_at, struct file *out, loff_t out_at,
						     size_t size, unsigned int flags)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

static noinline loff_t faultfs_file_remap_file_range(struct file *in, loff_t in_at, struct file *out, loff_t out_at,
						     loff_t length, unsigned int flags)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

static noinline int faultfs_file_fadvise(struct file *file, loff_t offset, loff_t length, int advice)
{
	faultfs_stub();
	return 0;
}

/*
 * Without an owner: who opens a file holds the mount, which holds the module, and the scene's files are opened without
 * a reference to it.
 */
#define COMMON                                                                                                         \
	.llseek = faultfs_file_llseek, .unlocked_ioctl = faultfs_file_unlocked_ioctl,                                  \
	.compat_ioctl = faultfs_file_compat_ioctl, .open = faultfs_file_open, .flush = faultfs_file_flush,             \
	.release = faultfs_file_release, .fsync = faultfs_file_fsync, .fasync = faultfs_file_fasync,                   \
	.poll = faultfs_file_poll, .lock = faultfs_file_lock, .flock = faultfs_file_flock,                             \
	.setlease = faultfs_file_setlease, .check_flags = faultfs_file_check_flags,                                    \
	.show_fdinfo = faultfs_file_show_fdinfo, .fadvise = faultfs_file_fadvise

const struct file_operations faultfs_dir_fops = {
#if !FAULTFS_SINCE(6, 6)
	.iterate = faultfs_file_iterate,
#endif
	.iterate_shared = faultfs_file_iterate_shared,
	COMMON,
};

const struct file_operations faultfs_file_fops = {
	.read = faultfs_file_read,
	.write = faultfs_file_write,
	.read_iter = faultfs_file_read_iter,
	.write_iter = faultfs_file_write_iter,
	.iopoll = faultfs_file_iopoll,
	.mmap = faultfs_file_mmap,
#if !FAULTFS_SINCE(6, 5)
	.sendpage = faultfs_file_sendpage,
#endif
	.get_unmapped_area = faultfs_file_get_unmapped_area,
	.splice_write = faultfs_file_splice_write,
	.splice_read = faultfs_file_splice_read,
	.fallocate = faultfs_file_fallocate,
	.copy_file_range = faultfs_file_copy_file_range,
	.remap_file_range = faultfs_file_remap_file_range,
	COMMON,
};
