/* SPDX-License-Identifier: GPL-2.0-only */
/* Text for people: durations and counts, tables in columns, wrapped paragraphs; see text.h. */
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

#define TEXT_GUTTER 2
#define TEXT_MAX_SECONDS 10000
#define NS_PER_S 1000000000ULL

struct text_table {
	struct text_column *cols;
	size_t ncols;
	char **cells; /* nrows * ncols, row by row */
	size_t nrows;
	size_t cap_rows;
	int err;
};

const char *text__duration(char *buf, size_t len, __u64 ns)
{
	static const char *const units[] = {"us", "ms", "s"};
	__u64 step = 10, value;
	unsigned int k;

	if (ns < 1000) {
		snprintf(buf, len, "%u ns", (unsigned int)ns);
		return buf;
	}
	if (ns >= TEXT_MAX_SECONDS * NS_PER_S) {
		snprintf(buf, len, "> %d s", TEXT_MAX_SECONDS - 1);
		return buf;
	}
	/* Count in the smallest power of ten in which, once rounded, three digits are enough. */
	for (k = 0; k < 8; k++, step *= 10)
		if ((ns + step / 2) / step < 1000)
			break;
	/* Round, except where rounding up would lead beyond the largest value there is. */
	value = (ns + step / 2) / step;
	if (value >= TEXT_MAX_SECONDS)
		value = TEXT_MAX_SECONDS - 1;

	switch (k % 3) {
	case 0:
		snprintf(buf, len, "%u.%02u %s", (unsigned int)(value / 100), (unsigned int)(value % 100),
			 units[k / 3]);
		break;
	case 1:
		snprintf(buf, len, "%u.%u %s", (unsigned int)(value / 10), (unsigned int)(value % 10), units[k / 3]);
		break;
	default:
		snprintf(buf, len, "%u %s", (unsigned int)value, units[k / 3]);
	}
	return buf;
}

const char *text__count(char *buf, size_t len, __u64 n)
{
	char digits[TEXT_NUMBER_LEN], out[TEXT_NUMBER_LEN];
	int i, ndigits = snprintf(digits, sizeof(digits), "%" PRIu64, (uint64_t)n);
	char *p = out;

	for (i = 0; i < ndigits; i++) {
		if (i && (ndigits - i) % 3 == 0)
			*p++ = ',';
		*p++ = digits[i];
	}
	*p = '\0';
	snprintf(buf, len, "%s", out);
	return buf;
}

/* Code points in the first @len bytes of @s: every byte that does not continue one starts one. */
static size_t utf8_width(const char *s, size_t len)
{
	size_t i, width = 0;

	for (i = 0; i < len; i++)
		width += ((unsigned char)s[i] & 0xc0) != 0x80;
	return width;
}

static void put_spaces(FILE *out, size_t n)
{
	while (n--)
		putc(' ', out);
}

struct text_table *text_table__new(const struct text_column *cols, size_t ncols)
{
	struct text_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->cols = calloc(ncols ? ncols : 1, sizeof(*t->cols));
	if (!t->cols) {
		free(t);
		return NULL;
	}
	memcpy(t->cols, cols, ncols * sizeof(*cols));
	t->ncols = ncols;
	return t;
}

/* How many bytes the character at @s has; 0 if no terminal should see it, or it is none. */
static size_t plain_len(const unsigned char *s)
{
	size_t n = utf8__len(s);

	/* U+0080 to U+009F are control characters, too: U+009B begins an escape sequence. */
	return *s < ' ' || *s == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0) ? 0 : n;
}

const char *text__plain(const char *text, char *buf, size_t len)
{
	size_t at = 0;

	while (*text) {
		size_t n = plain_len((const unsigned char *)text), size = n ? n : 1;

		if (at + size >= len)
			break;
		memcpy(buf + at, n ? text : "?", size);
		at += size;
		text += size;
	}
	buf[at] = '\0';
	return buf;
}

static char *copy_cell(const char *cell)
{
	size_t len = cell ? strlen(cell) + 1 : 1;
	char *copy = malloc(len);

	return copy ? (char *)text__plain(cell ? cell : "", copy, len) : NULL;
}

static int grow_rows(struct text_table *t)
{
	size_t cap = t->cap_rows ? 2 * t->cap_rows : 16;
	char **cells = reallocarray(t->cells, cap, (t->ncols ? t->ncols : 1) * sizeof(*cells));

	if (!cells)
		return -ENOMEM;
	t->cells = cells;
	t->cap_rows = cap;
	return 0;
}

int text_table__row(struct text_table *t, const char *const *cells)
{
	char **row;
	size_t i;

	if (t->nrows == t->cap_rows && grow_rows(t)) {
		t->err = -ENOMEM;
		return -ENOMEM;
	}
	row = t->cells + t->nrows * t->ncols;
	for (i = 0; i < t->ncols; i++) {
		row[i] = copy_cell(cells[i]);
		if (!row[i]) {
			while (i--)
				free(row[i]);
			t->err = -ENOMEM;
			return -ENOMEM;
		}
	}
	t->nrows++;
	return 0;
}

static void print_row(const struct text_table *t, FILE *out, unsigned int indent, const size_t *widths,
		      const char *const *cells)
{
	/* Blanks are owed until something follows them, so that none end a line. */
	size_t owed = indent, i;

	for (i = 0; i < t->ncols; i++) {
		size_t len = strlen(cells[i]);
		size_t pad = widths[i] - utf8_width(cells[i], len);

		if (t->cols[i].align == TEXT_RIGHT)
			owed += pad;
		if (len) {
			put_spaces(out, owed);
			fwrite(cells[i], 1, len, out);
			owed = 0;
		}
		if (t->cols[i].align == TEXT_LEFT)
			owed += pad;
		owed += TEXT_GUTTER;
	}
	putc('\n', out);
}

/* Width of every column into @widths, titles into @titles. Returns whether there is any title. */
static bool measure(const struct text_table *t, size_t *widths, const char **titles)
{
	bool titled = false;
	size_t row, i;

	for (i = 0; i < t->ncols; i++) {
		titled |= t->cols[i].title != NULL;
		titles[i] = t->cols[i].title ? t->cols[i].title : "";
		widths[i] = utf8_width(titles[i], strlen(titles[i]));
		for (row = 0; row < t->nrows; row++) {
			const char *cell = t->cells[row * t->ncols + i];
			size_t width = utf8_width(cell, strlen(cell));

			if (width > widths[i])
				widths[i] = width;
		}
	}
	return titled;
}

int text_table__print(const struct text_table *t, FILE *out, unsigned int indent)
{
	size_t *widths = calloc(t->ncols ? t->ncols : 1, sizeof(*widths));
	const char **titles = calloc(t->ncols ? t->ncols : 1, sizeof(*titles));
	int err = t->err;
	size_t row;

	if (!widths || !titles) {
		err = -ENOMEM;
		goto out;
	}
	if (measure(t, widths, titles))
		print_row(t, out, indent, widths, titles);
	for (row = 0; row < t->nrows; row++)
		print_row(t, out, indent, widths, (const char *const *)t->cells + row * t->ncols);
	if (!err && ferror(out))
		err = -EIO;
out:
	free(widths);
	free(titles);
	return err;
}

void text_table__free(struct text_table *t)
{
	size_t i;

	if (!t)
		return;
	for (i = 0; i < t->nrows * t->ncols; i++)
		free(t->cells[i]);
	free(t->cells);
	free(t->cols);
	free(t);
}

int text__wrap(FILE *out, const char *prefix, const char *text, unsigned int indent, unsigned int width)
{
	static const char blank[] = " \t\n\r\v\f";
	size_t prefix_len = prefix ? strlen(prefix) : 0;
	size_t margin = indent + (prefix ? utf8_width(prefix, prefix_len) : 0);
	size_t column = margin; /* where the next character would stand */
	const char *word;

	word = text + strspn(text, blank);
	if (!*word && !prefix_len)
		return 0;
	put_spaces(out, indent);
	if (prefix)
		fwrite(prefix, 1, prefix_len, out);

	while (*word) {
		size_t len = strcspn(word, blank);
		size_t word_width = utf8_width(word, len);

		if (column > margin && column + 1 + word_width > width) {
			putc('\n', out);
			put_spaces(out, margin);
			column = margin;
		} else if (column > margin) {
			putc(' ', out);
			column++;
		}
		fwrite(word, 1, len, out);
		column += word_width;
		word += len;
		word += strspn(word, blank);
	}
	putc('\n', out);
	return ferror(out) ? -EIO : 0;
}

bool text__lists(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (;;) {
		if (!strncmp(list, word, len) && (!list[len] || list[len] == ','))
			return true;
		list = strstr(list, ", ");
		if (!list)
			return false;
		list += 2;
	}
}
