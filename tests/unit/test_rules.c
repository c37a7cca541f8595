/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the compiled spec: every rule can be kept, broken and drifted from, and the tables fit together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../../bpf/shared.h"
#include "judge.h"

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))
#define CONDITIONS 10 /* flags of the signature that conditions may use */

static const char *const outcome_names[] = {"skipped", "kept", "broken"};

static __u64 state_at(enum rule_phase phase, int slot, unsigned int state)
{
	return (__u64)state << ((phase == RULE_AT_exit || phase == RULE_AT_after ? 32 : 0) + 4 * slot);
}

static __u64 condition_flag(int condition)
{
	return 1ULL << (48 + condition);
}

static void test_in_range(void **state)
{
	(void)state;
	assert_true(in_range(0, 0, 0x50a));
	assert_true(in_range(0x601, 0, 0x601));
	assert_false(in_range(0x601, 0, 0x600));
	assert_true(in_range(0, 0x601, 0x600));
	assert_false(in_range(0, 0x601, 0x601)); /* "until" is exclusive */
	assert_true(in_range(0x508, 0x606, 0x50a));
	assert_false(in_range(0x508, 0x606, 0x702));
}

/* States and flags that keep and break a rule of each mode, for any lock that the mode goes with. */
static const struct {
	unsigned int kept_state, broken_state;
	__u64 kept_flags, broken_flags;
} samples[RULE_no + 1] = {
	[RULE_shared] = {VL_STATE_SHARED, VL_STATE_FREE, 0, 0},
	[RULE_exclusive] = {VL_STATE_EXCLUSIVE_SELF, VL_STATE_FREE, 0, 0},
	[RULE_held] = {VL_STATE_HELD, VL_STATE_FREE, 0, 0},
	[RULE_free] = {VL_STATE_FREE, VL_STATE_HELD, 0, 0},
	[RULE_yes] = {0, 0, 0, VL_SIG_ATOMIC},
	[RULE_no] = {0, 0, VL_SIG_EXITED, VL_SIG_EXITED | VL_SIG_SLEPT},
};

static bool judged_as(const struct rule *r, __u64 sig, enum outcome want, const char *what)
{
	enum outcome got = judge__rule(r, sig).outcome;

	if (got != want)
		print_error("%s, %s: %s, expected %s\n", r->id, what, outcome_names[got], outcome_names[want]);
	return got == want;
}

static __u64 sample(const struct rule *r, unsigned int state, __u64 flags)
{
	__u64 sig = VL_SIG_VALID | flags;

	if (r->slot >= 0)
		sig |= state_at(r->phase, r->slot, state);
	if (r->condition >= 0)
		sig |= condition_flag(r->condition);
	return rule_at_return(r) ? sig | VL_SIG_EXITED : sig;
}

static bool always_drifts(const struct rule *r)
{
	for (int i = 0; i < r->n_drifts; i++)
		if (r->drifts[i].condition < 0 && !r->drifts[i].via)
			return true;
	return false;
}

/* A breach of each of the rule's drifts is a drift, and of none a violation. */
static bool covers_breach(const struct rule *r, __u64 sig)
{
	const short own[] = {r->method, -1};
	struct caller path[] = {{"f", own}, {"vfs", NULL}, {"g", r->inside}};
	struct judgement j = judge__rule(r, sig);
	const struct drift *drift;
	bool ok, direct;

	ok = always_drifts(r) ||
	     (judge__breach(r, &j, path, COUNT(path), &drift, &direct) == VERDICT_VIOLATION && !drift && !direct);
	for (int i = 0; i < r->n_drifts; i++) {
		const struct drift *d = &r->drifts[i];

		path[1].function = d->via ? d->via : "vfs";
		j = judge__rule(r, d->condition >= 0 ? sig | condition_flag(d->condition) : sig);
		ok = judge__breach(r, &j, path, COUNT(path), &drift, &direct) == VERDICT_DRIFT && drift == d && ok;
	}
	if (!ok)
		print_error("%s: a breach is not told from a drift\n", r->id);
	return ok;
}

static bool covers_rule(const struct rule *r)
{
	__u64 kept = sample(r, samples[r->mode].kept_state, samples[r->mode].kept_flags);
	__u64 broken = sample(r, samples[r->mode].broken_state, samples[r->mode].broken_flags);
	bool ok = judged_as(r, kept, OUTCOME_KEPT, "kept");

	ok = judged_as(r, broken, OUTCOME_BROKEN, "broken") && ok;
	if (r->condition >= 0)
		ok = judged_as(r, broken & ~condition_flag(r->condition), OUTCOME_SKIPPED, "without its condition") &&
		     ok;
	if (r->phase != RULE_AT_entry)
		ok = judged_as(r, broken & ~VL_SIG_EXITED, OUTCOME_SKIPPED, "without its return") && ok;
	if (r->slot >= 0)
		ok = judged_as(r, broken & ~state_at(r->phase, r->slot, 15), OUTCOME_SKIPPED, "unread") && ok;
	return covers_breach(r, broken) && ok;
}

static void test_every_rule(void **state)
{
	int covered = 0, verifiable = 0;

	(void)state;
	for (int i = 0; i < n_rules; i++) {
		if (!rule_promises(&rules[i]) || rules[i].unverifiable)
			continue;
		verifiable++;
		covered += covers_rule(&rules[i]);
	}
	print_message("%d rules covered / %d rules in the spec that can be judged (%d lines in all)\n", covered,
		      verifiable, n_rules);
	assert_true(verifiable > 0);
	assert_int_equal(covered, verifiable);
}

/* The kinds of lock that a mode can be read from: what specc accepts is what samples[] above takes for granted. */
static void check_kind(const struct rule *r)
{
	enum lock_kind kind = lock_classes[r->lock].kind;

	switch (r->mode) {
	case RULE_shared:
		assert_int_equal(kind, LOCK_KIND_rwsem);
		break;
	case RULE_exclusive:
		assert_true(kind == LOCK_KIND_rwsem || kind == LOCK_KIND_mutex);
		break;
	case RULE_held:
	case RULE_free:
		assert_true(kind == LOCK_KIND_spin || kind == LOCK_KIND_seqlock || kind == LOCK_KIND_bit);
		break;
	default:
		assert_int_equal(kind, LOCK_KIND_context);
		break;
	}
	assert_int_equal(r->slot < 0, kind == LOCK_KIND_context);
}

static void check_rule_fits(const struct rule *r, const struct method *m)
{
	if (r->lock < 0 || r->lock >= n_lock_classes || r->condition >= CONDITIONS)
		fail_msg("%s: lock %d, condition %d", r->id, r->lock, r->condition);
	if (r->slot >= (rule_at_return(r) ? m->n_exit : m->n_entry))
		fail_msg("%s: slot %d, but its method has fewer", r->id, r->slot);
	for (const short *in = r->inside; in && *in >= 0; in++)
		assert_true(*in < n_methods);
	for (int d = 0; d < r->n_drifts; d++) {
		assert_true(r->drifts[d].condition < 0 || !r->drifts[d].via);
		assert_true(r->drifts[d].condition < CONDITIONS);
		assert_non_null(r->drifts[d].because);
	}
	assert_non_null(r->says);
	assert_non_null(r->place);
	if (!rule_promises(r) || r->unverifiable)
		return;
	check_kind(r);
	if (r->phase != RULE_AT_entry)
		assert_true(m->needs_exit);
}

static void test_tables(void **state)
{
	int rule = 0;

	(void)state;
	for (int m = 0; m < n_methods; m++) {
		assert_in_range(methods[m].n_entry, 0, VL_ENTRY_SLOTS);
		assert_in_range(methods[m].n_exit, 0, VL_EXIT_SLOTS);
		assert_int_equal(methods[m].first_rule, rule);
		for (int i = 0; i < methods[m].n_rules; i++, rule++) {
			assert_int_equal(rules[rule].method, m);
			check_rule_fits(&rules[rule], &methods[m]);
		}
	}
	assert_int_equal(rule, n_rules);
}

static void test_ids(void **state)
{
	char prefix[128];

	(void)state;
	for (int a = 0; a < n_rules; a++) {
		const struct method *m = &methods[rules[a].method];

		snprintf(prefix, sizeof(prefix), "%s.%s.%s", ops_structs[m->ops].name, m->name,
			 lock_classes[rules[a].lock].name);
		assert_memory_equal(rules[a].id, prefix, strlen(prefix));
		for (int b = 0; b < a; b++)
			if (!strcmp(rules[a].id, rules[b].id))
				fail_msg("two rules have the id %s", rules[a].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_range),
		cmocka_unit_test(test_every_rule),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
