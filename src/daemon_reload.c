// SPDX-License-Identifier: GPL-2.0-only
/*
 * SIGHUP: the configuration and the suppressions are read again. First all is read and checked, as at the start; what
 * takes effect then does so as a whole.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "daemon_state.h"
#include "serve_options.h"
#include "service.h"

/* What cannot change while the daemon runs, and is another one in @a than in @b: each option once. */
static void tell_those(const struct daemon *d, const struct config *a, const struct config *b, bool gone)
{
	for (int i = 0; i < a->n; i++) {
		const struct config_entry *e = &a->entries[i];
		bool list = !strcmp(e->name, "web.listen-address");

		if (!strcmp(e->name, "mount") || !strcmp(e->name, "suppress") || e != config__last(a, e->name) ||
		    !serve_options__from_file(d->options->source, e->name) || config__same(a, b, e->name, list))
			continue;
		if (!gone)
			fprintf(stderr, "vfslock: %s:%d: %s takes effect at the next start\n", d->options->config,
				e->line, e->name);
		else if (!config__last(b, e->name))
			fprintf(stderr, "vfslock: %s: %s is gone, which takes effect at the next start\n",
				d->options->config, e->name);
	}
}

/* Is there a place for each? What the configuration no longer names leaves its own. */
static int check_room(const struct audit *a, char *const *paths, int n)
{
	int needed = 0;

	for (int i = 0; i < a->n_targets; i++)
		for (int k = 0; k < n; k++)
			if (!strcmp(a->targets[i].path, paths[k])) {
				needed++;
				break;
			}
	for (int k = 0; k < n; k++) {
		bool known = false;

		for (int i = 0; i < a->n_targets && !known; i++)
			known = !strcmp(a->targets[i].path, paths[k]);
		for (int i = 0; i < k && !known; i++)
			known = !strcmp(paths[i], paths[k]);
		needed += !known;
	}
	if (needed <= DAEMON_MAX_MOUNTS)
		return 0;
	fprintf(stderr, "vfslock: %d filesystems at most can be audited at once\n", DAEMON_MAX_MOUNTS);
	return -E2BIG;
}

/*
 * What has happened so far is published under the suppressions that were in force; only further calls count under
 * *@fresh, which has the old ones then. Those are in force again if that fails.
 */
static int set_suppressions(struct daemon *d, struct suppressions **fresh)
{
	struct suppressions *old = d->audit.suppressions;
	int err = daemon__sweep(d);

	if (!err)
		err = metrics__update(d->metrics, &d->audit);
	if (err)
		return err;
	d->audit.suppressions = *fresh;
	err = metrics__rebase(d->metrics, &d->audit);
	if (err) {
		d->audit.suppressions = old;
		return err;
	}
	stream__rejudge(d->stream);
	*fresh = old;
	return 0;
}

static int reload(struct daemon *d)
{
	const struct daemon_options *o = d->options;
	struct suppressions *suppressions = NULL;
	struct daemon_options fresh;
	int err = serve_options__read(o->source, &fresh);

	if (err)
		return err;
	if (fresh.audit.suppress)
		err = suppressions__load(fresh.audit.suppress, &suppressions);
	if (!err && o->mounts_from_config)
		err = check_room(&d->audit, fresh.audit.paths, fresh.audit.n_paths);
	if (!err)
		err = set_suppressions(d, &suppressions);
	if (!err && o->mounts_from_config)
		err = mounts__set_paths(&d->audit, fresh.audit.paths, fresh.audit.n_paths);
	if (!err) {
		tell_those(d, &fresh.read, &o->read, false);
		tell_those(d, &o->read, &fresh.read, true);
	}
	suppressions__free(suppressions);
	serve_options__free(&fresh);
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
