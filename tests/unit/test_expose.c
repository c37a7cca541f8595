// SPDX-License-Identifier: GPL-2.0-only
/* The writer of metrics: both formats row by row, what it escapes, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expose.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One document in memory. */
struct written {
	struct expose e;
	FILE *out;
	char *text;
	size_t len;
};

static struct expose *begin(struct written *w, bool openmetrics)
{
	w->text = NULL;
	w->out = open_memstream(&w->text, &w->len);
	assert_non_null(w->out);
	expose__init(&w->e, w->out, openmetrics);
	return &w->e;
}

static int end(struct written *w)
{
	int err = expose__finish(&w->e);

	fclose(w->out);
	return err;
}

static void expect(struct written *w, const char *text)
{
	assert_int_equal(end(w), 0);
	assert_string_equal(w->text, text);
	free(w->text);
}

static void expect_misuse(struct written *w)
{
	assert_int_equal(end(w), -EINVAL);
	free(w->text);
}

static void write_one_of_each(struct expose *e)
{
	static const double le[] = {1.023e-06, 1.535e-06, 1};
	static const __u64 counts[] = {1, 3, 3};
	const struct expose_buckets b = {.le = le, .counts = counts, .n = 3, .count = 4, .sum = 2.5};

	expose__family(e, "vfslock_calls", EXPOSE_COUNTER, NULL, "Calls.");
	expose__u64(e, EXPOSE_LABELS({"fs", "ext4"}, {"method", "create"}), 7);
	expose__u64(e, EXPOSE_LABELS({"fs", "xfs"}, {"method", "create"}), 0);
	expose__family(e, "run_seconds", EXPOSE_COUNTER, "seconds", "Run time.");
	expose__double(e, NULL, 0.1);
	expose__family(e, "table_bytes", EXPOSE_GAUGE, "bytes", "Memory.");
	expose__u64(e, EXPOSE_LABELS(), 4096);
	expose__family(e, "nobody", EXPOSE_GAUGE, NULL, "Has no samples, so that nothing is written.");
	expose__family(e, "vfslock_build", EXPOSE_INFO, NULL, "Version.");
	expose__info(e, EXPOSE_LABELS({"version", "1"}));
	expose__family(e, "wait_seconds", EXPOSE_HISTOGRAM, "seconds", "Waits.");
	expose__histogram(e, EXPOSE_LABELS({"class", "i_rwsem"}), &b);
}

static void test_text_format(void **state)
{
	struct written w;

	(void)state;
	write_one_of_each(begin(&w, false));
	expect(&w, "# HELP vfslock_calls_total Calls.\n"
		   "# TYPE vfslock_calls_total counter\n"
		   "vfslock_calls_total{fs=\"ext4\",method=\"create\"} 7\n"
		   "vfslock_calls_total{fs=\"xfs\",method=\"create\"} 0\n"
		   "# HELP run_seconds_total Run time.\n"
		   "# TYPE run_seconds_total counter\n"
		   "run_seconds_total 0.1\n"
		   "# HELP table_bytes Memory.\n"
		   "# TYPE table_bytes gauge\n"
		   "table_bytes 4096\n"
		   "# HELP vfslock_build_info Version.\n"
		   "# TYPE vfslock_build_info gauge\n"
		   "vfslock_build_info{version=\"1\"} 1\n"
		   "# HELP wait_seconds Waits.\n"
		   "# TYPE wait_seconds histogram\n"
		   "wait_seconds_bucket{class=\"i_rwsem\",le=\"1.023e-06\"} 1\n"
		   "wait_seconds_bucket{class=\"i_rwsem\",le=\"1.535e-06\"} 3\n"
		   "wait_seconds_bucket{class=\"i_rwsem\",le=\"1\"} 3\n"
		   "wait_seconds_bucket{class=\"i_rwsem\",le=\"+Inf\"} 4\n"
		   "wait_seconds_sum{class=\"i_rwsem\"} 2.5\n"
		   "wait_seconds_count{class=\"i_rwsem\"} 4\n");
}

/* The family's name has no suffix, whole bounds are floats, units are told, and there is an end. */
static void test_openmetrics(void **state)
{
	struct written w;

	(void)state;
	write_one_of_each(begin(&w, true));
	expect(&w, "# HELP vfslock_calls Calls.\n"
		   "# TYPE vfslock_calls counter\n"
		   "vfslock_calls_total{fs=\"ext4\",method=\"create\"} 7\n"
		   "vfslock_calls_total{fs=\"xfs\",method=\"create\"} 0\n"
		   "# HELP run_seconds Run time.\n"
		   "# TYPE run_seconds counter\n"
		   "# UNIT run_seconds seconds\n"
		   "run_seconds_total 0.1\n"
		   "# HELP table_bytes Memory.\n"
		   "# TYPE table_bytes gauge\n"
		   "# UNIT table_bytes bytes\n"
		   "table_bytes 4096\n"
		   "# HELP vfslock_build Version.\n"
		   "# TYPE vfslock_build info\n"
		   "vfslock_build_info{version=\"1\"} 1\n"
		   "# HELP wait_seconds Waits.\n"
		   "# TYPE wait_seconds histogram\n"
		   "# UNIT wait_seconds seconds\n"
		   "wait_seconds_bucket{class=\"i_rwsem\",le=\"1.023e-06\"} 1\n"
		   "wait_seconds_bucket{class=\"i_rwsem\",le=\"1.535e-06\"} 3\n"
		   "wait_seconds_bucket{class=\"i_rwsem\",le=\"1.0\"} 3\n"
		   "wait_seconds_bucket{class=\"i_rwsem\",le=\"+Inf\"} 4\n"
		   "wait_seconds_sum{class=\"i_rwsem\"} 2.5\n"
		   "wait_seconds_count{class=\"i_rwsem\"} 4\n"
		   "# EOF\n");
}

static void test_empty(void **state)
{
	struct written w;

	(void)state;
	begin(&w, false);
	expect(&w, "");
	begin(&w, true);
	expect(&w, "# EOF\n");
}

static void test_label_values(void **state)
{
	static const struct {
		const char *value, *text;
	} rows[] = {
		{"", ""},
		{"plain", "plain"},
		{"quo\"te", "quo\\\"te"},
		{"back\\slash", "back\\\\slash"},
		{"line\nbreak", "line\\nbreak"},
		{"\"\\\n", "\\\"\\\\\\n"},
		{"tab\tand\rreturn", "tab\tand\rreturn"}, /* neither format has an escape for them, nor needs one */
		{"{a=\"b\"}", "{a=\\\"b\\\"}"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"bad\xff\xc3", "bad\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* a surrogate */
	};
	char line[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct written w;
		struct expose *e = begin(&w, false);

		expose__family(e, "g", EXPOSE_GAUGE, NULL, "h");
		expose__u64(e, EXPOSE_LABELS({"l", rows[i].value}), 1);
		snprintf(line, sizeof(line), "# HELP g h\n# TYPE g gauge\ng{l=\"%s\"} 1\n", rows[i].text);
		expect(&w, line);
	}
}

/* The formats differ in what a quote is in help. */
static void test_help(void **state)
{
	static const struct {
		bool openmetrics;
		const char *text;
	} rows[] = {
		{false, "# HELP g a \"b\" \\\\ c\\nd\n# TYPE g gauge\ng 1\n"},
		{true, "# HELP g a \\\"b\\\" \\\\ c\\nd\n# TYPE g gauge\ng 1\n# EOF\n"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct written w;
		struct expose *e = begin(&w, rows[i].openmetrics);

		expose__family(e, "g", EXPOSE_GAUGE, NULL, "a \"b\" \\ c\nd");
		expose__u64(e, NULL, 1);
		expect(&w, rows[i].text);
	}
}

static void test_numbers(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{0, "0"},
		{1, "1"},
		{-1.5, "-1.5"},
		{0.1, "0.1"},
		{1.0 / 3, "0.3333333333333333"},
		{1023 / 1e9, "1.023e-06"},
		{8.589934591, "8.589934591"},
		{1763728011.123456, "1763728011.123456"},
		{1e300, "1e+300"},
		{NAN, "NaN"},
		{INFINITY, "+Inf"},
		{-INFINITY, "-Inf"},
	};
	char line[128];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct written w;
		struct expose *e = begin(&w, false);

		expose__family(e, "g", EXPOSE_GAUGE, NULL, "h");
		expose__double(e, NULL, rows[i].value);
		snprintf(line, sizeof(line), "# HELP g h\n# TYPE g gauge\ng %s\n", rows[i].text);
		expect(&w, line);
		if (!isnan(rows[i].value))
			assert_true(strtod(rows[i].text, NULL) == rows[i].value);
	}
}

static void test_exact_counters(void **state)
{
	struct written w;
	struct expose *e = begin(&w, false);

	(void)state;
	expose__family(e, "c", EXPOSE_COUNTER, NULL, "h");
	expose__u64(e, EXPOSE_LABELS({"n", "1"}), (1ULL << 53) + 1);
	expose__u64(e, EXPOSE_LABELS({"n", "2"}), ~0ULL);
	expect(&w, "# HELP c_total h\n# TYPE c_total counter\n"
		   "c_total{n=\"1\"} 9007199254740993\nc_total{n=\"2\"} 18446744073709551615\n");
}

/* ----------------------------------------------------------------------------------------------------- misuse ---- */

static void test_bad_families(void **state)
{
	static const struct {
		const char *name, *unit, *help;
	} rows[] = {
		{NULL, NULL, "h"},
		{"", NULL, "h"},
		{"1a", NULL, "h"},
		{"a-b", NULL, "h"},
		{"a b", NULL, "h"},
		{"gr\xc3\xbc\xc3\x9f", NULL, "h"},
		{"a_total", NULL, "h"}, /* the suffix is the type's */
		{"a_info", NULL, "h"},
		{"a_bucket", NULL, "h"},
		{"a_count", NULL, "h"},
		{"a", NULL, ""},
		{"a", NULL, NULL},
		{"a_bytes", "seconds", "h"},
		{"seconds", "seconds", "h"},
		{"a_seconds", "", "h"},
		{"aseconds", "seconds", "h"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct written w;

		expose__family(begin(&w, false), rows[i].name, EXPOSE_GAUGE, rows[i].unit, rows[i].help);
		expect_misuse(&w);
	}
}

static void test_family_twice(void **state)
{
	struct written w;
	struct expose *e = begin(&w, false);

	(void)state;
	expose__family(e, "a", EXPOSE_GAUGE, NULL, "h");
	expose__family(e, "b", EXPOSE_GAUGE, NULL, "h");
	expose__family(e, "a", EXPOSE_COUNTER, NULL, "h");
	expect_misuse(&w);
}

static void test_too_many_families(void **state)
{
	static char names[EXPOSE_MAX_FAMILIES + 1][8];
	struct written w;

	(void)state;
	for (int n = EXPOSE_MAX_FAMILIES; n <= EXPOSE_MAX_FAMILIES + 1; n++) {
		begin(&w, false);
		for (int i = 0; i < n; i++) {
			snprintf(names[i], sizeof(names[i]), "f%d", i);
			expose__family(&w.e, names[i], EXPOSE_GAUGE, NULL, "h");
		}
		if (n == EXPOSE_MAX_FAMILIES)
			expect(&w, "");
		else
			expect_misuse(&w);
	}
}

static void test_no_family(void **state)
{
	struct written w;

	(void)state;
	expose__u64(begin(&w, false), NULL, 1);
	expect_misuse(&w);
	expose__info(begin(&w, false), NULL);
	expect_misuse(&w);
}

/* Which samples does which type take? */
static void test_types(void **state)
{
	static const struct expose_buckets b = {.count = 1, .sum = 1};
	static const struct {
		enum expose_type type;
		bool u64, number, info, histogram;
	} rows[] = {
		{EXPOSE_COUNTER, true, true, false, false},
		{EXPOSE_GAUGE, true, true, false, false},
		{EXPOSE_INFO, false, false, true, false},
		{EXPOSE_HISTOGRAM, false, false, false, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (int sample = 0; sample < 4; sample++) {
			const bool may[] = {rows[i].u64, rows[i].number, rows[i].info, rows[i].histogram};
			struct written w;
			struct expose *e = begin(&w, false);

			expose__family(e, "a", rows[i].type, NULL, "h");
			if (sample == 0)
				expose__u64(e, NULL, 1);
			else if (sample == 1)
				expose__double(e, NULL, 1);
			else if (sample == 2)
				expose__info(e, NULL);
			else
				expose__histogram(e, NULL, &b);
			assert_int_equal(end(&w), may[sample] ? 0 : -EINVAL);
			free(w.text);
		}
}

static void test_bad_counters(void **state)
{
	static const double values[] = {-1, NAN, INFINITY};

	(void)state;
	for (size_t i = 0; i < COUNT(values); i++) {
		struct written w;
		struct expose *e = begin(&w, false);

		expose__family(e, "c", EXPOSE_COUNTER, NULL, "h");
		expose__double(e, NULL, values[i]);
		expect_misuse(&w);
	}
}

static void test_bad_labels(void **state)
{
	static const struct expose_label rows[][3] = {
		{{"1a", "x"}}, {{"a-b", "x"}}, {{"", "x"}}, {{"__name", "x"}}, {{"a", NULL}}, {{"a", "x"}, {"a", "y"}},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct written w;
		struct expose *e = begin(&w, false);

		expose__family(e, "g", EXPOSE_GAUGE, NULL, "h");
		expose__u64(e, rows[i], 1);
		expect_misuse(&w);
	}
}

static void test_bad_histograms(void **state)
{
	static const struct {
		double le[2];
		__u64 counts[2], count;
		double sum;
		bool labelled_le;
	} rows[] = {
		{{1, 1}, {1, 1}, 1, 1, false},                                        /* bounds that do not ascend */
		{{2, 1}, {1, 1}, 1, 1, false},  {{1, INFINITY}, {1, 1}, 1, 1, false}, /* which is added */
		{{1, 2}, {2, 1}, 2, 1, false},                                        /* counts that descend */
		{{1, 2}, {1, 3}, 2, 1, false},                                        /* more than there are */
		{{1, 2}, {1, 2}, 2, -1, false}, {{1, 2}, {1, 2}, 2, NAN, false},      {{1, 2}, {1, 2}, 2, 1, true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct expose_buckets b = {
			.le = rows[i].le, .counts = rows[i].counts, .n = 2, .count = rows[i].count, .sum = rows[i].sum};
		struct written w;
		struct expose *e = begin(&w, false);

		expose__family(e, "h", EXPOSE_HISTOGRAM, NULL, "h");
		expose__histogram(e, EXPOSE_LABELS({rows[i].labelled_le ? "le" : "a", "1"}), &b);
		expect_misuse(&w);
	}
}

/* After a mistake nothing more is written that could look like the rest of a document. */
static void test_latched(void **state)
{
	struct written w;
	struct expose *e = begin(&w, true);

	(void)state;
	expose__family(e, "a", EXPOSE_GAUGE, NULL, "h");
	expose__info(e, NULL);
	expose__u64(e, NULL, 1);
	assert_int_equal(end(&w), -EINVAL);
	assert_string_equal(w.text, "");
	free(w.text);
}

static void test_write_error(void **state)
{
	FILE *full = fopen("/dev/full", "we");
	struct expose e;

	(void)state;
	if (!full)
		skip();
	expose__init(&e, full, false);
	expose__family(&e, "a", EXPOSE_GAUGE, NULL, "h");
	expose__u64(&e, NULL, 1);
	assert_int_equal(expose__finish(&e), -EIO);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_format),    cmocka_unit_test(test_openmetrics),
		cmocka_unit_test(test_empty),          cmocka_unit_test(test_label_values),
		cmocka_unit_test(test_help),           cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_exact_counters), cmocka_unit_test(test_bad_families),
		cmocka_unit_test(test_family_twice),   cmocka_unit_test(test_too_many_families),
		cmocka_unit_test(test_no_family),      cmocka_unit_test(test_types),
		cmocka_unit_test(test_bad_counters),   cmocka_unit_test(test_bad_labels),
		cmocka_unit_test(test_bad_histograms), cmocka_unit_test(test_latched),
		cmocka_unit_test(test_write_error),
	};

	return cmocka_run_group_tests_name("expose", tests, NULL, NULL);
}
