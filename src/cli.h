/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands, and what they have in common. */
#ifndef VFSLOCK_CLI_H
#define VFSLOCK_CLI_H

#define VFSLOCK_VERSION "0.1.0"

enum exit_status { EXIT_CLEAN = 0, EXIT_BROKEN = 1, EXIT_USAGE = 2, EXIT_CANNOT = 3 };

/* Of serve, which does not end for violations: what stands in its way may pass. Whoever started it may try again. */
#define EXIT_PASSING 1

/* Each parses its own arguments (argv[0] is the command's name) and returns the exit status. */
int cmd_report(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_features(int argc, char **argv);
int cmd_spec(int argc, char **argv);

#endif
