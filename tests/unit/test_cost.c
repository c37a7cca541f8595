// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of what the programs cost: windows in which the kernel counts, and what is assumed after the last one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "cost.h"

#define SECOND 1000000000ULL
#define MS 1000000ULL
#define STATS_FD 900
#define N_PROGRAMS 4 /* of functions: descriptors from 100 on; and one of the locks, 200 */

static __u64 now_ns;
static bool counting, refused;
static int windows;
static struct {
	__u64 runs, ns;
} programs[N_PROGRAMS + 1];

static struct function functions[3];
static struct plan plan;
static struct lock_tracker *const locks = (struct lock_tracker *)&plan; /* there is one */
static struct cost cost;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);
int __wrap_close(int fd);
int __real_close(int fd);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	assert_int_equal(clock, CLOCK_MONOTONIC);
	*ts = (struct timespec){.tv_sec = (time_t)(now_ns / SECOND), .tv_nsec = (long)(now_ns % SECOND)};
	return 0;
}

int __wrap_close(int fd)
{
	if (fd != STATS_FD)
		return __real_close(fd);
	assert_true(counting);
	counting = false;
	return 0;
}

int bpf_enable_stats(enum bpf_stats_type type)
{
	assert_int_equal(type, BPF_STATS_RUN_TIME);
	assert_false(counting);
	if (refused)
		return -EPERM;
	counting = true;
	windows++;
	return STATS_FD;
}

int bpf_obj_get_info_by_fd(int fd, void *info, __u32 *len)
{
	struct bpf_prog_info *i = info;
	int at = fd == 200 ? N_PROGRAMS : fd - 100;

	assert_int_equal(*len, sizeof(*i));
	assert_true(at >= 0 && at <= N_PROGRAMS);
	i->run_cnt = programs[at].runs;
	i->run_time_ns = programs[at].ns;
	return 0;
}

int locks__n_programs(const struct lock_tracker *t)
{
	assert_ptr_equal(t, locks);
	return 1;
}

int locks__program(const struct lock_tracker *t, int i)
{
	assert_ptr_equal(t, locks);
	assert_int_equal(i, 0);
	return 200;
}

static int set_up(void **state)
{
	(void)state;
	now_ns = 1000 * SECOND;
	counting = refused = false;
	windows = 0;
	memset(programs, 0, sizeof(programs));
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 2; k++)
			functions[i].programs[k] = 2 * i + k < N_PROGRAMS ? 100 + 2 * i + k : -1;
	plan = (struct plan){.functions = functions, .n_functions = 3};
	cost__start(&cost);
	return 0;
}

/* The programs run; the kernel adds that up only while it counts. */
static void run(int at, __u64 runs, __u64 ns)
{
	if (counting) {
		programs[at].runs += runs;
		programs[at].ns += ns;
	}
}

/* A window of 20 ms with so much run time, and the pause after it. */
static void sample(__u64 runs, __u64 ns)
{
	cost__tick(&cost, &plan, NULL);
	assert_true(counting);
	run(0, runs, ns);
	now_ns += 20 * MS;
	cost__tick(&cost, &plan, NULL);
	assert_false(counting);
	now_ns += SECOND;
}

static void test_nothing(void **state)
{
	(void)state;
	assert_true(cost__cpu_share(&cost) < 0);
	assert_int_equal(cost.stats_fd, -1);
	cost__stop(&cost, &plan, NULL);
	cost__assume(&cost, 1000000);
	assert_true(cost__cpu_share(&cost) < 0);
	assert_int_equal(cost.run_ns, 0);
}

static void test_windows(void **state)
{
	(void)state;
	for (int i = 0; i <= N_PROGRAMS; i++)
		programs[i].runs = programs[i].ns = 1000; /* of another time */
	cost__tick(&cost, &plan, locks);
	assert_int_equal(windows, 1);
	run(0, 10, 1 * MS);
	run(3, 5, 2 * MS);
	run(N_PROGRAMS, 1, 1 * MS);
	now_ns += 20 * MS - 1;
	cost__tick(&cost, &plan, locks);
	assert_true(counting);
	assert_int_equal(cost.sampled_ns, 0);
	now_ns += 1;
	cost__tick(&cost, &plan, locks);
	assert_false(counting);
	assert_int_equal(cost.stats_fd, -1);
	assert_int_equal(cost.sampled_ns, 20 * MS);
	assert_int_equal(cost.runs, 16);
	assert_int_equal(cost.run_ns, 4 * MS);
	assert_true(cost__cpu_share(&cost) == 0.2);
	/* A fiftieth of the time, in which nothing ran. */
	now_ns += 980 * MS - 1;
	cost__tick(&cost, &plan, locks);
	assert_false(counting);
	now_ns += 1;
	cost__tick(&cost, &plan, locks);
	assert_true(counting);
	now_ns += 60 * MS; /* whoever polls is late: it is as long as it was */
	cost__tick(&cost, &plan, locks);
	assert_int_equal(cost.sampled_ns, 80 * MS);
	assert_int_equal(cost.runs, 16);
	assert_true(cost__cpu_share(&cost) == 0.05);
}

/* The end of an audit within a window. */
static void test_stop(void **state)
{
	(void)state;
	cost__tick(&cost, &plan, NULL);
	run(1, 7, 3 * MS);
	now_ns += 10 * MS;
	cost__stop(&cost, &plan, NULL);
	assert_false(counting);
	assert_int_equal(cost.sampled_ns, 10 * MS);
	assert_int_equal(cost.run_ns, 3 * MS);
	now_ns += 10 * MS;
	cost__stop(&cost, &plan, NULL);
	assert_int_equal(cost.sampled_ns, 10 * MS);
}

static void test_refused(void **state)
{
	(void)state;
	refused = true;
	cost__tick(&cost, &plan, NULL);
	assert_true(cost.unavailable);
	refused = false;
	now_ns += 10 * SECOND;
	cost__tick(&cost, &plan, NULL);
	assert_false(counting);
	cost__stop_sampling(&cost, &plan, NULL, 100000, 10 * SECOND);
	cost__assume(&cost, 200000);
	assert_true(cost.unavailable);
	assert_true(cost__cpu_share(&cost) < 0);
}

/* A tenth of one CPU for 10 s in which there were 100,000 calls: 10 us of each. */
static void test_assume(void **state)
{
	(void)state;
	sample(40, 2 * MS);
	sample(40, 2 * MS);
	cost__stop_sampling(&cost, &plan, NULL, 100000, 10 * SECOND);
	assert_false(cost.unavailable);
	assert_true(cost.ns_per_call > 9999.9 && cost.ns_per_call < 10000.1);
	/* Never again is the kernel asked. */
	now_ns += 5 * SECOND;
	cost__tick(&cost, &plan, NULL);
	assert_int_equal(windows, 2);
	assert_int_equal(cost.run_ns, 4 * MS);
	/* A thousand calls in 5 s. */
	cost__assume(&cost, 101000);
	assert_in_range(cost.run_ns, 14 * MS - 10, 14 * MS + 10);
	assert_int_equal(cost.sampled_ns, 5 * SECOND + 40 * MS);
	/* None in the next. */
	now_ns += SECOND;
	cost__assume(&cost, 101000);
	assert_in_range(cost.run_ns, 14 * MS - 10, 14 * MS + 10);
	assert_int_equal(cost.sampled_ns, 6 * SECOND + 40 * MS);
	assert_true(cost__cpu_share(&cost) > 0.0023 && cost__cpu_share(&cost) < 0.0024);
	/* Counts that fell tell nothing. */
	now_ns += SECOND;
	cost__assume(&cost, 100999);
	assert_int_equal(cost.sampled_ns, 6 * SECOND + 40 * MS);
	cost__assume(&cost, 101001);
	assert_int_equal(cost.sampled_ns, 7 * SECOND + 40 * MS);
	assert_in_range(cost.run_ns, 14 * MS + 9990, 14 * MS + 10010);
}

/* A window that is open is part of it. */
static void test_stop_sampling_open(void **state)
{
	(void)state;
	cost__tick(&cost, &plan, NULL);
	run(0, 10, 1 * MS);
	now_ns += 10 * MS;
	cost__stop_sampling(&cost, &plan, NULL, 1000, SECOND);
	assert_false(counting);
	assert_int_equal(cost.sampled_ns, 10 * MS);
	/* A tenth of a CPU, a second, a thousand calls. */
	assert_true(cost.ns_per_call > 99999 && cost.ns_per_call < 100001);
}

/* What too little was seen of is not guessed. */
static void test_too_little(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		set_up(NULL);
		if (i)
			sample(i == 1 ? 10 : 0, i == 1 ? MS : 0); /* what is sampled, but nothing ran */
		cost__stop_sampling(&cost, &plan, NULL, i == 1 ? 999 : 100000, SECOND);
		assert_true(cost.unavailable);
		assert_true(cost.ns_per_call == 0);
		now_ns += SECOND;
		cost__assume(&cost, 1000000);
		assert_int_equal(cost.sampled_ns, i ? 20 * MS : 0);
		assert_int_equal(cost.run_ns, i == 1 ? MS : 0);
		cost__tick(&cost, &plan, NULL);
		assert_false(counting);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),    TEST(test_windows), TEST(test_stop),
		TEST(test_refused),    TEST(test_assume),  TEST(test_stop_sampling_open),
		TEST(test_too_little),
	};

	return cmocka_run_group_tests_name("cost", tests, NULL, NULL);
}
