// SPDX-License-Identifier: GPL-2.0
/* The module faultreal: the objects that it makes on a mount, and its commands. See real.h. */
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/slab.h>

#include "real.h"

MODULE_DESCRIPTION("Calls the methods of mounted filesystems in any state of locks, for tests of vfslock");
MODULE_LICENSE("GPL");

static unsigned long namespace_sem;

module_param(namespace_sem, ulong, 0400);

void *faultfs_namespace_sem(void)
{
	return (void *)namespace_sem;
}

const struct faultfs_part *const faultfs_parts[] = {
	&faultfs_aops_part,
	&faultfs_file_part,
	&faultfs_inode_part,
	&faultfs_super_part,
	&faultfs_vm_part,
	&faultfs_xattr_part,
	NULL,
};

static const struct real_method *const tables[] = {real_aops_methods, real_file_methods, real_inode_methods,
						   real_super_methods, real_vm_methods};

/* Of the one command that there is at a time. */
static struct scene scene;
static struct path on, other;

static const struct real_method *find(const struct faultfs_part *p, const struct faultfs_method *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct real_method *r = tables[i]; r->name; r++)
			if (!strcmp(r->ops, p->name) && !strcmp(r->name, m->name))
				return r;
	return NULL;
}

static bool offers(const struct faultfs_part *p, const struct faultfs_method *m)
{
	return find(p, m);
}

static bool has_variant(const struct real_method *r, const char *variant)
{
	const char *const *v = r->variants;

	while (v && *v)
		if (!strcmp(*v++, variant))
			return true;
	return !v;
}

/* What happens to a lock inside is not to be chosen: only what the method does anyway may be named. */
static bool can(const struct faultfs_call *c)
{
	const struct real_method *r = find(c->part, c->method);

	for (unsigned int i = 0; i < c->n_states; i++)
		if (c->state[i].exit != c->state[i].lock->exit || c->state[i].after != c->state[i].lock->after)
			return false;
	return c->body == FAULTFS_NOTHING && (c->context == FAULTFS_TASK || r->never_sleeps) &&
	       has_variant(r, c->variant);
}

bool real_is_held(const struct scene *s, const char *name)
{
	for (unsigned int i = 0; i < s->call->n_states; i++) {
		const struct faultfs_state *st = &s->call->state[i];

		if (!strcmp(st->lock->name, name))
			return (st->asked == FAULTFS_SHARED || st->asked == FAULTFS_EXCLUSIVE) && !st->neighbour;
	}
	return false;
}

static void put_dentry(struct dentry **dentry)
{
	if (!IS_ERR_OR_NULL(*dentry))
		dput(*dentry);
	*dentry = NULL;
}

static void close(struct file **file)
{
	if (!IS_ERR_OR_NULL(*file))
		fput(*file);
	*file = NULL;
}

/* All that build() has made, or half of it. */
static void put(struct scene *s)
{
	close(&s->spare_dir_file);
	close(&s->dir_file);
	close(&s->spare_file);
	close(&s->other_file);
	close(&s->file);
	put_dentry(&s->spare);
	put_dentry(&s->spare_dir);
	put_dentry(&s->link);
	put_dentry(&s->b.file);
	put_dentry(&s->b.dentry);
	put_dentry(&s->a.file);
	put_dentry(&s->a.dentry);
	path_put(&other);
	path_put(&on);
}

struct file *real_open(struct dentry *dentry, unsigned int flags)
{
	struct path path = {.mnt = on.mnt, .dentry = dentry};

	return dentry_open(&path, flags | O_LARGEFILE, current_cred());
}

static int make_names(struct scene *s)
{
	struct {
		struct dentry **to, **in;
		const char *name;
		umode_t mode;
	} names[] = {
		{&s->a.dentry, &s->root, "a", S_IFDIR | 0755},      {&s->b.dentry, &s->root, "b", S_IFDIR | 0755},
		{&s->spare_dir, &s->root, "c", S_IFDIR | 0755},     {&s->spare, &s->root, "spare", S_IFREG | 0644},
		{&s->link, &s->root, "link", S_IFLNK | 0777},       {&s->a.file, &s->a.dentry, "file", S_IFREG | 0644},
		{&s->b.file, &s->b.dentry, "file", S_IFREG | 0644},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		*names[i].to = real_make(*names[i].in, names[i].name, names[i].mode);
		if (IS_ERR(*names[i].to))
			return PTR_ERR(*names[i].to);
	}
	return 0;
}

static int open_files(struct scene *s)
{
	s->file = real_open(s->a.file, O_RDWR);
	s->other_file = real_open(s->b.file, O_RDWR);
	s->spare_file = real_open(s->spare, O_RDWR);
	s->dir_file = real_open(s->a.dentry, O_RDONLY | O_DIRECTORY);
	s->spare_dir_file = real_open(s->spare_dir, O_RDONLY | O_DIRECTORY);
	if (IS_ERR(s->file) || IS_ERR(s->other_file) || IS_ERR(s->spare_file) || IS_ERR(s->dir_file) ||
	    IS_ERR(s->spare_dir_file))
		return -EIO;
	return 0;
}

static struct scene *get(const struct faultfs_call *c)
{
	struct scene *s = &scene;
	int error;

	if (!c->on)
		return ERR_PTR(-EINVAL);
	memset(s, 0, sizeof(*s));
	error = kern_path(c->on, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &on);
	if (error)
		return ERR_PTR(error);
	error = kern_path("/proc", LOOKUP_FOLLOW, &other);
	if (error) {
		path_put(&on);
		return ERR_PTR(error);
	}
	s->mnt = on.mnt;
	s->sb = on.dentry->d_sb;
	s->spare_sb = other.dentry->d_sb;
	s->root = on.dentry;
	error = make_names(s);
	if (!error)
		error = open_files(s);
	if (!error)
		error = real_pages_setup(s);
	if (!error)
		return s;
	put(s);
	return ERR_PTR(error);
}

static int prepare(struct scene *s)
{
	const struct real_method *r = find(s->call->part, s->call->method);
	const void *table;
	int error;

	s->call->function = NULL;
	error = r->prepare(s);
	if (error)
		return error;
	table = r->table(s);
	s->call->function = table ? *(void *const *)(table + r->offset) : NULL;
	/* The filesystem has no such method. */
	return s->call->function ? 0 : -EOPNOTSUPP;
}

static void finish(struct scene *s)
{
	const struct real_method *r = find(s->call->part, s->call->method);

	if (r->finish)
		r->finish(s);
}

const struct faultfs_world faultfs_world = {
	.name = "faultreal",
	.offers = offers,
	.can = can,
	.get = get,
	.put = put,
	.prepare = prepare,
	.finish = finish,
};

static int __init real_init(void)
{
	return faultfs_control_init();
}

static void __exit real_exit(void)
{
	faultfs_control_exit();
}

module_init(real_init);
module_exit(real_exit);
