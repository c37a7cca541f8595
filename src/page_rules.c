// SPDX-License-Identifier: GPL-2.0-only
/* The page's part on one type of filesystem: coverage, latencies, and every method with its rules. */
#include <string.h>

#include "finding.h"
#include "html.h"
#include "page_parts.h"
#include "text.h"
#include "wording.h"

/* ---------------------------------------------------------------------------------------------------- coverage ---- */

struct part {
	const char *class, *name;
	int n;
};

static void write_coverage(const struct page *p, const struct results *r)
{
	const struct coverage *c = &r->coverage;
	const struct part parts[] = {{"c1", "checked and exercised", c->exercised},
				     {"c2", "checked, not exercised yet", c->not_exercised},
				     {"c3", "unverifiable", c->unverifiable},
				     {"c4", "not attached", c->not_attached}};
	int at = 0;

	if (!c->rules)
		return;
	html__printf(p->out,
		     "<div class=\"cover\"><svg viewBox=\"0 0 %d 10\" preserveAspectRatio=\"none\" role=\"img\" "
		     "aria-label=\"coverage of %d rules\">",
		     c->rules, c->rules);
	for (int i = 0; i < 4; at += parts[i++].n)
		html__printf(p->out, "<rect class=\"%s\" x=\"%d\" width=\"%d\" height=\"10\"/>", parts[i].class, at,
			     parts[i].n);
	html__printf(p->out, "</svg>\n<p><span><b>%d</b> rules promise something about the methods found here</span>",
		     c->rules);
	for (int i = 0; i < 4; i++)
		if (parts[i].n)
			html__printf(p->out, "<span><i class=\"key %s\"></i><b>%d</b> %s</span>", parts[i].class,
				     parts[i].n, parts[i].name);
	fputs("</p></div>\n", p->out);
}

/* --------------------------------------------------------------------------------------------------- latencies ---- */

/* Bars of the picture: four per power of two, the same scale in each row, so that rows compare. */
#define FIRST_NS 128ULL
#define LAST_NS (1ULL << 34)
#define BAR_WIDTH 10

struct picture {
	__u64 bars[VL_HIST_BUCKETS / 2];
	__u64 top;
	int n, first; /* the first bar's bucket */
};

static void draw(const struct hist *h, struct picture *out)
{
	int first = (int)vl_hist_index(FIRST_NS), last = (int)vl_hist_index(LAST_NS);

	*out = (struct picture){.first = first, .n = (last - first) / 2};
	for (int i = 0; i < VL_HIST_BUCKETS; i++) {
		int bar = i < first ? 0 : i >= last ? out->n - 1 : (i - first) / 2;

		out->bars[bar] += h->counts[i];
	}
	for (int i = 0; i < out->n; i++)
		if (out->bars[i] > out->top)
			out->top = out->bars[i];
}

/* Where @ns is on the scale. */
static double place(const struct picture *pic, __u64 ns)
{
	double at = ((double)vl_hist_index(ns) + 0.5 - pic->first) / 2 * BAR_WIDTH;

	return at < 0 ? 0 : at > pic->n * BAR_WIDTH ? pic->n * BAR_WIDTH : at;
}

static const struct {
	__u64 ns;
	const char *text;
} decades[] = {
	{1000, "1 us"},      {10000, "10 us"},      {100000, "100 us"},  {1000000, "1 ms"},
	{10000000, "10 ms"}, {100000000, "100 ms"}, {1000000000, "1 s"}, {10000000000, "10 s"},
};

#define N_DECADES (sizeof(decades) / sizeof(decades[0]))

/* What stands above all pictures. */
static void write_axis(const struct page *p)
{
	static const struct hist none;
	struct picture pic;

	draw(&none, &pic);
	fputs("<span class=\"axis\">", p->out);
	for (size_t i = 0; i < N_DECADES; i++)
		html__printf(p->out, "<span style=\"left:%.1f%%\">%s</span>",
			     100 * place(&pic, decades[i].ns) / (pic.n * BAR_WIDTH), decades[i].text);
	fputs("</span>", p->out);
}

static void write_picture(const struct page *p, const struct hist *h)
{
	struct picture pic;
	__u64 median;

	draw(h, &pic);
	html__printf(p->out,
		     "<svg class=\"hist\" viewBox=\"0 0 %d 30\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
		     pic.n * BAR_WIDTH);
	for (size_t i = 0; i < N_DECADES; i++)
		html__printf(p->out, "<path class=\"g\" d=\"M%.1f 0V30\"/>", place(&pic, decades[i].ns));
	for (int i = 0; i < pic.n; i++) {
		/* The rare long ones are what is looked for: one call of a million still is a line. */
		double share = pic.top ? (double)pic.bars[i] / (double)pic.top : 0;
		double height = pic.bars[i] ? 1.6 + 27.4 * share : 0;

		if (pic.bars[i])
			html__printf(p->out, "<rect class=\"b\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>",
				     i * BAR_WIDTH, 30 - height, BAR_WIDTH - 1, height);
	}
	if (!hist__percentile(h, 50, &median))
		html__printf(p->out, "<path class=\"p\" d=\"M%.1f 0V30\"/>", place(&pic, median));
	fputs("</svg>", p->out);
}

static void write_percentile(const struct page *p, const struct hist *h, double percent, const char *label)
{
	char buf[TEXT_NUMBER_LEN] = "";
	__u64 ns;

	if (!hist__percentile(h, percent, &ns))
		text__duration(buf, sizeof(buf), ns);
	html__printf(p->out, "<td class=\"n mid\" data-l=\"%s\">%s</td>", label, buf[0] ? buf : "-");
}

static void write_hist_row(const struct page *p, const struct method_result *m, const struct hist *h, const char *what)
{
	char count[TEXT_NUMBER_LEN], max[TEXT_NUMBER_LEN];

	html__printf(p->out,
		     "<tr><td class=\"mid\"><span class=\"m\">%s</span><small>%s</small></td>"
		     "<td class=\"n mid\" data-l=\"times\">%s</td>",
		     m->method->name, what, text__count(count, sizeof(count), h->count));
	write_percentile(p, h, 50, "p50");
	write_percentile(p, h, 90, "p90");
	write_percentile(p, h, 99, "p99");
	html__printf(p->out, "<td class=\"n mid\" data-l=\"max\">%s</td><td class=\"mid\">",
		     h->max ? text__duration(max, sizeof(max), h->max) : "-");
	write_picture(p, h);
	fputs("</td></tr>\n", p->out);
}

static bool has_picture(const struct method_result *m)
{
	return (m->has_latency && m->latency.count) || (m->is_followed && m->unlock.count);
}

static void write_latencies(const struct page *p, const struct results *r)
{
	int n = 0;

	for (int i = 0; i < r->n_methods; i++)
		n += has_picture(&r->methods[i]);
	if (!n)
		return;
	fputs("<h3>Hot paths</h3>\n<div class=\"card\"><table class=\"stack\"><thead><tr><th>Method</th>"
	      "<th class=\"n\">Times</th><th class=\"n\">p50</th><th class=\"n\">p90</th><th class=\"n\">p99</th>"
	      "<th class=\"n\">Max</th><th class=\"wide\">",
	      p->out);
	write_axis(p);
	fputs("</th></tr></thead>\n<tbody>\n", p->out);
	for (int i = 0; i < r->n_methods; i++) {
		const struct method_result *m = &r->methods[i];

		if (m->has_latency && m->latency.count)
			write_hist_row(p, m, &m->latency, ops_structs[m->method->ops].name);
		if (m->is_followed && m->unlock.count)
			write_hist_row(p, m, &m->unlock, "until its folios were unlocked");
	}
	fputs("</tbody></table></div>\n", p->out);
}

/* ------------------------------------------------------------------------------------------------------- rules ---- */

static void write_tag(const struct page *p, const struct rule_result *rr)
{
	static const char *const classes[VERDICT_KINDS] = {"", "ok", "warn", "drift", "bad"};
	static const char *const names[VERDICT_KINDS] = {"not met", "ok", "undecided", "drift", "broken"};
	bool likely = rr->verdict == VERDICT_OK && !rr->proof;

	html__printf(p->out, "<span class=\"tag %s\">%s</span>", classes[rr->verdict],
		     likely ? "ok, likely" : names[rr->verdict]);
}

static void write_count(const struct page *p, __u64 n, const char *what)
{
	char count[TEXT_NUMBER_LEN];

	if (n)
		html__printf(p->out, "<b class=\"nw\">%s %s</b>", text__count(count, sizeof(count), n), what);
}

static void write_rule(const struct page *p, const struct rule_result *rr)
{
	char name[64], seen[256];

	finding__rule_name(rr->rule, name, sizeof(name));
	rule_result__seen(rr, seen, sizeof(seen));
	fputs("<li>", p->out);
	write_tag(p, rr);
	html__printf(p->out, "<span title=\"%s\"><span class=\"m\">%s</span>: %s</span><span>%s%s", rr->rule->id, name,
		     rule__expected(rr->rule), seen[0] ? "seen: " : "", seen);
	write_count(p, rr->violations, "broken");
	write_count(p, rr->drifts, "drift");
	write_count(p, rr->undecided, "undecided");
	write_count(p, rr->suppressed, "suppressed");
	fputs("</span></li>\n", p->out);
}

/* Is it told in the table? What cannot be checked is listed apart, what is common to all in one line. */
static bool is_shown(const struct page *p, const struct rule_result *rr)
{
	return in_range(rr->rule->since, rr->rule->until, p->a->plan.kernel) && rule_promises(rr->rule) &&
	       !rule_result__is_common(rr) && (rr->verdict != VERDICT_UNVERIFIABLE || rr->undecided) &&
	       (!rr->why || rr->undecided);
}

static bool any_shown(const struct page *p, const struct method_result *m)
{
	for (int k = 0; k < m->method->n_rules; k++)
		if (is_shown(p, &m->rules[k]))
			return true;
	return false;
}

static bool is_broken(const struct method_result *m)
{
	for (int k = 0; k < m->method->n_rules; k++)
		if (m->rules[k].violations)
			return true;
	return false;
}

static void write_method(const struct page *p, const struct results *r, const struct method_result *m)
{
	char calls[TEXT_NUMBER_LEN];

	html__printf(p->out, "<tr class=\"%s\"><td><span class=\"m\">%s</span><small class=\"m\">",
		     is_broken(m) ? "broken" : "", m->method->name);
	for (int i = 0; i < m->n_functions; i++)
		html__printf(p->out, "%s%s", i ? ", " : "", r->functions[m->first_function + i].function->name);
	html__printf(p->out, "</small></td><td class=\"n\" data-l=\"calls\">%s</td><td><ul class=\"rules\">\n",
		     text__count(calls, sizeof(calls), m->calls));
	for (int k = 0; k < m->method->n_rules; k++)
		if (is_shown(p, &m->rules[k]))
			write_rule(p, &m->rules[k]);
	fputs("</ul></td></tr>\n", p->out);
}

/* Methods about which the document has nothing but what is common to all. */
static void write_others(const struct page *p, const struct results *r, int ops)
{
	char calls[TEXT_NUMBER_LEN];
	bool any = false;

	for (int i = 0; i < r->n_methods; i++) {
		const struct method_result *m = &r->methods[i];

		if (m->method->ops != ops || !m->calls || any_shown(p, m))
			continue;
		if (!any)
			fputs("<tr><td colspan=\"3\" class=\"others\">Nothing else is promised of ", p->out);
		html__printf(p->out, "%s<span class=\"nw\"><span class=\"m\">%s</span> %s</span>", any ? ", " : "",
			     m->method->name, text__count(calls, sizeof(calls), m->calls));
		any = true;
	}
	if (any)
		fputs("</td></tr>\n", p->out);
}

static int count_common(const struct results *r, int ops)
{
	int n = 0;

	for (int i = 0; i < r->n_methods; i++)
		for (int k = 0; r->methods[i].method->ops == ops && k < r->methods[i].method->n_rules; k++)
			n += rule_result__is_common(&r->methods[i].rules[k]) && r->methods[i].rules[k].kept;
	return n;
}

static void write_ops(const struct page *p, const struct results *r, int ops)
{
	int called = 0, common = count_common(r, ops);

	for (int i = 0; i < r->n_methods; i++)
		called += r->methods[i].method->ops == ops && r->methods[i].calls;
	if (!called)
		return;
	html__printf(p->out, "<tbody><tr class=\"gr\"><th class=\"group\" colspan=\"3\">%s", ops_structs[ops].name);
	if (common)
		html__printf(p->out,
			     " <span class=\"aside\">· the caller could sleep, as promised, in all calls of %d "
			     "method%s</span>",
			     common, common == 1 ? "" : "s");
	fputs("</th></tr>\n", p->out);
	for (int i = 0; i < r->n_methods; i++)
		if (r->methods[i].method->ops == ops && r->methods[i].calls && any_shown(p, &r->methods[i]))
			write_method(p, r, &r->methods[i]);
	write_others(p, r, ops);
	fputs("</tbody>\n", p->out);
}

static void write_not_called(const struct page *p, const struct results *r)
{
	bool any = false;

	for (int i = 0; i < r->n_methods; i++) {
		if (r->methods[i].calls)
			continue;
		fputs(any ? ", " : "<p class=\"plain\">Not called: ", p->out);
		html__printf(p->out, "<span class=\"m nw\">%s</span>", r->methods[i].method->name);
		any = true;
	}
	if (any)
		fputs("</p>\n", p->out);
}

static void write_unverifiable(const struct page *p, const struct results *r)
{
	char name[64];
	bool any = false;

	for (int i = 0; i < r->n_methods; i++)
		for (int k = 0; k < r->methods[i].method->n_rules; k++) {
			const struct rule_result *rr = &r->methods[i].rules[k];

			if (rr->verdict != VERDICT_UNVERIFIABLE || rr->not_attached || rr->undecided)
				continue;
			if (!any)
				html__printf(p->out,
					     "<details class=\"more\"><summary>%d rules cannot be verified"
					     "</summary>\n",
					     r->coverage.unverifiable);
			any = true;
			finding__rule_name(rr->rule, name, sizeof(name));
			html__printf(p->out, "<p><span class=\"m\">%s</span> %s: %s</p>\n", r->methods[i].method->name,
				     name, rr->why ? rr->why : "");
		}
	if (any)
		fputs("</details>\n", p->out);
}

static void write_head(const struct page *p, const struct results *r, int type)
{
	char count[TEXT_NUMBER_LEN];
	int mounts = 0;

	for (int i = 0; i < p->a->n_targets; i++)
		mounts += !p->a->targets[i].unmounted && p->a->targets[i].type_number == type;
	html__printf(p->out, "<h2>%s <small>%s calls, %d mount%s</small>", p->a->types[type],
		     text__count(count, sizeof(count), r->calls), mounts, mounts == 1 ? "" : "s");
	if (r->violations)
		html__printf(p->out, "<span class=\"tag bad\">%s violation%s</span>",
			     text__count(count, sizeof(count), r->violations), r->violations == 1 ? "" : "s");
	if (r->drifts)
		html__printf(p->out, "<span class=\"tag drift\">%s drift</span>",
			     text__count(count, sizeof(count), r->drifts));
	fputs("</h2>\n", p->out);
}

void page__type(const struct page *p, int type)
{
	const struct results *r = &p->types.of[type];

	write_head(p, r, type);
	write_coverage(p, r);
	write_latencies(p, r);
	if (r->calls) {
		fputs("<h3>Rules</h3>\n<div class=\"card\"><table class=\"stack\"><thead><tr><th>Method</th>"
		      "<th class=\"n\">Calls</th><th>Locks: promised, and seen</th></tr></thead>\n",
		      p->out);
		for (int ops = 0; ops < n_ops_structs; ops++)
			write_ops(p, r, ops);
		fputs("</table></div>\n", p->out);
	}
	write_not_called(p, r);
	write_unverifiable(p, r);
	page__drift(p, r);
}
