/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * server [-n BYTES] [-m CONNECTIONS] [-i] [ADDRESS...]: src/http.c with pages that are as large as one likes, for the
 * tests. -i: the sockets that were passed are used. Says "listening on ADDRESSES" on standard output when it is ready,
 * and ends on SIGTERM. SIGUSR1: 30 seconds pass, for the server's deadlines; SIGUSR2: one second.
 *
 * Pages: /metrics (BYTES of text, or a line and "# EOF"), /count (how many were rendered), /query (what it was asked),
 * /html, /busy (status 503).
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "http.h"
#include "service.h"

struct pages {
	size_t size;
	unsigned long rendered;
};

static int handle(void *arg, const struct http_request *rq, FILE *body, const char **type)
{
	struct pages *p = arg;

	if (!strcmp(rq->path, "/count")) {
		fprintf(body, "%lu\n", p->rendered);
		return 503; /* which is never kept */
	}
	p->rendered++;
	if (!strcmp(rq->path, "/metrics") && rq->openmetrics) {
		*type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
		fputs("up 1\n# EOF\n", body);
	} else if (!strcmp(rq->path, "/metrics")) {
		for (size_t i = 0; i < p->size; i++)
			putc(i % 64 == 63 || i + 1 == p->size ? '\n' : 'x', body);
	} else if (!strcmp(rq->path, "/query")) {
		fprintf(body, "%s\n", rq->query);
	} else if (!strcmp(rq->path, "/html")) {
		*type = "text/html; charset=utf-8";
		fputs("<!DOCTYPE html><title>t</title>\n", body);
	} else if (!strcmp(rq->path, "/busy")) {
		fputs("busy\n", body);
		return 503;
	} else {
		fputs("no such page\n", body);
		return 404;
	}
	return 200;
}

static void watch(int epoll, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) < 0) {
		perror("server");
		exit(1);
	}
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int open_timer(void)
{
	struct itimerspec every = {{1, 0}, {1, 0}};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	timerfd_settime(fd, 0, &every, NULL);
	return fd;
}

static void serve(struct http_server *s)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC), signals = open_signals(), timer = open_timer();
	struct signalfd_siginfo info;
	struct epoll_event ev;
	__u64 ahead = 0, ticks;

	watch(epoll, signals);
	watch(epoll, timer);
	watch(epoll, http__fd(s));
	printf("listening on %s\n", http__addresses(s));
	fflush(stdout);
	for (;;) {
		epoll_wait(epoll, &ev, 1, http__timeout_ms(s));
		if (read(signals, &info, sizeof(info)) == sizeof(info)) {
			if (info.ssi_signo == SIGTERM)
				break;
			ahead += info.ssi_signo == SIGUSR1 ? 30000000000ULL : 1000000000ULL;
			http__tick(s, clock_ns(CLOCK_MONOTONIC) + ahead);
		}
		if (read(timer, &ticks, sizeof(ticks)) == sizeof(ticks))
			http__tick(s, clock_ns(CLOCK_MONOTONIC) + ahead);
		http__run(s);
	}
	close(epoll);
	close(signals);
	close(timer);
}

int main(int argc, char **argv)
{
	struct http_options options = {0};
	struct pages pages = {.size = 1000};
	struct http_server *s;
	bool inherited = false;
	int c;

	while ((c = getopt(argc, argv, "n:m:i")) != -1) {
		switch (c) {
		case 'n':
			pages.size = strtoul(optarg, NULL, 10);
			break;
		case 'm':
			options.max_connections = atoi(optarg);
			break;
		case 'i':
			inherited = true;
			break;
		default:
			return 2;
		}
	}
	service__init();
	if (inherited)
		options.n_fds = service__listen_fds(&options.fds);
	if (options.n_fds < 0)
		return 1;
	options.addresses = (const char *const *)argv + optind;
	options.n_addresses = argc - optind;
	if (http__open(&options, handle, &pages, &s))
		return 1;
	serve(s);
	http__close(s);
	return 0;
}
