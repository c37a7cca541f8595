// SPDX-License-Identifier: GPL-2.0-only
#include "audit.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "attach.h"
#include "clock.h"
#include "feature.h"

/* bpf/learn.h attaches to it. */
#define LEARN_FUNCTION "security_d_instantiate"

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

static int plan_new_tables(struct audit *a)
{
	int err = plan__add_tables(&a->plan, a->kbtf, a->kmem, a->ksyms, &a->target, a->tables_planned);

	a->tables_planned = a->target.n_tables;
	return err;
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
		err = discover__mount(a->discovery, options->path, &a->target);
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
	if (!err && options->spec) {
		err = spec__import(options->spec, a->plan.kernel, &a->imported);
		a->plan.rules = a->imported.rules;
	}
	if (!err)
		err = plan_new_tables(a);
	return err < 0 ? err : 0;
}

/* Called for each table that the kernel side meets for the first time; planned and attached by audit__poll(). */
static void on_tables(void *arg, const struct vl_event *ev)
{
	struct audit *a = arg;

	if (ev->type == VL_EVENT_OPS)
		discover__add_table(&a->target, (int)ev->ops, ev->a, "mapping");
	else
		discover__inode_tables(&a->target, ev->mode, ev->a, ev->b, ev->c);
}

static void show_progress(void *arg, int done, int total)
{
	struct audit *a = arg;

	if (a->options.quiet || !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[Kattaching %d/%d functions", done, total);
	if (done == total)
		fputs("\r\033[K", stderr);
}

int audit__open_templates(struct audit *a)
{
	struct templates_options options = {
		.can_learn = kbtf__has_function(a->kbtf, LEARN_FUNCTION),
		.context = kbtf__context_source(a->kbtf),
	};

	if (!options.can_learn)
		fprintf(stderr,
			"vfslock: this kernel has no %s() (CONFIG_SECURITY=n): ops tables of kinds of inode that first "
			"appear during the audit will not be learnt\n",
			LEARN_FUNCTION);

	return templates__open(&options, &a->templates);
}

/*
 * The super_block was read before the unmount hook was there: if it went away in between, its address may stand for
 * another one now. Only if the mount point still leads to it is it safe to compare addresses with it.
 */
static int check_still_mounted(struct audit *a)
{
	struct target again;
	int err = discover__mount(a->discovery, a->options.path, &again);

	if (!err && again.super_block != a->target.super_block) {
		fprintf(stderr, "vfslock: %s was unmounted while the audit was being prepared\n", a->options.path);
		err = -ESTALE;
	}
	for (int i = 0; !err && i < again.n_tables; i++)
		discover__add_table(&a->target, again.tables[i].ops, again.tables[i].addr, again.tables[i].found);
	target__free(&again);
	return err;
}

int audit__start(struct audit *a)
{
	__u64 begin = clock_ns(CLOCK_MONOTONIC);
	volatile struct vl_control *control;
	int err;

	err = audit__open_templates(a);
	if (err)
		return err;
	control = templates__control(a->templates);
	control->watched = a->target.super_block;
	err = templates__attach_hooks(a->templates);
	if (!err)
		err = check_still_mounted(a);
	if (!err)
		err = collector__open(&a->plan, a->templates, a->ksyms, on_tables, a, &a->collector);
	if (err)
		return err;
	err = plan_new_tables(a);
	if (err >= 0)
		err = attach__functions(&a->plan, a->templates, 0, show_progress, a);
	if (err < 0) {
		fprintf(stderr, "vfslock: nothing could be attached: %s\n", strerror(-err));
		return err;
	}
	if (!err) {
		fprintf(stderr, "vfslock: none of the %d functions of %s could be attached:\n", a->plan.n_functions,
			a->options.path);
		for (int i = 0; i < a->plan.n_functions; i++)
			fprintf(stderr, "  %s %s(): %s\n", a->plan.functions[i].method_name, a->plan.functions[i].name,
				a->plan.functions[i].reason);
		return -ENOTSUP;
	}
	a->attach_seconds = (double)(clock_ns(CLOCK_MONOTONIC) - begin) / 1e9;
	a->start_wall_ns = clock_ns(CLOCK_REALTIME);
	a->start_ns = clock_ns(CLOCK_MONOTONIC);
	if (!a->options.no_cost)
		cost__start(&a->cost);
	/* Unmounted meanwhile: the hook has cleared `watched`. */
	control->super_block = control->watched;
	return 0;
}

static int attach_late_tables(struct audit *a)
{
	int first_table = a->tables_planned, first = a->plan.n_functions, err;
	double met = audit__seconds(a);

	if (first_table == a->target.n_tables)
		return 0;
	err = plan_new_tables(a);
	if (err < 0)
		return err;
	err = attach__functions(&a->plan, a->templates, first, NULL, NULL);
	if (err < 0)
		return err;
	for (int t = first_table; err > 0 && t < a->target.n_tables; t++) {
		void *p = realloc(a->late, (size_t)(a->n_late + 1) * sizeof(*a->late));

		if (!p)
			return -ENOMEM;
		a->late = p;
		a->late[a->n_late] = (struct late_table){.ops = a->target.tables[t].ops,
							 .met_seconds = met,
							 .attached_seconds = audit__seconds(a),
							 .functions = err};
		memcpy(a->late[a->n_late++].found, a->target.tables[t].found, sizeof(a->late->found));
	}
	return 0;
}

int audit__poll(struct audit *a, int timeout_ms)
{
	struct collect_news news;
	int err;

	if (!a->options.no_cost)
		cost__tick(&a->cost, &a->plan);
	if (a->cost.stats_fd >= 0 && timeout_ms > COST_WINDOW_MS)
		timeout_ms = COST_WINDOW_MS;
	err = collector__poll(a->collector, timeout_ms, &news);

	if (err)
		return err;
	if (news.unmounted)
		a->unmounted = true;
	return a->unmounted ? 0 : attach_late_tables(a);
}

int audit__stop(struct audit *a)
{
	volatile struct vl_control *control = templates__control(a->templates);
	struct collect_news news;

	control->super_block = control->watched = VL_NO_SUPER_BLOCK;
	a->stop_ns = clock_ns(CLOCK_MONOTONIC);
	cost__stop(&a->cost, &a->plan);
	collector__poll(a->collector, 0, &news);
	a->unmounted = a->unmounted || news.unmounted;
	return collector__sweep(a->collector);
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

	if (pipe(ends))
		return -1;
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
		volatile struct vl_control *control = templates__control(a->templates);

		control->super_block = control->watched = VL_NO_SUPER_BLOCK;
		child = leave_to_child();
	}
	collector__free(a->collector);
	detach__all(&a->plan);
	templates__free(a->templates);
	discovery__free(a->discovery);
	plan__free(&a->plan);
	imported__free(&a->imported);
	target__free(&a->target);
	ksyms__free(a->ksyms);
	kmem__free(a->kmem);
	kbtf__free(a->kbtf);
	free(a->late);
	if (child >= 0)
		close(child);
}
