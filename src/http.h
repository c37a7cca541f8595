/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The HTTP server of "vfslock serve": GET and HEAD, no TLS, in the caller's event loop, no threads.
 *
 * What clients can do to it is bounded, whoever they are: so many connections, so much memory for each, so long for a
 * request to come and for its answer to be taken, and at most one rendering a second of each page.
 */
#ifndef VFSLOCK_HTTP_H
#define VFSLOCK_HTTP_H

#include <stdbool.h>
#include <stdio.h>

#include <linux/types.h>

#define HTTP_MAX_CONNECTIONS 64

struct http_server;

struct http_options {
	/*
	 * Where to listen: "127.0.0.1:9753", "[::1]:9753"; ":9753" is every address of both families, "[::]:9753" every
	 * IPv6, "0.0.0.0:9753" every IPv4 address, "localhost:9753" 127.0.0.1 and ::1; port 0 is one that is free;
	 * "unix:/run/vfslock/http.sock", mode 0660: the socket of a daemon that is dead is replaced, and it is removed
	 * by http__close().
	 */
	const char *const *addresses;
	int n_addresses;
	/* Sockets that listen already, as systemd passes them; http__close() closes them, also if http__open() failed.
	 */
	const int *fds;
	int n_fds;
	int max_connections; /* at once, of all addresses together; 0: HTTP_MAX_CONNECTIONS */
};

/* The strings are valid during the handler's call only. */
struct http_request {
	const char *path;  /* "/metrics" */
	const char *query; /* what followed "?", as it was sent; "" if nothing did */
	bool openmetrics;  /* the client wants application/openmetrics-text rather than text/plain */
};

/*
 * Answers @rq: writes the body to @body, sets *@content_type (text/plain unless set; a constant string) and returns the
 * HTTP status. For HEAD, too, the body is written. Answers of status 200 are used again for a second, for all who
 * ask for the same path and query in the same format.
 */
typedef int (*http_handler)(void *arg, const struct http_request *rq, FILE *body, const char **content_type);

/*
 * Listens, and answers by @handler, called with @arg from http__run(). *@out is to be closed with http__close().
 * Returns 0, or -errno after a message that says which address it was about.
 */
int http__open(const struct http_options *options, http_handler handler, void *arg, struct http_server **out);

/* Readable (it is an epoll descriptor) when http__run() has something to do; the same for as long as @s is open. */
int http__fd(const struct http_server *s);

/* Does what there is to do without blocking. */
void http__run(struct http_server *s);

/*
 * To be called about once a second with CLOCK_MONOTONIC: cuts connections whose time is over, and ends the life of
 * rendered pages. This is the only clock of the server.
 */
void http__tick(struct http_server *s, __u64 now_ns);

/* After how long http__run() is due though http__fd() is not readable: 0 at once, -1 never. */
int http__timeout_ms(const struct http_server *s);

/* What it listens on, "127.0.0.1:9753, unix:/run/vfslock/http.sock", with the port that a port 0 became. */
const char *http__addresses(const struct http_server *s);

/* @s may be NULL. Answers that are under way are cut. */
void http__close(struct http_server *s);

#endif
