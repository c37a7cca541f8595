// SPDX-License-Identifier: GPL-2.0-only
#include "banks.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of a map; of one with a single record more, if need be. */
#define BANK_BYTES (1UL << 20)

struct bank {
	int fd;
	void *mem;
	size_t size;
};

void banks__init(struct banks *b, const char *name, size_t record)
{
	*b = (struct banks){
		.name = name, .record = record, .per_bank = record < BANK_BYTES ? (int)(BANK_BYTES / record) : 1};
}

void banks__free(struct banks *b)
{
	for (int i = 0; i < b->n; i++) {
		munmap(b->all[i].mem, b->all[i].size);
		close(b->all[i].fd);
	}
	free(b->all);
	b->all = NULL;
	b->n = 0;
}

static int add_bank(struct banks *b)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct bank bank = {.size = (b->record * (size_t)b->per_bank + page - 1) & ~(page - 1)};
	void *all = realloc(b->all, (size_t)(b->n + 1) * sizeof(*b->all));

	if (!all)
		return -ENOMEM;
	b->all = all;
	bank.fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, b->name, sizeof(__u32), (__u32)bank.size, 1, &opts);
	if (bank.fd < 0)
		return bank.fd;
	bank.mem = mmap(NULL, bank.size, PROT_READ, MAP_SHARED, bank.fd, 0);
	if (bank.mem == MAP_FAILED) {
		int err = -errno;

		close(bank.fd);
		return err;
	}
	b->all[b->n++] = bank;
	return 0;
}

int banks__place(struct banks *b, int index, int *map_fd, __u32 *offset)
{
	while (index / b->per_bank >= b->n) {
		int err = add_bank(b);

		if (err)
			return err;
	}
	*map_fd = b->all[index / b->per_bank].fd;
	*offset = (__u32)((size_t)(index % b->per_bank) * b->record);
	return 0;
}

const void *banks__record(const struct banks *b, int index)
{
	if (index < 0 || index / b->per_bank >= b->n)
		return NULL;
	return (const char *)b->all[index / b->per_bank].mem + (size_t)(index % b->per_bank) * b->record;
}

size_t banks__bytes(const struct banks *b)
{
	size_t sum = 0;

	for (int i = 0; i < b->n; i++)
		sum += b->all[i].size;
	return sum;
}
