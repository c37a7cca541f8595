/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sockets that the HTTP server listens on; see http_listen.h.
 *
 * Names of hosts are not looked up: a static binary has no resolver that would work everywhere, and a service that
 * listens should say where.
 */
#include "http_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 128
#define UNIX_PREFIX "unix:"

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

static const char *remedy(int err, int family)
{
	switch (-err) {
	case EADDRINUSE:
		return "; another program listens there ('ss -tlnp' shows which): end it or give another address";
	case EADDRNOTAVAIL:
		return "; this machine has no such address ('ip address' shows them)";
	case EACCES:
	case EPERM:
		return family == AF_UNIX ? "; its directory must be writable for the user that serves"
					 : "; ports below 1024 want CAP_NET_BIND_SERVICE: give a higher one";
	case EAFNOSUPPORT:
		return family == AF_INET6 ? "; IPv6 is turned off: give an IPv4 address" : "";
	case ENOENT:
	case ENOTDIR:
		return "; make its directory first (RuntimeDirectory= in a systemd unit)";
	case EROFS:
		return "; give a path in /run";
	default:
		return "";
	}
}

static int complain(const char *address, int err, int family)
{
	fprintf(stderr, "vfslock: cannot listen on %s: %s%s\n", address, strerror(-err), remedy(err, family));
	return err;
}

static int no_address(const char *address)
{
	fprintf(stderr,
		"vfslock: cannot listen on '%s': give an IP address or localhost and a port, like 127.0.0.1:9753, "
		"[::1]:9753 or :9753, or a socket, like unix:/run/vfslock/http.sock\n",
		address);
	return -EINVAL;
}

/* The address of @fd as one could give it; a port 0 has become a real one. */
static void name_of(int fd, char *name, size_t size)
{
	union address a = {0};
	char host[INET6_ADDRSTRLEN] = "";
	socklen_t len = sizeof(a);

	if (getsockname(fd, &a.any, &len) < 0)
		snprintf(name, size, "descriptor %d", fd);
	else if (a.any.sa_family == AF_INET)
		snprintf(name, size, "%s:%d", inet_ntop(AF_INET, &a.in.sin_addr, host, sizeof(host)),
			 ntohs(a.in.sin_port));
	else if (a.any.sa_family == AF_INET6)
		snprintf(name, size, "[%s]:%d", inet_ntop(AF_INET6, &a.in6.sin6_addr, host, sizeof(host)),
			 ntohs(a.in6.sin6_port));
	else if (a.un.sun_path[0])
		snprintf(name, size, UNIX_PREFIX "%.*s", (int)sizeof(a.un.sun_path), a.un.sun_path);
	else
		snprintf(name, size, UNIX_PREFIX "@%.*s", (int)sizeof(a.un.sun_path) - 1, a.un.sun_path + 1);
}

static struct http_listener *add_listener(struct http_listeners *l, int fd)
{
	struct http_listener *new = &l->list[l->n++];

	memset(new, 0, sizeof(*new));
	new->fd = fd;
	name_of(fd, new->name, sizeof(new->name));
	return new;
}

static int no_room(const char *address)
{
	fprintf(stderr, "vfslock: cannot listen on %s: %d addresses are the most\n", address, HTTP_LISTENERS);
	return -E2BIG;
}

/*
 * An address that the machine does not have yet is listened on: it may get it later than this is started. A kernel that
 * cannot do so says at bind() what is wrong.
 */
static void allow_absent(int fd, int family)
{
	int on = 1;

	if (family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on));
	else
		setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &on, sizeof(on));
}

/* @both: an IPv6 socket that takes IPv4, too. */
static int listen_tcp(const union address *a, bool both, bool absent)
{
	socklen_t len = a->any.sa_family == AF_INET ? sizeof(a->in) : sizeof(a->in6);
	int fd, err, on = 1, v6only = !both;

	fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (absent)
		allow_absent(fd, a->any.sa_family);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    (a->any.sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only)) < 0) ||
	    bind(fd, &a->any, len) < 0 || listen(fd, BACKLOG) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* @absent: also if this machine has no such address. */
static int add_tcp(struct http_listeners *l, const char *address, const union address *a, bool both, bool absent)
{
	int fd;

	if (l->n == HTTP_LISTENERS)
		return no_room(address);
	fd = listen_tcp(a, both, absent);
	if (fd < 0)
		return fd;
	add_listener(l, fd);
	return 0;
}

static union address ipv4(struct in_addr host, int port)
{
	return (union address){.in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = host}};
}

static union address ipv6(struct in6_addr host, int port)
{
	return (union address){.in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = host}};
}

/* Without IPv6 in the kernel, or with no address of it, that family is left out. */
static bool no_ipv6(int err)
{
	return err == -EAFNOSUPPORT || err == -EADDRNOTAVAIL;
}

/* ":9753": one socket for both families. */
static int add_any(struct http_listeners *l, const char *address, int port)
{
	union address a = ipv6(in6addr_any, port);
	int err = add_tcp(l, address, &a, true, false);

	if (no_ipv6(err)) {
		a = ipv4((struct in_addr){htonl(INADDR_ANY)}, port);
		err = add_tcp(l, address, &a, false, false);
	}
	return err && err != -E2BIG ? complain(address, err, AF_INET) : err;
}

/* "localhost": both loopback addresses, on one port. */
static int add_localhost(struct http_listeners *l, const char *address, int port)
{
	union address a = ipv4((struct in_addr){htonl(INADDR_LOOPBACK)}, port);
	socklen_t len = sizeof(a);
	int err = add_tcp(l, address, &a, false, false);

	if (!err && getsockname(l->list[l->n - 1].fd, &a.any, &len) < 0)
		err = -errno;
	if (!err) {
		a = ipv6(in6addr_loopback, ntohs(a.in.sin_port));
		err = add_tcp(l, address, &a, false, false);
		if (no_ipv6(err))
			err = 0;
	}
	return err && err != -E2BIG ? complain(address, err, AF_INET) : err;
}

static int parse_port(const char *text)
{
	int port = 0;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		port = port * 10 + (*text - '0');
		if (port > 65535)
			return -EINVAL;
	}
	return port;
}

/* HOST:PORT; the host is copied without brackets. Returns the port. */
static int split(const char *address, char *host, size_t size, bool *brackets)
{
	const char *colon = strrchr(address, ':'), *from = address, *to = colon;

	if (!colon)
		return -EINVAL;
	*brackets = *from == '[' && to[-1] == ']';
	if (*brackets) {
		from++;
		to--;
	}
	if ((size_t)(to - from) >= size)
		return -EINVAL;
	memcpy(host, from, (size_t)(to - from));
	host[to - from] = '\0';
	return parse_port(colon + 1);
}

static int add_inet(struct http_listeners *l, const char *address)
{
	char host[64];
	union address a;
	struct in6_addr six;
	struct in_addr four;
	bool brackets;
	int port = split(address, host, sizeof(host), &brackets), err;

	if (port < 0)
		return no_address(address);
	if (!*host && !brackets)
		return add_any(l, address, port);
	if (!strcmp(host, "localhost") && !brackets)
		return add_localhost(l, address, port);
	if (brackets && inet_pton(AF_INET6, host, &six) == 1)
		a = ipv6(six, port);
	else if (!brackets && inet_pton(AF_INET, host, &four) == 1)
		a = ipv4(four, port);
	else
		return no_address(address);
	err = add_tcp(l, address, &a, false, true);
	return err && err != -E2BIG ? complain(address, err, a.any.sa_family) : err;
}

/* A socket file that nobody listens on any more is removed. */
static int remove_stale(const struct sockaddr_un *a, const char *address)
{
	struct stat st;
	int fd, err;

	if (lstat(a->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : complain(address, -errno, AF_UNIX);
	if (!S_ISSOCK(st.st_mode)) {
		fprintf(stderr, "vfslock: cannot listen on %s: it exists and is no socket: remove it or give another\n",
			address);
		return -EEXIST;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return complain(address, -errno, AF_UNIX);
	err = connect(fd, (const struct sockaddr *)a, sizeof(*a)) < 0 ? -errno : 0;
	close(fd);
	if (err == -ECONNREFUSED)
		return unlink(a->sun_path) < 0 ? complain(address, -errno, AF_UNIX) : 0;
	if (err && err != -EAGAIN)
		return complain(address, err, AF_UNIX);
	fprintf(stderr, "vfslock: cannot listen on %s: another program listens there: end it or give another path\n",
		address);
	return -EADDRINUSE;
}

static int listen_unix(const struct sockaddr_un *a)
{
	mode_t mask;
	int fd, err;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0117); /* the file has its mode from the moment that it is there */
	err = bind(fd, (const struct sockaddr *)a, sizeof(*a)) < 0 ? -errno : 0;
	umask(mask);
	if (!err && listen(fd, BACKLOG) < 0) {
		err = -errno;
		unlink(a->sun_path);
	}
	if (err)
		close(fd);
	return err ? err : fd;
}

static int add_unix(struct http_listeners *l, const char *address)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const char *path = address + strlen(UNIX_PREFIX);
	struct http_listener *new;
	struct stat st;
	int fd, err;

	if (*path != '/')
		return no_address(address);
	if (strlen(path) >= sizeof(a.sun_path)) {
		fprintf(stderr, "vfslock: cannot listen on %s: the path of a socket has at most %zu bytes\n", address,
			sizeof(a.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	if (l->n == HTTP_LISTENERS)
		return no_room(address);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	err = remove_stale(&a, address);
	if (err)
		return err;
	fd = listen_unix(&a);
	if (fd < 0)
		return complain(address, fd, AF_UNIX);
	new = add_listener(l, fd);
	if (!lstat(path, &st)) {
		new->path = strdup(path);
		new->dev = st.st_dev;
		new->ino = st.st_ino;
	}
	return 0;
}

int http_listeners__add(struct http_listeners *l, const char *address)
{
	return strncmp(address, UNIX_PREFIX, strlen(UNIX_PREFIX)) ? add_inet(l, address) : add_unix(l, address);
}

int http_listeners__inherit(struct http_listeners *l, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (l->n == HTTP_LISTENERS) {
		close(fd);
		return no_room("the sockets that were passed");
	}
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
		fprintf(stderr, "vfslock: cannot listen on descriptor %d, which was passed: %s\n", fd, strerror(errno));
		return -errno;
	}
	add_listener(l, fd);
	return 0;
}

static void remove_socket(const struct http_listener *l)
{
	struct stat st;

	if (!lstat(l->path, &st) && st.st_dev == l->dev && st.st_ino == l->ino && unlink(l->path) < 0)
		fprintf(stderr, "vfslock: cannot remove %s: %s; the next start replaces it\n", l->path,
			strerror(errno));
}

void http_listeners__close(struct http_listeners *l)
{
	for (int i = 0; i < l->n; i++) {
		if (l->list[i].path)
			remove_socket(&l->list[i]);
		free(l->list[i].path);
		close(l->list[i].fd);
	}
	l->n = 0;
}
