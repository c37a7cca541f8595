// SPDX-License-Identifier: GPL-2.0
/* struct xattr_handler: the calls. */
#include <linux/xattr.h>

#include "faultfs.h"

/* As the VFS finds it. */
static const struct xattr_handler *handler_of(struct scene *s)
{
	return s->sb->s_xattr[0];
}

/* Not every handler lists. */
const struct xattr_handler *faultfs_lister_of(struct scene *s)
{
	for (const struct xattr_handler *const *h = (void *)s->sb->s_xattr; h && *h; h++)
		if ((*h)->list)
			return *h;
	return NULL;
}

static int prepare_xattr(struct scene *s)
{
	s->arg.dentry = faultfs_is_variant(s, "no_dentry") ? NULL : s->a.file;
	s->arg.inode = d_inode(s->a.file);
	return 0;
}

static noinline int call_xattr_list(struct scene *s)
{
	faultfs_lister_of(s)->list(s->arg.dentry);
	barrier();
	return 0;
}

static noinline int call_xattr_get(struct scene *s)
{
	const struct xattr_handler *h = handler_of(s);
	int error = h->get(h, s->arg.dentry, s->arg.inode, "name", NULL, 0);

	barrier();
	return error < 0 ? error : 0;
}

static noinline int call_xattr_set(struct scene *s)
{
	const struct xattr_handler *h = handler_of(s);
	int error = h->set(h, FAULTFS_IDMAP s->arg.dentry, s->arg.inode, "name", "value", 5, 0);

	barrier();
	return error < 0 ? error : 0;
}

static const struct faultfs_lock xattr_locks[] = {
	{"i_rwsem.inode", FAULTFS_RWSEM, faultfs_rwsem_of_inode},
	{},
};

static const char *const variants_get[] = {"plain", "no_dentry", NULL};

static const struct faultfs_method xattr_methods[] = {
	{"list", NULL, xattr_locks, prepare_xattr, call_xattr_list, .nested = call_xattr_get},
	{"get", variants_get, xattr_locks, prepare_xattr, call_xattr_get, .nested = call_xattr_list},
	{"set", variants_get, xattr_locks, prepare_xattr, call_xattr_set, .nested = call_xattr_get},
	{},
};

const struct faultfs_part faultfs_xattr_part = {.name = "xattr_handler", .methods = xattr_methods};
