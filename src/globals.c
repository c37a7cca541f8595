// SPDX-License-Identifier: GPL-2.0-only
#include "globals.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) & ~(page - 1);
}

void *globals__map(const struct bpf_object *obj, const char *section, size_t size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, section);
	void *mem;

	if (!map || bpf_map__value_size(map) < size) {
		errno = EINVAL;
		return NULL;
	}
	mem = mmap(NULL, whole_pages(size), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	return mem == MAP_FAILED ? NULL : mem;
}

void globals__unmap(void *globals, size_t size)
{
	if (globals)
		munmap(globals, whole_pages(size));
}

/* memlock of /proc/self/fdinfo/FD is what the kernel charges for a map. */
size_t globals__map_memory(int fd)
{
	char path[64], line[128];
	size_t bytes = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %zu", &bytes) == 1)
			break;
	fclose(f);
	return bytes;
}
