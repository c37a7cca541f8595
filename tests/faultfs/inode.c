// SPDX-License-Identifier: GPL-2.0
/* struct inode_operations: the stubs. What calls them is in inode_calls.c. */
#include <linux/dcache.h>
#include <linux/fiemap.h>
#include <linux/posix_acl.h>
#include <linux/stat.h>

#include "faultfs.h"
#include "inode.h"

static noinline struct dentry *faultfs_inode_lookup(struct inode *dir, struct dentry *dentry, unsigned int flags)
{
	if (!faultfs_stub())
		d_add(dentry, NULL);
	return NULL;
}

static noinline int faultfs_inode_create(FAULTFS_IDMAP_PARAM struct inode *dir, struct dentry *dentry, umode_t mode,
					 bool excl)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

static noinline int faultfs_inode_link(struct dentry *old_dentry, struct inode *dir, struct dentry *dentry)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

static noinline int faultfs_inode_mknod(FAULTFS_IDMAP_PARAM struct inode *dir, struct dentry *dentry, umode_t mode,
					dev_t dev)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

static noinline int faultfs_inode_symlink(FAULTFS_IDMAP_PARAM struct inode *dir, struct dentry *dentry,
					  const char *target)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

#if FAULTFS_SINCE(6, 15)
static noinline struct dentry *faultfs_inode_mkdir(FAULTFS_IDMAP_PARAM struct inode *dir, struct dentry *dentry,
						   umode_t mode)
{
	return faultfs_stub() ? NULL : ERR_PTR(-EOPNOTSUPP);
}
#else
static noinline int faultfs_inode_mkdir(FAULTFS_IDMAP_PARAM struct inode *dir, struct dentry *dentry, umode_t mode)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}
#endif

static noinline int faultfs_inode_unlink(struct inode *dir, struct dentry *dentry)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

static noinline int faultfs_inode_rmdir(struct inode *dir, struct dentry *dentry)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

static noinline int faultfs_inode_rename(FAULTFS_IDMAP_PARAM struct inode *old_dir, struct dentry *old_dentry,
					 struct inode *new_dir, struct dentry *new_dentry, unsigned int flags)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

static noinline int faultfs_inode_readlink(struct dentry *dentry, char __user *buffer, int size)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

static noinline const char *faultfs_inode_get_link(struct dentry *dentry, struct inode *inode,
						   struct delayed_call *done)
{
	faultfs_stub();
	return "a";
}

static noinline int faultfs_inode_setattr(FAULTFS_IDMAP_PARAM struct dentry *dentry, struct iattr *attr)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_inode_permission(FAULTFS_IDMAP_PARAM struct inode *inode, int mask)
{
	faultfs_stub();
	return 0;
}

#if FAULTFS_SINCE(6, 2)
static noinline struct posix_acl *faultfs_inode_get_acl(FAULTFS_IDMAP_PARAM struct dentry *dentry, int type)
{
	faultfs_stub();
	return NULL;
}

static noinline struct posix_acl *faultfs_inode_get_inode_acl(struct inode *inode, int type, bool rcu)
{
	faultfs_stub();
	return NULL;
}
#elif FAULTFS_SINCE(5, 15)
static noinline struct posix_acl *faultfs_inode_get_acl(struct inode *inode, int type, bool rcu)
{
	faultfs_stub();
	return NULL;
}
#else
static noinline struct posix_acl *faultfs_inode_get_acl(struct inode *inode, int type)
{
	faultfs_stub();
	return NULL;
}
#endif

static noinline int faultfs_inode_getattr(FAULTFS_IDMAP_PARAM const struct path *path, struct kstat *stat, u32 mask,
					  unsigned int flags)
{
	if (faultfs_stub())
		return 0;
#if FAULTFS_SINCE(6, 6)
	generic_fillattr(idmap, mask, d_inode(path->dentry), stat);
#elif FAULTFS_SINCE(6, 3)
	generic_fillattr(idmap, d_inode(path->dentry), stat);
#elif FAULTFS_SINCE(5, 12)
	generic_fillattr(mnt_userns, d_inode(path->dentry), stat);
#else
	generic_fillattr(d_inode(path->dentry), stat);
#endif
	return 0;
}

static noinline ssize_t faultfs_inode_listxattr(struct dentry *dentry, char *list, size_t size)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_inode_fiemap(struct inode *inode, struct fiemap_extent_info *info, u64 start, u64 length)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_inode_update_time(FAULTFS_UPDATE_TIME_PARAMS)
{
	faultfs_stub();
	return 0;
}

#if FAULTFS_SINCE(7, 0)
static noinline void faultfs_inode_sync_lazytime(struct inode *inode)
{
	faultfs_stub();
}
#endif

/* The lookup that VFS's own calls want found nothing, or did that before. */
static noinline int faultfs_inode_atomic_open(struct inode *dir, struct dentry *dentry, struct file *file,
					      unsigned int open_flag, umode_t mode)
{
	return faultfs_stub() ? 0 : finish_no_open(file, NULL);
}

#if FAULTFS_SINCE(6, 1)
static noinline int faultfs_inode_tmpfile(FAULTFS_IDMAP_PARAM struct inode *dir, struct file *file, umode_t mode)
#else
static noinline int faultfs_inode_tmpfile(FAULTFS_IDMAP_PARAM struct inode *dir, struct dentry *dentry, umode_t mode)
#endif
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

#if FAULTFS_SINCE(5, 13)
static noinline int faultfs_inode_fileattr_get(struct dentry *dentry, struct faultfs_fileattr *attr)
{
	return faultfs_stub() ? 0 : -ENOIOCTLCMD;
}

static noinline int faultfs_inode_fileattr_set(FAULTFS_IDMAP_PARAM struct dentry *dentry, struct faultfs_fileattr *attr)
{
	return faultfs_stub() ? 0 : -ENOIOCTLCMD;
}
#endif

#if FAULTFS_SINCE(6, 6)
static noinline struct offset_ctx *faultfs_inode_get_offset_ctx(struct inode *inode)
{
	faultfs_stub();
	return NULL;
}
#endif

#if FAULTFS_SINCE(6, 2)
#define NEWER_ACL .get_inode_acl = faultfs_inode_get_inode_acl,
#else
#define NEWER_ACL
#endif

#if FAULTFS_SINCE(5, 13)
#define FILEATTR .fileattr_get = faultfs_inode_fileattr_get, .fileattr_set = faultfs_inode_fileattr_set,
#else
#define FILEATTR
#endif

#if FAULTFS_SINCE(7, 0)
#define LAZYTIME .sync_lazytime = faultfs_inode_sync_lazytime,
#else
#define LAZYTIME
#endif

/* What every kind of inode has. */
#define COMMON                                                                                                         \
	NEWER_ACL FILEATTR LAZYTIME.setattr = faultfs_inode_setattr, .permission = faultfs_inode_permission,           \
			   .getattr = faultfs_inode_getattr, .listxattr = faultfs_inode_listxattr,                     \
			   .fiemap = faultfs_inode_fiemap, .update_time = faultfs_inode_update_time,                   \
			   .get_acl = faultfs_inode_get_acl

const struct inode_operations faultfs_dir_iops = {
	.lookup = faultfs_inode_lookup,
	.create = faultfs_inode_create,
	.link = faultfs_inode_link,
	.mknod = faultfs_inode_mknod,
	.symlink = faultfs_inode_symlink,
	.mkdir = faultfs_inode_mkdir,
	.unlink = faultfs_inode_unlink,
	.rmdir = faultfs_inode_rmdir,
	.rename = faultfs_inode_rename,
	.atomic_open = faultfs_inode_atomic_open,
	.tmpfile = faultfs_inode_tmpfile,
#if FAULTFS_SINCE(6, 6)
	.get_offset_ctx = faultfs_inode_get_offset_ctx,
#endif
	COMMON,
};

const struct inode_operations faultfs_file_iops = {COMMON};

const struct inode_operations faultfs_link_iops = {
	.readlink = faultfs_inode_readlink,
	.get_link = faultfs_inode_get_link,
	COMMON,
};
