// SPDX-License-Identifier: GPL-2.0-only
/* vfslock watch: violations as they happen. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "audit.h"
#include "cli.h"
#include "clock.h"
#include "options.h"
#include "watch.h"

#define POLL_MS 100
/* New fingerprints are told this soon after they are met, if many come; repeats are looked for once a second. */
#define EAGER_NS 200000000ULL
#define LAZY_NS 1000000000ULL
#define DEFAULT_FOLD 10.0
#define DEFAULT_RATE 10.0

struct watcher {
	struct audit_options options;
	struct stream_options stream_options;
	double seconds, fold;
	struct audit audit;
	struct watch_writer writer;
	struct stream *stream;
	bool *gone; /* per mount: its end was told */
	bool fresh; /* a call path was met since results were made */
	__u64 looked_ns;
};

enum {
	DURATION,
	JSON,
	SHOW_ADDRESSES,
	FOLD,
	RATE,
	DRIFT,
	PID,
	COMM,
	CGROUP,
	RULE,
	OPS,
	RING_SIZE,
};

static const struct audit_option own[] = {
	[DURATION] = {"duration", "SECONDS", "how long (default: until Ctrl-C)"},
	[JSON] = {"json", NULL, "one JSON object per line (vfslock-watch(8) describes them)"},
	[SHOW_ADDRESSES] = {"show-addresses", NULL, "kernel addresses, too"},
	[FOLD] = {"fold", "SECONDS",
		  "tell repeats of one fingerprint together, that often (default 10); 0: every call"},
	[RATE] = {"rate", "N", "at most N lines a second of one rule (default 10); 0: no limit"},
	[DRIFT] = {"drift", NULL, "drift, too"},
	[PID] = {"pid", "PID", "only calls of this process; may be given 8 times, as all that follow"},
	[COMM] = {"comm", "NAME", "only calls of tasks of this name"},
	[CGROUP] = {"cgroup", "DIR", "only calls of tasks in this cgroup (v2) or below"},
	[RULE] = {"rule", "PATTERN", "only rules like this: 'inode_operations.*.i_rwsem.*'"},
	[OPS] = {"ops", "PATTERN", "only methods like this: inode_operations, inode_operations.create"},
	[RING_SIZE] = {"ring-size", "KIB",
		       "size of the ring buffer (default 256, with --fold 0: 4096); a power of two"},
};

static int take_rate(struct watcher *w, const char *value)
{
	char *end;

	w->stream_options.rate = strtod(value, &end);
	if (end != value && !*end && w->stream_options.rate >= 0)
		return 0;
	fprintf(stderr, "vfslock: --rate %s: give a number of lines a second, or 0\n", value);
	return -EINVAL;
}

static int take_fold(struct watcher *w, const char *value)
{
	if (!strcmp(value, "0")) {
		w->fold = 0;
		return 0;
	}
	return options__seconds("fold", value, &w->fold);
}

static int take_option(void *arg, int which, const char *value)
{
	struct watcher *w = arg;

	switch (which) {
	case DURATION:
		return options__seconds("duration", value, &w->seconds);
	case JSON:
		w->writer.json = true;
		return 0;
	case SHOW_ADDRESSES:
		w->writer.addresses = true;
		return 0;
	case FOLD:
		return take_fold(w, value);
	case RATE:
		return take_rate(w, value);
	case DRIFT:
		w->stream_options.drift = true;
		return 0;
	case PID:
		return filter__add_pid(&w->options.tasks, value);
	case COMM:
		return filter__add_comm(&w->options.tasks, value);
	case CGROUP:
		return filter__add_cgroup(&w->options.tasks, value);
	case RULE:
		return filter__add_rule(&w->options.rules, value);
	case OPS:
		return filter__add_ops(&w->options.rules, value);
	case RING_SIZE:
		return options__ring_size(value, &w->options.ring_bytes);
	default:
		return -EINVAL;
	}
}

static void on_call(void *user, const struct vl_call_event *ev)
{
	struct watcher *w = user;

	w->fresh = true;
	/* The first ones may come while programs are still being attached: no call counts then. */
	if (w->stream)
		stream__call(w->stream, ev);
}

static void on_alert(void *arg, const struct alert *a)
{
	struct watcher *w = arg;

	watch__alert(&w->writer, a);
}

/* The way that a reader of the stream sees what the kernel side has counted. */
static int look(struct watcher *w, bool all)
{
	struct results r;
	int err = collector__sweep(w->audit.collector);

	if (err)
		return err;
	w->fresh = false;
	w->looked_ns = clock_ns(CLOCK_MONOTONIC);
	err = results__make(&w->audit, &r);
	if (!err)
		err = stream__update(w->stream, &r, all);
	results__free(&r);
	if (err)
		fprintf(stderr, "vfslock: the counts cannot be judged: %s\n", strerror(-err));
	watch__lost(&w->writer);
	return err;
}

static void tell_unmounts(struct watcher *w)
{
	for (int i = 0; i < w->audit.n_targets; i++)
		if (w->audit.targets[i].unmounted && !w->gone[i]) {
			w->gone[i] = true;
			watch__unmounted(&w->writer, &w->audit.targets[i]);
		}
}

static bool is_over(struct watcher *w, int signals)
{
	struct signalfd_siginfo si;

	return w->audit.unmounted || w->writer.failed || (w->seconds > 0 && audit__seconds(&w->audit) >= w->seconds) ||
	       read(signals, &si, sizeof(si)) == sizeof(si);
}

static int watch(struct watcher *w, int signals)
{
	int err = 0;

	while (!err && !is_over(w, signals)) {
		__u64 age;

		err = audit__poll(&w->audit, POLL_MS);
		tell_unmounts(w);
		age = clock_ns(CLOCK_MONOTONIC) - w->looked_ns;
		if (!err && age > (w->fresh ? EAGER_NS : LAZY_NS))
			err = look(w, false);
	}
	return err;
}

static int summarise(struct watcher *w)
{
	struct results r;
	int err = results__make(&w->audit, &r), status = EXIT_CANNOT;

	if (!err)
		err = stream__update(w->stream, &r, true);
	if (err) {
		fprintf(stderr, "vfslock: the counts cannot be judged: %s\n", strerror(-err));
	} else {
		watch__summary(&w->writer, &r, w->stream);
		status = r.violations ? EXIT_BROKEN : EXIT_CLEAN;
	}
	results__free(&r);
	if (w->writer.failed) {
		fputs("vfslock: the stream could not be written in full\n", stderr);
		status = EXIT_CANNOT;
	}
	return status;
}

static int open_all(struct watcher *w)
{
	int err = audit__open(&w->audit, &w->options);

	if (!err)
		err = audit__start(&w->audit);
	if (!err)
		err = stream__open(&w->audit, &w->stream_options, &w->stream);
	w->gone = calloc((size_t)w->audit.n_targets + 1, sizeof(*w->gone));
	return err ? err : w->gone ? 0 : -ENOMEM;
}

static int run(struct watcher *w)
{
	int signals, status = EXIT_CANNOT, err;
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	/* A reader that goes away is seen by the failing write. */
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signals < 0) {
		fprintf(stderr, "vfslock: no signalfd: %s\n", strerror(errno));
		return EXIT_CANNOT;
	}
	w->options.stop_fd = signals;
	err = open_all(w);
	if (!err) {
		watch__start(&w->writer, &w->stream_options);
		err = watch(w, signals);
	}
	if (!err)
		err = audit__stop(&w->audit);
	if (!err)
		status = summarise(w);
	stream__free(w->stream);
	audit__close(&w->audit);
	free(w->gone);
	close(signals);
	return status;
}

int cmd_watch(int argc, char **argv)
{
	struct watcher w = {.fold = DEFAULT_FOLD, .stream_options.rate = DEFAULT_RATE};
	struct option_parser parser = {
		.command = "watch",
		.synopsis = "watch [options] MOUNT...",
		.what = "Tells of violations of the locking rules as they happen, on the filesystems mounted at each "
			"MOUNT, until Ctrl-C.",
		.after = "Exit status: 0 clean, 1 a rule is broken, 2 wrong usage, 3 cannot audit.\n",
		.own = own,
		.n_own = sizeof(own) / sizeof(own[0]),
		.shorts = "d",
		.take = take_option,
		.arg = &w,
	};
	int leave = options__parse(&parser, argc, argv, &w.options);

	if (leave)
		return leave - 1;
	if (!w.options.n_paths) {
		fputs("vfslock watch: which filesystem? Give its mount point.\n", stderr);
		return EXIT_USAGE;
	}
	w.options.every_call = w.stream_options.every_call = w.fold == 0;
	if (w.options.every_call && !w.options.ring_bytes)
		w.options.ring_bytes = 4 << 20;
	w.stream_options.fold_ns = (__u64)(w.fold * 1e9);
	w.stream_options.tell = on_alert;
	w.stream_options.arg = &w;
	w.options.on_call = on_call;
	w.options.user = &w;
	w.writer.out = stdout;
	w.writer.audit = &w.audit;
	if (audit__check_kernel())
		return EXIT_CANNOT;
	return run(&w);
}
