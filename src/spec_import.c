// SPDX-License-Identifier: GPL-2.0-only
#include "spec_import.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "discover.h"
#include "rst.h"
#include "spec_view.h"

/* No document says so; it marks rules that this one does not have. */
#define NEVER (99 << 8)

struct importer {
	struct imported *im;
	const struct rst_document *doc;
	int kernel, err;
};

/* Keeps @text, which may be NULL for want of memory, in a list that goes with the rules. */
static void keep(struct importer *i, char ***list, int *n, char *text)
{
	void *p = realloc(*list, (size_t)(*n + 1) * sizeof(**list));

	if (p)
		*list = p;
	if (!p || !text) {
		free(text);
		i->err = -ENOMEM;
		return;
	}
	(*list)[(*n)++] = text;
}

static void __attribute__((format(printf, 2, 3))) no_probe(struct importer *i, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	keep(i, &i->im->unprobed, &i->im->n_unprobed, text);
}

static bool promises(const struct rst_meaning *m)
{
	return (m->entry && !(m->entry & RST_NO)) || m->entry_if || m->exit;
}

/* The mode that a cell's words give a rule about a lock at entry; RULE_any if they promise what no mode expresses. */
static enum rule_mode mode_of(const struct rst_meaning *m, enum lock_kind kind)
{
	if (m->entry_if || m->exit || m->condition.text || !m->entry)
		return RULE_any;
	if (m->entry & RST_NO)
		return m->entry == RST_NO ? RULE_none : RULE_maybe;
	switch (kind) {
	case LOCK_KIND_rwsem:
		return m->entry == RST_EXCLUSIVE ? RULE_exclusive : RULE_shared;
	case LOCK_KIND_mutex:
		return RULE_exclusive;
	case LOCK_KIND_spin:
	case LOCK_KIND_seqlock:
	case LOCK_KIND_bit:
		return RULE_held;
	case LOCK_KIND_words:
		return RULE_any;
	case LOCK_KIND_context:
		return m->entry == RST_YES ? RULE_yes : RULE_any;
	}
	return RULE_any;
}

static bool is_from_cell(const struct importer *i, const struct rule *r, int lock)
{
	return r->in_table && r->lock == lock && rule__in_force(r, i->kernel);
}

/* One cell: all rules that come from it get its mode, if there is a probe for that. */
static void import_cell(struct importer *i, const struct method *m, int lock, const struct rst_cell *header,
			const struct rst_cell *cell)
{
	const char *compiled = method__cell(m, lock, i->kernel);
	struct rst_meaning meaning;
	enum rule_mode mode;
	bool probed = false;

	if (compiled && !strcmp(compiled, cell->text))
		return;
	if (rst_cell__meaning(header->text, cell->text, &meaning)) {
		fprintf(stderr, "vfslock: %s:%d:%d: '%.*s' is not understood: reword the cell like the others\n",
			i->doc->path, cell->line, cell->column, meaning.unknown.len, meaning.unknown.text);
		i->err = -EINVAL;
		return;
	}
	mode = mode_of(&meaning, lock_classes[lock].kind);
	keep(i, &i->im->words, &i->im->n_words, strdup(cell->text));
	if (i->err)
		return;
	for (int n = 0; n < m->n_rules; n++) {
		struct rule *r = &i->im->rules[m->first_rule + n];

		if (!is_from_cell(i, &rules[m->first_rule + n], lock))
			continue;
		i->im->changed++;
		r->says = i->im->words[i->im->n_words - 1];
		r->mode = mode;
		/* Only a rule that reads its lock at entry can be given another mode. */
		probed = probed || (r->slot >= 0 && r->phase == RULE_AT_entry && mode != RULE_any);
		if (r->slot < 0 || r->phase != RULE_AT_entry)
			r->mode = RULE_any;
	}
	if (promises(&meaning) && !probed)
		no_probe(i, "%s:%d: %s.%s, column '%s': '%s': no probe reads that", i->doc->path, cell->line,
			 ops_structs[m->ops].name, m->name, header->text, cell->text);
}

static void import_row(struct importer *i, const struct ops_struct *o, const struct rst_table *t,
		       const struct rst_row *row)
{
	const struct method *m = NULL;

	for (int n = o->first_method; n < o->first_method + o->n_methods && !m; n++)
		if (!strcmp(methods[n].name, row->method) && method__in_force(&methods[n], i->kernel))
			m = &methods[n];
	if (!m) {
		no_probe(i, "%s:%d: %s.%s: a method that vfslock does not know", i->doc->path, row->line, o->name,
			 row->method);
		return;
	}
	for (int c = 0; c < t->n_columns && !i->err; c++) {
		int lock = ops__column(o, m, t->headers[c].text, i->kernel);

		if (lock < 0) {
			if (row->cells[c].text[0])
				no_probe(i, "%s:%d: %s.%s, column '%s': '%s': a lock that vfslock does not know",
					 i->doc->path, row->line, o->name, m->name, t->headers[c].text,
					 row->cells[c].text);
			continue;
		}
		import_cell(i, m, lock, &t->headers[c], &row->cells[c]);
	}
}

/* Rules of cells that the document no longer has are no rules. */
static void drop_missing(struct importer *i, const struct rst_section *s, const struct ops_struct *o)
{
	for (int m = o->first_method; m < o->first_method + o->n_methods; m++) {
		if (s && rst_section__row(s, methods[m].name, NULL))
			continue;
		for (int n = 0; n < methods[m].n_rules; n++) {
			struct rule *r = &i->im->rules[methods[m].first_rule + n];

			if (!r->in_table || !rule__in_force(r, i->kernel))
				continue;
			r->since = NEVER;
			i->im->changed++;
		}
	}
}

static void import_document(struct importer *i)
{
	for (int o = 0; o < n_ops_structs && !i->err; o++) {
		const struct rst_section *s = rst__section(i->doc, ops_structs[o].name);

		drop_missing(i, s, &ops_structs[o]);
		for (int t = 0; s && t < s->n_tables; t++)
			for (int r = 0; r < s->tables[t].n_rows && !i->err; r++)
				import_row(i, &ops_structs[o], &s->tables[t], &s->tables[t].rows[r]);
	}
	for (int s = 0; s < i->doc->n_sections; s++)
		if (ops_struct__find(i->doc->sections[s].ops) < 0)
			no_probe(i, "%s:%d: %s: an ops struct that vfslock does not know", i->doc->path,
				 i->doc->sections[s].line, i->doc->sections[s].ops);
}

int spec__import(const char *path, int kernel, struct imported *out)
{
	struct rst_document doc;
	struct importer i = {.im = out, .doc = &doc, .kernel = kernel};
	int err = rst__parse_file(path, &doc);

	*out = (struct imported){.path = path};
	if (err) {
		fprintf(stderr, "vfslock: %s: %s\n", path, strerror(-err));
		return err;
	}
	for (int p = 0; p < doc.n_problems; p++)
		fprintf(stderr, "vfslock: %s:%d:%d: %s\n", path, doc.problems[p].line, doc.problems[p].column,
			doc.problems[p].what);
	if (doc.n_problems || !doc.n_sections) {
		fprintf(stderr,
			"vfslock: %s: not read as a document on VFS locking: nothing is audited by half of it\n", path);
		rst__free(&doc);
		return -EINVAL;
	}
	out->rules = malloc((size_t)n_rules * sizeof(*out->rules));
	if (out->rules) {
		memcpy(out->rules, rules, (size_t)n_rules * sizeof(*out->rules));
		import_document(&i);
	} else {
		i.err = -ENOMEM;
	}
	rst__free(&doc);
	if (i.err)
		imported__free(out);
	return i.err;
}

void imported__free(struct imported *im)
{
	for (int i = 0; i < im->n_unprobed; i++)
		free(im->unprobed[i]);
	free(im->unprobed);
	for (int i = 0; i < im->n_words; i++)
		free(im->words[i]);
	free(im->words);
	free(im->rules);
	*im = (struct imported){0};
}
