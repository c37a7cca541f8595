// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the stream: each fingerprint is told once, its repeats together, and no call is lost or told twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_check.h"
#include "stream_world.h"

static const struct stream_options folding = {.fold_ns = 10 * SECOND, .n_recent = 3};

/* ----------------------------------------------------------------------------------------------------- folding ---- */

static void test_nothing(void **state)
{
	(void)state;
	open_stream(folding);
	assert_int_equal(update(true), 0);
	add_path(CREATE, seen_of(exclusive_rule, VL_STATE_EXCLUSIVE_SELF), BY(VFS_CREATE), 9);
	assert_int_equal(update(true), 0);
	assert_int_equal(world.n_told, 0);
	assert_null(stream__entry(world.stream, 0));
	assert_null(stream__recent(world.stream, 0));
	assert_int_equal(stream__counts(world.stream).fingerprints, 0);
}

static void test_first_line(void **state)
{
	const struct alert *a = &world.told[0];
	const struct stream_entry *e;

	(void)state;
	open_stream(folding);
	add_create(5);
	pass_ns(SECOND / 2);
	update(false);
	assert_int_equal(world.n_told, 1);
	assert_int_equal(a->number, 1);
	assert_true(a->mono_ns == world.mono_ns && a->wall_ns == world.wall_ns);
	assert_int_equal(a->calls, 5);
	assert_int_equal(a->more, 5);
	assert_false(a->is_repeat);
	assert_int_equal(a->finding.verdict, VERDICT_VIOLATION);
	assert_string_equal(a->finding.rule->id, exclusive_rule);
	assert_string_equal(a->finding.sample.comm, "mkdir");
	assert_int_equal(a->finding.sample.pid, 42);
	assert_int_equal(a->finding.n_ips, 3);
	assert_ptr_equal(a->finding.target, &world.targets[0]);
	e = stream__entry(world.stream, 0);
	assert_non_null(e);
	assert_true(e->fingerprint == a->fingerprint && a->fingerprint != 0);
	assert_int_equal(e->calls, 5);
	assert_int_equal(e->told, 5);
	assert_string_equal(e->function->name, "ext4_create");
	assert_ptr_equal(e->target, &world.targets[0]);
	assert_null(stream__entry(world.stream, 1));
	assert_null(stream__entry(world.stream, -1));
}

/* Both rules that the call breaks are told, each once. */
static void test_two_rules(void **state)
{
	(void)state;
	open_stream(folding);
	add_path(CREATE, seen_of(exclusive_rule, VL_STATE_FREE) | VL_SIG_ATOMIC, BY(VFS_CREATE), 1);
	update(false);
	assert_int_equal(world.n_told, 2);
	assert_true(world.told[0].fingerprint != world.told[1].fingerprint);
	assert_true(world.told[0].finding.rule != world.told[1].finding.rule);
}

static void test_folded(void **state)
{
	int path;

	(void)state;
	open_stream(folding);
	path = add_create(5);
	update(false);
	world.paths[path].sample.calls = 6;
	pass_ns(SECOND);
	update(false);
	world.paths[path].sample.calls = 8;
	pass_ns(9 * SECOND - 1);
	update(false);
	assert_int_equal(world.n_told, 1);
	assert_int_equal(stream__counts(world.stream).waiting, 3);
	assert_int_equal(stream__counts(world.stream).told, 5);
	pass_ns(1);
	update(false);
	assert_int_equal(world.n_told, 2);
	assert_true(world.told[1].is_repeat);
	assert_int_equal(world.told[1].number, 2);
	assert_int_equal(world.told[1].more, 3);
	assert_int_equal(world.told[1].calls, 8);
	assert_true(world.told[1].fingerprint == world.told[0].fingerprint);
	/* Nothing new: nothing is told, however long it takes. */
	pass_ns(100 * SECOND);
	update(false);
	update(true);
	assert_int_equal(world.n_told, 2);
	/* The next one is not news of before: it is told at once, as the last line is long ago. */
	world.paths[path].sample.calls = 9;
	update(false);
	assert_int_equal(world.n_told, 3);
	assert_int_equal(world.told[2].more, 1);
}

/* At the end what is being gathered is told, too. */
static void test_all(void **state)
{
	int path;

	(void)state;
	open_stream(folding);
	path = add_create(5);
	update(false);
	world.paths[path].sample.calls = 6;
	update(true);
	assert_int_equal(world.n_told, 2);
	assert_int_equal(world.told[1].more, 1);
	assert_int_equal(stream__counts(world.stream).waiting, 0);
}

static void test_drift(void **state)
{
	(void)state;
	add_path(READ_FOLIO, seen_of(mapping_rule, VL_STATE_FREE), BY(READ_CACHE), 4);
	for (int wanted = 0; wanted < 2; wanted++) {
		struct stream_options o = folding;

		o.drift = wanted;
		open_stream(o);
		assert_int_equal(update(true), 0);
		assert_int_equal(world.n_told, wanted);
		stream__free(world.stream);
		world.stream = NULL;
	}
	assert_int_equal(world.told[0].finding.verdict, VERDICT_DRIFT);
	assert_int_equal(world.told[0].calls, 4);
}

/* -------------------------------------------------------------------------------------------------------- rate ---- */

/* Each a fingerprint of its own of one rule, in the order in which results have them. */
static void add_callers(void)
{
	static const enum symbol callers[] = {VFS_CREATE, OPENAT, NFSD, READ_CACHE};

	for (int i = 0; i < 4; i++)
		add_path(CREATE, seen_of(exclusive_rule, VL_STATE_FREE), BY(callers[i]), 4 - (__u64)i);
}

static void test_rate(void **state)
{
	struct stream_options o = folding;

	(void)state;
	o.rate = 1;
	open_stream(o);
	add_callers();
	add_path(LOOKUP, seen_of(shared_rule, VL_STATE_FREE), BY(OPENAT), 7);
	update(false);
	/* Two seconds' worth at first, and each rule has its own. */
	assert_int_equal(world.n_told, 3);
	assert_int_equal(stream__counts(world.stream).fingerprints, 5);
	assert_int_equal(stream__counts(world.stream).told + stream__counts(world.stream).waiting, 1 + 2 + 3 + 4 + 7);
	pass_ns(SECOND - SECOND / 100);
	update(false);
	assert_int_equal(world.n_told, 3);
	pass_ns(SECOND / 50);
	update(false);
	assert_int_equal(world.n_told, 4);
	/* It saves up no more than two, however long it is quiet. */
	for (int i = 0; i < 4; i++)
		world.paths[i].sample.calls += 10;
	pass_ns(1000 * SECOND);
	update(false);
	assert_int_equal(world.n_told, 6);
	assert_true(stream__counts(world.stream).waiting > 0);
	update(true);
	assert_int_equal(stream__counts(world.stream).waiting, 0);
	assert_int_equal(stream__counts(world.stream).told, 1 + 2 + 3 + 4 + 7 + 40);
	assert_int_equal(stream__counts(world.stream).lines, world.n_told);
	/* Late as it was, the first line of a fingerprint is its first line. */
	for (int i = 0, firsts = 0; i < world.n_told; i++) {
		firsts += !world.told[i].is_repeat;
		if (i == world.n_told - 1)
			assert_int_equal(firsts, 5);
	}
}

/* Less than one a second: one now, the next when its time has come. */
static void test_low_rate(void **state)
{
	struct stream_options o = folding;

	(void)state;
	o.rate = 0.1;
	open_stream(o);
	add_callers();
	update(false);
	assert_int_equal(world.n_told, 1);
	pass_ns(9 * SECOND);
	update(false);
	assert_int_equal(world.n_told, 1);
	pass_ns(2 * SECOND);
	update(false);
	assert_int_equal(world.n_told, 2);
}

static void test_no_rate(void **state)
{
	(void)state;
	open_stream(folding);
	add_callers();
	update(false);
	assert_int_equal(world.n_told, 4);
}

/* Whatever comes when: the lines add up to what the results say. */
static void test_totals(void **state)
{
	static struct {
		__u64 fingerprint, more;
	} sums[MAX_PATHS];
	struct stream_options o = {.fold_ns = 3 * SECOND, .rate = 0.7, .n_recent = 2};
	unsigned int random = 1;
	__u64 violations = 0, total = 0;

	(void)state;
	open_stream(o);
	add_callers();
	add_path(LOOKUP, seen_of(shared_rule, VL_STATE_FREE), BY(OPENAT), 7);
	add_path(LOOKUP, seen_of(shared_rule, VL_STATE_EXCLUSIVE_OTHER), BY(OPENAT), 1);
	for (int i = 0; i < 400; i++) {
		random = random * 1664525U + 1013904223U;
		world.paths[random >> 8 & 3].sample.calls += random >> 16 & 7;
		world.paths[4 + (random >> 10 & 1)].sample.calls += random >> 20 & 1;
		pass_ns((random >> 12 & 0x3ff) * (SECOND / 1000));
		violations = update(i == 399);
		assert_int_equal(stream__counts(world.stream).told + stream__counts(world.stream).waiting, violations);
	}
	for (int i = 0; i < world.n_told; i++) {
		const struct alert *a = &world.told[i];
		int at = 0;

		assert_int_equal(a->number, i + 1);
		assert_true(a->more > 0);
		while (sums[at].fingerprint && sums[at].fingerprint != a->fingerprint)
			at++;
		assert_int_equal(a->is_repeat, sums[at].fingerprint != 0);
		sums[at].fingerprint = a->fingerprint;
		sums[at].more += a->more;
		assert_int_equal(a->calls, sums[at].more);
		total += a->more;
	}
	assert_true(violations > 500);
	assert_int_equal(total, violations);
	for (int i = 0; i < 6; i++) {
		const struct stream_entry *e = stream__entry(world.stream, i);
		int at = 0;

		assert_int_equal(e->calls, e->told);
		while (sums[at].fingerprint != e->fingerprint)
			assert_true(++at < MAX_PATHS);
		assert_int_equal(e->told, sums[at].more);
	}
}

/* ------------------------------------------------------------------------------------------------ suppressions ---- */

static void test_suppressed(void **state)
{
	int path;

	(void)state;
	open_stream(folding);
	suppress("inode_operations.create.* path_openat 2027-01-15 known\n");
	path = add_create(5);
	for (int i = 0; i < 3; i++) {
		update(true);
		world.paths[path].sample.calls++;
		pass_ns(60 * SECOND);
	}
	assert_int_equal(world.n_told, 0);
	assert_int_equal(stream__counts(world.stream).waiting, 0);
	assert_int_equal(stream__counts(world.stream).told, 0);
	update(false); /* eight calls by now */
	/* The day is over. */
	pass_ns(16 * 3600 * SECOND);
	update(true);
	assert_int_equal(world.n_told, 0);
	world.paths[path].sample.calls = 10;
	update(false);
	assert_int_equal(world.n_told, 1);
	assert_int_equal(world.told[0].more, 2);
	assert_false(world.told[0].is_repeat);
	assert_null(world.told[0].finding.suppressed);
}

/* It was told before it was suppressed: what was told stays told, and what came meanwhile never is. */
static void test_suppressed_meanwhile(void **state)
{
	int path;

	(void)state;
	open_stream(folding);
	path = add_create(5);
	update(false);
	suppress("* ext4_create never known\n");
	stream__rejudge(world.stream);
	for (__u64 calls = 6; calls <= 9; calls++) {
		world.paths[path].sample.calls = calls;
		pass_ns(20 * SECOND);
		update(true);
	}
	assert_int_equal(world.n_told, 1);
	assert_int_equal(stream__entry(world.stream, 0)->calls, 5);
	suppress(NULL);
	stream__rejudge(world.stream);
	update(true);
	assert_int_equal(world.n_told, 1);
	world.paths[path].sample.calls = 11;
	update(false);
	assert_int_equal(world.n_told, 2);
	assert_true(world.told[1].is_repeat);
	assert_int_equal(world.told[1].more, 2);
	assert_int_equal(world.told[1].calls, 7);
	/* And once more. */
	suppress("* ext4_create never known\n");
	world.paths[path].sample.calls = 20;
	update(true);
	suppress(NULL);
	world.paths[path].sample.calls = 21;
	update(true);
	assert_int_equal(world.n_told, 3);
	assert_int_equal(world.told[2].more, 1);
	assert_int_equal(world.told[2].calls, 8);
}

/* Others are told as ever. */
static void test_suppressed_one(void **state)
{
	(void)state;
	open_stream(folding);
	suppress("* nfsd_create never known\n");
	add_callers();
	update(false);
	assert_int_equal(world.n_told, 3);
	assert_int_equal(stream__counts(world.stream).told, 4 + 3 + 1);
	for (int i = 0; i < 3; i++)
		assert_true(world.told[i].finding.ips[1] >> 12 != NFSD);
}

static void add_folios(int n)
{
	world.n_folios = n;
	for (int i = 0; i < n; i++)
		world.folios[i] =
			(struct seen_folio){.folio = (__u64)i,
					    .idle = true,
					    .call = {.start_ns = (__u64)i + 1, .fn = READ_FOLIO - 1, .pid = 4},
					    .flags = 1};
}

/* One of the folios was unlocked after all, while they were suppressed: there are fewer than were told. */
static void test_suppressed_shrinks(void **state)
{
	(void)state;
	open_stream(folding);
	add_path(READ_FOLIO, seen_of(mapping_rule, VL_STATE_SHARED), BY(OPENAT), 10);
	add_folios(2);
	assert_int_equal(update(false), 2);
	assert_int_equal(world.n_told, 1);
	assert_string_equal(world.told[0].finding.rule->id, unlock_rule);
	suppress("* ext4_read_folio never known\n");
	add_folios(1);
	assert_int_equal(update(true), 0);
	suppress(NULL);
	update(true);
	assert_int_equal(world.n_told, 1);
	add_folios(4);
	update(true);
	assert_int_equal(world.n_told, 2);
	assert_int_equal(world.told[1].more, 3); /* one of the four was told before */
}

/* ------------------------------------------------------------------------------------------------------ recent ---- */

static void assert_recent(int i, int path)
{
	const struct alert *a = stream__recent(world.stream, i);

	assert_non_null(a);
	assert_true(a->finding.ips[1] == world.paths[path].ips[1]);
	assert_int_equal(a->calls, world.paths[path].sample.calls);
	assert_false(a->is_repeat);
}

static void test_recent(void **state)
{
	(void)state;
	open_stream(folding);
	add_callers();
	world.n_paths = 2;
	update(false);
	assert_recent(0, 1);
	assert_recent(1, 0);
	assert_null(stream__recent(world.stream, 2));
	world.n_paths = 4;
	update(false);
	assert_recent(0, 3);
	assert_recent(1, 2);
	assert_recent(2, 1);
	assert_null(stream__recent(world.stream, 3));
	assert_null(stream__recent(world.stream, -1));
	/* Repeats that are not told yet count at once. */
	pass_ns(SECOND);
	world.paths[2].sample.calls += 10;
	world.paths[2].sample.last_ns = world.mono_ns;
	update(false);
	assert_int_equal(world.n_told, 4);
	assert_recent(1, 2);
	assert_true(stream__recent(world.stream, 1)->finding.sample.last_ns == world.mono_ns);
	/* Told, they are counted where they are; one that has gone does not come back. */
	pass_ns(9 * SECOND);
	for (int i = 0; i < 4; i++) {
		world.paths[i].sample.calls += 10;
		world.paths[i].sample.last_ns = world.mono_ns;
	}
	update(false);
	assert_int_equal(world.n_told, 8);
	assert_recent(0, 3);
	assert_recent(1, 2);
	assert_recent(2, 1);
	assert_true(stream__recent(world.stream, 0)->finding.sample.last_ns == world.mono_ns);
	assert_null(stream__recent(world.stream, 3));
}

static void test_no_recent(void **state)
{
	struct stream_options o = folding;

	(void)state;
	o.n_recent = 0;
	open_stream(o);
	add_callers();
	update(false);
	assert_int_equal(world.n_told, 4);
	assert_null(stream__recent(world.stream, 0));
}

/* ------------------------------------------------------------------------------------------------ fingerprints ---- */

/* Of a stream of its own. */
static __u64 fingerprint(void)
{
	__u64 found;

	world.n_told = 0;
	open_stream(folding);
	update(false);
	assert_int_equal(world.n_told, 1);
	found = world.told[0].fingerprint;
	stream__free(world.stream);
	world.stream = NULL;
	world.n_paths = 0;
	return found;
}

static void test_fingerprint(void **state)
{
	__u64 first, moved;

	(void)state;
	add_create(1);
	first = fingerprint();
	/* Another machine, another build: other addresses, other places within functions. */
	world.moved = 0xffffffff81000000ULL;
	add_create(3);
	for (int i = 0; i < 3; i++)
		world.paths[0].ips[i] += 0x44;
	world.paths[0].sample.pid = 9;
	moved = fingerprint();
	assert_true(moved == first);
	add_path(CREATE, seen_of(exclusive_rule, VL_STATE_FREE), BY(VFS_CREATE, NFSD), 1);
	assert_true(fingerprint() != first);
	add_path(CREATE, seen_of(exclusive_rule, VL_STATE_FREE), BY(OPENAT, VFS_CREATE), 1);
	assert_true(fingerprint() != first);
	add_path(CREATE, seen_of(exclusive_rule, VL_STATE_FREE), BY(VFS_CREATE), 1);
	assert_true(fingerprint() != first);
	add_path(CREATE, seen_of(exclusive_rule, VL_STATE_FREE), BY(VFS_CREATE, OPENAT, NFSD), 1);
	assert_true(fingerprint() != first);
	/* Something else was seen. */
	add_path(CREATE, seen_of(exclusive_rule, VL_STATE_EXCLUSIVE_OTHER), BY(VFS_CREATE, OPENAT), 1);
	assert_true(fingerprint() != first);
	add_create(1);
	assert_true(fingerprint() == first);
}

/* Two places of one function: two findings of one fingerprint are one line. */
static void test_same_fingerprint(void **state)
{
	(void)state;
	open_stream(folding);
	add_create(5);
	add_create(2);
	world.paths[1].ips[1] += 0x20;
	assert_int_equal(update(false), 7);
	assert_int_equal(world.n_told, 1);
	assert_int_equal(world.told[0].more, 7);
	assert_int_equal(stream__counts(world.stream).fingerprints, 1);
	world.paths[1].sample.calls = 4;
	update(true);
	assert_int_equal(world.n_told, 2);
	assert_int_equal(world.told[1].more, 2);
	assert_int_equal(world.told[1].calls, 9);
}

static void test_two_mounts(void **state)
{
	(void)state;
	open_stream(folding);
	add_create(5);
	add_create(2);
	world.paths[1].target = 1;
	update(false);
	assert_int_equal(world.n_told, 2);
	assert_true(world.told[0].fingerprint == world.told[1].fingerprint);
	assert_ptr_equal(world.told[0].finding.target, &world.targets[0]);
	assert_int_equal(world.told[0].calls, 5);
	assert_ptr_equal(world.told[1].finding.target, &world.targets[1]);
	assert_int_equal(world.told[1].calls, 2);
	assert_false(world.told[1].is_repeat);
	world.paths[1].sample.calls = 3;
	update(true);
	assert_int_equal(world.n_told, 3);
	assert_ptr_equal(world.told[2].finding.target, &world.targets[1]);
	assert_int_equal(stream__recent(world.stream, 0)->calls, 3);
	assert_int_equal(stream__recent(world.stream, 1)->calls, 5);
	assert_ptr_equal(stream__entry(world.stream, 0)->target, &world.targets[0]);
	assert_ptr_equal(stream__entry(world.stream, 1)->target, &world.targets[1]);
}

/* As many as make every table grow. */
static void test_many(void **state)
{
	(void)state;
	open_stream(folding);
	for (int i = 0; i < 300; i++) {
		world.n_paths = 0;
		add_create(1);
		/* A path of its own: the number in twos, by functions. */
		for (int bit = 0; bit < 9; bit++)
			world.paths[0].ips[world.paths[0].n_ips++] = (i >> bit & 1 ? NFSD : OPENAT) << 12;
		update(false);
		assert_int_equal(world.n_told, i + 1);
		assert_false(world.told[i].is_repeat);
		update(true);
		assert_int_equal(world.n_told, i + 1);
	}
	assert_int_equal(stream__counts(world.stream).fingerprints, 300);
	assert_int_equal(stream__counts(world.stream).told, 300);
	for (int i = 0; i < 300; i++)
		assert_true(stream__entry(world.stream, i)->fingerprint == world.told[i].fingerprint);
}

/* -------------------------------------------------------------------------------------------------------- JSON ---- */

static void test_json(void **state)
{
	static const char *const numbers[][2] = {{"alert.number", "1"},
						 {"alert.more", "5"},
						 {"alert.total", "5"},
						 {"alert.verdict", "\"violation\""},
						 {"alert.task.pid", "42"},
						 {"alert.mount", "\"/mnt/a\""},
						 {"alert.stack.0", "\"ext4_create+0x0/0x1000\""},
						 {"alert.time", "\"2027-01-15T08:00:00.000000000Z\""},
						 {"alert.monotonic_ns", "1000000000000"}};
	char *text = NULL, got[256], want[32];
	struct json_writer w;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	(void)state;
	open_stream(folding);
	add_create(5);
	update(false);
	json_init(&w, f, false);
	json_begin_object(&w, NULL);
	alert__json(&w, "alert", &world.audit, &world.told[0], false);
	json_end(&w);
	assert_int_equal(json_finish(&w), 0);
	fclose(f);
	assert_true(json_is_valid(text));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (!json_get(text, numbers[i][0], got, sizeof(got)))
			fail_msg("no %s in %s", numbers[i][0], text);
		assert_string_equal(got, numbers[i][1]);
	}
	snprintf(want, sizeof(want), "\"%016llx\"", world.told[0].fingerprint);
	assert_non_null(json_get(text, "alert.fingerprint", got, sizeof(got)));
	assert_string_equal(got, want);
	free(text);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),
		TEST(test_first_line),
		TEST(test_two_rules),
		TEST(test_folded),
		TEST(test_all),
		TEST(test_drift),
		TEST(test_rate),
		TEST(test_low_rate),
		TEST(test_no_rate),
		TEST(test_totals),
		TEST(test_suppressed),
		TEST(test_suppressed_meanwhile),
		TEST(test_suppressed_one),
		TEST(test_suppressed_shrinks),
		TEST(test_recent),
		TEST(test_no_recent),
		TEST(test_fingerprint),
		TEST(test_same_fingerprint),
		TEST(test_two_mounts),
		TEST(test_many),
		TEST(test_json),
	};

	return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
