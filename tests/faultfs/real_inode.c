// SPDX-License-Identifier: GPL-2.0
/* struct inode_operations of a real filesystem: what calls are about, and what becomes of it. */
#include <linux/dcache.h>
#include <linux/mount.h>

#include "inode.h"
#include "real.h"

/* The names of this round, whose dentries are this round's own. */
#define NEW "new"
#define TARGET "target"
#define KEPT "kept"

static struct dentry *own[2];

/* The dcache does not know what the method did: it has to ask again. */
static void forget(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
		if (IS_ERR_OR_NULL(own[i]))
			continue;
		d_drop(own[i]);
		dput(own[i]);
	}
	memset(own, 0, sizeof(own));
}

static void finish(struct scene *s)
{
	static const char *const names[] = {NEW, TARGET, KEPT};

	forget();
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		WARN_ON(real_remove(s->a.dentry, names[i]));
		WARN_ON(real_remove(s->b.dentry, names[i]));
	}
}

static int prepare_file(struct scene *s)
{
	s->arg.dir = d_inode(s->a.dentry);
	s->arg.dentry = s->a.file;
	s->arg.inode = d_inode(s->a.file);
	return 0;
}

static int prepare_lookup(struct scene *s)
{
	struct qstr name = QSTR_INIT("file", 4);

	own[0] = d_alloc(s->a.dentry, &name);
	s->arg.dir = d_inode(s->a.dentry);
	s->arg.dentry = own[0];
	return own[0] ? 0 : -ENOMEM;
}

static void finish_lookup(struct scene *s)
{
	forget();
}

static int prepare_fresh(struct scene *s)
{
	own[0] = real_find(s->a.dentry, NEW);
	s->arg.dir = d_inode(s->a.dentry);
	s->arg.dentry = own[0];
	return PTR_ERR_OR_ZERO(own[0]);
}

static int prepare_link(struct scene *s)
{
	own[0] = real_find(s->b.dentry, NEW);
	s->arg.dir = d_inode(s->b.dentry);
	s->arg.dentry = s->a.file;
	s->arg.inode = d_inode(s->a.file);
	s->arg.target = own[0];
	return PTR_ERR_OR_ZERO(own[0]);
}

/*
 * A filesystem that puts an inode on its list of orphans may want it locked (ext4_orphan_add warns). If it is not, it
 * keeps another link, or is a directory that cannot go.
 */
static int keep(struct scene *s, struct dentry *dir, struct dentry *dentry, const char *lock)
{
	struct dentry *inside;

	if (real_is_held(s, lock))
		return 0;
	if (!d_is_dir(dentry))
		return real_link(dentry, dir, KEPT);
	inside = real_make(dentry, REAL_INSIDE, S_IFREG | 0600);
	if (IS_ERR(inside))
		return PTR_ERR(inside);
	dput(inside);
	return 0;
}

static int prepare_removal(struct scene *s, umode_t mode)
{
	own[0] = real_make(s->a.dentry, NEW, mode);
	if (IS_ERR(own[0]))
		return PTR_ERR(own[0]);
	s->arg.dir = d_inode(s->a.dentry);
	s->arg.dentry = own[0];
	s->arg.inode = d_inode(own[0]);
	return keep(s, s->a.dentry, own[0], "i_rwsem.victim");
}

static int prepare_unlink(struct scene *s)
{
	return prepare_removal(s, S_IFREG | 0600);
}

static int prepare_rmdir(struct scene *s)
{
	if (!real_is_held(s, "i_rwsem.victim"))
		s->arg.refusal = -ENOTEMPTY;
	return prepare_removal(s, S_IFDIR | 0700);
}

static umode_t mode_of(bool is_dir)
{
	return is_dir ? S_IFDIR | 0700 : S_IFREG | 0600;
}

static int prepare_rename(struct scene *s)
{
	const struct faultfs_rename *v = faultfs_rename_of(s);
	struct dentry *to;

	if (!v)
		return -EOPNOTSUPP;
	to = v->across ? s->b.dentry : s->a.dentry;
	own[0] = real_make(s->a.dentry, NEW, mode_of(v->of_dir));
	if (IS_ERR(own[0]))
		return PTR_ERR(own[0]);
	own[1] = v->to == NO_TARGET ? real_find(to, TARGET) : real_make(to, TARGET, mode_of(v->to == TO_DIR));
	if (IS_ERR(own[1]))
		return PTR_ERR(own[1]);
	s->arg.dir = d_inode(s->a.dentry);
	s->arg.other_dir = d_inode(to);
	s->arg.dentry = own[0];
	s->arg.target = own[1];
	s->arg.flags = v->flags;
	if (v->to == NO_TARGET || v->flags)
		return 0;
	/* POSIX has both. */
	if (v->to == TO_DIR && !real_is_held(s, "i_rwsem.target"))
		s->arg.refusal = strcmp(s->sb->s_type->name, "xfs") ? -ENOTEMPTY : -EEXIST;
	return keep(s, to, own[1], "i_rwsem.target");
}

static int prepare_get_link(struct scene *s)
{
	s->arg.dentry = faultfs_is_variant(s, "rcu_walk") ? NULL : s->link;
	s->arg.inode = d_inode(s->link);
	return 0;
}

/* What is set is what there is. */
static int prepare_fileattr_set(struct scene *s)
{
	static struct faultfs_fileattr attr;

	prepare_file(s);
	memset(&attr, 0, sizeof(attr));
	s->arg.extra = &attr;
	return vfs_fileattr_get(s->a.file, &attr);
}

static const void *of_dir(struct scene *s)
{
	return s->arg.dir->i_op;
}

static const void *of_inode(struct scene *s)
{
	return s->arg.inode->i_op;
}

#define METHOD(method, in, prepare_it, finish_it, ...)                                                                 \
	{                                                                                                              \
		.ops = "inode_operations", .name = #method, .prepare = prepare_it, .finish = finish_it, .table = in,   \
		.offset = offsetof(struct inode_operations, method), ##__VA_ARGS__                                     \
	}

const struct real_method real_inode_methods[] = {
	METHOD(lookup, of_dir, prepare_lookup, finish_lookup),
	METHOD(create, of_dir, prepare_fresh, finish),
	METHOD(link, of_dir, prepare_link, finish),
	METHOD(mknod, of_dir, prepare_fresh, finish),
	METHOD(symlink, of_dir, prepare_fresh, finish),
	METHOD(mkdir, of_dir, prepare_fresh, finish),
	METHOD(unlink, of_dir, prepare_unlink, finish),
	METHOD(rmdir, of_dir, prepare_rmdir, finish),
	METHOD(rename, of_dir, prepare_rename, finish),
	/* xfs does: see tests/faultfs/unreal. */
	METHOD(get_link, of_inode, prepare_get_link, NULL, .never_sleeps = true),
	METHOD(setattr, of_inode, prepare_file, NULL),
	METHOD(get_acl, of_inode, prepare_file, NULL),
	METHOD(getattr, of_inode, prepare_file, NULL, .never_sleeps = true),
	METHOD(listxattr, of_inode, prepare_file, NULL),
	METHOD(fiemap, of_inode, prepare_file, NULL),
	METHOD(update_time, of_inode, prepare_file, NULL),
	METHOD(fileattr_get, of_inode, prepare_file, NULL),
	METHOD(fileattr_set, of_inode, prepare_fileattr_set, NULL),
	{},
};
