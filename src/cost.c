// SPDX-License-Identifier: GPL-2.0-only
#include "cost.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include "clock.h"

#define WINDOW_NS (COST_WINDOW_MS * 1000000ULL)
#define PAUSE_NS 980000000ULL

static void read_totals(const struct plan *p, __u64 *runs, __u64 *ns)
{
	*runs = *ns = 0;
	for (int i = 0; i < p->n_functions; i++)
		for (int k = 0; k < 2; k++) {
			struct bpf_prog_info info = {0};
			__u32 len = sizeof(info);

			if (p->functions[i].programs[k] < 0 ||
			    bpf_obj_get_info_by_fd(p->functions[i].programs[k], &info, &len))
				continue;
			*runs += info.run_cnt;
			*ns += info.run_time_ns;
		}
}

static void open_window(struct cost *c, const struct plan *p)
{
	read_totals(p, &c->runs_before, &c->ns_before);
	c->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	c->unavailable = c->stats_fd < 0;
	c->since_ns = clock_ns(CLOCK_MONOTONIC);
}

static void close_window(struct cost *c, const struct plan *p)
{
	__u64 runs, ns, now = clock_ns(CLOCK_MONOTONIC);

	close(c->stats_fd);
	c->stats_fd = -1;
	read_totals(p, &runs, &ns);
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

void cost__tick(struct cost *c, const struct plan *p)
{
	__u64 passed = clock_ns(CLOCK_MONOTONIC) - c->since_ns;

	if (c->unavailable)
		return;
	if (c->stats_fd >= 0 && passed >= WINDOW_NS)
		close_window(c, p);
	else if (c->stats_fd < 0 && passed >= PAUSE_NS)
		open_window(c, p);
}

void cost__stop(struct cost *c, const struct plan *p)
{
	if (c->stats_fd >= 0)
		close_window(c, p);
}

double cost__cpu_share(const struct cost *c)
{
	return c->sampled_ns ? (double)c->run_ns / (double)c->sampled_ns : -1;
}
