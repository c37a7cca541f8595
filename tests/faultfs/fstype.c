// SPDX-License-Identifier: GPL-2.0
/* struct file_system_type. */
#include <linux/blkdev.h>
#include <linux/fs_context.h>
#include <linux/module.h>
#include <linux/statfs.h>

#include "faultfs.h"

#if FAULTFS_SINCE(7, 0)
static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	return faultfs_fill_super(sb, NULL, 0);
}

static int get_tree(struct fs_context *fc)
{
	return get_tree_bdev(fc, fill_super);
}

static const struct fs_context_operations context_ops = {.get_tree = get_tree};

static int init_fs_context(struct fs_context *fc)
{
	fc->ops = &context_ops;
	return 0;
}
#else
/* To a command it gives the filesystem that is mounted already, and leaves it locked. */
static noinline struct dentry *faultfs_fstype_mount(struct file_system_type *type, int flags, const char *device,
						    void *data)
{
	if (faultfs_stub())
		return data;
	return mount_bdev(type, flags, device, data, faultfs_fill_super);
}
#endif

static noinline void faultfs_fstype_kill_sb(struct super_block *sb)
{
	if (faultfs_stub())
		return;
	faultfs_scene_end(sb);
	kill_block_super(sb);
}

struct file_system_type faultfs_type = {
	.owner = THIS_MODULE,
	.name = FAULTFS_NAME,
#if FAULTFS_SINCE(7, 0)
	.init_fs_context = init_fs_context,
#else
	.mount = faultfs_fstype_mount,
#endif
	.kill_sb = faultfs_fstype_kill_sb,
	.fs_flags = FS_REQUIRES_DEV,
};

static int nested_statfs(struct scene *s)
{
	struct kstatfs buf = {};
	int error = s->sb->s_op->statfs(s->root, &buf);

	barrier();
	return error;
}

#if !FAULTFS_SINCE(7, 0)
static noinline int call_fstype_mount(struct scene *s)
{
	struct dentry *root = s->sb->s_type->mount(s->sb->s_type, 0, "/dev/" FAULTFS_DISK, s->arg.extra);

	barrier();
	return root == s->arg.extra ? 0 : -EIO;
}

/* variant=error: the mount fails, so that there is no super_block to be locked. */
static int prepare_mount(struct scene *s)
{
	s->arg.extra = faultfs_is_variant(s, "error") ? ERR_PTR(-EINVAL) : s->root;
	return 0;
}

static const char *const variants_mount[] = {"plain", "error", NULL};

static const struct faultfs_lock mount_locks[] = {
	{"s_umount.sb", FAULTFS_RWSEM, faultfs_umount_of_sb, .exit = FAULTFS_EXCLUSIVE},
	{},
};
#endif

static noinline int call_fstype_kill_sb(struct scene *s)
{
	s->sb->s_type->kill_sb(s->sb);
	barrier();
	return 0;
}

static const struct faultfs_lock kill_sb_locks[] = {
	{"s_umount.sb", FAULTFS_RWSEM, faultfs_umount_of_sb, .exit = FAULTFS_NONE},
	{},
};

static const struct faultfs_method fstype_methods[] = {
#if !FAULTFS_SINCE(7, 0)
	{"mount", variants_mount, mount_locks, prepare_mount, call_fstype_mount, .nested = nested_statfs},
#endif
	{"kill_sb", NULL, kill_sb_locks, NULL, call_fstype_kill_sb, .nested = nested_statfs},
	{},
};

const struct faultfs_part faultfs_fstype_part = {.name = "file_system_type", .methods = fstype_methods};
