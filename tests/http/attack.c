/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A client that behaves badly: attack ADDRESS MODE [COUNT]. ADDRESS: IPV4:PORT or [::1]:PORT.
 *
 *	raw	sends standard input, then prints what comes back until the server closes
 *	burst	COUNT connections at once, each with a whole request, which is repeated where the server was too crowded
 *to answer; prints how many were answered "200" drip	COUNT connections that send a request line, a byte every 20 ms
 *	headers	the same with headers, of which there is no end
 *	idle	COUNT connections that send nothing
 *	noread	COUNT connections that ask for /metrics and read nothing
 *
 * The last four print "ready" when all are connected (idle: to the server or to its queue), and "N cut" when the server
 * has closed all of them; they give up after 60 seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

#define MAX 1000
#define STEP_MS 20
#define GIVE_UP_MS 60000

static struct sockaddr_storage address;
static socklen_t address_len;
static struct pollfd fds[MAX];
static char answers[MAX][16]; /* how each began */
static size_t got[MAX];

static void die(const char *what)
{
	fprintf(stderr, "attack: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void parse(const char *text)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
	struct sockaddr_in *in = (struct sockaddr_in *)&address;
	const char *colon = strrchr(text, ':');
	char host[64];

	if (!colon || colon - text >= (long)sizeof(host))
		exit(2);
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	if (*text == '[') {
		six->sin6_family = AF_INET6;
		six->sin6_addr = in6addr_loopback;
		six->sin6_port = htons((uint16_t)atoi(colon + 1));
		address_len = sizeof(*six);
	} else {
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = inet_addr(host);
		in->sin_port = htons((uint16_t)atoi(colon + 1));
		address_len = sizeof(*in);
	}
}

static int connect_one(bool wait)
{
	int size = 4096, fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | (wait ? 0 : SOCK_NONBLOCK), 0);

	if (fd < 0)
		die("socket");
	/* As little as possible is received by the kernel, for who does not read. */
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (connect(fd, (struct sockaddr *)&address, address_len) < 0 && errno != EINPROGRESS)
		die("connect");
	return fd;
}

/* Whoever refuses to read may have closed already: what it said counts. */
static void raw(void)
{
	int fd = connect_one(true);
	char buf[65536];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0) {
		if (send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
			break;
	}
	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	close(fd);
}

static void connect_all(int count)
{
	for (int i = 0; i < count; i++)
		fds[i] = (struct pollfd){.fd = connect_one(false), .events = POLLOUT};
}

static bool send_text(int fd, const char *text)
{
	size_t len = strlen(text);

	return send(fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)len;
}

/* One step of a connection of a burst: false when it is at its end. */
static bool converse(int i)
{
	char buf[65536];
	ssize_t n;

	if (fds[i].events == POLLOUT) {
		fds[i].events = POLLIN;
		return send_text(fds[i].fd, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	}
	n = recv(fds[i].fd, buf, sizeof(buf), 0);
	if (n > 0 && got[i] < sizeof(answers[i])) {
		size_t take = sizeof(answers[i]) - got[i];

		memcpy(answers[i] + got[i], buf, take < (size_t)n ? take : (size_t)n);
	}
	got[i] += n > 0 ? (size_t)n : 0;
	return n > 0;
}

static void burst(int count)
{
	__u64 until = clock_ns(CLOCK_MONOTONIC) + GIVE_UP_MS * 1000000ULL;
	int open = count, answered = 0;

	connect_all(count);
	while (open && clock_ns(CLOCK_MONOTONIC) < until) {
		poll(fds, (nfds_t)count, STEP_MS);
		for (int i = 0; i < count; i++) {
			if (fds[i].fd < 0 || !fds[i].revents || converse(i))
				continue;
			close(fds[i].fd);
			fds[i].fd = -1;
			open--;
		}
	}
	for (int i = 0; i < count; i++)
		answered += got[i] >= 12 && !strncmp(answers[i], "HTTP/1.1 200", 12);
	printf("%d\n", answered);
}

/* The server has closed it, of which a hangup tells, or an end after whatever it sent. */
static bool is_cut(struct pollfd *p, bool reads)
{
	char c;

	if (p->revents & (POLLHUP | POLLERR))
		return true;
	if (!reads || !(p->revents & POLLIN))
		return false;
	return recv(p->fd, &c, 1, MSG_DONTWAIT) == 0;
}

/* @say is sent at once, then @more (of which the first @each bytes at each step) again and again. */
static void hold(int count, const char *say, const char *more, size_t each, bool reads)
{
	size_t at = 0, len = strlen(more);
	int open = count;

	connect_all(count);
	poll(NULL, 0, 200);
	for (int i = 0; i < count; i++) {
		fds[i].events = reads ? POLLIN : 0;
		if (*say)
			send_text(fds[i].fd, say);
	}
	printf("ready\n");
	fflush(stdout);
	for (int step = 0; open && step < GIVE_UP_MS / STEP_MS; step++) {
		poll(NULL, 0, STEP_MS);
		poll(fds, (nfds_t)count, 0);
		for (int i = 0; i < count; i++) {
			if (fds[i].fd < 0)
				continue;
			if (each)
				send(fds[i].fd, more + at, each, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (!is_cut(&fds[i], reads))
				continue;
			close(fds[i].fd);
			fds[i].fd = -1;
			open--;
		}
		at = each ? (at + each) % len : 0;
	}
	printf("%d cut\n", count - open);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[2] : "";
	int count = argc > 3 ? atoi(argv[3]) : 1;

	if (argc < 3 || count < 1 || count > MAX)
		return 2;
	parse(argv[1]);
	if (!strcmp(mode, "raw"))
		raw();
	else if (!strcmp(mode, "burst"))
		burst(count);
	else if (!strcmp(mode, "drip"))
		hold(count, "GET /", "abcdefgh", 1, true);
	else if (!strcmp(mode, "headers"))
		hold(count, "GET /metrics HTTP/1.1\r\nHost: x\r\n", "X: y\r\n", 6, true);
	else if (!strcmp(mode, "idle"))
		hold(count, "", "", 0, true);
	else if (!strcmp(mode, "noread"))
		hold(count, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "", 0, false);
	else
		return 2;
	return 0;
}
