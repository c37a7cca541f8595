// SPDX-License-Identifier: GPL-2.0
/* Names that calls are about, made and removed as the VFS does. */
#include <linux/dcache.h>
#include <linux/namei.h>

#include "real.h"

struct dentry *real_find(struct dentry *dir, const char *name)
{
	struct dentry *found;

	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	found = lookup_one_len(name, dir, strlen(name));
	inode_unlock(d_inode(dir));
	return found;
}

struct dentry *real_make(struct dentry *dir, const char *name, umode_t mode)
{
	struct dentry *dentry = real_find(dir, name);
	struct inode *in = d_inode(dir);
	int error;

	if (IS_ERR(dentry) || d_is_positive(dentry))
		return dentry;
	inode_lock_nested(in, I_MUTEX_PARENT);
	if (S_ISDIR(mode))
		error = vfs_mkdir(FAULTFS_IDMAP in, dentry, mode);
	else if (S_ISLNK(mode))
		error = vfs_symlink(FAULTFS_IDMAP in, dentry, "a");
	else if (S_ISFIFO(mode))
		error = vfs_mknod(FAULTFS_IDMAP in, dentry, mode, 0);
	else
		error = vfs_create(FAULTFS_IDMAP in, dentry, mode, true);
	inode_unlock(in);
	if (!error)
		return dentry;
	dput(dentry);
	return ERR_PTR(error);
}

int real_link(struct dentry *old, struct dentry *dir, const char *name)
{
	struct dentry *dentry = real_find(dir, name);
	int error;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	error = vfs_link(old, FAULTFS_IDMAP d_inode(dir), dentry, NULL);
	inode_unlock(d_inode(dir));
	dput(dentry);
	return error;
}

static int remove_dentry(struct dentry *dir, struct dentry *dentry)
{
	int error;

	inode_lock_nested(d_inode(dir), I_MUTEX_PARENT);
	if (d_is_dir(dentry))
		error = vfs_rmdir(FAULTFS_IDMAP d_inode(dir), dentry);
	else
		error = vfs_unlink(FAULTFS_IDMAP d_inode(dir), dentry, NULL);
	inode_unlock(d_inode(dir));
	return error;
}

int real_remove(struct dentry *dir, const char *name)
{
	struct dentry *dentry = real_find(dir, name), *inside;
	int error = 0;

	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	if (d_is_dir(dentry)) {
		inside = real_find(dentry, REAL_INSIDE);
		if (!IS_ERR(inside)) {
			if (d_is_positive(inside))
				error = remove_dentry(dentry, inside);
			dput(inside);
		}
	}
	if (!error && d_is_positive(dentry))
		error = remove_dentry(dir, dentry);
	dput(dentry);
	return error;
}
