// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of /violations: what it has, of what the stream has told, and how many it does not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_check.h"
#include "stream_world.h"
#include "violations.h"

static char *text;

/* How many there are in the list, of all, and not any more. */
static void assert_violations(int listed, int fingerprints, int dropped)
{
	char end[128];
	size_t len;
	int n = 0;
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &len);
	assert_non_null(out);
	assert_int_equal(violations__write(&world.audit, world.stream, out), 0);
	fclose(out);
	assert_true(json_is_valid(text));
	for (const char *p = text; (p = strstr(p, "\"rule\": ")); p++)
		n++;
	assert_int_equal(n, listed);
	snprintf(end, sizeof(end), "\"fingerprints\": %d,\n  \"dropped\": %d\n}", fingerprints, dropped);
	if (!strstr(text, end))
		fail_msg("not %s in %s", end, text);
}

static int free_text(void **state)
{
	free(text);
	text = NULL;
	return tear_down(state);
}

/* Violations of two rules, by ways that differ. */
static void add_lookup(void)
{
	add_path(LOOKUP, seen_of(shared_rule, VL_STATE_FREE), BY(OPENAT), 2);
}

static void add_by_nfs(void)
{
	add_path(CREATE, seen_of(exclusive_rule, VL_STATE_FREE), BY(NFSD), 4);
}

static void test_none(void **state)
{
	(void)state;
	assert_violations(0, 0, 0); /* no stream */
	open_stream((struct stream_options){.n_recent = 2});
	update(false);
	assert_violations(0, 0, 0);
}

static void test_room(void **state)
{
	(void)state;
	open_stream((struct stream_options){.n_recent = 2});
	add_create(3);
	add_lookup();
	update(false);
	assert_violations(2, 2, 0);
	pass_ns(SECOND);
	add_by_nfs();
	update(false);
	assert_violations(2, 3, 1);
	assert_non_null(strstr(text, "nfsd_create"));
	/* Repeats are no new ones. */
	world.paths[0].sample.calls += 5;
	update(true);
	assert_violations(2, 3, 1);
}

/* Nobody was told of it, so it was never in the list, nor dropped from it. */
static void test_suppressed(void **state)
{
	(void)state;
	open_stream((struct stream_options){.n_recent = 2});
	suppress("inode_operations.create.* * never known\n");
	add_create(3);
	add_by_nfs();
	add_lookup();
	update(false);
	assert_int_equal(stream__counts(world.stream).fingerprints, 3);
	assert_violations(1, 1, 0);
}

/* One line of a rule is the most at once: the other one is met, and comes into the list later. */
static void test_held_back(void **state)
{
	(void)state;
	open_stream((struct stream_options){.n_recent = 4, .rate = 0.2});
	add_create(3);
	add_by_nfs();
	update(false);
	assert_violations(1, 2, 0);
	pass_ns(10 * SECOND);
	update(false);
	assert_violations(2, 2, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, free_text)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_none),
		TEST(test_room),
		TEST(test_suppressed),
		TEST(test_held_back),
	};

	return cmocka_run_group_tests_name("violations", tests, NULL, NULL);
}
