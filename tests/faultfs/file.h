/* SPDX-License-Identifier: GPL-2.0 */
/* What methods of files are passed under different names. */
#ifndef FAULTFS_FILE_H
#define FAULTFS_FILE_H

#include "faultfs.h"

#if FAULTFS_SINCE(6, 3)
#include <linux/filelock.h>
#endif

#if FAULTFS_SINCE(6, 9)
#define faultfs_lease file_lease
#else
#define faultfs_lease file_lock
#endif

#if FAULTFS_SINCE(6, 6)
typedef int faultfs_lease_arg;
#else
typedef long faultfs_lease_arg;
#endif

/* fs/locks.c */
#ifndef IS_GETLK
#define IS_GETLK(command) ((command) == F_GETLK || (command) == F_GETLK64 || (command) == F_OFD_GETLK)
#endif

#endif
