// SPDX-License-Identifier: GPL-2.0-only
#include "bytype.h"

#include <errno.h>
#include <stdlib.h>

int by_type__make(struct audit *a, struct by_type *out)
{
	*out = (struct by_type){.of = calloc((size_t)a->n_types + 1, sizeof(*out->of))};
	if (!out->of)
		return -ENOMEM;
	for (int i = 0; i < a->n_types; i++) {
		int err = results__make_of(a, i, &out->of[i]);

		out->n++; /* what was made in part is to be freed, too */
		if (err)
			return err;
	}
	return 0;
}

void by_type__free(struct by_type *t)
{
	for (int i = 0; i < t->n; i++)
		results__free(&t->of[i]);
	free(t->of);
	*t = (struct by_type){0};
}
