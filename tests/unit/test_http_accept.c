/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the Accept header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "http_accept.h"

#define PLAIN false
#define OPENMETRICS true

static void expect(const char *header, bool wanted)
{
	struct http_accept a = {0};

	http_accept__add(&a, header);
	if (http_accept__openmetrics(&a) != wanted)
		fail_msg("'%s' gives %s", header, wanted ? "text/plain" : "OpenMetrics");
}

static void test_what_clients_send(void **state)
{
	(void)state;
	/* Prometheus 2.30, 2.47, 3.0; curl; a browser. */
	expect("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", PLAIN);
	expect("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
	       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
	       OPENMETRICS);
	expect("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
	       "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
	       "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
	       OPENMETRICS);
	expect("*/*", PLAIN);
	expect("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", PLAIN);
}

static void test_quality_decides(void **state)
{
	(void)state;
	expect("application/openmetrics-text", OPENMETRICS);
	expect("application/openmetrics-text;q=0.5, text/plain;q=0.5", PLAIN);
	expect("application/openmetrics-text;q=0.501, text/plain;q=0.5", OPENMETRICS);
	expect("application/openmetrics-text;q=0.5, text/plain;q=0.501", PLAIN);
	expect("application/openmetrics-text;q=0.5, text/plain", PLAIN);
	expect("application/openmetrics-text;q=0", PLAIN);
	expect("application/openmetrics-text;q=0.001", OPENMETRICS);
	expect("application/openmetrics-text;q=1.000, text/plain;q=0.999", OPENMETRICS);
}

static void test_specific_ranges_win(void **state)
{
	(void)state;
	expect("application/openmetrics-text;q=0.5, text/*;q=0.9", PLAIN);
	expect("application/openmetrics-text;q=0.5, */*;q=0.9", PLAIN);
	expect("application/openmetrics-text;q=0.5, text/*;q=0.1, */*;q=0.9", OPENMETRICS);
	expect("application/openmetrics-text;q=0.5, text/plain;q=0.1, text/*;q=0.9", OPENMETRICS);
	/* OpenMetrics must be named: "application" and everything are no wish for it. */
	expect("application/*", PLAIN);
	expect("application/*, text/plain;q=0.1", PLAIN);
}

static void test_form(void **state)
{
	(void)state;
	expect("APPLICATION/OpenMetrics-Text ; Q=1 ; VERSION=1.0.0 , Text/Plain;q=0.5", OPENMETRICS);
	expect("\ttext/plain;q=0.5\t,\tapplication/openmetrics-text\t", OPENMETRICS);
	expect("application/openmetrics-text;version=\"1.0.0\", text/plain;q=0.5", OPENMETRICS);
	expect("text/plain;q=0.5;a=\"x,y;q=1\\\",\", application/openmetrics-text;q=0.7", OPENMETRICS);
	expect("application/openmetrics-text;version=2.0.0", PLAIN);
	expect(", ,;,application/openmetrics-text,;", OPENMETRICS);
}

/* A range with a malformed quality is not there. */
static void test_malformed(void **state)
{
	static const char *const bad[] = {"",   ".5",  "2",    "1.1", "1.001", "0.1234",
					  "-1", "0,5", "0.5x", "nan", "1e0",   "+1"};

	(void)state;
	expect("", PLAIN);
	expect(";", PLAIN);
	expect("\"", PLAIN);
	expect("application/openmetrics-text;q=\"", PLAIN);
	expect("application/openmetrics-text\"", PLAIN);
	expect("application/openmetrics-text;a=\"\\", OPENMETRICS);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct http_accept a = {0};
		char header[128];

		snprintf(header, sizeof(header), "application/openmetrics-text;q=%s", bad[i]);
		http_accept__add(&a, header);
		if (http_accept__openmetrics(&a))
			fail_msg("'%s' is taken for a quality", bad[i]);
	}
}

/* Several headers are one list. */
static void test_several(void **state)
{
	struct http_accept a = {0};

	(void)state;
	assert_false(http_accept__openmetrics(&a));
	http_accept__add(&a, "application/openmetrics-text;q=0.5");
	assert_true(http_accept__openmetrics(&a));
	http_accept__add(&a, "text/plain;q=0.9");
	assert_false(http_accept__openmetrics(&a));
	http_accept__add(&a, "application/openmetrics-text");
	assert_true(http_accept__openmetrics(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_clients_send),   cmocka_unit_test(test_quality_decides),
		cmocka_unit_test(test_specific_ranges_win), cmocka_unit_test(test_form),
		cmocka_unit_test(test_malformed),           cmocka_unit_test(test_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
