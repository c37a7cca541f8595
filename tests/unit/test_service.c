/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of systemd's protocol, against a manager that is this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "capture.h"
#include "service.h"

static struct capture said;
static int lines;

static void init(void)
{
	static const char *const gone[] = {"NOTIFY_SOCKET",  "LISTEN_PID",   "LISTEN_FDS",
					   "LISTEN_FDNAMES", "WATCHDOG_PID", "WATCHDOG_USEC"};

	capture_begin(&said);
	service__init();
	lines = capture_end(&said);
	for (size_t i = 0; i < sizeof(gone) / sizeof(*gone); i++)
		assert_null(getenv(gone[i]));
}

static void set_pid(const char *name, int add)
{
	char text[32];

	snprintf(text, sizeof(text), "%d", getpid() + add);
	setenv(name, text, 1);
}

/* A manager at @path ("@name": not in a filesystem). */
static int manager(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(a.sun_path, path);
	if (*path == '@')
		a.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&a, len), 0);
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

static void expect_message(int fd, const char *text)
{
	char got[4096];
	ssize_t n = recv(fd, got, sizeof(got) - 1, 0);

	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, text);
}

static void test_no_manager(void **state)
{
	const int *fds;

	(void)state;
	init();
	assert_int_equal(service__notify("READY=1"), 0);
	assert_int_equal(service__listen_fds(&fds), 0);
	assert_int_equal(service__watchdog_usec(), 0);
	assert_int_equal(lines, 0);
}

static void test_notify(void **state)
{
	char path[64], name[64];
	int fd;

	(void)state;
	snprintf(name, sizeof(name), "@test_service-%d", getpid());
	fd = manager(name);
	init();
	assert_int_equal(service__notify("READY=1\nSTATUS=%d of %d", 3, 4), 1);
	expect_message(fd, "READY=1\nSTATUS=3 of 4");
	close(fd);
	assert_int_equal(service__notify("WATCHDOG=1"), -ECONNREFUSED);

	snprintf(path, sizeof(path), "/tmp/test_service-%d", getpid());
	fd = manager(path);
	init();
	assert_int_equal(service__notify("%s", "STOPPING=1"), 1);
	expect_message(fd, "STOPPING=1");
	close(fd);
	unlink(path);
	assert_int_equal(service__notify("WATCHDOG=1"), -ENOENT);
}

/* The longest path there is, and what is none. */
static void test_notify_addresses(void **state)
{
	static const struct {
		const char *path;
		int err;
	} bad[] = {{"", 0}, {"relative", -EAFNOSUPPORT}, {"vsock:2:1234", -EAFNOSUPPORT}, {"@", -EAFNOSUPPORT}};
	char path[120];
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		setenv("NOTIFY_SOCKET", bad[i].path, 1);
		init();
		assert_int_equal(service__notify("READY=1"), bad[i].err);
	}
	snprintf(path, sizeof(path), "/tmp/%d-", getpid());
	memset(path + strlen(path), 'x', sizeof(path) - strlen(path));
	path[108] = '\0';
	setenv("NOTIFY_SOCKET", path, 1);
	init();
	assert_int_equal(service__notify("READY=1"), -ENAMETOOLONG);
	path[107] = '\0';
	fd = manager(path);
	init();
	assert_int_equal(service__notify("READY=1"), 1);
	expect_message(fd, "READY=1");
	close(fd);
	unlink(path);
}

static void test_notify_does_not_block(void **state)
{
	char name[64], big[4096] = "";
	int fd, err = 1;

	(void)state;
	snprintf(name, sizeof(name), "@test_service-full-%d", getpid());
	fd = manager(name);
	init();
	for (int i = 0; i < 100000 && err == 1; i++)
		err = service__notify("WATCHDOG=1");
	assert_int_equal(err, -EAGAIN);
	close(fd);
	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(service__notify("STATUS=%s", big), -EMSGSIZE);
}

static void test_watchdog(void **state)
{
	static const char *const bad[] = {"", "x", "-1", "1x", " 1", "99999999999999999999"};

	(void)state;
	setenv("WATCHDOG_USEC", "30000000", 1);
	set_pid("WATCHDOG_PID", 0);
	init();
	assert_int_equal(service__watchdog_usec(), 30000000);
	setenv("WATCHDOG_USEC", "5000000", 1); /* without a process: ours */
	init();
	assert_int_equal(service__watchdog_usec(), 5000000);
	setenv("WATCHDOG_USEC", "30000000", 1);
	set_pid("WATCHDOG_PID", 1);
	init();
	assert_int_equal(service__watchdog_usec(), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		setenv("WATCHDOG_USEC", bad[i], 1);
		init();
		assert_int_equal(service__watchdog_usec(), 0);
	}
}

/* A socket at @at; what is there belongs to the test's harness and comes back. */
static void put_socket(int at, int type, bool listening)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a.sun_family)), 0);
	if (listening)
		assert_int_equal(listen(fd, 1), 0);
	if (fd != at) {
		assert_int_equal(dup2(fd, at), at);
		close(fd);
	}
}

static int listen_fds(const char *count)
{
	const int *fds;
	int n;

	setenv("LISTEN_FDS", count, 1);
	setenv("LISTEN_FDNAMES", "http", 1);
	set_pid("LISTEN_PID", 0);
	init();
	n = service__listen_fds(&fds);
	for (int i = 0; i < n; i++) {
		assert_int_equal(fds[i], 3 + i);
		assert_true(fcntl(fds[i], F_GETFD) & FD_CLOEXEC);
	}
	return n;
}

static void test_listen_fds(void **state)
{
	const int *fds;

	(void)state;
	put_socket(3, SOCK_STREAM, true);
	put_socket(4, SOCK_STREAM, true);
	assert_int_equal(listen_fds("2"), 2);
	assert_int_equal(lines, 0);
	assert_int_equal(listen_fds("1"), 1);
	assert_int_equal(listen_fds("0"), 0);
	/* Those of another process. */
	setenv("LISTEN_FDS", "2", 1);
	set_pid("LISTEN_PID", 1);
	init();
	assert_int_equal(service__listen_fds(&fds), 0);
	setenv("LISTEN_FDS", "2", 1);
	init();
	assert_int_equal(service__listen_fds(&fds), 0);
	close(3);
	close(4);
}

static void test_bad_fds(void **state)
{
	static const char *const bad[] = {"-1", "x", "17", "4294967297", "2x"};

	(void)state;
	put_socket(3, SOCK_STREAM, true);
	close(4);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(listen_fds(bad[i]), -EINVAL);
		assert_int_equal(lines, 1);
	}
	assert_int_equal(listen_fds("2"), -ENOTSOCK); /* the second is not open */
	assert_int_equal(lines, 1);
	assert_non_null(strstr(said.text, "descriptor 4"));
	put_socket(3, SOCK_STREAM, false);
	assert_int_equal(listen_fds("1"), -ENOTSOCK);
	put_socket(3, SOCK_DGRAM, false);
	assert_int_equal(listen_fds("1"), -ENOTSOCK);
	put_socket(3, SOCK_SEQPACKET, true);
	assert_int_equal(listen_fds("1"), -ENOTSOCK);
	assert_true(dup2(open("/dev/null", O_RDONLY), 3) == 3);
	assert_int_equal(listen_fds("1"), -ENOTSOCK);
	close(3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_manager),       cmocka_unit_test(test_notify),
		cmocka_unit_test(test_notify_addresses), cmocka_unit_test(test_notify_does_not_block),
		cmocka_unit_test(test_watchdog),         cmocka_unit_test(test_listen_fds),
		cmocka_unit_test(test_bad_fds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
