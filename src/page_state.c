// SPDX-License-Identifier: GPL-2.0-only
/* The page's part on the audit itself: what is not attached, what was lost, the locks, what it costs. */
#include <string.h>

#include "html.h"
#include "lost.h"
#include "page_parts.h"
#include "text.h"

static const char *how(const struct function *f)
{
	if (f->state != FUNCTION_ATTACHED)
		return "not attached";
	if (f->entry_only)
		return "only its entry";
	return f->how == BY_KPROBE ? "by kprobe" : "";
}

static bool is_normal(const struct function *f)
{
	return f->undocumented || f->unwanted || !how(f)[0];
}

static void write_functions(const struct page *p)
{
	const struct plan *plan = &p->a->plan;
	int n = 0;

	for (int i = 0; i < plan->n_functions; i++)
		n += !is_normal(&plan->functions[i]);
	if (!n)
		return;
	html__printf(p->out,
		     "<h2>Not attached, or not fully <small>%d of %d functions</small></h2>\n<div class=\"card\">"
		     "<table class=\"stack\"><thead><tr><th>Function</th><th>Method</th><th>State</th><th>Why</th></tr>"
		     "</thead>\n<tbody>\n",
		     n, plan->n_functions);
	for (int i = 0; i < plan->n_functions; i++) {
		const struct function *f = &plan->functions[i];

		if (!is_normal(f))
			html__printf(p->out,
				     "<tr><td><span class=\"m\">%s</span></td><td><span class=\"m\">%s</span></td>"
				     "<td><span class=\"tag %s\">%s</span></td><td>%s</td></tr>\n",
				     f->name, f->method_name, f->state == FUNCTION_ATTACHED ? "" : "warn", how(f),
				     f->reason);
	}
	fputs("</tbody></table></div>\n", p->out);
}

static void write_undocumented(const struct page *p)
{
	const struct plan *plan = &p->a->plan;
	bool any = false;

	for (int i = 0; i < plan->n_functions; i++) {
		const struct function *f = &plan->functions[i];

		if (!f->undocumented)
			continue;
		fputs(any ? ", " : "<p class=\"plain\">Of methods that the document does not know: ", p->out);
		html__printf(p->out, "<span class=\"m nw\">%s</span>", f->name);
		any = true;
	}
	if (any)
		fputs("</p>\n", p->out);
}

static void write_loss(const struct page *p, __u64 n, const char *text)
{
	char count[TEXT_NUMBER_LEN];

	if (n)
		html__printf(p->out, "<tr><td class=\"n\">%s</td><td>%s</td></tr>\n",
			     text__count(count, sizeof(count), n), text);
}

static void write_losses(const struct page *p)
{
	const struct results *r = p->types.n ? &p->types.of[0] : NULL;
	__u64 sum = r ? r->recursion : 0;

	for (int i = 0; r && i < VL_N_LOST; i++)
		sum += r->lost[i];
	fputs("<div><h2>Lost</h2>\n", p->out);
	if (sum) {
		fputs("<div class=\"card\"><table><tbody>\n", p->out);
		for (int i = 0; i < VL_N_LOST; i++)
			write_loss(p, r->lost[i], lost__text((enum vl_lost)i));
		write_loss(p, r->recursion,
			   "program already running on that CPU, in a task that was preempted: calls not seen");
		fputs("</tbody></table></div>\n", p->out);
	} else {
		fputs("<p class=\"plain\">Nothing was lost.</p>\n", p->out);
	}
	fputs("</div>\n", p->out);
}

static int count_programs(const struct plan *plan)
{
	int n = 0;

	for (int i = 0; i < plan->n_functions; i++)
		if (plan->functions[i].state == FUNCTION_ATTACHED)
			n += plan->functions[i].pair ? 2 : 1;
	return n;
}

static void write_cost(const struct page *p)
{
	const struct cost *c = &p->a->cost;
	char buf[TEXT_NUMBER_LEN];

	fputs("<div><h2>Cost</h2>\n<div class=\"card\"><table><tbody>\n", p->out);
	if (c->runs && !c->unavailable) {
		html__printf(p->out, "<tr><td>Programs</td><td class=\"n\">%.2f %% of one CPU</td></tr>\n",
			     100 * cost__cpu_share(c));
		/* Without samples runs are not counted, but time is still made of calls. */
		if (c->ns_per_call > 0)
			html__printf(p->out, "<tr><td>Of a call, estimated</td><td class=\"n\">%.0f ns</td></tr>\n",
				     c->ns_per_call);
		else
			html__printf(p->out, "<tr><td>A run of one</td><td class=\"n\">%.0f ns</td></tr>\n",
				     (double)c->run_ns / (double)c->runs);
	}
	html__printf(p->out, "<tr><td>Programs attached</td><td class=\"n\">%d in %.2f s</td></tr>\n",
		     count_programs(&p->a->plan) + locks__n_programs(p->a->locks), p->a->attach_seconds);
	html__printf(p->out, "<tr><td>Kernel memory of tables</td><td class=\"n\">%.1f MiB</td></tr>\n",
		     (double)audit__map_bytes(p->a) / 1048576.0);
	snprintf(buf, sizeof(buf), "%.1f s", audit__cpu_seconds(p->a));
	html__printf(p->out, "<tr><td>CPU time of this process</td><td class=\"n\">%s</td></tr>\n", buf);
	html__printf(p->out, "<tr><td>What is first met now</td><td class=\"n\">%s</td></tr>\n",
		     p->a->sealed ? "is not attached any more" : "is still attached");
	fputs("</tbody></table></div></div>\n", p->out);
}

static void write_percentile(const struct page *p, const struct hist *h, double percent, const char *label)
{
	char buf[TEXT_NUMBER_LEN] = "-";
	__u64 ns;

	if (!hist__percentile(h, percent, &ns))
		text__duration(buf, sizeof(buf), ns);
	html__printf(p->out, "<td class=\"n\" data-l=\"%s\">%s</td>", label, buf);
}

static void write_lock(const struct page *p, enum vl_tracked class)
{
	const struct lock_class_result *c = locks__class(p->a->locks, class);
	char taken[TEXT_NUMBER_LEN] = "-", contended[TEXT_NUMBER_LEN];

	if (c->takes_seen)
		text__count(taken, sizeof(taken), c->taken);
	html__printf(p->out,
		     "<tr><td><span class=\"m\">%s</span></td><td class=\"n\" data-l=\"taken\">%s</td>"
		     "<td class=\"n\" data-l=\"contended\">%s</td>",
		     tracked__name(class), taken, text__count(contended, sizeof(contended), c->contended));
	write_percentile(p, &c->wait, 50, "wait p50");
	write_percentile(p, &c->wait, 99, "p99");
	write_percentile(p, &c->hold, 50, "hold p50");
	write_percentile(p, &c->hold, 99, "p99");
	fputs("</tr>\n", p->out);
}

static void write_locks(const struct page *p)
{
	if (!p->a->locks)
		return;
	fputs("<h2>Locks</h2>\n<div class=\"card\"><table class=\"stack\"><thead><tr><th>Lock</th><th "
	      "class=\"n\">Taken</th>"
	      "<th class=\"n\">Contended</th><th class=\"n\">Wait p50</th><th class=\"n\">p99</th><th class=\"n\">Hold "
	      "p50</th>"
	      "<th class=\"n\">p99</th></tr></thead>\n<tbody>\n",
	      p->out);
	for (int k = VL_UNTRACKED + 1; k < VL_N_TRACKED; k++) {
		const struct lock_class_result *c = locks__class(p->a->locks, (enum vl_tracked)k);

		if (c->taken || c->contended)
			write_lock(p, (enum vl_tracked)k);
	}
	fputs("</tbody></table></div>\n", p->out);
}

void page__state(const struct page *p)
{
	write_locks(p);
	write_functions(p);
	write_undocumented(p);
	fputs("<div class=\"pair\">\n", p->out);
	write_losses(p);
	write_cost(p);
	fputs("</div>\n", p->out);
}
