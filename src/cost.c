// SPDX-License-Identifier: GPL-2.0-only
#include "cost.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include "clock.h"

#define WINDOW_NS (COST_WINDOW_MS * 1000000ULL)
#define PAUSE_NS 980000000ULL

static void add_program(int fd, __u64 *runs, __u64 *ns)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &len))
		return;
	*runs += info.run_cnt;
	*ns += info.run_time_ns;
}

static void read_totals(const struct plan *p, const struct lock_tracker *locks, __u64 *runs, __u64 *ns)
{
	*runs = *ns = 0;
	for (int i = 0; i < p->n_functions; i++)
		for (int k = 0; k < 2; k++)
			add_program(p->functions[i].programs[k], runs, ns);
	for (int i = 0; locks && i < locks__n_programs(locks); i++)
		add_program(locks__program(locks, i), runs, ns);
}

static void open_window(struct cost *c, const struct plan *p, const struct lock_tracker *locks)
{
	read_totals(p, locks, &c->runs_before, &c->ns_before);
	c->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	c->unavailable = c->stats_fd < 0;
	c->since_ns = clock_ns(CLOCK_MONOTONIC);
}

static void close_window(struct cost *c, const struct plan *p, const struct lock_tracker *locks)
{
	__u64 runs, ns, now = clock_ns(CLOCK_MONOTONIC);

	close(c->stats_fd);
	c->stats_fd = -1;
	read_totals(p, locks, &runs, &ns);
	c->runs += runs - c->runs_before;
	c->run_ns += ns - c->ns_before;
	c->sampled_ns += now - c->since_ns;
	c->since_ns = now;
}

void cost__start(struct cost *c)
{
	/* The first window comes at once, so that a short audit is sampled too. */
	*c = (struct cost){.stats_fd = -1};
}

void cost__tick(struct cost *c, const struct plan *p, const struct lock_tracker *locks)
{
	__u64 passed = clock_ns(CLOCK_MONOTONIC) - c->since_ns;

	if (c->unavailable || c->ns_per_call > 0)
		return;
	if (c->stats_fd >= 0 && passed >= WINDOW_NS)
		close_window(c, p, locks);
	else if (c->stats_fd < 0 && passed >= PAUSE_NS)
		open_window(c, p, locks);
}

void cost__stop(struct cost *c, const struct plan *p, const struct lock_tracker *locks)
{
	if (c->stats_fd >= 0)
		close_window(c, p, locks);
}

/* So many calls at least tell what one costs. */
#define ENOUGH_CALLS 1000

void cost__stop_sampling(struct cost *c, const struct plan *p, const struct lock_tracker *locks, __u64 calls,
			 __u64 elapsed_ns)
{
	cost__stop(c, p, locks);
	if (c->unavailable || !c->sampled_ns || !c->run_ns || calls < ENOUGH_CALLS) {
		c->unavailable = true;
		return;
	}
	c->ns_per_call = (double)c->run_ns / (double)c->sampled_ns * (double)elapsed_ns / (double)calls;
	c->calls_before = calls;
	c->since_ns = clock_ns(CLOCK_MONOTONIC);
}

void cost__assume(struct cost *c, __u64 calls)
{
	__u64 now = clock_ns(CLOCK_MONOTONIC);

	if (c->unavailable || !(c->ns_per_call > 0) || calls < c->calls_before)
		return;
	c->run_ns += (__u64)((double)(calls - c->calls_before) * c->ns_per_call);
	c->sampled_ns += now - c->since_ns;
	c->calls_before = calls;
	c->since_ns = now;
}

double cost__cpu_share(const struct cost *c)
{
	return c->sampled_ns ? (double)c->run_ns / (double)c->sampled_ns : -1;
}
