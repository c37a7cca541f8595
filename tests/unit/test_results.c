// SPDX-License-Identifier: GPL-2.0-only
/* From counts to verdicts: what a breach amounts to, given who called and what the kernel skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "results.h"

#define CREATE 0x1000 /* where the method's function lies, and who calls it */
#define CALLER 0x2000
#define OTHER_CALLER 0x3000

static const char exclusive_rule[] = "inode_operations.create.i_rwsem.dir";
static const char after_rule_id[] = "address_space_operations.read_folio.folio_lock.folio.after";
static const char shared_rule[] = "inode_operations.lookup.i_rwsem.dir";

/* What the collector has, and how many of its calls may be mixed. */
static struct seen_signature signature;
static struct seen_stack stacks[2];
static int n_stacks;
static __u64 mixed;
static __u64 missed; /* lock events */
static short create_only[2] = {-1, -1};

const struct seen_signature *collector__signatures(const struct collector *c, int *n)
{
	(void)c;
	*n = 1;
	return &signature;
}

const struct seen_stack *collector__stacks(const struct collector *c, int *n)
{
	for (int i = 0; i < n_stacks; i++)
		collector__name((struct collector *)c, &stacks[i]);
	*n = n_stacks;
	return stacks;
}

int collector__latency(const struct collector *c, int fn, int type, struct hist *out)
{
	(void)c;
	(void)fn;
	(void)type;
	(void)out;
	return -ENODATA;
}

__u64 collector__mixed(const struct collector *c, int fn)
{
	(void)c;
	(void)fn;
	return mixed;
}

__u64 collector__unreturned(const struct collector *c)
{
	(void)c;
	return 0;
}

int collector__lost(const struct collector *c, __u64 counts[VL_N_LOST], __u64 *recursion)
{
	(void)c;
	memset(counts, 0, VL_N_LOST * sizeof(counts[0]));
	*recursion = 0;
	return 0;
}

/* Folios that were never unlocked, and what the follower says of the method with number 0. */
static struct seen_folio folios[3];
static int n_folios;
static __u64 missed_unlocks;
static bool folio_has_stack;

const struct seen_folio *follower__stuck(const struct follower *f, int *n)
{
	(void)f;
	*n = n_folios;
	return folios;
}

__u64 follower__pending(const struct follower *f, int number, int type)
{
	(void)f;
	assert_int_equal(type, -1);
	return number ? 0 : 7;
}

int follower__times(const struct follower *f, int number, int type, struct hist *out)
{
	(void)f;
	(void)number;
	assert_int_equal(type, -1);
	memset(out, 0, sizeof(*out));
	hist__record(out, 1000);
	return 0;
}

int collector__path(struct collector *c, int fn, __s32 stack, __u64 ips[STACK_MAX])
{
	(void)c;
	(void)fn;
	(void)stack;
	ips[0] = CREATE;
	ips[1] = CALLER;
	return folio_has_stack ? 2 : 0;
}

__u64 templates__missed_unlocks(const struct templates *t)
{
	(void)t;
	return missed_unlocks;
}

__u64 locks__missed(const struct lock_tracker *t)
{
	(void)t;
	return missed;
}

const struct target *audit__target_of(const struct audit *a, int target)
{
	(void)a;
	(void)target;
	return NULL;
}

bool plan__rule_active(const struct plan *p, const struct rule *r, const char **why)
{
	*why = r->unverifiable;
	return in_range(r->since, r->until, p->kernel) && rule_promises(r) && !r->unverifiable;
}

const short *plan__methods_at(const struct plan *p, __u64 addr)
{
	(void)p;
	return addr == CREATE ? create_only : NULL;
}

int ksyms__lookup(const struct ksyms *ks, __u64 addr, struct ksym *sym)
{
	(void)ks;
	*sym = (struct ksym){.name = addr == CREATE ? "ext4_create" : "some_caller", .addr = addr};
	return 0;
}

void collector__name(struct collector *c, struct seen_stack *s)
{
	struct ksym sym;

	(void)c;
	for (int i = 0; i < s->n_ips; i++)
		s->names[i] = ksyms__lookup(NULL, s->ips[i], &sym)
				      ? (struct frame_name){0}
				      : (struct frame_name){.function = sym.name, .start = sym.addr};
}

static const struct rule *find_rule(const char *id)
{
	for (int i = 0; i < n_rules; i++)
		if (!strcmp(rules[i].id, id))
			return &rules[i];
	fail();
	return NULL;
}

struct judged {
	struct audit audit;
	struct function function;
	struct results results;
	const struct rule_result *rule;
};

/* Five calls in which the lock of rule @id is seen in @seen, from @n callers (0: no stack), and @may_be_mixed. */
static void judge_seen(struct judged *o, const char *id, enum vl_state seen, int n, __u64 may_be_mixed)
{
	const struct rule *rule = find_rule(id);

	*o = (struct judged){.function = {.method = rule->method,
					  .ops = methods[rule->method].ops,
					  .addr = CREATE,
					  .state = FUNCTION_ATTACHED,
					  .pair = true}};
	o->audit.locks = (struct lock_tracker *)&missed; /* there is one */
	o->audit.plan =
		(struct plan){.rules = rules, .functions = &o->function, .n_functions = 1, .kernel = 6 << 8 | 1};
	create_only[0] = rule->method;
	mixed = may_be_mixed;
	o->audit.plan.followed[0] = rule->method;
	o->audit.plan.n_followed = rule->phase == RULE_AT_after;
	signature = (struct seen_signature){
		.sig = VL_SIG_VALID | VL_SIG_EXITED |
		       (__u64)seen << (4 * rule->slot + (rule_at_return(rule) ? VL_SIG_EXIT_SHIFT : 0)),
		.calls = 5};
	n_stacks = n;
	for (int i = 0; i < n; i++) {
		stacks[i] = (struct seen_stack){
			.sig = signature.sig, .ips = {CREATE, i ? OTHER_CALLER : CALLER}, .n_ips = 2};
		stacks[i].sample.calls = n == 1 ? 5 : i ? 2 : 3;
	}
	assert_int_equal(results__make(&o->audit, &o->results), 0);
	for (int i = 0; i < methods[rule->method].n_rules; i++)
		if (o->results.methods[0].rules[i].rule == rule)
			o->rule = &o->results.methods[0].rules[i];
	assert_non_null(o->rule);
}

/* Calls of ->create without its lock. */
static void judge(struct judged *o, int n, __u64 may_be_mixed)
{
	judge_seen(o, exclusive_rule, VL_STATE_FREE, n, may_be_mixed);
}

static void test_breach(void **state)
{
	struct judged o;

	(void)state;
	judge(&o, 1, 0);
	assert_int_equal(o.rule->verdict, VERDICT_VIOLATION);
	assert_int_equal(o.rule->violations, 5);
	assert_int_equal(o.results.violations, 5);
	assert_int_equal(o.results.n_findings, 1);
	assert_int_equal(o.results.findings[0].calls, 5);
	results__free(&o.results);
}

static void test_callers_apart(void **state)
{
	struct judged o;

	(void)state;
	judge(&o, 2, 0);
	assert_int_equal(o.rule->violations, 5);
	assert_int_equal(o.results.n_findings, 2);
	assert_int_equal(o.results.findings[0].calls, 3);
	assert_int_equal(o.results.findings[1].calls, 2);
	results__free(&o.results);
}

static void test_no_stack(void **state)
{
	struct judged o;

	(void)state;
	judge(&o, 0, 0);
	assert_int_equal(o.rule->verdict, VERDICT_UNVERIFIABLE);
	assert_int_equal(o.rule->undecided, 5);
	assert_int_equal(o.results.violations, 0);
	results__free(&o.results);
}

/* As many as may be mixed from two calls: none of them is told to be a violation, whoever called. */
static void test_mixed(void **state)
{
	struct judged o;

	(void)state;
	for (int callers = 1; callers <= 2; callers++) {
		judge(&o, callers, 5);
		assert_int_equal(o.rule->verdict, VERDICT_UNVERIFIABLE);
		assert_int_equal(o.rule->undecided, 5);
		assert_int_equal(o.rule->violations, 0);
		assert_int_equal(o.results.violations, 0);
		assert_int_equal(o.results.n_findings, 0);
		results__free(&o.results);
	}
}

/* One more than can be mixed: somebody broke the rule, though no single caller did so often. */
static void test_more_than_mixed(void **state)
{
	struct judged o;

	(void)state;
	for (int callers = 1; callers <= 2; callers++) {
		judge(&o, callers, 4);
		assert_int_equal(o.rule->verdict, VERDICT_VIOLATION);
		assert_int_equal(o.rule->violations, 5);
		assert_int_equal(o.results.n_findings, callers);
		results__free(&o.results);
	}
}

/* That others alone hold a lock shared breaks the rule, unless as many lock events were missed. */
static void test_shared_by_others(void **state)
{
	struct judged o;

	(void)state;
	missed = 0;
	judge_seen(&o, shared_rule, VL_STATE_SHARED_OTHER, 1, 0);
	assert_int_equal(o.rule->violations, 5);
	results__free(&o.results);
	missed = 5;
	judge_seen(&o, shared_rule, VL_STATE_SHARED_OTHER, 1, 0);
	assert_int_equal(o.rule->violations, 0);
	assert_int_equal(o.rule->undecided, 5);
	results__free(&o.results);
	/* What a lock word shows needs no lock event. */
	judge_seen(&o, shared_rule, VL_STATE_FREE, 1, 0);
	assert_int_equal(o.rule->violations, 5);
	results__free(&o.results);
	missed = 0;
}

static void test_shared_by_self(void **state)
{
	struct judged o;

	(void)state;
	judge_seen(&o, shared_rule, VL_STATE_SHARED_SELF, 1, 0);
	assert_int_equal(o.rule->verdict, VERDICT_OK);
	assert_true(o.rule->proof);
	assert_int_equal(o.rule->proven, 5);
	results__free(&o.results);
	judge_seen(&o, shared_rule, VL_STATE_SHARED, 1, 0);
	assert_int_equal(o.rule->verdict, VERDICT_OK);
	assert_false(o.rule->proof);
	assert_int_equal(o.rule->proven, 0);
	assert_int_equal(o.rule->kept, 5);
	results__free(&o.results);
}

/* Five calls, after which folios were locked; @n of them never get unlocked. */
static void judge_folios_seen(struct judged *o, int n, bool has_stack, __u64 missed_events)
{
	n_folios = n;
	folio_has_stack = has_stack;
	missed_unlocks = missed_events;
	judge_seen(o, after_rule_id, VL_STATE_FOLLOWED, 1, 0);
	n_folios = 0;
}

static void test_unlocked_later(void **state)
{
	struct judged o;

	(void)state;
	judge_folios_seen(&o, 0, true, 0);
	assert_int_equal(o.rule->verdict, VERDICT_OK);
	assert_int_equal(o.rule->kept, 5);
	assert_int_equal(o.rule->seen[SEEN_FOLLOWED], 5);
	assert_true(o.results.methods[0].is_followed);
	assert_int_equal(o.results.methods[0].unlock.count, 1);
	assert_int_equal(o.results.methods[0].still_locked, 7);
	results__free(&o.results);
}

/* Two folios of one call are one breach; the next call's is another. */
static void test_never_unlocked(void **state)
{
	struct judged o;

	(void)state;
	folios[0] = (struct seen_folio){.folio = 1, .idle = true, .call = {.start_ns = 10, .pid = 4}, .flags = 1};
	folios[1] = (struct seen_folio){.folio = 2, .idle = true, .call = {.start_ns = 10, .pid = 4}, .flags = 1};
	folios[2] = (struct seen_folio){.folio = 3, .idle = true, .call = {.start_ns = 20, .pid = 4}, .flags = 1};
	judge_folios_seen(&o, 3, true, 0);
	assert_int_equal(o.rule->verdict, VERDICT_VIOLATION);
	assert_int_equal(o.rule->violations, 2);
	assert_int_equal(o.rule->kept, 3);
	assert_int_equal(o.rule->proven, 3);
	assert_int_equal(o.rule->seen[SEEN_NOT_UNLOCKED], 2);
	assert_int_equal(o.results.n_findings, 1);
	assert_int_equal(o.results.findings[0].calls, 2);
	assert_int_equal(o.results.findings[0].judgement.seen, SEEN_NOT_UNLOCKED);
	assert_int_equal(o.results.findings[0].n_ips, 2);
	results__free(&o.results);
}

/* Its disk was never idle when it was looked at: it may wait for I/O. */
static void test_waits_for_io(void **state)
{
	struct judged o;

	(void)state;
	folios[0] = (struct seen_folio){.folio = 1, .call = {.start_ns = 10, .pid = 4}, .flags = 1};
	judge_folios_seen(&o, 1, true, 0);
	assert_int_equal(o.rule->violations, 0);
	assert_int_equal(o.rule->undecided, 1);
	assert_int_equal(o.rule->verdict, VERDICT_UNVERIFIABLE);
	assert_int_equal(o.results.n_findings, 0);
	results__free(&o.results);
}

/* Without a stack who called is not known; and an unlock that was missed may be that of the folio. */
static void test_maybe_unlocked(void **state)
{
	struct judged o;

	(void)state;
	judge_folios_seen(&o, 3, false, 0);
	assert_int_equal(o.rule->violations, 0);
	assert_int_equal(o.rule->undecided, 2);
	results__free(&o.results);
	judge_folios_seen(&o, 3, true, 2);
	assert_int_equal(o.rule->violations, 0);
	assert_int_equal(o.rule->undecided, 2);
	results__free(&o.results);
	judge_folios_seen(&o, 3, true, 1);
	assert_int_equal(o.rule->violations, 2);
	results__free(&o.results);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_breach),          cmocka_unit_test(test_callers_apart),
		cmocka_unit_test(test_no_stack),        cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_more_than_mixed), cmocka_unit_test(test_shared_by_others),
		cmocka_unit_test(test_shared_by_self),  cmocka_unit_test(test_unlocked_later),
		cmocka_unit_test(test_waits_for_io),    cmocka_unit_test(test_never_unlocked),
		cmocka_unit_test(test_maybe_unlocked),
	};

	return cmocka_run_group_tests_name("results", tests, NULL, NULL);
}
