/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a service manager and a service tell each other (systemd's protocol; sd_notify(3), sd_listen_fds(3),
 * sd_watchdog_enabled(3)). libsystemd has no static library, and this is all that is needed of it.
 *
 * There is one service manager for a process, as there is one environment: so this has no object.
 */
#ifndef VFSLOCK_SERVICE_H
#define VFSLOCK_SERVICE_H

#include <linux/types.h>

#define SERVICE_MAX_FDS 16

/*
 * Reads what the environment says of the manager, and removes it there: children are no services. To be called once, at
 * the start, before anything else here. The sockets that were passed are from then on closed on exec.
 */
void service__init(void);

/*
 * Tells the manager, as printf(3) does: "READY=1", "STATUS=...", or several lines.
 * Returns 1 if it was told, 0 if there is no manager, or -errno, without a message: a service works without one.
 */
__attribute__((format(printf, 1, 2))) int service__notify(const char *fmt, ...);

/*
 * The sockets that were passed, into *@fds (valid for ever), which are the caller's to close. Returns how many, 0 if
 * none, or -errno after a message if one of them is no stream socket that listens.
 */
int service__listen_fds(const int **fds);

/* How often, in microseconds, the manager wants to be told "WATCHDOG=1" at least; 0: it does not. Half of it is usual.
 */
__u64 service__watchdog_usec(void);

#endif
