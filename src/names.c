// SPDX-License-Identifier: GPL-2.0-only
#include "names.h"

#include <stdlib.h>
#include <string.h>

static int same_name(const void *records, int at, const void *key)
{
	return !strcmp(((char *const *)records)[at], key);
}

const char *names__keep(struct names *s, const char *name)
{
	__u64 hash = index__hash(name, strlen(name), 0);
	int at = index__find(&s->index, hash, same_name, s->of, name);

	if (at >= 0)
		return s->of[at];
	if (s->n == s->room) {
		int room = s->room ? 2 * s->room : 64;
		void *p = realloc(s->of, (size_t)room * sizeof(*s->of));

		if (!p)
			return NULL;
		s->of = p;
		s->room = room;
	}
	s->of[s->n] = strdup(name);
	if (!s->of[s->n])
		return NULL;
	if (index__add(&s->index, hash, s->n)) {
		free(s->of[s->n]);
		return NULL;
	}
	return s->of[s->n++];
}

void names__free(struct names *s)
{
	for (int i = 0; i < s->n; i++)
		free(s->of[i]);
	free(s->of);
	index__free(&s->index);
	*s = (struct names){0};
}
