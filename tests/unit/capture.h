/* SPDX-License-Identifier: GPL-2.0-only */
/* What a function says on standard error. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct capture {
	int saved, file;
	char text[8192];
};

static inline void capture_begin(struct capture *c)
{
	fflush(stderr);
	c->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100); /* the low numbers are what tests count */
	c->file = memfd_create("stderr", MFD_CLOEXEC);
	dup2(c->file, STDERR_FILENO);
}

/* What was said since, and how many lines. */
static inline int capture_end(struct capture *c)
{
	ssize_t n;
	int lines = 0;

	fflush(stderr);
	dup2(c->saved, STDERR_FILENO);
	n = pread(c->file, c->text, sizeof(c->text) - 1, 0);
	c->text[n > 0 ? n : 0] = '\0';
	close(c->saved);
	close(c->file);
	for (const char *p = c->text; (p = strchr(p, '\n')); p++)
		lines++;
	return lines;
}

#endif
