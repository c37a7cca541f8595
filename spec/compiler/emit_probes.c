// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes build/gen/probes.h: for every method the typed code that reads its locks and conditions, as functions that the
 * program templates of bpf/programs.h call. Nothing here knows a rule: a probe turns a call into a signature.
 */
#include "specc.h"

static const char *reader(const struct param *pm)
{
	return pm->pointers > 1 ? "vl_arg_copy" : "vl_arg";
}

static void emit_arg(const struct param *pm, int number, FILE *out)
{
	fprintf(out, "\t%s%s%s = (%s)%s(ctx, %d);\n", pm->type, pm->pointers ? "" : " ", pm->name, pm->type, reader(pm),
		number);
}

static void emit_args(const struct method *m, bool at_exit, FILE *out)
{
	for (int p = 0; p < m->n_params; p++) {
		const struct param *pm = &m->params[p];

		if (!method__uses_param(m, pm->name, at_exit))
			continue;
		if (at_exit)
			fprintf(out, "\t%s%s%s = (%s)VL_ARG_AT_EXIT(%s, ctx, frame, %d, %d);\n", pm->type,
				pm->pointers ? "" : " ", pm->name, pm->type, reader(pm), p, pm->kept);
		else
			emit_arg(pm, p, out);
	}
	for (int k = 0; k < m->n_keeps && at_exit; k++)
		fprintf(out, "\t__u64 %s = frame->args[%d];\n", m->keeps[k].name, m->keeps[k].kept);
	if (at_exit && method__uses_param(m, "ret", true))
		fputs("\tlong ret = (long)vl_ret(ctx);\n", out);
}

/* Where a return shows no arguments, those that it needs are kept at the entry. */
static void emit_keep(const struct method *m, int id, FILE *out)
{
	fprintf(out, "static __always_inline void vl_keep_%d(__u64 *ctx, struct vl_frame *frame)\n{\n", id);
	for (int p = 0; p < m->n_params; p++)
		if (m->params[p].kept >= 0)
			fprintf(out, "\tframe->args[%d] = %s(ctx, %d);\n", m->params[p].kept, reader(&m->params[p]), p);
	fputs("}\n\n", out);
}

/* The numbers that the return needs, as they are at the entry. */
static void emit_note(const struct method *m, int id, FILE *out)
{
	fprintf(out, "static __always_inline void vl_note_%d(__u64 *ctx, struct vl_frame *frame)\n{\n", id);
	for (int p = 0; p < m->n_params && m->n_keeps; p++) {
		const struct param *pm = &m->params[p];
		bool used = false;

		for (int k = 0; k < m->n_keeps; k++)
			used = used || mentions(m->keeps[k].expr, pm->name);
		if (used)
			emit_arg(pm, p, out);
	}
	for (int k = 0; k < m->n_keeps; k++)
		fprintf(out, "\tframe->args[%d] = (__u64)(%s);\n", m->keeps[k].kept, mark_reads(m->keeps[k].expr));
	fputs("}\n\n", out);
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
			"\t\tsig |= vl_read_global_%s((void *)vl_plan(VL_PLAN_GLOBAL + %d), me, &words[%d], "
			"vl_track_wanted(%d)) << %d;\n",
			kind, global_index(spec, s->lock), 2 * slot, slot, bit);
	} else {
		fprintf(out, "\t\t__auto_type it = %s;\n\n\t\tif (it)\n", mark_reads(s->expr));
		fprintf(out, "\t\t\tsig |= vl_read_%s(%s, me, &words[%d], vl_track_wanted(%d)) << %d;\n", kind,
			mark_reads(l->word), 2 * slot, slot, bit);
		fprintf(out, "\t\telse\n\t\t\twords[%d] = words[%d] = vl_opaque(0);\n", 2 * slot, 2 * slot + 1);
	}
	fprintf(out, "\t} else {\n\t\twords[%d] = words[%d] = 0;\n\t}\n", 2 * slot, 2 * slot + 1);
}

/* A lock that is followed from the return on, if it is still held then: bpf/follow.h. */
static void emit_followed(const struct spec *spec, const struct slot *s, int slot, int n_slots, int bit, FILE *out)
{
	fprintf(out, "\tif (vl_slot_wanted(%d)%s%s%s)\n", slot, s->followed_when ? " && (" : "",
		s->followed_when ? mark_reads(s->followed_when) : "", s->followed_when ? ")" : "");
	fprintf(out, "\t\tsig |= vl_follow_%s(%s, ctx, frame, VL_ROOM(%d), &words[%d]) << %d;\n",
		spec->locks[s->lock].name, mark_reads(s->expr), n_slots, 2 * slot, bit);
	fprintf(out, "\telse\n\t\twords[%d] = words[%d] = 0;\n", 2 * slot, 2 * slot + 1);
}

static void emit_conditions(const struct method *m, bool at_exit, FILE *out)
{
	for (int i = 0; i < m->n_conditions; i++)
		if (m->conditions[i].at_exit == at_exit)
			fprintf(out, "\tif (%s)\n\t\tsig |= 1ULL << (VL_SIG_CONDITION + %d);\n",
				mark_reads(m->conditions[i].text), i);
}

/* Only locks that have an owner, or whose holders may be known, are compared with the current task. */
static const char *current_task(const struct spec *spec, const struct slot *slots, int n)
{
	for (int i = 0; i < n; i++) {
		enum lock_kind kind = spec->locks[slots[i].lock].kind;

		if (kind == LOCK_RWSEM || kind == LOCK_MUTEX || kind == LOCK_SPIN || kind == LOCK_SEQLOCK)
			return "bpf_get_current_task()";
	}
	return "0";
}

/* A signature that depends on nothing but the context needs no hiding from the verifier. */
static const char *hidden(int n_slots)
{
	return n_slots ? "vl_opaque(sig)" : "sig";
}

/* False: a call on another super_block, or of a task that is not wanted. Else *owner is the index of the audited one.
 */
static void emit_entry(const struct spec *spec, const struct method *m, int id, FILE *out)
{
	fprintf(out, "static __always_inline bool vl_entry_%d(__u64 *ctx, __u64 *words, __u64 *out, __u32 *owner)\n{\n",
		id);
	emit_args(m, false, out);
	fprintf(out, "\t__u64 me, sig;\n\n\tif (!vl_audited(%s, owner))\n\t\treturn false;\n",
		mark_reads(m->super_block));
	fputs("\tif (vl_plan(VL_PLAN_FILTER) && !vl_task_wanted(words))\n\t\treturn false;\n", out);
	fprintf(out, "\tme = %s;\n\tsig = VL_SIG_VALID | vl_context();\n", current_task(spec, m->entry, m->n_entry));
	fputs("\tif (vl_plan(VL_PLAN_TYPES))\n\t\tsig |= vl_type_of(*owner);\n", out);
	for (int i = 0; i < m->n_entry; i++)
		emit_slot(spec, &m->entry[i], i, 4 * i, out);
	emit_conditions(m, false, out);
	fprintf(out, "\t(void)me;\n\t*out = %s;\n\treturn true;\n}\n\n", hidden(m->n_entry));
}

/*
 * Where watching the return would cost more than all else, what is followed is followed from the entry on, in as many
 * calls as a stack may be taken of: such a call then counts as one that has returned with it still held.
 */
static void emit_begin(const struct spec *spec, const struct method *m, int id, FILE *out)
{
	fprintf(out, "static __always_inline __u64 vl_begin_%d(__u64 *ctx, __u64 sig, __u32 owner)\n{\n", id);
	for (int i = 0; i < m->n_exit; i++) {
		const struct slot *s = &m->exit[i];

		if (!s->followed || s->followed_when || !method__known_at_entry(m, s->expr))
			continue;
		for (int p = 0; p < m->n_params; p++)
			if (mentions(s->expr, m->params[p].name))
				emit_arg(&m->params[p], p, out);
		fputs("\tstruct vl_room room = {.followed.sig = sig, .followed.target = vl_target_of(owner)};\n\n",
		      out);
		fputs("\tif (!vl_stack_allowed(bpf_ktime_get_ns()))\n\t\treturn 0;\n", out);
		fprintf(out,
			"\treturn VL_SIG_EXITED | vl_follow_%s(%s, ctx, (struct vl_frame *)0, &room, room.word) << "
			"%d;\n}\n\n",
			spec->locks[s->lock].name, mark_reads(s->expr), 32 + 4 * i);
		return;
	}
	fputs("\treturn 0;\n}\n\n", out);
}

static void emit_exit(const struct spec *spec, const struct method *m, int id, FILE *out)
{
	fprintf(out, "static __always_inline __u64 vl_exit_%d(__u64 *ctx, struct vl_frame *frame)\n{\n", id);
	emit_args(m, true, out);
	fprintf(out, "\t__u64 me = %s, sig = 0, *words = frame->words;\n\n", current_task(spec, m->exit, m->n_exit));
	for (int i = 0; i < m->n_exit; i++)
		if (m->exit[i].followed)
			emit_followed(spec, &m->exit[i], m->n_entry + i, m->n_entry + m->n_exit, 32 + 4 * i, out);
		else
			emit_slot(spec, &m->exit[i], m->n_entry + i, 32 + 4 * i, out);
	emit_conditions(m, true, out);
	fprintf(out, "\t(void)me;\n\t(void)words;\n\treturn %s;\n}\n\n", hidden(m->n_exit));
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
			emit_keep(m, id, out);
			emit_note(m, id, out);
			emit_begin(spec, m, id, out);
			fprintf(out, "#define vl_entry_slots_%d %d\nVL_PROGRAMS(%d, %d)\n", id, m->n_entry, id,
				m->n_entry + m->n_exit);
		}
}
