/* SPDX-License-Identifier: GPL-2.0-only */
/* The results of each type of filesystem by itself, for what is published. */
#ifndef VFSLOCK_BYTYPE_H
#define VFSLOCK_BYTYPE_H

#include "results.h"

struct by_type {
	struct results *of; /* as many as audit.n_types, and in that order */
	int n;
};

/* Judges what the last sweep brought. Returns 0 or negative errno; @out is to be freed in either case. */
int by_type__make(struct audit *a, struct by_type *out);
void by_type__free(struct by_type *t);

#endif
