/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the text helpers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

static void check_duration(__u64 ns, const char *want)
{
	char buf[TEXT_NUMBER_LEN];

	assert_string_equal(text__duration(buf, sizeof(buf), ns), want);
}

static void test_duration(void **state)
{
	(void)state;
	check_duration(0, "0 ns");
	check_duration(7, "7 ns");
	check_duration(999, "999 ns");
	check_duration(1000, "1.00 us");
	check_duration(1234, "1.23 us");
	check_duration(1235, "1.24 us");
	check_duration(9994, "9.99 us");
	check_duration(9995, "10.0 us");
	check_duration(12345, "12.3 us");
	check_duration(99949, "99.9 us");
	check_duration(99950, "100 us");
	check_duration(999499, "999 us");
	check_duration(999500, "1.00 ms");
	check_duration(1000000, "1.00 ms");
	check_duration(45600000, "45.6 ms");
	check_duration(999499999, "999 ms");
	check_duration(999500000, "1.00 s");
	check_duration(61200000000, "61.2 s");
	check_duration(999600000000, "1000 s");
	check_duration(4398046511103, "4398 s");
	check_duration(9999999999999, "9999 s");
	check_duration(10000000000000, "> 9999 s");
	check_duration(UINT64_MAX, "> 9999 s");
}

static void check_count(__u64 n, const char *want)
{
	char buf[TEXT_NUMBER_LEN];

	assert_string_equal(text__count(buf, sizeof(buf), n), want);
}

static void test_count(void **state)
{
	(void)state;
	check_count(0, "0");
	check_count(999, "999");
	check_count(1000, "1,000");
	check_count(999999, "999,999");
	check_count(1234567, "1,234,567");
	check_count(UINT64_MAX, "18,446,744,073,709,551,615");
}

/* A FILE in memory. */
struct sink {
	FILE *f;
	char *text;
	size_t len;
};

static FILE *sink_open(struct sink *s)
{
	s->f = open_memstream(&s->text, &s->len);
	assert_non_null(s->f);
	return s->f;
}

static void sink_expect(struct sink *s, const char *want)
{
	fclose(s->f);
	assert_string_equal(s->text, want);
	free(s->text);
}

static void test_table(void **state)
{
	static const struct text_column cols[] = {
		{"METHOD", TEXT_LEFT},
		{"CALLS", TEXT_RIGHT},
		{"VERDICT", TEXT_LEFT},
	};
	struct text_table *t = text_table__new(cols, 3);
	struct sink s;

	(void)state;
	assert_int_equal(text_table__row(t, (const char *[]){"create", "1,234,567", "ok"}), 0);
	assert_int_equal(text_table__row(t, (const char *[]){"rm\xc3\xb6glich", "3", NULL}), 0);
	assert_int_equal(text_table__row(t, (const char *[]){"a\x1b[31m\n", NULL, "bad"}), 0);
	assert_int_equal(text_table__print(t, sink_open(&s), 2), 0);
	sink_expect(&s, "  METHOD        CALLS  VERDICT\n"
			"  create    1,234,567  ok\n"
			"  rm\xc3\xb6glich          3\n"
			"  a?[31m?              bad\n");
	text_table__free(t);
}

static void test_table_plain(void **state)
{
	static const struct text_column cols[] = {{NULL, TEXT_LEFT}, {NULL, TEXT_RIGHT}};
	struct text_table *t = text_table__new(cols, 2);
	struct sink s;
	int i;

	(void)state;
	assert_int_equal(text_table__print(t, sink_open(&s), 0), 0);
	sink_expect(&s, "");
	for (i = 0; i < 40; i++)
		assert_int_equal(text_table__row(t, (const char *[]){"", i ? "" : "x"}), 0);
	assert_int_equal(text_table__print(t, sink_open(&s), 0), 0);
	sink_expect(&s, "  x\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
			"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
	text_table__free(t);
	text_table__free(NULL);
}

static void test_table_write_error(void **state)
{
	static const struct text_column cols[] = {{"X", TEXT_LEFT}};
	struct text_table *t = text_table__new(cols, 1);
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(text_table__print(t, full, 0), -EIO);
	assert_int_equal(text__wrap(full, NULL, "x", 0, 10), -EIO);
	fclose(full);
	text_table__free(t);
}

static void check_wrap(const char *prefix, const char *text, unsigned int indent, unsigned int width, const char *want)
{
	struct sink s;

	assert_int_equal(text__wrap(sink_open(&s), prefix, text, indent, width), 0);
	sink_expect(&s, want);
}

static void test_wrap(void **state)
{
	(void)state;
	check_wrap(NULL, "", 4, 20, "");
	check_wrap(NULL, " \n ", 4, 20, "");
	check_wrap("x:", "", 1, 20, " x:\n");
	check_wrap(NULL, "one two three", 0, 7, "one two\nthree\n");
	check_wrap(NULL, "one two three", 0, 6, "one\ntwo\nthree\n");
	check_wrap(NULL, "  one\n\ttwo  ", 2, 80, "  one two\n");
	check_wrap("costs: ", "much more time", 2, 18, "  costs: much more\n         time\n");
	check_wrap(NULL, "a /a/very/long/path b", 1, 6, " a\n /a/very/long/path\n b\n");
	check_wrap("\xe2\x86\x92 ", "\xc3\xa4\xc3\xb6 \xc3\xbc", 0, 6, "\xe2\x86\x92 \xc3\xa4\xc3\xb6 \xc3\xbc\n");
	check_wrap("\xe2\x86\x92 ", "\xc3\xa4\xc3\xb6 \xc3\xbc", 0, 5, "\xe2\x86\x92 \xc3\xa4\xc3\xb6\n  \xc3\xbc\n");
	check_wrap(NULL, "narrow column", 10, 4, "          narrow\n          column\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_table_plain),
		cmocka_unit_test(test_table_write_error),
		cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
