// SPDX-License-Identifier: GPL-2.0
/* struct inode_operations: the calls. */
#include <linux/dcache.h>
#include <linux/fiemap.h>
#include <linux/posix_acl.h>
#include <linux/stat.h>

#include "faultfs.h"
#include "inode.h"

/* Of a file, or the name of one in its directory. */
static int prepare_file(struct scene *s)
{
	s->arg.dir = d_inode(s->a.dentry);
	s->arg.dentry = s->a.file;
	s->arg.inode = d_inode(s->a.file);
	return 0;
}

static int prepare_link_inode(struct scene *s)
{
	s->arg.dentry = s->link;
	s->arg.inode = d_inode(s->link);
	return 0;
}

/* A name that is not there. */
static int prepare_fresh(struct scene *s)
{
	s->arg.dir = d_inode(s->a.dentry);
	s->arg.dentry = s->a.fresh;
	return 0;
}

static int prepare_link(struct scene *s)
{
	s->arg.dir = d_inode(s->b.dentry);
	s->arg.dentry = s->a.file;
	s->arg.inode = d_inode(s->a.file);
	s->arg.target = s->b.fresh;
	return 0;
}

static int prepare_victim(struct scene *s)
{
	s->arg.dir = d_inode(s->a.dentry);
	s->arg.dentry = s->a.victim;
	s->arg.inode = d_inode(s->a.victim);
	return 0;
}

static int prepare_sub(struct scene *s)
{
	s->arg.dir = d_inode(s->a.dentry);
	s->arg.dentry = s->a.sub;
	s->arg.inode = d_inode(s->a.sub);
	return 0;
}

/* All that the rules tell apart: into another directory, of what, over what, with what flags. */
static const struct faultfs_rename rename_variants[] = {
	{"plain", false, false, NO_TARGET, 0},
	{"target", false, false, TO_FILE, 0},
	{"across", true, false, NO_TARGET, 0},
	{"across_target", true, false, TO_FILE, 0},
	{"dir", false, true, NO_TARGET, 0},
	{"dir_target", false, true, TO_DIR, 0},
	{"dir_across", true, true, NO_TARGET, 0},
	{"dir_across_target", true, true, TO_DIR, 0},
	{"exchange", false, false, TO_FILE, RENAME_EXCHANGE},
	{"across_exchange", true, false, TO_FILE, RENAME_EXCHANGE},
	{"dir_exchange", false, true, TO_DIR, RENAME_EXCHANGE},
	{"dir_across_exchange", true, true, TO_DIR, RENAME_EXCHANGE},
	{"file_with_dir", false, false, TO_DIR, RENAME_EXCHANGE},
	{"dir_with_file", false, true, TO_FILE, RENAME_EXCHANGE},
};

static const char *const variants_rename[] = {
	"plain",         "target",          "across",       "across_target",
	"dir",           "dir_target",      "dir_across",   "dir_across_target",
	"exchange",      "across_exchange", "dir_exchange", "dir_across_exchange",
	"file_with_dir", "dir_with_file",   NULL,
};

const struct faultfs_rename *faultfs_rename_of(const struct scene *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(rename_variants); i++)
		if (faultfs_is_variant(s, rename_variants[i].name))
			return &rename_variants[i];
	return NULL;
}

static int prepare_rename(struct scene *s)
{
	const struct faultfs_rename *v = faultfs_rename_of(s);
	const struct faultfs_dir *to;

	if (!v)
		return -EOPNOTSUPP;
	to = v->across ? &s->b : &s->a;
	s->arg.dir = d_inode(s->a.dentry);
	s->arg.other_dir = d_inode(to->dentry);
	s->arg.dentry = v->of_dir ? s->a.sub : s->a.file;
	s->arg.target = v->to == NO_TARGET ? to->fresh : v->to == TO_FILE ? to->victim : to->other_sub;
	s->arg.flags = v->flags;
	return 0;
}

/* Every inode has these. */
static struct inode *subject(struct scene *s)
{
	return s->arg.inode ? s->arg.inode : s->arg.dir;
}

static int prepare_rcu_walk(struct scene *s)
{
	prepare_file(s);
	s->arg.flags = faultfs_is_variant(s, "rcu_walk");
	return 0;
}

static int prepare_get_link(struct scene *s)
{
	prepare_link_inode(s);
	if (faultfs_is_variant(s, "rcu_walk"))
		s->arg.dentry = NULL;
	return 0;
}

static int prepare_atomic_open(struct scene *s)
{
	prepare_fresh(s);
	s->arg.filp = s->file;
	s->arg.flags = O_RDWR | (faultfs_is_variant(s, "o_creat") ? O_CREAT : 0);
	return 0;
}

static noinline int call_inode_lookup(struct scene *s)
{
	struct dentry *found = s->arg.dir->i_op->lookup(s->arg.dir, s->arg.dentry, 0);

	barrier();
	return PTR_ERR_OR_ZERO(found);
}

static noinline int call_inode_create(struct scene *s)
{
	int error = s->arg.dir->i_op->create(FAULTFS_IDMAP s->arg.dir, s->arg.dentry, S_IFREG | 0600, true);

	barrier();
	return error;
}

static noinline int call_inode_link(struct scene *s)
{
	int error = s->arg.dir->i_op->link(s->arg.dentry, s->arg.dir, s->arg.target);

	barrier();
	return error;
}

static noinline int call_inode_mknod(struct scene *s)
{
	int error = s->arg.dir->i_op->mknod(FAULTFS_IDMAP s->arg.dir, s->arg.dentry, S_IFIFO | 0600, 0);

	barrier();
	return error;
}

static noinline int call_inode_symlink(struct scene *s)
{
	int error = s->arg.dir->i_op->symlink(FAULTFS_IDMAP s->arg.dir, s->arg.dentry, "a");

	barrier();
	return error;
}

static noinline int call_inode_mkdir(struct scene *s)
{
#if FAULTFS_SINCE(6, 15)
	int error = PTR_ERR_OR_ZERO(s->arg.dir->i_op->mkdir(FAULTFS_IDMAP s->arg.dir, s->arg.dentry, 0700));
#else
	int error = s->arg.dir->i_op->mkdir(FAULTFS_IDMAP s->arg.dir, s->arg.dentry, 0700);
#endif

	barrier();
	return error;
}

static noinline int call_inode_unlink(struct scene *s)
{
	int error = s->arg.dir->i_op->unlink(s->arg.dir, s->arg.dentry);

	barrier();
	return error;
}

static noinline int call_inode_rmdir(struct scene *s)
{
	int error = s->arg.dir->i_op->rmdir(s->arg.dir, s->arg.dentry);

	barrier();
	return error;
}

static noinline int call_inode_rename(struct scene *s)
{
	int error = s->arg.dir->i_op->rename(FAULTFS_IDMAP s->arg.dir, s->arg.dentry, s->arg.other_dir, s->arg.target,
					     s->arg.flags);

	barrier();
	return error;
}

static noinline int call_inode_readlink(struct scene *s)
{
	int error = s->arg.inode->i_op->readlink(s->arg.dentry, NULL, 0);

	barrier();
	return error;
}

static noinline int call_inode_get_link(struct scene *s)
{
	struct delayed_call done = {};
	const char *link = s->arg.inode->i_op->get_link(s->arg.dentry, s->arg.inode, &done);

	barrier();
	do_delayed_call(&done);
	return PTR_ERR_OR_ZERO(link);
}

static noinline int call_inode_setattr(struct scene *s)
{
	struct iattr attr = {};
	int error = s->arg.inode->i_op->setattr(FAULTFS_IDMAP s->arg.dentry, &attr);

	barrier();
	return error;
}

static noinline int call_inode_permission(struct scene *s)
{
	int mask = MAY_READ | (s->arg.flags ? MAY_NOT_BLOCK : 0);
	int error = s->arg.inode->i_op->permission(FAULTFS_IDMAP s->arg.inode, mask);

	barrier();
	return error;
}

static noinline int call_inode_get_acl(struct scene *s)
{
#if FAULTFS_SINCE(6, 2)
	struct posix_acl *acl = s->arg.inode->i_op->get_acl(FAULTFS_IDMAP s->arg.dentry, ACL_TYPE_ACCESS);
#elif FAULTFS_SINCE(5, 15)
	struct posix_acl *acl = s->arg.inode->i_op->get_acl(s->arg.inode, ACL_TYPE_ACCESS, s->arg.flags);
#else
	struct posix_acl *acl = s->arg.inode->i_op->get_acl(s->arg.inode, ACL_TYPE_ACCESS);
#endif

	barrier();
	return PTR_ERR_OR_ZERO(acl);
}

#if FAULTFS_SINCE(6, 2)
static noinline int call_inode_get_inode_acl(struct scene *s)
{
	struct posix_acl *acl = s->arg.inode->i_op->get_inode_acl(s->arg.inode, ACL_TYPE_ACCESS, s->arg.flags);

	barrier();
	return PTR_ERR_OR_ZERO(acl);
}
#endif

static noinline int call_inode_getattr(struct scene *s)
{
	struct path path = {.mnt = s->mnt, .dentry = s->arg.dentry};
	struct kstat stat = {};
	int error = s->arg.inode->i_op->getattr(FAULTFS_IDMAP & path, &stat, STATX_BASIC_STATS, 0);

	barrier();
	return error;
}

static noinline int call_inode_listxattr(struct scene *s)
{
	int error = s->arg.inode->i_op->listxattr(s->arg.dentry, NULL, 0);

	barrier();
	return error < 0 ? error : 0;
}

static noinline int call_inode_fiemap(struct scene *s)
{
	struct fiemap_extent_info info = {};
	int error = s->arg.inode->i_op->fiemap(s->arg.inode, &info, 0, PAGE_SIZE);

	barrier();
	return error;
}

static noinline int call_inode_update_time(struct scene *s)
{
	int error = s->arg.inode->i_op->update_time(s->arg.inode FAULTFS_UPDATE_TIME_ARGS);

	barrier();
	return error;
}

#if FAULTFS_SINCE(7, 0)
static noinline int call_inode_sync_lazytime(struct scene *s)
{
	s->arg.inode->i_op->sync_lazytime(s->arg.inode);
	barrier();
	return 0;
}
#endif

static noinline int call_inode_atomic_open(struct scene *s)
{
	int error = s->arg.dir->i_op->atomic_open(s->arg.dir, s->arg.dentry, s->arg.filp, s->arg.flags, 0600);

	barrier();
	return error;
}

static noinline int call_inode_tmpfile(struct scene *s)
{
#if FAULTFS_SINCE(6, 1)
	int error = s->arg.dir->i_op->tmpfile(FAULTFS_IDMAP s->arg.dir, s->arg.filp, S_IFREG | 0600);
#else
	int error = s->arg.dir->i_op->tmpfile(FAULTFS_IDMAP s->arg.dir, s->arg.dentry, S_IFREG | 0600);
#endif

	barrier();
	return error;
}

#if FAULTFS_SINCE(5, 13)
static noinline int call_inode_fileattr_get(struct scene *s)
{
	struct faultfs_fileattr attr = {};
	int error = s->arg.inode->i_op->fileattr_get(s->arg.dentry, &attr);

	barrier();
	return error;
}

static noinline int call_inode_fileattr_set(struct scene *s)
{
	struct faultfs_fileattr nothing = {};
	struct faultfs_fileattr *attr = s->arg.extra ? s->arg.extra : &nothing;
	int error = s->arg.inode->i_op->fileattr_set(FAULTFS_IDMAP s->arg.dentry, attr);

	barrier();
	return error;
}
#endif

#if FAULTFS_SINCE(6, 6)
static noinline int call_inode_get_offset_ctx(struct scene *s)
{
	s->arg.dir->i_op->get_offset_ctx(s->arg.dir);
	barrier();
	return 0;
}
#endif

/* What every inode has, for the method inside of another. */
static int nested_permission(struct scene *s)
{
	int error = subject(s)->i_op->permission(FAULTFS_IDMAP subject(s), MAY_READ);

	barrier();
	return error;
}

static void *find_other_dir(struct scene *s, bool neighbour)
{
	return neighbour ? &d_inode(s->spare_dir)->i_rwsem : &s->arg.other_dir->i_rwsem;
}

/* The neighbour is of the same kind, a directory or not. */
static void *rwsem_of_dentry(struct scene *s, struct dentry *dentry, bool neighbour)
{
	if (d_is_negative(dentry))
		return NULL;
	if (neighbour)
		dentry = d_is_dir(dentry) ? s->spare_dir : s->spare;
	return &d_inode(dentry)->i_rwsem;
}

static void *find_source(struct scene *s, bool neighbour)
{
	return rwsem_of_dentry(s, s->arg.dentry, neighbour);
}

static void *find_target(struct scene *s, bool neighbour)
{
	return rwsem_of_dentry(s, s->arg.target, neighbour);
}

static void *find_rename_mutex(struct scene *s, bool neighbour)
{
	return neighbour ? &s->spare_sb->s_vfs_rename_mutex : &s->sb->s_vfs_rename_mutex;
}

#define DIR                                                                                                            \
	{                                                                                                              \
		"i_rwsem.dir", FAULTFS_RWSEM, faultfs_rwsem_of_dir                                                     \
	}

static const struct faultfs_lock dir_locks[] = {DIR, {}};

static const struct faultfs_lock link_locks[] = {DIR, {"i_rwsem.source", FAULTFS_RWSEM, find_source}, {}};

static const struct faultfs_lock victim_locks[] = {DIR, {"i_rwsem.victim", FAULTFS_RWSEM, find_source}, {}};

static const struct faultfs_lock rename_locks[] = {
	{"s_vfs_rename_mutex.sb", FAULTFS_MUTEX, find_rename_mutex},
	{"i_rwsem.old_dir", FAULTFS_RWSEM, faultfs_rwsem_of_dir},
	{"i_rwsem.new_dir", FAULTFS_RWSEM, find_other_dir},
	{"i_rwsem.source", FAULTFS_RWSEM, find_source},
	{"i_rwsem.target", FAULTFS_RWSEM, find_target},
	{},
};

static const struct faultfs_lock inode_locks[] = {{"i_rwsem.inode", FAULTFS_RWSEM, faultfs_rwsem_of_inode}, {}};

static const char *const variants_rcu_walk[] = {"plain", "rcu_walk", NULL};
static const char *const variants_atomic_open[] = {"plain", "o_creat", NULL};

#define METHOD(name, variants, locks, prepare)                                                                         \
	{                                                                                                              \
#name, variants, locks, prepare, call_inode_##name, NULL, nested_permission                            \
	}

static const struct faultfs_method inode_methods[] = {
	METHOD(lookup, NULL, dir_locks, prepare_fresh),
	METHOD(create, NULL, dir_locks, prepare_fresh),
	METHOD(link, NULL, link_locks, prepare_link),
	METHOD(mknod, NULL, dir_locks, prepare_fresh),
	METHOD(symlink, NULL, dir_locks, prepare_fresh),
	METHOD(mkdir, NULL, dir_locks, prepare_fresh),
	METHOD(unlink, NULL, victim_locks, prepare_victim),
	METHOD(rmdir, NULL, victim_locks, prepare_sub),
	METHOD(rename, variants_rename, rename_locks, prepare_rename),
	METHOD(readlink, NULL, inode_locks, prepare_link_inode),
	METHOD(get_link, variants_rcu_walk, inode_locks, prepare_get_link),
	METHOD(setattr, NULL, inode_locks, prepare_file),
	{"permission", variants_rcu_walk, inode_locks, prepare_rcu_walk, call_inode_permission,
	 .nested = call_inode_getattr},
#if FAULTFS_SINCE(6, 2)
	METHOD(get_acl, NULL, inode_locks, prepare_file),
	METHOD(get_inode_acl, variants_rcu_walk, inode_locks, prepare_rcu_walk),
#elif FAULTFS_SINCE(5, 15)
	METHOD(get_acl, variants_rcu_walk, inode_locks, prepare_rcu_walk),
#else
	METHOD(get_acl, NULL, inode_locks, prepare_file),
#endif
	METHOD(getattr, NULL, inode_locks, prepare_file),
	METHOD(listxattr, NULL, inode_locks, prepare_file),
	METHOD(fiemap, NULL, inode_locks, prepare_file),
	METHOD(update_time, NULL, inode_locks, prepare_file),
#if FAULTFS_SINCE(7, 0)
	METHOD(sync_lazytime, NULL, inode_locks, prepare_file),
#endif
	METHOD(atomic_open, variants_atomic_open, dir_locks, prepare_atomic_open),
	METHOD(tmpfile, NULL, dir_locks, prepare_atomic_open),
#if FAULTFS_SINCE(5, 13)
	METHOD(fileattr_get, NULL, inode_locks, prepare_file),
	METHOD(fileattr_set, NULL, inode_locks, prepare_file),
#endif
#if FAULTFS_SINCE(6, 6)
	METHOD(get_offset_ctx, NULL, dir_locks, prepare_fresh),
#endif
	{},
};

const struct faultfs_part faultfs_inode_part = {.name = "inode_operations", .methods = inode_methods};
