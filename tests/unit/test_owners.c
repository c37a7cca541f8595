// SPDX-License-Identifier: GPL-2.0-only
/* Where the programs find who is audited: every owner at an index of its own, everybody else nowhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "owners.h"

/* As many as are documented, of as many types as are told apart. */
#define FILESYSTEMS 64
#define TYPES 15

/* What bpf/owners.h does. */
static int looked_up(const struct vl_control *c, __u64 object)
{
	__u32 i = vl_owner_index((__u32)object, c->multiplier);

	return c->owners[i].watched == object ? (int)i : -1;
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
	owners__clear(&c);
	owners__watch(&c, owners, n);
	for (int i = 0; i < VL_OWNERS; i++)
		assert_true(c.owners[i].counted == VL_NOBODY);
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

/*
 * As many as can be audited, each on a disk of its own, with addresses as the allocator gives them: super_blocks are
 * 2 KiB apart and disks 1 KiB, somewhere in 3 GiB. Whatever they are, they find their places, and with few tries.
 */
static void test_all_filesystems(void **state)
{
	struct owner all[2 * FILESYSTEMS + TYPES];
	__u32 random = 1;

	(void)state;
	for (int run = 0; run < 200; run++) {
		int n = 0;

		for (int i = 0; i < FILESYSTEMS; i++) {
			random = random * 1664525U + 1013904223U;
			all[n++].address = 0xffff888100000000ULL + (random >> 11) % 0x180000 * 2048ULL;
			random = random * 1664525U + 1013904223U;
			all[n++].address = 0xffff888100000400ULL + (random >> 11) % 0x180000 * 2048ULL;
		}
		for (int i = 0; i < TYPES; i++)
			all[n++].address = 0xffffffffc0a01000ULL + 0x35000ULL * (__u64)i;
		/* By chance two may be the same address: that is another test's. */
		for (int i = 0; i < n; i++)
			for (int k = 0; k < i; k++)
				all[i].address += all[i].address == all[k].address ? 8 : 0;
		assert_int_not_equal(owners__place(all, n), 0);
		for (int i = 0; i < n; i++)
			for (int k = 0; k < i; k++)
				assert_int_not_equal(all[i].index, all[k].index);
	}
}

static void test_too_many(void **state)
{
	static struct owner many[VL_OWNERS + 1];

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
	owners__clear(&c);
	for (int i = 0; i < VL_OWNERS; i++)
		assert_true(c.owners[i].counted == VL_NOBODY && c.owners[i].watched == VL_NOBODY);
	assert_int_equal(looked_up(&c, one.address), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_all_filesystems),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_equal_halves),
		cmocka_unit_test(test_nobody),
	};

	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
