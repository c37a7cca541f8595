/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of locking.rst; see rst.h.
 *
 * A line is taken word by word. A tab, two blanks, or one blank before the start of a column begin
 * another cell. In a table with a border a cell belongs to the column that it starts in, as in
 * reStructuredText; in one without, to the nearest title, because there cells and titles were
 * lined up by eye. The last column also gets what stands behind it.
 */
#include "rst.h"
#include "rst_parser.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINES (2 * RST_MAX_ITEMS) /* of one table */

/* A table's columns, the method's included, and the one that is being read. */
struct layout {
	int start[RST_MAX_COLUMNS + 1], end[RST_MAX_COLUMNS + 1];
	int n;
	bool border;
	struct rst_table *table;
};

/* The cells of one line, gathered: spans of the line, which join up. */
struct gathered {
	struct rst_span cells[RST_MAX_COLUMNS + 1];
	int col[RST_MAX_COLUMNS + 1];
};

void rst_table__free(struct rst_table *table)
{
	int i, k;

	for (k = 0; table->headers && k < table->n_columns; k++)
		free(table->headers[k].text);
	for (i = 0; i < table->n_rows; i++) {
		for (k = 0; table->rows[i].cells && k < table->n_columns; k++)
			free(table->rows[i].cells[k].text);
		free(table->rows[i].cells);
		free(table->rows[i].method);
	}
	free(table->rows);
	free(table->headers);
}

/* The column that position @col is in. */
static int column_at(const struct layout *l, int col)
{
	int k = l->n - 1;

	while (k > 0 && l->start[k] > col)
		k--;
	return k;
}

/* The column whose title is nearest; never the method's. */
static int nearest(const struct layout *l, int col)
{
	int k = 1;

	while (k + 1 < l->n && abs(l->start[k + 1] - col) < abs(l->start[k] - col))
		k++;
	return k;
}

/* Which column a word belongs to that begins a cell. */
static int column_of_cell(struct rst_parser *p, int i, const struct layout *l, const struct rst_word *w)
{
	int k = column_at(l, w->col);

	if (!l->border)
		return w->col == 0 ? 0 : nearest(l, w->col);
	if (k < l->n - 1 && w->col >= l->end[k])
		rst_parser__problem(p, i, w->col, "'%.*s' stands between two columns", w->span.len, w->span.text);
	return k;
}

/* Does @w, not the first of its line, begin a cell? @current is the column of the word before it. */
static bool begins_cell(const struct layout *l, const struct rst_word *w, int current)
{
	int k = column_at(l, w->col);

	if (w->apart || (k > current && w->col == l->start[k]))
		return true;
	return current == 0 && w->span.text[-2] == ':';
}

/* Which column the cell is in that begins with @w. @previous is that of the cell before it, or -1. */
static int next_column(struct rst_parser *p, int i, const struct layout *l, const struct rst_word *w, int previous)
{
	int k = column_of_cell(p, i, l, w);

	if (k > previous)
		return k;
	if (previous == 0) {
		if (l->n > 2)
			rst_parser__problem(p, i, w->col, "'%.*s' is under no title", w->span.len, w->span.text);
		return 1;
	}
	if (!l->border && previous < l->n - 1)
		rst_parser__problem(p, i, w->col, "'%.*s' is under the same title as what is before it", w->span.len,
				    w->span.text);
	return previous;
}

/* Sort the words of line @i into @g. */
static void gather(struct rst_parser *p, int i, const struct layout *l, const struct rst_word *words, int n,
		   struct gathered *g)
{
	const struct rst_word *w;
	int k = -1;

	memset(g, 0, sizeof(*g));
	for (w = words; w < words + n; w++) {
		if (k < 0 || begins_cell(l, w, k))
			k = next_column(p, i, l, w, k);
		else if (column_at(l, w->col) > k)
			rst_parser__problem(p, i, w->col, "'%.*s' may belong to either of two columns", w->span.len,
					    w->span.text);
		if (!g->cells[k].text) {
			g->cells[k].text = w->span.text;
			g->col[k] = w->col;
		}
		g->cells[k].len = (int)(w->span.text + w->span.len - g->cells[k].text);
	}
}

/* Append @more to the text of a cell, white space folded. */
static void cell_append(struct rst_parser *p, struct rst_cell *cell, struct rst_span more)
{
	size_t len = cell->text ? strlen(cell->text) : 0;
	char *text = realloc(cell->text, len + (size_t)more.len + 2);
	int i;

	if (!text) {
		p->err = -ENOMEM;
		return;
	}
	cell->text = text;
	for (i = 0; i < more.len; i++) {
		if (more.text[i] != ' ' && more.text[i] != '\t') {
			if (len && (i == 0 || more.text[i - 1] == ' ' || more.text[i - 1] == '\t'))
				text[len++] = ' ';
			text[len++] = more.text[i];
		}
	}
	text[len] = '\0';
}

/* Put the line's cells, without the method's, into @cells. */
static void put_cells(struct rst_parser *p, int i, const struct layout *l, const struct gathered *g,
		      struct rst_cell *cells)
{
	int k;

	for (k = 1; k < l->n && !p->err; k++) {
		if (!cells[k - 1].text || (!*cells[k - 1].text && g->cells[k].len)) {
			cells[k - 1].line = i + 1;
			cells[k - 1].column = 1 + (g->cells[k].len ? g->col[k] : l->start[k]);
		}
		cell_append(p, &cells[k - 1], g->cells[k]);
	}
}

static struct rst_cell *new_cells(struct rst_parser *p, const struct layout *l)
{
	struct rst_cell *cells = calloc((size_t)l->n, sizeof(*cells));

	if (!cells)
		p->err = -ENOMEM;
	return cells;
}

static void add_row(struct rst_parser *p, int i, const struct layout *l, const struct gathered *g)
{
	struct rst_table *t = l->table;
	struct rst_span name = g->cells[0];
	struct rst_row *row;

	if (!name.len) {
		if (t->n_rows)
			put_cells(p, i, l, g, t->rows[t->n_rows - 1].cells);
		else
			rst_parser__problem(p, i, 0, "a row without a method");
		return;
	}
	if (name.text[name.len - 1] == ':')
		name.len--;
	if (!name.len || rst_name__len(name.text) != name.len) {
		rst_parser__problem(p, i, g->col[0], "'%.*s' is no method's name", g->cells[0].len, g->cells[0].text);
		return;
	}
	row = rst_parser__add(p, i, &t->rows, &t->n_rows, sizeof(*row));
	if (!row)
		return;
	row->line = i + 1;
	row->method = rst_parser__copy(p, name);
	row->cells = new_cells(p, l);
	if (row->cells)
		put_cells(p, i, l, g, row->cells);
}

/* Read line @i as a row, or as part of the header if there are no rows to be yet. */
static void read_line(struct rst_parser *p, int i, const struct layout *l, bool header)
{
	struct rst_word *words;
	struct gathered g;
	int n;

	n = rst_parser__split(p, rst_parser__line(p, i), &words);
	if (!p->err && n) {
		gather(p, i, l, words, n, &g);
		if (!header) {
			add_row(p, i, l, &g);
		} else {
			put_cells(p, i, l, &g, l->table->headers);
			if (g.cells[0].len && (g.cells[0].len != 3 || memcmp(g.cells[0].text, "ops", 3) != 0))
				rst_parser__problem(p, i, g.col[0], "the first column is titled '%.*s', not 'ops'",
						    g.cells[0].len, g.cells[0].text);
		}
	}
	free(words);
}

/* The columns from a line of '='. */
static bool layout_from_border(struct rst_parser *p, int i, struct layout *l)
{
	struct rst_word *words;
	int n, k;

	n = rst_parser__split(p, rst_parser__line(p, i), &words);
	if (n > RST_MAX_COLUMNS + 1)
		rst_parser__problem(p, i, words[RST_MAX_COLUMNS + 1].col, "more than %d columns", RST_MAX_COLUMNS);
	l->n = n > RST_MAX_COLUMNS + 1 ? RST_MAX_COLUMNS + 1 : n;
	for (k = 0; k < l->n; k++) {
		l->start[k] = words[k].col;
		l->end[k] = words[k].end;
	}
	free(words);
	return l->n > 1;
}

static bool same_border(struct rst_parser *p, int i, const struct layout *l)
{
	struct layout other;
	int k;

	if (!layout_from_border(p, i, &other) || other.n != l->n)
		return false;
	for (k = 0; k < l->n; k++) {
		if (other.start[k] != l->start[k] || (k < l->n - 1 && other.end[k] != l->end[k]))
			return false;
	}
	return true;
}

/*
 * Where the table ends that starts with the border at @i: at the border with nothing below it, or,
 * without one, at the first blank line. *@rule is the border between the header and the rows, or 0.
 */
static int find_bottom(struct rst_parser *p, int i, const struct layout *l, int *rule)
{
	struct rst_span title;
	int at, blank = 0;

	*rule = 0;
	for (at = i + 1; at < p->n_lines && at - i < MAX_LINES && !rst_parser__title(p, at, &title); at++) {
		if (!blank && rst_line__is_blank(rst_parser__line(p, at)))
			blank = at;
		if (!rst_line__is_border(rst_parser__line(p, at)))
			continue;
		if (!same_border(p, at, l))
			rst_parser__problem(p, at, 0, "this border does not match the one in line %d", i + 1);
		if (rst_line__is_blank(rst_parser__line(p, at + 1)))
			return at;
		if (*rule)
			rst_parser__problem(p, at, 0, "a border in the middle of a table");
		else
			*rule = at;
	}
	rst_parser__problem(p, i, 0, "this table has no bottom border");
	if (!blank)
		return at;
	if (*rule > blank)
		*rule = 0;
	return blank;
}

static void read_bordered(struct rst_parser *p, int i, int bottom, int rule, const struct layout *l)
{
	int at;

	l->table->line = i + 2;
	if (!rule)
		rst_parser__problem(p, i, 0, "this table has no header");
	for (at = i + 1; at < bottom && !p->err; at++) {
		const char *line = rst_parser__line(p, at);

		if (rst_line__is_border(line) || rst_line__is_blank(line))
			continue;
		if (line[strspn(line, " \t-")] == '\0')
			rst_parser__problem(p, at, 0, "columns that span others are not supported");
		else
			read_line(p, at, l, at < rule);
	}
}

/* The columns from a line of titles, the method's being empty or "ops". */
static bool layout_from_titles(struct rst_parser *p, int i, struct layout *l)
{
	struct rst_word *words;
	int n, w;

	n = rst_parser__split(p, rst_parser__line(p, i), &words);
	l->n = 1;
	l->start[0] = 0;
	for (w = 0; w < n; w++) {
		if (words[w].col == 0 || (w && !words[w].apart))
			continue;
		if (l->n > RST_MAX_COLUMNS) {
			rst_parser__problem(p, i, words[w].col, "more than %d columns", RST_MAX_COLUMNS);
			break;
		}
		l->end[l->n - 1] = l->start[l->n] = words[w].col;
		l->n++;
	}
	l->end[l->n - 1] = l->start[l->n - 1];
	free(words);
	return l->n > 1;
}

bool rst_table__starts(const struct rst_parser *p, int i)
{
	const char *line = rst_parser__line(p, i);

	if (!rst_line__is_row(rst_parser__line(p, i + 1)) || rst_line__is_blank(line))
		return false;
	return rst_line__indent(line) > 0 || (!strncmp(line, "ops", 3) && (line[3] == ' ' || line[3] == '\t'));
}

static int read_borderless(struct rst_parser *p, int i, const struct layout *l)
{
	l->table->line = i + 1;
	read_line(p, i++, l, true);
	for (; i < p->n_lines && !p->err; i++) {
		const char *line = rst_parser__line(p, i);

		if (rst_line__is_blank(line))
			break;
		if (i - l->table->line >= MAX_LINES) {
			rst_parser__problem(p, i, 0, "a table of more than %d lines", MAX_LINES);
			break;
		}
		if (!rst_line__is_row(line) && rst_line__indent(line) < l->start[1] - 1) {
			if (!rst_line__indent(line))
				rst_parser__problem(p, i, 0, "this is no row, but stands right below one");
			break;
		}
		read_line(p, i, l, false);
	}
	return i;
}

/* The document is at fault where its words cannot be understood. */
static void check_words(struct rst_parser *p, const struct rst_table *t)
{
	struct rst_meaning meaning;
	struct rst_header head;
	int i, k;

	for (k = 0; k < t->n_columns && !p->err; k++) {
		const struct rst_cell *title = &t->headers[k];

		if (!title->text)
			continue; /* reported already: no header */
		if (rst_header__meaning(title->text, &head)) {
			rst_parser__problem(p, title->line - 1, title->column - 1,
					    "the column's title '%s' is not understood", title->text);
			continue;
		}
		for (i = 0; i < t->n_rows && !p->err; i++) {
			const struct rst_cell *cell = &t->rows[i].cells[k];

			if (rst_cell__meaning(title->text, cell->text, &meaning))
				rst_parser__problem(p, cell->line - 1, cell->column - 1,
						    "'%.*s' is not understood, in '%s'", meaning.unknown.len,
						    meaning.unknown.text, cell->text);
		}
	}
}

int rst_table__parse(struct rst_parser *p, int i, struct rst_section *section)
{
	struct layout l = {.border = rst_line__is_border(rst_parser__line(p, i))};
	int next, rule;

	if (!(l.border ? layout_from_border(p, i, &l) : layout_from_titles(p, i, &l)) || p->err)
		return i + 1;
	l.table = rst_parser__add(p, i, &section->tables, &section->n_tables, sizeof(*l.table));
	if (!l.table)
		return i + 1;
	l.table->border = l.border;
	l.table->n_columns = l.n - 1;
	l.table->headers = new_cells(p, &l);
	if (p->err)
		return i + 1;
	if (l.border) {
		next = find_bottom(p, i, &l, &rule);
		read_bordered(p, i, next, rule, &l);
		next += rst_line__is_border(rst_parser__line(p, next));
	} else {
		next = read_borderless(p, i, &l);
	}
	if (!p->err && !l.table->n_rows)
		rst_parser__problem(p, i, 0, "this table has no rows");
	check_words(p, l.table);
	return next;
}
