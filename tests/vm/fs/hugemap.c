// hugemap FILE - use a file of huge pages: map it, let a child inherit the mapping, cut it, punch holes into it.
//
// FILE stands on a hugetlbfs with at least four free pages. What is refused is named on stderr, with exit status 1.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int status;

static long said(long result, const char *call)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "hugemap: %s: %s\n", call, strerror(errno));
	status = 1;
	return result;
}
#define TRY(call) said((long)(call), #call)

// Have the first page moved to the other memory node, if there is one with a page for it.
static void migrate(void *page)
{
	for (int node = 1; node >= 0; node--) {
		int got;

		syscall(SYS_move_pages, 0, 1, &page, &node, &got, 2);
	}
}

static void use(int fd, size_t page)
{
	volatile char *map = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	pid_t child;

	if (TRY(map == MAP_FAILED ? -1 : 0) < 0)
		return;
	for (size_t i = 0; i < 3; i++)
		map[i * page] = 'h';
	migrate((void *)map);
	child = (pid_t)TRY(fork());
	if (!child) {
		map[0] = 'c';
		_exit(0);
	}
	TRY(waitpid(child, NULL, 0));
	TRY(mprotect((void *)map, page, PROT_READ));
	TRY(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)page, (off_t)page));
	TRY(munmap((void *)(map + page), page));
	TRY(ftruncate(fd, (off_t)page));
	TRY(munmap((void *)map, page));
	TRY(munmap((void *)(map + 2 * page), page));
}

int main(int argc, char **argv)
{
	struct statfs fs;
	char byte;
	int fd;

	if (argc != 2) {
		fprintf(stderr, "usage: hugemap FILE\n");
		return 2;
	}
	fd = (int)TRY(open(argv[1], O_CREAT | O_RDWR, 0600));
	if (fd < 0 || TRY(fstatfs(fd, &fs)) < 0)
		return 1;
	TRY(fallocate(fd, 0, 0, fs.f_bsize));
	TRY(ftruncate(fd, 3 * fs.f_bsize));
	use(fd, (size_t)fs.f_bsize);
	TRY(pread(fd, &byte, 1, 0));
	TRY(close(fd));
	TRY(unlink(argv[1]));
	return status;
}
