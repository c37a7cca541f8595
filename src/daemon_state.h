/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the daemon share: the loop (daemon.c), what it answers (daemon_web.c), SIGHUP (daemon_reload.c). */
#ifndef VFSLOCK_DAEMON_STATE_H
#define VFSLOCK_DAEMON_STATE_H

#include "daemon.h"
#include "http.h"
#include "metrics.h"
#include "mounts.h"
#include "stream.h"
#include "textfile.h"

#define DAEMON_MAX_UNHEALTHY 8

struct daemon {
	const struct daemon_options *options;
	struct audit audit;
	struct stream *stream;
	struct metrics *metrics;
	struct http_server *http;  /* NULL: --no-web */
	struct textfile *textfile; /* or NULL */
	int epoll, signals, mountinfo;
	bool stop, fresh; /* @fresh: a call path was met since results were made */
	bool settled;
	__u64 swept_ns, web_ns, ticked_ns, file_ns, watchdog_ns;
	__u64 settle_at_ns;
	__u64 calls; /* as of the last sweep */
	int sweep_error, file_error;
	bool reload_ok;
	__u64 reload_ns; /* CLOCK_REALTIME */
};

/* Brings everything that the kernel side has counted; what is new is told. 0 or negative errno. */
int daemon__sweep(struct daemon *d);

/* The state that metrics and page show; why it is not healthy, into @unhealthy. */
void daemon__state(const struct daemon *d, struct serve_state *out, const char *unhealthy[DAEMON_MAX_UNHEALTHY]);

int daemon__answer(void *d, const struct http_request *rq, FILE *body, const char **content_type);
int daemon__render_textfile(void *d, FILE *out);

enum daemon_stage { DAEMON_OPENS, DAEMON_ATTACHES, DAEMON_RUNS };

/*
 * Of a daemon that ends with @err (0: a signal) in @stage: EXIT_CANNOT is for what stays as it is however often one
 * tries. @absent: nothing was mounted at any of the paths.
 */
int daemon__exit_status(enum daemon_stage stage, int err, bool absent);

/* SIGHUP. What is wrong leaves everything as it was. */
void daemon__reload(struct daemon *d);

#endif
