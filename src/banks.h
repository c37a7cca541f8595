/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tables that programs write by address: array maps of one large value each, made as they are needed, in which every
 * function has a record of its own (one entry per CPU). A program that is given the address needs no look-up.
 */
#ifndef VFSLOCK_BANKS_H
#define VFSLOCK_BANKS_H

#include <linux/types.h>
#include <stddef.h>

/* Bytes: kernels before 6.0 refuse array values above 4 MiB (array_map_alloc_check()). */
#define BANKS_MAX_RECORD (4UL << 20)

struct bank;

struct banks {
	const char *name; /* of the maps, for bpftool */
	size_t record;    /* bytes per function */
	int per_bank, n;
	struct bank *all;
};

/* @record: bytes per function, all CPUs together; at most BANKS_MAX_RECORD. */
void banks__init(struct banks *b, const char *name, size_t record);
void banks__free(struct banks *b);

/* Where the record of number @index is: a map and an offset into its value. Makes the map if need be. 0 or -errno. */
int banks__place(struct banks *b, int index, int *map_fd, __u32 *offset);

/* The record, as shared memory; NULL if it was never placed. */
const void *banks__record(const struct banks *b, int index);

size_t banks__bytes(const struct banks *b);

#endif
