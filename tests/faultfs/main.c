// SPDX-License-Identifier: GPL-2.0
/* The module: brings up the disk, the filesystem and the control file. See faultfs.h. */
#include <linux/module.h>

#include "faultfs.h"

MODULE_DESCRIPTION("A filesystem that calls its own methods in any state of locks, for tests of vfslock");
MODULE_LICENSE("GPL");
MODULE_ALIAS_FS(FAULTFS_NAME);

/* Locks that modules do not get to see: insmod faultfs.ko namespace_sem=0x... from /proc/kallsyms. */
static unsigned long namespace_sem, blocked_lock_lock, swap_lock;

module_param(namespace_sem, ulong, 0400);
module_param(blocked_lock_lock, ulong, 0400);
module_param(swap_lock, ulong, 0400);

void *faultfs_namespace_sem(void)
{
	return (void *)namespace_sem;
}

void *faultfs_blocked_lock_lock(void)
{
	return (void *)blocked_lock_lock;
}

void *faultfs_swap_lock(void)
{
	return (void *)swap_lock;
}

const struct faultfs_part *const faultfs_parts[] = {
	&faultfs_aops_part,  &faultfs_bdev_part,
	&faultfs_bh_part,    &faultfs_dentry_part,
	&faultfs_dquot_part, &faultfs_fl_part,
	&faultfs_file_part,  &faultfs_fstype_part,
	&faultfs_inode_part, &faultfs_lm_part,
	&faultfs_super_part, &faultfs_vm_part,
	&faultfs_xattr_part, NULL,
};

static bool offers(const struct faultfs_part *p, const struct faultfs_method *m)
{
	return true;
}

static bool can(const struct faultfs_call *c)
{
	return true;
}

static int prepare(struct scene *s)
{
	return s->call->method->prepare ? s->call->method->prepare(s) : 0;
}

static void finish(struct scene *s)
{
	if (s->call->method->finish)
		s->call->method->finish(s);
}

const struct faultfs_world faultfs_world = {
	.name = FAULTFS_NAME,
	.has_stubs = true,
	.offers = offers,
	.can = can,
	.get = faultfs_scene_get,
	.put = faultfs_scene_put,
	.prepare = prepare,
	.finish = finish,
};

static int __init faultfs_init(void)
{
	int error;

	error = faultfs_inodes_init();
	if (error)
		return error;
	error = faultfs_disk_init();
	if (error)
		goto no_disk;
	error = faultfs_fs_init();
	if (error)
		goto no_fs;
	error = faultfs_control_init();
	if (error)
		goto no_control;
	return 0;
no_control:
	faultfs_fs_exit();
no_fs:
	faultfs_disk_exit();
no_disk:
	faultfs_inodes_exit();
	return error;
}

static void __exit faultfs_exit(void)
{
	faultfs_control_exit();
	faultfs_fs_exit();
	faultfs_disk_exit();
	faultfs_inodes_exit();
}

module_init(faultfs_init);
module_exit(faultfs_exit);
