// SPDX-License-Identifier: GPL-2.0-only
/* holdmap FILE: keeps a read-only shared mapping of FILE until it is killed, so that its vm_operations can be
 * discovered. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;

	if (fd < 0 || mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED) {
		perror("holdmap");
		return 1;
	}
	close(fd);
	for (;;)
		pause();
}
