/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration file: one option of the command line per line, without its dashes, and its value.
 *
 *	# Where the kernel's data is
 *	mount /data
 *	web.listen-address 127.0.0.1:9753
 *	locks
 *
 * White space around name and value does not count; "#" at the start of a line or after white space begins a comment.
 */
#ifndef VFSLOCK_CONFIG_H
#define VFSLOCK_CONFIG_H

#include <stdbool.h>

struct config_entry {
	const char *name;
	const char *value; /* "" if there is none; may have white space within */
	int line;          /* from 1 */
};

struct config {
	struct config_entry *entries; /* in the order of the file; an option may be there more than once */
	int n;
	char *text; /* private: what the names and values point into */
};

/*
 * Reads the file at @path, where the @n_known names of @known are options, into *@out, to be freed with config__free().
 * What a value means is the caller's business.
 *
 * Returns 0; or, with *@out empty and a message for each mistake (the first ten), -EINVAL if the file has mistakes, or
 * the error of reading it.
 */
int config__read(const char *path, const char *const *known, int n_known, struct config *out);

/* The last entry of this name, which is the one that counts where only one can; NULL: there is none. */
const struct config_entry *config__last(const struct config *c, const char *name);

/* Have both the same values of @name? Of a @list all count, in their order; otherwise the last. */
bool config__same(const struct config *a, const struct config *b, const char *name, bool list);

void config__free(struct config *c);

#endif
