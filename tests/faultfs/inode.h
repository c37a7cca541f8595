/* SPDX-License-Identifier: GPL-2.0 */
/* What methods of inodes are passed under different names and in different shapes. */
#ifndef FAULTFS_INODE_H
#define FAULTFS_INODE_H

#include "faultfs.h"

/* What a variant of rename is about. */
struct faultfs_rename {
	const char *name;
	bool across, of_dir;
	enum { NO_TARGET, TO_FILE, TO_DIR } to;
	unsigned int flags;
};

/* That of the command; NULL: there is none. */
const struct faultfs_rename *faultfs_rename_of(const struct scene *s);

#if FAULTFS_SINCE(5, 13)
#include <linux/fileattr.h>
#endif

#if FAULTFS_SINCE(6, 17)
#define faultfs_fileattr file_kattr
#else
#define faultfs_fileattr fileattr
#endif

#if FAULTFS_SINCE(7, 0)
#define FAULTFS_UPDATE_TIME_PARAMS struct inode *inode, enum fs_update_time type, unsigned int flags
#define FAULTFS_UPDATE_TIME_ARGS , FS_UPD_ATIME, 0
#elif FAULTFS_SINCE(6, 6)
#define FAULTFS_UPDATE_TIME_PARAMS struct inode *inode, int flags
#define FAULTFS_UPDATE_TIME_ARGS , S_ATIME
#else
#define FAULTFS_UPDATE_TIME_PARAMS struct inode *inode, struct timespec64 *time, int flags
#define FAULTFS_UPDATE_TIME_ARGS , &(struct timespec64){}, S_ATIME
#endif

#endif
