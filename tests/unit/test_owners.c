// SPDX-License-Identifier: GPL-2.0-only
/* Where the programs find who is audited: every owner at an index of its own, everybody else nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "owners.h"

/* What bpf/owners.h does. */
static int looked_up(const struct vl_control *c, __u64 object)
{
	__u32 i = vl_owner_index((__u32)object, c->multiplier);

	return c->owners[i] == object ? (int)i : -1;
}

static void fill(struct owner *owners, int n)
{
	/* Like the addresses of a slab cache: 2 KiB apart. */
	for (int i = 0; i < n; i++)
		owners[i] = (struct owner){.address = 0xffff888012340000ULL + 2048ULL * (__u64)i, .target = i};
}

static void each_finds_its_own(struct owner *owners, int n)
{
	struct vl_control c = {.multiplier = owners__place(owners, n)};

	assert_int_not_equal(c.multiplier, 0);
	owners__write(owners, n, c.owners);
	for (int i = 0; i < n; i++)
		assert_int_equal(looked_up(&c, owners[i].address), owners[i].index);
	assert_int_equal(looked_up(&c, 0), -1);
	for (__u64 other = 0xffff888012340400ULL; other < 0xffff888012380000ULL; other += 2048)
		assert_int_equal(looked_up(&c, other), -1);
}

static void test_one(void **state)
{
	struct owner one;

	(void)state;
	fill(&one, 1);
	each_finds_its_own(&one, 1);
}

static void test_many(void **state)
{
	struct owner many[32];

	(void)state;
	for (int n = 2; n <= 32; n++) {
		fill(many, n);
		each_finds_its_own(many, n);
	}
}

static void test_too_many(void **state)
{
	struct owner many[VL_OWNERS + 1];

	(void)state;
	fill(many, VL_OWNERS + 1);
	assert_int_equal(owners__place(many, VL_OWNERS + 1), 0);
}

/* The index is made of the lower half alone: two that share it cannot be told apart, and that is said. */
static void test_equal_halves(void **state)
{
	struct owner two[2] = {{.address = 0xffff888012340000ULL}, {.address = 0xffff889012340000ULL}};

	(void)state;
	assert_int_equal(owners__place(two, 2), 0);
}

static void test_nobody(void **state)
{
	struct vl_control c;
	struct owner one;

	(void)state;
	memset(&c, 0xff, sizeof(c));
	fill(&one, 1);
	c.multiplier = owners__place(&one, 1);
	owners__write(NULL, 0, c.owners);
	for (int i = 0; i < VL_OWNERS; i++)
		assert_true(c.owners[i] == VL_NOBODY);
	assert_int_equal(looked_up(&c, one.address), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),          cmocka_unit_test(test_many),   cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_equal_halves), cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
