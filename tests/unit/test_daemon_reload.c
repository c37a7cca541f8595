// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of SIGHUP: what a changed file does to a daemon that runs, which is nothing if any of it is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>

#include "attach.h"
#include "capture.h"
#include "daemon_state.h"
#include "rights.h"
#include "serve_options.h"

static char config[] = "/tmp/test_reload.conf.XXXXXX", one[] = "/tmp/test_reload.one.XXXXXX",
	    two[] = "/tmp/test_reload.two.XXXXXX";
static struct serve_options source;
static struct daemon_options started;
static struct daemon d;
static struct target targets[DAEMON_MAX_MOUNTS];
static struct capture said;
static int sweep_error, update_error, rebase_error;
/* What was done, and in what order: u(pdate), r(ebase), p(aths); and with what. */
static char done[16];
static int n_paths;
static char first_path[64];

static int note(char what, int err)
{
	size_t n = strlen(done);

	assert_true(n + 1 < sizeof(done));
	done[n] = what;
	return err;
}

int service__notify(const char *format, ...)
{
	(void)format;
	return 0;
}

int daemon__sweep(struct daemon *daemon)
{
	(void)daemon;
	return sweep_error;
}

int metrics__update(struct metrics *m, struct audit *a)
{
	(void)m;
	(void)a;
	return note('u', update_error);
}

int metrics__rebase(struct metrics *m, struct audit *a)
{
	(void)m;
	(void)a;
	return note('r', rebase_error);
}

void stream__rejudge(struct stream *s)
{
	(void)s;
}

int mounts__set_paths(struct audit *a, char *const *paths, int n)
{
	(void)a;
	n_paths = n;
	snprintf(first_path, sizeof(first_path), "%s", paths[0]);
	return note('p', 0);
}

int attach_policy__parse(const char *word, enum attach_policy *out)
{
	*out = ATTACH_AUTO;
	return strcmp(word, "auto") ? -EINVAL : 0;
}

int lock_source__parse(const char *word, enum lock_source *out)
{
	*out = LOCKS_BY_HOOKS;
	return strcmp(word, "hooks") ? -EINVAL : 0;
}

int rights__check_user(const char *user)
{
	return strcmp(user, "nobody") ? -ENOENT : 0;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void write_config(const char *format, ...)
{
	char text[4096];
	va_list args;

	va_start(args, format);
	assert_in_range(vsnprintf(text, sizeof(text), format, args), 1, sizeof(text) - 1);
	va_end(args);
	write_file(config, text);
}

/* A daemon that was started with the file as it is and these words besides; @n of them. */
static void start(const char *const *words, int n)
{
	static char *argv[16];
	int argc = 0;

	argv[argc++] = "serve";
	argv[argc++] = "--config";
	argv[argc++] = config;
	for (int i = 0; i < n; i++)
		argv[argc++] = (char *)words[i];
	argv[argc] = NULL;
	optind = 0;
	assert_int_equal(serve_options__parse(&source, argc, argv), 0);
	assert_int_equal(serve_options__read(&source, &started), 0);
	d.options = &started;
	if (started.audit.suppress)
		assert_int_equal(suppressions__load(started.audit.suppress, &d.audit.suppressions), 0);
	for (int i = 0; i < started.audit.n_paths; i++)
		snprintf(targets[d.audit.n_targets++].path, sizeof(targets[0].path), "%s", started.audit.paths[i]);
}

#define START(...)                                                                                                     \
	start((const char *const[]){"-q", ##__VA_ARGS__},                                                              \
	      sizeof((const char *const[]){"-q", ##__VA_ARGS__}) / sizeof(char *))

static int in_force(void)
{
	return suppressions__count(d.audit.suppressions);
}

/* SIGHUP; was the file taken? What was said before the verdict is in said.text. */
static bool reload(void)
{
	static const char good[] = "vfslock: the configuration was read again\n",
			  bad[] = "vfslock: the configuration was not read again: all is as it was\n";
	const char *verdict;
	char *at;

	memset(done, 0, sizeof(done));
	d.reload_ns = 0;
	capture_begin(&said);
	daemon__reload(&d);
	capture_end(&said);
	verdict = d.reload_ok ? good : bad;
	assert_true(d.reload_ok == (d.reload_ns > 0));
	at = strstr(said.text, verdict);
	assert_non_null(at);
	*at = '\0';
	return d.reload_ok;
}

static int set_up(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	memset(targets, 0, sizeof(targets));
	d.audit.targets = targets;
	sweep_error = update_error = rebase_error = 0;
	write_file(one, "inode_operations.create.* * never one\n");
	write_file(two, "inode_operations.create.* * never one\nsuper_operations.* * never two\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	suppressions__free(d.audit.suppressions);
	serve_options__free(&started);
	return 0;
}

static void test_takes_effect(void **state)
{
	(void)state;
	write_config("mount /a\nsuppress %s\n", one);
	START();
	assert_int_equal(in_force(), 1);
	write_config("mount /b\nmount /a\nsuppress %s\n", two);
	assert_true(reload());
	assert_string_equal(said.text, "");
	assert_int_equal(in_force(), 2);
	assert_int_equal(n_paths, 2);
	assert_string_equal(first_path, "/b");
	/* Before anything counts under the new ones, all is published under the old. */
	assert_string_equal(done, "urp");
	write_config("mount /a\n");
	assert_true(reload());
	assert_int_equal(in_force(), 0);
}

/* Each is a mistake that the start refuses: so does the reload, and nothing has happened. */
static void test_mistakes(void **state)
{
	static const struct {
		const char *lines, *says;
	} cases[] = {
		{"", "Give its mount point"},
		{"mount /b\nsettle soon\n", "'soon' is no duration"},
		{"mount /b\nrecent 0\n", "'0' is no number from 1"},
		{"mount /b\nring-size 5\n", "give a power of two"},
		{"mount /b\nuser somebody\n", "user somebody"},
		{"mount /b\nattach magic\n", "attach magic"},
		{"mount /b\nlocks\n", "locks needs a value"},
		{"mount /b\nno-web\n", "--no-web without --textfile"},
		{"mount /b\nweb.telemetry-path /healthz\n", "give a path like /metrics"},
		{"mount\n", "mount needs a value"},
		{"mount /b\nno-such-option\n", "unknown option 'no-such-option'"},
		{"mount /b\nsuppress /nonexistent/file\n", "/nonexistent/file: No such file"},
	};

	(void)state;
	write_config("mount /a\nsuppress %s\n", one);
	START();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_config("suppress %s\n%s", two, cases[i].lines);
		if (reload())
			fail_msg("taken: %s", cases[i].lines);
		if (!strstr(said.text, cases[i].says))
			fail_msg("%s: %s", cases[i].lines, said.text);
		assert_int_equal(in_force(), 1);
		assert_string_equal(done, "");
	}
	unlink(config);
	assert_false(reload());
	assert_non_null(strstr(said.text, "No such file"));
	assert_string_equal(done, "");
}

/* The last one wins, as at the start. */
static void test_last_suppress(void **state)
{
	(void)state;
	write_config("mount /a\nsuppress %s\nsuppress %s\n", one, two);
	START();
	assert_int_equal(in_force(), 2);
	assert_true(reload());
	assert_int_equal(in_force(), 2);
	write_config("mount /a\nsuppress %s\nsuppress %s\n", two, one);
	assert_true(reload());
	assert_int_equal(in_force(), 1);
}

static void write_mounts(const char *prefix, int n)
{
	char text[4096] = "";
	size_t at = 0;

	for (int i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "mount %s%d\n", prefix, i);
	write_file(config, text);
}

static void test_too_many_mounts(void **state)
{
	(void)state;
	write_mounts("/m", 1);
	START();
	write_mounts("/m", DAEMON_MAX_MOUNTS);
	assert_true(reload());
	assert_int_equal(n_paths, DAEMON_MAX_MOUNTS);
	write_mounts("/m", DAEMON_MAX_MOUNTS + 1);
	assert_false(reload());
	assert_non_null(strstr(said.text, "64 filesystems at most"));
	assert_string_equal(done, "");
}

/* All places are taken by others: they are left, so there is room; not so if one path has two of them. */
static void test_room(void **state)
{
	(void)state;
	write_mounts("/m", DAEMON_MAX_MOUNTS);
	START();
	write_mounts("/n", DAEMON_MAX_MOUNTS);
	assert_true(reload());
	assert_int_equal(n_paths, DAEMON_MAX_MOUNTS);
	snprintf(targets[0].path, sizeof(targets[0].path), "/n0");
	snprintf(targets[1].path, sizeof(targets[1].path), "/n0");
	assert_false(reload());
	assert_non_null(strstr(said.text, "64 filesystems at most"));
	assert_string_equal(done, "");
	write_mounts("/n", DAEMON_MAX_MOUNTS - 1);
	assert_true(reload());
}

/* What takes effect later is told, each option once and with the line that counts; what is as it was is not. */
static void test_next_start(void **state)
{
	(void)state;
	write_config(
		"mount /a\nweb.listen-address 127.0.0.1:1\nweb.listen-address [::1]:1\nsettle 5\nsettle 6\nrecent 9\n");
	START();
	assert_true(reload());
	assert_string_equal(said.text, "");
	write_config("mount /a\nrecent 9\nsettle 6\nweb.listen-address 127.0.0.1:1\nweb.listen-address [::1]:1\n");
	assert_true(reload());
	assert_string_equal(said.text, "");
	write_config(
		"mount /a\nweb.listen-address [::1]:1\nweb.listen-address 127.0.0.1:1\nsettle 6\nsettle 5\nno-cost\n");
	assert_true(reload());
	for (int i = 0; i < 3; i++) {
		static const char *const says[] = {":3: web.listen-address takes effect at the next start\n",
						   ":5: settle takes effect at the next start\n",
						   ":6: no-cost takes effect at the next start\n"};

		assert_non_null(strstr(said.text, says[i]));
	}
	assert_non_null(strstr(said.text, ": recent is gone, which takes effect at the next start\n"));
	assert_null(strstr(said.text, ":2: "));
	assert_null(strstr(said.text, ":4: "));
	write_config("mount /a\nweb.listen-address 127.0.0.1:1\nsettle 6\nrecent 9\n");
	assert_true(reload());
	assert_non_null(strstr(said.text, ":2: web.listen-address takes effect"));
}

/* The file is not asked for what stands on the command line; but what it has besides is checked. */
static void test_command_line_wins(void **state)
{
	(void)state;
	write_config("mount /a\nsettle 5\n");
	START("--settle", "7", "--suppress", one, "/cmd");
	assert_int_equal(in_force(), 1);
	assert_int_equal(started.audit.n_paths, 1);
	assert_string_equal(started.audit.paths[0], "/cmd");
	assert_true(started.settle_seconds == 7);
	write_config("mount /b\nsettle 6\nsuppress %s\n", two);
	write_file(one, "");
	assert_true(reload());
	assert_string_equal(said.text, "");
	assert_string_equal(done, "ur"); /* the mounts are not touched */
	assert_int_equal(in_force(), 0); /* its file has changed */
	write_config("recent 0\n");
	assert_false(reload());
}

/* Out of memory in the middle: the suppressions that were in force are again. */
static void test_errors(void **state)
{
	int *const errors[] = {&sweep_error, &update_error, &rebase_error};

	(void)state;
	write_config("mount /a\nsuppress %s\n", one);
	START();
	write_config("mount /b\nsuppress %s\n", two);
	for (int i = 0; i < 3; i++) {
		*errors[i] = -ENOMEM;
		assert_false(reload());
		assert_int_equal(in_force(), 1);
		assert_null(strchr(done, 'p'));
		*errors[i] = 0;
	}
	assert_true(reload());
	assert_int_equal(in_force(), 2);
}

static int make_files(void **state)
{
	char *const all[] = {config, one, two};

	(void)state;
	for (int i = 0; i < 3; i++) {
		int fd = mkstemp(all[i]);

		if (fd < 0)
			return -1;
		close(fd);
	}
	return 0;
}

static int remove_files(void **state)
{
	(void)state;
	unlink(config);
	unlink(one);
	unlink(two);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_takes_effect),      TEST(test_mistakes), TEST(test_last_suppress),
		TEST(test_too_many_mounts),   TEST(test_room),     TEST(test_next_start),
		TEST(test_command_line_wins), TEST(test_errors),
	};

	return cmocka_run_group_tests_name("daemon_reload", tests, make_files, remove_files);
}
