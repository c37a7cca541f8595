// SPDX-License-Identifier: GPL-2.0-only
/* SIGHUP: the configuration and the suppressions are read again. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "daemon_state.h"
#include "service.h"

/* What cannot change while the daemon runs is compared with how it was started. */
static const char *value_at_start(const struct config *c, const char *name)
{
	for (int i = 0; i < c->n; i++)
		if (!strcmp(c->entries[i].name, name))
			return c->entries[i].value;
	return NULL;
}

static void tell_later(const struct daemon *d, const struct config *now)
{
	for (int i = 0; i < now->n; i++) {
		const struct config_entry *e = &now->entries[i];
		const char *was = value_at_start(&d->options->read, e->name);

		if (strcmp(e->name, "mount") != 0 && strcmp(e->name, "suppress") != 0 &&
		    (!was || strcmp(was, e->value) != 0))
			fprintf(stderr, "vfslock: %s:%d: %s takes effect at the next start\n", d->options->config,
				e->line, e->name);
	}
}

static int set_mounts(struct daemon *d, const struct config *c)
{
	char *paths[AUDIT_MAX_MOUNTS];
	int n = 0, err;

	for (int i = 0; i < c->n && n < AUDIT_MAX_MOUNTS; i++)
		if (!strcmp(c->entries[i].name, "mount"))
			paths[n++] = (char *)c->entries[i].value;
	if (!n) {
		fprintf(stderr, "vfslock: %s: no 'mount' line is left: the mounts stay as they were\n",
			d->options->config);
		return -EINVAL;
	}
	err = mounts__set_paths(&d->audit, paths, n);
	return err ? err : 0;
}

/*
 * The file that is in force now, or none. What has happened so far is published under what it was then; only further
 * calls count under the new ones.
 */
static int set_suppressions(struct daemon *d, const char *path)
{
	struct suppressions *fresh = NULL;
	int err = path ? suppressions__load(path, &fresh) : 0;

	if (!err)
		err = daemon__sweep(d);
	if (!err)
		err = metrics__update(d->metrics, &d->audit);
	if (err) {
		suppressions__free(fresh);
		return err;
	}
	suppressions__free(d->audit.suppressions);
	d->audit.suppressions = fresh;
	stream__rejudge(d->stream);
	return metrics__rebase(d->metrics, &d->audit);
}

static int reload(struct daemon *d)
{
	const struct daemon_options *o = d->options;
	const char *suppress = o->audit.suppress;
	struct config c = {0};
	int err = 0;

	if (o->config) {
		err = config__read(o->config, o->known, o->n_known, &c);
		if (err)
			return err;
		if (o->suppress_from_config)
			suppress = value_at_start(&c, "suppress");
	}
	err = set_suppressions(d, suppress);
	if (!err && o->config && o->mounts_from_config)
		err = set_mounts(d, &c);
	if (!err && o->config)
		tell_later(d, &c);
	config__free(&c);
	return err;
}

void daemon__reload(struct daemon *d)
{
	int err;

	service__notify("RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(clock_ns(CLOCK_MONOTONIC) / 1000));
	err = reload(d);
	d->reload_ok = !err;
	if (!err)
		d->reload_ns = clock_ns(CLOCK_REALTIME);
	fprintf(stderr, "vfslock: %s\n",
		err ? "the configuration was not read again: all is as it was" : "the configuration was read again");
	service__notify("READY=1");
}
