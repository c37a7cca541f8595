// SPDX-License-Identifier: GPL-2.0
/* struct super_operations, and where the inodes come from. The calls are in super_calls.c. */
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
