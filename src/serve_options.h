/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options of `vfslock serve`, of its command line and its file. The file is read by the same code at the start and
 * on SIGHUP: what one of them takes, the other one does, too.
 */
#ifndef VFSLOCK_SERVE_OPTIONS_H
#define VFSLOCK_SERVE_OPTIONS_H

#include "daemon.h"

struct serve_options {
	struct daemon_options command_line; /* what stood there, and otherwise the defaults */
	__u64 given;                        /* as in struct option_parser */
};

/*
 * Takes the command line, whose strings are used from then on. @s must stay where it is. Returns 0, or an exit status
 * + 1 to leave with.
 */
int serve_options__parse(struct serve_options *s, int argc, char **argv);

/*
 * The command line and, with --config, the file as it is now, into *@out, to be freed with serve_options__free() and
 * not to be moved. Returns 0, or negative errno with every mistake printed and nothing to be freed.
 */
int serve_options__read(const struct serve_options *s, struct daemon_options *out);
void serve_options__free(struct daemon_options *o);

/* Is the file asked for this option (or "mount")? Not where the command line has it. */
bool serve_options__from_file(const struct serve_options *s, const char *name);

#endif
