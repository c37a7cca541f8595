// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes build/gen/probes.h: for every method the typed code that reads its locks and conditions, as functions that the
 * program templates of bpf/programs.h call. Nothing here knows a rule: a probe turns a call into a signature.
 */
#include <string.h>

#include "specc.h"

static bool used(const struct method *m, const char *name, bool at_exit)
{
	const struct slot *slots = at_exit ? m->exit : m->entry;
	int n = at_exit ? m->n_exit : m->n_entry;

	if (!at_exit && m->super_block && mentions(m->super_block, name))
		return true;
	if (at_exit && m->learn && mentions(m->learn, name))
		return true;
	for (int i = 0; i < n; i++)
		if (mentions(slots[i].expr, name))
			return true;
	for (int i = 0; i < m->n_conditions; i++)
		if (m->conditions[i].at_exit == at_exit && mentions(m->conditions[i].text, name))
			return true;
	return false;
}

static void emit_args(const struct method *m, bool at_exit, FILE *out)
{
	for (int p = 0; p < m->n_params; p++) {
		const struct param *pm = &m->params[p];

		if (used(m, pm->name, at_exit))
			fprintf(out, "\t%s%s%s = (%s)%s(ctx, %d);\n", pm->type, pm->pointers ? "" : " ", pm->name,
				pm->type, pm->pointers > 1 ? "vl_arg_copy" : "vl_arg", p);
	}
	if (at_exit && used(m, "ret", true))
		fputs("\tlong ret = (long)vl_ret(ctx);\n", out);
}

/* Locks known by their symbol are numbered in the order of their declaration; src/plan.c looks their addresses up. */
static int global_index(const struct spec *spec, int lock)
{
	int n = 0;

	for (int l = 0; l < lock; l++)
		n += spec->locks[l].global != NULL;
	return n;
}

/* words[] of an object that is not there get a zero that the verifier does not know: it would tell the two cases apart.
 */
static void emit_slot(const struct spec *spec, const struct slot *s, int slot, int bit, FILE *out)
{
	const struct lock *l = &spec->locks[s->lock];
	const char *kind = lock_kind_names[l->kind];

	fprintf(out, "\tif (vl_slot_wanted(%d)) {\n", slot);
	if (l->global) {
		fprintf(out,
			"\t\tsig |= vl_read_global_%s((void *)vl_plan(VL_PLAN_GLOBAL + %d), me, &words[%d]) << %d;\n",
			kind, global_index(spec, s->lock), 2 * slot, bit);
	} else {
		fprintf(out, "\t\t__auto_type it = %s;\n\n\t\tif (it)\n", s->expr);
		fprintf(out, "\t\t\tsig |= vl_read_%s(%s, me, &words[%d]) << %d;\n", kind, l->word, 2 * slot, bit);
		fprintf(out, "\t\telse\n\t\t\twords[%d] = words[%d] = vl_opaque(0);\n", 2 * slot, 2 * slot + 1);
	}
	fprintf(out, "\t} else {\n\t\twords[%d] = words[%d] = 0;\n\t}\n", 2 * slot, 2 * slot + 1);
}

static void emit_conditions(const struct method *m, bool at_exit, FILE *out)
{
	for (int i = 0; i < m->n_conditions; i++)
		if (m->conditions[i].at_exit == at_exit)
			fprintf(out, "\tif (%s)\n\t\tsig |= 1ULL << (VL_SIG_CONDITION + %d);\n", m->conditions[i].text,
				i);
}

/* Only locks with an owner are compared with the current task. */
static const char *current_task(const struct spec *spec, const struct slot *slots, int n)
{
	for (int i = 0; i < n; i++) {
		enum lock_kind kind = spec->locks[slots[i].lock].kind;

		if (kind == LOCK_RWSEM || kind == LOCK_MUTEX)
			return "bpf_get_current_task()";
	}
	return "0";
}

/* A signature that depends on nothing but the context needs no hiding from the verifier. */
static const char *hidden(int n_slots)
{
	return n_slots ? "vl_opaque(sig)" : "sig";
}

/* False: a call on another super_block. */
static void emit_entry(const struct spec *spec, const struct method *m, int id, FILE *out)
{
	fprintf(out, "static __always_inline bool vl_entry_%d(__u64 *ctx, __u64 *words, __u64 *out)\n{\n", id);
	emit_args(m, false, out);
	fprintf(out, "\t__u64 me, sig;\n\n\tif (!vl_audited(%s))\n\t\treturn false;\n", m->super_block);
	fprintf(out, "\tme = %s;\n\tsig = VL_SIG_VALID | vl_context();\n", current_task(spec, m->entry, m->n_entry));
	for (int i = 0; i < m->n_entry; i++)
		emit_slot(spec, &m->entry[i], i, 4 * i, out);
	emit_conditions(m, false, out);
	fprintf(out, "\t(void)me;\n\t*out = %s;\n\treturn true;\n}\n\n", hidden(m->n_entry));
}

static void emit_exit(const struct spec *spec, const struct method *m, int id, FILE *out)
{
	fprintf(out, "static __always_inline __u64 vl_exit_%d(__u64 *ctx, __u64 *words)\n{\n", id);
	emit_args(m, true, out);
	fprintf(out, "\t__u64 me = %s, sig = 0;\n\n", current_task(spec, m->exit, m->n_exit));
	for (int i = 0; i < m->n_exit; i++)
		emit_slot(spec, &m->exit[i], m->n_entry + i, 32 + 4 * i, out);
	emit_conditions(m, true, out);
	if (m->learn)
		fprintf(out, "\tvl_learn(VL_OPS_%s, (__u64)(%s));\n", m->learn_ops.text, m->learn);
	fprintf(out, "\t(void)me;\n\treturn %s;\n}\n\n", hidden(m->n_exit));
}

void emit_probes(const struct spec *spec, FILE *out)
{
	int id = 0;

	fputs("/* Made by specc from the files of spec/. */\n", out);
	for (int o = 0; o < spec->n_ops; o++)
		for (int i = 0; i < spec->ops[o].n_methods; i++, id++) {
			const struct method *m = &spec->ops[o].methods[i];

			if (m->no_super_block)
				continue;
			fprintf(out, "\n/* %s.%s, %s:%d */\n", spec->ops[o].name, m->name, m->where.path,
				m->where.line);
			emit_entry(spec, m, id, out);
			emit_exit(spec, m, id, out);
			fprintf(out, "#define vl_entry_slots_%d %d\nVL_PROGRAMS(%d, %d)\n", id, m->n_entry, id,
				m->n_entry + m->n_exit);
		}
}
