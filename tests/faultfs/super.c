// SPDX-License-Identifier: GPL-2.0
/* struct super_operations, and where the inodes come from. */
#include <linux/buffer_head.h>
#include <linux/dcache.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/statfs.h>
#include <linux/writeback.h>

#include "faultfs.h"

static struct kmem_cache *inodes;

/* What ->alloc_inode() gives to commands: never used. */
static struct inode *unused_inode;

static void init_once(void *inode)
{
	inode_init_once(inode);
}

int faultfs_inodes_init(void)
{
	inodes = kmem_cache_create("faultfs_inode", sizeof(struct inode), 0, SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT,
				   init_once);
	if (!inodes)
		return -ENOMEM;
	unused_inode = kmem_cache_alloc(inodes, GFP_KERNEL);
	if (!unused_inode) {
		kmem_cache_destroy(inodes);
		return -ENOMEM;
	}
	return 0;
}

void faultfs_inodes_exit(void)
{
	/* Inodes are freed after a grace period. */
	rcu_barrier();
	kmem_cache_free(inodes, unused_inode);
	kmem_cache_destroy(inodes);
}

static noinline struct inode *faultfs_super_alloc_inode(struct super_block *sb)
{
	if (faultfs_stub())
		return unused_inode;
#if FAULTFS_SINCE(5, 18)
	return alloc_inode_sb(sb, inodes, GFP_KERNEL);
#else
	return kmem_cache_alloc(inodes, GFP_KERNEL);
#endif
}

static noinline void faultfs_super_free_inode(struct inode *inode)
{
	if (!faultfs_stub())
		kmem_cache_free(inodes, inode);
}

static noinline void faultfs_super_destroy_inode(struct inode *inode)
{
	faultfs_stub();
}

static noinline void faultfs_super_dirty_inode(struct inode *inode, int flags)
{
	faultfs_stub();
}

static noinline int faultfs_super_write_inode(struct inode *inode, struct writeback_control *wbc)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_super_drop_inode(struct inode *inode)
{
	faultfs_stub();
	return 1;
}

static noinline void faultfs_super_evict_inode(struct inode *inode)
{
	if (faultfs_stub())
		return;
	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
}

static noinline void faultfs_super_put_super(struct super_block *sb)
{
	faultfs_stub();
}

static noinline int faultfs_super_sync_fs(struct super_block *sb, int wait)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_super_freeze_fs(struct super_block *sb)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_super_unfreeze_fs(struct super_block *sb)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_super_statfs(struct dentry *dentry, struct kstatfs *buf)
{
	return faultfs_stub() ? 0 : simple_statfs(dentry, buf);
}

#if !FAULTFS_SINCE(7, 0)
static noinline int faultfs_super_remount_fs(struct super_block *sb, int *flags, char *data)
{
	faultfs_stub();
	return 0;
}
#endif

static noinline void faultfs_super_umount_begin(struct super_block *sb)
{
	faultfs_stub();
}

static noinline int faultfs_super_show_options(struct seq_file *to, struct dentry *root)
{
	faultfs_stub();
	return 0;
}

#ifdef CONFIG_QUOTA
static noinline ssize_t faultfs_super_quota_read(struct super_block *sb, int type, char *data, size_t size, loff_t at)
{
	faultfs_stub();
	return 0;
}

static noinline ssize_t faultfs_super_quota_write(struct super_block *sb, int type, const char *data, size_t size,
						  loff_t at)
{
	faultfs_stub();
	return 0;
}
#endif

#if !FAULTFS_SINCE(5, 13)
static noinline int faultfs_super_bdev_try_to_free_page(struct super_block *sb, struct page *page, gfp_t gfp)
{
	return faultfs_stub() ? 0 : try_to_free_buffers(page);
}
#endif

const struct super_operations faultfs_super_ops = {
	.alloc_inode = faultfs_super_alloc_inode,
	.free_inode = faultfs_super_free_inode,
	.destroy_inode = faultfs_super_destroy_inode,
	.dirty_inode = faultfs_super_dirty_inode,
	.write_inode = faultfs_super_write_inode,
	.drop_inode = faultfs_super_drop_inode,
	.evict_inode = faultfs_super_evict_inode,
	.put_super = faultfs_super_put_super,
	.sync_fs = faultfs_super_sync_fs,
	.freeze_fs = faultfs_super_freeze_fs,
	.unfreeze_fs = faultfs_super_unfreeze_fs,
	.statfs = faultfs_super_statfs,
#if !FAULTFS_SINCE(7, 0)
	.remount_fs = faultfs_super_remount_fs,
#endif
	.umount_begin = faultfs_super_umount_begin,
	.show_options = faultfs_super_show_options,
#ifdef CONFIG_QUOTA
	.quota_read = faultfs_super_quota_read,
	.quota_write = faultfs_super_quota_write,
#endif
#if !FAULTFS_SINCE(5, 13)
	.bdev_try_to_free_page = faultfs_super_bdev_try_to_free_page,
#endif
};

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
CALL_OF_INODE(write_inode, NULL)
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
