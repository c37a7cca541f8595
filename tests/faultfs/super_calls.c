// SPDX-License-Identifier: GPL-2.0
/* struct super_operations: the calls. */
#include <linux/dcache.h>
#include <linux/seq_file.h>
#include <linux/statfs.h>
#include <linux/writeback.h>

#include "faultfs.h"

static int prepare_super(struct scene *s)
{
	s->arg.inode = d_inode(s->a.file);
	s->arg.dentry = s->root;
	return 0;
}

/* Those that return nothing, of an inode or of the super_block. */
#define CALL_OF_INODE(method, ...)                                                                                     \
	static noinline int call_super_##method(struct scene *s)                                                       \
	{                                                                                                              \
		s->sb->s_op->method(s->arg.inode, ##__VA_ARGS__);                                                      \
		barrier();                                                                                             \
		return 0;                                                                                              \
	}

#define CALL_OF_SB(method, ...)                                                                                        \
	static noinline int call_super_##method(struct scene *s)                                                       \
	{                                                                                                              \
		s->sb->s_op->method(s->sb, ##__VA_ARGS__);                                                             \
		barrier();                                                                                             \
		return 0;                                                                                              \
	}

CALL_OF_INODE(free_inode)
CALL_OF_INODE(destroy_inode)
CALL_OF_INODE(dirty_inode, I_DIRTY_SYNC)
static struct writeback_control write_nothing = {.sync_mode = WB_SYNC_NONE};
CALL_OF_INODE(write_inode, &write_nothing)
CALL_OF_INODE(drop_inode)
CALL_OF_INODE(evict_inode)
CALL_OF_SB(alloc_inode)
CALL_OF_SB(put_super)
CALL_OF_SB(sync_fs, 1)
CALL_OF_SB(freeze_fs)
CALL_OF_SB(unfreeze_fs)
#if !FAULTFS_SINCE(7, 0)
CALL_OF_SB(remount_fs, NULL, NULL)
#endif
CALL_OF_SB(umount_begin)
#ifdef CONFIG_QUOTA
CALL_OF_SB(quota_read, 0, NULL, 0, 0)
CALL_OF_SB(quota_write, 0, NULL, 0, 0)
#endif
#if !FAULTFS_SINCE(5, 13)
CALL_OF_SB(bdev_try_to_free_page, NULL, GFP_KERNEL)
#endif

static noinline int call_super_statfs(struct scene *s)
{
	struct kstatfs buf = {};
	int error = s->sb->s_op->statfs(s->arg.dentry, &buf);

	barrier();
	return error;
}

static noinline int call_super_show_options(struct scene *s)
{
	struct seq_file to = {};
	int error = s->sb->s_op->show_options(&to, s->arg.dentry);

	barrier();
	return error;
}

static void *find_i_lock(struct scene *s, bool neighbour)
{
	return neighbour ? &d_inode(s->spare)->i_lock : &s->arg.inode->i_lock;
}

static void *find_namespace_sem(struct scene *s, bool neighbour)
{
	return neighbour ? NULL : faultfs_namespace_sem();
}

#ifdef CONFIG_QUOTA
static void *find_dqio_sem(struct scene *s, bool neighbour)
{
	return neighbour ? &s->spare_sb->s_dquot.dqio_sem : &s->sb->s_dquot.dqio_sem;
}
#endif

static const struct faultfs_lock umount_locks[] = {
	{"s_umount.sb", FAULTFS_RWSEM, faultfs_umount_of_sb},
	{},
};

static const struct faultfs_lock drop_inode_locks[] = {
	{"i_lock.inode", FAULTFS_SPIN, find_i_lock},
	{"s_umount.sb", FAULTFS_RWSEM, faultfs_umount_of_sb},
	{},
};

static const struct faultfs_lock show_options_locks[] = {
	{"namespace_sem.mnt", FAULTFS_RWSEM, find_namespace_sem},
	{"s_umount.sb", FAULTFS_RWSEM, faultfs_umount_of_sb},
	{},
};

#ifdef CONFIG_QUOTA
static const struct faultfs_lock quota_locks[] = {
	{"dqio_sem.sb", FAULTFS_RWSEM, find_dqio_sem},
	{"s_umount.sb", FAULTFS_RWSEM, faultfs_umount_of_sb},
	{},
};
#endif

#define METHOD(name, locks)                                                                                            \
	{                                                                                                              \
#name, NULL, locks, prepare_super, call_super_##name, .nested = call_super_statfs                      \
	}

static const struct faultfs_method super_methods[] = {
	METHOD(alloc_inode, umount_locks),
	METHOD(free_inode, umount_locks),
	METHOD(destroy_inode, umount_locks),
	METHOD(dirty_inode, umount_locks),
	METHOD(write_inode, umount_locks),
	METHOD(drop_inode, drop_inode_locks),
	METHOD(evict_inode, umount_locks),
	METHOD(put_super, umount_locks),
	METHOD(sync_fs, umount_locks),
	METHOD(freeze_fs, umount_locks),
	METHOD(unfreeze_fs, umount_locks),
	{"statfs", NULL, umount_locks, prepare_super, call_super_statfs, .nested = call_super_write_inode},
#if !FAULTFS_SINCE(7, 0)
	METHOD(remount_fs, umount_locks),
#endif
	METHOD(umount_begin, umount_locks),
	METHOD(show_options, show_options_locks),
#ifdef CONFIG_QUOTA
	METHOD(quota_read, quota_locks),
	METHOD(quota_write, quota_locks),
#endif
#if !FAULTFS_SINCE(5, 13)
	METHOD(bdev_try_to_free_page, umount_locks),
#endif
	{},
};

const struct faultfs_part faultfs_super_part = {.name = "super_operations", .methods = super_methods};
