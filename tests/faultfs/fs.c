// SPDX-License-Identifier: GPL-2.0
/* The filesystem: what it consists of when it is mounted, and the tables that hang on its objects. */
#include <linux/blkdev.h>
#include <linux/dcache.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>
#include <linux/quota.h>
#include <linux/xattr.h>

#include "faultfs.h"

static const struct xattr_handler *const xattr_handlers[] = {&faultfs_xattr_handler, NULL};

struct inode *faultfs_new_inode(struct super_block *sb, umode_t mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = mode;
	if (S_ISDIR(mode)) {
		inode->i_op = &faultfs_dir_iops;
		inode->i_fop = &faultfs_dir_fops;
		set_nlink(inode, 2);
	} else if (S_ISLNK(mode)) {
		inode->i_op = &faultfs_link_iops;
		inode->i_mapping->a_ops = &faultfs_aops;
	} else {
		inode->i_op = &faultfs_file_iops;
		inode->i_fop = &faultfs_file_fops;
		inode->i_mapping->a_ops = &faultfs_aops;
		i_size_write(inode, 64 * PAGE_SIZE);
	}
	return inode;
}

int faultfs_fill_super(struct super_block *sb, void *data, int silent)
{
	struct inode *root;

	if (!sb_set_blocksize(sb, PAGE_SIZE))
		return -EINVAL;
	sb->s_magic = FAULTFS_MAGIC;
	sb->s_op = &faultfs_super_ops;
	sb->s_xattr = (void *)xattr_handlers;
#if FAULTFS_SINCE(6, 17)
	set_default_d_op(sb, &faultfs_dentry_ops);
#else
	sb->s_d_op = &faultfs_dentry_ops;
#endif
#ifdef CONFIG_QUOTA
	sb->dq_op = &faultfs_dquot_ops;
#endif
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	/* Reading shall call nothing but what reads. */
	sb->s_flags |= SB_NOATIME;
	root = faultfs_new_inode(sb, S_IFDIR | 0755);
	sb->s_root = d_make_root(root);
	if (!sb->s_root)
		return -ENOMEM;
	return faultfs_scene_build(sb);
}

/* Another filesystem, never mounted anywhere, for the neighbour of the super_block and a mount. */
static int spare_init_fs_context(struct fs_context *fc)
{
	return init_pseudo(fc, FAULTFS_MAGIC) ? 0 : -ENOMEM;
}

/* No owner: its mount, which the module has, would keep the module from being unloaded. */
static struct file_system_type spare_type = {
	.name = "faultfs-spare",
	.init_fs_context = spare_init_fs_context,
	.kill_sb = kill_anon_super,
};

static struct vfsmount *spare_mnt;

struct vfsmount *faultfs_spare_mnt(void)
{
	return spare_mnt;
}

int faultfs_fs_init(void)
{
	int error;

	spare_mnt = kern_mount(&spare_type);
	if (IS_ERR(spare_mnt))
		return PTR_ERR(spare_mnt);
	error = register_filesystem(&faultfs_type);
	if (error)
		kern_unmount(spare_mnt);
	return error;
}

void faultfs_fs_exit(void)
{
	unregister_filesystem(&faultfs_type);
	kern_unmount(spare_mnt);
}
