// SPDX-License-Identifier: GPL-2.0-only
/* The report as one JSON document: everything that the text has, and the whole of what it shortens. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "../bpf/shared.h"
#include "attach.h"
#include "lost.h"
#include "finding.h"
#include "json.h"
#include "report.h"

void report__json_latency(struct json_writer *w, const char *key, const struct hist *h, bool measured)
{
	static const struct {
		const char *name;
		double p;
	} points[] = {{"p50_ns", 50}, {"p90_ns", 90}, {"p99_ns", 99}};
	__u64 ns;

	if (!measured) {
		json_null(w, key);
		return;
	}
	json_begin_object(w, key);
	json_u64(w, "count", h->count);
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		if (hist__percentile(h, points[i].p, &ns))
			json_null(w, points[i].name);
		else
			json_u64(w, points[i].name, ns);
	}
	if (h->count)
		json_u64(w, "max_ns", h->max);
	else
		json_null(w, "max_ns");
	json_end(w);
}

static void write_function(struct json_writer *w, const struct function_result *fr)
{
	static const char *const states[] = {"planned", "attached", "refused"};
	const struct function *f = fr->function;

	json_begin_object(w, NULL);
	json_string(w, "function", f->name);
	json_string(w, "module", f->module[0] ? f->module : NULL);
	json_string(w, "found_on", f->found);
	json_string(w, "filesystems", f->filesystems);
	json_string(w, "via", attach_how__name(f));
	json_bool(w, "typed", f->state == FUNCTION_ATTACHED && !f->portable);
	json_string(w, "state", states[f->state]);
	json_string(w, "reason", f->reason[0] ? f->reason : NULL);
	json_u64(w, "programs", f->state == FUNCTION_ATTACHED ? (f->pair ? 2 : 1) : 0);
	json_u64(w, "calls", fr->calls);
	report__json_latency(w, "latency", &fr->latency, fr->has_latency);
	json_end(w);
}

static const char *rule_status(const struct rule_result *rr, const struct plan *p)
{
	const char *why;

	if (!in_range(rr->rule->since, rr->rule->until, p->kernel))
		return "other_kernel";
	if (!rule_promises(rr->rule))
		return "no_promise";
	return plan__rule_active(p, rr->rule, &why) ? "check" : "unverifiable";
}

static void write_rule(struct json_writer *w, const struct rule_result *rr, const struct plan *p)
{
	const struct rule *r = rr->rule;

	json_begin_object(w, NULL);
	json_string(w, "id", r->id);
	json_string(w, "lock", lock_classes[r->lock].name);
	json_string(w, "subject", r->subject);
	json_string(w, "documented", r->says);
	json_string(w, "where", r->place);
	json_string(w, "condition", r->condition_text);
	json_string(w, "expected", rule_mode__name(r->mode));
	json_string(w, "phase", rule_phase__name(r->phase));
	json_string(w, "status", rule_status(rr, p));
	json_begin_object(w, "observed");
	for (int s = SEEN_FREE; s < SEEN_KINDS; s++)
		if (rr->seen[s])
			json_u64(w, observation__name((enum observation)s), rr->seen[s]);
	json_end(w);
	json_string(w, "verdict", rule_promises(r) ? verdict__name(rr->verdict) : NULL);
	if (rr->verdict == VERDICT_OK)
		json_string(w, "evidence", rr->proof ? "proof" : "likely");
	else
		json_string(w, "evidence", rr->verdict >= VERDICT_DRIFT ? "proof" : NULL);
	json_u64(w, "count", rr->kept + rr->violations + rr->drifts);
	json_u64(w, "violations", rr->violations);
	json_u64(w, "drift", rr->drifts);
	json_u64(w, "direct", rr->direct);
	json_u64(w, "outside", rr->outside);
	json_u64(w, "undecided", rr->undecided);
	json_u64(w, "suppressed", rr->suppressed);
	json_string(w, "reason", rr->why);
	json_end(w);
}

static void write_methods(struct json_writer *w, const struct results *r)
{
	json_begin_array(w, "methods");
	for (int i = 0; i < r->n_methods; i++) {
		const struct method_result *m = &r->methods[i];

		json_begin_object(w, NULL);
		json_string(w, "ops", ops_structs[m->method->ops].name);
		json_string(w, "method", m->method->name);
		json_begin_array(w, "functions");
		for (int n = 0; n < m->n_functions; n++)
			write_function(w, &r->functions[m->first_function + n]);
		json_end(w);
		json_u64(w, "calls", m->calls);
		report__json_latency(w, "latency", &m->latency, m->has_latency);
		report__json_unlocks(w, m);
		json_begin_array(w, "rules");
		for (int n = 0; n < m->method->n_rules; n++)
			write_rule(w, &m->rules[n], &r->audit->plan);
		json_end(w);
		json_end(w);
	}
	json_end(w);
}

static void write_findings(struct json_writer *w, const struct results *r, const char *key, enum verdict verdict,
			   bool suppressed)
{
	json_begin_array(w, key);
	for (int i = 0; i < r->n_findings; i++)
		if (r->findings[i].verdict == verdict && !!r->findings[i].suppressed == suppressed) {
			json_begin_object(w, NULL);
			if (suppressed)
				json_string(w, "reason", r->findings[i].suppressed->reason);
			finding__json(w, r->audit, &r->findings[i], false);
			json_end(w);
		}
	json_end(w);
}

static void write_coverage(struct json_writer *w, const struct results *r)
{
	const struct coverage *c = &r->coverage;

	json_begin_object(w, "coverage");
	json_s64(w, "rules", c->rules);
	json_s64(w, "checked", c->checked);
	json_s64(w, "exercised", c->exercised);
	json_s64(w, "not_exercised", c->not_exercised);
	json_s64(w, "unverifiable", c->unverifiable);
	json_s64(w, "not_attached", c->not_attached);
	json_s64(w, "methods_exercised", c->methods_exercised);
	json_s64(w, "functions", c->functions);
	json_s64(w, "functions_attached", c->attached);
	json_s64(w, "functions_entry_only", c->entry_only);
	json_s64(w, "functions_by_kprobe", c->by_kprobe);
	json_s64(w, "functions_refused", c->refused);
	json_s64(w, "functions_undocumented", c->undocumented);
	json_begin_array(w, "learnt");
	for (int i = 0; i < r->audit->n_late; i++) {
		json_begin_object(w, NULL);
		json_string(w, "mount", r->audit->targets[r->audit->late[i].target].path);
		json_string(w, "ops", ops_structs[r->audit->late[i].ops].name);
		json_string(w, "found_on", r->audit->late[i].found);
		json_double(w, "met_seconds", r->audit->late[i].met_seconds);
		json_double(w, "attached_seconds", r->audit->late[i].attached_seconds);
		json_end(w);
	}
	json_end(w);
	json_begin_array(w, "without_probe");
	for (int i = 0; i < r->audit->imported.n_unprobed; i++)
		json_string(w, NULL, r->audit->imported.unprobed[i]);
	json_end(w);
	json_begin_array(w, "undocumented");
	for (int i = 0; i < r->n_functions; i++) {
		const struct function *f = r->functions[i].function;

		if (!f->undocumented)
			continue;
		json_begin_object(w, NULL);
		json_string(w, "ops", ops_structs[f->ops].name);
		json_string(w, "method", f->method_name);
		json_string(w, "function", f->name);
		json_end(w);
	}
	json_end(w);
	json_end(w);
}

static void write_lost(struct json_writer *w, const struct results *r)
{
	json_begin_object(w, "lost");
	for (int i = 0; i < VL_N_LOST; i++)
		json_u64(w, lost__name((enum vl_lost)i), r->lost[i]);
	json_u64(w, "recursion", r->recursion);
	json_u64(w, "unreturned", r->unreturned);
	json_end(w);
}

static void write_header(struct json_writer *w, const struct results *r)
{
	char when[64];

	json_s64(w, "version", 1);
	json_string(w, "kernel", r->audit->plan.release);
	json_string(w, "spec", r->audit->imported.path);
	json_begin_array(w, "mounts");
	for (int i = 0; i < r->audit->n_targets; i++) {
		const struct target *t = &r->audit->targets[i];

		json_begin_object(w, NULL);
		json_string(w, "path", t->path);
		json_string(w, "type", t->fs_type);
		json_string(w, "source", t->source);
		json_string(w, "id", t->id);
		json_bool(w, "unmounted", t->unmounted);
		json_end(w);
	}
	json_end(w);
	finding__rfc3339(r->audit->start_wall_ns, when, sizeof(when));
	json_string(w, "started", when);
	json_u64(w, "started_monotonic_ns", r->audit->start_ns);
	json_double(w, "duration_seconds", audit__seconds(r->audit));
	json_u64(w, "calls", r->calls);
}

static void write_sampled_cost(struct json_writer *w, const struct cost *c)
{
	json_double(w, "sampled_seconds", (double)c->sampled_ns / 1e9);
	json_u64(w, "sampled_runs", c->runs);
	if (!c->runs) {
		json_null(w, "ns_per_run");
		json_null(w, "cpu_share");
		return;
	}
	json_double(w, "ns_per_run", (double)c->run_ns / (double)c->runs);
	json_double(w, "cpu_share", cost__cpu_share(c));
}

int report__json(const struct results *r, FILE *out)
{
	struct json_writer w;

	json_init(&w, out, true);
	json_begin_object(&w, NULL);
	write_header(&w, r);
	write_methods(&w, r);
	write_findings(&w, r, "violations", VERDICT_VIOLATION, false);
	write_findings(&w, r, "suppressed", VERDICT_VIOLATION, true);
	write_findings(&w, r, "drift", VERDICT_DRIFT, false);
	report__json_locks(&w, r);
	write_coverage(&w, r);
	write_lost(&w, r);
	json_begin_object(&w, "cost");
	json_s64(&w, "programs", r->coverage.programs + locks__n_programs(r->audit->locks));
	json_double(&w, "attach_seconds", r->audit->attach_seconds);
	json_double(&w, "cpu_seconds", audit__cpu_seconds(r->audit));
	json_u64(&w, "map_bytes", audit__map_bytes(r->audit));
	write_sampled_cost(&w, &r->audit->cost);
	json_end(&w);
	json_end(&w);
	return json_finish(&w);
}
