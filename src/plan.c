// SPDX-License-Identifier: GPL-2.0-only
#include "plan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "text.h"

/* Attaching to these can hang the machine or is refused by the kernel, whatever table they stand in. */
static const char *const never[] = {"_raw_spin_", "_raw_read_",     "_raw_write_",     "__rcu_read_",
				    "rcu_read_",  "migrate_enable", "migrate_disable", "preempt_"};

/* Memory that is never touched is never there: the most that a few dozen filesystems could have. */
#define MAX_FUNCTIONS 8192

const char *refusal__name(enum refusal why)
{
	static const char *const names[] = {
#define X(name) #name,
		REFUSALS(X)
#undef X
	};

	return why == REFUSAL_none ? "" : names[why];
}

void function__note(struct function *f, enum refusal why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->reason, sizeof(f->reason), fmt, ap);
	va_end(ap);
	f->refusal = why;
}

void function__refuse(struct function *f, enum refusal why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->reason, sizeof(f->reason), fmt, ap);
	va_end(ap);
	f->refusal = why;
	f->state = FUNCTION_REFUSED;
}

static int look_up_locks(struct plan *p, struct kbtf *kb, const struct ksyms *ks)
{
	int n = 0;

	p->missing_lock = calloc((size_t)n_lock_classes, 1);
	p->global_locks = calloc((size_t)n_lock_classes, sizeof(*p->global_locks));
	if (!p->missing_lock || !p->global_locks)
		return -ENOMEM;
	for (int l = 0; l < n_lock_classes; l++) {
		const struct lock_class *lc = &lock_classes[l];

		if (lc->global) {
			/* Two symbols of that name: none can be trusted. */
			if (ksyms__name_count(ks, lc->global, NULL) != 1 ||
			    ksyms__addr(ks, lc->global, NULL, &p->global_locks[n]))
				p->missing_lock[l] = 1;
			n++;
		} else if (lc->field_of && !kbtf__has_member(kb, lc->field_of, lc->field_name)) {
			p->missing_lock[l] = 1;
		}
	}
	return 0;
}

int plan__open(struct plan *p, struct kbtf *kb, const struct ksyms *ks, const char *latency)
{
	unsigned int major, minor;
	struct utsname u;

	*p = (struct plan){.latency = latency, .rules = rules};
	p->functions = calloc(MAX_FUNCTIONS, sizeof(*p->functions));
	if (!p->functions)
		return -ENOMEM;
	if (uname(&u) || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return -EINVAL;
	snprintf(p->release, sizeof(p->release), "%s", u.release);
	p->kernel = (int)(major << 8 | minor);
	p->context = kbtf__context_source(kb);
	p->sees_unlocks = kbtf__has_function(kb, "folio_unlock") || kbtf__has_function(kb, "unlock_page");
	return look_up_locks(p, kb, ks);
}

void plan__free(struct plan *p)
{
	free(p->functions);
	free(p->missing_lock);
	free(p->global_locks);
	free(p->roles);
	*p = (struct plan){0};
}

static bool has_constant(const struct plan *p, const char *name)
{
	for (int c = 0; c < MEASURED_KINDS; c++)
		if (p->measured[c].name && !strcmp(p->measured[c].name, name))
			return p->measured[c].value;
	return false;
}

bool plan__rule_active(const struct plan *p, const struct rule *r, const char **why)
{
	*why = NULL;
	if (!in_range(r->since, r->until, p->kernel))
		return false;
	if (!rule_promises(r) || (p->filter && !filter__wants_rule(p->filter, r)))
		return false;
	if (r->unverifiable) {
		*why = r->unverifiable;
		return false;
	}
	if (p->missing_lock[r->lock]) {
		*why = "this kernel has no such lock";
		return false;
	}
	if (r->phase == RULE_AT_after && !p->sees_unlocks) {
		*why = "this kernel has no function by which a folio is seen to be unlocked";
		return false;
	}
	if (r->mode == RULE_yes && p->context == VL_CONTEXT_UNKNOWN) {
		*why = "this kernel keeps no preempt_count that a program could read: whether the caller can sleep is "
		       "unknown";
		return false;
	}
	for (int i = 0; i < n_measured; i++)
		if ((r->measured >> i & 1) && !has_constant(p, measured_names[i])) {
			*why = "a kernel constant that its condition names could not be measured";
			return false;
		}
	return true;
}

static bool wants_latency(const struct plan *p, const struct method *m)
{
	if (!p->latency)
		return m->hot;
	if (!strcmp(p->latency, "none"))
		return false;
	return m->hot || !strcmp(p->latency, "all") || !strcmp(p->latency, m->name);
}

/* Measured only when a planned method needs it: it costs two programs and a quarter of a second. */
static void measure_if_needed(struct plan *p, struct kbtf *kb, const struct method *m)
{
	for (int r = 0; r < m->n_rules && !p->is_measured; r++)
		if (p->rules[m->first_rule + r].measured) {
			calibrate(kb, p->measured);
			p->is_measured = true;
		}
}

/* The number of a method whose folios are followed; -1: there are too many, which rules.c's tests rule out. */
static int follow_number(struct plan *p, int method)
{
	for (int i = 0; i < p->n_followed; i++)
		if (p->followed[i] == method)
			return i;
	if (p->n_followed == VL_FOLLOW_METHODS)
		return -1;
	p->followed[p->n_followed] = (short)method;
	return p->n_followed++;
}

/* Which programs and lock slots the rules in force need. */
static void plan_programs(struct plan *p, struct kbtf *kb, struct function *f)
{
	const struct method *m = &methods[f->method];

	measure_if_needed(p, kb, m);
	f->latency = wants_latency(p, m);
	f->pair = f->latency;
	f->only_follows = !f->latency;
	for (int i = 0; i < m->n_rules; i++) {
		const struct rule *r = &p->rules[m->first_rule + i];
		const char *why;

		if (!plan__rule_active(p, r, &why))
			continue;
		if (r->phase != RULE_AT_entry)
			f->pair = true;
		if (r->phase != RULE_AT_entry && !r->from_entry)
			f->only_follows = false;
		if (r->phase == RULE_AT_during)
			f->slept = true;
		if (r->slot >= 0)
			f->slots |= 1U << rule__word(r, m);
		if (r->phase == RULE_AT_after)
			f->follow = follow_number(p, f->method);
	}
	if (f->latency)
		f->histogram = p->n_histograms++;
}

static bool is_denied(const char *name)
{
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (!strncmp(name, never[i], strlen(never[i])))
			return true;
	return false;
}

/*
 * Where the function's BTF is. Without it, or where its name does not lead to it alone, a kprobe at its address does:
 * what stands in an ops table takes the arguments that the method has.
 */
static int find_function(struct kbtf *kb, const struct ksyms *ks, struct function *f)
{
	const char *module = f->module[0] ? f->module : NULL;
	int err;

	f->btf.args = f->where.args;
	if (ksyms__name_count(ks, f->name, module) > 1) {
		f->no_trampoline = true;
		function__note(f, REFUSAL_ambiguous_name,
			       "%zu functions of this name: a trampoline could be that of another one",
			       ksyms__name_count(ks, f->name, module));
		return 0;
	}
	err = kbtf__func(kb, f->name, module, &f->btf);
	if (!err && f->where.args != f->btf.args) {
		function__refuse(f, REFUSAL_arguments, "takes %d arguments where the method has %d", f->btf.args,
				 f->where.args);
		return -EINVAL;
	}
	if (!err)
		return 0;
	f->no_trampoline = true;
	f->btf.args = f->where.args;
	if (err == -ENODATA)
		function__note(f, REFUSAL_no_btf, "module %s has no BTF on this kernel", f->module);
	else if (err == -EPERM)
		function__note(f, REFUSAL_no_btf, "the BTF of module %s cannot be opened without CAP_SYS_ADMIN",
			       f->module);
	else
		function__note(f, REFUSAL_no_btf, "not in the BTF of %s", module ? module : "the kernel");
	return 0;
}

/* Everything that can be told without trying to attach. */
static void check_function(struct plan *p, struct kbtf *kb, const struct ksyms *ks, struct function *f)
{
	const struct method *m = f->method >= 0 ? &methods[f->method] : NULL;
	const char *type = f->ops_type ? f->ops_type : ops_structs[f->ops].name, *missing;
	int err;

	if (!m || !in_range(m->since, m->until, p->kernel)) {
		f->undocumented = true;
		function__refuse(f, REFUSAL_none, "undocumented: the document has no rule for this method");
		return;
	}
	if (p->filter && !filter__wants_method(p->filter, m, p->rules)) {
		f->unwanted = true;
		function__refuse(f, REFUSAL_none, "no rule that was asked for is about this method");
		return;
	}
	if (m->no_super_block) {
		function__refuse(f, REFUSAL_other, "its super_block cannot be told: %s", m->no_super_block);
		return;
	}
	if (is_denied(f->name)) {
		function__refuse(f, REFUSAL_not_traceable, "never attached to: it could hang the machine");
		return;
	}
	err = kbtf__method(kb, type, m, &f->where, &missing);
	if (err == -EINVAL)
		function__refuse(f, REFUSAL_arguments, "this kernel's %s has no argument like '%s'", f->method_name,
				 missing);
	else if (err)
		function__refuse(f, REFUSAL_other, "this kernel's struct %s has no method %s", type, f->method_name);
	else if (!find_function(kb, ks, f))
		plan_programs(p, kb, f);
}

static int add_role(struct plan *p, __u64 addr, int method)
{
	struct role *r = NULL;
	void *mem;
	int n = 0;

	for (int i = 0; i < p->n_roles && !r; i++)
		if (p->roles[i].addr == addr)
			r = &p->roles[i];
	if (!r) {
		mem = realloc(p->roles, (size_t)(p->n_roles + 1) * sizeof(*p->roles));
		if (!mem)
			return -ENOMEM;
		p->roles = mem;
		r = &p->roles[p->n_roles++];
		r->addr = addr;
		r->methods[0] = -1;
	}
	while (r->methods[n] >= 0)
		n++;
	if (n < MAX_ROLES) {
		r->methods[n] = (short)method;
		r->methods[n + 1] = -1;
	}
	return 0;
}

const short *plan__methods_at(const struct plan *p, __u64 addr)
{
	for (int i = 0; i < p->n_roles; i++)
		if (p->roles[i].addr == addr)
			return p->roles[i].methods;
	return NULL;
}

/*
 * One function in several roles (xfs_vn_unlink is unlink and rmdir): calls are told apart by the methods' `select`
 * conditions, and if there is one without, by nothing.
 */
static void tell_roles_apart(struct plan *p, struct function *f)
{
	struct function *others = p->functions;

	for (int i = 0; i < p->n_functions; i++) {
		struct function *o = &others[i];

		if (o == f || o->addr != f->addr || o->method < 0 || f->method < 0 || o->method == f->method)
			continue;
		if (methods[o->method].select >= 0 && methods[f->method].select >= 0) {
			o->select = 1ULL << (VL_SIG_CONDITION + methods[o->method].select);
			f->select = 1ULL << (VL_SIG_CONDITION + methods[f->method].select);
			continue;
		}
		if (f->state == FUNCTION_PLANNED)
			function__refuse(f, REFUSAL_other, "also serves %s.%s: whose call it is cannot be told",
					 ops_structs[o->ops].name, o->method_name);
	}
}

struct adding {
	struct plan *plan;
	struct kbtf *kb;
	struct kmem *km;
	const struct ksyms *ks;
	const struct ops_table *table;
	const char *fs_type;
	int type;
	int added;
};

/* The method of this name as described for this kernel, else as described for another one, or -1. */
static int find_method(int ops, const char *name, int kernel)
{
	const struct ops_struct *o = &ops_structs[ops];
	int other = -1;

	for (int m = o->first_method; m < o->first_method + o->n_methods; m++)
		if (!strcmp(methods[m].name, name)) {
			if (in_range(methods[m].since, methods[m].until, kernel))
				return m;
			other = m;
		}
	return other;
}

/* Adds @word to a list, if it is not there and there is room. */
static void note_word(char *list, size_t size, const char *word)
{
	size_t n = strlen(list);

	if (!text__lists(list, word) && n + strlen(word) + 3 < size)
		snprintf(list + n, size - n, "%s%s", n ? ", " : "", word);
}

static void note_where(struct function *f, const struct adding *a)
{
	note_word(f->found, sizeof(f->found), a->table->found);
	note_word(f->filesystems, sizeof(f->filesystems), a->fs_type);
}

static int add_function(struct adding *a, const char *method, __u64 addr)
{
	struct plan *p = a->plan;
	struct function *f;
	struct ksym sym;

	for (int i = 0; i < p->n_functions; i++) {
		f = &p->functions[i];
		if (f->addr == addr && f->ops == a->table->ops && !strcmp(f->method_name, method)) {
			note_where(f, a);
			return 0;
		}
	}
	if (p->n_functions == MAX_FUNCTIONS)
		return -E2BIG;
	f = &p->functions[p->n_functions];
	*f = (struct function){.ops = a->table->ops,
			       .addr = addr,
			       .method = find_method(a->table->ops, method, p->kernel),
			       .histogram = -1,
			       .type = a->type,
			       .follow = -1,
			       .links = {-1, -1},
			       .programs = {-1, -1}};
	snprintf(f->method_name, sizeof(f->method_name), "%s", method);
	note_where(f, a);
	if (a->table->kind == TABLE_ALSO)
		f->ops_type = ops_structs[f->ops].also;
	if (ksyms__lookup(a->ks, addr, &sym) || sym.offset) {
		snprintf(f->name, sizeof(f->name), "0x%llx", addr);
		function__refuse(f, REFUSAL_other, "the pointer is no function's start");
	} else {
		snprintf(f->name, sizeof(f->name), "%s", sym.name);
		snprintf(f->module, sizeof(f->module), "%s", sym.module ? sym.module : "");
		check_function(p, a->kb, a->ks, f);
	}
	p->n_functions++;
	if (f->state == FUNCTION_PLANNED)
		tell_roles_apart(p, f);
	a->added++;
	return f->method >= 0 ? add_role(p, addr, f->method) : 0;
}

static int visit_method(void *arg, const char *method, int offset)
{
	struct adding *a = arg;
	__u64 addr = kmem__pointer(a->km, a->table->addr, offset);

	return addr ? add_function(a, method, addr) : 0;
}

/* An ops struct whose one method is a member of every object. */
static int add_lone_function(struct adding *a)
{
	const struct ops_struct *o = &ops_structs[a->table->ops];
	struct ksym sym;

	if (ksyms__lookup(a->ks, a->table->addr, &sym)) {
		a->plan->unknown_tables++;
		return 0;
	}
	return add_function(a, methods[o->first_method].name, a->table->addr);
}

/*
 * A table met in the unlocked walk over mappings can be a stale pointer. Tables are static data of the kernel or a
 * module; what has no symbol is not one, or lies in a module that was loaded since the symbols were read.
 */
static int add_table(struct adding *a)
{
	const struct ops_struct *o = &ops_structs[a->table->ops];
	struct ksym sym;

	if (ksyms__lookup(a->ks, a->table->addr, &sym)) {
		a->plan->unknown_tables++;
		return 0;
	}
	return kbtf__each_method(a->kb, a->table->kind == TABLE_ALSO ? o->also : o->name, visit_method, a);
}

int plan__add_tables(struct plan *p, struct kbtf *kb, struct kmem *km, const struct ksyms *ks, const struct target *t,
		     int first_table)
{
	struct adding a = {.plan = p, .kb = kb, .km = km, .ks = ks, .fs_type = t->fs_type, .type = t->type_number};

	for (int i = first_table; i < t->n_tables; i++) {
		int err;

		a.table = &t->tables[i];
		err = a.table->kind == TABLE_FUNCTION ? add_lone_function(&a) : add_table(&a);
		if (err)
			return err;
	}
	return a.added;
}
