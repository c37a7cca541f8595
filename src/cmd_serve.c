// SPDX-License-Identifier: GPL-2.0-only
/* vfslock serve: a daemon that exports metrics. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "daemon.h"
#include "options.h"
#include "rights.h"
#include "service.h"

#define MAX_MOUNTS AUDIT_MAX_MOUNTS

struct server {
	struct daemon_options o;
	char *mounts[MAX_MOUNTS + 1];
};

enum {
	CONFIG,
	LISTEN,
	TELEMETRY_PATH,
	TEXTFILE,
	TEXTFILE_INTERVAL,
	NO_WEB,
	SETTLE,
	USER,
	RECENT,
	RING_SIZE,
	N_OWN,
};

static const struct audit_option own[N_OWN] = {
	[CONFIG] = {"config", "FILE", "options, one per line (vfslock.conf(5)); SIGHUP reads it again"},
	[LISTEN] = {"web.listen-address", "ADDRESS",
		    "where to listen: 127.0.0.1:9753 (default), :9753, [::1]:9753, unix:/run/vfslock/http.sock; "
		    "may be given again"},
	[TELEMETRY_PATH] = {"web.telemetry-path", "PATH", "where the metrics are (default /metrics)"},
	[TEXTFILE] = {"textfile", "FILE.prom", "write them to this file, too, for node_exporter"},
	[TEXTFILE_INTERVAL] = {"textfile-interval", "SECONDS", "how often (default 15)"},
	[NO_WEB] = {"no-web", NULL, "no HTTP; needs --textfile"},
	[SETTLE] = {"settle", "SECONDS",
		    "how long tables that are first met may still be attached; then all capabilities are given up "
		    "(default 60)"},
	[USER] = {"user", "NAME", "become this user then, if root"},
	[RECENT] = {"recent", "N", "how many violations /violations shows (default 256)"},
	[RING_SIZE] = {"ring-size", "KIB", "size of the ring buffer (default 256), a power of two"},
};

static int take_listen(struct daemon_options *o, const char *value)
{
	if (o->n_addresses == DAEMON_MAX_ADDRESSES) {
		fprintf(stderr, "vfslock: --web.listen-address can be given %d times at most\n", DAEMON_MAX_ADDRESSES);
		return -E2BIG;
	}
	o->addresses[o->n_addresses++] = value;
	return 0;
}

static int take_path(struct daemon_options *o, const char *value)
{
	o->telemetry_path = value;
	if (value[0] == '/' && value[1] && strcmp(value, "/healthz") != 0 && strcmp(value, "/violations") != 0)
		return 0;
	fprintf(stderr, "vfslock: --web.telemetry-path %s: give a path like /metrics that is not taken\n", value);
	return -EINVAL;
}

static int take_settle(struct daemon_options *o, const char *value)
{
	if (!strcmp(value, "0")) {
		o->settle_seconds = 0;
		return 0;
	}
	return options__seconds("settle", value, &o->settle_seconds);
}

static int take_recent(struct daemon_options *o, const char *value)
{
	long n;
	int err = options__number("recent", value, 1, 65536, &n);

	o->recent = err ? o->recent : (int)n;
	return err;
}

static int take_own(struct server *s, int which, const char *value)
{
	struct daemon_options *o = &s->o;

	switch (which) {
	case CONFIG:
		o->config = value;
		return 0;
	case LISTEN:
		return take_listen(o, value);
	case TELEMETRY_PATH:
		return take_path(o, value);
	case TEXTFILE:
		o->textfile = value;
		return 0;
	case TEXTFILE_INTERVAL:
		return options__seconds("textfile-interval", value, &o->textfile_seconds);
	case NO_WEB:
		o->no_web = true;
		return 0;
	case SETTLE:
		return take_settle(o, value);
	case USER:
		o->user = value;
		return rights__check_user(value);
	case RECENT:
		return take_recent(o, value);
	case RING_SIZE:
		return options__ring_size(value, &o->audit.ring_bytes);
	default:
		return -EINVAL;
	}
}

static int take_option(void *arg, int which, const char *value)
{
	return take_own((struct server *)arg, which, value);
}

static int take_mount(struct server *s, const char *path)
{
	if (s->o.audit.n_paths == MAX_MOUNTS) {
		fprintf(stderr, "vfslock: %d filesystems at most can be audited at once\n", MAX_MOUNTS);
		return -E2BIG;
	}
	s->mounts[s->o.audit.n_paths++] = (char *)path;
	return 0;
}

/* The command line wins: what stands there was taken before, and is not taken from the file. */
static int take_entries(struct server *s, const struct option_parser *p, const struct server *before)
{
	bool own_mounts = before->o.audit.n_paths > 0;
	int err = 0;

	for (int i = 0; i < s->o.read.n && !err; i++) {
		const struct config_entry *e = &s->o.read.entries[i];

		if (!strcmp(e->name, "mount"))
			err = own_mounts ? 0 : take_mount(s, e->value);
		else if (!options__given(p, e->name))
			err = options__take(p, e->name, e->value, &s->o.audit);
		if (err)
			fprintf(stderr, "vfslock: %s:%d: %s %s\n", s->o.config, e->line, e->name, e->value);
	}
	s->o.mounts_from_config = !own_mounts;
	s->o.suppress_from_config = !options__given(p, "suppress");
	return err;
}

static int read_config(struct server *s, struct option_parser *p)
{
	static const char *known[64];
	struct server before = *s;
	int err;

	s->o.n_known = options__names(p, known, 62);
	known[s->o.n_known++] = "mount";
	s->o.known = known;
	err = config__read(s->o.config, known, s->o.n_known, &s->o.read);
	return err ? err : take_entries(s, p, &before);
}

static int check(struct server *s)
{
	struct daemon_options *o = &s->o;

	if (!o->audit.n_paths) {
		fputs("vfslock serve: which filesystem? Give its mount point, or --config with 'mount' lines.\n",
		      stderr);
		return -EINVAL;
	}
	if (o->no_web && !o->textfile) {
		fputs("vfslock serve: --no-web without --textfile: nobody would hear of anything\n", stderr);
		return -EINVAL;
	}
	return 0;
}

int cmd_serve(int argc, char **argv)
{
	struct server s = {.o = {.telemetry_path = "/metrics",
				 .textfile_seconds = 15,
				 .settle_seconds = 60,
				 .recent = 256,
				 .audit.daemon = true}};
	struct option_parser parser = {
		.command = "serve",
		.synopsis = "serve [options] MOUNT...",
		.what = "Audits the filesystems mounted at each MOUNT until SIGTERM, and exports metrics for "
			"Prometheus, recent violations as JSON (/violations), a page for people (/) and its health "
			"(/healthz).",
		.after = "Exit status: 0 stopped by a signal, 2 wrong usage, 3 cannot audit.\n",
		.own = own,
		.n_own = N_OWN,
		.take = take_option,
		.arg = &s,
	};
	char **paths;
	int leave, n, err = 0;

	service__init();
	leave = options__parse(&parser, argc, argv, &s.o.audit);
	if (leave)
		return leave - 1;
	paths = s.o.audit.paths;
	n = s.o.audit.n_paths;
	s.o.audit.paths = s.mounts;
	s.o.audit.n_paths = 0;
	for (int i = 0; i < n && !err; i++)
		err = take_mount(&s, paths[i]);
	if (!err && s.o.config)
		err = read_config(&s, &parser);
	if (!err)
		err = check(&s);
	if (err) {
		config__free(&s.o.read);
		return EXIT_USAGE;
	}
	if (audit__check_kernel())
		return EXIT_CANNOT;
	leave = daemon__run(&s.o);
	config__free(&s.o.read);
	return leave;
}
