/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the histograms: the layout shared with BPF, and what is read from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hist.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* The definition, word for word. */
static unsigned int reference_index(__u64 v)
{
	unsigned int msb = 0, idx;

	if (v < 8)
		return (unsigned int)v;
	while (msb < 63 && v >> (msb + 1))
		msb++;
	idx = ((msb - 2) << 3) + (unsigned int)((v >> (msb - 3)) & 7);
	return idx < VL_HIST_BUCKETS ? idx : VL_HIST_BUCKETS - 1;
}

static void check_value(__u64 v)
{
	unsigned int idx = vl_hist_index(v);

	if (idx != reference_index(v))
		fail_msg("index of %llu is %u, should be %u", (unsigned long long)v, idx, reference_index(v));
	if (v < hist__lower(idx) || v > hist__upper(idx))
		fail_msg("%llu is outside of its bucket %u", (unsigned long long)v, idx);
}

static void test_index(void **state)
{
	unsigned int bit;
	__u64 v;

	(void)state;
	for (v = 0; v < 1 << 20; v++)
		check_value(v);
	for (bit = 1; bit < 64; bit++) {
		v = 1ULL << bit;
		check_value(v - 1);
		check_value(v);
		check_value(v + 1);
		check_value(v + v / 2);
	}
	check_value(UINT64_MAX);
	assert_int_equal(vl_hist_index(8), 8);
	assert_int_equal(vl_hist_index(VL_HIST_MAX_NS), VL_HIST_BUCKETS - 1);
	assert_int_equal(vl_hist_index(VL_HIST_MAX_NS + 1), VL_HIST_BUCKETS - 1);
}

static void test_bounds(void **state)
{
	unsigned int idx;

	(void)state;
	assert_int_equal(hist__lower(0), 0);
	for (idx = 0; idx < VL_HIST_BUCKETS - 1; idx++) {
		assert_int_equal(vl_hist_index(hist__lower(idx)), idx);
		assert_int_equal(vl_hist_index(hist__upper(idx)), idx);
		assert_true(hist__upper(idx) + 1 == hist__lower(idx + 1));
	}
	assert_int_equal(vl_hist_index(hist__lower(idx)), idx);
	assert_true(hist__upper(idx) == UINT64_MAX);
}

static int compare_u64(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

/* A fixed sequence, so that a failure can be repeated. */
static __u64 next_random(__u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void test_percentile(void **state)
{
	static const unsigned int per_mille[] = {1, 10, 250, 500, 900, 990, 999, 1000};
	static __u64 sample[10000];
	struct hist h = {0};
	__u64 seed = 88172645463325252ULL;
	size_t i, n = COUNT_OF(sample);

	(void)state;
	for (i = 0; i < n; i++) {
		sample[i] = next_random(&seed) >> (24 + next_random(&seed) % 40);
		hist__record(&h, sample[i]);
	}
	qsort(sample, n, sizeof(sample[0]), compare_u64);
	assert_int_equal(h.count, n);
	assert_int_equal(h.max, sample[n - 1]);

	for (i = 0; i < COUNT_OF(per_mille); i++) {
		__u64 exact = sample[(n * per_mille[i] + 999) / 1000 - 1];
		__u64 want = hist__upper(vl_hist_index(exact)), got = 0;

		if (want > h.max)
			want = h.max;
		assert_int_equal(hist__percentile(&h, per_mille[i] / 10.0, &got), 0);
		assert_int_equal(got, want);
	}
}

static void test_percentile_edges(void **state)
{
	struct hist h = {0};
	__u64 ns = 42;

	(void)state;
	assert_int_equal(hist__percentile(&h, 50, &ns), -ENODATA);
	hist__record(&h, 1000);
	assert_int_equal(hist__percentile(&h, -1, &ns), -EINVAL);
	assert_int_equal(hist__percentile(&h, 100.5, &ns), -EINVAL);
	assert_int_equal(hist__percentile(&h, NAN, &ns), -EINVAL);
	assert_int_equal(ns, 42);

	assert_int_equal(hist__percentile(&h, 0, &ns), 0);
	assert_int_equal(ns, 1000); /* not 1023: nothing that large was seen */
	h.max = 0;
	assert_int_equal(hist__percentile(&h, 100, &ns), 0);
	assert_int_equal(ns, 1023);
	h.max = 900; /* older than the counts */
	assert_int_equal(hist__percentile(&h, 100, &ns), 0);
	assert_int_equal(ns, 960);
}

static void test_percentile_beyond(void **state)
{
	struct hist h = {0};
	__u64 ns;

	(void)state;
	hist__record(&h, UINT64_MAX);
	assert_int_equal(hist__percentile(&h, 50, &ns), 0);
	assert_true(ns == UINT64_MAX);
	h.max = 0;
	assert_int_equal(hist__percentile(&h, 50, &ns), 0);
	assert_true(ns == VL_HIST_MAX_NS);
}

static void test_rank(void **state)
{
	struct hist h = {0};
	__u64 ns;

	(void)state;
	/* 999 fast ones and a slow one: p99.9 is still fast, the inexact 99.9 notwithstanding. */
	h.counts[1] = 999;
	h.counts[7] = 1;
	h.count = 1000;
	assert_int_equal(hist__percentile(&h, 99.9, &ns), 0);
	assert_int_equal(ns, 1);
	assert_int_equal(hist__percentile(&h, 99.91, &ns), 0);
	assert_int_equal(ns, 7);
}

static void test_merge(void **state)
{
	__u64 counts[VL_HIST_BUCKETS] = {0};
	struct hist h = {0}, sum = {0};

	(void)state;
	counts[3] = 11;
	counts[VL_HIST_BUCKETS - 1] = 100;
	hist__add(&h, counts, 0, 0);
	assert_int_equal(h.count, 111);
	assert_int_equal(h.counts[3], 11);
	assert_int_equal(h.counts[VL_HIST_BUCKETS - 1], 100);
	assert_int_equal(h.max, 0);

	counts[3] = 1;
	counts[VL_HIST_BUCKETS - 1] = 0;
	hist__add(&h, counts, 3, 0);
	assert_int_equal(h.max, 3);
	hist__record(&sum, 70);
	hist__merge(&sum, &h);
	assert_int_equal(sum.count, 113);
	assert_int_equal(sum.max, 70);
	assert_int_equal(sum.counts[3], 12);
}

static void test_cumulative(void **state)
{
	static const __u64 le[] = {0, 15, 1023, (1 << 20) - 1, VL_HIST_MAX_NS >> 1, UINT64_MAX};
	static const __u64 values[] = {0, 15, 16, 1000, 1023, 1024, 1 << 20, 1ULL << 50};
	static const __u64 want[] = {1, 2, 5, 6, 7, 8};
	static const __u64 not_bounds[] = {1000}, descending[] = {1023, 15}, twice[] = {7, 7};
	struct hist h = {0};
	__u64 got[COUNT_OF(le)];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(values); i++)
		hist__record(&h, values[i]);
	assert_int_equal(hist__cumulative(&h, le, COUNT_OF(le), got), 0);
	assert_memory_equal(got, want, sizeof(want));

	assert_true(hist__is_bound(1023));
	assert_false(hist__is_bound(1024));
	assert_false(hist__is_bound(VL_HIST_MAX_NS)); /* its bucket counts larger ones, too */
	got[0] = 42;
	assert_int_equal(hist__cumulative(&h, not_bounds, 1, got), -EINVAL);
	assert_int_equal(hist__cumulative(&h, descending, 2, got), -EINVAL);
	assert_int_equal(hist__cumulative(&h, twice, 2, got), -EINVAL);
	assert_int_equal(got[0], 42);
	assert_int_equal(hist__cumulative(&h, NULL, 0, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_percentile),
		cmocka_unit_test(test_percentile_edges),
		cmocka_unit_test(test_percentile_beyond),
		cmocka_unit_test(test_rank),
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_cumulative),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
