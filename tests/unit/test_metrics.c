// SPDX-License-Identifier: GPL-2.0-only
/* What is published of an audit: series that start at 0, totals that never go down, bounds on how many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "made_up.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct metrics *metrics;

static int set_up(void **state)
{
	(void)state;
	made_up__reset(true);
	return metrics__open(&metrics);
}

static int tear_down(void **state)
{
	(void)state;
	metrics__free(metrics);
	return 0;
}

/* To be freed. */
static char *written(bool openmetrics)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(metrics__write(metrics, &made_up.audit, &made_up.state, openmetrics, out), 0);
	fclose(out);
	return text;
}

/* The value of the series that is written exactly so, or NULL. */
static const char *find_value(const char *text, const char *series)
{
	size_t n = strlen(series);

	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL)
		if (!strncmp(line, series, n) && line[n] == ' ')
			return line + n + 1;
	return NULL;
}

static double value(const char *text, const char *series)
{
	const char *found = find_value(text, series);

	if (!found)
		fail_msg("no series %s", series);
	return strtod(found, NULL);
}

#define RULE(family, evidence)                                                                                         \
	family "{fs=\"ext4\",ops=\"inode_operations\",method=\"create\",rule=\"inode_operations.create.i_rwsem."       \
	       "dir\"" evidence "}"

static void test_bounds(void **state)
{
	size_t n;
	const __u64 *b = metrics__bounds(&n);

	(void)state;
	assert_int_equal(n, 47); /* two per power of two from 2^10 to 2^33 */
	assert_int_equal(b[0], 1023);
	assert_int_equal(b[1], 1535);
	assert_int_equal(b[2], 2047);
	assert_int_equal(b[n - 1], (1ULL << 33) - 1);
	for (size_t i = 0; i < n; i++) {
		assert_true(hist__is_bound(b[i]));
		assert_true(!i || b[i] > b[i - 1]);
	}
}

/* Nothing was called yet: every series of every rule in force is there, so that its first breach is seen to come. */
static void test_start_at_zero(void **state)
{
	const char *why;
	int seen = 0;
	char *text;

	(void)state;
	for (int t = 0; t < MADE_TYPES; t++)
		for (int i = 0; i < made_up.n_rows[t]; i++)
			made_up.rows[t][i].calls = 0;
	text = written(false);
	for (int i = 0; i < made_up.audit.plan.n_functions; i++) {
		const struct function *f = &made_up.functions[i];

		if (f->method < 0)
			continue;
		for (int k = 0; k < methods[f->method].n_rules; k++) {
			const struct rule *r = &rules[methods[f->method].first_rule + k];
			char series[512];

			if (!plan__rule_active(&made_up.audit.plan, r, &why))
				continue;
			snprintf(series, sizeof(series),
				 "vfslock_violations_total{fs=\"%s\",ops=\"%s\",method=\"%s\",rule=\"%s\",evidence="
				 "\"proof\"}",
				 f->filesystems, ops_structs[f->ops].name, f->method_name, r->id);
			assert_true(value(text, series) == 0);
			seen++;
		}
	}
	assert_in_range(seen, 80, 300);
	assert_true(value(text, RULE("vfslock_rule_checks_total", ",evidence=\"proof\"")) == 0);
	assert_true(value(text, RULE("vfslock_undecided_total", "")) == 0);
	assert_true(value(text, RULE("vfslock_suppressed_total", "")) == 0);
	assert_true(value(text, "vfslock_calls_total{fs=\"xfs\",ops=\"inode_operations\",method=\"create\"}") == 0);
	free(text);
}

/* Series that could never count are not there: an exclusive lock has an owner, sleeping is not proven. */
static void test_evidence(void **state)
{
	char *text = written(false);

	(void)state;
	assert_null(find_value(text, RULE("vfslock_rule_checks_total", ",evidence=\"likely\"")));
	assert_null(find_value(text, RULE("vfslock_drift_total", ",evidence=\"proof\"")));
	assert_true(value(text, "vfslock_rule_checks_total{fs=\"ext4\",ops=\"inode_operations\",method=\"lookup\",rule="
				"\"inode_operations.lookup.i_rwsem.dir\",evidence=\"proof\"}") == 8412907 / 4);
	assert_true(value(text,
			  "vfslock_rule_checks_total{fs=\"ext4\",ops=\"inode_operations\",method=\"lookup\",rule="
			  "\"inode_operations.lookup.i_rwsem.dir\",evidence=\"likely\"}") == 8412907 - 8412907 / 4);
	assert_null(find_value(text, "vfslock_rule_checks_total{fs=\"ext4\",ops=\"inode_operations\",method=\"lookup\","
				     "rule=\"inode_operations.lookup.may_block.task\",evidence=\"proof\"}"));
	free(text);
}

/* What becomes of the breaches of one rule, from one document to the next. */
struct step {
	__u64 violations, drifts, suppressed, undecided; /* as judged */
	__u64 published[4];                              /* the same, as published so far */
	bool rebase;                                     /* other suppressions are in force since the step before */
};

static void set_breach(const struct step *s)
{
	made_up.n_breaches = 1;
	made_up.breaches[0] = (struct made_breach){.fs = "ext4",
						   .rule = "inode_operations.create.i_rwsem.dir",
						   .seen = SEEN_FREE,
						   .violations = s->violations,
						   .drifts = s->drifts,
						   .suppressed = s->suppressed,
						   .undecided = s->undecided};
}

static void take_steps(const struct step *steps, size_t n)
{
	static const char *const series[] = {RULE("vfslock_violations_total", ",evidence=\"proof\""),
					     RULE("vfslock_drift_total", ",evidence=\"proof\""),
					     RULE("vfslock_suppressed_total", ""), RULE("vfslock_undecided_total", "")};

	for (size_t i = 0; i < n; i++) {
		char *text;

		set_breach(&steps[i]);
		if (steps[i].rebase)
			assert_int_equal(metrics__rebase(metrics, &made_up.audit), 0);
		text = written(false);
		for (int k = 0; k < 4; k++) {
			const char *v = find_value(text, series[k]);

			/* The rule has no drift: its series comes with the first. */
			if ((v ? strtoull(v, NULL, 10) : 0) != steps[i].published[k])
				fail_msg("step %zu: %s is %.20s", i, series[k], v ? v : "not there");
		}
		free(text);
	}
}

static void test_growth(void **state)
{
	static const struct step steps[] = {
		{0, 0, 0, 0, {0, 0, 0, 0}, false},
		{5, 0, 0, 1, {5, 0, 0, 1}, false},
		{5, 0, 0, 1, {5, 0, 0, 1}, false},
		{9, 3, 2, 1, {9, 3, 2, 1}, false},
	};

	(void)state;
	take_steps(steps, COUNT(steps));
}

/* Violations that become doubtful stay published, and are not undecided calls that would be new. */
static void test_doubt(void **state)
{
	static const struct step steps[] = {
		{5, 0, 0, 0, {5, 0, 0, 0}, false}, {0, 0, 0, 5, {5, 0, 0, 0}, false},
		{0, 0, 0, 6, {5, 0, 0, 1}, false}, /* one more in doubt */
		{8, 0, 0, 0, {8, 0, 0, 1}, false}, /* more than can be mixed: all were violations */
		{0, 4, 0, 8, {8, 4, 0, 1}, false}, /* doubt again, and drift beside it */
		{0, 4, 0, 9, {8, 4, 0, 2}, false},
	};

	(void)state;
	take_steps(steps, COUNT(steps));
}

/* A call is first met without its stack: once it has one, nobody must miss the violation. */
static void test_decided_later(void **state)
{
	static const struct step steps[] = {
		{0, 0, 0, 1, {0, 0, 0, 1}, false},
		{1, 0, 0, 0, {1, 0, 0, 1}, false},
		{1, 0, 0, 1, {1, 0, 0, 2}, false},
	};

	(void)state;
	take_steps(steps, COUNT(steps));
}

/* Folios that were unlocked late are no breaches any more; the next one that is stuck is. */
static void test_falls(void **state)
{
	static const __u64 steps[][2] = {{5, 5}, {0, 5}, {1, 6}}; /* as judged, as published */

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		char *text;

		made_up.n_breaches = 1;
		made_up.breaches[0] =
			(struct made_breach){.fs = "ext4",
					     .rule = "address_space_operations.read_folio.folio_lock.folio.after",
					     .seen = SEEN_NOT_UNLOCKED,
					     .violations = steps[i][0]};
		text = written(false);
		assert_true(value(text, "vfslock_violations_total{fs=\"ext4\",ops=\"address_space_operations\",method="
					"\"read_folio\","
					"rule=\"address_space_operations.read_folio.folio_lock.folio.after\",evidence="
					"\"proof\"}") == (double)steps[i][1]);
		free(text);
	}
}

/* Old calls do not come back under a new name, whichever way the suppressions changed. */
static void test_suppressions(void **state)
{
	static const struct step steps[] = {
		{5, 0, 0, 0, {5, 0, 0, 0}, false}, {0, 0, 5, 0, {5, 0, 0, 0}, true},  {0, 0, 7, 0, {5, 0, 2, 0}, false},
		{7, 0, 0, 0, {5, 0, 2, 0}, true},  {8, 0, 0, 0, {6, 0, 2, 0}, false},
	};

	(void)state;
	take_steps(steps, COUNT(steps));
}

/* An audit that is started anew has none of the old breaches, in whatever state they were. */
static void test_breaches_anew(void **state)
{
	static const struct step steps[] = {
		{4, 2, 3, 9, {4, 2, 3, 9}, false},
		{0, 0, 0, 0, {4, 2, 3, 9}, true},
		{1, 1, 1, 2, {5, 3, 4, 11}, false},
	};

	(void)state;
	take_steps(steps, COUNT(steps));
}

/* What happened since the last document is published under what it was, if that is taken in before the change. */
static void test_update_before_change(void **state)
{
	static const struct step now = {.violations = 5}, then = {.suppressed = 5};
	char *text;

	(void)state;
	set_breach(&now);
	assert_int_equal(metrics__update(metrics, &made_up.audit), 0);
	set_breach(&then);
	assert_int_equal(metrics__rebase(metrics, &made_up.audit), 0);
	text = written(false);
	assert_true(value(text, RULE("vfslock_violations_total", ",evidence=\"proof\"")) == 5);
	assert_true(value(text, RULE("vfslock_suppressed_total", "")) == 0);
	free(text);
}

/* An audit that is started anew counts from 0; what is published goes on. */
static void test_started_anew(void **state)
{
	static const char series[] = "vfslock_calls_total{fs=\"ext4\",ops=\"inode_operations\",method=\"create\"}";
	struct made_row *row = made_up__row(0, "inode_operations", "create");
	static const struct {
		__u64 calls;
		bool rebase;
		double published;
	} rows[] = {{100, false, 100}, {90, false, 100}, {0, true, 100}, {3, false, 103}};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text;

		row->calls = rows[i].calls;
		if (rows[i].rebase)
			assert_int_equal(metrics__rebase(metrics, &made_up.audit), 0);
		text = written(false);
		assert_true(value(text, series) == rows[i].published);
		free(text);
	}
}

static void test_histograms(void **state)
{
	char *text = written(false);
	const char labels[] = "{fs=\"ext4\",ops=\"file_operations\",method=\"fsync\"}";
	char series[256];

	(void)state;
	snprintf(series, sizeof(series), "vfslock_method_duration_seconds_count%s", labels);
	assert_true(value(text, series) > 40000);
	snprintf(series, sizeof(series), "vfslock_method_duration_seconds_sum%s", labels);
	assert_true(value(text, series) > 10);
	assert_non_null(strstr(text,
			       "vfslock_method_duration_seconds_bucket{fs=\"ext4\",ops=\"file_operations\",method="
			       "\"fsync\",le=\"1.023e-06\"} 0\n"));
	assert_non_null(strstr(text, "method=\"fsync\",le=\"8.589934591\"}"));
	assert_non_null(strstr(text, "vfslock_folio_unlock_seconds_bucket{fs=\"xfs\",ops=\"address_space_operations\","
				     "method=\"readahead\",le=\"+Inf\"}"));
	assert_null(strstr(text, "vfslock_method_duration_seconds_count{fs=\"ext4\",ops=\"inode_operations\",method="
				 "\"create\"}"));
	free(text);
}

static void test_functions(void **state)
{
	char *text = written(false);

	(void)state;
	assert_true(value(text, "vfslock_functions{state=\"attached\",reason=\"\"}") == 60);
	assert_true(value(text, "vfslock_functions{state=\"kprobe\",reason=\"arguments\"}") == 1);
	assert_true(value(text, "vfslock_functions{state=\"kprobe\",reason=\"no_btf\"}") == 1);
	assert_true(value(text, "vfslock_functions{state=\"entry_only\",reason=\"ambiguous_name\"}") == 1);
	assert_true(value(text, "vfslock_functions{state=\"refused\",reason=\"verifier\"}") == 1);
	assert_true(value(text, "vfslock_functions{state=\"refused\",reason=\"rights\"}") == 0);
	assert_true(value(text, "vfslock_functions{state=\"undocumented\",reason=\"\"}") == 1);
	assert_null(find_value(text, "vfslock_functions{state=\"refused\",reason=\"\"}"));
	assert_true(value(text, "vfslock_can_attach") == 1);
	free(text);
	/* The user asked for other rules, and a right was given up. */
	made_up.functions[0].unwanted = true;
	made_up.audit.sealed = true;
	text = written(false);
	assert_true(value(text, "vfslock_functions{state=\"attached\",reason=\"\"}") == 59);
	assert_true(value(text, "vfslock_can_attach") == 0);
	free(text);
}

static void test_mounts(void **state)
{
	char *text = written(false);

	(void)state;
	assert_true(value(text, "vfslock_mounts{fs=\"ext4\",state=\"audited\"}") == 2);
	assert_true(value(text, "vfslock_mounts{fs=\"ext4\",state=\"absent\"}") == 0);
	assert_true(value(text, "vfslock_mounts{fs=\"\",state=\"absent\"}") == 0);
	free(text);
	made_up__reset(false);
	made_up.targets[1].unmounted = true;
	made_up.targets[2].removed = made_up.targets[2].unmounted = true;
	text = written(false);
	assert_true(value(text, "vfslock_mounts{fs=\"ext4\",state=\"audited\"}") == 1);
	assert_true(value(text, "vfslock_mounts{fs=\"ext4\",state=\"absent\"}") == 1);
	assert_true(value(text, "vfslock_mounts{fs=\"xfs\",state=\"absent\"}") == 0);
	assert_true(value(text, "vfslock_mounts{fs=\"\",state=\"absent\"}") == 1);
	free(text);
	/* Another path to a filesystem that is audited. */
	made_up.targets[1].same_as = &made_up.targets[0];
	text = written(false);
	assert_true(value(text, "vfslock_mounts{fs=\"ext4\",state=\"audited\"}") == 2);
	assert_true(value(text, "vfslock_mounts{fs=\"ext4\",state=\"absent\"}") == 0);
	free(text);
}

static void test_lost(void **state)
{
	char *text;

	(void)state;
	text = written(false);
	assert_true(value(text, "vfslock_lost_total{reason=\"ring_full\"}") == 0);
	assert_true(value(text, "vfslock_lost_total{reason=\"recursion\"}") == 4);
	assert_null(find_value(text, "vfslock_lost_total{reason=\"lock_unseen\"}"));
	assert_null(strstr(text, "vfslock_lock_"));
	free(text);
	made_up__reset(false);
	text = written(false);
	assert_true(value(text, "vfslock_lost_total{reason=\"ring_full\"}") == 1204);
	assert_true(value(text, "vfslock_lost_total{reason=\"lock_unseen\"}") == 3);
	assert_true(value(text, "vfslock_lost_total{reason=\"lock_missed\"}") == 5);
	assert_true(value(text, "vfslock_lock_acquisitions_total{class=\"i_rwsem\"}") == 9000000);
	assert_non_null(find_value(text, "vfslock_lock_contended_total{class=\"d_lock\"}"));
	assert_null(find_value(text, "vfslock_lock_acquisitions_total{class=\"d_lock\"}"));
	assert_null(find_value(text, "vfslock_lock_hold_seconds_count{class=\"d_lock\"}"));
	free(text);
}

/* The estimate goes on from sample to sample: as much of the time that passed as of the time that was sampled. */
static void test_run_time(void **state)
{
	struct audit *a = &made_up.audit;
	char *text;

	(void)state;
	a->stop_ns = a->start_ns + 10000000000ULL;
	a->cost = (struct cost){.stats_fd = -1, .sampled_ns = 200000000, .run_ns = 20000000, .runs = 1};
	text = written(false);
	assert_true(value(text, "vfslock_bpf_run_seconds_total") == 1);
	assert_true(value(text, "vfslock_bpf_sampled_seconds_total") == 0.2);
	assert_true(value(text, "vfslock_bpf_cpu_ratio") == 0.1);
	free(text);
	/* Idle since: the share falls, the total does not. */
	a->stop_ns += 10000000000ULL;
	a->cost.sampled_ns = 400000000;
	text = written(false);
	assert_true(value(text, "vfslock_bpf_run_seconds_total") == 1);
	assert_true(value(text, "vfslock_bpf_cpu_ratio") == 0.05);
	free(text);
	/* Sampling was given up: all time that passes is accounted for, by calls. */
	a->stop_ns += 10000000000ULL;
	a->cost.ns_per_call = 100;
	a->cost.sampled_ns += 10000000000ULL;
	a->cost.run_ns += 3000000000ULL;
	text = written(false);
	assert_true(value(text, "vfslock_bpf_run_seconds_total") == 4);
	free(text);
	a->cost.unavailable = true;
	text = written(false);
	assert_null(strstr(text, "vfslock_bpf_"));
	free(text);
}

static void test_process(void **state)
{
	char *text = written(false);
	double started = value(text, "process_start_time_seconds"), now = (double)time(NULL);

	(void)state;
	assert_true(started <= now + 1 && started > now - 3600);
	assert_true(value(text, "process_resident_memory_bytes") > 1000000);
	assert_in_range(value(text, "process_open_fds"), 3, 1000);
	assert_true(value(text, "process_cpu_seconds_total") > 0);
	free(text);
}

/* --------------------------------------------------------------------------------------------------- as a whole ----
 */

static int by_text(const void *pa, const void *pb)
{
	return strcmp(*(char *const *)pa, *(char *const *)pb);
}

/* The lines with a value, of @text, which is cut up; sorted. Returns how many. */
static size_t series(char *text, char **out, size_t size)
{
	size_t n = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (*line != '#') {
			assert_true(n < size);
			*strrchr(line, ' ') = '\0';
			out[n++] = line;
		}
	qsort(out, n, sizeof(*out), by_text);
	return n;
}

static void test_bounded(void **state)
{
	static char *lines[20000];
	int of_type[MADE_TYPES] = {0}, others = 0;
	size_t n;
	char *text;

	(void)state;
	made_up__reset(false);
	text = written(false);
	n = series(text, lines, COUNT(lines));
	for (size_t i = 0; i < n; i++) {
		if (i && !strcmp(lines[i], lines[i - 1]))
			fail_msg("twice: %s", lines[i]);
		if (strstr(lines[i], "fs=\"ext4\""))
			of_type[0]++;
		else if (strstr(lines[i], "fs=\"xfs\""))
			of_type[1]++;
		else
			others++;
		/* No series is of a process, a path or a call. */
		assert_null(strstr(lines[i], "/srv"));
		assert_null(strstr(lines[i], "41207"));
		assert_null(strstr(lines[i], "script"));
		assert_null(strstr(lines[i], "0x"));
	}
	for (int t = 0; t < MADE_TYPES; t++)
		assert_in_range(of_type[t], 100, metrics__max_series(&made_up.audit.plan, false));
	assert_in_range(others, 1000, METRICS_OTHER_SERIES);
	free(text);
}

/* metrics.h tells these numbers. */
static void test_max_series(void **state)
{
	static const int kernels[] = {5 << 8 | 10, 6 << 8 | 1, 6 << 8 | 12, 7 << 8 | 2};

	(void)state;
	for (size_t i = 0; i < COUNT(kernels); i++) {
		made_up.audit.plan.kernel = kernels[i];
		assert_in_range(metrics__max_series(&made_up.audit.plan, false), 1000, 1800);
		assert_in_range(metrics__max_series(&made_up.audit.plan, true), 5000, 8400);
	}
}

/* Runs @command on a document; skips where @probe tells that it is not installed. */
static void check_with(const char *probe, const char *command, bool openmetrics)
{
	if (system(probe)) {
		print_message("not installed: %s\n", command);
		skip();
	}
	for (int healthy = 0; healthy < 2; healthy++) {
		char *text;
		FILE *to;

		made_up__reset(healthy);
		text = written(openmetrics);
		to = popen(command, "we");
		assert_non_null(to);
		fputs(text, to);
		assert_int_equal(pclose(to), 0);
		free(text);
	}
}

static void test_promtool(void **state)
{
	(void)state;
	check_with("command -v promtool >/dev/null", "promtool check metrics", false);
}

static void test_openmetrics_parser(void **state)
{
	(void)state;
	check_with("/usr/bin/python3 -c 'import prometheus_client' 2>/dev/null",
		   "/usr/bin/python3 -c 'import sys; from prometheus_client.openmetrics.parser import "
		   "text_string_to_metric_families "
		   "as parse; families = list(parse(sys.stdin.read())); sys.exit(len(families) < 20)'",
		   true);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_bounds),
		TEST(test_start_at_zero),
		TEST(test_evidence),
		TEST(test_growth),
		TEST(test_doubt),
		TEST(test_decided_later),
		TEST(test_falls),
		TEST(test_suppressions),
		TEST(test_breaches_anew),
		TEST(test_update_before_change),
		TEST(test_started_anew),
		TEST(test_histograms),
		TEST(test_functions),
		TEST(test_mounts),
		TEST(test_lost),
		TEST(test_run_time),
		TEST(test_process),
		TEST(test_bounded),
		TEST(test_max_series),
		TEST(test_promtool),
		TEST(test_openmetrics_parser),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
