/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests of the judge: what each lock word can prove, and what a breach amounts to. The expectations are written
 * down here from what a word can tell, not taken from the code.
 */
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
#define MODES (RULE_no + 1)

static const char *const outcome_names[] = {"skipped", "kept", "broken"};

static struct rule lock_rule(enum rule_mode mode, enum rule_phase phase, int slot)
{
	return (struct rule){.id = "test", .mode = mode, .phase = phase, .slot = (short)slot, .condition = -1};
}

static __u64 state_at(enum rule_phase phase, int slot, unsigned int state)
{
	return (__u64)state << ((phase == RULE_AT_exit || phase == RULE_AT_after ? 32 : 0) + 4 * slot);
}

static __u64 condition_flag(int condition)
{
	return 1ULL << (48 + condition);
}

/* -------------------------------------------------------------------------------------------------- signature ---- */

static void test_layout(void **state)
{
	static const __u64 flags[] = {VL_SIG_ATOMIC, VL_SIG_INTERRUPT,  VL_SIG_SLEPT,
				      VL_SIG_EXITED, VL_SIG_NO_CONTEXT, VL_SIG_VALID};
	__u64 seen = 0;

	(void)state;
	assert_int_equal(VL_SIG_EXIT_SHIFT, 4 * VL_ENTRY_SLOTS);
	assert_int_equal(VL_SIG_CONDITION, VL_SIG_EXIT_SHIFT + 4 * VL_EXIT_SLOTS);
	assert_int_equal(VL_SLOTS, VL_ENTRY_SLOTS + VL_EXIT_SLOTS);
	assert_int_equal(VL_STATE_UNREAD, 0);
	assert_in_range(VL_STATE_HELD, VL_STATE_SHARED_HINT + 1, 15);
	assert_in_range(VL_STATE_HELD_SELF, VL_STATE_HELD + 1, 15);
	for (int i = 0; i < COUNT(flags); i++) {
		assert_int_equal(__builtin_popcountll(flags[i]), 1);
		assert_true(flags[i] >= condition_flag(CONDITIONS));
		assert_int_equal(seen & flags[i], 0);
		seen |= flags[i];
	}
}

/* ------------------------------------------------------------------------------------------------------ modes ---- */

/*
 * NEVER: no reader yields this state for a lock that this mode goes with. Whatever the judge makes of it, a breach must
 * not be less than proof.
 */
enum want { NEVER, SKIPPED, KEPT_PROOF, KEPT_LIKELY, BROKEN_PROOF };

struct mode_want {
	enum rule_mode mode;
	/*
	 * unread, free, exclusive self, other, shared, shared hint, held; and from the table of held locks: shared by
	 * this task, shared by others alone, held by this task
	 */
	enum want states[VL_STATE_HELD_SELF + 1];
};

static const struct mode_want mode_wants[] = {
	/* The write owner says who: exact both ways. A shared hold is no exclusive one, whoever has it. */
	{RULE_exclusive,
	 {SKIPPED, BROKEN_PROOF, KEPT_PROOF, BROKEN_PROOF, BROKEN_PROOF, BROKEN_PROOF, NEVER, BROKEN_PROOF,
	  BROKEN_PROOF, NEVER}},
	/*
	 * At least shared. Certain is only: nobody, another's write hold (which excludes every other hold), one's own
	 * write hold. The readers of a shared lock are anonymous, the last of them in the owner word being a hint: the
	 * table of held locks knows them, if it knows all.
	 */
	{RULE_shared,
	 {SKIPPED, BROKEN_PROOF, KEPT_PROOF, BROKEN_PROOF, KEPT_LIKELY, KEPT_LIKELY, NEVER, KEPT_PROOF, BROKEN_PROOF,
	  NEVER}},
	/* Bit and spin locks have no owner: that they are held says nothing of who holds them. */
	{RULE_held, {SKIPPED, BROKEN_PROOF, NEVER, NEVER, NEVER, NEVER, KEPT_LIKELY, NEVER, NEVER, KEPT_PROOF}},
	/* Nobody may hold it. */
	{RULE_free, {SKIPPED, KEPT_PROOF, NEVER, NEVER, NEVER, NEVER, BROKEN_PROOF, NEVER, NEVER, BROKEN_PROOF}},
};

static const enum observation state_seen[] = {
	[VL_STATE_UNREAD] = SEEN_NOTHING,
	[VL_STATE_FREE] = SEEN_FREE,
	[VL_STATE_EXCLUSIVE_SELF] = SEEN_EXCLUSIVE,
	[VL_STATE_EXCLUSIVE_OTHER] = SEEN_EXCLUSIVE_OTHER,
	[VL_STATE_SHARED] = SEEN_SHARED,
	[VL_STATE_SHARED_HINT] = SEEN_SHARED_HINT,
	[VL_STATE_HELD] = SEEN_HELD,
	[VL_STATE_SHARED_SELF] = SEEN_SHARED_SELF,
	[VL_STATE_SHARED_OTHER] = SEEN_SHARED_OTHER,
	[VL_STATE_HELD_SELF] = SEEN_HELD_SELF,
};

static void check_want(const struct judgement *j, enum want want, const char *what)
{
	static const enum outcome outcomes[] = {
		[SKIPPED] = OUTCOME_SKIPPED,
		[KEPT_PROOF] = OUTCOME_KEPT,
		[KEPT_LIKELY] = OUTCOME_KEPT,
		[BROKEN_PROOF] = OUTCOME_BROKEN,
	};

	if (j->outcome == OUTCOME_BROKEN && !j->proof)
		fail_msg("%s: a breach that is not proof", what);
	if ((j->outcome == OUTCOME_SKIPPED) != (j->seen == SEEN_NOTHING))
		fail_msg("%s: %s, but saw %s", what, outcome_names[j->outcome], observation__name(j->seen));
	if (want == NEVER)
		return;
	if (j->outcome != outcomes[want])
		fail_msg("%s: %s, expected %s", what, outcome_names[j->outcome], outcome_names[outcomes[want]]);
	if (j->outcome != OUTCOME_SKIPPED && j->proof != (want != KEPT_LIKELY))
		fail_msg("%s: %s", what, j->proof ? "proof, expected likely" : "likely, expected proof");
	assert_null(j->drift);
}

static void check_mode(const struct mode_want *w, enum rule_phase phase, int slot)
{
	__u64 flags = VL_SIG_VALID | (phase == RULE_AT_exit ? VL_SIG_EXITED : 0);
	struct rule r = lock_rule(w->mode, phase, slot);
	char what[96];

	for (unsigned int st = 0; st <= VL_STATE_HELD_SELF; st++) {
		__u64 sig = flags | state_at(phase, slot, st);
		struct judgement j = judge__rule(&r, sig);

		snprintf(what, sizeof(what), "%s at %s, slot %d, state %u", rule_mode__name(w->mode),
			 rule_phase__name(phase), slot, st);
		assert_int_equal(j.seen, state_seen[st]);
		check_want(&j, w->states[st], what);
	}
}

static void test_modes(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT(mode_wants); i++) {
		for (int slot = 0; slot < VL_ENTRY_SLOTS; slot++)
			check_mode(&mode_wants[i], RULE_AT_entry, slot);
		for (int slot = 0; slot < VL_EXIT_SLOTS; slot++)
			check_mode(&mode_wants[i], RULE_AT_exit, slot);
	}
}

/* Bits that are no state at all (a newer program, a damaged map) must not become a breach. */
static void test_unknown_states(void **state)
{
	struct judgement j;

	(void)state;
	for (int i = 0; i < COUNT(mode_wants); i++)
		for (unsigned int st = VL_STATE_FOLLOWED + 1; st < 16; st++) {
			struct rule r = lock_rule(mode_wants[i].mode, RULE_AT_entry, 0);

			j = judge__rule(&r, VL_SIG_VALID | state_at(RULE_AT_entry, 0, st));
			assert_int_equal(j.outcome, OUTCOME_SKIPPED);
			assert_int_equal(j.seen, SEEN_NOTHING);
		}
}

/* All slots but one hold the contrary state: the rule must look at its own only, and no flag may leak into it. */
static void check_slot_alone(enum rule_phase phase, int slot)
{
	struct rule r = lock_rule(RULE_exclusive, phase, slot);
	__u64 all_free = 0, all_mine = 0, flags = 0xffffULL << 48, own = state_at(phase, slot, 15);

	for (int i = 0; i < VL_ENTRY_SLOTS; i++) {
		all_free |= state_at(RULE_AT_entry, i, VL_STATE_FREE);
		all_mine |= state_at(RULE_AT_entry, i, VL_STATE_EXCLUSIVE_SELF);
	}
	for (int i = 0; i < VL_EXIT_SLOTS; i++) {
		all_free |= state_at(RULE_AT_exit, i, VL_STATE_FREE);
		all_mine |= state_at(RULE_AT_exit, i, VL_STATE_EXCLUSIVE_SELF);
	}
	assert_int_equal(judge__rule(&r, flags | (all_free & ~own) | (all_mine & own)).outcome, OUTCOME_KEPT);
	assert_int_equal(judge__rule(&r, flags | (all_mine & ~own) | (all_free & own)).outcome, OUTCOME_BROKEN);
	assert_int_equal(judge__rule(&r, flags | (all_mine & ~own)).outcome, OUTCOME_SKIPPED);
}

static void test_slots(void **state)
{
	(void)state;
	for (int slot = 0; slot < VL_ENTRY_SLOTS; slot++)
		check_slot_alone(RULE_AT_entry, slot);
	for (int slot = 0; slot < VL_EXIT_SLOTS; slot++)
		check_slot_alone(RULE_AT_exit, slot);
}

/* ---------------------------------------------------------------------------------------------------- context ---- */

#define ATOMIC VL_SIG_ATOMIC
#define INTERRUPT VL_SIG_INTERRUPT
#define SLEPT VL_SIG_SLEPT
#define EXITED VL_SIG_EXITED
#define NO_CONTEXT VL_SIG_NO_CONTEXT

struct context_want {
	__u64 flags;
	enum observation yes_seen;
	enum want yes; /* the caller must be able to sleep; disabled interrupts are not seen, so never quite certain */
	enum observation no_seen;
	enum want no; /* the method must not sleep; known at the return, and at once in an interrupt, which cannot */
};

/*
 * The combinations that a call can have. The others cannot be: an interrupt's preempt_count is never 0 and its return
 * is not paired, sleep is known at the return only, and what cannot be read has no atomic and no interrupt flag.
 */
static const struct context_want context_wants[] = {
	{0, SEEN_CAN_SLEEP, KEPT_LIKELY, SEEN_NOTHING, SKIPPED},
	{EXITED, SEEN_CAN_SLEEP, KEPT_LIKELY, SEEN_NO_SLEEP, KEPT_PROOF},
	{EXITED | SLEPT, SEEN_CAN_SLEEP, KEPT_LIKELY, SEEN_SLEPT, BROKEN_PROOF},
	{ATOMIC, SEEN_ATOMIC, BROKEN_PROOF, SEEN_NOTHING, SKIPPED},
	{ATOMIC | EXITED, SEEN_ATOMIC, BROKEN_PROOF, SEEN_NO_SLEEP, KEPT_PROOF},
	{ATOMIC | EXITED | SLEPT, SEEN_ATOMIC, BROKEN_PROOF, SEEN_SLEPT, BROKEN_PROOF},
	{ATOMIC | INTERRUPT, SEEN_ATOMIC, BROKEN_PROOF, SEEN_NO_SLEEP, KEPT_PROOF},
	{NO_CONTEXT, SEEN_NOTHING, SKIPPED, SEEN_NOTHING, SKIPPED},
	{NO_CONTEXT | EXITED, SEEN_NOTHING, SKIPPED, SEEN_NO_SLEEP, KEPT_PROOF},
	{NO_CONTEXT | EXITED | SLEPT, SEEN_NOTHING, SKIPPED, SEEN_SLEPT, BROKEN_PROOF},
};

static const struct context_want *find_context(__u64 flags)
{
	for (int i = 0; i < COUNT(context_wants); i++)
		if (context_wants[i].flags == flags)
			return &context_wants[i];
	return NULL;
}

static void check_context(__u64 flags, const struct context_want *w)
{
	struct rule yes = lock_rule(RULE_yes, RULE_AT_entry, -1), no = lock_rule(RULE_no, RULE_AT_during, -1);
	/* What lies in the lock slots has no meaning for them. */
	__u64 sig = VL_SIG_VALID | flags | 0x123456111111ULL;
	struct judgement y = judge__rule(&yes, sig), n = judge__rule(&no, sig);
	char what[64];

	snprintf(what, sizeof(what), "may block yes, flags %#llx", (unsigned long long)flags);
	check_want(&y, w ? w->yes : NEVER, what);
	snprintf(what, sizeof(what), "may block no, flags %#llx", (unsigned long long)flags);
	check_want(&n, w ? w->no : NEVER, what);
	if (!w)
		return;
	assert_int_equal(y.seen, w->yes_seen);
	assert_int_equal(n.seen, w->no_seen);
}

static void test_context(void **state)
{
	int known = 0;

	(void)state;
	for (unsigned int bits = 0; bits < 32; bits++) {
		__u64 flags = (bits & 1 ? ATOMIC : 0) | (bits & 2 ? INTERRUPT : 0) | (bits & 4 ? SLEPT : 0) |
			      (bits & 8 ? EXITED : 0) | (bits & 16 ? NO_CONTEXT : 0);

		known += find_context(flags) != NULL;
		check_context(flags, find_context(flags));
	}
	assert_int_equal(known, COUNT(context_wants));
}

/* ------------------------------------------------------------------------------------------------- conditions ---- */

static void test_conditions(void **state)
{
	struct rule r = lock_rule(RULE_exclusive, RULE_AT_entry, 3);
	__u64 broken = VL_SIG_VALID | state_at(RULE_AT_entry, 3, VL_STATE_FREE), all = 0;

	(void)state;
	for (int c = 0; c < CONDITIONS; c++)
		all |= condition_flag(c);
	assert_int_equal(judge__rule(&r, broken).outcome, OUTCOME_BROKEN);
	assert_int_equal(judge__rule(&r, broken | all).outcome, OUTCOME_BROKEN);
	for (short c = 0; c < CONDITIONS; c++) {
		r.condition = c;
		assert_int_equal(judge__rule(&r, broken | condition_flag(c)).outcome, OUTCOME_BROKEN);
		assert_int_equal(judge__rule(&r, broken).outcome, OUTCOME_SKIPPED);
		assert_int_equal(judge__rule(&r, broken | (all & ~condition_flag(c))).outcome, OUTCOME_SKIPPED);
		assert_int_equal(judge__rule(&r, broken | (all & ~condition_flag(c))).seen, SEEN_NOTHING);
	}
}

/* A condition on the context: without its flag an atomic caller breaks nothing. */
static void test_context_condition(void **state)
{
	struct rule r = lock_rule(RULE_yes, RULE_AT_entry, -1);

	(void)state;
	r.condition = 9;
	assert_int_equal(judge__rule(&r, VL_SIG_VALID | ATOMIC).outcome, OUTCOME_SKIPPED);
	assert_int_equal(judge__rule(&r, VL_SIG_VALID | ATOMIC | condition_flag(9)).outcome, OUTCOME_BROKEN);
}

static void test_exit_needs_return(void **state)
{
	(void)state;
	for (int i = 0; i < COUNT(mode_wants); i++)
		for (unsigned int st = 0; st < 16; st++) {
			struct rule r = lock_rule(mode_wants[i].mode, RULE_AT_exit, 2);
			__u64 sig = VL_SIG_VALID | INTERRUPT | state_at(RULE_AT_exit, 2, st);

			assert_int_equal(judge__rule(&r, sig).outcome, OUTCOME_SKIPPED);
			assert_int_equal(judge__rule(&r, sig).seen, SEEN_NOTHING);
		}
}

static void check_always_skipped(const struct rule *r)
{
	for (unsigned int st = 0; st < 16; st++) {
		__u64 sig = state_at(RULE_AT_entry, 0, st) | state_at(RULE_AT_exit, 0, st) | 0xffffULL << 48;

		assert_int_equal(judge__rule(r, sig).outcome, OUTCOME_SKIPPED);
		assert_int_equal(judge__rule(r, sig).seen, SEEN_NOTHING);
		assert_null(judge__rule(r, sig).drift);
	}
}

static void test_no_promise(void **state)
{
	static const enum rule_mode promiseless[] = {RULE_any, RULE_none, RULE_maybe};
	static const struct drift drift = {.condition = 0, .because = "test"};
	struct rule r;

	(void)state;
	for (int phase = RULE_AT_entry; phase <= RULE_AT_after; phase++)
		for (int slot = -1; slot < 1; slot++) {
			for (int i = 0; i < COUNT(promiseless); i++) {
				r = lock_rule(promiseless[i], (enum rule_phase)phase, slot);
				assert_false(rule_promises(&r));
				check_always_skipped(&r);
			}
			for (int mode = RULE_shared; mode < MODES; mode++) {
				r = lock_rule((enum rule_mode)mode, (enum rule_phase)phase, slot);
				assert_true(rule_promises(&r));
				r.unverifiable = "test";
				r.drifts = &drift;
				r.n_drifts = 1;
				check_always_skipped(&r);
			}
		}
}

static void test_drift_condition(void **state)
{
	static const struct drift drifts[] = {
		{.condition = -1, .via = "somebody", .because = "path"},
		{.condition = 4, .because = "first"},
		{.condition = 2, .because = "second"},
	};
	struct rule r = lock_rule(RULE_shared, RULE_AT_entry, 1);
	__u64 broken = VL_SIG_VALID | state_at(RULE_AT_entry, 1, VL_STATE_FREE);
	__u64 kept = VL_SIG_VALID | state_at(RULE_AT_entry, 1, VL_STATE_SHARED);

	(void)state;
	r.drifts = drifts;
	r.n_drifts = COUNT(drifts);
	assert_null(judge__rule(&r, broken).drift);
	assert_null(judge__rule(&r, broken | condition_flag(3)).drift);
	/* The bit below the first flag belongs to a lock: no condition is not condition -1. */
	assert_null(judge__rule(&r, broken | condition_flag(-1)).drift);
	assert_ptr_equal(judge__rule(&r, broken | condition_flag(4)).drift, &drifts[1]);
	assert_ptr_equal(judge__rule(&r, broken | condition_flag(2)).drift, &drifts[2]);
	assert_ptr_equal(judge__rule(&r, broken | condition_flag(2) | condition_flag(4)).drift, &drifts[1]);
	assert_int_equal(judge__rule(&r, broken | condition_flag(4)).outcome, OUTCOME_BROKEN);
	/* A call that keeps the rule, or that the rule is not about, has not drifted. */
	assert_null(judge__rule(&r, kept | condition_flag(4)).drift);
	r.condition = 0;
	assert_null(judge__rule(&r, broken | condition_flag(4)).drift);
	assert_int_equal(judge__rule(&r, broken | condition_flag(4)).outcome, OUTCOME_SKIPPED);
}

/* ---------------------------------------------------------------------------------------------------- breaches ---- */

#define METHOD(...) ((const short[]){__VA_ARGS__, -1})
#define NO_METHOD ((const short[]){-1})

static const struct judgement breach = {.seen = SEEN_FREE, .outcome = OUTCOME_BROKEN, .proof = true};

struct breach_want {
	enum verdict verdict;
	const struct drift *drift;
	bool direct;
};

static void check_breach(const struct rule *r, const struct judgement *j, const struct caller *path, int n,
			 struct breach_want want)
{
	static const struct drift untouched = {.because = "untouched"};
	const struct drift *drift = &untouched;
	bool direct = !want.direct;
	enum verdict v = judge__breach(r, j, path, n, &drift, &direct);

	assert_string_equal(verdict__name(v), verdict__name(want.verdict));
	assert_ptr_equal(drift, want.drift);
	assert_int_equal(direct, want.direct);
}

static void check_verdict(const struct rule *r, const struct caller *path, int n, enum verdict verdict)
{
	check_breach(r, &breach, path, n, (struct breach_want){verdict, NULL, false});
}

static void check_direct(const struct rule *r, const struct caller *path, int n)
{
	check_breach(r, &breach, path, n, (struct breach_want){VERDICT_NOT_EXERCISED, NULL, true});
}

static void check_drift(const struct rule *r, const struct caller *path, int n, const struct drift *drift)
{
	check_breach(r, &breach, path, n, (struct breach_want){VERDICT_DRIFT, drift, false});
}

static void test_violation(void **state)
{
	struct rule r = lock_rule(RULE_exclusive, RULE_AT_entry, 0);
	const struct caller path[] = {
		{"myfs_create", METHOD(7)},
		{"vfs_create", NULL},
		{"myfs_ioctl", METHOD(9)},
		{"do_syscall_64", NO_METHOD},
	};

	(void)state;
	/* A method further out is how every stacked or nested call looks; the VFS is in between. */
	for (int n = 1; n <= COUNT(path); n++)
		check_verdict(&r, path, n, VERDICT_VIOLATION);
	/* Without a stack it could be a call that the filesystem made itself. */
	check_verdict(&r, path, 0, VERDICT_UNVERIFIABLE);
}

static void test_breach_drift_condition(void **state)
{
	static const short inside[] = {5, -1};
	static const struct drift drifts[] = {{.condition = 1, .because = "flag"},
					      {.condition = -1, .via = "vfs_create"}};
	const struct caller path[] = {{"myfs_create", METHOD(7)}, {"vfs_create", NULL}, {"myfs_setattr", METHOD(5)}};
	struct rule r = lock_rule(RULE_exclusive, RULE_AT_entry, 0);
	struct judgement j = breach;

	(void)state;
	r.drifts = drifts;
	r.n_drifts = COUNT(drifts);
	j.drift = &drifts[0];
	/* The signature decides: no stack is needed, and what it shows changes nothing. */
	check_breach(&r, &j, path, 0, (struct breach_want){VERDICT_DRIFT, &drifts[0], false});
	check_breach(&r, &j, path, 2, (struct breach_want){VERDICT_DRIFT, &drifts[0], false});
	r.inside = inside;
	check_breach(&r, &j, path, 3, (struct breach_want){VERDICT_DRIFT, &drifts[0], false});
}

static void test_breach_drift_via(void **state)
{
	static const struct drift drifts[] = {
		{.condition = 1, .because = "flag"},
		{.condition = -1, .via = "myfs_dirty", .because = "itself"},
		{.condition = -1, .via = "do_worker", .because = "caller"},
	};
	const struct caller itself[] = {{"myfs_dirty", METHOD(7)}, {"vfs_dirty", NULL}, {"do_work", NULL}};
	const struct caller caller[] = {{"myfs_sync", METHOD(8)}, {"vfs_sync", NULL}, {"do_worker", NULL}};
	const struct caller both[] = {{"myfs_dirty", METHOD(7)}, {"vfs_dirty", NULL}, {"do_worker", NULL}};
	const struct caller similar[] = {{"myfs_dirty2", METHOD(7)}, {"__do_worker", NULL}, {"do_worke", NULL}};
	const struct caller direct[] = {{"myfs_sync", METHOD(8)}, {"myfs_ioctl", METHOD(9)}, {"do_worker", NULL}};
	struct rule r = lock_rule(RULE_exclusive, RULE_AT_entry, 0);

	(void)state;
	r.drifts = drifts;
	r.n_drifts = COUNT(drifts);
	check_drift(&r, itself, 1, &drifts[1]);
	check_drift(&r, itself, 3, &drifts[1]);
	check_drift(&r, caller, 3, &drifts[2]);
	check_drift(&r, both, 3, &drifts[1]);
	check_drift(&r, direct, 3, &drifts[2]);
	/* Not beyond the end of the path, and only by the whole name. */
	check_verdict(&r, caller, 2, VERDICT_VIOLATION);
	check_direct(&r, direct, 2);
	check_verdict(&r, similar, 3, VERDICT_VIOLATION);
	check_verdict(&r, caller, 0, VERDICT_UNVERIFIABLE);
}

static void test_no_stack(void **state)
{
	static const struct drift by_flag[] = {{.condition = 1, .because = "a"}, {.condition = 0, .because = "b"}};
	static const struct drift by_path[] = {{.condition = 1, .because = "a"}, {.condition = -1, .via = "f"}};
	static const short inside[] = {3, -1};
	struct rule r = lock_rule(RULE_exclusive, RULE_AT_entry, 0);

	(void)state;
	r.drifts = by_flag;
	r.n_drifts = 2;
	check_verdict(&r, NULL, 0, VERDICT_UNVERIFIABLE);
	r.drifts = by_path;
	check_verdict(&r, NULL, 0, VERDICT_UNVERIFIABLE);
	r.n_drifts = 0;
	r.inside = inside;
	check_verdict(&r, NULL, 0, VERDICT_UNVERIFIABLE);
}

static void test_inside(void **state)
{
	static const short inside[] = {3, 5, -1};
	const struct caller no_method[] = {{"f", METHOD(3)}, {"truncate", NULL}, {"do_truncate", NO_METHOD}};
	const struct caller first[] = {{"f", METHOD(1)}, {"truncate", NULL}, {"myfs_setattr", METHOD(3)}};
	const struct caller second[] = {{"f", METHOD(1)}, {"truncate", NULL}, {"myfs_fallocate", METHOD(5)}};
	const struct caller other[] = {{"f", METHOD(1)}, {"truncate", NULL}, {"myfs_evict", METHOD(4)}};
	const struct caller shared[] = {{"f", METHOD(1)}, {"truncate", NULL}, {"myfs_any", METHOD(2, 9, 5)}};
	const struct caller inner[] = {
		{"f", METHOD(1)}, {"truncate", NULL}, {"myfs_evict", METHOD(4)}, {"vfs", NULL}, {"s", METHOD(3)}};
	const struct caller outer[] = {
		{"f", METHOD(1)}, {"truncate", NO_METHOD}, {"s", METHOD(3)}, {"vfs", NULL}, {"e", METHOD(4)}};
	struct rule r = lock_rule(RULE_exclusive, RULE_AT_entry, 0);

	(void)state;
	r.inside = inside;
	check_verdict(&r, first, 3, VERDICT_VIOLATION);
	check_verdict(&r, second, 3, VERDICT_VIOLATION);
	check_verdict(&r, shared, 3, VERDICT_VIOLATION);
	check_verdict(&r, outer, 5, VERDICT_VIOLATION);
	check_verdict(&r, other, 3, VERDICT_NOT_EXERCISED);
	check_verdict(&r, inner, 5, VERDICT_NOT_EXERCISED); /* the innermost decides */
	check_verdict(&r, no_method, 3, VERDICT_NOT_EXERCISED);
	check_verdict(&r, first, 2, VERDICT_NOT_EXERCISED); /* not beyond the end of the path */
	check_verdict(&r, first, 1, VERDICT_NOT_EXERCISED);
	check_verdict(&r, first, 0, VERDICT_UNVERIFIABLE);
}

static void test_inside_with_drift(void **state)
{
	static const short inside[] = {3, -1};
	static const struct drift drifts[] = {{.condition = -1, .via = "myfs_setattr", .because = "test"},
					      {.condition = -1, .via = "myfs_evict", .because = "test"}};
	const struct caller meant[] = {{"f", METHOD(1)}, {"truncate", NULL}, {"myfs_setattr", METHOD(3)}};
	const struct caller outside[] = {{"f", METHOD(1)}, {"truncate", NULL}, {"myfs_evict", METHOD(4)}};
	const struct caller direct[] = {{"f", METHOD(1)}, {"other_setattr", METHOD(3)}, {"vfs", NULL}};
	struct rule r = lock_rule(RULE_exclusive, RULE_AT_entry, 0);

	(void)state;
	r.inside = inside;
	r.drifts = drifts;
	r.n_drifts = COUNT(drifts);
	check_drift(&r, meant, 3, &drifts[0]);
	check_verdict(&r, outside, 3, VERDICT_NOT_EXERCISED); /* where the rule is not meant, nothing drifts from it */
	check_direct(&r, direct, 3);
	check_verdict(&r, meant, 0, VERDICT_UNVERIFIABLE);
}

static void test_direct(void **state)
{
	const struct caller direct[] = {{"myfs_sync", METHOD(8)}, {"myfs_ioctl", METHOD(9)}, {"vfs_ioctl", NULL}};
	const struct caller itself[] = {{"myfs_sync", METHOD(8)}, {"myfs_sync", METHOD(8)}};
	const struct caller helper[] = {{"myfs_sync", METHOD(8)}, {"helper", NULL}, {"myfs_ioctl", METHOD(9)}};
	const struct caller foreign[] = {{"myfs_sync", METHOD(8)}, {"otherfs_ioctl", NO_METHOD}};
	struct rule r = lock_rule(RULE_shared, RULE_AT_entry, 0);

	(void)state;
	check_direct(&r, direct, 3);
	check_direct(&r, direct, 2);
	check_direct(&r, itself, 2);
	check_verdict(&r, direct, 1, VERDICT_VIOLATION);
	check_verdict(&r, helper, 3, VERDICT_VIOLATION);
	check_verdict(&r, foreign, 2, VERDICT_VIOLATION);
}

/* ------------------------------------------------------------------------------------------------------- names ---- */

static void check_name(const char *name, const char *const *before, int n)
{
	assert_non_null(name);
	assert_string_not_equal(name, "");
	for (int i = 0; i < n; i++)
		assert_string_not_equal(name, before[i]);
}

static void test_names(void **state)
{
	const char *names[SEEN_KINDS];
	struct rule r = {0};

	(void)state;
	for (int i = 0; i < SEEN_KINDS; i++) {
		names[i] = observation__name((enum observation)i);
		check_name(names[i], names, i);
		check_name(observation__text((enum observation)i), NULL, 0);
	}
	for (int i = 0; i < VERDICT_KINDS; i++) {
		names[i] = verdict__name((enum verdict)i);
		check_name(names[i], names, i);
	}
	for (int i = 0; i < MODES; i++) {
		names[i] = rule_mode__name((enum rule_mode)i);
		check_name(names[i], names, i);
		r.mode = (enum rule_mode)i;
		assert_int_equal(!strncmp(rule__expected(&r), "no promise", 10), !rule_promises(&r));
	}
	for (int i = 0; i <= RULE_AT_after; i++) {
		names[i] = rule_phase__name((enum rule_phase)i);
		check_name(names[i], names, i);
	}
	assert_string_equal(observation__name(SEEN_EXCLUSIVE_OTHER), "exclusive_other");
	assert_string_equal(rule_mode__name(RULE_exclusive), "exclusive");
	assert_string_equal(rule_phase__name(RULE_AT_during), "during");
	assert_string_equal(verdict__name(VERDICT_VIOLATION), "violation");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_unknown_states),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_context_condition),
		cmocka_unit_test(test_exit_needs_return),
		cmocka_unit_test(test_no_promise),
		cmocka_unit_test(test_drift_condition),
		cmocka_unit_test(test_violation),
		cmocka_unit_test(test_breach_drift_condition),
		cmocka_unit_test(test_breach_drift_via),
		cmocka_unit_test(test_no_stack),
		cmocka_unit_test(test_inside),
		cmocka_unit_test(test_inside_with_drift),
		cmocka_unit_test(test_direct),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
