/* SPDX-License-Identifier: GPL-2.0 */
/* A POSIX lock and a lease on b/file, from mount to unmount: the tables of methods hang on them. */
#ifndef FAULTFS_FILELOCK_H
#define FAULTFS_FILELOCK_H

#include "faultfs.h"

#if FAULTFS_SINCE(6, 3)
#include <linux/filelock.h>
#endif

/* What locks and leases have in common got a struct of its own, and leases one without file_lock_operations. */
#if FAULTFS_SINCE(6, 9)
#define LOCK_MEMBER(lock, member) ((lock)->c.flc_##member)
typedef struct file_lease faultfs_lease_t;
#else
#define LOCK_MEMBER(lock, member) ((lock)->fl_##member)
typedef struct file_lock faultfs_lease_t;
#endif

struct file_lock *faultfs_posix_lock(void);
faultfs_lease_t *faultfs_lease(void);

/* fl.c */
extern const struct file_lock_operations faultfs_fl_ops;

#endif
