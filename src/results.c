// SPDX-License-Identifier: GPL-2.0-only
#include "results.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

struct maker {
	struct audit *a;
	struct results *r;
	const struct seen_signature *signatures;
	const struct seen_stack *stacks;
	int n_signatures, n_stacks;
	int type; /* of filesystem, or -1 */
};

static bool is_wanted(const struct maker *k, __u64 sig)
{
	return k->type < 0 || !k->a->plan.tell_types || (int)(sig >> VL_SIG_TYPE_SHIFT & (VL_TYPES - 1)) == k->type;
}

/* Is it a function of this type, as far as was seen? */
static bool has_type(const struct maker *k, const struct function *f)
{
	return k->type < 0 || text__lists(f->filesystems, k->a->types[k->type]);
}

static int by_method(const void *pa, const void *pb)
{
	const struct function *a = ((const struct function_result *)pa)->function;
	const struct function *b = ((const struct function_result *)pb)->function;

	if (a->method != b->method)
		return a->method - b->method;
	return strcmp(a->name, b->name);
}

static int list_functions(struct maker *k)
{
	const struct plan *p = &k->a->plan;
	struct results *r = k->r;

	r->functions = calloc((size_t)p->n_functions + 1, sizeof(*r->functions));
	if (!r->functions)
		return -ENOMEM;
	for (int i = 0; i < p->n_functions; i++) {
		const struct function *f = &p->functions[i];
		struct function_result *fr = &r->functions[r->n_functions];

		fr->function = f;
		for (int s = 0; s < k->n_signatures; s++)
			if (k->signatures[s].fn == i && is_wanted(k, k->signatures[s].sig))
				fr->calls += k->signatures[s].calls;
		if (!fr->calls && !has_type(k, f))
			continue;
		r->n_functions++;
		fr->has_latency = !collector__latency(k->a->collector, i, k->type, &fr->latency);
		r->calls += fr->calls;
		r->coverage.functions++;
		r->coverage.attached += f->state == FUNCTION_ATTACHED;
		r->coverage.entry_only += f->state == FUNCTION_ATTACHED && f->entry_only;
		r->coverage.by_kprobe += f->state == FUNCTION_ATTACHED && f->how == BY_KPROBE;
		r->coverage.programs += f->state == FUNCTION_ATTACHED ? (f->pair ? 2 : 1) : 0;
		r->coverage.undocumented += f->undocumented;
		r->coverage.refused += f->state == FUNCTION_REFUSED && !f->undocumented && !f->unwanted;
	}
	qsort(r->functions, (size_t)r->n_functions, sizeof(*r->functions), by_method);
	return 0;
}

static int list_methods(struct results *r)
{
	r->methods = calloc((size_t)r->n_functions + 1, sizeof(*r->methods));
	if (!r->methods)
		return -ENOMEM;
	for (int i = 0; i < r->n_functions; i++) {
		const struct function_result *fr = &r->functions[i];
		struct method_result *m = r->n_methods ? &r->methods[r->n_methods - 1] : NULL;

		if (fr->function->method < 0)
			continue;
		if (!m || m->method != &methods[fr->function->method]) {
			m = &r->methods[r->n_methods++];
			m->method = &methods[fr->function->method];
			m->first_function = i;
			m->rules = calloc((size_t)m->method->n_rules + 1, sizeof(*m->rules));
			if (!m->rules)
				return -ENOMEM;
			for (int n = 0; n < m->method->n_rules; n++)
				m->rules[n].rule = &r->audit->plan.rules[m->method->first_rule + n];
		}
		m->n_functions++;
		m->calls += fr->calls;
		if (fr->has_latency) {
			hist__merge(&m->latency, &fr->latency);
			m->has_latency = true;
		}
	}
	return 0;
}

static int add_finding(struct maker *k, const struct finding *f)
{
	struct results *r = k->r;
	void *p;

	for (int i = 0; i < r->n_findings; i++) {
		struct finding *o = &r->findings[i];

		if (o->rule == f->rule && o->function == f->function && o->verdict == f->verdict &&
		    o->drift == f->drift && o->suppressed == f->suppressed && o->target == f->target &&
		    o->judgement.seen == f->judgement.seen && o->n_ips == f->n_ips &&
		    !memcmp(o->ips, f->ips, (size_t)f->n_ips * sizeof(f->ips[0]))) {
			o->calls += f->calls;
			if (f->has_sample && f->sample.first_ns < o->sample.first_ns) {
				o->sample = f->sample;
				o->held = f->held;
				o->holder = f->holder;
			}
			if (f->has_sample && f->sample.last_ns > o->sample.last_ns)
				o->sample.last_ns = f->sample.last_ns;
			return 0;
		}
	}
	p = realloc(r->findings, (size_t)(r->n_findings + 1) * sizeof(*r->findings));
	if (!p)
		return -ENOMEM;
	r->findings = p;
	r->findings[r->n_findings++] = *f;
	return 0;
}

static void add_verdict(struct rule_result *rr, struct finding *f, bool direct)
{
	switch (f->verdict) {
	case VERDICT_VIOLATION:
		*(f->suppressed ? &rr->suppressed : &rr->violations) += f->calls;
		break;
	case VERDICT_DRIFT:
		rr->drifts += f->calls;
		break;
	case VERDICT_UNVERIFIABLE:
		rr->undecided += f->calls;
		break;
	case VERDICT_NOT_EXERCISED:
	case VERDICT_OK:
	case VERDICT_KINDS:
		*(direct ? &rr->direct : &rr->outside) += f->calls;
		break;
	}
}

static int judge_path(struct maker *k, struct rule_result *rr, struct finding *f, const struct seen_stack *s)
{
	bool direct;

	breach__judge(k->a, f, s, &direct);
	add_verdict(rr, f, direct);
	if (f->verdict != VERDICT_VIOLATION && f->verdict != VERDICT_DRIFT)
		return 0;
	return add_finding(k, f);
}

/* A broken rule in a signature: its calls are told apart by who called. */
static int judge_breach(struct maker *k, struct rule_result *rr, const struct seen_signature *s,
			const struct judgement *j)
{
	struct finding base = {
		.rule = rr->rule, .function = &k->a->plan.functions[s->fn], .judgement = *j, .sig = s->sig};
	const struct seen_stack *sample = NULL;
	__u64 left = s->calls;
	int err = 0;

	for (int i = 0; i < k->n_stacks && !err; i++) {
		const struct seen_stack *st = &k->stacks[i];
		struct finding f = base;

		if (st->fn != s->fn || st->sig != s->sig)
			continue;
		sample = st;
		if (j->drift)
			break; /* decided by the signature itself: one sample stands for all */
		f.calls = st->sample.calls < left ? st->sample.calls : left;
		left -= f.calls;
		err = judge_path(k, rr, &f, st);
	}
	if (left && !err) {
		base.calls = left;
		err = judge_path(k, rr, &base, j->drift ? sample : NULL);
	}
	return err;
}

static int judge_signature(struct maker *k, struct method_result *m, const struct seen_signature *s)
{
	for (int i = 0; i < m->method->n_rules; i++) {
		struct rule_result *rr = &m->rules[i];
		struct judgement j;
		const char *why;
		int err;

		if (!plan__rule_active(&k->a->plan, rr->rule, &why))
			continue;
		j = judge__rule(rr->rule, s->sig);
		if (j.outcome == OUTCOME_SKIPPED)
			continue;
		rr->seen[j.seen] += s->calls;
		if (j.outcome == OUTCOME_KEPT) {
			if (!rr->kept)
				rr->proof = true;
			rr->proof = rr->proof && j.proof;
			rr->kept += s->calls;
			rr->proven += j.proof ? s->calls : 0;
			continue;
		}
		err = judge_breach(k, rr, s, &j);
		if (err)
			return err;
	}
	return 0;
}

static int judge_all(struct maker *k)
{
	for (int s = 0; s < k->n_signatures; s++) {
		const struct seen_signature *sig = &k->signatures[s];
		const struct method *m = &methods[k->a->plan.functions[sig->fn].method];

		if (!is_wanted(k, sig->sig))
			continue;
		for (int i = 0; i < k->r->n_methods; i++)
			if (k->r->methods[i].method == m) {
				int err = judge_signature(k, &k->r->methods[i], sig);

				if (err)
					return err;
			}
	}
	return 0;
}

static struct rule_result *result_of(struct results *r, const struct rule *rule)
{
	for (int i = 0; i < r->n_methods; i++)
		for (int n = 0; n < r->methods[i].method->n_rules; n++)
			if (r->methods[i].rules[n].rule == rule)
				return &r->methods[i].rules[n];
	return NULL;
}

static const struct rule *after_rule(const struct maker *k, const struct method *m)
{
	for (int i = 0; i < m->n_rules; i++) {
		const struct rule *r = &k->a->plan.rules[m->first_rule + i];
		const char *why;

		if (r->phase == RULE_AT_after && plan__rule_active(&k->a->plan, r, &why))
			return r;
	}
	return NULL;
}

/* A call that left a folio locked, as the sample of a finding. */
static void sample_of_folio(struct maker *k, const struct seen_folio *folio, const struct rule *rule,
			    struct seen_stack *out)
{
	const struct vl_followed *c = &folio->call;

	*out = (struct seen_stack){.fn = (int)c->fn, .sig = c->sig, .target = (int)c->target};
	out->sample = (struct vl_stack_value){.calls = 1,
					      .first_ns = c->start_ns,
					      .last_ns = c->start_ns,
					      .sig = c->sig,
					      .pid = c->pid,
					      .tgid = c->tgid,
					      .cpu = c->cpu,
					      .slept = -1};
	memcpy(out->sample.comm, c->comm, sizeof(out->sample.comm));
	out->sample.words[2 * rule__word(rule, &methods[rule->method])] = folio->flags;
	out->n_ips = collector__path(k->a->collector, out->fn, c->stack, out->ips);
	collector__name(k->a->collector, out);
}

/* One call may have left several: it counts once. */
static bool same_call(const struct vl_followed *a, const struct vl_followed *b)
{
	return a->fn == b->fn && a->pid == b->pid && a->start_ns == b->start_ns;
}

static int judge_stuck(struct maker *k, const struct seen_folio *all, int n)
{
	const struct vl_followed *call = &all[n].call;
	const struct function *f = &k->a->plan.functions[call->fn];
	const struct rule *rule = f->method >= 0 ? after_rule(k, &methods[f->method]) : NULL;
	struct rule_result *rr = rule ? result_of(k->r, rule) : NULL;
	struct finding finding = {.rule = rule,
				  .function = f,
				  .judgement = {.seen = SEEN_NOT_UNLOCKED, .outcome = OUTCOME_BROKEN, .proof = true},
				  .sig = call->sig,
				  .calls = 1};
	struct seen_stack stack;

	if (!is_wanted(k, call->sig))
		return 0;
	for (int i = 0; i < n; i++)
		if (same_call(call, &all[i].call))
			return 0;
	if (!rr)
		return 0;
	/* So far it was counted as one whose folios will be unlocked. */
	rr->kept -= rr->kept > 0;
	rr->proven -= rr->proven > 0;
	rr->seen[SEEN_FOLLOWED] -= rr->seen[SEEN_FOLLOWED] > 0;
	rr->seen[SEEN_NOT_UNLOCKED]++;
	if (!all[n].idle) { /* It may wait for I/O. */
		rr->undecided++;
		return 0;
	}
	sample_of_folio(k, &all[n], rule, &stack);
	return judge_path(k, rr, &finding, &stack);
}

static int judge_folios(struct maker *k)
{
	const struct seen_folio *stuck;
	int n, err = 0;

	stuck = follower__stuck(k->a->follower, &n);
	for (int i = 0; i < n && !err; i++)
		err = judge_stuck(k, stuck, i);
	for (int i = 0; i < k->r->n_methods; i++) {
		struct method_result *m = &k->r->methods[i];

		for (int f = 0; f < k->a->plan.n_followed; f++) {
			if (&methods[k->a->plan.followed[f]] != m->method)
				continue;
			m->is_followed = !follower__times(k->a->follower, f, k->type, &m->unlock);
			m->still_locked = follower__pending(k->a->follower, f, k->type);
		}
	}
	return err;
}

/*
 * Where the kernel skipped a function's programs, as many of its calls may be mixed from two (collector__mixed()). No
 * more breaches than that are not told to be violations.
 */
static void doubt_mixed(struct maker *k)
{
	struct results *r = k->r;
	int kept = 0;

	for (int i = 0; i < r->n_findings; i++) {
		struct finding *f = &r->findings[i];
		__u64 mixed = f->verdict == VERDICT_VIOLATION ? breach__may_be_wrong(k->a, f) : 0;
		__u64 sum = 0;

		for (int n = 0; mixed && n < r->n_findings; n++)
			if (r->findings[n].rule == f->rule && r->findings[n].function == f->function &&
			    r->findings[n].verdict == VERDICT_VIOLATION)
				sum += r->findings[n].calls;
		f->doubtful = mixed && sum <= mixed;
	}
	for (int i = 0; i < r->n_findings; i++) {
		struct finding *f = &r->findings[i];

		if (f->doubtful) {
			struct rule_result *rr = result_of(r, f->rule);

			*(f->suppressed ? &rr->suppressed : &rr->violations) -= f->calls;
			rr->undecided += f->calls;
		} else {
			r->findings[kept++] = *f;
		}
	}
	r->n_findings = kept;
}

static bool any_attached(const struct results *r, const struct method_result *m)
{
	for (int i = 0; i < m->n_functions; i++)
		if (r->functions[m->first_function + i].function->state == FUNCTION_ATTACHED)
			return true;
	return false;
}

static bool any_pair(const struct results *r, const struct method_result *m)
{
	for (int i = 0; i < m->n_functions; i++) {
		const struct function *f = r->functions[m->first_function + i].function;

		if (f->state == FUNCTION_ATTACHED && (f->pair || f->from_entry))
			return true;
	}
	return false;
}

static void conclude_rule(struct results *r, struct method_result *m, struct rule_result *rr)
{
	struct coverage *c = &r->coverage;
	bool active = plan__rule_active(&r->audit->plan, rr->rule, &rr->why);

	if (!active && !rr->why) /* promises nothing, or is no rule of this kernel's document */
		return;
	c->rules++;
	if (!active) {
		rr->verdict = VERDICT_UNVERIFIABLE;
		c->unverifiable++;
		return;
	}
	if (!any_attached(r, m)) {
		rr->verdict = VERDICT_UNVERIFIABLE;
		rr->not_attached = true;
		rr->why = "none of its functions could be attached";
		c->not_attached++;
		return;
	}
	if (rr->rule->phase != RULE_AT_entry && !any_pair(r, m)) {
		rr->verdict = VERDICT_UNVERIFIABLE;
		rr->why = "this kernel does not let its return be watched";
		c->unverifiable++;
		return;
	}
	c->checked++;
	if (rr->violations)
		rr->verdict = VERDICT_VIOLATION;
	else if (rr->drifts)
		rr->verdict = VERDICT_DRIFT;
	else if (rr->undecided)
		rr->verdict = VERDICT_UNVERIFIABLE;
	else if (rr->kept)
		rr->verdict = VERDICT_OK;
	else
		rr->verdict = VERDICT_NOT_EXERCISED;
	if (rr->verdict == VERDICT_UNVERIFIABLE)
		rr->why = "it was broken in calls whose stack could not be taken, where who called decides; or in no "
			  "more than may be mixed from two, as the kernel skipped programs";
	if (rr->verdict == VERDICT_NOT_EXERCISED)
		c->not_exercised++;
	else
		c->exercised++;
	r->violations += rr->violations;
	r->suppressed += rr->suppressed;
	r->drifts += rr->drifts;
}

static int worst_first(const void *pa, const void *pb)
{
	const struct finding *a = pa, *b = pb;

	if (a->verdict != b->verdict)
		return (int)b->verdict - (int)a->verdict;
	return a->calls < b->calls ? 1 : a->calls > b->calls ? -1 : 0;
}

int results__make(struct audit *a, struct results *out)
{
	return results__make_of(a, -1, out);
}

int results__make_of(struct audit *a, int type, struct results *out)
{
	struct maker k = {.a = a, .r = out, .type = type};
	int err;

	*out = (struct results){.audit = a};
	k.signatures = collector__signatures(a->collector, &k.n_signatures);
	k.stacks = collector__stacks(a->collector, &k.n_stacks);
	err = list_functions(&k);
	if (!err)
		err = list_methods(out);
	if (!err)
		err = judge_all(&k);
	if (!err)
		err = judge_folios(&k);
	if (err)
		return err;
	doubt_mixed(&k);
	for (int i = 0; i < out->n_methods; i++) {
		struct method_result *m = &out->methods[i];

		if (!m->method)
			continue;
		out->coverage.methods_exercised += m->calls > 0;
		for (int n = 0; n < m->method->n_rules; n++)
			conclude_rule(out, m, &m->rules[n]);
	}
	if (out->n_findings)
		qsort(out->findings, (size_t)out->n_findings, sizeof(*out->findings), worst_first);
	out->unreturned = collector__unreturned(a->collector);
	return collector__lost(a->collector, out->lost, &out->recursion);
}

void results__free(struct results *r)
{
	for (int i = 0; i < r->n_methods; i++)
		free(r->methods[i].rules);
	free(r->methods);
	free(r->functions);
	free(r->findings);
}
