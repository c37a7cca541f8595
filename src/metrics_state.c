// SPDX-License-Identifier: GPL-2.0-only
#include "metrics_state.h"
#include "lost.h"

#include <string.h>

#include "clock.h"
#include "process.h"

enum function_fate { FATE_ATTACHED, FATE_ENTRY_ONLY, FATE_KPROBE, FATE_REFUSED, FATE_UNDOCUMENTED, N_FATES };

static enum function_fate fate(const struct function *f)
{
	if (f->undocumented)
		return FATE_UNDOCUMENTED;
	if (f->state != FUNCTION_ATTACHED)
		return FATE_REFUSED;
	if (f->entry_only)
		return FATE_ENTRY_ONLY;
	return f->how == BY_KPROBE ? FATE_KPROBE : FATE_ATTACHED;
}

/* What was attached as it should be has no reason; what was not has one, but for kprobes that the user wants. */
static bool can_be(enum function_fate fate, enum refusal why)
{
	if (fate == FATE_ATTACHED || fate == FATE_UNDOCUMENTED)
		return why == REFUSAL_none;
	return why != REFUSAL_none || fate == FATE_KPROBE;
}

static void write_functions(const struct audit *a, struct expose *e)
{
	static const char *const names[] = {"attached", "entry_only", "kprobe", "refused", "undocumented"};
	__u64 counts[N_FATES][N_REFUSALS] = {{0}}, programs = 0;

	for (int i = 0; i < a->plan.n_functions; i++) {
		const struct function *f = &a->plan.functions[i];

		if (f->unwanted)
			continue;
		counts[fate(f)][fate(f) == FATE_ATTACHED ? REFUSAL_none : f->refusal]++;
		programs += f->state == FUNCTION_ATTACHED ? (f->pair ? 2 : 1) : 0;
	}
	expose__family(
		e, "vfslock_functions", EXPOSE_GAUGE, NULL,
		"Functions found in the filesystems' tables, by what became of them: attached by a trampoline; by "
		"kprobe; only at their entry; not at all; or belonging to a method that the document does not know.");
	for (int s = 0; s < N_FATES; s++)
		for (int r = 0; r < N_REFUSALS; r++)
			if (counts[s][r] || can_be((enum function_fate)s, (enum refusal)r))
				expose__u64(
					e,
					EXPOSE_LABELS({"state", names[s]}, {"reason", refusal__name((enum refusal)r)}),
					counts[s][r]);
	expose__family(e, "vfslock_programs", EXPOSE_GAUGE, NULL, "BPF programs that are attached.");
	expose__u64(e, NULL, programs + (__u64)locks__n_programs(a->locks));
	expose__family(
		e, "vfslock_can_attach", EXPOSE_GAUGE, NULL,
		"1 while this process has the right to attach to functions that are first met; 0 once it has given "
		"that up.");
	expose__u64(e, NULL, !a->sealed);
}

static void put_mounts(struct expose *e, const char *fs, __u64 audited, __u64 absent)
{
	expose__u64(e, EXPOSE_LABELS({"fs", fs}, {"state", "audited"}), audited);
	expose__u64(e, EXPOSE_LABELS({"fs", fs}, {"state", "absent"}), absent);
}

static void write_mounts(const struct audit *a, struct expose *e)
{
	__u64 audited[VL_TYPES] = {0}, absent[VL_TYPES] = {0}, never_met = 0;

	for (int i = 0; i < a->n_targets; i++) {
		const struct target *t = &a->targets[i];

		if (t->removed)
			continue;
		if (!t->super_block)
			never_met++;
		else if (t->type_number >= 0 && t->type_number < a->n_types)
			(target__is_audited(t) ? audited : absent)[t->type_number]++;
	}
	expose__family(
		e, "vfslock_mounts", EXPOSE_GAUGE, NULL,
		"Mounts that are to be audited, by whether they are; of one that is absent, fs is what it was, or "
		"empty.");
	for (int t = 0; t < a->n_types; t++)
		put_mounts(e, a->types[t], audited[t], absent[t]);
	/* Always there: that it comes to be 1 is worth an alert. */
	put_mounts(e, "", 0, never_met);
}

static void put_lost(struct expose *e, const char *reason, __u64 n)
{
	expose__u64(e, EXPOSE_LABELS({"reason", reason}), n);
}

/* These are the same for all types: a program is not told whose call it lost. */
static void write_lost(const struct audit *a, const struct by_type *results, struct expose *e)
{
	static const char *const lock_names[] = {
#define X(name, text) "lock_" #name,
		VL_LOCK_LOST_REASONS(X)
#undef X
	};

	expose__family(e, "vfslock_lost", EXPOSE_COUNTER, NULL,
		       "Calls and details that were not seen, by reason; those of lock_... are about held locks.");
	if (results->n) {
		for (int i = 0; i < VL_N_LOST; i++)
			put_lost(e, lost__name((enum vl_lost)i), results->of[0].lost[i]);
		put_lost(e, "recursion", results->of[0].recursion);
	}
	if (!a->locks)
		return;
	for (int i = 0; i < VL_N_LOCK_LOST; i++)
		put_lost(e, lock_names[i], locks__lost(a->locks, (enum vl_lock_lost)i));
	put_lost(e, "lock_missed", locks__missed(a->locks));
}

static void write_lock_hists(const struct audit *a, struct expose *e)
{
	expose__family(e, "vfslock_lock_wait_seconds", EXPOSE_HISTOGRAM, "seconds",
		       "How long tasks waited for locks that were not free.");
	for (int k = VL_UNTRACKED + 1; k < VL_N_TRACKED; k++)
		metrics__put_hist(e, EXPOSE_LABELS({"class", tracked__name((enum vl_tracked)k)}),
				  &locks__class(a->locks, (enum vl_tracked)k)->wait);
	expose__family(e, "vfslock_lock_hold_seconds", EXPOSE_HISTOGRAM, "seconds",
		       "How long locks were held, of the classes whose taking is seen.");
	for (int k = VL_UNTRACKED + 1; k < VL_N_TRACKED; k++)
		if (locks__class(a->locks, (enum vl_tracked)k)->takes_seen)
			metrics__put_hist(e, EXPOSE_LABELS({"class", tracked__name((enum vl_tracked)k)}),
					  &locks__class(a->locks, (enum vl_tracked)k)->hold);
}

static void write_locks(const struct audit *a, struct expose *e)
{
	if (!a->locks)
		return;
	expose__family(
		e, "vfslock_lock_acquisitions", EXPOSE_COUNTER, NULL,
		"Locks of the audited filesystems that were taken, of the classes whose taking is seen; of folio_lock "
		"and s_writers only what was not free.");
	for (int k = VL_UNTRACKED + 1; k < VL_N_TRACKED; k++)
		if (locks__class(a->locks, (enum vl_tracked)k)->takes_seen)
			expose__u64(e, EXPOSE_LABELS({"class", tracked__name((enum vl_tracked)k)}),
				    locks__class(a->locks, (enum vl_tracked)k)->taken);
	expose__family(e, "vfslock_lock_contended", EXPOSE_COUNTER, NULL,
		       "Locks of the audited filesystems that were not free when a task came.");
	for (int k = VL_UNTRACKED + 1; k < VL_N_TRACKED; k++)
		expose__u64(e, EXPOSE_LABELS({"class", tracked__name((enum vl_tracked)k)}),
			    locks__class(a->locks, (enum vl_tracked)k)->contended);
	write_lock_hists(a, e);
}

/*
 * The kernel counts run time a fiftieth of the time. What passed since the last document is taken to be as what was
 * sampled in it: a sum of such steps only grows, which the mean of all times the whole time does not.
 */
static void estimate_run_time(struct metrics_state *s, const struct audit *a)
{
	const struct cost *c = &a->cost;
	__u64 now = a->stop_ns ? a->stop_ns : clock_ns(CLOCK_MONOTONIC);

	if (s->audit_start_ns != a->start_ns) {
		s->audit_start_ns = s->at_ns = a->start_ns;
		s->sampled_before = s->sampled_seconds;
		s->sampled_ns = s->run_ns = 0;
	}
	if (c->sampled_ns <= s->sampled_ns || c->run_ns < s->run_ns || now < s->at_ns)
		return;
	s->run_seconds += (double)(c->run_ns - s->run_ns) / (double)(c->sampled_ns - s->sampled_ns) *
			  ((double)(now - s->at_ns) / 1e9);
	s->sampled_ns = c->sampled_ns;
	s->run_ns = c->run_ns;
	s->at_ns = now;
	s->sampled_seconds = s->sampled_before + (double)c->sampled_ns / 1e9;
}

static void write_cost(struct metrics_state *s, const struct audit *a, struct expose *e)
{
	double share = cost__cpu_share(&a->cost);

	expose__family(e, "vfslock_table_bytes", EXPOSE_GAUGE, "bytes", "Kernel memory of the programs' tables.");
	expose__u64(e, NULL, audit__map_bytes(a));
	if (a->cost.unavailable || a->options.no_cost)
		return;
	estimate_run_time(s, a);
	expose__family(
		e, "vfslock_bpf_run_seconds", EXPOSE_COUNTER, "seconds",
		"Run time of the BPF programs on all CPUs, estimated from samples of 20 ms in each second; once the "
		"right to sample is given up, from the number of calls.");
	expose__double(e, NULL, s->run_seconds);
	expose__family(e, "vfslock_bpf_sampled_seconds", EXPOSE_COUNTER, "seconds",
		       "How long the run time of the programs was sampled, or estimated from the number of calls.");
	expose__double(e, NULL, s->sampled_seconds);
	if (share < 0)
		return;
	expose__family(e, "vfslock_bpf_cpu_ratio", EXPOSE_GAUGE, "ratio",
		       "Run time of the BPF programs as a share of one CPU, since counting began.");
	expose__double(e, NULL, share);
}

static void write_state(const struct audit *a, const struct serve_state *st, struct expose *e)
{
	expose__family(e, "vfslock_start_time_seconds", EXPOSE_GAUGE, "seconds",
		       "When counting began, in seconds since 1970.");
	expose__double(e, NULL, (double)a->start_wall_ns / 1e9);
	expose__family(e, "vfslock_config_last_reload_successful", EXPOSE_GAUGE, NULL,
		       "1 if the configuration had no error when it was last read.");
	expose__u64(e, NULL, st->reload_ok);
	expose__family(e, "vfslock_config_last_reload_success_timestamp_seconds", EXPOSE_GAUGE, "seconds",
		       "When the configuration was last read without an error, in seconds since 1970.");
	expose__double(e, NULL, (double)st->reload_ns / 1e9);
	expose__family(e, "vfslock_build", EXPOSE_INFO, NULL,
		       "The version of vfslock, and whose rules are checked: builtin, or those of a file.");
	expose__info(e, EXPOSE_LABELS({"version", st->version}, {"document", a->imported.path ? "file" : "builtin"}));
	expose__family(e, "vfslock_kernel", EXPOSE_INFO, NULL, "The running kernel.");
	expose__info(e, EXPOSE_LABELS({"release", a->plan.release}));
}

/* These have no prefix: dashboards know them from every exporter. */
static void write_process(struct metrics_state *s, struct expose *e)
{
	struct process_stat p;

	if (process__read(&p))
		return;
	if (!s->start_time)
		s->start_time = p.start_time;
	expose__family(e, "process_cpu_seconds", EXPOSE_COUNTER, "seconds",
		       "User and system time of this process; the programs' is charged to those who make the calls.");
	expose__double(e, NULL, p.cpu_seconds);
	expose__family(e, "process_resident_memory_bytes", EXPOSE_GAUGE, "bytes", "Resident memory of this process.");
	expose__u64(e, NULL, p.resident_bytes);
	expose__family(e, "process_open_fds", EXPOSE_GAUGE, NULL, "Open file descriptors of this process.");
	expose__u64(e, NULL, p.open_fds);
	expose__family(e, "process_start_time_seconds", EXPOSE_GAUGE, "seconds",
		       "When this process was started, in seconds since 1970.");
	expose__double(e, NULL, s->start_time);
}

void metrics_state__write(struct metrics_state *s, struct audit *a, const struct by_type *results,
			  const struct serve_state *st, struct expose *e)
{
	write_functions(a, e);
	write_mounts(a, e);
	write_lost(a, results, e);
	write_locks(a, e);
	write_cost(s, a, e);
	write_state(a, st, e);
	write_process(s, e);
}
