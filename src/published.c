// SPDX-License-Identifier: GPL-2.0-only
#include "published.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* All of one type of filesystem. It stays when the type is not audited any more: it may come back. */
struct type_counts {
	char fs[sizeof(((struct audit *)0)->types[0])];
	struct published_count *calls; /* per method */
	struct published_rule *rules;
};

struct published {
	struct type_counts *types;
	int n_types;
};

int published__open(struct published **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void published__free(struct published *p)
{
	if (!p)
		return;
	for (int i = 0; i < p->n_types; i++) {
		free(p->types[i].calls);
		free(p->types[i].rules);
	}
	free(p->types);
	free(p);
}

static struct type_counts *find(const struct published *p, const char *fs)
{
	for (int i = 0; i < p->n_types; i++)
		if (!strcmp(p->types[i].fs, fs))
			return &p->types[i];
	return NULL;
}

static struct type_counts *find_or_add(struct published *p, const char *fs)
{
	struct type_counts *t = find(p, fs);
	void *mem;

	if (t)
		return t;
	mem = realloc(p->types, (size_t)(p->n_types + 1) * sizeof(*p->types));
	if (!mem)
		return NULL;
	p->types = mem;
	t = &p->types[p->n_types];
	*t = (struct type_counts){.calls = calloc((size_t)n_methods + 1, sizeof(*t->calls)),
				  .rules = calloc((size_t)n_rules + 1, sizeof(*t->rules))};
	if (!t->calls || !t->rules) {
		free(t->calls);
		free(t->rules);
		return NULL;
	}
	strncat(t->fs, fs, sizeof(t->fs) - 1);
	p->n_types++;
	return t;
}

/* Returns by how much the total grew. */
static __u64 grow(struct published_count *c, __u64 result)
{
	__u64 added = result > c->prev ? result - c->prev : 0;

	c->prev += added;
	c->total += added;
	return added;
}

static __u64 breaches(const struct rule_result *rr)
{
	return rr->violations + rr->drifts + rr->suppressed + rr->undecided;
}

/*
 * A breach that becomes doubtful leaves one count for another, but all breaches together only grow by new calls: those
 * that are published as nothing else are undecided. Its `prev` is thus of all breaches.
 */
static void update_rule(struct published_rule *p, const struct rule_result *rr)
{
	__u64 decided, all = breaches(rr);

	grow(&p->proven, rr->proven);
	grow(&p->likely, rr->kept - rr->proven);
	decided = grow(&p->violations, rr->violations);
	decided += grow(&p->drifts, rr->drifts);
	decided += grow(&p->suppressed, rr->suppressed);
	if (all <= p->undecided.prev)
		return;
	if (all - p->undecided.prev > decided)
		p->undecided.total += all - p->undecided.prev - decided;
	p->undecided.prev = all;
}

/* A folio may be unlocked after all: the next one that is not is a new breach, although there were more before. */
static void fall(struct published_count *c, __u64 result)
{
	if (c->prev > result)
		c->prev = result;
}

static void let_fall(struct published_rule *p, const struct rule_result *rr)
{
	fall(&p->violations, rr->violations);
	fall(&p->drifts, rr->drifts);
	fall(&p->suppressed, rr->suppressed);
	fall(&p->undecided, breaches(rr));
}

static void rebase_rule(struct published_rule *p, const struct rule_result *rr)
{
	p->proven.prev = rr->proven;
	p->likely.prev = rr->kept - rr->proven;
	p->violations.prev = rr->violations;
	p->drifts.prev = rr->drifts;
	p->suppressed.prev = rr->suppressed;
	p->undecided.prev = breaches(rr);
}

static void take_method(struct type_counts *t, const struct results *r, const struct method_result *m, bool rebase)
{
	struct published_count *calls = &t->calls[m->method - methods];

	if (rebase)
		calls->prev = m->calls;
	else
		grow(calls, m->calls);
	for (int i = 0; i < m->method->n_rules; i++) {
		const struct rule_result *rr = &m->rules[i];
		struct published_rule *rule = &t->rules[rr->rule - r->audit->plan.rules];

		if (rebase)
			rebase_rule(rule, rr);
		else
			update_rule(rule, rr);
		if (rr->rule->phase == RULE_AT_after)
			let_fall(rule, rr);
	}
}

static int take(struct published *p, const struct by_type *results, bool rebase)
{
	for (int i = 0; i < results->n; i++) {
		const struct results *r = &results->of[i];
		struct type_counts *t = find_or_add(p, r->audit->types[i]);

		if (!t)
			return -ENOMEM;
		for (int k = 0; k < r->n_methods; k++)
			take_method(t, r, &r->methods[k], rebase);
	}
	return 0;
}

int published__update(struct published *p, const struct by_type *results)
{
	return take(p, results, false);
}

int published__rebase(struct published *p, const struct by_type *results)
{
	return take(p, results, true);
}

__u64 published__calls(const struct published *p, const char *fs, int method)
{
	return find(p, fs)->calls[method].total;
}

const struct published_rule *published__rule(const struct published *p, const char *fs, int rule)
{
	return &find(p, fs)->rules[rule];
}
