// SPDX-License-Identifier: GPL-2.0-only
#include "index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 256

__u64 index__hash(const void *bytes, size_t size, __u64 seed)
{
	const unsigned char *b = bytes;
	__u64 h = seed ? seed : 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < size; i++)
		h = (h ^ b[i]) * 0x100000001b3ULL;
	return h ? h : 1;
}

/* FNV's low bits are the good ones. */
static size_t first_slot(const struct index *x, __u64 hash)
{
	return (size_t)(hash ^ hash >> 32) & (x->room - 1);
}

int index__find(const struct index *x, __u64 hash, index_same same, const void *records, const void *key)
{
	if (!x->room)
		return -ENOENT;
	for (size_t i = first_slot(x, hash); x->slots[i].hash; i = (i + 1) & (x->room - 1))
		if (x->slots[i].hash == hash && same(records, x->slots[i].at, key))
			return x->slots[i].at;
	return -ENOENT;
}

static void place(struct index *x, __u64 hash, int at)
{
	size_t i = first_slot(x, hash);

	while (x->slots[i].hash)
		i = (i + 1) & (x->room - 1);
	x->slots[i] = (struct index_slot){.hash = hash, .at = at};
}

int index__add(struct index *x, __u64 hash, int at)
{
	struct index old = *x;

	if (x->n >= x->room / 2) {
		x->room = old.room ? 2 * old.room : FIRST_ROOM;
		x->slots = calloc(x->room, sizeof(*x->slots));
		if (!x->slots) {
			*x = old;
			return -ENOMEM;
		}
		for (size_t i = 0; i < old.room; i++)
			if (old.slots[i].hash)
				place(x, old.slots[i].hash, old.slots[i].at);
		free(old.slots);
	}
	place(x, hash, at);
	x->n++;
	return 0;
}

void index__clear(struct index *x)
{
	if (x->room)
		memset(x->slots, 0, x->room * sizeof(*x->slots));
	x->n = 0;
}

void index__free(struct index *x)
{
	free(x->slots);
	*x = (struct index){0};
}
