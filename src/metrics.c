// SPDX-License-Identifier: GPL-2.0-only
/* The families about methods, rules and histograms; those about the daemon are in metrics_state.c. */
#include "metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "bytype.h"
#include "expose.h"
#include "metrics_state.h"
#include "published.h"

struct metrics {
	struct published *published;
	struct metrics_state state;
	time_t judged_at; /* when breaches were last judged for it */
};

/* What one document is written from. */
struct writing {
	struct expose e;
	const struct published *published;
	struct audit *a;
	struct by_type results;
};

/* Two per power of two, from 1 us to 8.6 s: largest values of buckets, so that "at most" is exact. */
#define BOUNDS(k) (1ULL << (k)) - 1, (3ULL << ((k)-1)) - 1

static const __u64 bounds[] = {
	BOUNDS(10), BOUNDS(11), BOUNDS(12), BOUNDS(13), BOUNDS(14), BOUNDS(15), BOUNDS(16), BOUNDS(17),
	BOUNDS(18), BOUNDS(19), BOUNDS(20), BOUNDS(21), BOUNDS(22), BOUNDS(23), BOUNDS(24), BOUNDS(25),
	BOUNDS(26), BOUNDS(27), BOUNDS(28), BOUNDS(29), BOUNDS(30), BOUNDS(31), BOUNDS(32), (1ULL << 33) - 1,
};

#define N_BOUNDS (sizeof(bounds) / sizeof(bounds[0]))

const __u64 *metrics__bounds(size_t *n)
{
	*n = N_BOUNDS;
	return bounds;
}

int metrics__open(struct metrics **out)
{
	struct metrics *m = calloc(1, sizeof(*m));
	int err = m ? published__open(&m->published) : -ENOMEM;

	if (err) {
		free(m);
		return err;
	}
	m->judged_at = time(NULL);
	*out = m;
	return 0;
}

void metrics__free(struct metrics *m)
{
	if (!m)
		return;
	published__free(m->published);
	free(m);
}

typedef int taking(struct published *p, const struct by_type *results);

static int take_as_of(struct metrics *m, struct audit *a, time_t when, taking *how)
{
	struct by_type results;
	int err;

	a->judged_at = when;
	err = by_type__make(a, &results);
	a->judged_at = 0;
	if (!err)
		err = how(m->published, &results);
	by_type__free(&results);
	return err;
}

/* What was suppressed until a suppression ended is not published again, as violations: it is no news. */
static int pass_time(struct metrics *m, struct audit *a, time_t now)
{
	int err = 0;

	if (suppressions__change(a->suppressions, m->judged_at, now)) {
		err = take_as_of(m, a, m->judged_at, published__update);
		if (!err)
			err = take_as_of(m, a, now, published__rebase);
	}
	m->judged_at = now;
	return err;
}

static int take(struct metrics *m, struct audit *a, taking *how)
{
	time_t now = time(NULL);
	int err = pass_time(m, a, now);

	return err ? err : take_as_of(m, a, now, how);
}

int metrics__update(struct metrics *m, struct audit *a)
{
	return take(m, a, published__update);
}

int metrics__rebase(struct metrics *m, struct audit *a)
{
	return take(m, a, published__rebase);
}

/* What can be the evidence of a kept rule: see judge_mode() in judge.c. */
static bool can_be_proven(const struct rule *r)
{
	return r->mode != RULE_yes;
}

static bool can_be_likely(const struct rule *r)
{
	return r->mode == RULE_shared || r->mode == RULE_held || r->mode == RULE_yes;
}

/* Calls @write for each rule in force, of all methods of all types. */
typedef void (*rule_writer)(struct expose *e, struct expose_label *labels, const struct rule *r,
			    const struct published_rule *p);

/* Labels of a rule's series; the last is for the writer's evidence. */
enum { LABEL_FS, LABEL_OPS, LABEL_METHOD, LABEL_RULE, LABEL_EVIDENCE, LABEL_END };

static void each_rule(struct writing *w, rule_writer write)
{
	const struct plan *p = &w->a->plan;
	const char *why;

	for (int t = 0; t < w->results.n; t++)
		for (int i = 0; i < w->results.of[t].n_methods; i++) {
			const struct method *m = w->results.of[t].methods[i].method;

			for (int k = m->first_rule; k < m->first_rule + m->n_rules; k++) {
				struct expose_label labels[LABEL_END + 1] = {{"fs", w->a->types[t]},
									     {"ops", ops_structs[m->ops].name},
									     {"method", m->name},
									     {"rule", p->rules[k].id}};

				if (plan__rule_active(p, &p->rules[k], &why))
					write(&w->e, labels, &p->rules[k],
					      published__rule(w->published, w->a->types[t], k));
			}
		}
}

static void put_evidence(struct expose *e, struct expose_label *labels, const char *evidence, __u64 count)
{
	labels[LABEL_EVIDENCE] = (struct expose_label){"evidence", evidence};
	expose__u64(e, labels, count);
}

static void put_checks(struct expose *e, struct expose_label *labels, const struct rule *r,
		       const struct published_rule *p)
{
	if (can_be_proven(r) || p->proven.total)
		put_evidence(e, labels, "proof", p->proven.total);
	if (can_be_likely(r) || p->likely.total)
		put_evidence(e, labels, "likely", p->likely.total);
}

static void put_violations(struct expose *e, struct expose_label *labels, const struct rule *r,
			   const struct published_rule *p)
{
	(void)r;
	put_evidence(e, labels, "proof", p->violations.total);
}

static void put_drift(struct expose *e, struct expose_label *labels, const struct rule *r,
		      const struct published_rule *p)
{
	if (r->n_drifts || p->drifts.total)
		put_evidence(e, labels, "proof", p->drifts.total);
}

static void put_undecided(struct expose *e, struct expose_label *labels, const struct rule *r,
			  const struct published_rule *p)
{
	(void)r;
	expose__u64(e, labels, p->undecided.total);
}

static void put_suppressed(struct expose *e, struct expose_label *labels, const struct rule *r,
			   const struct published_rule *p)
{
	(void)r;
	expose__u64(e, labels, p->suppressed.total);
}

static void write_rules(struct writing *w)
{
	expose__family(
		&w->e, "vfslock_violations", EXPOSE_COUNTER, NULL,
		"Calls that broke a rule of the kernel's document on locking and are not suppressed. Always proof: "
		"what the lock words leave open is no violation.");
	each_rule(w, put_violations);
	expose__family(&w->e, "vfslock_drift", EXPOSE_COUNTER, NULL,
		       "Calls that broke a rule in a way in which the kernel is known to differ from its document.");
	each_rule(w, put_drift);
	expose__family(
		&w->e, "vfslock_undecided", EXPOSE_COUNTER, NULL,
		"Calls that broke a rule, but may not be told to: their stack could not be taken, or they may be "
		"mixed from two calls, as the kernel skipped programs.");
	each_rule(w, put_undecided);
	expose__family(&w->e, "vfslock_suppressed", EXPOSE_COUNTER, NULL,
		       "Calls that broke a rule, but are suppressed.");
	each_rule(w, put_suppressed);
	expose__family(
		&w->e, "vfslock_rule_checks", EXPOSE_COUNTER, NULL,
		"Calls that kept a rule: evidence is proof, or likely where the lock word does not tell who holds "
		"the lock.");
	each_rule(w, put_checks);
}

void metrics__put_hist(struct expose *e, const struct expose_label *labels, const struct hist *h)
{
	struct expose_buckets b = {.n = N_BOUNDS, .count = h->count, .sum = (double)h->sum / 1e9};
	__u64 counts[N_BOUNDS];
	double le[N_BOUNDS];

	for (size_t i = 0; i < N_BOUNDS; i++)
		le[i] = (double)bounds[i] / 1e9;
	/* It refuses bounds that are none of buckets, which these are: test_metrics.c. */
	if (hist__cumulative(h, bounds, N_BOUNDS, counts))
		b.n = 0;
	b.le = le;
	b.counts = counts;
	expose__histogram(e, labels, &b);
}

static const struct hist *duration(const struct method_result *m)
{
	return m->has_latency ? &m->latency : NULL;
}

static const struct hist *unlock_time(const struct method_result *m)
{
	return m->is_followed ? &m->unlock : NULL;
}

static void write_hists(struct writing *w, const struct hist *(*which)(const struct method_result *m))
{
	for (int t = 0; t < w->results.n; t++)
		for (int i = 0; i < w->results.of[t].n_methods; i++) {
			const struct method_result *m = &w->results.of[t].methods[i];
			const struct hist *h = which(m);

			if (h)
				metrics__put_hist(&w->e,
						  EXPOSE_LABELS({"fs", w->a->types[t]},
								{"ops", ops_structs[m->method->ops].name},
								{"method", m->method->name}),
						  h);
		}
}

static void write_methods(struct writing *w)
{
	expose__family(&w->e, "vfslock_calls", EXPOSE_COUNTER, NULL, "Calls of methods of the audited filesystems.");
	for (int t = 0; t < w->results.n; t++)
		for (int i = 0; i < w->results.of[t].n_methods; i++) {
			const struct method *m = w->results.of[t].methods[i].method;

			expose__u64(&w->e,
				    EXPOSE_LABELS({"fs", w->a->types[t]}, {"ops", ops_structs[m->ops].name},
						  {"method", m->name}),
				    published__calls(w->published, w->a->types[t], (int)(m - methods)));
		}
	expose__family(&w->e, "vfslock_method_duration_seconds", EXPOSE_HISTOGRAM, "seconds",
		       "How long calls took, of methods on hot paths and of those that are asked for.");
	write_hists(w, duration);
	expose__family(
		&w->e, "vfslock_folio_unlock_seconds", EXPOSE_HISTOGRAM, "seconds",
		"When folios were unlocked that a method left locked: since its entry where its duration is measured, "
		"else since its return.");
	write_hists(w, unlock_time);
}

static void write_coverage(struct writing *w)
{
	static const char *const states[] = {"checked", "unverifiable", "not_attached"};

	expose__family(&w->e, "vfslock_rules", EXPOSE_GAUGE, NULL,
		       "Rules in force of the methods that the filesystem implements, by whether they can be checked.");
	for (int t = 0; t < w->results.n; t++) {
		const struct coverage *c = &w->results.of[t].coverage;
		const int counts[] = {c->checked, c->unverifiable, c->not_attached};

		for (int s = 0; s < 3; s++)
			expose__u64(&w->e, EXPOSE_LABELS({"fs", w->a->types[t]}, {"state", states[s]}),
				    (__u64)counts[s]);
	}
	expose__family(&w->e, "vfslock_rules_exercised", EXPOSE_GAUGE, NULL,
		       "Rules that a call was met for, since counting began.");
	for (int t = 0; t < w->results.n; t++)
		expose__u64(&w->e, EXPOSE_LABELS({"fs", w->a->types[t]}), (__u64)w->results.of[t].coverage.exercised);
}

static int write_all(struct writing *w, struct metrics *m, const struct serve_state *st)
{
	write_rules(w);
	write_methods(w);
	write_coverage(w);
	metrics_state__write(&m->state, w->a, &w->results, st, &w->e);
	return expose__finish(&w->e);
}

int metrics__write(struct metrics *m, struct audit *a, const struct serve_state *st, bool openmetrics, FILE *out)
{
	struct writing w = {.published = m->published, .a = a};
	time_t now = time(NULL);
	int err = pass_time(m, a, now);

	a->judged_at = now;
	if (!err)
		err = by_type__make(a, &w.results);
	a->judged_at = 0;
	if (!err)
		err = published__update(m->published, &w.results);
	if (!err) {
		expose__init(&w.e, out, openmetrics);
		err = write_all(&w, m, st);
	}
	by_type__free(&w.results);
	return err;
}

#define LINES_PER_HISTOGRAM ((int)N_BOUNDS + 3) /* +Inf, _sum, _count */
#define LINES_PER_TYPE 6                        /* three states of rules, those exercised, two of mounts */

static int rule_series(const struct rule *r)
{
	/* violations, undecided, suppressed; drift; checks by evidence */
	return 3 + (r->n_drifts > 0) + can_be_proven(r) + can_be_likely(r);
}

int metrics__max_series(const struct plan *p, bool all_latencies)
{
	int n = LINES_PER_TYPE;

	for (int i = 0; i < n_methods; i++) {
		const struct method *m = &methods[i];
		bool follows = false;

		if (!in_range(m->since, m->until, p->kernel))
			continue;
		n++; /* calls */
		for (int k = m->first_rule; k < m->first_rule + m->n_rules; k++) {
			const struct rule *r = &p->rules[k];
			const char *why;

			if (!plan__rule_active(p, r, &why))
				continue;
			n += rule_series(r);
			follows = follows || r->phase == RULE_AT_after;
		}
		n += LINES_PER_HISTOGRAM * ((m->hot || all_latencies) + follows);
	}
	return n;
}
