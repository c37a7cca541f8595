// SPDX-License-Identifier: GPL-2.0
/* struct xattr_handler. The calls are in xattr_calls.c. */
#include <linux/xattr.h>

#include "faultfs.h"

static noinline bool faultfs_xattr_list(struct dentry *dentry)
{
	faultfs_stub();
	return false;
}

static noinline int faultfs_xattr_get(const struct xattr_handler *handler, struct dentry *dentry, struct inode *inode,
				      const char *name, void *buffer, size_t size)
{
	return faultfs_stub() ? 0 : -ENODATA;
}

static noinline int faultfs_xattr_set(const struct xattr_handler *handler, FAULTFS_IDMAP_PARAM struct dentry *dentry,
				      struct inode *inode, const char *name, const void *value, size_t size, int flags)
{
	return faultfs_stub() ? 0 : -EOPNOTSUPP;
}

const struct xattr_handler faultfs_xattr_handler = {
	.prefix = "user.",
	.list = faultfs_xattr_list,
	.get = faultfs_xattr_get,
	.set = faultfs_xattr_set,
};
