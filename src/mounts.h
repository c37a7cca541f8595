/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which filesystems are audited: those at the paths that were given, as long as they are mounted there. One that goes
 * away is let go of at once, so that it is never kept busy; if its path is a mount point again, a daemon takes it up.
 */
#ifndef VFSLOCK_MOUNTS_H
#define VFSLOCK_MOUNTS_H

#include <stdio.h>

#include "audit.h"

/* Finds all of options.paths and their types, places their owners. Errors have been printed. */
int mounts__discover(struct audit *a);

/* Tells the programs whose tables are to be learnt (not yet whose calls are to be counted). */
void mounts__watch(struct audit *a);

/*
 * The super_blocks were read before the unmount hook was there: if one went away in between, its address may stand for
 * another one now. Only if the mount point still leads to it is it safe to compare addresses with it. -ESTALE.
 */
int mounts__check(struct audit *a);

/* From now on the calls of all that are watched are counted. */
void mounts__arm(struct audit *a);

/* No call is anybody's any more: all programs are inert. */
void mounts__disarm(struct audit *a);

/* The kernel side has let go of this super_block. */
void mounts__unmounted(struct audit *a, __u64 super_block);

/* To be called about once a second: notices an unmount whose notice was dropped. */
void mounts__sweep(struct audit *a);

/*
 * To be called when mounts changed, before mounts__take_up(): what a path no longer leads to is let go of, though the
 * kernel may keep it for whoever has it open or has it elsewhere.
 */
void mounts__look_again(struct audit *a);

/*
 * Those whose path is a mount point (again), and paths that were added: takes them up, with what functions they need as
 * far as those may still be attached. Returns how many there were, or negative errno.
 */
int mounts__take_up(struct audit *a);

/* Audits what is mounted at these paths from now on; -E2BIG if there are too many. mounts__take_up() comes next. */
int mounts__set_paths(struct audit *a, char *const *paths, int n);

/* How many are audited and which are absent, in a line: "1 of 3 filesystems (absent: /a /b)". */
void mounts__describe(const struct audit *a, FILE *out);

/* Index in a->types, made if it is new; the last one stands for all that do not fit. */
int mounts__type(struct audit *a, const char *fs_type);

#endif
