// swapfile FILE | -d DEVICE - swap onto it, have some memory go there and come back, and swap off again.
//
// Makes FILE, of 4 MiB, and removes it; a device must have been made with mkswap. What is refused is named on stderr,
// with exit status 1. Needs root.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

enum { PAGE = 4096, PAGES = 1024, USED = 64 };

static int failed(const char *what)
{
	fprintf(stderr, "swapfile: %s: %s\n", what, strerror(errno));
	return 1;
}

// The header is the one that mkswap writes. The file has no hole, as a swap file must not.
static int make(const char *path)
{
	static unsigned char page[PAGE];
	const uint32_t version = 1, last_page = PAGES - 1;
	int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
	struct statx stx;

	if (fd < 0)
		return -1;
	for (int i = PAGES - 1; i >= 0; i--) {
		if (i == 0) {
			memcpy(page + 1024, &version, sizeof(version));
			memcpy(page + 1028, &last_page, sizeof(last_page));
			memcpy(page + PAGE - 10, "SWAPSPACE2", 10);
		}
		if (pwrite(fd, page, PAGE, (off_t)i * PAGE) != PAGE)
			return -1;
	}
	if (fsync(fd))
		return -1;
	// A network filesystem counts the blocks that it has been told of, to see that there is no hole.
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &stx))
		return -1;
	return close(fd);
}

int main(int argc, char **argv)
{
	volatile unsigned char *memory;
	bool device = argc == 3 && !strcmp(argv[1], "-d");
	const char *path = argv[argc - 1];
	int status = 0;

	if (argc != 2 && !device) {
		fprintf(stderr, "usage: swapfile FILE | -d DEVICE\n");
		return 2;
	}
	memory = mmap(NULL, USED * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return failed("mmap");
	for (int i = 0; i < USED; i++)
		memory[i * PAGE] = (unsigned char)(i + 1);
	if (!device && make(path))
		return failed(path);
	if (swapon(path, 0))
		return failed("swapon");
	if (madvise((void *)memory, USED * PAGE, MADV_PAGEOUT))
		status = failed("MADV_PAGEOUT");
	for (int i = 0; i < USED / 2; i++)
		if (memory[i * PAGE] != (unsigned char)(i + 1))
			status = failed("swapped memory differs");
	// The other half is given up in the swap space, never read.
	if (munmap((unsigned char *)memory + USED / 2 * PAGE, USED / 2 * PAGE))
		status = failed("munmap");
	if (swapoff(path))
		status = failed("swapoff");
	if (!device && unlink(path))
		status = failed("unlink");
	return status;
}
