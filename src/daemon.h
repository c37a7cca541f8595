/* SPDX-License-Identifier: GPL-2.0-only */
/* `vfslock serve`: an audit that goes on, and what it shows to others. */
#ifndef VFSLOCK_DAEMON_H
#define VFSLOCK_DAEMON_H

#include <stdbool.h>

#include "audit.h"
#include "config.h"

#define DAEMON_ADDRESS "127.0.0.1:9753"
#define DAEMON_MAX_ADDRESSES 16
#define DAEMON_MAX_MOUNTS AUDIT_MAX_MOUNTS

struct serve_options;

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
	char *mounts[DAEMON_MAX_MOUNTS + 1]; /* audit.paths */
	const char *config;                  /* NULL: none */
	struct config read;                  /* what it had; its values are used */
	bool mounts_from_config;             /* none stood on the command line */
	const struct serve_options *source;  /* to read the file again on SIGHUP */
};

/* Runs until SIGTERM or SIGINT. Returns an exit status. */
int daemon__run(const struct daemon_options *options);

#endif
