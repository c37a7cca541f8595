/* SPDX-License-Identifier: GPL-2.0-only */
/* What a daemon may still do when all is attached: nothing but go on. */
#ifndef VFSLOCK_RIGHTS_H
#define VFSLOCK_RIGHTS_H

#include <stdbool.h>

/* Is there a user of this name? Prints the remedy if not; returns 0 or -ENOENT. */
int rights__check_user(const char *user);

/*
 * Gives up all capabilities for good, and becomes @user where this is root (NULL: stays who it is). @map: a BPF map
 * that is read all the time. Kernels before 6.0 ask for CAP_BPF at each bpf(2) where unprivileged BPF is switched off:
 * found by trying, and then it alone is kept (*@kept). Prints what it cannot do; returns 0 or negative errno.
 */
int rights__drop(const char *user, int map, bool *kept);

#endif
