/* SPDX-License-Identifier: GPL-2.0-only */
/* systemd's protocol; see service.h. */
#include "service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */
#define MESSAGE_SIZE 2048

static struct {
	struct sockaddr_un manager; /* where it listens */
	socklen_t manager_len;      /* 0: nowhere */
	int manager_err;            /* why its address cannot be used */
	int fds[SERVICE_MAX_FDS];
	int n_fds; /* or -errno */
	__u64 watchdog_usec;
} service;

/* A decimal number and nothing else; false if @text is none, or is NULL. */
static bool parse_number(const char *text, __u64 *out)
{
	char *end;

	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && !*end;
}

/* The variable that says for whom the others are is this process, or is not there. */
static bool is_for_us(const char *name, bool unless)
{
	const char *text = getenv(name);
	__u64 pid;

	return text ? parse_number(text, &pid) && pid == (__u64)getpid() : unless;
}

/* A path, or "@name" for one that is not in a filesystem. */
static void read_manager(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;

	service.manager_len = 0;
	service.manager_err = 0;
	if (!len)
		return;
	if ((*path != '/' && *path != '@') || len < 2) {
		service.manager_err = -EAFNOSUPPORT; /* a machine's manager may use vsock; not here */
		return;
	}
	if (len >= sizeof(service.manager.sun_path)) {
		service.manager_err = -ENAMETOOLONG;
		return;
	}
	service.manager = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(service.manager.sun_path, path, len);
	service.manager_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (*path == '@')
		service.manager.sun_path[0] = '\0';
	else
		service.manager_len++; /* the terminating 0 */
}

static bool listens(int fd)
{
	int type = 0, accepts = 0, domain = 0;
	socklen_t len = sizeof(int);

	return !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) && type == SOCK_STREAM &&
	       !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len) && accepts &&
	       !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) &&
	       (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX);
}

static void read_fds(void)
{
	const char *count = getenv("LISTEN_FDS");
	__u64 n;

	service.n_fds = 0;
	if (!count || !is_for_us("LISTEN_PID", false))
		return;
	if (!parse_number(count, &n) || n > SERVICE_MAX_FDS) {
		fprintf(stderr, "vfslock: LISTEN_FDS=%s: that is no number of sockets up to %d\n", count,
			SERVICE_MAX_FDS);
		service.n_fds = -EINVAL;
		return;
	}
	for (int i = 0; i < (int)n; i++) {
		int fd = FIRST_FD + i;

		if (!listens(fd) || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
			fprintf(stderr,
				"vfslock: descriptor %d, which was passed, is no stream socket that listens: give "
				"ListenStream= and Accept=no in the socket unit\n",
				fd);
			service.n_fds = -ENOTSOCK;
			return;
		}
		service.fds[i] = fd;
		service.n_fds = i + 1;
	}
}

static void read_watchdog(void)
{
	service.watchdog_usec = 0;
	if (is_for_us("WATCHDOG_PID", true) && !parse_number(getenv("WATCHDOG_USEC"), &service.watchdog_usec))
		service.watchdog_usec = 0;
}

void service__init(void)
{
	static const char *const variables[] = {"NOTIFY_SOCKET",  "LISTEN_PID",   "LISTEN_FDS",
						"LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC"};

	read_manager();
	read_fds();
	read_watchdog();
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		unsetenv(variables[i]);
}

int service__notify(const char *fmt, ...)
{
	char text[MESSAGE_SIZE];
	int fd, len, err = 0;
	va_list args;

	if (!service.manager_len)
		return service.manager_err;
	va_start(args, fmt);
	len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (len < 0)
		return -EINVAL;
	if ((size_t)len >= sizeof(text))
		return -EMSGSIZE;
	/* A socket for each message: it lives on when all descriptors are closed, and when rights are dropped. */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, text, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&service.manager,
		   service.manager_len) < 0)
		err = -errno;
	close(fd);
	return err ? err : 1;
}

int service__listen_fds(const int **fds)
{
	*fds = service.fds;
	return service.n_fds;
}

__u64 service__watchdog_usec(void)
{
	return service.watchdog_usec;
}
