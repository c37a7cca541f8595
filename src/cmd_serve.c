// SPDX-License-Identifier: GPL-2.0-only
/* vfslock serve: a daemon that exports metrics. */
#include "cli.h"
#include "serve_options.h"
#include "service.h"

int cmd_serve(int argc, char **argv)
{
	struct serve_options options;
	struct daemon_options o;
	int status;

	service__init();
	status = serve_options__parse(&options, argc, argv);
	if (status)
		return status - 1;
	if (serve_options__read(&options, &o))
		return EXIT_USAGE;
	status = audit__check_kernel() ? EXIT_CANNOT : daemon__run(&o);
	serve_options__free(&o);
	return status;
}
