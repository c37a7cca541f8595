/* SPDX-License-Identifier: GPL-2.0-only */
/* `vfslock serve`: an audit that goes on, and what it shows to others. */
#ifndef VFSLOCK_DAEMON_H
#define VFSLOCK_DAEMON_H

#include <stdbool.h>

#include "audit.h"
#include "config.h"

#define DAEMON_ADDRESS "127.0.0.1:9753"
#define DAEMON_MAX_ADDRESSES 16

struct daemon_options {
	struct audit_options audit;
	const char *addresses[DAEMON_MAX_ADDRESSES];
	int n_addresses;
	const char *telemetry_path;
	const char *textfile; /* NULL: none */
	double textfile_seconds;
	bool no_web;
	double settle_seconds; /* tables met later are not attached: the right to is given up */
	const char *user;      /* NULL: stays who it is */
	int recent;
	/* To be read again on SIGHUP: the file, and whether the mounts and the suppressions come from it. NULL: no
	 * file. */
	const char *config;
	bool mounts_from_config, suppress_from_config;
	const char *const *known; /* option names for config__read() */
	int n_known;
	struct config read; /* as it was read at the start; its values are used */
};

/* Runs until SIGTERM or SIGINT. Returns an exit status. */
int daemon__run(const struct daemon_options *options);

#endif
