// SPDX-License-Identifier: GPL-2.0-only
#include "audit.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "attach.h"
#include "clock.h"
#include "feature.h"
#include "mounts.h"

/* Every so often held locks and followed folios are compared with their words. */
#define SWEEP_NS 1000000000ULL
/* How long a daemon waits after an attempt to attach that failed. */
#define ATTACH_AGAIN_NS (10 * 1000000000ULL)

static double process_cpu_seconds(void)
{
	return (double)clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1e9;
}

double audit__seconds(const struct audit *a)
{
	__u64 end = a->stop_ns ? a->stop_ns : clock_ns(CLOCK_MONOTONIC);

	return a->start_ns ? (double)(end - a->start_ns) / 1e9 : 0;
}

double audit__cpu_seconds(const struct audit *a)
{
	return process_cpu_seconds() - a->start_cpu_seconds;
}

size_t audit__map_bytes(const struct audit *a)
{
	return templates__map_bytes(a->templates) + locks__map_bytes(a->locks);
}

int audit__check_kernel(void)
{
	struct feature_result results[FEATURES_MAX];
	int n = features__probe(results, FEATURES_MAX);
	char why[512];

	if (n < 0)
		return n;
	if (!features__first_blocker(results, (size_t)n, why, sizeof(why)))
		return 0;
	fprintf(stderr, "vfslock: no audit is possible here: %s\n", why);
	return -EPERM;
}

/* Two programs with a link each per function: the usual 1,024 descriptors are not enough. */
static void raise_file_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r))
		return;
	r.rlim_cur = r.rlim_max;
	/* Failing leaves the old limit; functions that find no descriptor are listed with that reason. */
	setrlimit(RLIMIT_NOFILE, &r);
}

static int plan_tables(struct audit *a, int target)
{
	struct target *t = &a->targets[target];
	int first = a->tables_planned[target], added, more;

	a->plan.unknown_tables = 0;
	added = plan__add_tables(&a->plan, a->kbtf, a->kmem, a->ksyms, t, first);
	a->tables_planned[target] = t->n_tables;
	if (added < 0 || !a->plan.unknown_tables || !ksyms__outdated(a->ksyms))
		return added;
	if (ksyms__reload(a->ksyms, KSYMS_PATH))
		return added; /* the old symbols are still there; the tables stay unknown */
	more = plan__add_tables(&a->plan, a->kbtf, a->kmem, a->ksyms, t, first);
	return more < 0 ? more : added + more;
}

static int plan_new_tables(struct audit *a)
{
	int sum = 0;

	for (int i = 0; i < a->n_targets; i++) {
		int n = a->tables_planned[i] < a->targets[i].n_tables ? plan_tables(a, i) : 0;

		if (n < 0)
			return n;
		sum += n;
	}
	return sum;
}

const struct target *audit__target_of(const struct audit *a, int target)
{
	return target >= 0 && target < a->n_targets ? &a->targets[target] : NULL;
}

int audit__open(struct audit *a, const struct audit_options *options)
{
	int err;

	*a = (struct audit){.options = *options, .start_cpu_seconds = process_cpu_seconds(), .cost.stats_fd = -1};
	raise_file_limit();
	err = kbtf__open(&a->kbtf);
	if (!err)
		err = kmem__open(&a->kmem);
	if (!err)
		err = discovery__open(a->kbtf, a->kmem, &a->discovery);
	if (!err)
		err = mounts__discover(a);
	if (err)
		return err;
	err = ksyms__load(KSYMS_PATH, &a->ksyms);
	if (err) {
		fprintf(stderr,
			"vfslock: kernel symbols cannot be read: %s. It needs CAP_SYSLOG, or kernel.kptr_restrict=0.\n",
			strerror(-err));
		return err;
	}
	err = plan__open(&a->plan, a->kbtf, a->ksyms, options->latency);
	a->plan.policy = options->policy;
	a->plan.filter = &a->options.rules;
	a->plan.task_filter = filter__mask(&options->tasks);
	a->plan.tell_types = options->daemon || a->n_types > 1;
	if (!err && options->suppress)
		err = suppressions__load(options->suppress, &a->suppressions);
	if (!err && options->spec) {
		err = spec__import(options->spec, a->plan.kernel, &a->imported);
		a->plan.rules = a->imported.rules;
	}
	if (!err)
		err = plan_new_tables(a);
	return err < 0 ? err : 0;
}

/* Called for each table that the kernel side meets for the first time; planned and attached by audit__poll(). */
static void on_event(void *arg, const struct vl_event *ev)
{
	static const enum table_kind kinds[] = {
		[VL_EVENT_OPS] = TABLE_OPS, [VL_EVENT_ALSO] = TABLE_ALSO, [VL_EVENT_FUNCTION] = TABLE_FUNCTION};
	struct audit *a = arg;
	struct target *t = (struct target *)audit__target_of(a, (int)ev->target);

	if (ev->type == VL_EVENT_UNMOUNTED)
		mounts__unmounted(a, ev->a);
	else if (t && ev->type == VL_EVENT_TABLES)
		discover__inode_tables(t, ev->mode, ev->a, ev->b, ev->c, ev->d);
	else if (t)
		discover__add_table(t, (int)ev->ops, kinds[ev->type], ev->a, ops_struct__found_on((int)ev->ops));
}

static void on_call(void *arg, const struct vl_call_event *ev)
{
	struct audit *a = arg;

	a->options.on_call(a->options.user, ev);
}

static bool show_progress(void *arg, int done, int total)
{
	struct audit *a = arg;
	struct pollfd stop = {.fd = a->options.stop_fd, .events = POLLIN};

	if (!a->options.quiet && isatty(STDERR_FILENO)) {
		fprintf(stderr, "\r\033[Kattaching %d/%d functions", done, total);
		if (done == total)
			fputs("\r\033[K", stderr);
	}
	return !a->options.stop_fd || poll(&stop, 1, 0) <= 0;
}

/* A daemon's mount that is yet to come may bring one more. */
static int types_expected(const struct audit *a)
{
	int n = a->plan.tell_types ? a->n_types : 1;

	for (int i = 0; i < a->n_targets; i++)
		n += !a->targets[i].super_block;
	return n < 1 ? 1 : n < VL_TYPES ? n : VL_TYPES;
}

int audit__open_templates(struct audit *a)
{
	struct templates_options options = {.track = a->options.track,
					    .every_call = a->options.every_call,
					    .ring_bytes = a->options.ring_bytes,
					    .types = types_expected(a)};

	return templates__open(a->kbtf, &options, &a->templates);
}

static int follow_folios(struct audit *a)
{
	double seconds = a->options.unlock_seconds ? a->options.unlock_seconds : AUDIT_UNLOCK_SECONDS;

	return follower__open(a->kbtf, a->kmem, a->templates, (__u64)(seconds * 1e9), &a->follower);
}

static int tell_nothing_attached(const struct audit *a)
{
	fprintf(stderr, "vfslock: none of the %d functions of %s%s could be attached:\n", a->plan.n_functions,
		a->targets[0].path, a->n_targets > 1 ? " and the others" : "");
	for (int i = 0; i < a->plan.n_functions; i++)
		fprintf(stderr, "  %s %s(): %s\n", a->plan.functions[i].method_name, a->plan.functions[i].name,
			a->plan.functions[i].reason);
	return -ENOTSUP;
}

/* Whoever asked for it must not get an audit that only looks as if. */
static int track_locks(struct audit *a)
{
	struct locks_setup setup = {.kb = a->kbtf,
				    .km = a->kmem,
				    .ks = a->ksyms,
				    .targets = a->targets,
				    .n_targets = a->n_targets,
				    .owners = a->owners,
				    .n_owners = a->n_owners,
				    .control_fd = templates__control_fd(a->templates),
				    .source = a->options.lock_source,
				    .caller_word = calibrate__caller_word(a->ksyms)};
	int err;

	if (setup.caller_word < 0) {
		fprintf(stderr, "vfslock: where locks are taken cannot be told on this kernel: %s\n",
			strerror(-setup.caller_word));
		setup.caller_word = 0;
	}
	err = locks__open(&setup, &a->locks);
	if (!err)
		err = locks__attach(a->locks);
	if (err)
		return err;
	templates__track(a->templates, locks__held_fd(a->locks), locks__readers_fd(a->locks));
	a->plan.tracking = locks__tracking(a->locks);
	return 0;
}

int audit__start(struct audit *a)
{
	struct collect_events events = {.on_event = on_event, .on_call = a->options.on_call ? on_call : NULL, .arg = a};
	__u64 begin = clock_ns(CLOCK_MONOTONIC);
	int err;

	err = audit__open_templates(a);
	if (err)
		return err;
	mounts__watch(a);
	err = filter__write(&a->options.tasks, templates__control(a->templates),
			    templates__maps(a->templates)->wanted_pids, templates__maps(a->templates)->wanted_comms);
	if (!err && a->options.track)
		err = track_locks(a);
	if (!err)
		err = templates__attach_hooks(a->templates);
	if (!err)
		err = mounts__check(a);
	if (!err)
		err = collector__open(&a->plan, a->templates, a->ksyms, &events, &a->collector);
	if (!err && a->plan.sees_unlocks)
		err = follow_folios(a);
	if (err)
		return err;
	err = plan_new_tables(a);
	if (err >= 0)
		err = attach__functions(&a->plan, a->templates, a->ksyms, 0, show_progress, a);
	if (err == -EINTR)
		fputs("vfslock: stopped while programs were being attached\n", stderr);
	else if (err < 0)
		fprintf(stderr, "vfslock: nothing could be attached: %s\n", strerror(-err));
	if (err < 0)
		return err;
	if (!err)
		return tell_nothing_attached(a);
	collector__symbols_changed(a->collector);
	a->attach_seconds = (double)(clock_ns(CLOCK_MONOTONIC) - begin) / 1e9;
	a->start_wall_ns = clock_ns(CLOCK_REALTIME);
	a->start_ns = clock_ns(CLOCK_MONOTONIC);
	if (!a->options.no_cost)
		cost__start(&a->cost);
	mounts__arm(a);
	return 0;
}

static int note_late_tables(struct audit *a, int target, int first, double met, int functions)
{
	const struct target *t = &a->targets[target];

	for (int i = first; i < t->n_tables; i++) {
		void *p = realloc(a->late, (size_t)(a->n_late + 1) * sizeof(*a->late));

		if (!p)
			return -ENOMEM;
		a->late = p;
		a->late[a->n_late] = (struct late_table){.ops = t->tables[i].ops,
							 .target = target,
							 .met_seconds = met,
							 .attached_seconds = audit__seconds(a),
							 .functions = functions};
		memcpy(a->late[a->n_late++].found, t->tables[i].found, sizeof(a->late->found));
	}
	return 0;
}

/* From the first on that waits: an attempt that failed has attached none of them. */
static int first_planned(const struct plan *p)
{
	int i = 0;

	while (i < p->n_functions && p->functions[i].state != FUNCTION_PLANNED)
		i++;
	return i;
}

/* Tables that could not be seen to are planned again, in which what is planned already stays as it is. */
static int attach_tables(struct audit *a, int target)
{
	double met = audit__seconds(a);
	int first_table = a->tables_planned[target], err;

	err = plan_tables(a, target);
	if (err >= 0)
		err = attach__functions(&a->plan, a->templates, a->ksyms, first_planned(&a->plan), NULL, NULL);
	if (err < 0) {
		a->tables_planned[target] = first_table;
		return err;
	}
	if (!err)
		return 0;
	collector__symbols_changed(a->collector);
	return note_late_tables(a, target, first_table, met, err);
}

int audit__attach_new(struct audit *a)
{
	int err = 0;

	for (int i = 0; i < a->n_targets && !err; i++)
		if (a->tables_planned[i] != a->targets[i].n_tables)
			err = attach_tables(a, i);
	if (err && err != a->attach_error)
		fprintf(stderr, "vfslock: functions that were met now cannot be attached to: %s%s\n", strerror(-err),
			a->options.daemon ? "; this is tried again" : "");
	a->attach_error = err;
	return err;
}

/* A daemon outlives a moment without memory. */
static int attach_met(struct audit *a)
{
	__u64 now = clock_ns(CLOCK_MONOTONIC);
	int err;

	if (a->attach_error && now - a->attach_ns < ATTACH_AGAIN_NS)
		return 0;
	err = audit__attach_new(a);
	a->attach_ns = now;
	return a->options.daemon ? 0 : err;
}

void audit__seal(struct audit *a)
{
	a->sealed = a->plan.sealed = true;
}

bool audit__can_attach(const struct audit *a)
{
	return !a->sealed;
}

/* One number of a file in the disk's directory, or what all in it add up to. -1: it cannot be read. */
static long disk_number(const char *disk, const char *file)
{
	unsigned long a = 0, b = 0;
	char path[96];
	FILE *f;
	int n;

	snprintf(path, sizeof(path), "/sys/block/%s/%s", disk, file);
	f = fopen(path, "re");
	n = f ? fscanf(f, "%lu %lu", &a, &b) : 0;
	if (f)
		fclose(f);
	return n > 0 ? (long)(a + b) : -1;
}

/*
 * A folio may be locked for as long as its I/O takes, which is for ever where a path to the disk is gone, or a server.
 * Only a disk that counts its I/O, and has none, is known to be idle.
 */
static bool is_idle(void *arg, __u32 target)
{
	const struct target *t = audit__target_of(arg, (int)target);

	return t && t->disk_name[0] && disk_number(t->disk_name, "queue/iostats") == 1 &&
	       disk_number(t->disk_name, "inflight") == 0;
}

int audit__poll(struct audit *a, int timeout_ms)
{
	int err;

	if (!a->options.no_cost)
		cost__tick(&a->cost, &a->plan, a->locks);
	if (a->cost.stats_fd >= 0 && timeout_ms > COST_WINDOW_MS)
		timeout_ms = COST_WINDOW_MS;
	if (clock_ns(CLOCK_MONOTONIC) - a->swept_ns > SWEEP_NS) {
		if (a->locks)
			locks__drop_stale(a->locks);
		if (a->follower)
			follower__sweep(a->follower, is_idle, a);
		mounts__sweep(a);
		a->swept_ns = clock_ns(CLOCK_MONOTONIC);
	}
	err = collector__poll(a->collector, timeout_ms);
	if (err)
		return err;
	return a->unmounted ? 0 : attach_met(a);
}

int audit__stop(struct audit *a)
{
	int err;

	mounts__disarm(a);
	a->stop_ns = clock_ns(CLOCK_MONOTONIC);
	cost__stop(&a->cost, &a->plan, a->locks);
	collector__poll(a->collector, 0);
	collector__end(a->collector);
	if (a->follower)
		follower__sweep(a->follower, is_idle, a);
	err = a->locks ? locks__sweep(a->locks) : 0;
	if (err)
		fprintf(stderr, "vfslock: the counts of locks cannot be read: %s\n", strerror(-err));
	return err ? err : collector__sweep(a->collector);
}

static void tell_slow_close(void)
{
	fprintf(stderr, "vfslock: no child that could let go of the programs (%s): this takes up to 0.14 s for each\n",
		strerror(errno));
}

/*
 * A child that holds copies of all descriptors until this process has closed its own, so that the closes that wait for
 * the kernel are the child's. Returns the pipe end to close when that is done, or -1 without a child: the closes are
 * then slow.
 */
static int leave_to_child(void)
{
	int ends[2], dead;
	char byte;

	if (pipe(ends)) {
		tell_slow_close();
		return -1;
	}
	switch (fork()) {
	case 0:
		setsid();
		close(ends[1]);
		close(STDIN_FILENO);
		close(STDOUT_FILENO);
		close(STDERR_FILENO);
		do
			dead = (int)read(ends[0], &byte, 1);
		while (dead < 0 && errno == EINTR);
		_exit(0);
	case -1:
		tell_slow_close();
		close(ends[0]);
		close(ends[1]);
		return -1;
	default:
		close(ends[0]);
		return ends[1];
	}
}

void audit__close(struct audit *a)
{
	int child = -1;

	fflush(NULL);
	if (a->templates) {
		mounts__disarm(a);
		child = leave_to_child();
	}
	collector__free(a->collector);
	follower__free(a->follower);
	detach__all(&a->plan);
	locks__free(a->locks);
	templates__free(a->templates);
	discovery__free(a->discovery);
	plan__free(&a->plan);
	imported__free(&a->imported);
	for (int i = 0; i < a->n_targets; i++)
		target__free(&a->targets[i]);
	suppressions__free(a->suppressions);
	free(a->targets);
	free(a->tables_planned);
	ksyms__free(a->ksyms);
	kmem__free(a->kmem);
	kbtf__free(a->kbtf);
	free(a->late);
	if (child >= 0)
		close(child);
}
