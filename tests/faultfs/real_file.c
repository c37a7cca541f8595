// SPDX-License-Identifier: GPL-2.0
/* struct file_operations, super_operations and xattr_handler of a real filesystem: what calls are about. */
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/pipe_fs_i.h>
#include <linux/slab.h>
#include <linux/xattr.h>

#include "real.h"

static char buffer[PAGE_SIZE];

static int prepare_file(struct scene *s)
{
	s->arg.filp = s->file;
	s->arg.inode = file_inode(s->file);
	s->arg.buffer = buffer;
	s->arg.size = sizeof(buffer);
	return 0;
}

/* Of a FIFO, as there is no other way to a pipe. Within a command it is one pipe, which takes what a few calls read. */
static struct dentry *fifo;
static struct file *fifo_file;

static int prepare_splice(struct scene *s)
{
	fifo = real_make(s->root, "fifo", S_IFIFO | 0600);
	if (IS_ERR(fifo))
		return PTR_ERR(fifo);
	fifo_file = real_open(fifo, O_RDWR);
	if (IS_ERR(fifo_file))
		return PTR_ERR(fifo_file);
	prepare_file(s);
	s->arg.pipe = fifo_file->private_data;
	return 0;
}

static void finish_splice(struct scene *s)
{
	if (!IS_ERR_OR_NULL(fifo_file))
		fput(fifo_file);
	if (!IS_ERR_OR_NULL(fifo))
		dput(fifo);
	fifo_file = NULL;
	fifo = NULL;
}

/* Commands of an ioctl that no filesystem has. */
static int prepare_ioctl(struct scene *s)
{
	s->arg.refusal = -ENOTTY;
	return prepare_file(s);
}

static int prepare_compat_ioctl(struct scene *s)
{
	s->arg.refusal = strcmp(s->sb->s_type->name, "xfs") ? -ENOIOCTLCMD : -ENOTTY;
	return prepare_file(s);
}

static int prepare_dir(struct scene *s)
{
	s->arg.filp = s->dir_file;
	s->arg.dir = file_inode(s->dir_file);
	return 0;
}

/* Of a directory, which is not to be read. */
static int prepare_read(struct scene *s)
{
	s->arg.refusal = -EISDIR;
	s->arg.inode = file_inode(s->dir_file);
	return prepare_dir(s);
}

/* From the one file to the other, which is as long. */
static int prepare_copy(struct scene *s)
{
	s->arg.filp = s->file;
	s->arg.extra = s->other_file;
	s->arg.inode = file_inode(s->other_file);
	return 0;
}

static int prepare_super(struct scene *s)
{
	s->arg.inode = d_inode(s->a.file);
	s->arg.dentry = s->root;
	return 0;
}

/* Not without thawing it: nothing could be written. */
static void finish_freeze(struct scene *s)
{
	down_write(&s->sb->s_umount);
	WARN_ON(s->sb->s_op->unfreeze_fs(s->sb));
	up_write(&s->sb->s_umount);
}

static int prepare_xattr(struct scene *s)
{
	s->arg.dentry = s->a.file;
	s->arg.inode = d_inode(s->a.file);
	return vfs_setxattr(FAULTFS_IDMAP s->a.file, "user.name", "value", 5, 0);
}

static const void *of_file(struct scene *s)
{
	return s->arg.filp->f_op;
}

static const void *of_super(struct scene *s)
{
	return s->sb->s_op;
}

static const void *of_handler(struct scene *s)
{
	return s->sb->s_xattr ? s->sb->s_xattr[0] : NULL;
}

static const void *of_lister(struct scene *s)
{
	return faultfs_lister_of(s);
}

#define METHOD(method, prepare_it, ...)                                                                                \
	{                                                                                                              \
		.ops = "file_operations", .name = #method, .prepare = prepare_it, .table = of_file,                    \
		.offset = offsetof(struct file_operations, method), ##__VA_ARGS__                                      \
	}

const struct real_method real_file_methods[] = {
	METHOD(llseek, prepare_file, .never_sleeps = true),
	METHOD(read, prepare_read, .never_sleeps = true),
	METHOD(read_iter, prepare_file),
	METHOD(write_iter, prepare_file),
	METHOD(iopoll, prepare_file, .never_sleeps = true),
	METHOD(iterate_shared, prepare_dir),
	METHOD(unlocked_ioctl, prepare_ioctl, .never_sleeps = true),
	METHOD(compat_ioctl, prepare_compat_ioctl, .never_sleeps = true),
	METHOD(mmap, prepare_file),
	METHOD(open, prepare_file),
	METHOD(release, prepare_file),
	METHOD(fsync, prepare_file),
	METHOD(get_unmapped_area, prepare_file, .never_sleeps = true),
	METHOD(splice_write, prepare_splice, .finish = finish_splice),
	METHOD(splice_read, prepare_splice, .finish = finish_splice),
	METHOD(fallocate, prepare_file),
	METHOD(remap_file_range, prepare_copy),
	METHOD(fadvise, prepare_file),
	{},
};

#undef METHOD
#define METHOD(part, in, type, method, prepare_it, ...)                                                                \
	{                                                                                                              \
		.ops = part, .name = #method, .prepare = prepare_it, .table = in, .offset = offsetof(type, method),    \
		##__VA_ARGS__                                                                                          \
	}
#define SUPER(...) METHOD("super_operations", of_super, struct super_operations, __VA_ARGS__)
#define XATTR(...) METHOD("xattr_handler", of_handler, struct xattr_handler, __VA_ARGS__)

static const char *const only_plain[] = {"plain", NULL};

const struct real_method real_super_methods[] = {
	SUPER(statfs, prepare_super, .never_sleeps = true),
	SUPER(sync_fs, prepare_super),
	SUPER(show_options, prepare_super, .never_sleeps = true),
	SUPER(drop_inode, prepare_super),
	SUPER(dirty_inode, prepare_super),
	SUPER(write_inode, prepare_super),
	SUPER(freeze_fs, prepare_super, .finish = finish_freeze),
	SUPER(unfreeze_fs, prepare_super),
	METHOD("xattr_handler", of_lister, struct xattr_handler, list, prepare_xattr),
	XATTR(get, prepare_xattr, .variants = only_plain),
	XATTR(set, prepare_xattr, .variants = only_plain),
	{},
};
