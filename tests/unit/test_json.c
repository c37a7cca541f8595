/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the JSON writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

struct doc {
	struct json_writer w;
	FILE *f;
	char *text;
	size_t len;
};

static void doc_open(struct doc *d, bool pretty)
{
	d->f = open_memstream(&d->text, &d->len);
	assert_non_null(d->f);
	json_init(&d->w, d->f, pretty);
}

static void doc_expect(struct doc *d, int err, const char *text)
{
	assert_int_equal(json_finish(&d->w), err);
	fclose(d->f);
	if (text)
		assert_string_equal(d->text, text);
	free(d->text);
}

static void test_compact(void **state)
{
	struct doc d;

	(void)state;
	doc_open(&d, false);
	json_begin_object(&d.w, NULL);
	json_u64(&d.w, "version", 1);
	json_s64(&d.w, "min", INT64_MIN);
	json_u64(&d.w, "max", UINT64_MAX);
	json_bool(&d.w, "yes", true);
	json_bool(&d.w, "no", false);
	json_null(&d.w, "nil");
	json_string(&d.w, "nothing", NULL);
	json_begin_array(&d.w, "list");
	json_u64(&d.w, NULL, 1);
	json_string(&d.w, NULL, "two");
	json_begin_object(&d.w, NULL);
	json_end(&d.w);
	json_begin_array(&d.w, NULL);
	json_end(&d.w);
	json_end(&d.w);
	json_end(&d.w);
	doc_expect(&d, 0,
		   "{\"version\":1,\"min\":-9223372036854775808,\"max\":18446744073709551615,"
		   "\"yes\":true,\"no\":false,\"nil\":null,\"nothing\":null,"
		   "\"list\":[1,\"two\",{},[]]}\n");
}

static void test_pretty(void **state)
{
	struct doc d;

	(void)state;
	doc_open(&d, true);
	json_begin_object(&d.w, NULL);
	json_u64(&d.w, "a", 1);
	json_begin_array(&d.w, "b");
	json_u64(&d.w, NULL, 2);
	json_u64(&d.w, NULL, 3);
	json_end(&d.w);
	json_begin_object(&d.w, "empty");
	json_end(&d.w);
	json_end(&d.w);
	doc_expect(&d, 0, "{\n  \"a\": 1,\n  \"b\": [\n    2,\n    3\n  ],\n  \"empty\": {}\n}\n");
}

static void check_string(const char *in, const char *out)
{
	struct doc d;
	char want[256];

	doc_open(&d, false);
	json_string(&d.w, NULL, in);
	snprintf(want, sizeof(want), "\"%s\"\n", out);
	doc_expect(&d, 0, want);
}

static void test_escape(void **state)
{
	(void)state;
	check_string("", "");
	check_string("say \"hi\" \\ /", "say \\\"hi\\\" \\\\ /");
	check_string("\b\f\n\r\t", "\\b\\f\\n\\r\\t");
	check_string("\x01\x1f\x1b[0m\x7f", "\\u0001\\u001f\\u001b[0m\x7f");
}

#define BAD "\xef\xbf\xbd"

static void test_utf8(void **state)
{
	(void)state;
	check_string("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80",
		     "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80");
	check_string("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf");
	check_string("a\x80z", "a" BAD "z"); /* continuation alone */
	check_string("\xff\xfe", BAD BAD);
	check_string("\xc3", BAD); /* cut off */
	check_string("\xe2\x82", BAD BAD);
	check_string("\xe2\x82z", BAD BAD "z");
	check_string("\xf0\x9f\x98", BAD BAD BAD);
	check_string("\xc3\"", BAD "\\\"");
	check_string("\xc0\xaf", BAD BAD); /* overlong */
	check_string("\xe0\x80\xaf", BAD BAD BAD);
	check_string("\xf0\x80\x80\xaf", BAD BAD BAD BAD);
	check_string("\xed\xa0\x80", BAD BAD BAD);         /* surrogate */
	check_string("\xf4\x90\x80\x80", BAD BAD BAD BAD); /* above U+10FFFF */
	check_string("\xf5\x80\x80\x80", BAD BAD BAD BAD);
}

static void test_key_is_escaped(void **state)
{
	struct doc d;

	(void)state;
	doc_open(&d, false);
	json_begin_object(&d.w, NULL);
	json_null(&d.w, "a\"\n\xff");
	json_end(&d.w);
	doc_expect(&d, 0, "{\"a\\\"\\n" BAD "\":null}\n");
}

static void check_double(double in, const char *out)
{
	struct doc d;
	char want[64];

	doc_open(&d, false);
	json_double(&d.w, NULL, in);
	snprintf(want, sizeof(want), "%s\n", out);
	doc_expect(&d, 0, want);
}

static void check_doubles(void)
{
	check_double(0, "0");
	check_double(-1.5, "-1.5");
	check_double(0.1, "0.1");
	check_double(0.1 + 0.2, "0.30000000000000004");
	check_double(1e300, "1e+300");
	check_double(2.5e-7, "2.5e-07");
	check_double(NAN, "null");
	check_double(INFINITY, "null");
	check_double(-INFINITY, "null");
}

static void test_double(void **state)
{
	(void)state;
	check_doubles();
}

static void test_double_locale(void **state)
{
	static const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "ps_AF.UTF-8"};
	bool any = false;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(locales) / sizeof(locales[0]); i++) {
		if (!setlocale(LC_NUMERIC, locales[i]))
			continue;
		any = true;
		check_doubles();
	}
	setlocale(LC_NUMERIC, "C");
	if (!any)
		skip(); /* no locale with a decimal comma is installed */
}

static void test_stream(void **state)
{
	struct doc d;

	(void)state;
	doc_open(&d, false);
	json_u64(&d.w, NULL, 1);
	assert_int_equal(json_finish(&d.w), 0);
	assert_string_equal(d.text, "1\n"); /* is flushed */
	json_u64(&d.w, NULL, 2);
	doc_expect(&d, 0, "1\n2\n");
}

static void test_misuse(void **state)
{
	struct doc d;

	(void)state;
	doc_open(&d, false); /* nothing at all */
	doc_expect(&d, -EINVAL, NULL);

	doc_open(&d, false); /* end without begin */
	json_end(&d.w);
	json_u64(&d.w, NULL, 1);
	doc_expect(&d, -EINVAL, "");

	doc_open(&d, false); /* left open */
	json_begin_array(&d.w, NULL);
	doc_expect(&d, -EINVAL, NULL);

	doc_open(&d, false); /* key in an array */
	json_begin_array(&d.w, NULL);
	json_u64(&d.w, "key", 1);
	json_end(&d.w);
	doc_expect(&d, -EINVAL, NULL);

	doc_open(&d, false); /* no key in an object */
	json_begin_object(&d.w, NULL);
	json_begin_array(&d.w, NULL);
	json_end(&d.w);
	json_end(&d.w);
	doc_expect(&d, -EINVAL, NULL);

	doc_open(&d, false); /* key at the top */
	json_null(&d.w, "key");
	doc_expect(&d, -EINVAL, "");

	doc_open(&d, false); /* two documents */
	json_u64(&d.w, NULL, 1);
	json_u64(&d.w, NULL, 2);
	doc_expect(&d, -EINVAL, "1");
}

static void test_depth(void **state)
{
	struct doc d;
	int i;

	(void)state;
	doc_open(&d, false);
	for (i = 0; i < JSON_MAX_DEPTH; i++)
		json_begin_array(&d.w, NULL);
	for (i = 0; i < JSON_MAX_DEPTH; i++)
		json_end(&d.w);
	doc_expect(&d, 0, NULL);

	doc_open(&d, false);
	for (i = 0; i < JSON_MAX_DEPTH + 1; i++)
		json_begin_array(&d.w, NULL);
	for (i = 0; i < JSON_MAX_DEPTH + 1; i++)
		json_end(&d.w);
	doc_expect(&d, -EINVAL, NULL);
}

static void test_write_error(void **state)
{
	struct json_writer w;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	json_init(&w, full, false);
	json_u64(&w, NULL, 1);
	assert_int_equal(json_finish(&w), -EIO);
	fclose(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compact),        cmocka_unit_test(test_pretty),
		cmocka_unit_test(test_escape),         cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_key_is_escaped), cmocka_unit_test(test_double),
		cmocka_unit_test(test_double_locale),  cmocka_unit_test(test_stream),
		cmocka_unit_test(test_misuse),         cmocka_unit_test(test_depth),
		cmocka_unit_test(test_write_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
