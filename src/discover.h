/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a mount point to its super_block and ops tables, by reading the live objects: no list of filesystems or of their
 * functions. Nothing is written to the filesystem, and nothing keeps it busy afterwards.
 */
#ifndef VFSLOCK_DISCOVER_H
#define VFSLOCK_DISCOVER_H

#include <linux/types.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "kbtf.h"
#include "kmem.h"

enum table_kind {
	TABLE_OPS,      /* an object of struct ops_structs[ops] in the kernel's data */
	TABLE_ALSO,     /* the same, of the other struct that holds these methods: ops_structs[ops].also */
	TABLE_FUNCTION, /* no table: the one function of an ops struct that is a member of each object (b_end_io) */
};

struct ops_table {
	int ops;
	enum table_kind kind;
	__u64 addr;
	char found[32]; /* on what: "directory", "regular file", "super_block", … */
};

/* What statx() says of a mount point: another one there has another. 0: @mount_id is not told before Linux 5.8. */
struct mount_seen {
	__u64 mount_id, dev;
};

struct target {
	char path[512];    /* as given */
	char fs_type[32];  /* s_type->name */
	char source[128];  /* device or source, from mountinfo */
	char id[32];       /* s_id */
	__u64 super_block; /* kernel addresses */
	__u64 type, disk;  /* of its file_system_type, and of the gendisk it lies on, or 0 */
	char disk_name[32];
	int type_number;              /* of fs_type, in audit.types */
	bool unmounted;               /* or not mounted yet: then super_block is 0 */
	const struct target *same_as; /* another path to its filesystem is audited; this one, @unmounted, is by that */
	struct mount_seen seen;       /* what was there when it was taken up */
	bool removed;                 /* the configuration names it no more */
	bool refused; /* mounted, but it has no place among the others: tried again when one of them goes */
	bool again;   /* it was unmounted, and has come back */
	struct ops_table *tables;
	int n_tables;
};

/* By its own path or by another one to the same filesystem. */
static inline bool target__is_audited(const struct target *t)
{
	return !t->unmounted || t->same_as;
}

struct discovery;

int discovery__open(struct kbtf *kb, struct kmem *km, struct discovery **out);
void discovery__free(struct discovery *d);

/*
 * Finds the super_block of the filesystem mounted at @path and the tables of its objects known to the kernel now.
 * Prints what is wrong with the path and the remedy; returns 0 or negative errno (-ENOTBLK: not a mount point).
 */
int discover__mount(struct discovery *d, const char *path, struct target *out);

/* What is mounted at a path, without a look at its objects. */
struct mounted_fs {
	__u64 super_block;
	char fs_type[32];
};

/* Quiet: 0 or negative errno, -ENOTBLK if nothing is mounted there. */
int discover__probe(struct discovery *d, const char *path, struct mounted_fs *out);

/* Is what was asked of a mount point? Kernels before 5.8 do not tell: then yes. @sx: with any mask. */
static inline bool discover__is_mount_root(const struct statx *sx)
{
	return !(sx->stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) || (sx->stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Tables of an inode met later, and of its dentry: @mode is its i_mode. Adds those that are new; returns how many. */
int discover__inode_tables(struct target *t, unsigned int mode, __u64 i_op, __u64 i_fop, __u64 a_ops, __u64 d_op);

/* Adds one table, if new; returns 1, 0 or -ENOMEM. @ops: index in ops_structs[]. */
int discover__add_table(struct target *t, int ops, enum table_kind kind, __u64 addr, const char *found);

/* On what tables of this ops struct are found: "mapping", "lock", "buffer" … */
const char *ops_struct__found_on(int ops);

/* Index in ops_structs[] of struct @name, or -1. */
int ops_struct__find(const char *name);

void target__free(struct target *t);

#endif
