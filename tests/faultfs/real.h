/* SPDX-License-Identifier: GPL-2.0 */
/*
 * faultreal - calls the methods of a filesystem that is really mounted, as faultfs calls its own: one line written to
 * /proc/faultreal is one command, like those for faultfs (faultfs.h), of which it is about
 *
 *	OPS.METHOD COUNT on=DIR [variant=V] [tag=N] [LOCK.SUBJECT=MODE[:other][:neighbour]]... [context=C]
 *
 *	DIR	the absolute path of a directory on the mount, which then is the module's: all is made that calls need,
 *		and found again by the next command
 *
 * The outcome of a command has the name of the method's function at its end. There are no stubs, so that nothing can be
 * asked of what happens inside. What is left out, as it would do harm or cannot be, tests/faultfs/unreal says.
 */
#ifndef FAULTFS_REAL_H
#define FAULTFS_REAL_H

#include "faultfs.h"

/* How a method of the shared parts (struct faultfs_part) gets real objects. */
struct real_method {
	const char *ops, *name;
	int (*prepare)(struct scene *s); /* chooses the arguments */
	void (*finish)(struct scene *s); /* undoes the call and prepare(), even half of it; NULL: nothing to undo */
	/* The table that the call goes through, and where the method stands in it. */
	const void *(*table)(struct scene *s);
	size_t offset;
	/* It sleeps in none of these calls, so that it may be called in all contexts. */
	bool never_sleeps;
	/* NULL: all that the method has. */
	const char *const *variants;
};

extern const struct real_method real_inode_methods[], real_file_methods[], real_super_methods[], real_aops_methods[],
	real_vm_methods[];

/* Is the lock of that name held in this call, by whomever? */
bool real_is_held(const struct scene *s, const char *name);

/* real_names.c: names in directories, with the locks that the VFS takes for that. All return a reference to the dentry.
 */
struct dentry *real_find(struct dentry *dir, const char *name);
struct dentry *real_make(struct dentry *dir, const char *name, umode_t mode);
int real_link(struct dentry *old, struct dentry *dir, const char *name);
/* A directory with its one file. What is not there need not be removed. */
int real_remove(struct dentry *dir, const char *name);
/* What a directory that is not to be removed has inside. */
#define REAL_INSIDE "inside"

/* Opens what the scene has. */
struct file *real_open(struct dentry *dentry, unsigned int flags);

/* real_pages.c */
#define REAL_PAGES 16 /* of a/file; the rest of the file is a hole */
int real_pages_setup(struct scene *s);

#endif
