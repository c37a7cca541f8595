/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration file; see config.h. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SIZE (1 << 20)
#define MAX_LINE 4096
#define MAX_TOLD 10
#define NAME_SHOWN 40 /* of a name that is not known, and may be anything */

struct reading {
	const char *path;
	const char *const *known;
	int n_known;
	struct config *config;
	int cap;
	int mistakes;
};

static int cannot_read(const char *path, int err, const char *remedy)
{
	fprintf(stderr, "vfslock: %s: %s%s\n", path, strerror(-err), remedy);
	return err;
}

/* The whole of @fd, terminated. */
static int read_all(int fd, char **text, size_t *len)
{
	char *buf = malloc(MAX_SIZE + 1);
	size_t used = 0;
	ssize_t n = 0;

	if (!buf)
		return -ENOMEM;
	while (used <= MAX_SIZE) {
		n = read(fd, buf + used, MAX_SIZE + 1 - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (n < 0 || used > MAX_SIZE) {
		int err = n < 0 ? -errno : -EFBIG;

		free(buf);
		return err;
	}
	buf[used] = '\0';
	*text = buf;
	*len = used;
	return 0;
}

static int load(const char *path, char **text, size_t *len)
{
	struct stat st;
	int err, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO would keep us waiting */

	if (fd < 0)
		return cannot_read(path, -errno, errno == EACCES ? " (it is read as the user that serves)" : "");
	if (fstat(fd, &st) < 0)
		err = cannot_read(path, -errno, "");
	else if (!S_ISREG(st.st_mode))
		err = cannot_read(path, S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL, "; give a file");
	else {
		err = read_all(fd, text, len);
		if (err)
			cannot_read(path, err, err == -EFBIG ? " for a configuration: a megabyte is the most" : "");
	}
	close(fd);
	return err;
}

/* Counts a mistake; true if it is to be told. */
static bool mistake(struct reading *r)
{
	return ++r->mistakes <= MAX_TOLD;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Control characters of a file that is none of ours do not go to a terminal. */
static void show(const char *name, char *out)
{
	int i;

	for (i = 0; i < NAME_SHOWN && name[i]; i++)
		out[i] = (char)((unsigned char)name[i] < 0x20 || name[i] == 0x7f ? '?' : name[i]);
	memcpy(out + i, name[i] ? "..." : "", name[i] ? sizeof("...") : 1);
}

static void unknown(struct reading *r, int line, const char *name)
{
	char shown[NAME_SHOWN + sizeof("...")];

	if (!mistake(r))
		return;
	show(name, shown);
	fprintf(stderr, "vfslock: %s:%d: unknown option '%s'; known are", r->path, line, shown);
	for (int i = 0; i < r->n_known; i++)
		fprintf(stderr, "%s %s", i ? "," : "", r->known[i]);
	fputc('\n', stderr);
}

static int add(struct reading *r, const char *name, const char *value, int line)
{
	struct config *c = r->config;

	if (c->n == r->cap) {
		int cap = r->cap ? 2 * r->cap : 32;
		struct config_entry *more = realloc(c->entries, (size_t)cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		c->entries = more;
		r->cap = cap;
	}
	c->entries[c->n++] = (struct config_entry){name, value, line};
	return 0;
}

static bool is_known(const struct reading *r, const char *name)
{
	for (int i = 0; i < r->n_known; i++) {
		if (!strcmp(name, r->known[i]))
			return true;
	}
	return false;
}

/* Cuts a comment, and white space at the end. */
static void trim(char *line)
{
	size_t len;

	for (char *p = line; *p; p++) {
		if (*p == '#' && (p == line || is_blank(p[-1]))) {
			*p = '\0';
			break;
		}
	}
	len = strlen(line);
	while (len && is_blank(line[len - 1]))
		line[--len] = '\0';
}

/* @line has @len bytes before its end, and is terminated. */
static int read_line(struct reading *r, char *line, size_t len, int number)
{
	char *value;

	if (strlen(line) != len || len > MAX_LINE) {
		if (mistake(r))
			fprintf(stderr,
				len > MAX_LINE ? "vfslock: %s:%d: the line is longer than 4096 bytes\n"
					       : "vfslock: %s:%d: there is a zero byte: is this a text file?\n",
				r->path, number);
		return 0;
	}
	trim(line);
	while (is_blank(*line))
		line++;
	if (!*line)
		return 0;
	for (value = line; *value && !is_blank(*value);)
		value++;
	while (is_blank(*value))
		*value++ = '\0';
	if (is_known(r, line))
		return add(r, line, value, number);
	unknown(r, number, line);
	return 0;
}

static int parse(struct reading *r, char *text, size_t len)
{
	char *end = text + len, *newline;
	int err = 0;

	for (int number = 1; !err && text < end; number++, text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline)
			newline = end;
		*newline = '\0';
		err = read_line(r, text, (size_t)(newline - text), number);
	}
	if (err)
		return cannot_read(r->path, err, "");
	if (r->mistakes > MAX_TOLD)
		fprintf(stderr, "vfslock: %s: and %d mistakes more\n", r->path, r->mistakes - MAX_TOLD);
	return r->mistakes ? -EINVAL : 0;
}

int config__read(const char *path, const char *const *known, int n_known, struct config *out)
{
	struct reading r = {.path = path, .known = known, .n_known = n_known, .config = out};
	size_t len = 0;
	int err;

	memset(out, 0, sizeof(*out));
	err = load(path, &out->text, &len);
	if (!err)
		err = parse(&r, out->text, len);
	if (err)
		config__free(out);
	return err;
}

const struct config_entry *config__last(const struct config *c, const char *name)
{
	for (int i = c->n - 1; i >= 0; i--)
		if (!strcmp(c->entries[i].name, name))
			return &c->entries[i];
	return NULL;
}

/* The first entry of this name from @from on; NULL: there are no more. */
static const struct config_entry *next_of(const struct config *c, int from, const char *name)
{
	for (int i = from; i < c->n; i++)
		if (!strcmp(c->entries[i].name, name))
			return &c->entries[i];
	return NULL;
}

static bool same_value(const struct config_entry *a, const struct config_entry *b)
{
	return a && b ? !strcmp(a->value, b->value) : a == b;
}

bool config__same(const struct config *a, const struct config *b, const char *name, bool list)
{
	const struct config_entry *x, *y;

	if (!list)
		return same_value(config__last(a, name), config__last(b, name));
	x = next_of(a, 0, name);
	y = next_of(b, 0, name);
	while (x && y && same_value(x, y)) {
		x = next_of(a, (int)(x - a->entries) + 1, name);
		y = next_of(b, (int)(y - b->entries) + 1, name);
	}
	return !x && !y;
}

void config__free(struct config *c)
{
	free(c->entries);
	free(c->text);
	memset(c, 0, sizeof(*c));
}
