/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules from a document in the user's own tree, in place of the compiled ones: the cells of its tables decide the
 * modes, the compiled spec says how each is probed.
 */
#ifndef VFSLOCK_SPEC_IMPORT_H
#define VFSLOCK_SPEC_IMPORT_H

#include "rules.h"

/* A promise of the document that nothing probes, in one line each: "file:12: ops.method, column 'x': 'words': why". */
struct imported {
	const char *path;
	struct rule *rules; /* n_rules of them, in the order of the compiled ones */
	char **unprobed;
	char **words; /* of the cells: what the rules' `says` point to */
	int n_unprobed, n_words, changed;
};

/*
 * Reads @path and lays its cells over the rules that are in force for @kernel (major << 8 | minor). Rules of the prose
 * stay as compiled. Prints what is wrong with the file; returns 0 or negative errno (-EINVAL: words that are not
 * understood).
 */
int spec__import(const char *path, int kernel, struct imported *out);
void imported__free(struct imported *im);

#endif
