// SPDX-License-Identifier: GPL-2.0-only
/* What the daemon answers, and writes to the textfile. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "daemon_state.h"
#include "expose.h"
#include "page.h"
#include "violations.h"

void daemon__state(const struct daemon *d, struct serve_state *out, const char *unhealthy[DAEMON_MAX_UNHEALTHY])
{
	bool any = false;

	*out = (struct serve_state){.version = VFSLOCK_VERSION,
				    .reload_ok = d->reload_ok,
				    .reload_ns = d->reload_ns,
				    .unhealthy = unhealthy,
				    .telemetry_path = d->options->telemetry_path};
	for (int i = 0; i < d->audit.n_targets; i++)
		any = any || !d->audit.targets[i].unmounted;
	if (!any)
		unhealthy[out->n_unhealthy++] = "nothing is mounted at any of the paths";
	if (d->sweep_error)
		unhealthy[out->n_unhealthy++] = "the kernel side's tables cannot be read";
	if (d->file_error)
		unhealthy[out->n_unhealthy++] = "the textfile cannot be written";
}

static int write_health(const struct serve_state *st, FILE *body)
{
	for (int i = 0; i < st->n_unhealthy; i++)
		fprintf(body, "%s\n", st->unhealthy[i]);
	if (!st->n_unhealthy)
		fputs("ok\n", body);
	return st->n_unhealthy ? 503 : 200;
}

static int write_metrics(struct daemon *d, const struct serve_state *st, bool openmetrics, FILE *out)
{
	return metrics__write(d->metrics, &d->audit, st, openmetrics, out);
}

/* "refresh=10" -> 10 */
static int refresh_of(const char *query)
{
	long n = strncmp(query, "refresh=", 8) != 0 ? 0 : strtol(query + 8, NULL, 10);

	return n > 0 && n < 86400 ? (int)n : 0;
}

int daemon__answer(void *arg, const struct http_request *rq, FILE *body, const char **content_type)
{
	struct daemon *d = arg;
	const char *unhealthy[DAEMON_MAX_UNHEALTHY];
	struct serve_state st;
	int err;

	if (!strcmp(rq->path, "/healthz")) {
		daemon__state(d, &st, unhealthy);
		return write_health(&st, body);
	}
	if (strcmp(rq->path, d->options->telemetry_path) != 0 && strcmp(rq->path, "/violations") != 0 &&
	    strcmp(rq->path, "/") != 0) {
		fprintf(body, "There is nothing here: / is for people, %s for Prometheus; /violations, /healthz.\n",
			d->options->telemetry_path);
		return 404;
	}
	err = daemon__sweep(d);
	daemon__state(d, &st, unhealthy);
	if (!err && !strcmp(rq->path, d->options->telemetry_path)) {
		*content_type = rq->openmetrics ? EXPOSE_OPENMETRICS_TYPE : EXPOSE_TEXT_TYPE;
		err = write_metrics(d, &st, rq->openmetrics, body);
	} else if (!err && !strcmp(rq->path, "/violations")) {
		*content_type = VIOLATIONS_TYPE;
		err = violations__write(&d->audit, d->stream, body);
	} else if (!err) {
		*content_type = PAGE_TYPE;
		err = page__write(&d->audit, &st, d->stream, refresh_of(rq->query), body);
	}
	return err ? 500 : 200;
}

int daemon__render_textfile(void *arg, FILE *out)
{
	struct daemon *d = arg;
	const char *unhealthy[DAEMON_MAX_UNHEALTHY];
	struct serve_state st;
	int err = daemon__sweep(d);

	daemon__state(d, &st, unhealthy);
	return err ? err : write_metrics(d, &st, false, out);
}
