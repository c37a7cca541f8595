// SPDX-License-Identifier: GPL-2.0-only
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "daemon_state.h"
#include "mounts.h"
#include "rights.h"
#include "service.h"

#define SECOND_NS 1000000000ULL
#define TICK_MS 1000
#define WEB_STEP_NS (SECOND_NS / 10)
/* New violations are told this soon; repeats of old ones are looked for much less often, unless somebody asks. */
#define EAGER_NS (SECOND_NS / 2)
#define LAZY_NS (10 * SECOND_NS)
/* The log: a line when a fingerprint is new, one in so long for its repeats, and not more of one rule than this. */
#define LOG_FOLD_NS (600 * SECOND_NS)
#define LOG_RATE 0.2
/* Of the line of status, for the mounts. */
#define STATUS_MOUNTS 1024

enum source { ON_RING, ON_HTTP, ON_SIGNAL, ON_MOUNTS };

static void on_call(void *user, const struct vl_call_event *ev)
{
	struct daemon *d = user;

	(void)ev;
	d->fresh = true;
}

static void log_alert(void *arg, const struct alert *a)
{
	const struct daemon *d = arg;
	const struct finding *f = &a->finding;
	char fingerprint[ALERT_FINGERPRINT_LEN];

	fprintf(stderr, "vfslock: VIOLATION %s in %s() [%s]%s%s: %llu %s\n", f->rule->id, f->function->name,
		alert__fingerprint(a->fingerprint, fingerprint), f->target ? " on " : "",
		f->target ? f->target->path : "", (unsigned long long)a->more, a->is_repeat ? "more calls" : "calls");
	if (!a->is_repeat)
		finding__text(&d->audit, f, false, stderr);
}

int daemon__sweep(struct daemon *d)
{
	struct results r;
	int err = collector__sweep(d->audit.collector);

	if (!err && d->audit.locks)
		err = locks__sweep(d->audit.locks);
	if (!err) {
		d->fresh = false;
		err = results__make(&d->audit, &r);
		if (!err)
			err = stream__update(d->stream, &r, false);
		d->calls = r.calls;
		results__free(&r);
		cost__assume(&d->audit.cost, d->calls);
	}
	d->sweep_error = err;
	d->swept_ns = clock_ns(CLOCK_MONOTONIC);
	return err;
}

static int add_source(struct daemon *d, int fd, enum source source)
{
	struct epoll_event ev = {.events = source == ON_MOUNTS ? EPOLLPRI : EPOLLIN, .data.u32 = source};

	return fd < 0 || !epoll_ctl(d->epoll, EPOLL_CTL_ADD, fd, &ev) ? 0 : -errno;
}

static int open_loop(struct daemon *d)
{
	int err;

	d->epoll = epoll_create1(EPOLL_CLOEXEC);
	/* Polling it tells of every change of mounts (fs/proc_namespace.c, mounts_poll()). */
	d->mountinfo = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (d->epoll < 0)
		return -errno;
	err = add_source(d, collector__fd(d->audit.collector), ON_RING);
	if (!err && d->http)
		err = add_source(d, http__fd(d->http), ON_HTTP);
	if (!err)
		err = add_source(d, d->signals, ON_SIGNAL);
	if (!err)
		err = add_source(d, d->mountinfo, ON_MOUNTS);
	if (err)
		fprintf(stderr, "vfslock: no event loop: %s\n", strerror(-err));
	return err;
}

/* Before anything is attached: an address that is taken is the commonest of all mistakes. */
static int open_web(struct daemon *d)
{
	static const char *const by_default[] = {DAEMON_ADDRESS};
	const struct daemon_options *o = d->options;
	struct http_options http = {.addresses = o->addresses, .n_addresses = o->n_addresses};

	if (o->no_web)
		return 0;
	http.n_fds = service__listen_fds(&http.fds);
	if (http.n_fds < 0)
		return http.n_fds;
	if (!http.n_fds && !http.n_addresses) {
		http.addresses = by_default;
		http.n_addresses = 1;
	}
	return http__open(&http, daemon__answer, d, &d->http);
}

static int open_signals(struct daemon *d)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	signal(SIGPIPE, SIG_IGN);
	d->signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (d->signals >= 0)
		return 0;
	fprintf(stderr, "vfslock: no signalfd: %s\n", strerror(errno));
	return -errno;
}

static int open_audit(struct daemon *d)
{
	struct audit_options options = d->options->audit;
	struct stream_options stream = {
		.fold_ns = LOG_FOLD_NS, .rate = LOG_RATE, .n_recent = d->options->recent, .tell = log_alert, .arg = d};
	int err;

	options.stop_fd = d->signals;
	options.on_call = on_call;
	options.user = d;
	err = audit__open(&d->audit, &options);
	if (err)
		return err;
	service__notify("STATUS=attaching to %d functions", d->audit.plan.n_functions);
	err = audit__start(&d->audit);
	if (!err)
		err = stream__open(&d->audit, &stream, &d->stream);
	if (!err)
		err = metrics__open(&d->metrics);
	return err;
}

static void tell_status(const struct daemon *d)
{
	char mounts[STATUS_MOUNTS] = "";
	FILE *f = fmemopen(mounts, sizeof(mounts) - 1, "w");
	int attached = 0;

	/* What does not fit is cut off. */
	if (f) {
		mounts__describe(&d->audit, f);
		fclose(f);
	}
	for (int i = 0; i < d->audit.plan.n_functions; i++)
		attached += d->audit.plan.functions[i].state == FUNCTION_ATTACHED;
	service__notify("STATUS=%s, %d functions, %llu violations told", mounts, attached,
			(unsigned long long)stream__counts(d->stream).told);
}

/*
 * From now on nobody who takes over this process could attach anything. What it has open stays open: its tables, and
 * the program that reads kernel memory, without which a mount that comes back could not be found.
 */
static void settle(struct daemon *d)
{
	const struct templates_maps *maps = templates__maps(d->audit.templates);
	bool kept;
	int err;

	d->settled = true;
	err = ksyms__keep_open(d->audit.ksyms, KSYMS_PATH);
	if (err)
		fprintf(stderr,
			"vfslock: kernel symbols cannot be kept open: %s: those of modules that are loaded "
			"later will not be known\n",
			strerror(-err));
	daemon__sweep(d);
	cost__stop_sampling(&d->audit.cost, &d->audit.plan, d->audit.locks, d->calls,
			    (__u64)(audit__seconds(&d->audit) * 1e9));
	if (rights__drop(d->options->user, maps->signatures, &kept))
		return;
	audit__seal(&d->audit);
	fprintf(stderr, "vfslock: all capabilities are given up%s; tables met from now on are listed, not attached\n",
		kept ? " but CAP_BPF, which this kernel asks for at each look at a table" : "");
}

static void take_signals(struct daemon *d)
{
	struct signalfd_siginfo si;

	while (read(d->signals, &si, sizeof(si)) == sizeof(si)) {
		if (si.ssi_signo == SIGHUP)
			daemon__reload(d);
		else
			d->stop = true;
	}
}

static void look_at_mounts(struct daemon *d, bool changed)
{
	if (changed)
		mounts__look_again(&d->audit);
	if (mounts__take_up(&d->audit) || d->audit.mounts_changed)
		tell_status(d);
	d->audit.mounts_changed = false;
}

/* What is due by time. */
static void tick(struct daemon *d)
{
	__u64 now = clock_ns(CLOCK_MONOTONIC), watchdog = service__watchdog_usec() * 1000;

	if (now - d->ticked_ns >= SECOND_NS) {
		d->ticked_ns = now;
		look_at_mounts(d, d->mountinfo < 0);
	}
	if (now - d->swept_ns >= (d->fresh ? EAGER_NS : LAZY_NS))
		daemon__sweep(d);
	if (d->textfile && now - d->file_ns >= (__u64)(d->options->textfile_seconds * 1e9)) {
		d->file_ns = now;
		d->file_error = textfile__write(d->textfile, daemon__render_textfile, d);
	}
	if (!d->settled && now >= d->settle_at_ns)
		settle(d);
	if (watchdog && now - d->watchdog_ns >= watchdog / 2) {
		d->watchdog_ns = now;
		service__notify("WATCHDOG=1");
	}
}

static int timeout_ms(const struct daemon *d)
{
	int http = d->http ? http__timeout_ms(d->http) : -1;
	int ms = d->audit.cost.stats_fd >= 0 ? COST_WINDOW_MS : d->fresh ? (int)(EAGER_NS / 1000000) : TICK_MS;

	return http >= 0 && http < ms ? http : ms;
}

/* The clock first: an answer must be no older than it may be. Its steps bound what a flood of connections can cost. */
static void run_web(struct daemon *d)
{
	__u64 now = clock_ns(CLOCK_MONOTONIC);

	if (now - d->web_ns >= WEB_STEP_NS) {
		d->web_ns = now;
		http__tick(d->http, now);
	}
	http__run(d->http);
}

static int loop(struct daemon *d)
{
	struct epoll_event events[4];
	int err = 0;

	while (!err && !d->stop) {
		int n = epoll_wait(d->epoll, events, 4, timeout_ms(d));

		for (int i = 0; i < n; i++)
			if (events[i].data.u32 == ON_SIGNAL)
				take_signals(d);
			else if (events[i].data.u32 == ON_MOUNTS)
				look_at_mounts(d, true);
		if (d->stop)
			break;
		err = audit__poll(&d->audit, 0);
		if (err)
			fprintf(stderr, "vfslock: the ring buffer cannot be read: %s\n", strerror(-err));
		if (d->http)
			run_web(d);
		tick(d);
	}
	return err;
}

static void tell_ready(struct daemon *d)
{
	for (int i = 0; i < d->audit.n_targets; i++) {
		const struct target *t = &d->audit.targets[i];

		/* Why has been told. */
		if (t->same_as || t->refused)
			continue;
		if (t->unmounted)
			fprintf(stderr, "vfslock: nothing is mounted at %s: it is waited for\n", t->path);
		else
			fprintf(stderr, "vfslock: %s, %s on %s (%s) is audited\n", t->path, t->fs_type,
				t->source[0] ? t->source : "-", t->id);
	}
	fprintf(stderr, "vfslock: %s%s\n", d->http ? "listening on " : "no HTTP",
		d->http ? http__addresses(d->http) : "");
	service__notify("READY=1");
	tell_status(d);
}

static void close_all(struct daemon *d)
{
	service__notify("STOPPING=1");
	/* The last counts, for whoever reads the file later. */
	if (d->textfile && d->stream)
		textfile__write(d->textfile, daemon__render_textfile, d);
	http__close(d->http);
	textfile__close(d->textfile);
	stream__free(d->stream);
	metrics__free(d->metrics);
	if (d->epoll >= 0)
		close(d->epoll);
	if (d->mountinfo >= 0)
		close(d->mountinfo);
	close(d->signals);
	audit__close(&d->audit);
}

static bool is_absent(const struct daemon *d)
{
	for (int i = 0; i < d->audit.n_targets; i++)
		if (!d->audit.targets[i].unmounted)
			return false;
	return d->audit.n_targets > 0;
}

int daemon__run(const struct daemon_options *options)
{
	struct daemon d = {.options = options,
			   .epoll = -1,
			   .mountinfo = -1,
			   .reload_ok = true,
			   .reload_ns = clock_ns(CLOCK_REALTIME)};
	enum daemon_stage stage = DAEMON_OPENS;
	int err = open_signals(&d), status;

	if (!err)
		err = open_web(&d);
	if (!err && options->textfile)
		err = textfile__open(options->textfile, &d.textfile);
	if (!err) {
		stage = DAEMON_ATTACHES;
		err = open_audit(&d);
	}
	if (!err)
		err = open_loop(&d);
	if (!err) {
		d.settle_at_ns = clock_ns(CLOCK_MONOTONIC) + (__u64)(options->settle_seconds * 1e9);
		tell_ready(&d);
		stage = DAEMON_RUNS;
		/* Those that changed while programs were being attached. */
		look_at_mounts(&d, true);
		err = loop(&d);
	}
	status = daemon__exit_status(stage, err, is_absent(&d));
	close_all(&d);
	return status;
}
