// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the file of suppressions: what a line means, on which day it ends, and what is said of a wrong one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "capture.h"
#include "suppress.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* 2027-01-31 00:00:00 UTC */
#define THE_31ST 1801353600
#define DAY 86400

static const char create_rule[] = "inode_operations.create.i_rwsem.dir";
static const char *const create_path[] = {"ext4_create", "vfs_create", "path_openat"};

static char path[] = "/tmp/test_suppress.XXXXXX";
static struct capture said;
static int lines;
static time_t today;

time_t __wrap_time(time_t *t);

time_t __wrap_time(time_t *t)
{
	if (t)
		*t = today;
	return today;
}

static int load(const char *file, struct suppressions **out)
{
	int err;

	capture_begin(&said);
	err = suppressions__load(file, out);
	lines = capture_end(&said);
	return err;
}

static int load_text(const char *text, struct suppressions **out)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	return load(path, out);
}

/* The text has no mistakes, and nothing is said of it. */
static struct suppressions *loaded(const char *text)
{
	struct suppressions *s = NULL;

	assert_int_equal(load_text(text, &s), 0);
	assert_string_equal(said.text, "");
	return s;
}

static const struct suppression *find_at(const struct suppressions *s, time_t now)
{
	return suppressions__find(s, create_rule, create_path, COUNT(create_path), now);
}

static bool matches(const char *rule, const char *function)
{
	char text[256];
	struct suppressions *s;
	bool found;

	snprintf(text, sizeof(text), "%s %s never known\n", rule, function);
	s = loaded(text);
	found = find_at(s, today);
	suppressions__free(s);
	return found;
}

static void test_lines(void **state)
{
	struct suppressions *s = loaded("# comment\n"
					"\n"
					" \t \n"
					"  # another\n"
					"a.b.c  first\t2027-01-31   bug #12, see the list\r\n"
					"\tinode_operations.create.* ext4_create never  two  spaces");
	const struct suppression *found;

	(void)state;
	assert_int_equal(suppressions__count(s), 2);
	found = find_at(s, today);
	assert_non_null(found);
	assert_string_equal(found->rule, "inode_operations.create.*");
	assert_string_equal(found->function, "ext4_create");
	assert_string_equal(found->reason, "two  spaces");
	assert_int_equal(found->expires, 0);
	assert_int_equal(found->line, 6);
	found = suppressions__find(s, "a.b.c", (const char *const[]){"first"}, 1, today);
	assert_non_null(found);
	assert_string_equal(found->reason, "bug #12, see the list"); /* without the carriage return */
	assert_int_equal(found->expires, THE_31ST + DAY);
	assert_int_equal(found->line, 5);
	suppressions__free(s);
}

static void test_nothing(void **state)
{
	struct suppressions *s;

	(void)state;
	assert_null(find_at(NULL, today));
	assert_int_equal(suppressions__count(NULL), 0);
	suppressions__free(NULL);
	s = loaded("");
	assert_int_equal(suppressions__count(s), 0);
	assert_null(find_at(s, today));
	suppressions__free(s);
	s = loaded("# nothing yet");
	assert_int_equal(suppressions__count(s), 0);
	suppressions__free(s);
}

static void test_patterns(void **state)
{
	(void)state;
	assert_true(matches(create_rule, "ext4_create"));
	assert_true(matches("*", "*"));
	assert_true(matches("inode_operations.*.i_rwsem.*", "ext4_*"));
	assert_true(matches("*.[c]reate.*", "ext?_create"));
	/* Any function of the path, not only the method's own. */
	assert_true(matches("*", "vfs_create"));
	assert_true(matches("*", "path_open*"));
	assert_false(matches("*", "path_open"));
	assert_false(matches("*", "xfs_*"));
	/* A pattern is of the whole id. */
	assert_false(matches("inode_operations.create", "*"));
	assert_false(matches("create", "*"));
	assert_false(matches("inode_operations.lookup.*", "*"));
	assert_false(matches("INODE_OPERATIONS.*", "*"));
}

static void test_first_decides(void **state)
{
	struct suppressions *s = loaded("inode_operations.* xfs_create never of another filesystem\n"
					"inode_operations.* ext4_create 2027-01-31 for a while\n"
					"* * never all\n");

	(void)state;
	assert_int_equal(find_at(s, THE_31ST)->line, 2);
	assert_int_equal(find_at(s, THE_31ST + DAY)->line, 3);
	assert_null(suppressions__find(s, create_rule, NULL, 0, THE_31ST));
	suppressions__free(s);
}

/* The day that is named is the last; days are those of UTC. */
static void test_expiry(void **state)
{
	struct suppressions *s = loaded("* * 2027-01-31 known\n");

	(void)state;
	assert_non_null(find_at(s, 0));
	assert_non_null(find_at(s, THE_31ST - 1));
	assert_non_null(find_at(s, THE_31ST));
	assert_non_null(find_at(s, THE_31ST + DAY - 1));
	assert_null(find_at(s, THE_31ST + DAY));
	assert_null(find_at(s, THE_31ST + 400 * DAY));
	suppressions__free(s);
	s = loaded("* * never known\n");
	assert_non_null(find_at(s, THE_31ST + 36500L * DAY));
	suppressions__free(s);
	s = loaded("* * 2028-02-29 leap day\n");
	assert_non_null(find_at(s, THE_31ST + 394 * DAY));
	assert_null(find_at(s, THE_31ST + 395 * DAY));
	suppressions__free(s);
}

static void test_expired(void **state)
{
	char want[128];
	struct suppressions *s = NULL;

	(void)state;
	today = THE_31ST + DAY;
	snprintf(want, sizeof(want), "vfslock: %s:2: has expired: inode_operations.* is told again\n", path);
	assert_int_equal(load_text("\ninode_operations.* * 2027-01-31 known\n* zzz never known\n", &s), 0);
	assert_string_equal(said.text, want);
	assert_null(find_at(s, today));
	suppressions__free(s);
	/* A second before it is in force, and nothing is said. */
	today--;
	s = loaded("inode_operations.* * 2027-01-31 known\n");
	assert_non_null(find_at(s, today));
	suppressions__free(s);
}

/* A day before all that a clock can tell has expired, too. */
static void test_long_expired(void **state)
{
	struct suppressions *s = NULL;

	(void)state;
	assert_int_equal(load_text("* * 1969-12-31 known\n", &s), 0);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said.text, ":1: has expired"));
	assert_null(find_at(s, today));
	suppressions__free(s);
}

static const struct mistake {
	const char *line, *says;
} mistakes[] = {
	{"rule", "give RULE FUNCTION EXPIRY REASON"},
	{"rule function", "give RULE FUNCTION EXPIRY REASON"},
	{"rule function never", "say why"},
	{"rule function never   \t", "say why"},
	{"rule function 2027-01-31\r", "say why"},
	{"rule function tomorrow known", "YYYY-MM-DD"},
	{"rule function Never known", "YYYY-MM-DD"},
	{"rule function 2027-02-30 known", "YYYY-MM-DD"},
	{"rule function 2027-02-29 known", "YYYY-MM-DD"},
	{"rule function 2027-13-01 known", "YYYY-MM-DD"},
	{"rule function 2027-00-01 known", "YYYY-MM-DD"},
	{"rule function 2027-01-00 known", "YYYY-MM-DD"},
	{"rule function 2027-01-32 known", "YYYY-MM-DD"},
	{"rule function 2027-01 known", "YYYY-MM-DD"},
	{"rule function 2027-01-31x known", "YYYY-MM-DD"},
	{"rule function 2027-01-311 known", "YYYY-MM-DD"},
	{"rule function 2027/01/31 known", "YYYY-MM-DD"},
	{"rule function 31-01-2027 known", "YYYY-MM-DD"},
	{"rule function 27-01-31 known", "YYYY-MM-DD"},
	{"rule function -027-01-31 known", "YYYY-MM-DD"},
	{"rule function 2027--1-31 known", "YYYY-MM-DD"},
	{"rule function 2027-01-31T00:00:00Z00000000000000 known", "YYYY-MM-DD"},
	{"rule bug1234 not known", "YYYY-MM-DD"},
};

static void test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mistakes); i++) {
		char text[256], where[128];
		struct suppressions *untouched = (struct suppressions *)&said, *s = untouched;

		snprintf(text, sizeof(text), "# comment\n* * never all is known\n%s\n", mistakes[i].line);
		snprintf(where, sizeof(where), "vfslock: %s:3: ", path);
		if (load_text(text, &s) != -EINVAL)
			fail_msg("taken: %s", mistakes[i].line);
		assert_ptr_equal(s, untouched);
		assert_int_equal(lines, 1);
		assert_int_equal(strncmp(said.text, where, strlen(where)), 0);
		if (!strstr(said.text, mistakes[i].says))
			fail_msg("of '%s': %s", mistakes[i].line, said.text);
	}
}

static void test_all_mistakes(void **state)
{
	struct suppressions *s = NULL;

	(void)state;
	assert_int_equal(load_text("one\n* * never known\n* * 2027-02-30 known\n\n* * never\n* * never known\n", &s),
			 -EINVAL);
	assert_null(s);
	assert_int_equal(lines, 3);
	assert_non_null(strstr(said.text, ":1: give RULE"));
	assert_non_null(strstr(said.text, ":3: the third word"));
	assert_non_null(strstr(said.text, ":5: say why"));
}

/* A word of @n characters, which are @c. */
static const char *word(char *buf, int n, char c)
{
	memset(buf, c, (size_t)n);
	buf[n] = '\0';
	return buf;
}

/* What does not fit is a mistake that is told, not two words. */
static void test_long_words(void **state)
{
	static const struct {
		int rule, function;
		int err;
	} cases[] = {{127, 63, 0},      {128, 10, -EINVAL}, {129, 10, -EINVAL}, {300, 10, -EINVAL},
		     {10, 64, -EINVAL}, {10, 65, -EINVAL},  {10, 300, -EINVAL}};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct suppressions *s = NULL;
		char rule[400], function[400], text[1024];

		word(rule, cases[i].rule, 'r');
		word(function, cases[i].function, 'f');
		snprintf(text, sizeof(text), "%s %s never known\n", rule, function);
		assert_int_equal(load_text(text, &s), cases[i].err);
		assert_int_equal(lines, cases[i].err ? 1 : 0);
		if (cases[i].err) {
			assert_null(s);
			assert_non_null(strstr(said.text, ":1: "));
			assert_non_null(strstr(said.text, "too long"));
			continue;
		}
		assert_non_null(suppressions__find(s, rule, (const char *const[]){function}, 1, today));
		suppressions__free(s);
	}
}

/* The pattern that is cut off would be taken for the function, and so on: all four words are there. */
static void test_long_word_splits(void **state)
{
	struct suppressions *s = NULL;
	char rule[400], text[512];

	(void)state;
	snprintf(text, sizeof(text), "%s* never for a while\n", word(rule, 127, 'r'));
	assert_int_equal(load_text(text, &s), -EINVAL);
	snprintf(text, sizeof(text), "%s%s never known to all\n", word(rule, 127, '*'), "ext4_create");
	assert_int_equal(load_text(text, &s), -EINVAL);
	assert_null(s);
}

/* Only a reason may be as long as it likes. */
static void test_long_reason(void **state)
{
	static char text[20000], reason[10001];
	struct suppressions *s;

	(void)state;
	snprintf(text, sizeof(text), "* * never %s\n# end\n", word(reason, 10000, 'w'));
	s = loaded(text);
	assert_string_equal(find_at(s, today)->reason, reason);
	suppressions__free(s);
}

static void test_many(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	struct suppressions *s;

	(void)state;
	for (int i = 0; i < 500; i++)
		fprintf(f, "rule.%d * never known\n", i);
	fclose(f);
	s = loaded(text);
	free(text);
	assert_int_equal(suppressions__count(s), 500);
	assert_int_equal(suppressions__find(s, "rule.499", create_path, 3, today)->line, 500);
	assert_null(suppressions__find(s, "rule.500", create_path, 3, today));
	suppressions__free(s);
}

static void test_unreadable(void **state)
{
	struct suppressions *s = NULL;

	(void)state;
	assert_int_equal(load("/nonexistent/suppress.conf", &s), -ENOENT);
	assert_string_equal(said.text, "vfslock: /nonexistent/suppress.conf: No such file or directory\n");
	assert_int_equal(load("/tmp", &s), -EISDIR);
	assert_string_equal(said.text, "vfslock: /tmp: Is a directory\n");
	assert_null(s);
}

static int set_up(void **state)
{
	(void)state;
	today = THE_31ST - 30 * DAY;
	return 0;
}

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(test_lines),        TEST(test_nothing),    TEST(test_patterns),         TEST(test_first_decides),
		TEST(test_expiry),       TEST(test_expired),    TEST(test_long_expired),     TEST(test_mistakes),
		TEST(test_all_mistakes), TEST(test_long_words), TEST(test_long_word_splits), TEST(test_long_reason),
		TEST(test_many),         TEST(test_unreadable),
	};

	return cmocka_run_group_tests_name("suppress", tests, make_file, remove_file);
}
