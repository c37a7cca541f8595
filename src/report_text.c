// SPDX-License-Identifier: GPL-2.0-only
/* The report for people: a table per ops struct, then what is wrong, what was covered, what was lost, what it cost. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../bpf/shared.h"
#include "finding.h"
#include "lost.h"
#include "report.h"
#include "text.h"
#include "wording.h"

#define WIDTH 110
#define MAX_FINDINGS 20

static const char *verdict_text(const struct rule_result *rr)
{
	static const char *const likely[VERDICT_KINDS] = {"-", "ok (likely)", "unverifiable", "drift", "VIOLATION"};
	static const char *const proof[VERDICT_KINDS] = {"-", "ok", "unverifiable", "drift", "VIOLATION"};

	return (rr->proof ? proof : likely)[rr->verdict];
}

void report__text_percentile(const struct hist *h, double p, char *buf)
{
	__u64 ns;

	buf[0] = '\0';
	if (!hist__percentile(h, p, &ns))
		text__duration(buf, TEXT_NUMBER_LEN, ns);
}

static void percentile_text(const struct function_result *fr, double p, char *buf)
{
	buf[0] = '\0';
	if (fr->has_latency)
		report__text_percentile(&fr->latency, p, buf);
}

static void add_rule_rows(struct text_table *t, const struct method_result *m, int kernel, const char *first[4],
			  const char *latency[2])
{
	const char *none[2] = {"", ""};
	bool any = false;

	for (int i = 0; i < m->method->n_rules; i++) {
		const struct rule_result *rr = &m->rules[i];
		char seen[128], name[64], rule[192];

		if (!rr->verdict && !rr->kept && (!rule_promises(rr->rule) || rr->why))
			continue;
		if (rule_result__is_common(rr) || rr->verdict == VERDICT_UNVERIFIABLE ||
		    !in_range(rr->rule->since, rr->rule->until, kernel))
			continue;
		rule_result__seen(rr, seen, sizeof(seen));
		finding__rule_name(rr->rule, name, sizeof(name));
		snprintf(rule, sizeof(rule), "%s: %s", name, rule__expected(rr->rule));
		text_table__row(t, (const char *[]){any ? "" : first[0], any ? "" : first[1], any ? "" : first[2], rule,
						    seen, verdict_text(rr), (any ? none : latency)[0],
						    (any ? none : latency)[1]});
		any = true;
	}
	if (!any)
		text_table__row(t, (const char *[]){first[0], first[1], first[2], "", "", "", latency[0], latency[1]});
}

/* Rules are judged per method; the rows of a method's other functions show their calls and latencies. */
static void add_method_rows(struct text_table *t, const struct results *r, const struct method_result *m)
{
	for (int i = 0; i < m->n_functions; i++) {
		const struct function_result *fr = &r->functions[m->first_function + i];
		char calls[TEXT_NUMBER_LEN], p50[TEXT_NUMBER_LEN], p99[TEXT_NUMBER_LEN];
		const char *latency[2] = {p50, p99};

		text__count(calls, sizeof(calls), fr->calls);
		if (fr->function->state != FUNCTION_ATTACHED)
			snprintf(calls, sizeof(calls), "-");
		percentile_text(fr, 50, p50);
		percentile_text(fr, 99, p99);
		if (i)
			text_table__row(t, (const char *[]){"", fr->function->name, calls, "", "", "", p50, p99});
		else
			add_rule_rows(t, m, r->audit->plan.kernel,
				      (const char *[4]){m->method->name, fr->function->name, calls, ""}, latency);
	}
}

static void print_common_rules(const struct results *r, int ops, FILE *out)
{
	__u64 kept = 0;
	char count[TEXT_NUMBER_LEN];
	int n = 0;

	for (int i = 0; i < r->n_methods; i++)
		for (int k = 0; r->methods[i].method->ops == ops && k < r->methods[i].method->n_rules; k++)
			if (rule_result__is_common(&r->methods[i].rules[k]) && r->methods[i].rules[k].kept) {
				kept += r->methods[i].rules[k].kept;
				n++;
			}
	if (n)
		fprintf(out, "  caller can sleep: ok for %d methods, %s calls\n", n,
			text__count(count, sizeof(count), kept));
}

static void print_not_called(const struct results *r, int ops, bool has_table, FILE *out)
{
	size_t column = 0;

	for (int i = 0; i < r->n_methods; i++) {
		const char *name = r->methods[i].method->name;

		if (r->methods[i].method->ops != ops || r->methods[i].calls)
			continue;
		if (!column && !has_table)
			fprintf(out, "\n%s\n", ops_structs[ops].name);
		if (!column)
			column = (size_t)fprintf(out, "  not called:");
		if (column + strlen(name) + 1 > WIDTH)
			column = (size_t)fprintf(out, "\n   ") - 1;
		column += (size_t)fprintf(out, " %s", name);
	}
	if (column)
		fputc('\n', out);
}

static void print_ops(const struct results *r, int ops, FILE *out)
{
	static const struct text_column columns[] = {
		{"method", TEXT_LEFT}, {"function", TEXT_LEFT}, {"calls", TEXT_RIGHT}, {"rule: expected", TEXT_LEFT},
		{"seen", TEXT_LEFT},   {"verdict", TEXT_LEFT},  {"p50", TEXT_RIGHT},   {"p99", TEXT_RIGHT},
	};
	struct text_table *t = text_table__new(columns, sizeof(columns) / sizeof(columns[0]));
	int shown = 0;

	if (!t)
		return;
	for (int i = 0; i < r->n_methods; i++)
		if (r->methods[i].method->ops == ops && r->methods[i].calls) {
			add_method_rows(t, r, &r->methods[i]);
			shown++;
		}
	if (shown) {
		fprintf(out, "\n%s\n", ops_structs[ops].name);
		text_table__print(t, out, 2);
		report__text_unlocks(r, ops, out);
		print_common_rules(r, ops, out);
	}
	text_table__free(t);
	print_not_called(r, ops, shown > 0, out);
}

static void print_finding(const struct audit *a, const struct finding *f, FILE *out)
{
	fprintf(out, "\n  %s %s\n",
		f->verdict == VERDICT_DRIFT ? "drift"
		: f->suppressed             ? "suppressed"
					    : "VIOLATION",
		f->rule->id);
	if (f->suppressed)
		text__wrap(out, "suppressed: ", f->suppressed->reason, 4, WIDTH);
	finding__text(a, f, false, out);
}

static void print_findings(const struct results *r, FILE *out)
{
	int shown = 0;

	if (r->n_findings)
		fputs("\nFindings\n", out);
	for (int i = 0; i < r->n_findings && shown < MAX_FINDINGS; i++, shown++)
		print_finding(r->audit, &r->findings[i], out);
	if (shown < r->n_findings)
		fprintf(out, "\n  and %d more: --json has them all\n", r->n_findings - shown);
}

static void print_unverifiable(const struct results *r, FILE *out)
{
	char name[64], line[512];

	for (int i = 0; i < r->n_methods; i++)
		for (int n = 0; n < r->methods[i].method->n_rules; n++) {
			const struct rule_result *rr = &r->methods[i].rules[n];

			if (rr->verdict != VERDICT_UNVERIFIABLE || rr->not_attached)
				continue;
			finding__rule_name(rr->rule, name, sizeof(name));
			snprintf(line, sizeof(line), "%s %s: %s", r->methods[i].method->name, name, rr->why);
			text__wrap(out, "- ", line, 4, WIDTH);
		}
}

static void print_refused(const struct results *r, FILE *out)
{
	char line[512];

	for (int i = 0; i < r->n_functions; i++) {
		const struct function *f = r->functions[i].function;

		if (!f->reason[0] || f->undocumented)
			continue;
		snprintf(line, sizeof(line), "%s %s(): %s%s%s", f->method_name, f->name,
			 f->state == FUNCTION_ATTACHED && f->how == BY_KPROBE ? "by kprobe: " : "",
			 f->state == FUNCTION_ATTACHED && f->entry_only ? "only its entry: " : "", f->reason);
		text__wrap(out, "- ", line, 4, WIDTH);
	}
}

static void print_coverage(const struct results *r, FILE *out)
{
	const struct coverage *c = &r->coverage;

	fprintf(out,
		"\nCoverage: %d rules promise something about the methods found here: %d checked (%d "
		"exercised, %d not "
		"exercised), %d unverifiable, %d not attached.\n",
		c->rules, c->checked, c->exercised, c->not_exercised, c->unverifiable, c->not_attached);
	fprintf(out,
		"  %d methods exercised; %d of %d functions attached with %d programs; %d belong to methods that the "
		"document "
		"does not know.\n",
		c->methods_exercised, c->attached, c->functions, c->programs, c->undocumented);
	if (c->unverifiable) {
		fputs("  Unverifiable:\n", out);
		print_unverifiable(r, out);
	}
	if (c->refused || c->entry_only || c->by_kprobe) {
		fputs("  Not attached, or not by a trampoline:\n", out);
		print_refused(r, out);
	}
	if (r->audit->imported.path)
		fprintf(out, "  Rules of %s: %d differ from the compiled ones; %d promises have no probe:\n",
			r->audit->imported.path, r->audit->imported.changed, r->audit->imported.n_unprobed);
	for (int i = 0; i < r->audit->imported.n_unprobed; i++)
		text__wrap(out, "- ", r->audit->imported.unprobed[i], 4, WIDTH);
	for (int i = 0; i < r->audit->n_late; i++) {
		const struct late_table *l = &r->audit->late[i];

		/* Several tables of one kind, met together, are one line. */
		if (i && l->ops == l[-1].ops && !strcmp(l->found, l[-1].found) && l->met_seconds <= l[-1].met_seconds)
			continue;
		fprintf(out,
			"  %s of a %s first met at %.2f s and attached at %.2f s: its calls before were not seen.\n",
			ops_structs[l->ops].name, l->found, l->met_seconds, l->attached_seconds);
	}
}

static void print_lost(const struct results *r, FILE *out)
{
	char count[TEXT_NUMBER_LEN];
	bool any = r->recursion > 0 || r->unreturned > 0;

	for (int i = 0; i < VL_N_LOST; i++)
		any = any || r->lost[i];
	fprintf(out, "\nLost: %s\n", any ? "" : "nothing");
	for (int i = 0; i < VL_N_LOST; i++)
		if (r->lost[i])
			fprintf(out, "  %s  %s\n", text__count(count, sizeof(count), r->lost[i]),
				lost__text((enum vl_lost)i));
	if (r->unreturned)
		fprintf(out, "  %s  calls by kprobe in progress at the end, or whose return the kernel did not show\n",
			text__count(count, sizeof(count), r->unreturned));
	if (r->recursion)
		fprintf(out,
			"  %s  program already running on that CPU, in a task that was preempted: calls not seen, and "
			"maybe as many latencies wrong\n",
			text__count(count, sizeof(count), r->recursion));
}

static void print_header(const struct results *r, FILE *out)
{
	char count[TEXT_NUMBER_LEN], when[64] = "";
	time_t start = (time_t)(r->audit->start_wall_ns / 1000000000ULL);
	struct tm tm;

	if (gmtime_r(&start, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &tm);
	for (int i = 0; i < r->audit->n_targets; i++) {
		const struct target *t = &r->audit->targets[i];

		fprintf(out, "vfslock: %s, %s on %s (%s), Linux %s%s\n", t->path, t->fs_type,
			t->source[0] ? t->source : "-", t->id, r->audit->plan.release,
			t->unmounted && !r->audit->unmounted ? "; unmounted meanwhile" : "");
	}
	fprintf(out, "audited for %.1f s from %s: %s calls, %llu violations, %llu drift%s\n", audit__seconds(r->audit),
		when, text__count(count, sizeof(count), r->calls), (unsigned long long)r->violations,
		(unsigned long long)r->drifts,
		!r->audit->unmounted      ? ""
		: r->audit->n_targets > 1 ? "; the filesystems were unmounted, which ended the audit"
					  : "; the filesystem was unmounted, which ended the audit");
}

static void print_cost(const struct results *r, FILE *out)
{
	const struct cost *c = &r->audit->cost;

	fprintf(out,
		"Cost: %.2f s to attach %d programs, %.2f s CPU of vfslock itself, %.1f MiB of kernel memory for "
		"tables",
		r->audit->attach_seconds, r->coverage.programs + locks__n_programs(r->audit->locks),
		audit__cpu_seconds(r->audit), (double)audit__map_bytes(r->audit) / 1048576.0);
	if (c->runs)
		fprintf(out, ";\n  programs: %.0f ns a run, %.2f %% of one CPU (sampled for %.1f s)",
			(double)c->run_ns / (double)c->runs, 100 * cost__cpu_share(c), (double)c->sampled_ns / 1e9);
	fputc('\n', out);
}

int report__text(const struct results *r, FILE *out)
{
	print_header(r, out);
	for (int ops = 0; ops < n_ops_structs; ops++)
		print_ops(r, ops, out);
	report__text_locks(r, out);
	print_findings(r, out);
	print_coverage(r, out);
	print_lost(r, out);
	print_cost(r, out);
	return fflush(out) || ferror(out) ? -1 : 0;
}
