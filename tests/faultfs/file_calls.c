// SPDX-License-Identifier: GPL-2.0
/* struct file_operations: the calls. */
#include <linux/fs.h>
#include <linux/falloc.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/uio.h>

#include "faultfs.h"
#include "file.h"

static int prepare_file(struct scene *s)
{
	s->arg.filp = s->file;
	s->arg.inode = file_inode(s->file);
	return 0;
}

static int prepare_dir(struct scene *s)
{
	s->arg.filp = s->dir_file;
	s->arg.dir = file_inode(s->dir_file);
	return 0;
}

/* The inode is what is written to. */
static int prepare_copy(struct scene *s)
{
	s->arg.filp = s->file;
	s->arg.extra = s->other_file;
	s->arg.inode = file_inode(s->other_file);
	return 0;
}

static const char *const variants_fallocate[] = {"plain",      "punch_hole",   "collapse_range",
						 "zero_range", "insert_range", NULL};

static int prepare_fallocate(struct scene *s)
{
	static const int modes[] = {0, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_COLLAPSE_RANGE,
				    FALLOC_FL_ZERO_RANGE, FALLOC_FL_INSERT_RANGE};

	prepare_file(s);
	for (int i = 0; variants_fallocate[i]; i++)
		if (faultfs_is_variant(s, variants_fallocate[i]))
			s->arg.flags = modes[i];
	return 0;
}

/* What returns a number that is negative for an error: the arguments after the file. */
#define CALL(method, ...)                                                                                              \
	static noinline int call_file_##method(struct scene *s)                                                        \
	{                                                                                                              \
		long result = s->arg.filp->f_op->method(s->arg.filp, ##__VA_ARGS__);                                   \
                                                                                                                       \
		barrier();                                                                                             \
		return result < 0 ? result : 0;                                                                        \
	}

CALL(llseek, 0, SEEK_SET)
CALL(read, NULL, 0, &s->arg.filp->f_pos)
CALL(write, NULL, 0, &s->arg.filp->f_pos)
CALL(unlocked_ioctl, 0, 0)
CALL(compat_ioctl, 0, 0)
CALL(flush, NULL)
CALL(fsync, 0, LLONG_MAX, 0)
#if !FAULTFS_SINCE(6, 5)
CALL(sendpage, NULL, 0, 0, &s->arg.filp->f_pos, 0)
#endif
CALL(get_unmapped_area, 0, PAGE_SIZE, 0, 0)
CALL(splice_read, &s->arg.filp->f_pos, s->arg.pipe, s->arg.size, 0)
CALL(fallocate, s->arg.flags, 0, PAGE_SIZE)
CALL(copy_file_range, 0, s->arg.extra, 0, PAGE_SIZE, 0)
CALL(remap_file_range, 0, s->arg.extra, 0, PAGE_SIZE, 0)
CALL(fadvise, 0, PAGE_SIZE, 0)

static noinline int call_file_read_iter(struct scene *s)
{
	struct kiocb iocb = {.ki_filp = s->arg.filp};
	struct kvec vec = {.iov_base = s->arg.buffer, .iov_len = s->arg.size};
	struct iov_iter to = {};
	ssize_t result;

	if (s->arg.buffer)
		iov_iter_kvec(&to, READ, &vec, 1, s->arg.size);
	result = s->arg.filp->f_op->read_iter(&iocb, &to);
	barrier();
	return result < 0 ? result : 0;
}

static noinline int call_file_write_iter(struct scene *s)
{
	struct kiocb iocb = {.ki_filp = s->arg.filp};
	struct kvec vec = {.iov_base = s->arg.buffer, .iov_len = s->arg.size};
	struct iov_iter from = {};
	ssize_t result;

	if (s->arg.buffer)
		iov_iter_kvec(&from, WRITE, &vec, 1, s->arg.size);
	result = s->arg.filp->f_op->write_iter(&iocb, &from);
	barrier();
	return result < 0 ? result : 0;
}

static noinline int call_file_iopoll(struct scene *s)
{
	struct kiocb iocb = {.ki_filp = s->arg.filp};
#if FAULTFS_SINCE(5, 16)
	int error = s->arg.filp->f_op->iopoll(&iocb, NULL, 0);
#else
	int error = s->arg.filp->f_op->iopoll(&iocb, false);
#endif

	barrier();
	return error;
}

#if !FAULTFS_SINCE(6, 6)
static noinline int call_file_iterate(struct scene *s)
{
	struct dir_context context = {};
	int error = s->arg.filp->f_op->iterate(s->arg.filp, &context);

	barrier();
	return error;
}
#endif

#if FAULTFS_SINCE(6, 1)
static bool read_name(struct dir_context *context, const char *name, int size, loff_t at, u64 inode, unsigned int type)
{
	return true;
}
#else
static int read_name(struct dir_context *context, const char *name, int size, loff_t at, u64 inode, unsigned int type)
{
	return 0;
}
#endif

static noinline int call_file_iterate_shared(struct scene *s)
{
	struct dir_context context = {.actor = read_name};
	int error = s->arg.filp->f_op->iterate_shared(s->arg.filp, &context);

	barrier();
	return error;
}

static noinline int call_file_poll(struct scene *s)
{
	s->arg.filp->f_op->poll(s->arg.filp, NULL);
	barrier();
	return 0;
}

/* The mapping is never entered anywhere. */
static noinline int call_file_mmap(struct scene *s)
{
	static struct vm_area_struct vma;
	int error;

	vma.vm_file = s->arg.filp;
	error = s->arg.filp->f_op->mmap(s->arg.filp, &vma);
	barrier();
	return error;
}

static noinline int call_file_open(struct scene *s)
{
	int error = s->arg.filp->f_op->open(s->arg.inode, s->arg.filp);

	barrier();
	return error;
}

static noinline int call_file_release(struct scene *s)
{
	int error = s->arg.filp->f_op->release(s->arg.inode, s->arg.filp);

	barrier();
	return error;
}

static noinline int call_file_fasync(struct scene *s)
{
	int error = s->arg.filp->f_op->fasync(-1, s->arg.filp, 0);

	barrier();
	return error;
}

static noinline int call_file_lock(struct scene *s)
{
	static struct file_lock lock;
	int error = s->arg.filp->f_op->lock(s->arg.filp, F_SETLK, &lock);

	barrier();
	return error;
}

static noinline int call_file_flock(struct scene *s)
{
	static struct file_lock lock;
	int error = s->arg.filp->f_op->flock(s->arg.filp, F_SETLK, &lock);

	barrier();
	return error;
}

static noinline int call_file_check_flags(struct scene *s)
{
	int error = s->arg.filp->f_op->check_flags(0);

	barrier();
	return error;
}

static noinline int call_file_splice_write(struct scene *s)
{
	int error = s->arg.filp->f_op->splice_write(s->arg.pipe, s->arg.filp, &s->arg.filp->f_pos, 0, 0);

	barrier();
	return error;
}

static noinline int call_file_setlease(struct scene *s)
{
	struct faultfs_lease *lease = NULL;
	int error = s->arg.filp->f_op->setlease(s->arg.filp, F_UNLCK, &lease, NULL);

	barrier();
	return error;
}

static noinline int call_file_show_fdinfo(struct scene *s)
{
	struct seq_file to = {};

	s->arg.filp->f_op->show_fdinfo(&to, s->arg.filp);
	barrier();
	return 0;
}

#if FAULTFS_SINCE(5, 15)
static void *find_invalidate_lock(struct scene *s, bool neighbour)
{
	struct inode *inode = neighbour ? d_inode(s->spare) : s->arg.inode;

	return &inode->i_mapping->invalidate_lock;
}
#endif

static void *find_f_pos_lock(struct scene *s, bool neighbour)
{
	return neighbour ? &s->spare_dir_file->f_pos_lock : &s->arg.filp->f_pos_lock;
}

static const struct faultfs_lock file_locks[] = {
	{"i_rwsem.inode", FAULTFS_RWSEM, faultfs_rwsem_of_inode},
#if FAULTFS_SINCE(5, 15)
	{"invalidate_lock.mapping", FAULTFS_RWSEM, find_invalidate_lock},
#endif
	{},
};

static const struct faultfs_lock dir_locks[] = {
	{"f_pos_lock.file", FAULTFS_MUTEX, find_f_pos_lock},
	{"i_rwsem.dir", FAULTFS_RWSEM, faultfs_rwsem_of_dir},
	{},
};

#define METHOD_OF(name, variants, locks, prepare)                                                                      \
	{                                                                                                              \
#name, variants, locks, prepare, call_file_##name, .nested = call_file_fsync                           \
	}
#define METHOD(name) METHOD_OF(name, NULL, file_locks, prepare_file)

static const struct faultfs_method file_methods[] = {
	METHOD(llseek),
	METHOD(read),
	METHOD(write),
	METHOD(read_iter),
	METHOD(write_iter),
	METHOD(iopoll),
#if !FAULTFS_SINCE(6, 6)
	METHOD_OF(iterate, NULL, dir_locks, prepare_dir),
#endif
	METHOD_OF(iterate_shared, NULL, dir_locks, prepare_dir),
	METHOD(poll),
	METHOD(unlocked_ioctl),
	METHOD(compat_ioctl),
	METHOD(mmap),
	METHOD(open),
	METHOD(flush),
	METHOD(release),
	{"fsync", NULL, file_locks, prepare_file, call_file_fsync, .nested = call_file_flush},
	METHOD(fasync),
	METHOD(lock),
#if !FAULTFS_SINCE(6, 5)
	METHOD(sendpage),
#endif
	METHOD(get_unmapped_area),
	METHOD(check_flags),
	METHOD(flock),
	METHOD(splice_write),
	METHOD(splice_read),
	METHOD(setlease),
	METHOD_OF(fallocate, variants_fallocate, file_locks, prepare_fallocate),
	METHOD(show_fdinfo),
	METHOD_OF(copy_file_range, NULL, file_locks, prepare_copy),
	METHOD_OF(remap_file_range, NULL, file_locks, prepare_copy),
	METHOD(fadvise),
	{},
};

const struct faultfs_part faultfs_file_part = {.name = "file_operations", .methods = file_methods};
