// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the daemon's exit status: what may pass is told apart from what will not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "daemon_state.h"

static void test_status(void **state)
{
	static const struct {
		enum daemon_stage stage;
		int err;
		bool absent;
		int status;
	} cases[] = {
		{DAEMON_RUNS, 0, false, 0},
		{DAEMON_RUNS, 0, true, 0},
		{DAEMON_ATTACHES, -EINTR, false, 0},
		/* An address that is taken, or not there; a directory; a mistake; a port below 1024. */
		{DAEMON_OPENS, -EADDRINUSE, false, 1},
		{DAEMON_OPENS, -EADDRNOTAVAIL, false, 1},
		{DAEMON_OPENS, -ENOENT, false, 1},
		{DAEMON_OPENS, -EINVAL, false, 2},
		{DAEMON_OPENS, -ENAMETOOLONG, false, 2},
		{DAEMON_OPENS, -E2BIG, false, 2},
		{DAEMON_OPENS, -EACCES, false, 3},
		{DAEMON_OPENS, -EPERM, false, 3},
		/* Nothing is mounted; unmounted during the start; no memory. */
		{DAEMON_ATTACHES, -ENOENT, true, 1},
		{DAEMON_ATTACHES, -ESTALE, false, 1},
		{DAEMON_ATTACHES, -ENOTBLK, false, 1},
		{DAEMON_ATTACHES, -ENOMEM, false, 1},
		{DAEMON_ATTACHES, -EMFILE, false, 1},
		/* No BTF; no rights; nothing of it can be attached; a kernel without something. */
		{DAEMON_ATTACHES, -ENOENT, false, 3},
		{DAEMON_ATTACHES, -EPERM, false, 3},
		{DAEMON_ATTACHES, -ENOTSUP, false, 3},
		{DAEMON_ATTACHES, -EINVAL, false, 3},
		{DAEMON_RUNS, -EPERM, false, 1},
		{DAEMON_RUNS, -EIO, false, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = daemon__exit_status(cases[i].stage, cases[i].err, cases[i].absent);

		if (status != cases[i].status)
			fail_msg("case %zu: %d, not %d", i, status, cases[i].status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_status)};

	return cmocka_run_group_tests_name("daemon_status", tests, NULL, NULL);
}
