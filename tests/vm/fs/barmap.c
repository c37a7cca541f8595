// barmap FILE - map FILE, a PCI device's resource in sysfs, and read it through /proc/self/mem.
//
// That is the one way to memory that belongs to a device and not to the kernel: by the mapping's access method. The
// mapping is also inherited by a child and cut in two, for its open and close. Exit status 1 if FILE cannot be mapped.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int failed(const char *what)
{
	fprintf(stderr, "barmap: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	int fd, memory, status = 0;
	struct stat st;
	pid_t child;
	char *map;
	char byte;

	if (argc != 2) {
		fprintf(stderr, "usage: barmap FILE\n");
		return 2;
	}
	fd = open(argv[1], O_RDWR);
	if (fd < 0 || fstat(fd, &st))
		return failed(argv[1]);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return failed("mmap");
	memory = open("/proc/self/mem", O_RDWR);
	if (memory < 0 || pread(memory, &byte, 1, (off_t)(unsigned long)map) != 1)
		status = failed("/proc/self/mem");
	child = fork();
	if (!child)
		_exit(0);
	if (child < 0 || waitpid(child, NULL, 0) != child)
		status = failed("fork");
	if (munmap(map, (size_t)st.st_size))
		status = failed("munmap");
	close(memory);
	close(fd);
	return status;
}
