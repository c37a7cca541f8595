/* SPDX-License-Identifier: GPL-2.0-only */
/* From a key of some bytes to the place of its record in an array that only grows: an open-addressed hash. */
#ifndef VFSLOCK_INDEX_H
#define VFSLOCK_INDEX_H

#include <linux/types.h>
#include <stddef.h>

/* All zeroes is the empty index. */
struct index {
	struct index_slot {
		__u64 hash; /* 0: free */
		int at;
	} * slots;
	size_t room, n;
};

/* A hash of @size bytes (FNV-1a), never 0. Chain calls through @seed, which is 0 for the first. */
__u64 index__hash(const void *bytes, size_t size, __u64 seed);

/* Does the record at @at have the key @arg? */
typedef int (*index_same)(const void *records, int at, const void *key);

/* The place of @key, or -ENOENT. */
int index__find(const struct index *x, __u64 hash, index_same same, const void *records, const void *key);

/* Notes that the key with this hash is at @at; the caller has made sure that it was not there. 0 or -ENOMEM. */
int index__add(struct index *x, __u64 hash, int at);
void index__clear(struct index *x); /* keeps the room */
void index__free(struct index *x);

#endif
