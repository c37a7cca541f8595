// SPDX-License-Identifier: GPL-2.0-only
/* Gives every rule its id, lock slot and condition flag, and refuses what contradicts itself. */
#include <string.h>

#include "specc.h"

static void __attribute__((noreturn)) fail_rule(const struct rule *r, const char *what, const char *expected)
{
	fail_at(&r->where, "%s, expected %s", what, expected);
}

static int add_condition(struct method *m, const struct place_in_file *where, char *text, bool at_exit)
{
	for (int i = 0; i < m->n_conditions; i++)
		if (!strcmp(m->conditions[i].text, text) && m->conditions[i].at_exit == at_exit)
			return i;
	if (m->n_conditions == MAX_CONDITIONS)
		fail_at(where, "method %s has more than %d conditions, expected fewer", m->name, MAX_CONDITIONS);
	m->conditions[m->n_conditions] = (struct condition){.text = text, .at_exit = at_exit};
	return m->n_conditions++;
}

/* Is what the rule is about looked at when the method returns? */
static bool is_at_exit(const struct rule *r)
{
	return r->phase == PHASE_EXIT || r->phase == PHASE_AFTER;
}

static int add_slot(struct method *m, const struct rule *r)
{
	struct slot *slots = is_at_exit(r) ? m->exit : m->entry;
	int *n = is_at_exit(r) ? &m->n_exit : &m->n_entry;
	int max = is_at_exit(r) ? MAX_EXIT_SLOTS : MAX_ENTRY_SLOTS;
	bool followed = r->phase == PHASE_AFTER;

	for (int i = 0; i < *n; i++)
		if (slots[i].lock == r->lock && !strcmp(slots[i].expr, r->expr ? r->expr : "") && !followed &&
		    !slots[i].followed)
			return i;
	if (*n == max)
		fail_rule(r, format("method %s reads more than %d locks at %s", m->name, max, phase_names[r->phase]),
			  "fewer");
	slots[*n] = (struct slot){.expr = r->expr ? r->expr : strdup(""),
				  .lock = r->lock,
				  .followed = followed,
				  .followed_when = followed ? r->condition_text : NULL};
	return (*n)++;
}

static bool mode_fits(const struct lock *l, const struct rule *r)
{
	switch (l->kind) {
	case LOCK_RWSEM:
		return r->mode == MODE_SHARED || r->mode == MODE_EXCLUSIVE;
	case LOCK_MUTEX:
		return r->mode == MODE_EXCLUSIVE;
	case LOCK_SPIN:
	case LOCK_SEQLOCK:
	case LOCK_BIT:
		return r->mode == MODE_HELD || r->mode == MODE_FREE;
	case LOCK_WORDS:
		return false;
	case LOCK_CONTEXT:
		return (r->mode == MODE_YES && r->phase == PHASE_ENTRY) ||
		       (r->mode == MODE_NO && r->phase == PHASE_DURING);
	}
	return false;
}

static void check_range(const struct place_in_file *where, int since, int until)
{
	if (since && until && since >= until)
		fail_at(where, "range since %s until %s is empty, expected since < until", version_text(since),
			version_text(until));
}

/* While a method runs nothing is seen of it but whether it sleeps, and after it that a bit lock is released. */
static void check_phase(const struct lock *l, const struct rule *r)
{
	if ((r->phase == PHASE_AFTER && (l->kind != LOCK_BIT || r->mode != MODE_FREE)) ||
	    (r->phase == PHASE_DURING && l->kind != LOCK_CONTEXT))
		fail_rule(r,
			  format("phase '%s' of a %s cannot be observed", phase_names[r->phase],
				 lock_kind_names[l->kind]),
			  "an 'unverifiable because' clause");
}

static void check_ret(const struct rule *r)
{
	if (is_at_exit(r))
		return;
	if ((r->condition_text && mentions(r->condition_text, "ret")) || (r->expr && mentions(r->expr, "ret")))
		fail_rule(r, "the return value 'ret' is not known yet", "phase exit");
	for (int i = 0; i < r->n_drifts; i++)
		if (r->drifts[i].condition_text && mentions(r->drifts[i].condition_text, "ret"))
			fail_at(&r->drifts[i].where, "the return value 'ret' is not known yet, expected phase exit");
}

static void check_rule(const struct spec *spec, const struct rule *r)
{
	const struct lock *l = &spec->locks[r->lock];

	check_range(&r->where, r->since, r->until);
	if (!rule__judged(r)) {
		if (r->n_drifts)
			fail_at(&r->drifts[0].where, "drift of a rule that %s, expected none: it is never judged",
				r->unverifiable ? "is unverifiable" : "promises nothing");
		return;
	}
	check_phase(l, r);
	if (!mode_fits(l, r))
		fail_rule(r,
			  format("a %s does not go with mode '%s' at %s", lock_kind_names[l->kind], mode_names[r->mode],
				 phase_names[r->phase]),
			  "exclusive or shared (rwsem), exclusive (mutex), held or free (spin, seqlock, bit), yes at "
			  "entry or "
			  "no during "
			  "(context)");
	if (l->word && !r->expr)
		fail_rule(r, format("lock %s has no subject", l->name), format("{ C } of type %s", l->in));
	if (!l->word && r->expr)
		fail_rule(r, format("lock %s is not part of an object", l->name), "no { C }");
	check_ret(r);
}

static char *rule_id(const struct spec *spec, const struct ops *ops, const struct method *m, const struct rule *r)
{
	return format("%s.%s.%s%s%s%s%s%s%s", ops->name, m->name, spec->locks[r->lock].name, r->subject ? "." : "",
		      r->subject ? r->subject : "", r->phase == PHASE_ENTRY ? "" : ".",
		      r->phase == PHASE_ENTRY ? "" : phase_names[r->phase], r->alias ? "." : "",
		      r->alias ? r->alias : "");
}

static void check_inside(const struct spec *spec, const struct rule *r)
{
	for (int i = 0; i < r->n_inside; i++) {
		bool known = false;

		for (int o = 0; o < spec->n_ops; o++)
			for (int m = 0; m < spec->ops[o].n_methods; m++)
				known = known || !strcmp(spec->ops[o].methods[m].name, r->inside[i]);
		if (!known)
			fail_rule(r, format("unknown method '%s' after 'inside'", r->inside[i]),
				  "one that spec/ describes");
	}
}

/* The mask of the constants that the condition names; the parser has seen that they are well formed. */
static unsigned int measured_mask(struct spec *spec, const struct place_in_file *where, const char *code)
{
	unsigned int mask = 0;
	char *name;

	for (const char *at = code; (name = next_measured(code, &at));) {
		int i = spec__measured(spec, name);

		if (i < 0)
			fail_at(where, "more than %d constants are measured, expected fewer", MAX_MEASURED);
		mask |= 1U << i;
	}
	return mask;
}

static void resolve_rule(struct spec *spec, struct ops *ops, struct method *m, struct rule *r)
{
	bool at_exit = is_at_exit(r);

	check_rule(spec, r);
	check_inside(spec, r);
	r->id = rule_id(spec, ops, m, r);
	r->in_prose = r->place != NULL;
	if (!r->place)
		r->place = ops->place;
	if (!rule__judged(r))
		return;
	if (spec->locks[r->lock].kind != LOCK_CONTEXT)
		r->slot = add_slot(m, r);
	if (r->condition_text) {
		r->condition = add_condition(m, &r->where, r->condition_text, at_exit);
		r->measured |= measured_mask(spec, &r->where, r->condition_text);
	}
	for (int i = 0; i < r->n_drifts; i++) {
		struct drift *d = &r->drifts[i];

		if (!d->condition_text)
			continue;
		d->condition = add_condition(m, &d->where, d->condition_text, at_exit);
		r->measured |= measured_mask(spec, &d->where, d->condition_text);
	}
}

/* Which calls are this method's is part of every judgement about them. */
static void resolve_select(struct spec *spec, struct method *m)
{
	unsigned int measured;

	m->select_condition = -1;
	if (!m->select)
		return;
	if (mentions(m->select, "ret"))
		fail_at(&m->select_where, "the return value 'ret' is not known yet, expected a condition on arguments");
	m->select_condition = add_condition(m, &m->select_where, m->select, false);
	measured = measured_mask(spec, &m->select_where, m->select);
	for (int r = 0; r < m->n_rules; r++)
		if (rule__judged(&m->rules[r]))
			m->rules[r].measured |= measured;
}

/* A rule of all methods is judged for each of them by itself: the flags of its drifts are the method's. */
static struct rule copy_rule(const struct rule *r)
{
	struct rule copy = *r;

	copy.every = true;
	copy.drifts = zalloc((size_t)r->n_drifts * sizeof(*r->drifts));
	for (int i = 0; i < r->n_drifts; i++)
		copy.drifts[i] = r->drifts[i];
	return copy;
}

static void add_every(const struct ops *ops, struct method *m)
{
	for (int i = 0; i < ops->n_every; i++) {
		bool dropped = false;

		for (int w = 0; w < m->n_without; w++)
			dropped = dropped || !strcmp(m->without[w].text, ops->every[i].subject);
		if (dropped)
			continue;
		m->rules = grow(m->rules, m->n_rules, sizeof(*m->rules));
		m->rules[m->n_rules++] = copy_rule(&ops->every[i]);
	}
}

static void check_without(const struct ops *ops, const struct name *subject)
{
	for (int i = 0; i < ops->n_every; i++)
		if (!strcmp(ops->every[i].subject, subject->text))
			return;
	fail_at(&subject->where, "unknown subject '%s' after 'without', expected one of an 'every method' rule",
		subject->text);
}

static void check_method(const struct ops *ops, const struct method *m)
{
	check_range(&m->where, m->since, m->until);
	for (int w = 0; w < m->n_without; w++)
		check_without(ops, &m->without[w]);
}

/* Which arguments are used at the return: where the kernel shows none there, they are kept from the entry on. */
static void number_kept_params(struct method *m)
{
	int kept = 0;

	for (int p = 0; p < m->n_params; p++)
		m->params[p].kept = method__uses_param(m, m->params[p].name, true) ? kept++ : -1;
	for (int k = 0; k < m->n_keeps; k++)
		m->keeps[k].kept = kept++;
	if (kept > MAX_KEPT_PARAMS)
		fail_at(&m->where, "method %s uses %d arguments and numbers at its return, expected at most %d",
			m->name, kept, MAX_KEPT_PARAMS);
}

static void default_super_block(const struct spec *spec, struct method *m)
{
	if (m->super_block || m->no_super_block)
		return;
	for (int p = 0; p < m->n_params; p++)
		for (int t = 0; t < spec->n_types; t++)
			if (!strcmp(spec->types[t].name, m->params[p].type)) {
				m->super_block = format("({ %s%sit = %s; %s; })", m->params[p].type, "",
							m->params[p].name, spec->types[t].super_block);
				return;
			}
	fail_at(&m->where, "method %s has no argument that leads to a super_block, expected a super_block statement",
		m->name);
}

/* A method's arguments change over time; but one kernel has one method of a name. */
static void check_duplicates(const struct ops *ops)
{
	for (int i = 0; i < ops->n_methods; i++)
		for (int k = 0; k < i; k++) {
			const struct method *a = &ops->methods[k], *b = &ops->methods[i];
			bool apart = (a->until && b->since && a->until <= b->since) ||
				     (b->until && a->since && b->until <= a->since);

			if (!strcmp(a->name, b->name) && !apart)
				fail_at(&b->where,
					"method '%s' is already described in line %d, expected ranges (since, until) "
					"that do "
					"not overlap",
					b->name, a->where.line);
		}
}

/* Fails if @r's id stands among the first @n rules of @m. */
static void check_id(const struct rule *r, const struct method *m, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(r->id, m->rules[i].id))
			fail_rule(r, format("a second rule has the id %s", r->id),
				  "an 'as NAME' clause that tells them apart");
}

static void check_ids(const struct ops *ops)
{
	for (int i = 0; i < ops->n_methods; i++)
		for (int r = 0; r < ops->methods[i].n_rules; r++) {
			check_id(&ops->methods[i].rules[r], &ops->methods[i], r);
			for (int k = 0; k < i; k++)
				check_id(&ops->methods[i].rules[r], &ops->methods[k], ops->methods[k].n_rules);
		}
}

void spec__resolve(struct spec *spec)
{
	for (int o = 0; o < spec->n_ops; o++) {
		struct ops *ops = &spec->ops[o];

		for (int i = 0; i < ops->n_methods; i++) {
			struct method *m = &ops->methods[i];

			check_method(ops, m);
			add_every(ops, m);
			default_super_block(spec, m);
			for (int r = 0; r < m->n_rules; r++)
				resolve_rule(spec, ops, m, &m->rules[r]);
			resolve_select(spec, m);
			number_kept_params(m);
		}
		check_duplicates(ops);
		check_ids(ops);
	}
}
