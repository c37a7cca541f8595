/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the reader of locking.rst; its users include rst.h. */
#ifndef VFSLOCK_RST_PARSER_H
#define VFSLOCK_RST_PARSER_H

#include "rst.h"

struct rst_parser {
	struct rst_document *doc;
	char *text;   /* the lines, each terminated */
	char **lines; /* clean: valid UTF-8, of the control characters only tabs */
	int n_lines;
	bool full; /* RST_MAX_ITEMS was exceeded, and that was reported */
	int err;   /* -ENOMEM, latched */
};

/* A word of a line. Columns from 0, .end is the first behind it. */
struct rst_word {
	struct rst_span span;
	int col, end;
	bool apart; /* a tab or two blanks before it: what follows is another cell */
};

/* Line @i, "" behind the last. */
const char *rst_parser__line(const struct rst_parser *p, int i);

/* Report a problem at line index @i, column index @col, both from 0. */
__attribute__((format(printf, 4, 5))) void rst_parser__problem(struct rst_parser *p, int i, int col, const char *fmt,
							       ...);

/*
 * Make room for one more in *@array, which has *@n elements of @size bytes, and count it. Returns
 * the new element, zeroed, or NULL: without memory, or beyond RST_MAX_ITEMS, which is reported at line @i
 * the first time.
 */
void *rst_parser__add(struct rst_parser *p, int i, void *array, int *n, size_t size);

/* A copy of a span, NULL without memory. */
char *rst_parser__copy(struct rst_parser *p, struct rst_span span);

/* The words of a line into *@words, which the caller frees. Returns how many. */
int rst_parser__split(struct rst_parser *p, const char *line, struct rst_word **words);

/* Is there a section's title at line @i? Returns how many lines it takes, or 0. */
int rst_parser__title(const struct rst_parser *p, int i, struct rst_span *title);

/* The width of a line's indentation, or of all of it if it is blank. */
int rst_line__indent(const char *line);
bool rst_line__is_blank(const char *line);
/* Runs of '=' with blanks between. */
bool rst_line__is_border(const char *line);
/* "lookup:  yes", which outside of a table is lost. */
bool rst_line__is_row(const char *line);

bool rst_char__is_name(char c);
/* The length of the identifier at @s, 0 if there is none. */
int rst_name__len(const char *s);

/* Does a table without borders start at line @i? */
bool rst_table__starts(const struct rst_parser *p, int i);

/* Read the table at line @i into @section. Returns the index of the line behind it. */
int rst_table__parse(struct rst_parser *p, int i, struct rst_section *section);
void rst_table__free(struct rst_table *table);

#endif /* VFSLOCK_RST_PARSER_H */
