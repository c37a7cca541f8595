/* SPDX-License-Identifier: GPL-2.0-only */
/* The sockets that the HTTP server listens on. */
#ifndef VFSLOCK_HTTP_LISTEN_H
#define VFSLOCK_HTTP_LISTEN_H

#include <sys/types.h>

#define HTTP_LISTENERS 16 /* at most */

struct http_listener {
	int fd;
	char name[128]; /* as an address that one could give */
	char *path;     /* of the socket file that is to be removed; NULL: none */
	dev_t dev;      /* which file that was, so that nobody else's is removed */
	ino_t ino;
};

struct http_listeners {
	struct http_listener list[HTTP_LISTENERS];
	int n;
};

/* Adds what @address (see struct http_options) says. Returns 0, or -errno after a message. */
int http_listeners__add(struct http_listeners *l, const char *address);

/* Adds @fd, which listens already and is @l's from now on. Returns 0, or -errno after a message. */
int http_listeners__inherit(struct http_listeners *l, int fd);

void http_listeners__close(struct http_listeners *l);

#endif
