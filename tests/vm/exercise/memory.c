// Faults that are not the program's own, and what becomes of cached pages.
#define _GNU_SOURCE
#include "exercise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 8 };

static char *map_file(int fd)
{
	char *at = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	return at;
}

// The buffer of direct I/O is itself a mapping of a file, whose pages the kernel has to fault in.
static void direct(void)
{
	int other = filled("memory.map", PAGES), fd = filled("memory.direct", PAGES);
	char *at = map_file(other);

	make_cold(other);
	make_cold(fd);
	OK(close(fd));
	fd = (int)TRY(open("memory.direct", O_RDWR | O_DIRECT));
	if (fd >= 0) {
		TRY(pread(fd, at, 2 * PAGE, 0));
		TRY(pwrite(fd, at + 4 * PAGE, 2 * PAGE, 0));
		OK(close(fd));
	}
	munmap(at, PAGES * PAGE);
	OK(close(other));
}

// A process writes to the pages of another one.
static void from_outside(void)
{
	int fd = filled("memory.outside", PAGES);
	char *at = map_file(fd), word[64];
	struct iovec mine = {word, sizeof(word)}, theirs = {at, sizeof(word)};

	make_cold(fd);
	memset(word, 'w', sizeof(word));
	TRY(process_vm_writev(getpid(), &mine, 1, &theirs, 1, 0));
	theirs.iov_base = at + 3 * PAGE;
	TRY(process_vm_readv(getpid(), &mine, 1, &theirs, 1, 0));
	// Mapped by now, but not for writing.
	theirs.iov_base = at + 5 * PAGE;
	if (at[5 * PAGE])
		TRY(process_vm_writev(getpid(), &mine, 1, &theirs, 1, 0));
	// Dirty pages of a mapping under direct I/O to the same file.
	at[0] = 1;
	int again = (int)TRY(open("memory.outside", O_RDWR | O_DIRECT));
	if (again >= 0) {
		static char aligned[PAGE] __attribute__((aligned(4096)));

		at[PAGE] = 1;
		TRY(pwrite(again, aligned, PAGE, PAGE));
		at[PAGE] = 2;
		TRY(pread(again, aligned, PAGE, PAGE));
		OK(close(again));
	}
	munmap(at, PAGES * PAGE);
	OK(close(fd));
}

void memory(void)
{
	direct();
	from_outside();
}

static void break_pages(void)
{
	int fd = filled("poison", PAGES);
	char *at = map_file(fd);

	OK(fsync(fd));
	for (int i = 0; i < PAGES; i++)
		at[i * PAGE] += 1;
	OK(msync(at, PAGES * PAGE, MS_SYNC));
	// Clean pages: the kernel throws them away and reads them again.
	TRY(madvise(at, PAGE, MADV_HWPOISON));
	TRY(madvise(at + 2 * PAGE, PAGE, MADV_HWPOISON));
}

void poison(void)
{
	in_child(false, break_pages);
}

void swapout(void)
{
	int fd = filled("swapout", 64);
	char *at = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < 64; i++)
			at[i * PAGE] = (char)i;
		OK(madvise(at, 64 * PAGE, MADV_COLD));
		OK(madvise(at, 64 * PAGE, MADV_PAGEOUT));
		for (int i = 0; i < 64; i++)
			if (at[i * PAGE] != (char)i)
				die("a page came back with other contents");
	}
	munmap(at, 64 * PAGE);
	OK(close(fd));
}

void hold(void)
{
	int fd = (int)OK(open("file", O_RDONLY));
	volatile char *at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		die("mmap: %s", strerror(errno));
	at[0];
	close(fd);
	while (true)
		pause();
}

static char *dirtied;

static void keep_dirtying(void)
{
	while (true)
		for (int i = 0; i < PAGES; i++)
			((volatile char *)dirtied)[i * PAGE]++;
}

// Direct writes throw cached pages away: those that somebody has made dirty in the meantime have to be written first.
void launder(void)
{
	static char aligned[PAGES * PAGE] __attribute__((aligned(4096)));
	int fd = filled("launder", PAGES), direct_fd = (int)TRY(open("launder", O_RDWR | O_DIRECT));
	pid_t child;

	if (direct_fd < 0)
		return;
	dirtied = map_file(fd);
	child = (pid_t)OK(fork());
	if (!child)
		keep_dirtying();
	for (int i = 0; i < 300; i++)
		// EIO is what is told when a page could not be thrown away.
		if (pwrite(direct_fd, aligned, (size_t)(1 + i % PAGES) * PAGE, 0) < 0 && errno != EIO)
			die("direct write: %s", strerror(errno));
	OK(kill(child, SIGKILL));
	OK(waitpid(child, NULL, 0));
	munmap(dirtied, PAGES * PAGE);
	OK(close(direct_fd));
	OK(close(fd));
}
