/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text for people: durations and counts, tables in columns, wrapped paragraphs.
 */
#ifndef VFSLOCK_TEXT_H
#define VFSLOCK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <linux/types.h>

/* Large enough for whatever text__duration() and text__count() make. */
#define TEXT_NUMBER_LEN 32

/*
 * @ns nanoseconds for people, into @buf: three significant digits and a unit, "850 ns",
 * "1.23 us", "12.3 ms", "456 s". From 1,000 s on whole seconds, from 10,000 s on "> 9999 s",
 * because no call takes that long. Returns @buf.
 */
const char *text__duration(char *buf, size_t len, __u64 ns);

/* @n with thousands separators, "1,234,567", into @buf. Returns @buf. */
const char *text__count(char *buf, size_t len, __u64 n);

/* @text with control characters, and what is no UTF-8, as '?': a task chooses its name itself. */
const char *text__plain(const char *text, char *buf, size_t len);

/* Is @word one of those of @list, "ext4, fuseblk"? */
bool text__lists(const char *list, const char *word);

enum text_align {
	TEXT_LEFT,
	TEXT_RIGHT,
};

/* A column of a table. @title may be NULL; if every title is, the table has no header line. */
struct text_column {
	const char *title;
	enum text_align align;
};

struct text_table;

/*
 * A new table with @ncols columns, to be freed with text_table__free(). @cols is copied, the
 * titles are not: they must live as long as the table. Returns NULL without memory.
 */
struct text_table *text_table__new(const struct text_column *cols, size_t ncols);

/*
 * Append a row of as many @cells as there are columns; NULL is an empty cell. The strings are
 * copied, control characters (a file name may hold an escape sequence) as '?'.
 *
 * Returns 0 or -ENOMEM. The error is also latched for text_table__print(), so that a caller may
 * ignore it here.
 */
int text_table__row(struct text_table *t, const char *const *cells);

/*
 * Print the table to @out, every line indented by @indent spaces, columns two spaces apart, as
 * wide as their widest cell (in UTF-8 code points), no trailing blanks.
 *
 * Returns 0, -ENOMEM if a row was lost, -EIO if writing failed.
 */
int text_table__print(const struct text_table *t, FILE *out, unsigned int indent);

/* @t may be NULL. */
void text_table__free(struct text_table *t);

/*
 * Print @text to @out, broken between words so that no line is wider than @width code points
 * (a longer word gets a line of its own). The first line starts with @indent spaces and @prefix
 * (may be NULL), the others with as many spaces. White space in @text, line breaks included,
 * only separates words. Ends with a line break; prints nothing at all for an empty @text and
 * @prefix.
 *
 * Returns 0, or -EIO if writing failed.
 */
int text__wrap(FILE *out, const char *prefix, const char *text, unsigned int indent, unsigned int width);

#endif /* VFSLOCK_TEXT_H */
