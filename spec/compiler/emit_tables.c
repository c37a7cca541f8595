// SPDX-License-Identifier: GPL-2.0-only
/* Writes build/gen/rules.c (what src/rules.h declares) and build/gen/ids.h (shared by BPF and C). */
#include <string.h>

#include "specc.h"

static void put_string(FILE *out, const char *text)
{
	if (!text) {
		fputs("NULL", out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void put_field(FILE *out, const char *name, const char *text)
{
	if (!text)
		return;
	fprintf(out, " .%s = ", name);
	put_string(out, text);
	fputc(',', out);
}

static void emit_inside(const struct spec *spec, const struct rule *r, FILE *out)
{
	int id;

	if (!r->n_inside)
		return;
	fputs(" .inside = (const short[]){ ", out);
	for (int i = 0; i < r->n_inside; i++) {
		id = 0;
		for (int o = 0; o < spec->n_ops; o++)
			for (int m = 0; m < spec->ops[o].n_methods; m++, id++)
				if (!strcmp(spec->ops[o].methods[m].name, r->inside[i]))
					fprintf(out, "%d, ", id);
	}
	fputs("-1 },", out);
}

static void emit_drifts(const struct rule *r, FILE *out)
{
	if (!r->n_drifts)
		return;
	fputs("\n\t  .drifts = (const struct drift[]){", out);
	for (int i = 0; i < r->n_drifts; i++) {
		const struct drift *d = &r->drifts[i];

		fprintf(out, " { .condition = %d,", d->condition);
		put_field(out, "condition_text", d->condition_text);
		put_field(out, "via", d->via);
		put_field(out, "because", d->because);
		fputs(" },", out);
	}
	fprintf(out, " }, .n_drifts = %d,", r->n_drifts);
}

static void emit_rule(const struct spec *spec, const struct method *m, int method_id, const struct rule *r, FILE *out)
{
	fprintf(out, "\t{ .method = %d, .lock = %d, .mode = RULE_%s, .phase = RULE_AT_%s, .slot = %d, .condition = %d,",
		method_id, r->lock, mode_names[r->mode], phase_names[r->phase], r->slot, r->condition);
	fprintf(out, " .since = %d, .until = %d, .measured = %u,\n\t ", r->since, r->until, r->measured);
	put_field(out, "id", r->id);
	put_field(out, "subject", r->subject);
	put_field(out, "expr", r->expr);
	put_field(out, "says", r->says);
	put_field(out, "place", r->place);
	put_field(out, "condition_text", r->condition_text);
	put_field(out, "unverifiable", r->unverifiable);
	if (!r->in_prose && !r->every)
		fputs(" .in_table = true,", out);
	if (r->every)
		fputs(" .every = true,", out);
	if (r->phase == PHASE_AFTER && r->expr && !r->condition_text && method__known_at_entry(m, r->expr))
		fputs(" .from_entry = true,", out);
	emit_inside(spec, r, out);
	emit_drifts(r, out);
	fputs(" },\n", out);
}

static void emit_params(const struct method *m, FILE *out)
{
	fputs("\n\t  .params = (const struct method_param[]){", out);
	for (int p = 0; p < m->n_params; p++) {
		const struct param *pm = &m->params[p];

		fprintf(out, " { .name = \"%s\", .type = \"%s\", .pointers = %d, .tags = {", pm->name, pm->type,
			pm->pointers);
		for (int t = 0; t < pm->n_tags; t++)
			fprintf(out, " \"%s\",", pm->tags[t]);
		fputs(" } },", out);
	}
	fprintf(out, " { .name = NULL } }, .n_params = %d,", m->n_params);
}

static void emit_method(const struct method *m, int ops_id, int first_rule, FILE *out)
{
	unsigned int at_exit = 0;
	bool pair = false;

	for (int r = 0; r < m->n_rules; r++)
		pair = pair || (rule__judged(&m->rules[r]) && m->rules[r].phase != PHASE_ENTRY);
	fprintf(out, "\t{ .ops = %d, .name = \"%s\", .since = %d, .until = %d, .hot = %d, .needs_exit = %d,", ops_id,
		m->name, m->since, m->until, m->hot, pair);
	fprintf(out, " .first_rule = %d, .n_rules = %d, .n_entry = %d, .n_exit = %d, .select = %d,", first_rule,
		m->n_rules, m->n_entry, m->n_exit, m->select_condition);
	for (int i = 0; i < m->n_conditions; i++)
		at_exit |= (unsigned int)m->conditions[i].at_exit << i;
	fprintf(out, " .exit_conditions = %u,", at_exit);
	put_field(out, "no_super_block", m->no_super_block);
	put_field(out, "super_block", m->super_block);
	put_field(out, "formerly", m->formerly);
	put_field(out, "gone", m->gone);
	emit_params(m, out);
	fputs(" },\n", out);
}

static void emit_ops(const struct ops *ops, int first_method, FILE *out)
{
	fprintf(out, "\t{ .name = \"%s\", .first_method = %d, .n_methods = %d, .n_columns = %d,\n", ops->name,
		first_method, ops->n_methods, ops->n_columns);
	if (ops->also)
		fprintf(out, "\t  .also = \"%s\",\n", ops->also);
	fputs("\t  .columns = (const struct table_column[]){", out);
	for (int c = 0; c < ops->n_columns; c++) {
		const struct column *col = &ops->columns[c];

		fprintf(out, " { .lock = %d, .since = %d, .until = %d,", col->lock, col->since, col->until);
		put_field(out, "header", col->header);
		fputs(" },", out);
	}
	fputs(" { .lock = -1 } } },\n", out);
}

void emit_tables(const struct spec *spec, FILE *out)
{
	int id = 0, rule = 0;

	fputs("/* Made by specc from the files of spec/. */\n#include \"rules.h\"\n\nconst struct lock_class "
	      "lock_classes[] = {\n",
	      out);
	for (int l = 0; l < spec->n_locks; l++) {
		const struct lock *lk = &spec->locks[l];

		fprintf(out, "\t{ .name = \"%s\", .kind = LOCK_KIND_%s,", lk->name, lock_kind_names[lk->kind]);
		put_field(out, "global", lk->global);
		put_field(out, "field_of", lk->field_of);
		put_field(out, "field_name", lk->field_name);
		fputs(" },\n", out);
	}
	fprintf(out, "};\nconst int n_lock_classes = %d;\n\nconst struct rule rules[] = {\n", spec->n_locks);
	for (int o = 0; o < spec->n_ops; o++)
		for (int m = 0; m < spec->ops[o].n_methods; m++, id++)
			for (int r = 0; r < spec->ops[o].methods[m].n_rules; r++, rule++)
				emit_rule(spec, &spec->ops[o].methods[m], id, &spec->ops[o].methods[m].rules[r], out);
	fprintf(out, "};\nconst int n_rules = %d;\n\nconst struct method methods[] = {\n", rule);
	rule = 0;
	for (int o = 0; o < spec->n_ops; o++)
		for (int m = 0; m < spec->ops[o].n_methods; m++) {
			emit_method(&spec->ops[o].methods[m], o, rule, out);
			rule += spec->ops[o].methods[m].n_rules;
		}
	fprintf(out, "};\nconst int n_methods = %d;\n\nconst struct ops_struct ops_structs[] = {\n", id);
	id = 0;
	for (int o = 0; o < spec->n_ops; o++) {
		emit_ops(&spec->ops[o], id, out);
		id += spec->ops[o].n_methods;
	}
	fprintf(out, "};\nconst int n_ops_structs = %d;\n\nconst char *const measured_names[] = { ", spec->n_ops);
	for (int i = 0; i < spec->n_measured; i++)
		fprintf(out, "\"%s\", ", spec->measured[i]);
	fprintf(out, "NULL };\nconst int n_measured = %d;\n", spec->n_measured);
}

void emit_ids(const struct spec *spec, FILE *out)
{
	fputs("/* Made by specc from the files of spec/. */\n#ifndef VFSLOCK_IDS_H\n#define VFSLOCK_IDS_H\n\nenum "
	      "vl_ops_id {\n",
	      out);
	for (int o = 0; o < spec->n_ops; o++)
		fprintf(out, "\tVL_OPS_%s = %d,\n", spec->ops[o].name, o);
	fputs("};\n\nenum vl_measured_id {\n", out);
	for (int i = 0; i < spec->n_measured; i++)
		fprintf(out, "\tVL_MEASURED_%s = %d,\n", spec->measured[i], i);
	fprintf(out, "\tVL_N_MEASURED = %d,\n};\n\n#endif\n", spec->n_measured);
}
