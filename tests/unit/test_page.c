// SPDX-License-Identifier: GPL-2.0-only
/* The page for people: well-formed, whatever names tasks and paths have; the verdict first; nothing from elsewhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "made_up.h"
#include "page.h"
#include "violations.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The stream's alerts are those of made_up. */
static const struct stream *const stream = (const struct stream *)&made_up;

/* To be freed. */
static char *page(int refresh)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(page__write(&made_up.audit, &made_up.state, stream, refresh, out), 0);
	fclose(out);
	assert_int_equal(strlen(text), len);
	return text;
}

static int count(const char *text, const char *what)
{
	int n = 0;

	for (const char *at = strstr(text, what); at; at = strstr(at + 1, what))
		n++;
	return n;
}

static void contains(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("not there: %s", what);
}

static void lacks(const char *text, const char *what)
{
	const char *at = strstr(text, what);

	if (at)
		fail_msg("there: %s, in %.80s", what, at);
}

/* --------------------------------------------------------------------------------------- a strict little reader ----
 */

struct reader {
	const char *at;
	char open[64][16]; /* elements */
	int depth;
};

static void expect(const struct reader *r, bool ok, const char *what)
{
	if (!ok)
		fail_msg("%s at: %.60s", what, r->at);
}

static void read_name(struct reader *r, char *out, size_t size)
{
	size_t n = 0;

	while (isalnum((unsigned char)*r->at) || *r->at == '-') {
		expect(r, n + 1 < size, "a long name");
		out[n++] = *r->at++;
	}
	out[n] = '\0';
	expect(r, n, "no name");
}

/* The only ones that the page needs. */
static void read_entity(struct reader *r)
{
	static const char *const known[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};

	for (size_t i = 0; i < COUNT(known); i++)
		if (!strncmp(r->at, known[i], strlen(known[i]))) {
			r->at += strlen(known[i]);
			return;
		}
	expect(r, false, "a bare &");
}

static void read_attribute(struct reader *r)
{
	char name[32];

	expect(r, *r->at == ' ', "no blank before an attribute");
	r->at++;
	read_name(r, name, sizeof(name));
	expect(r, strncmp(name, "on", 2) != 0, "a handler");
	expect(r, strcmp(name, "src") != 0, "something from elsewhere");
	if (!strcmp(name, "open"))
		return;
	expect(r, r->at[0] == '=' && r->at[1] == '"', "no quoted value");
	for (r->at += 2; *r->at && *r->at != '"';) {
		expect(r, *r->at != '<' && *r->at != '>', "markup in a value");
		if (*r->at == '&')
			read_entity(r);
		else
			r->at++;
	}
	expect(r, *r->at == '"', "no end of a value");
	r->at++;
}

static bool is_void(const char *name)
{
	return !strcmp(name, "meta") || !strcmp(name, "br");
}

static void read_tag(struct reader *r)
{
	char name[16];
	bool closes = r->at[1] == '/', empty;

	r->at += 1 + closes;
	read_name(r, name, sizeof(name));
	expect(r, strcmp(name, "script") != 0, "a script");
	while (*r->at && *r->at != '>' && *r->at != '/')
		read_attribute(r);
	empty = *r->at == '/';
	r->at += empty;
	expect(r, *r->at == '>', "no end of a tag");
	r->at++;
	if (closes) {
		expect(r, r->depth && !strcmp(r->open[--r->depth], name), "not what is open");
	} else if (!empty && !is_void(name)) {
		expect(r, r->depth < 64, "too deep");
		memcpy(r->open[r->depth++], name, sizeof(name));
	}
}

static void read_all(const char *text)
{
	static const char doctype[] = "<!DOCTYPE html>\n";
	struct reader r = {.at = text + strlen(doctype)};

	assert_memory_equal(text, doctype, strlen(doctype));
	while (*r.at) {
		bool in_style = r.depth && !strcmp(r.open[r.depth - 1], "style");

		if (*r.at == '<')
			read_tag(&r);
		else if (*r.at == '&' && !in_style)
			read_entity(&r);
		else
			expect(&r, *r.at++ != '>' || in_style, "a bare >");
	}
	expect(&r, !r.depth, "something is left open");
}

static void test_well_formed(void **state)
{
	(void)state;
	for (int healthy = 0; healthy < 2; healthy++)
		for (int refresh = 0; refresh <= 10; refresh += 10) {
			char *text;

			made_up__reset(healthy);
			text = page(refresh);
			read_all(text);
			lacks(text, "http://");
			lacks(text, "https://");
			lacks(text, "url(");
			lacks(text, "@import");
			free(text);
		}
}

/* ------------------------------------------------------------------------------------------------------ escape ---- */

static char *escaped(const char *text)
{
	char *out = NULL;
	size_t len;
	FILE *f = open_memstream(&out, &len);

	assert_non_null(f);
	html__text(f, text);
	fclose(f);
	return out;
}

static void test_text(void **state)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"plain text", "plain text"},
		{"<b>", "&lt;b&gt;"},
		{"a & b", "a &amp; b"},
		{"&lt;", "&amp;lt;"},
		{"\" onclick='x'", "&quot; onclick=&#39;x&#39;"},
		{"</style><script>", "&lt;/style&gt;&lt;script&gt;"},
		{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
		{"bad\xff", "bad\xef\xbf\xbd"},
		{"\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd"}, /* an overlong < */
		{"\x1b[31m\x7f", "\xef\xbf\xbd[31m\xef\xbf\xbd"},
		{"a\nb\tc", "a\nb\tc"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *out = escaped(rows[i][0]);

		assert_string_equal(out, rows[i][1]);
		free(out);
	}
}

static void test_printf(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	html__printf(out, "<p title=\"%s\">%d%% %u %llu %zu %.1f</p>%s", "\"<", -3, 7U, 1ULL << 63, (size_t)9, 2.25,
		     "&");
	fclose(out);
	assert_string_equal(text, "<p title=\"&quot;&lt;\">-3% 7 9223372036854775808 9 2.2</p>&amp;");
	free(text);
}

/* A task chooses its name, and whoever mounts the path. */
static void test_names_that_do_harm(void **state)
{
	static const char *const names[] = {"<script>", "\"'><img x",  "</pre>",    "&amp",    "</title>",
					    "--><b>",   "\x1b]0;\x07", "\xff\xfe<", "]]><x/>", "%s%n%llu"};
	char *text;

	(void)state;
	made_up__reset(false);
	for (size_t i = 0; i < COUNT(names); i++) {
		made_up__alert(names[i]);
		snprintf(made_up.targets[i % 3].path, sizeof(made_up.targets[0].path), "/mnt/%s", names[i]);
		snprintf(made_up.targets[i % 3].source, sizeof(made_up.targets[0].source), "%s", names[i]);
	}
	text = page(0);
	read_all(text);
	contains(text, "<bdi>&lt;script&gt;x()</bdi>[41207]");
	contains(text, "<bdi>%s%n%llu</bdi>");
	lacks(text, "<script");
	lacks(text, "<img");
	lacks(text, "\x1b");
	free(text);
}

/* ----------------------------------------------------------------------------------------------------- content ---- */

static void test_healthy(void **state)
{
	char *text;

	(void)state;
	made_up__reset(true);
	text = page(0);
	contains(text, "No locking rule was broken");
	contains(text, "<title>ok · vfslock");
	contains(text, "97,713,180 calls in 2 d 4 h");
	contains(text, "2025-11-19 06:23:11 UTC");
	contains(text, "Linux 6.12.48+deb13-amd64");
	contains(text, "ext4_setattr");
	contains(text, "this kernel&#39;s trampoline takes 6");
	contains(text, "ext4_get_dname");
	lacks(text, "<h2>Violations");
	lacks(text, "http-equiv");
	free(text);
}

/* A second path to one filesystem, and one that has no place beside the others. */
static void test_mounts(void **state)
{
	char *text;

	(void)state;
	made_up__reset(true);
	made_up.targets[1].unmounted = true;
	made_up.targets[1].same_as = &made_up.targets[0];
	made_up.targets[0].path[0] = '<';
	made_up.targets[2].unmounted = made_up.targets[2].refused = true;
	text = page(0);
	assert_int_equal(count(text, "<span class=\"tag ok\">audited</span></td>"), 1);
	assert_int_equal(count(text, "<span class=\"tag ok\">audited</span> as <code>&lt;"), 1);
	assert_int_equal(count(text, "<span class=\"tag warn\">refused: see the log</span>"), 1);
	free(text);
	made_up__reset(false);
}

static void test_broken(void **state)
{
	char *text;

	(void)state;
	made_up__reset(false);
	text = page(0);
	contains(text, "2 rules were broken in 19 calls");
	contains(text, "<title>2 broken · vfslock");
	lacks(text, "No locking rule was broken");
	contains(text, "<b class=\"m\">inode_operations.setattr.i_rwsem.inode</b>");
	contains(text, "notify_change+0x32b/0x580\n");
	contains(text, "/mnt/&lt;backup&gt; is not mounted");
	contains(text, ">2 broken</b>");
	contains(text, ">40 suppressed</b>");
	contains(text, "ring buffer full");
	assert_int_equal(count(text, "<details class=\"v bad\" open>"), 1);
	assert_int_equal(count(text, "<details class=\"v bad\">"), 1);
	assert_int_equal(count(text, "<details class=\"v drift\">"), 2);
	free(text);
}

static void test_cost(void **state)
{
	char *text;

	(void)state;
	made_up__reset(true);
	text = page(0);
	contains(text, "A run of one</td><td class=\"n\">203 ns");
	free(text);
	made_up.audit.cost.ns_per_call = 412;
	text = page(0);
	contains(text, "Of a call, estimated</td><td class=\"n\">412 ns");
	lacks(text, "A run of one");
	free(text);
	made_up.audit.cost.unavailable = true;
	text = page(0);
	read_all(text);
	lacks(text, "of one CPU");
	lacks(text, "Cost, of a CPU");
	free(text);
}

static void test_one_call(void **state)
{
	char *text;

	(void)state;
	made_up__reset(false);
	made_up.n_breaches = 1;
	made_up.breaches[0].violations = 1;
	text = page(0);
	contains(text, "1 rule was broken in 1 call<");
	free(text);
}

/* Before the first call nothing is known to be well. */
static void test_no_calls(void **state)
{
	char *text;

	(void)state;
	made_up__reset(true);
	for (int t = 0; t < MADE_TYPES; t++)
		for (int i = 0; i < made_up.n_rows[t]; i++)
			made_up.rows[t][i].calls = 0;
	text = page(0);
	read_all(text);
	contains(text, "No call has been seen yet");
	lacks(text, "No locking rule was broken");
	free(text);
}

/* Nothing at all is mounted yet. */
static void test_no_types(void **state)
{
	char *text;

	(void)state;
	made_up__reset(true);
	made_up.audit.n_types = 0;
	text = page(0);
	read_all(text);
	contains(text, "No call has been seen yet");
	free(text);
}

static void test_many_violations(void **state)
{
	char *text;

	(void)state;
	made_up__reset(false);
	while (made_up.n_alerts < 27)
		made_up__alert("rsync");
	text = page(0);
	read_all(text);
	assert_int_equal(count(text, "<details class=\"v bad\""), 20);
	contains(text, "and 7 more");
	free(text);
}

static void test_refresh(void **state)
{
	static const struct {
		int asked;
		const char *meta;
	} rows[] = {
		{10, "<meta http-equiv=\"refresh\" content=\"10\">"},
		{1, "<meta http-equiv=\"refresh\" content=\"2\">"},
		{0, NULL},
		{-5, NULL},
	};

	(void)state;
	made_up__reset(true);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char *text = page(rows[i].asked);

		if (rows[i].meta)
			contains(text, rows[i].meta);
		else
			lacks(text, "http-equiv");
		free(text);
	}
}

static void test_write_error(void **state)
{
	FILE *full = fopen("/dev/full", "we");

	(void)state;
	if (!full)
		skip();
	made_up__reset(false);
	assert_true(page__write(&made_up.audit, &made_up.state, stream, 0, full) < 0);
	fclose(full);
}

static char *violations(const struct stream *s)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(violations__write(&made_up.audit, s, out), 0);
	fclose(out);
	return text;
}

static void test_violations(void **state)
{
	char *text;

	(void)state;
	made_up__reset(false);
	made_up__alert("drifter");
	made_up.alerts[2].finding.verdict = VERDICT_DRIFT;
	text = violations(stream);
	contains(text, "\"version\": 1,");
	contains(text, "\"comm\": \"rsync\"");
	contains(text, "\"comm\": \"<script>x()\"");
	lacks(text, "drifter");
	free(text);
	text = violations(NULL);
	contains(text, "\"violations\": [],");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_well_formed),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_names_that_do_harm),
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_mounts),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_one_call),
		cmocka_unit_test(test_no_calls),
		cmocka_unit_test(test_no_types),
		cmocka_unit_test(test_many_violations),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_write_error),
		cmocka_unit_test(test_violations),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
