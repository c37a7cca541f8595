// Checked system calls, and files to work on.
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

unsigned char buffer[64 * PAGE] __attribute__((aligned(4096)));

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("workload: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

long check(long result, const char *call, const char *file, int line)
{
	if (result == -1)
		die("%s:%d: %s: %s", file, line, call, strerror(errno));
	return result;
}

void check_fails(long result, int wanted, const char *call, const char *file, int line)
{
	if (result != -1)
		die("%s:%d: %s succeeded, expected: %s", file, line, call, strerror(wanted));
	if (errno != wanted)
		die("%s:%d: %s: %s, expected: %s", file, line, call, strerror(errno), strerror(wanted));
}

bool since(int major, int minor)
{
	static int have[2];

	if (!have[0]) {
		struct utsname name;

		OK(uname(&name));
		if (sscanf(name.release, "%d.%d", &have[0], &have[1]) != 2)
			die("cannot read the kernel release %s", name.release);
	}
	return have[0] > major || (have[0] == major && have[1] >= minor);
}

const char *name(const char *format, ...)
{
	static char names[4][256];
	static unsigned int next;
	char *to = names[next++ % 4];
	va_list args;

	va_start(args, format);
	if (vsnprintf(to, sizeof(names[0]), format, args) >= (int)sizeof(names[0]))
		die("a name of more than %zu bytes", sizeof(names[0]) - 1);
	va_end(args);
	return to;
}

int open_file(const struct place *p, const char *file, int flags)
{
	int fd = (int)OK(openat(p->dir, file, flags, 0600));

	count("open", 1);
	count("release", 1);
	return fd;
}

int open_dir(const struct place *p, const char *dir)
{
	int fd = openat(p->dir, dir, O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		die("cannot open directory %s: %s", dir, strerror(errno));
	// ext4 has an open method for directories since 6.10 only, so the name tells them apart.
	count("open@dir", 1);
	count("release@dir", 1);
	return fd;
}

int create_file(const struct place *p, const char *file, int flags)
{
	int fd = open_file(p, file, O_CREAT | O_EXCL | O_RDWR | flags);

	count("create", 1);
	reach("lookup");
	return fd;
}

int create_filled(const struct place *p, const char *file, unsigned int pages)
{
	int fd = create_file(p, file, 0);

	if (pages * PAGE > sizeof(buffer))
		die("a file of more than %zu bytes", sizeof(buffer));
	memset(buffer, 'v', sizeof(buffer));
	if (OK(write(fd, buffer, pages * PAGE)) != pages * PAGE)
		die("short write to %s: is the filesystem full?", file);
	count("write_iter", 1);
	reach("write_begin");
	reach("write_end");
	return fd;
}

void remove_file(const struct place *p, const char *file)
{
	OK(unlinkat(p->dir, file, 0));
	count("unlink", 1);
	reach("evict_inode");
}

void make_dir(const struct place *p, const char *dir)
{
	OK(mkdirat(p->dir, dir, 0700));
	count("mkdir", 1);
	reach("lookup");
}

void remove_dir(const struct place *p, const char *dir)
{
	OK(unlinkat(p->dir, dir, AT_REMOVEDIR));
	count("rmdir", 1);
	reach("evict_inode");
}

void write_proc(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		die("cannot open %s: %s: is /proc mounted, and are you root?", path, strerror(errno));
	if (write(fd, value, strlen(value)) < 0)
		die("cannot write %s to %s: %s", value, path, strerror(errno));
	OK(close(fd));
}

void make_cold(int fd)
{
	int error;

	OK(fsync(fd));
	count("fsync", 1);
	reach("writepages");
	error = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (error)
		die("posix_fadvise(DONTNEED): %s", strerror(error));
}

void in_child(uid_t user, void (*run)(const struct place *p), const struct place *p)
{
	int status;
	pid_t child = (pid_t)OK(fork());

	if (!child) {
		if (user) {
			OK(setresgid(user, user, user));
			OK(setresuid(user, user, user));
		}
		run(p);
		// Not exit(): what stdio holds is the parent's.
		_exit(0);
	}
	OK(waitpid(child, &status, 0));
	if (status)
		die("a child failed with wait status %#x", (unsigned int)status);
}
