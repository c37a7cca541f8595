/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of metrics for node_exporter's textfile collector. Readers see the old content or the new one, never a part:
 * it is written under another name in the same directory, which does not end in ".prom", and renamed.
 */
#ifndef VFSLOCK_TEXTFILE_H
#define VFSLOCK_TEXTFILE_H

#include <stdio.h>

struct textfile;

/* Writes the content to @f. Returns 0 or -errno. */
typedef int (*textfile_render)(void *arg, FILE *f);

/*
 * For the file at @path, which need not exist; what a predecessor that was killed left unfinished is removed. To be
 * closed with textfile__close(). Returns 0, or -errno after a message: -EINVAL if @path does not end in ".prom", which
 * node_exporter would not read, -ENOMEM. A directory that cannot be written to is not found out here.
 */
int textfile__open(const char *path, struct textfile **out);

/*
 * Puts what @render writes in the place of the file, mode 0644. If that fails the old file stays whole, and no other is
 * left. Returns 0 or -errno. There is a message when that changes, not for each of many failures.
 */
int textfile__write(struct textfile *t, textfile_render render, void *arg);

/* @t may be NULL. The file stays. */
void textfile__close(struct textfile *t);

#endif
