// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the hash index: what was added is found, and nothing else, however many share a hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "index.h"

#define MANY 10000

static int records[MANY];

static int same(const void *all, int at, const void *key)
{
	return ((const int *)all)[at] == *(const int *)key;
}

static int find(const struct index *x, __u64 hash, int key)
{
	return index__find(x, hash, same, records, &key);
}

static __u64 hash_of(int key)
{
	return index__hash(&key, sizeof(key), 0);
}

static int set_up(void **state)
{
	(void)state;
	for (int i = 0; i < MANY; i++)
		records[i] = 7 * i;
	return 0;
}

/* FNV-1a, as its authors publish it. */
static void test_hash(void **state)
{
	(void)state;
	assert_true(index__hash("", 0, 0) == 0xcbf29ce484222325ULL);
	assert_true(index__hash("a", 1, 0) == 0xaf63dc4c8601ec8cULL);
	assert_true(index__hash("foobar", 6, 0) == 0x85944171f73967e8ULL);
	/* Chained, it is the hash of both. */
	assert_true(index__hash("bar", 3, index__hash("foo", 3, 0)) == 0x85944171f73967e8ULL);
}

/* The one product that is 0 must not pass for a free slot. */
static void test_hash_never_zero(void **state)
{
	(void)state;
	assert_true(index__hash("a", 1, 'a') == 1);
}

static void test_empty(void **state)
{
	struct index x = {0};

	(void)state;
	assert_int_equal(find(&x, 1, 0), -ENOENT);
	index__clear(&x);
	assert_int_equal(find(&x, 1, 0), -ENOENT);
	index__free(&x);
}

static void test_growth(void **state)
{
	struct index x = {0};

	(void)state;
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(index__add(&x, hash_of(records[i]), i), 0);
		/* Half of it stays free, or a search would not end. */
		assert_true(x.n == (size_t)i + 1 && x.n <= x.room / 2);
		assert_int_equal(find(&x, hash_of(records[i / 2]), records[i / 2]), i / 2);
	}
	assert_true(x.room < 8 * MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(find(&x, hash_of(records[i]), records[i]), i);
	for (int key = 0; key < MANY; key++)
		if (key % 7)
			assert_int_equal(find(&x, hash_of(key), key), -ENOENT);
	index__free(&x);
	assert_int_equal(x.room, 0);
	assert_int_equal(find(&x, hash_of(0), 0), -ENOENT);
}

/* All have one hash, whose place is the last of the table: they are told apart by key, round its end too. */
static void test_collisions(void **state)
{
	static const __u64 hash = 0x00000000ffffffffULL;
	struct index x = {0};

	(void)state;
	for (int i = 0; i < 600; i++) {
		assert_int_equal(index__add(&x, hash, i), 0);
		assert_int_equal(find(&x, hash, records[i]), i);
		assert_int_equal(find(&x, hash, records[i + 1]), -ENOENT);
	}
	for (int i = 0; i < 600; i++)
		assert_int_equal(find(&x, hash, records[i]), i);
	/* Another hash that begins at the same place, and that key under it. */
	assert_int_equal(find(&x, 0xffffffff00000000ULL, records[3]), -ENOENT);
	assert_int_equal(index__add(&x, 0xffffffff00000000ULL, 700), 0);
	assert_int_equal(find(&x, 0xffffffff00000000ULL, records[700]), 700);
	assert_int_equal(find(&x, hash, records[700]), -ENOENT);
	index__free(&x);
}

static void test_clear(void **state)
{
	struct index x = {0};
	size_t room;

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(index__add(&x, hash_of(records[i]), i), 0);
	room = x.room;
	index__clear(&x);
	assert_int_equal(x.room, room);
	assert_int_equal(x.n, 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(find(&x, hash_of(records[i]), records[i]), -ENOENT);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(index__add(&x, hash_of(records[i]), 999 - i), 0);
	assert_int_equal(x.room, room);
	records[999] = records[0];
	assert_int_equal(find(&x, hash_of(records[0]), records[0]), 999);
	index__free(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_hash_never_zero),
		cmocka_unit_test(test_empty),
		cmocka_unit_test_setup(test_growth, set_up),
		cmocka_unit_test_setup(test_collisions, set_up),
		cmocka_unit_test_setup(test_clear, set_up),
	};

	return cmocka_run_group_tests_name("index", tests, NULL, NULL);
}
