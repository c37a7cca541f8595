// SPDX-License-Identifier: GPL-2.0-only
#include "serve_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "options.h"
#include "rights.h"

#define MAX_NAMES 64

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

static int take_own(void *arg, int which, const char *value)
{
	struct daemon_options *o = arg;

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

static int take_mount(struct daemon_options *o, const char *path)
{
	if (!*path) {
		fputs("vfslock: mount needs a value\n", stderr);
		return -EINVAL;
	}
	if (o->audit.n_paths == DAEMON_MAX_MOUNTS) {
		fprintf(stderr, "vfslock: %d filesystems at most can be audited at once\n", DAEMON_MAX_MOUNTS);
		return -E2BIG;
	}
	o->mounts[o->audit.n_paths++] = (char *)path;
	return 0;
}

/* The options go to @into. @given: which stood on the command line, where that is known already. */
static struct option_parser parser_of(struct daemon_options *into, __u64 given)
{
	return (struct option_parser){
		.command = "serve",
		.synopsis = "serve [options] MOUNT...",
		.what = "Audits the filesystems mounted at each MOUNT until SIGTERM, and exports metrics for "
			"Prometheus, recent violations as JSON (/violations), a page for people (/) and its health "
			"(/healthz).",
		.after = "Exit status: 0 stopped by a signal, 1 cannot audit now, which may pass, 2 wrong usage, "
			 "3 cannot audit.\n",
		.own = own,
		.n_own = N_OWN,
		.take = take_own,
		.arg = into,
		.given = given,
	};
}

int serve_options__parse(struct serve_options *s, int argc, char **argv)
{
	struct daemon_options *o = &s->command_line;
	struct option_parser parser = parser_of(o, 0);
	char **paths;
	int leave, n;

	*s = (struct serve_options){.command_line = {.telemetry_path = "/metrics",
						     .textfile_seconds = 15,
						     .settle_seconds = 60,
						     .recent = 256,
						     .audit.daemon = true,
						     .source = s}};
	leave = options__parse(&parser, argc, argv, &o->audit);
	if (leave)
		return leave;
	s->given = parser.given;
	paths = o->audit.paths;
	n = o->audit.n_paths;
	o->audit.n_paths = 0;
	for (int i = 0; i < n; i++)
		if (take_mount(o, paths[i]))
			return EXIT_USAGE + 1;
	o->mounts_from_config = !n;
	return 0;
}

bool serve_options__from_file(const struct serve_options *s, const char *name)
{
	const struct option_parser parser = parser_of(NULL, s->given);

	if (!strcmp(name, "mount"))
		return s->command_line.mounts_from_config;
	return !options__given(&parser, name);
}

/* The command line wins. */
static int take_entries(const struct serve_options *s, struct daemon_options *o)
{
	const struct option_parser parser = parser_of(o, s->given);
	int err = 0;

	for (int i = 0; i < o->read.n && !err; i++) {
		const struct config_entry *e = &o->read.entries[i];

		if (!serve_options__from_file(s, e->name))
			continue;
		err = !strcmp(e->name, "mount") ? take_mount(o, e->value)
						: options__take(&parser, e->name, e->value, &o->audit);
		if (err)
			fprintf(stderr, "vfslock: %s:%d: %s %s\n", o->config, e->line, e->name, e->value);
	}
	return err;
}

static int read_config(const struct serve_options *s, struct daemon_options *o)
{
	const struct option_parser parser = parser_of(o, s->given);
	const char *known[MAX_NAMES];
	int n = options__names(&parser, known, MAX_NAMES - 1), err;

	known[n++] = "mount";
	err = config__read(o->config, known, n, &o->read);
	return err ? err : take_entries(s, o);
}

static int check(const struct daemon_options *o)
{
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

int serve_options__read(const struct serve_options *s, struct daemon_options *out)
{
	int err = 0;

	*out = s->command_line;
	out->audit.paths = out->mounts;
	if (out->config)
		err = read_config(s, out);
	if (!err)
		err = check(out);
	if (err)
		serve_options__free(out);
	return err;
}

void serve_options__free(struct daemon_options *o)
{
	config__free(&o->read);
}
