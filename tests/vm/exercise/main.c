// exercise WHAT DIR - make system calls in DIR that tests/vm/workload does not make: it counts what an ext4 must see,
// this one reaches for the methods of any filesystem, and takes no for an answer.
#define _GNU_SOURCE
#include "exercise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *name;
	void (*run)(void);
	const char *help;
} parts[] = {
	{"walk", walk, "read everything there is, in every way; an empty directory is filled first"},
	{"clone", clone, "share and compare the blocks of files, copy within the kernel"},
	{"names", names, "make, rename, exchange and remove, as far as it goes without Unix's own kinds of file"},
	{"fold", fold, "find names by other letters than they were made with"},
	{"memory", memory,
	 "faults from within the kernel: direct I/O to and from mapped files, other processes' memory"},
	{"poison", poison, "let the kernel believe that the memory of cached pages is broken"},
	{"launder", launder, "direct writes to a file whose mapping another process keeps dirty"},
	{"swapout", swapout, "have mapped pages reclaimed"},
	{"hold", hold, "map the file named file, until killed"},
	{"quota", quota, "ask for and set the quota of the filesystem's device, and use it up"},
};
enum { PARTS = sizeof(parts) / sizeof(*parts) };

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("exercise: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

long check(long result, const char *call)
{
	if (result == -1)
		die("%s: %s", call, strerror(errno));
	return result;
}

static bool unsupported(int error)
{
	static const int known[] = {EOPNOTSUPP, EINVAL, ENOTTY, ENOSYS, EPERM, ESRCH, EXDEV, ENXIO, EBADF, ENODATA};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (error == known[i])
			return true;
	return false;
}

long attempt(long result, const char *call)
{
	static const char *told[64];
	static unsigned int n;

	if (result != -1)
		return result;
	if (!unsupported(errno))
		die("%s: %s", call, strerror(errno));
	for (unsigned int i = 0; i < n; i++)
		if (!strcmp(told[i], call))
			return -1;
	if (n < sizeof(told) / sizeof(*told))
		told[n++] = call;
	fprintf(stderr, "exercise: not here: %s: %s\n", call, strerror(errno));
	return -1;
}

int filled(const char *name, unsigned int pages)
{
	static char page[PAGE];
	int fd = (int)OK(open(name, O_CREAT | O_TRUNC | O_RDWR, 0644));

	memset(page, 'e', sizeof(page));
	for (unsigned int i = 0; i < pages; i++)
		OK(write(fd, page, PAGE));
	return fd;
}

void make_cold(int fd)
{
	TRY(fsync(fd));
	// The error is the result, not errno.
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

void in_child(bool must_succeed, void (*run)(void))
{
	int status;
	pid_t child = (pid_t)OK(fork());

	if (!child) {
		run();
		_exit(0);
	}
	OK(waitpid(child, &status, 0));
	if (status && must_succeed)
		die("a child ended with wait status %#x", (unsigned int)status);
}

int main(int argc, char **argv)
{
	for (int i = 0; argc == 3 && i < PARTS; i++)
		if (!strcmp(argv[1], parts[i].name)) {
			OK(chdir(argv[2]));
			parts[i].run();
			OK(chdir("/"));
			return 0;
		}
	fputs("usage: exercise WHAT DIR\n\n", stderr);
	for (int i = 0; i < PARTS; i++)
		fprintf(stderr, "  %-10s %s\n", parts[i].name, parts[i].help);
	return 2;
}
