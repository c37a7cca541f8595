// SPDX-License-Identifier: GPL-2.0-only
/* With which status the daemon ends: systemd starts it again for some of them. */
#include <errno.h>

#include "cli.h"
#include "daemon_state.h"

/* Addresses, sockets and the textfile. */
static int status_of_opening(int err)
{
	switch (-err) {
	case EINVAL:
	case E2BIG:
	case ENAMETOOLONG:
		return EXIT_USAGE;
	case EACCES:
	case EPERM:
		return EXIT_CANNOT;
	default:
		return EXIT_PASSING;
	}
}

static int status_of_attaching(int err, bool absent)
{
	switch (-err) {
	/* Unmounted while the audit was being prepared. */
	case ENOTBLK:
	case ESTALE:
	/* Somebody else has what there is of it. */
	case ENOMEM:
	case ENFILE:
	case EMFILE:
	case EAGAIN:
	case EBUSY:
		return EXIT_PASSING;
	default:
		return absent ? EXIT_PASSING : EXIT_CANNOT;
	}
}

int daemon__exit_status(enum daemon_stage stage, int err, bool absent)
{
	/* Stopped while it was attaching: that was asked for. */
	if (!err || err == -EINTR)
		return EXIT_CLEAN;
	switch (stage) {
	case DAEMON_OPENS:
		return status_of_opening(err);
	case DAEMON_ATTACHES:
		return status_of_attaching(err, absent);
	case DAEMON_RUNS:
		break;
	}
	/* It has worked until now. */
	return EXIT_PASSING;
}
