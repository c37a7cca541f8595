// SPDX-License-Identifier: GPL-2.0
/* The locks that many methods are called with. */
#include <linux/dcache.h>

#include "faultfs.h"

void *faultfs_rwsem_of_dir(struct scene *s, bool neighbour)
{
	return neighbour ? &d_inode(s->spare_dir)->i_rwsem : &s->arg.dir->i_rwsem;
}

void *faultfs_rwsem_of_inode(struct scene *s, bool neighbour)
{
	return neighbour ? &d_inode(s->spare)->i_rwsem : &s->arg.inode->i_rwsem;
}

void *faultfs_umount_of_sb(struct scene *s, bool neighbour)
{
	return neighbour ? &s->spare_sb->s_umount : &s->sb->s_umount;
}
