// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the stream where every call is told by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream_world.h"

static const struct stream_options each = {.every_call = true, .n_recent = 3};

static void call(int path, unsigned int pid)
{
	struct vl_call_event ev = {.type = VL_EVENT_CALL,
				   .stack = path,
				   .ns = world.mono_ns - 5,
				   .pid = pid,
				   .tgid = pid - 1,
				   .cpu = 3,
				   .comm = "rsync"};

	if (path >= 0)
		world.paths[path].sample.calls++;
	stream__call(world.stream, &ev);
}

static void test_every_call(void **state)
{
	const struct alert *a = &world.told[1];
	int path;

	(void)state;
	open_stream(each);
	path = add_create(0);
	for (unsigned int i = 0; i < 3; i++) {
		call(path, 100 + i);
		pass_ns(1000);
		update(false); /* tells nothing by itself */
	}
	assert_int_equal(world.n_told, 3);
	assert_false(world.told[0].is_repeat);
	assert_true(a->is_repeat);
	assert_int_equal(a->number, 2);
	assert_int_equal(a->more, 1);
	assert_int_equal(a->calls, 2);
	assert_int_equal(a->finding.calls, 1);
	assert_true(a->mono_ns == 1000 * SECOND + 1000 - 5);
	assert_true(a->wall_ns == 1800000000 * SECOND + 1000 - 5);
	assert_int_equal(a->finding.sample.pid, 101);
	assert_int_equal(a->finding.sample.tgid, 100);
	assert_int_equal(a->finding.sample.cpu, 3);
	assert_string_equal(a->finding.sample.comm, "rsync");
	assert_true(a->finding.sample.first_ns == a->mono_ns && a->finding.sample.last_ns == a->mono_ns);
	assert_int_equal(stream__counts(world.stream).told, 3);
	assert_int_equal(stream__counts(world.stream).lines, 3);
	assert_int_equal(stream__counts(world.stream).waiting, 0);
	assert_int_equal(stream__counts(world.stream).held_back, 0);
	/* A call whose notice was dropped is in the counts. */
	world.paths[path].sample.calls += 2;
	update(true);
	assert_int_equal(world.n_told, 3);
	assert_int_equal(stream__counts(world.stream).waiting, 2);
	assert_int_equal(stream__entry(world.stream, 0)->calls, 5);
	assert_int_equal(stream__entry(world.stream, 0)->told, 3);
}

/* A call that is told and the same call in the results are one fingerprint. */
static void test_every_call_fingerprint(void **state)
{
	int path;

	(void)state;
	open_stream(each);
	path = add_path(CREATE, seen_of(exclusive_rule, VL_STATE_FREE) | VL_SIG_ATOMIC, BY(VFS_CREATE), 0);
	call(path, 7);
	assert_int_equal(world.n_told, 2);
	assert_string_equal(world.told[0].finding.rule->id, exclusive_rule);
	assert_string_equal(world.told[1].finding.rule->id, block_rule);
	update(true);
	assert_int_equal(stream__counts(world.stream).fingerprints, 2);
	assert_int_equal(stream__counts(world.stream).waiting, 0);
}

static void test_every_call_rate(void **state)
{
	struct stream_options o = each;
	int path;

	(void)state;
	o.rate = 3;
	open_stream(o);
	path = add_create(0);
	for (unsigned int i = 0; i < 10; i++)
		call(path, 7);
	assert_int_equal(world.n_told, 6);
	pass_ns(SECOND);
	for (unsigned int i = 0; i < 10; i++)
		call(path, 7);
	assert_int_equal(world.n_told, 9);
	assert_int_equal(stream__counts(world.stream).held_back, 11);
	update(true);
	assert_int_equal(stream__counts(world.stream).told, 9);
	assert_int_equal(stream__counts(world.stream).waiting, 11);
	assert_int_equal(stream__entry(world.stream, 0)->calls, 20);
}

/* As many as may have been seen wrongly are not told. */
static void test_every_call_doubtful(void **state)
{
	int path;

	(void)state;
	open_stream(each);
	world.mixed = 3;
	path = add_create(0);
	for (unsigned int i = 0; i < 10; i++)
		call(path, i + 1);
	assert_int_equal(world.n_told, 7);
	assert_int_equal(world.told[0].finding.sample.pid, 4);
	assert_int_equal(stream__counts(world.stream).doubtful, 3);
	/* Asking costs: far beyond doubt it is done now and then only. */
	for (unsigned int i = 0; i < 400; i++)
		call(path, 1);
	world.asked = 0;
	for (unsigned int i = 0; i < 256; i++)
		call(path, 1);
	assert_int_equal(world.asked, 1);
	/* But it is noticed if there are many more. */
	world.mixed = 1000000;
	world.n_told = 0;
	for (unsigned int i = 0; i < 300; i++)
		call(path, 1);
	assert_true(world.n_told <= 256);
	assert_int_equal(stream__counts(world.stream).doubtful + stream__counts(world.stream).told,
			 10 + 400 + 256 + 300);
}

/* What breaks no rule, or one that nobody wants to hear of, need not be announced any more. */
static void test_mute(void **state)
{
	int good, drift, inside, bad;

	(void)state;
	open_stream(each);
	good = add_path(CREATE, seen_of(exclusive_rule, VL_STATE_EXCLUSIVE_SELF), BY(VFS_CREATE), 0);
	drift = add_path(READ_FOLIO, seen_of(mapping_rule, VL_STATE_FREE), BY(READ_CACHE), 0);
	inside = add_path(CREATE, seen_of(exclusive_rule, VL_STATE_FREE), BY(LOOKUP), 0); /* its own function */
	bad = add_create(0);
	for (int i = 0; i < world.n_paths; i++)
		call(i, 7);
	assert_true(world.muted[good]);
	assert_true(world.muted[drift]);
	assert_true(world.muted[inside]);
	assert_false(world.muted[bad]);
	assert_int_equal(world.n_told, 1);
	assert_int_equal(stream__counts(world.stream).fingerprints, 1);
	/* One that is not in the kernel side's table. */
	call(-1, 7);
	assert_int_equal(world.n_told, 1);
}

static void test_every_drift(void **state)
{
	struct stream_options o = each;
	int path;

	(void)state;
	o.drift = true;
	world.mixed = 100; /* which drift does not mind: it is no accusation */
	open_stream(o);
	path = add_path(READ_FOLIO, seen_of(mapping_rule, VL_STATE_FREE), BY(READ_CACHE), 0);
	call(path, 7);
	assert_int_equal(world.n_told, 1);
	assert_int_equal(world.told[0].finding.verdict, VERDICT_DRIFT);
	assert_false(world.muted[path]);
}

static void test_rejudge(void **state)
{
	int path;

	(void)state;
	open_stream(each);
	path = add_create(0);
	call(path, 7);
	suppress("* * never known\n");
	stream__rejudge(world.stream);
	call(path, 7);
	assert_int_equal(world.n_told, 1);
	suppress(NULL);
	stream__rejudge(world.stream);
	call(path, 7);
	assert_int_equal(world.n_told, 2);
	/* A path that is met later has its place, too. */
	call(add_path(CREATE, seen_of(exclusive_rule, VL_STATE_FREE), BY(NFSD), 0), 7);
	assert_int_equal(world.n_told, 3);
	assert_true(world.told[2].fingerprint != world.told[1].fingerprint);
}

/* A suppressed path is not muted for good: within a minute of its end it is told of. */
static void test_expiry(void **state)
{
	int path;

	(void)state;
	open_stream(each);
	path = add_create(0);
	suppress("* * never known\n");
	call(path, 7);
	assert_int_equal(world.n_told, 0);
	assert_false(world.muted[path]);
	suppress(NULL);
	pass_ns(59 * SECOND);
	call(path, 7);
	assert_int_equal(world.n_told, 0);
	pass_ns(SECOND);
	call(path, 7);
	assert_int_equal(world.n_told, 1);
}

/* Where repeats are folded, events tell nothing by themselves. */
static void test_not_every_call(void **state)
{
	(void)state;
	open_stream((struct stream_options){.fold_ns = 10 * SECOND});
	call(add_create(0), 7);
	assert_int_equal(world.n_told, 0);
	update(false);
	assert_int_equal(world.n_told, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_every_call),
		TEST(test_every_call_fingerprint),
		TEST(test_every_call_rate),
		TEST(test_every_call_doubtful),
		TEST(test_mute),
		TEST(test_every_drift),
		TEST(test_rejudge),
		TEST(test_expiry),
		TEST(test_not_every_call),
	};

	return cmocka_run_group_tests_name("stream of calls", tests, NULL, NULL);
}
