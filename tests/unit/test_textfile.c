/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the file of metrics: it is whole at all times, also when the disk is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "capture.h"
#include "textfile.h"

static char dir[] = "/tmp/test_textfile.XXXXXX";
static char path[64];
static struct capture said;
static int lines;

struct content {
	size_t size;
	char c;
	int err;  /* that rendering ends with */
	int seen; /* entries of the directory while it is rendered */
};

static int entries(void)
{
	struct dirent *e;
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		if (e->d_name[0] != '.')
			n++;
	}
	closedir(d);
	return n;
}

static int render(void *arg, FILE *f)
{
	struct content *c = arg;

	for (size_t i = 0; i < c->size; i++)
		putc(c->c, f);
	fflush(f);
	c->seen = entries();
	return c->err;
}

static int write_content(struct textfile *t, struct content *c)
{
	int err;

	capture_begin(&said);
	err = textfile__write(t, render, c);
	lines = capture_end(&said);
	return err;
}

/* The file is @size bytes of @c, and nothing else is in the directory. */
static void expect_file(size_t size, char c)
{
	FILE *f = fopen(path, "r");
	size_t n = 0;
	int got;

	assert_non_null(f);
	while ((got = getc(f)) != EOF) {
		assert_int_equal(got, c);
		n++;
	}
	fclose(f);
	assert_int_equal(n, size);
	assert_int_equal(entries(), 1);
}

static void test_write(void **state)
{
	struct content c = {.size = 100000, .c = 'a'};
	struct textfile *t;
	struct stat st;
	mode_t mask = umask(077);
	union {
		struct inotify_event event;
		char room[sizeof(struct inotify_event) + 256];
	} made;
	int watch;

	(void)state;
	assert_int_equal(textfile__open(path, &t), 0);
	assert_int_equal(entries(), 0);
	assert_int_equal(write_content(t, &c), 0);
	assert_int_equal(c.seen, 0);
	expect_file(100000, 'a');
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	watch = inotify_init1(IN_NONBLOCK);
	assert_true(inotify_add_watch(watch, dir, IN_CREATE) >= 0);
	c = (struct content){.size = 5, .c = 'b'};
	assert_int_equal(write_content(t, &c), 0);
	assert_int_equal(c.seen, 1);
	/* What is not whole has another name, one that node_exporter does not read. */
	assert_true(read(watch, &made, sizeof(made)) > 0);
	assert_int_equal(strncmp(made.event.name, "vfslock.prom.", 13), 0);
	assert_string_not_equal(made.event.name + strlen(made.event.name) - 5, ".prom");
	close(watch);
	expect_file(5, 'b');
	assert_int_equal(lines, 0);
	textfile__close(t);
	textfile__close(NULL);
	expect_file(5, 'b');
	umask(mask);
}

static void test_render_fails(void **state)
{
	struct content c = {.size = 10, .c = 'x', .err = -ENOMEM};
	struct textfile *t;

	(void)state;
	assert_int_equal(textfile__open(path, &t), 0);
	assert_int_equal(write_content(t, &c), -ENOMEM);
	assert_int_equal(lines, 1);
	expect_file(5, 'b');
	textfile__close(t);
}

/* Told when it fails, when it fails for another reason, when it works again; and not in between. */
static void test_messages(void **state)
{
	struct content good = {.size = 1, .c = 'g'}, bad = {.err = -ENOMEM}, worse = {.err = -EIO};
	struct textfile *t;

	(void)state;
	assert_int_equal(textfile__open(path, &t), 0);
	assert_int_equal(write_content(t, &bad), -ENOMEM);
	assert_int_equal(lines, 1);
	assert_int_equal(write_content(t, &bad), -ENOMEM);
	assert_int_equal(lines, 0);
	assert_int_equal(write_content(t, &worse), -EIO);
	assert_int_equal(lines, 1);
	assert_int_equal(write_content(t, &good), 0);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said.text, "vfslock.prom is written again\n"));
	assert_int_equal(write_content(t, &good), 0);
	assert_int_equal(lines, 0);
	textfile__close(t);
	expect_file(1, 'g');
}

static void test_leftovers(void **state)
{
	static const char *const names[] = {"vfslock.prom.1", "vfslock.prom.4194304", "vfslock.prom.12x",
					    "vfslock.prom.",  "other.prom.1",         "vfslock.promx.1"};
	struct textfile *t;
	char file[128];

	(void)state;
	for (int i = 0; i < 6; i++) {
		snprintf(file, sizeof(file), "%s/%s", dir, names[i]);
		fclose(fopen(file, "w"));
	}
	assert_int_equal(textfile__open(path, &t), 0);
	for (int i = 0; i < 6; i++) {
		snprintf(file, sizeof(file), "%s/%s", dir, names[i]);
		assert_int_equal(unlink(file) < 0, i < 2); /* the two are gone, the others are none of ours */
	}
	expect_file(1, 'g');
	textfile__close(t);
}

static void test_names(void **state)
{
	static const char *const bad[] = {"", ".prom", "/tmp/.prom", "/tmp/vfslock", "/tmp/vfslock.prom.tmp", "/tmp/"};
	struct textfile *t;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		capture_begin(&said);
		assert_int_equal(textfile__open(bad[i], &t), -EINVAL);
		assert_int_equal(capture_end(&said), 1);
	}
}

static void test_no_directory(void **state)
{
	struct content c = {.size = 1, .c = 'n'};
	char file[128];
	struct textfile *t;

	(void)state;
	snprintf(file, sizeof(file), "%s/sub/vfslock.prom", dir);
	assert_int_equal(textfile__open(file, &t), 0);
	assert_int_equal(write_content(t, &c), -ENOENT);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said.text, "make its directory"));
	textfile__close(t);
}

/* A limit of the size of files: the write fails in the middle. */
static void test_size_limit(void **state)
{
	struct content good = {.size = 1000, .c = 'g'}, big = {.size = 1 << 20, .c = 'B'};
	struct rlimit old, small = {65536, 65536};
	struct textfile *t;
	int err;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(textfile__open(path, &t), 0);
	assert_int_equal(write_content(t, &good), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	err = write_content(t, &big);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(err, -EFBIG);
	assert_int_equal(lines, 1);
	expect_file(1000, 'g');
	assert_int_equal(write_content(t, &big), 0);
	assert_int_equal(lines, 1);
	expect_file(1 << 20, 'B');
	textfile__close(t);
}

/* A disk of 64 KiB, over the directory. */
static void test_full_disk(void **state)
{
	struct content good = {.size = 20000, .c = 'g'}, big = {.size = 60000, .c = 'B'};
	struct textfile *t;

	(void)state;
	if (mount("none", dir, "tmpfs", 0, "size=64k") < 0)
		skip(); /* not permitted */
	assert_int_equal(textfile__open(path, &t), 0);
	assert_int_equal(write_content(t, &good), 0);
	assert_int_equal(write_content(t, &big), -ENOSPC);
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said.text, "make room"));
	expect_file(20000, 'g');
	assert_int_equal(write_content(t, &big), -ENOSPC);
	assert_int_equal(lines, 0);
	expect_file(20000, 'g');
	assert_int_equal(write_content(t, &good), 0);
	assert_int_equal(lines, 1);
	/* And one that is turned read-only. */
	assert_int_equal(mount("none", dir, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	assert_int_equal(write_content(t, &good), -EROFS);
	assert_int_equal(lines, 1);
	expect_file(20000, 'g');
	textfile__close(t);
	assert_int_equal(umount(dir), 0);
}

static int remove_all(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),      cmocka_unit_test(test_render_fails),
		cmocka_unit_test(test_messages),   cmocka_unit_test(test_leftovers),
		cmocka_unit_test(test_names),      cmocka_unit_test(test_no_directory),
		cmocka_unit_test(test_size_limit), cmocka_unit_test(test_full_disk),
	};

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/vfslock.prom", dir);
	return cmocka_run_group_tests(tests, NULL, remove_all);
}
