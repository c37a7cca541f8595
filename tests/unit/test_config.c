/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the configuration file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "capture.h"
#include "config.h"

static const char *const known[] = {"mount", "web.listen-address", "locks"};

static char path[] = "/tmp/test_config.XXXXXX";
static struct capture said;
static int lines;

static void put(const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static int read_path(const char *file, struct config *c)
{
	int err;

	capture_begin(&said);
	err = config__read(file, known, 3, c);
	lines = capture_end(&said);
	return err;
}

static int read_text(const char *text, struct config *c)
{
	put(text, strlen(text));
	return read_path(path, c);
}

static void expect(const struct config *c, int i, const char *name, const char *value, int line)
{
	assert_true(i < c->n);
	assert_string_equal(c->entries[i].name, name);
	assert_string_equal(c->entries[i].value, value);
	assert_int_equal(c->entries[i].line, line);
}

static void test_entries(void **state)
{
	struct config c;

	(void)state;
	assert_int_equal(read_text("# a comment\n\nmount /data\n  mount\t /with space \t\r\nlocks\n"
				   "web.listen-address [::1]:9753 # here\n\t#\nmount /a#b",
				   &c),
			 0);
	assert_int_equal(lines, 0);
	assert_int_equal(c.n, 5);
	expect(&c, 0, "mount", "/data", 3);
	expect(&c, 1, "mount", "/with space", 4);
	expect(&c, 2, "locks", "", 5);
	expect(&c, 3, "web.listen-address", "[::1]:9753", 6);
	expect(&c, 4, "mount", "/a#b", 8); /* without a newline */
	config__free(&c);
	assert_int_equal(c.n, 0);
}

static void test_nothing(void **state)
{
	static const char *const nothing[] = {"", "\n", "#", "\n\n  \n\t", "# mount /data"};
	struct config c;

	(void)state;
	for (size_t i = 0; i < sizeof(nothing) / sizeof(*nothing); i++) {
		assert_int_equal(read_text(nothing[i], &c), 0);
		assert_int_equal(c.n, 0);
		assert_int_equal(lines, 0);
		config__free(&c);
	}
}

static void test_unknown(void **state)
{
	struct config c;
	char expected[256];

	(void)state;
	assert_int_equal(read_text("mount /data\n\nx 1\n--locks\n", &c), -EINVAL);
	assert_int_equal(c.n, 0);
	assert_null(c.entries);
	snprintf(expected, sizeof(expected),
		 "vfslock: %s:3: unknown option 'x'; known are mount, web.listen-address, locks\n"
		 "vfslock: %s:4: unknown option '--locks'; known are mount, web.listen-address, locks\n",
		 path, path);
	assert_string_equal(said.text, expected);
	/* Neither a part of a name, nor more. */
	assert_int_equal(read_text("moun /\n", &c), -EINVAL);
	assert_int_equal(read_text("mounts /\n", &c), -EINVAL);
}

/* What is shown of a name is short and harmless. */
static void test_garbage(void **state)
{
	char text[3000];
	struct config c;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '\033';
	put(text, sizeof(text));
	assert_int_equal(read_path(path, &c), -EINVAL);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said.text, ":1: unknown option '?aaa"));
	assert_non_null(strstr(said.text, "aaa...';"));
	assert_true(strlen(said.text) < 250);
	assert_null(strchr(said.text, '\033'));
}

static void test_long_line(void **state)
{
	static char text[6000];
	struct config c;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "mount /", 7);
	put(text, 4096);
	assert_int_equal(read_path(path, &c), 0);
	assert_int_equal(strlen(c.entries[0].value), 4096 - 6);
	config__free(&c);
	put(text, 4097);
	assert_int_equal(read_path(path, &c), -EINVAL);
	assert_non_null(strstr(said.text, ":1: the line is longer than 4096 bytes\n"));
	text[10] = '\n';
	put(text, sizeof(text));
	assert_int_equal(read_path(path, &c), -EINVAL);
	assert_non_null(strstr(said.text, ":2: the line is longer than 4096 bytes\n"));
}

static void test_zero_byte(void **state)
{
	static const char text[] = "mount /a\nmount /b\0c\nmount /d\n";
	struct config c;

	(void)state;
	put(text, sizeof(text) - 1);
	assert_int_equal(read_path(path, &c), -EINVAL);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said.text, ":2: there is a zero byte"));
	put("\0", 1);
	assert_int_equal(read_path(path, &c), -EINVAL);
}

static void test_many_mistakes(void **state)
{
	char text[400] = "";
	struct config c;

	(void)state;
	for (int i = 0; i < 100; i++)
		strcat(text, "x\n");
	assert_int_equal(read_text(text, &c), -EINVAL);
	assert_int_equal(lines, 11);
	assert_non_null(strstr(said.text, "and 90 mistakes more\n"));
}

static void test_many_entries(void **state)
{
	static char text[40000];
	struct config c;

	(void)state;
	for (int i = 0; i < 1000; i++)
		sprintf(text + strlen(text), "mount /%d\n", i);
	assert_int_equal(read_text(text, &c), 0);
	assert_int_equal(c.n, 1000);
	expect(&c, 999, "mount", "/999", 1000);
	config__free(&c);
}

static void test_unreadable(void **state)
{
	static char big[(1 << 20) + 1];
	char fifo[64];
	struct config c;

	(void)state;
	assert_int_equal(read_path("/tmp/no/such/file", &c), -ENOENT);
	assert_string_equal(said.text, "vfslock: /tmp/no/such/file: No such file or directory\n");
	assert_int_equal(read_path("/tmp", &c), -EISDIR);
	assert_int_equal(lines, 1);
	assert_int_equal(read_path("/dev/zero", &c), -EINVAL);
	snprintf(fifo, sizeof(fifo), "%s.fifo", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(read_path(fifo, &c), -EINVAL);
	unlink(fifo);
	memset(big, '\n', sizeof(big));
	put(big, sizeof(big) - 1);
	assert_int_equal(read_path(path, &c), 0);
	config__free(&c);
	put(big, sizeof(big));
	assert_int_equal(read_path(path, &c), -EFBIG);
	assert_int_equal(lines, 1);
	if (geteuid() == 0) { /* root may read what nobody may */
		assert_int_equal(seteuid(65534), 0);
		assert_int_equal(read_path(path, &c), -EACCES);
		assert_int_equal(seteuid(0), 0);
	} else {
		assert_int_equal(chmod(path, 0), 0);
		assert_int_equal(read_path(path, &c), -EACCES);
		assert_int_equal(chmod(path, 0600), 0);
	}
	assert_int_equal(lines, 1);
}

/* What counts where only one can, and where several do. */
static void test_compare(void **state)
{
	static const char text[] = "locks a\nmount /x\nlocks b\nmount /y\n";
	static const char more[] = "mount /x\nlocks b\nmount /y\nmount /z\n";
	struct config a, b;

	(void)state;
	put(text, sizeof(text) - 1);
	assert_int_equal(read_path(path, &a), 0);
	assert_string_equal(config__last(&a, "locks")->value, "b");
	assert_int_equal(config__last(&a, "locks")->line, 3);
	assert_null(config__last(&a, "web.listen-address"));
	put(more, sizeof(more) - 1);
	assert_int_equal(read_path(path, &b), 0);
	assert_true(config__same(&a, &b, "locks", false));
	assert_false(config__same(&a, &b, "locks", true));
	assert_false(config__same(&a, &b, "mount", false));
	assert_false(config__same(&a, &b, "mount", true));
	assert_false(config__same(&b, &a, "mount", true));
	assert_true(config__same(&a, &a, "mount", true));
	for (int list = 0; list < 2; list++)
		assert_true(config__same(&a, &b, "web.listen-address", list));
	config__free(&b);
	for (int list = 0; list < 2; list++) {
		assert_false(config__same(&a, &b, "locks", list)); /* an empty one has none */
		assert_false(config__same(&b, &a, "locks", list));
	}
	config__free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),       cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_unknown),       cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_long_line),     cmocka_unit_test(test_zero_byte),
		cmocka_unit_test(test_many_mistakes), cmocka_unit_test(test_many_entries),
		cmocka_unit_test(test_unreadable),    cmocka_unit_test(test_compare),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
