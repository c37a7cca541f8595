// SPDX-License-Identifier: GPL-2.0-only
/*
 * vfslock spec diff: where a revision of the document and the compiled rules disagree, cell by cell. Words that are not
 * understood are differences, too: nothing in a table is passed over.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "discover.h"
#include "rst.h"
#include "spec_view.h"

struct diff {
	const struct rst_document *doc;
	const struct rst_section *section;
	const struct ops_struct *ops;
	int kernel, n, cells;
};

static void __attribute__((format(printf, 3, 4))) differ(struct diff *d, int line, const char *fmt, ...)
{
	va_list ap;

	if (line)
		printf("%s:%d: ", d->doc->path, line);
	else
		printf("%s: ", d->doc->path);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	d->n++;
}

static const struct method *find_method(const struct diff *d, const char *name)
{
	for (int m = d->ops->first_method; m < d->ops->first_method + d->ops->n_methods; m++)
		if (!strcmp(methods[m].name, name) && method__in_force(&methods[m], d->kernel))
			return &methods[m];
	return NULL;
}

static void compare_cell(struct diff *d, const struct method *m, const struct rst_cell *header,
			 const struct rst_cell *cell)
{
	int lock = ops__column(d->ops, m, header->text, d->kernel);
	const char *words = lock < 0 ? NULL : method__cell(m, lock, d->kernel);
	struct rst_meaning meaning;

	d->cells++;
	if (rst_cell__meaning(header->text, cell->text, &meaning))
		differ(d, cell->line, "%s.%s, column '%s': '%.*s' is not understood", d->ops->name, m->name,
		       header->text, meaning.unknown.len, meaning.unknown.text);
	if (lock < 0)
		return; /* said once, for the header */
	if (!words)
		differ(d, cell->line, "%s.%s, column '%s': the document says '%s', the rules say nothing", d->ops->name,
		       m->name, header->text, cell->text);
	else if (strcmp(words, cell->text) != 0)
		differ(d, cell->line, "%s.%s, column '%s': the document says '%s', the rules say '%s'", d->ops->name,
		       m->name, header->text, cell->text, words);
}

static void compare_table(struct diff *d, const struct rst_table *t)
{
	for (int c = 0; c < t->n_columns; c++)
		if (ops__column(d->ops, NULL, t->headers[c].text, d->kernel) < 0)
			differ(d, t->headers[c].line, "%s: the rules know no column '%s'", d->ops->name,
			       t->headers[c].text);
	for (int r = 0; r < t->n_rows; r++) {
		const struct rst_row *row = &t->rows[r];
		const struct method *m = find_method(d, row->method);

		if (!m) {
			differ(d, row->line, "%s.%s: the rules have no such method", d->ops->name, row->method);
			continue;
		}
		for (int c = 0; c < t->n_columns; c++)
			compare_cell(d, m, &t->headers[c], &row->cells[c]);
	}
}

static bool excepted(const struct rst_rule_meaning *line, const char *name)
{
	for (int i = 0; i < line->n_except; i++)
		if ((int)strlen(name) == line->except[i].len && !strncmp(name, line->except[i].text, strlen(name)))
			return true;
	return false;
}

/* Is there a rule that @m may (or, for RULE_no, must not) block? */
static bool has_blocking_rule(const struct diff *d, const struct method *m, enum rule_mode mode)
{
	for (int i = 0; i < m->n_rules; i++) {
		const struct rule *r = &rules[m->first_rule + i];

		if (lock_classes[r->lock].kind == LOCK_KIND_context && r->mode == mode && rule__in_force(r, d->kernel))
			return true;
	}
	return false;
}

/* "All except dirty_folio may block": what it says of every method. A line that doubts itself binds nobody. */
static void compare_line(struct diff *d, const struct rst_text *line)
{
	struct rst_rule_meaning meaning;

	if (rst_rule__meaning(line->text, &meaning)) {
		differ(d, line->line, "%s: '%.*s' is not understood", d->ops->name, meaning.unknown.len,
		       meaning.unknown.text);
		return;
	}
	if (!meaning.may_block || meaning.doubtful)
		return;
	for (int m = d->ops->first_method; m < d->ops->first_method + d->ops->n_methods; m++) {
		bool other = excepted(&meaning, methods[m].name);
		enum rule_mode mode = (meaning.may_block == RST_YES) != other ? RULE_yes : RULE_no;

		if (!method__in_force(&methods[m], d->kernel) || methods[m].gone)
			continue;
		if (!has_blocking_rule(d, &methods[m], mode))
			differ(d, line->line, "%s.%s: the document says '%s', the rules do not", d->ops->name,
			       methods[m].name, line->text);
	}
}

static bool has_prototype(const struct rst_section *s, const char *name)
{
	for (int i = 0; i < s->n_methods; i++)
		if (!strcmp(s->methods[i].text, name))
			return true;
	return false;
}

static bool has_cells(const struct diff *d, const struct method *m)
{
	for (int i = 0; i < m->n_rules; i++)
		if (rules[m->first_rule + i].in_table && rule__in_force(&rules[m->first_rule + i], d->kernel))
			return true;
	return false;
}

/* What the rules have and the document has not. */
static void compare_methods(struct diff *d)
{
	for (int i = 0; i < d->section->n_methods; i++)
		if (!find_method(d, d->section->methods[i].text))
			differ(d, d->section->methods[i].line, "%s.%s: the rules have no such method", d->ops->name,
			       d->section->methods[i].text);
	for (int m = d->ops->first_method; m < d->ops->first_method + d->ops->n_methods; m++) {
		const struct method *me = &methods[m];
		bool row = rst_section__row(d->section, me->name, NULL);

		if (!method__in_force(me, d->kernel))
			continue;
		if (!row && has_cells(d, me))
			differ(d, d->section->line,
			       "%s.%s: the rules have a row of the table that the document has not", d->ops->name,
			       me->name);
		else if (!row && !has_prototype(d->section, me->name))
			differ(d, d->section->line, "%s.%s: the rules have a method that the document has not",
			       d->ops->name, me->name);
	}
}

static void compare_section(struct diff *d)
{
	for (int t = 0; t < d->section->n_tables; t++)
		compare_table(d, &d->section->tables[t]);
	for (int i = 0; i < d->section->n_rules; i++)
		compare_line(d, &d->section->rules[i]);
	compare_methods(d);
}

static bool ops_in_force(const struct ops_struct *o, int kernel)
{
	for (int m = o->first_method; m < o->first_method + o->n_methods; m++)
		if (method__in_force(&methods[m], kernel))
			return true;
	return false;
}

static void compare_document(struct diff *d)
{
	for (int i = 0; i < d->doc->n_problems; i++) {
		printf("%s:%d:%d: %s\n", d->doc->path, d->doc->problems[i].line, d->doc->problems[i].column,
		       d->doc->problems[i].what);
		d->n++;
	}
	for (int i = 0; i < d->doc->n_sections; i++) {
		int ops = ops_struct__find(d->doc->sections[i].ops);

		d->section = &d->doc->sections[i];
		if (ops < 0) {
			differ(d, d->section->line, "the rules know no ops struct '%s'", d->section->ops);
			continue;
		}
		d->ops = &ops_structs[ops];
		compare_section(d);
	}
	for (int o = 0; o < n_ops_structs; o++)
		if (ops_in_force(&ops_structs[o], d->kernel) && !rst__section(d->doc, ops_structs[o].name))
			differ(d, 0, "%s: the rules have it, the document has not", ops_structs[o].name);
}

int spec__diff(int kernel, const char *path)
{
	struct rst_document doc;
	struct diff d = {.doc = &doc, .kernel = kernel};
	char version[8];
	int err = rst__parse_file(path, &doc);

	if (err) {
		fprintf(stderr, "vfslock spec diff: %s: %s\n", path, strerror(-err));
		return EXIT_CANNOT;
	}
	compare_document(&d);
	fprintf(stderr, "%s: %d cells compared with the rules for %s, %d differences\n", path, d.cells,
		version__text(kernel, version), d.n);
	rst__free(&doc);
	return d.n ? EXIT_BROKEN : EXIT_CLEAN;
}
