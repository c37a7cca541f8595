/* SPDX-License-Identifier: GPL-2.0-only */
/* The options that all commands share which audit: one table, one meaning. */
#ifndef VFSLOCK_OPTIONS_H
#define VFSLOCK_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "audit.h"

/* Where the values of a command's own long options begin; those of the shared ones lie above. */
#define OPTION_OWN 256

struct audit_option {
	const char *name, *argument; /* NULL: it takes none */
	const char *help;
};

/*
 * Parses the command line @argv: the shared options into @audit, the command's own (@own, @n_own of them, numbered in
 * order) through @take, which returns 0 or negative errno with the message printed. What remains are the mounts, up to
 * "--". Returns 0, or an exit status + 1 to leave with.
 */
struct option_parser {
	const char *command;                 /* "report" */
	const char *synopsis, *what, *after; /* for --help */
	const struct audit_option *own;
	int n_own;
	const char *shorts; /* of the own ones, in their order: 'd' or '-' for none */
	int (*take)(void *arg, int own, const char *value);
	void *arg;
	__u64 given; /* set by options__parse(): which stood on the command line */
};

int options__parse(struct option_parser *p, int argc, char **argv, struct audit_options *audit);
void options__usage(const struct option_parser *p, FILE *out);

/* Takes one option by its name, as from a configuration file; -ENOENT if there is none of this name. */
int options__take(const struct option_parser *p, const char *name, const char *value, struct audit_options *audit);

/* Did it stand on the command line? */
bool options__given(const struct option_parser *p, const char *name);

/* The names of all options that may stand in a file, up to @most of them, into @names; returns how many. */
int options__names(const struct option_parser *p, const char **names, int most);

/* Prints what is wrong; 0 or -EINVAL. */
int options__seconds(const char *name, const char *text, double *out);
/* Of the ring buffer, from KiB to bytes: what the kernel takes is a power of two of whole pages. */
int options__ring_size(const char *text, size_t *out);
int options__number(const char *name, const char *text, long least, long most, long *out);

#endif
