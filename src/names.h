/* SPDX-License-Identifier: GPL-2.0-only */
/* Strings that are kept, each once: names of code that may be gone from the kernel when they are asked for. */
#ifndef VFSLOCK_NAMES_H
#define VFSLOCK_NAMES_H

#include "index.h"

/* All zeroes is the empty set. */
struct names {
	char **of;
	int n, room;
	struct index index;
};

/* A copy of @name that lives until names__free(), the same for equal names; NULL without memory. */
const char *names__keep(struct names *s, const char *name);
void names__free(struct names *s);

#endif
