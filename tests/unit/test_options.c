// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the options: those of a made-up command and the shared ones, of a command line and of a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "attach.h"
#include "capture.h"
#include "cli.h"
#include "options.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SHARED 10 /* without "help" */

enum { DURATION, JSON, ADDRESS, N_OWN };

static const struct audit_option own[N_OWN] = {
	[DURATION] = {"duration", "SECONDS", "how long it takes"},
	[JSON] = {"json", NULL, "as JSON"},
	[ADDRESS] =
		{"web.listen-address", "ADDR",
		 "where it listens, in words that are too many for one line of a terminal, so that they go on in the "
		 "next one, below the first"},
};

/* What take_own() was given. */
static struct {
	int n, own[8];
	const char *values[8];
	int err;
} taken;

static int take_own(void *arg, int which, const char *value)
{
	assert_ptr_equal(arg, &taken);
	taken.own[taken.n] = which;
	taken.values[taken.n++] = value;
	return taken.err;
}

int attach_policy__parse(const char *word, enum attach_policy *out)
{
	*out = ATTACH_KPROBE;
	return strcmp(word, "kprobe") ? -EINVAL : 0;
}

int lock_source__parse(const char *word, enum lock_source *out)
{
	*out = LOCKS_BY_HOOKS;
	return strcmp(word, "hooks") ? -EINVAL : 0;
}

static struct option_parser parser;
static struct audit_options audit;
static struct capture said;
static char *args[16];

static int set_up(void **state)
{
	(void)state;
	memset(&taken, 0, sizeof(taken));
	audit = (struct audit_options){0};
	parser = (struct option_parser){.command = "test",
					.synopsis = "test [options] MOUNT...",
					.what = "Does nothing.",
					.after = "That is all.\n",
					.own = own,
					.n_own = N_OWN,
					.shorts = "d-w",
					.take = take_own,
					.arg = &taken};
	return 0;
}

/* The words of the command line; what is said on stderr is in `said`. */
static int parse_words(const char *const *words)
{
	int n = 1, result;

	args[0] = (char *)"test";
	for (; words[n - 1]; n++)
		args[n] = (char *)words[n - 1];
	args[n] = NULL;
	optind = 0; /* begins anew */
	capture_begin(&said);
	result = options__parse(&parser, n, args, &audit);
	capture_end(&said);
	return result;
}

#define PARSE(...) parse_words((const char *const[]){__VA_ARGS__, NULL})

static void assert_taken(int i, int which, const char *value)
{
	assert_true(i < taken.n);
	assert_int_equal(taken.own[i], which);
	if (value)
		assert_string_equal(taken.values[i], value);
	else
		assert_null(taken.values[i]);
}

static void test_own(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--duration", "5", "--json", "--web.listen-address=:1", "/mnt"), 0);
	assert_int_equal(taken.n, 3);
	assert_taken(0, DURATION, "5");
	assert_taken(1, JSON, NULL);
	assert_taken(2, ADDRESS, ":1");
	assert_int_equal(audit.n_paths, 1);
	assert_string_equal(audit.paths[0], "/mnt");
	assert_string_equal(said.text, "");
}

static void test_shorts(void **state)
{
	(void)state;
	assert_int_equal(PARSE("-d", "5", "-qw:1", "-d6", "/mnt"), 0);
	assert_int_equal(taken.n, 3);
	assert_taken(0, DURATION, "5");
	assert_taken(1, ADDRESS, ":1");
	assert_taken(2, DURATION, "6");
	assert_true(audit.quiet);
	assert_true(options__given(&parser, "duration"));
	assert_true(options__given(&parser, "quiet"));
	assert_false(options__given(&parser, "json"));
}

/* A command may have no short ones, or fewer than options. */
static void test_few_shorts(void **state)
{
	(void)state;
	parser.shorts = "d";
	assert_int_equal(PARSE("-d", "5"), 0);
	assert_int_equal(PARSE("-w", ":1"), EXIT_USAGE + 1);
	parser.shorts = NULL;
	assert_int_equal(PARSE("-d", "5"), EXIT_USAGE + 1);
	assert_int_equal(PARSE("-q"), 0);
	assert_true(audit.quiet);
}

static void test_shared(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--latency", "read_folio", "--spec", "doc.rst", "--suppress", "file", "--attach",
			       "kprobe", "--locks=track", "--lock-source=hooks"),
			 0);
	assert_string_equal(audit.latency, "read_folio");
	assert_string_equal(audit.spec, "doc.rst");
	assert_string_equal(audit.suppress, "file");
	assert_int_equal(audit.policy, ATTACH_KPROBE);
	assert_true(audit.track);
	assert_int_equal(audit.lock_source, LOCKS_BY_HOOKS);
	assert_int_equal(PARSE("--unlock-timeout", "2.5", "--no-cost", "--quiet", "--locks", "word"), 0);
	assert_true(audit.unlock_seconds == 2.5);
	assert_true(audit.no_cost);
	assert_true(audit.quiet);
	assert_false(audit.track);
	assert_int_equal(taken.n, 0);
}

static void test_latency(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--latency", "all"), 0);
	assert_string_equal(audit.latency, "all");
	assert_int_equal(PARSE("--latency", "none"), 0);
	assert_string_equal(audit.latency, "none");
}

static void test_wrong_values(void **state)
{
	static const struct {
		const char *option, *value, *says;
	} cases[] = {
		{"--latency", "read_page_not", "--latency read_page_not: no such method"},
		{"--latency", "", "--latency : no such method"},
		{"--locks", "tracks", "--locks tracks: give word or track"},
		{"--unlock-timeout", "0", "--unlock-timeout: '0' is no duration"},
		{"--attach", "magic", ""},
		{"--lock-source", "magic", ""},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(PARSE(cases[i].option, cases[i].value, "/mnt"), EXIT_USAGE + 1);
		if (!strstr(said.text, cases[i].says))
			fail_msg("%s %s: %s", cases[i].option, cases[i].value, said.text);
	}
	/* The command's own verdict counts, too, and nothing after it is looked at. */
	taken.err = -EINVAL;
	assert_int_equal(PARSE("--json", "--duration", "5"), EXIT_USAGE + 1);
	assert_int_equal(taken.n, 1);
}

static void test_wrong_usage(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--no-such-option"), EXIT_USAGE + 1);
	assert_non_null(strstr(said.text, "--no-such-option"));
	assert_non_null(strstr(said.text, "usage: vfslock test [options] MOUNT..."));
	assert_int_equal(PARSE("-x"), EXIT_USAGE + 1);
	assert_int_equal(PARSE("--duration"), EXIT_USAGE + 1);
	assert_int_equal(PARSE("--json=yes"), EXIT_USAGE + 1);
	assert_int_equal(PARSE("--no-cost=no"), EXIT_USAGE + 1);
	assert_false(audit.no_cost);
	assert_int_equal(taken.n, 0);
}

/* Options come before the mounts; a first "--" ends them, the next one the mounts. */
static void test_dashes(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--json", "/a", "/b", "--", "make", "--quiet"), 0);
	assert_int_equal(audit.n_paths, 2);
	assert_string_equal(audit.paths[0], "/a");
	assert_string_equal(audit.paths[1], "/b");
	assert_string_equal(args[optind], "--");
	assert_string_equal(args[optind + 1], "make");
	assert_false(audit.quiet);
	audit.n_paths = 0;
	assert_int_equal(PARSE("--", "--quiet", "--", "make"), 0);
	assert_int_equal(audit.n_paths, 1);
	assert_string_equal(audit.paths[0], "--quiet");
	assert_string_equal(args[optind + 1], "make");
	assert_false(audit.quiet);
	audit.n_paths = 0;
	assert_int_equal(PARSE("/a", "--json"), 0);
	assert_int_equal(audit.n_paths, 2);
	assert_int_equal(taken.n, 1);
	audit.n_paths = 0;
	assert_int_equal(PARSE("-q"), 0);
	assert_int_equal(audit.n_paths, 0);
	assert_null(args[optind]);
}

/* What the options' help says, in @text to be freed. */
static char *usage(void)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	options__usage(&parser, f);
	fclose(f);
	return text;
}

static void test_usage(void **state)
{
	const char *names[64];
	int n = options__names(&parser, names, 64);
	char *text = usage();

	(void)state;
	assert_int_equal(n, N_OWN + SHARED - 1);
	for (int i = 0; i < n; i++) {
		char option[80];

		snprintf(option, sizeof(option), "--%s ", names[i]);
		if (!strstr(text, option))
			fail_msg("no help of %s", option);
	}
	assert_int_equal(strncmp(text, "usage: vfslock test [options] MOUNT...\n\nDoes nothing.\n", 53), 0);
	assert_non_null(strstr(text, "\n  -d, --duration SECONDS      "));
	assert_non_null(strstr(text, "\n      --json                  "));
	assert_non_null(strstr(text, "\n  -w, --web.listen-address ADDR "));
	assert_non_null(strstr(text, "\n  -q, --quiet "));
	assert_non_null(strstr(text, "\n  -h, --help "));
	assert_non_null(strstr(text, "\n\nThat is all.\n"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 120);
	free(text);
}

/* It goes to stdout, and nothing after it counts. */
static void test_help(void **state)
{
	static const char *const ways[] = {"-h", "--help"};
	char *want = usage();

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		char got[8192];
		int file = memfd_create("stdout", 0), saved = dup(STDOUT_FILENO), result;
		ssize_t n;

		fflush(stdout);
		dup2(file, STDOUT_FILENO);
		result = PARSE(ways[i], "--no-such-option");
		fflush(stdout);
		dup2(saved, STDOUT_FILENO);
		n = pread(file, got, sizeof(got) - 1, 0);
		got[n > 0 ? n : 0] = '\0';
		close(saved);
		close(file);
		assert_int_equal(result, EXIT_CLEAN + 1);
		assert_string_equal(said.text, "");
		assert_string_equal(got, want);
	}
	free(want);
}

static void test_names(void **state)
{
	const char *names[64];
	int n;

	(void)state;
	n = options__names(&parser, names, 64);
	assert_string_equal(names[0], "duration");
	assert_string_equal(names[N_OWN], "latency");
	for (int i = 0; i < n; i++) {
		assert_string_not_equal(names[i], "help");
		for (int k = 0; k < i; k++)
			assert_string_not_equal(names[i], names[k]);
	}
	names[2] = names[5] = "untouched";
	assert_int_equal(options__names(&parser, names, 2), 2);
	assert_string_equal(names[2], "untouched");
	assert_int_equal(options__names(&parser, names, 5), 5);
	assert_string_equal(names[5], "untouched");
}

static int take(const char *name, const char *value)
{
	int err;

	capture_begin(&said);
	err = options__take(&parser, name, value, &audit);
	capture_end(&said);
	return err;
}

static void test_take(void **state)
{
	(void)state;
	assert_int_equal(take("web.listen-address", "[::1]:9753"), 0);
	assert_taken(0, ADDRESS, "[::1]:9753");
	assert_int_equal(take("json", ""), 0);
	assert_taken(1, JSON, "");
	assert_int_equal(take("suppress", "/etc/vfslock/suppress.conf"), 0);
	assert_string_equal(audit.suppress, "/etc/vfslock/suppress.conf");
	assert_int_equal(take("quiet", ""), 0);
	assert_true(audit.quiet);
	assert_string_equal(said.text, "");
	assert_int_equal(take("unlock-timeout", "soon"), -EINVAL);
	taken.err = -ERANGE;
	assert_int_equal(take("duration", "5"), -ERANGE);
	/* Of a file, not of the command line. */
	assert_false(options__given(&parser, "json"));
	assert_false(options__given(&parser, "quiet"));
}

static void test_take_wrong(void **state)
{
	(void)state;
	assert_int_equal(take("duration", ""), -EINVAL);
	assert_string_equal(said.text, "vfslock: duration needs a value\n");
	assert_int_equal(take("suppress", ""), -EINVAL);
	assert_string_equal(said.text, "vfslock: suppress needs a value\n");
	assert_int_equal(take("json", "yes"), -EINVAL);
	assert_string_equal(said.text, "vfslock: json takes no value\n");
	assert_int_equal(take("quiet", "no"), -EINVAL);
	assert_string_equal(said.text, "vfslock: quiet takes no value\n");
	assert_int_equal(take("no-such-option", "x"), -ENOENT);
	assert_int_equal(take("help", ""), -ENOENT);
	assert_int_equal(take("dur", "5"), -ENOENT); /* only a command line abbreviates */
	assert_int_equal(take("d", "5"), -ENOENT);
	assert_int_equal(taken.n, 0);
	assert_null(audit.suppress);
	assert_false(audit.quiet);
}

static void test_given(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--json", "--no-cost", "--spec=x", "/mnt"), 0);
	assert_true(options__given(&parser, "json"));
	assert_true(options__given(&parser, "no-cost"));
	assert_true(options__given(&parser, "spec"));
	assert_false(options__given(&parser, "duration"));
	assert_false(options__given(&parser, "quiet"));
	assert_false(options__given(&parser, "latency"));
	assert_false(options__given(&parser, "no-such-option"));
}

static void test_seconds(void **state)
{
	static const char *const wrong[] = {"", "0", "-1", "nan", "inf", "1e8", "5s", "5 ", "x", "0.0", "1,5"};
	double out;

	(void)state;
	assert_int_equal(options__seconds("fold", "0.5", &out), 0);
	assert_true(out == 0.5);
	assert_int_equal(options__seconds("fold", "10000000", &out), 0);
	assert_true(out == 1e7);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		char want[64];

		capture_begin(&said);
		assert_int_equal(options__seconds("fold", wrong[i], &out), -EINVAL);
		assert_int_equal(capture_end(&said), 1);
		snprintf(want, sizeof(want), "vfslock: --fold: '%s' is no duration", wrong[i]);
		assert_int_equal(strncmp(said.text, want, strlen(want)), 0);
	}
}

static void test_number(void **state)
{
	static const char *const wrong[] = {"", "2", "101", "-5", "5x", "5.0", "99999999999999999999", "x"};
	long out;

	(void)state;
	assert_int_equal(options__number("recent", "3", 3, 100, &out), 0);
	assert_int_equal(out, 3);
	assert_int_equal(options__number("recent", "100", 3, 100, &out), 0);
	assert_int_equal(out, 100);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		capture_begin(&said);
		assert_int_equal(options__number("recent", wrong[i], 3, 100, &out), -EINVAL);
		assert_int_equal(capture_end(&said), 1);
		assert_non_null(strstr(said.text, "--recent: '"));
		assert_non_null(strstr(said.text, "is no number from 3 to 100"));
	}
}

static void test_ring_size(void **state)
{
	static const char *const wrong[] = {"0", "2", "3", "5", "6", "100", "2097152", "-4", "4k", "", "4.0"};
	static const char *const right[] = {"4", "8", "256", "4096", "1048576"};
	size_t bytes = 1;

	(void)state;
	for (size_t i = 0; i < COUNT(right); i++) {
		assert_int_equal(options__ring_size(right[i], &bytes), 0);
		assert_true(bytes == 1024 * strtoul(right[i], NULL, 10));
	}
	for (size_t i = 0; i < COUNT(wrong); i++) {
		capture_begin(&said);
		assert_int_equal(options__ring_size(wrong[i], &bytes), -EINVAL);
		assert_int_equal(capture_end(&said), 1);
		assert_non_null(strstr(said.text, "--ring-size"));
	}
	assert_true(bytes == 1UL << 30);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(test_own),        TEST(test_shorts),       TEST(test_few_shorts),  TEST(test_shared),
		TEST(test_latency),    TEST(test_wrong_values), TEST(test_wrong_usage), TEST(test_dashes),
		TEST(test_usage),      TEST(test_help),         TEST(test_names),       TEST(test_take),
		TEST(test_take_wrong), TEST(test_given),        TEST(test_seconds),     TEST(test_number),
		TEST(test_ring_size),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
