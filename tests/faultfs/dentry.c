// SPDX-License-Identifier: GPL-2.0
/* struct dentry_operations. */
#include <linux/dcache.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/seqlock.h>
#include <linux/string.h>

#include "faultfs.h"

#if FAULTFS_SINCE(6, 14)
static noinline int faultfs_dentry_d_revalidate(struct inode *dir, const struct qstr *name, struct dentry *dentry,
						unsigned int flags)
#else
static noinline int faultfs_dentry_d_revalidate(struct dentry *dentry, unsigned int flags)
#endif
{
	faultfs_stub();
	return 1;
}

static noinline int faultfs_dentry_d_weak_revalidate(struct dentry *dentry, unsigned int flags)
{
	faultfs_stub();
	return 1;
}

static noinline int faultfs_dentry_d_hash(const struct dentry *dentry, struct qstr *name)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_dentry_d_compare(const struct dentry *dentry, unsigned int length, const char *text,
					     const struct qstr *name)
{
	if (faultfs_stub())
		return 0;
	return length != name->len || memcmp(text, name->name, length);
}

static noinline int faultfs_dentry_d_delete(const struct dentry *dentry)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_dentry_d_init(struct dentry *dentry)
{
	faultfs_stub();
	return 0;
}

static noinline void faultfs_dentry_d_release(struct dentry *dentry)
{
	faultfs_stub();
}

static noinline void faultfs_dentry_d_prune(struct dentry *dentry)
{
	faultfs_stub();
}

static noinline void faultfs_dentry_d_iput(struct dentry *dentry, struct inode *inode)
{
	if (!faultfs_stub())
		iput(inode);
}

/* Names are of no interest here: /proc and audits show paths by it. */
static noinline char *faultfs_dentry_d_dname(struct dentry *dentry, char *buffer, int size)
{
	static const char name[] = "/" FAULTFS_NAME;

	if (faultfs_stub())
		return buffer;
	if (size < (int)sizeof(name))
		return ERR_PTR(-ENAMETOOLONG);
	return memcpy(buffer + size - sizeof(name), name, sizeof(name));
}

static noinline struct vfsmount *faultfs_dentry_d_automount(struct path *path)
{
	faultfs_stub();
	return NULL;
}

static noinline int faultfs_dentry_d_manage(const struct path *path, bool rcu_walk)
{
	faultfs_stub();
	return 0;
}

#if FAULTFS_SINCE(6, 9)
static noinline struct dentry *faultfs_dentry_d_real(struct dentry *dentry, enum d_real_type type)
#else
static noinline struct dentry *faultfs_dentry_d_real(struct dentry *dentry, const struct inode *inode)
#endif
{
	faultfs_stub();
	return dentry;
}

#if FAULTFS_SINCE(6, 14)
static noinline bool faultfs_dentry_d_unalias_trylock(const struct dentry *dentry)
{
	faultfs_stub();
	return true;
}

static noinline void faultfs_dentry_d_unalias_unlock(const struct dentry *dentry)
{
	faultfs_stub();
}
#endif

const struct dentry_operations faultfs_dentry_ops = {
	.d_revalidate = faultfs_dentry_d_revalidate,
	.d_weak_revalidate = faultfs_dentry_d_weak_revalidate,
	.d_hash = faultfs_dentry_d_hash,
	.d_compare = faultfs_dentry_d_compare,
	.d_delete = faultfs_dentry_d_delete,
	.d_init = faultfs_dentry_d_init,
	.d_release = faultfs_dentry_d_release,
	.d_prune = faultfs_dentry_d_prune,
	.d_iput = faultfs_dentry_d_iput,
	.d_dname = faultfs_dentry_d_dname,
	.d_automount = faultfs_dentry_d_automount,
	.d_manage = faultfs_dentry_d_manage,
	.d_real = faultfs_dentry_d_real,
#if FAULTFS_SINCE(6, 14)
	.d_unalias_trylock = faultfs_dentry_d_unalias_trylock,
	.d_unalias_unlock = faultfs_dentry_d_unalias_unlock,
#endif
};

static int prepare_dentry(struct scene *s)
{
	s->arg.dentry = s->a.file;
	s->arg.flags = faultfs_is_variant(s, "rcu_walk");
	return 0;
}

/* The name of a directory's entry is looked for. */
static int prepare_parent(struct scene *s)
{
	s->arg.dentry = s->a.dentry;
	return 0;
}

/* An automount point is a directory. */
static int prepare_automount(struct scene *s)
{
	s->arg.dentry = s->a.sub;
	s->arg.flags = faultfs_is_variant(s, "rcu_walk");
	return 0;
}

static noinline int call_dentry_d_revalidate(struct scene *s)
{
	unsigned int flags = s->arg.flags ? LOOKUP_RCU : 0;
#if FAULTFS_SINCE(6, 14)
	int valid =
		s->arg.dentry->d_op->d_revalidate(d_inode(s->a.dentry), &s->arg.dentry->d_name, s->arg.dentry, flags);
#else
	int valid = s->arg.dentry->d_op->d_revalidate(s->arg.dentry, flags);
#endif

	barrier();
	return valid < 0 ? valid : 0;
}

static noinline int call_dentry_d_weak_revalidate(struct scene *s)
{
	int valid = s->arg.dentry->d_op->d_weak_revalidate(s->arg.dentry, 0);

	barrier();
	return valid < 0 ? valid : 0;
}

static noinline int call_dentry_d_hash(struct scene *s)
{
	struct qstr name = QSTR_INIT("file", 4);
	int error = s->arg.dentry->d_op->d_hash(s->arg.dentry, &name);

	barrier();
	return error;
}

static noinline int call_dentry_d_compare(struct scene *s)
{
	const struct qstr name = QSTR_INIT("file", 4);

	s->arg.dentry->d_op->d_compare(s->arg.dentry, 4, "file", &name);
	barrier();
	return 0;
}

static noinline int call_dentry_d_iput(struct scene *s)
{
	s->arg.dentry->d_op->d_iput(s->arg.dentry, d_inode(s->arg.dentry));
	barrier();
	return 0;
}

static noinline int call_dentry_d_dname(struct scene *s)
{
	char buffer[16];
	char *name = s->arg.dentry->d_op->d_dname(s->arg.dentry, buffer, sizeof(buffer));

	barrier();
	return PTR_ERR_OR_ZERO(name);
}

static noinline int call_dentry_d_automount(struct scene *s)
{
	struct path path = {.mnt = s->mnt, .dentry = s->arg.dentry};
	struct vfsmount *mnt = s->arg.dentry->d_op->d_automount(&path);

	barrier();
	return PTR_ERR_OR_ZERO(mnt);
}

static noinline int call_dentry_d_manage(struct scene *s)
{
	struct path path = {.mnt = s->mnt, .dentry = s->arg.dentry};
	int error = s->arg.dentry->d_op->d_manage(&path, s->arg.flags);

	barrier();
	return error;
}

static noinline int call_dentry_d_real(struct scene *s)
{
#if FAULTFS_SINCE(6, 9)
	s->arg.dentry->d_op->d_real(s->arg.dentry, D_REAL_DATA);
#else
	s->arg.dentry->d_op->d_real(s->arg.dentry, NULL);
#endif
	barrier();
	return 0;
}

/* Those with nothing but the dentry. */
#define CALL(method)                                                                                                   \
	static noinline int call_dentry_##method(struct scene *s)                                                      \
	{                                                                                                              \
		s->arg.dentry->d_op->method(s->arg.dentry);                                                            \
		barrier();                                                                                             \
		return 0;                                                                                              \
	}

CALL(d_delete)
CALL(d_init)
CALL(d_release)
CALL(d_prune)
#if FAULTFS_SINCE(6, 14)
CALL(d_unalias_trylock)
CALL(d_unalias_unlock)
#endif

static void *find_d_lock(struct scene *s, bool neighbour)
{
	return neighbour ? &s->spare->d_lockref.lock : &s->arg.dentry->d_lockref.lock;
}

static void *find_rename_lock(struct scene *s, bool neighbour)
{
	return neighbour ? NULL : &rename_lock;
}

static const struct faultfs_lock dentry_locks[] = {
	{"rename_lock.dcache", FAULTFS_SEQLOCK, find_rename_lock},
	{"d_lock.dentry", FAULTFS_SPIN, find_d_lock},
	{},
};

static const char *const variants_rcu_walk[] = {"plain", "rcu_walk", NULL};

#define METHOD(name, variants, prepare)                                                                                \
	{                                                                                                              \
#name, variants, dentry_locks, prepare, call_dentry_##name, .nested = call_dentry_d_weak_revalidate    \
	}

static const struct faultfs_method dentry_methods[] = {
	METHOD(d_revalidate, variants_rcu_walk, prepare_dentry),
	{"d_weak_revalidate", NULL, dentry_locks, prepare_dentry, call_dentry_d_weak_revalidate,
	 .nested = call_dentry_d_revalidate},
	METHOD(d_hash, NULL, prepare_parent),
	METHOD(d_compare, NULL, prepare_dentry),
	METHOD(d_delete, NULL, prepare_dentry),
	METHOD(d_init, NULL, prepare_dentry),
	METHOD(d_release, NULL, prepare_dentry),
	METHOD(d_prune, NULL, prepare_dentry),
	METHOD(d_iput, NULL, prepare_dentry),
	METHOD(d_dname, NULL, prepare_dentry),
	METHOD(d_automount, NULL, prepare_automount),
	METHOD(d_manage, variants_rcu_walk, prepare_automount),
	METHOD(d_real, NULL, prepare_dentry),
#if FAULTFS_SINCE(6, 14)
	METHOD(d_unalias_trylock, NULL, prepare_dentry),
	METHOD(d_unalias_unlock, NULL, prepare_dentry),
#endif
	{},
};

const struct faultfs_part faultfs_dentry_part = {.name = "dentry_operations", .methods = dentry_methods};
