// SPDX-License-Identifier: GPL-2.0-only
#include "attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kprobe.h"

/* The kernel's own "not supported" (include/linux/errno.h), which has no name in user space. */
#define KERNEL_ENOTSUPP 524
/* Up to this many arguments every kernel's trampoline takes (arch/x86/net/bpf_jit_comp.c,
 * arch_prepare_bpf_trampoline()). */
#define ALWAYS_FITTING_ARGS 6

/* Is there something about this rule that its lock word leaves open, and the table of held locks may know? */
static bool asks_table(const struct rule *r, enum vl_tracking tracking)
{
	enum lock_kind kind = lock_classes[r->lock].kind;

	if (tracking == VL_TRACK_NOTHING)
		return false;
	if (r->mode == RULE_shared)
		return kind == LOCK_KIND_rwsem;
	return r->mode == RULE_held && tracking == VL_TRACK_TRACEPOINTS &&
	       (kind == LOCK_KIND_spin || kind == LOCK_KIND_seqlock);
}

/* Which slots' rules do. */
static __u64 tracked_slots(const struct plan *p, const struct function *f)
{
	const struct method *m = &methods[f->method];
	__u64 mask = 0;

	for (int i = 0; i < m->n_rules; i++) {
		const struct rule *r = &p->rules[m->first_rule + i];
		const char *why;

		if (r->slot >= 0 && plan__rule_active(p, r, &why) && asks_table(r, p->tracking))
			mask |= 1ULL << rule__word(r, m);
	}
	return mask;
}

static void fill_plan(const struct plan *p, const struct templates *t, const struct function *f, struct clone *c)
{
	c->plan[VL_PLAN_LATENCY] = f->latency && f->pair;
	c->plan[VL_PLAN_SLEPT] = f->slept && f->pair;
	c->plan[VL_PLAN_SELECT] = f->select;
	c->plan[VL_PLAN_FOLLOW] = (__u64)f->follow;
	c->plan[VL_PLAN_FROM_ENTRY] = f->from_entry;
	c->plan[VL_PLAN_CONTEXT] = p->context;
	c->plan[VL_PLAN_TYPES] = p->tell_types;
	c->plan[VL_PLAN_FILTER] = p->task_filter;
	c->plan[VL_PLAN_TIMED_FROM] = (__u64)templates__timed_from(t, f->type);
	if (c->kprobe) {
		c->plan[VL_PLAN_CONTEXT] = p->kprobe_measured ? p->context : VL_CONTEXT_UNKNOWN;
		c->plan[VL_PLAN_CONTEXT_BASE] = (__u64)p->kprobe_context;
		c->plan[VL_PLAN_PLACE] = c->kind == TEMPLATE_LEAVE ? VL_PLACE_RETURN_STACK : VL_PLACE_ENTRY_STACK;
	}
	c->plan[VL_PLAN_TRACK] = tracked_slots(p, f);
	c->plan[VL_PLAN_TRACKED] = p->tracking != VL_TRACK_NOTHING;
	for (int s = 0; s < VL_SLOTS; s++)
		c->plan[VL_PLAN_SLOT + s] = f->slots >> s & 1;
	for (int i = 0; i < n_measured; i++)
		for (int m = 0; m < MEASURED_KINDS; m++)
			if (p->measured[m].name && !strcmp(p->measured[m].name, measured_names[i]))
				c->plan[VL_PLAN_MEASURED + i] = p->measured[m].value;
	for (int a = 0; a < VL_ARG_RETURN; a++)
		c->plan[VL_PLAN_ARG + a] =
			f->where.position[a] >= 0 ? (__u64)templates__arg_offset(c->kprobe, f->where.position[a]) : 0;
	for (int g = 0; g < VL_PLAN_TRACKED - VL_PLAN_GLOBAL && g < n_lock_classes; g++)
		c->plan[VL_PLAN_GLOBAL + g] = p->global_locks[g];
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void detach(struct function *f)
{
	for (int i = 0; i < 2; i++) {
		close_fd(&f->links[i]);
		close_fd(&f->programs[i]);
	}
}

static void explain(struct function *f, int err, const char *log)
{
	if (log[0])
		function__refuse(f, REFUSAL_verifier, "the verifier refuses its program: %s", log);
	else if (err == -KERNEL_ENOTSUPP)
		function__refuse(f, REFUSAL_arguments,
				 f->btf.struct_by_value ? "an argument is a struct: this kernel's trampoline takes none"
							: "%d arguments: this kernel's trampoline takes %d",
				 f->btf.args, ALWAYS_FITTING_ARGS);
	else if (err == -EBUSY)
		function__refuse(f, REFUSAL_not_traceable, "the kernel does not let this function be traced (EBUSY)");
	else if (f->how == BY_KPROBE && (err == -EACCES || err == -EPERM))
		function__refuse(f, REFUSAL_rights,
				 "not permitted: while kernel.perf_event_paranoid is above 2, CAP_SYS_ADMIN is needed");
	else if (err == -EPERM)
		function__refuse(f, REFUSAL_rights, "not permitted: see 'vfslock features'");
	else if (err == -EMFILE || err == -ENFILE)
		function__refuse(f, REFUSAL_other, "no file descriptors left: raise the limit (ulimit -n)");
	else
		function__refuse(f, REFUSAL_other, "cannot be attached: %s", strerror(-err));
}

static int load_program(struct plan *p, struct templates *t, struct clone *c, enum template_kind kind,
			struct function *f, int slot)
{
	char log[192] = "";

	c->kind = kind;
	fill_plan(p, t, f, c);
	f->programs[slot] = templates__clone(t, c, log, sizeof(log));
	if (f->programs[slot] >= 0)
		return 0;
	explain(f, f->programs[slot], log);
	return f->programs[slot];
}

/* Slot 0 is the program at entry, slot 1 the one at return. */
static int load_programs(struct plan *p, struct templates *t, int fn)
{
	struct function *f = &p->functions[fn];
	struct clone c = {.method = f->method,
			  .function = fn,
			  .histogram = f->pair ? f->histogram : -1,
			  .flavour = f->portable ? FLAVOUR_PORTABLE : FLAVOUR_TYPED,
			  .kprobe = f->how == BY_KPROBE,
			  .name = f->name,
			  .func = f->btf,
			  .position = f->where.position};
	int err;

	if (!f->pair)
		return load_program(p, t, &c, TEMPLATE_ONCE, f, 0);
	err = load_program(p, t, &c, TEMPLATE_LEAVE, f, 1);
	return err ? err : load_program(p, t, &c, TEMPLATE_ENTER, f, 0);
}

static int link_program(struct function *f, int slot)
{
	bool at_return = slot == 1;

	if (f->how == BY_KPROBE)
		f->links[slot] = kprobe__attach(f->programs[slot], f->addr, at_return);
	else
		f->links[slot] =
			bpf_link_create(f->programs[slot], 0, at_return ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY, NULL);
	if (f->links[slot] >= 0)
		return 0;
	explain(f, f->links[slot], "");
	return f->links[slot];
}

/* The return first: an entry whose return is not watched would leave a frame behind. */
static int link_programs(struct function *f)
{
	int err = f->pair ? link_program(f, 1) : 0;

	return err ? err : link_program(f, 0);
}

/* A way to watch a function; the best that the kernel takes is used. */
struct attempt {
	enum attach_how how;
	bool portable, pair;
};

static const struct attempt first_attempt = {BY_TRAMPOLINE, false, true};
static const struct attempt other_attempts[] = {
	{BY_TRAMPOLINE, true, true},
	{BY_KPROBE, true, true},
	{BY_TRAMPOLINE, true, false},
	{BY_KPROBE, true, false},
};

struct attacher {
	struct plan *plan;
	struct templates *templates;
	const struct ksyms *ks;
	bool keep; /* else everything is detached again, and only what could be refused is linked at all */
	attach_progress progress;
	void *arg;
	int done, total;
};

static bool fits_first(const struct attacher *a, const struct function *f)
{
	return a->plan->policy != ATTACH_KPROBE && !f->no_trampoline &&
	       (!f->pair || templates__can_pair(a->templates, FLAVOUR_TYPED));
}

static bool fits(const struct attacher *a, const struct function *f, const struct attempt *way)
{
	if (a->plan->policy == (way->how == BY_KPROBE ? ATTACH_TRAMPOLINE : ATTACH_KPROBE))
		return false;
	if (way->how == BY_TRAMPOLINE && f->no_trampoline)
		return false;
	return f->pair || !way->pair;
}

/* A kprobe's own entry counts as preemption switched off: how much, is measured when it first matters. */
static void measure_kprobe_context(struct attacher *a)
{
	struct plan *p = a->plan;

	if (!p->kprobe_measured && p->context != VL_CONTEXT_UNKNOWN)
		p->kprobe_measured = !calibrate__kprobe_context(a->ks, p->context, &p->kprobe_context);
}

static int attach_by(struct attacher *a, int fn, const struct attempt *way)
{
	struct function *f = &a->plan->functions[fn];
	bool wants_pair = f->pair, may_be_refused = way->how == BY_KPROBE || f->btf.args > ALWAYS_FITTING_ARGS;
	int err;

	f->portable = way->portable;
	f->how = way->how;
	/* A kretprobe costs more than all else that is done in a call. */
	f->from_entry = wants_pair && way->pair && way->how == BY_KPROBE && f->only_follows;
	f->pair = wants_pair && way->pair && !f->from_entry;
	if (way->how == BY_KPROBE)
		measure_kprobe_context(a);
	err = load_programs(a->plan, a->templates, fn);
	if (!err && (a->keep || may_be_refused || f->btf.struct_by_value)) {
		err = link_programs(f);
		/* It is the trampoline that was refused, not the program. */
		f->no_trampoline = f->no_trampoline || (err && way->how == BY_TRAMPOLINE);
	}
	if (err || !a->keep)
		detach(f);
	f->entry_only = !err && wants_pair && !f->pair && !f->from_entry;
	if (err)
		f->pair = wants_pair;
	else
		f->state = FUNCTION_ATTACHED;
	return err;
}

/* Why no trampoline, and why no kprobe: cut, should both be long. */
static void add_reason(char *first, size_t size, const char *kprobe)
{
	size_t n = strlen(first);

	if (n && n + 2 < size)
		n += (size_t)snprintf(first + n, size - n, "; ");
	if (snprintf(first + n, size - n, "by kprobe: %s", kprobe) < 0)
		first[n] = '\0';
}

/* What the first attempt did not take; the reason for that stays as a note beside the function. */
static int attach_otherwise(struct attacher *a, int fn)
{
	struct function *f = &a->plan->functions[fn];
	char first[sizeof(f->reason)];
	enum refusal first_refusal;
	int err = -ENOTSUP;

	if (a->plan->policy == ATTACH_KPROBE && !f->reason[0])
		function__note(f, REFUSAL_none, "as --attach kprobe wants it");
	memcpy(first, f->reason, sizeof(first));
	first_refusal = f->refusal;
	for (size_t i = 0; err && i < sizeof(other_attempts) / sizeof(other_attempts[0]); i++) {
		const struct attempt *way = &other_attempts[i];

		if (!fits(a, f, way))
			continue;
		err = attach_by(a, fn, way);
		/* The last word is that of the way which would have seen the most. */
		if (err && !first[0]) {
			memcpy(first, f->reason, sizeof(first));
			first_refusal = f->refusal;
		}
	}
	if (!err && f->how == BY_TRAMPOLINE && !f->entry_only) {
		first[0] = '\0';
		first_refusal = REFUSAL_none;
	}
	if (err && f->how == BY_KPROBE && strcmp(first, f->reason) != 0)
		add_reason(first, sizeof(first), f->reason);
	else
		f->refusal = first_refusal;
	memcpy(f->reason, first, sizeof(first));
	if (err)
		f->state = FUNCTION_REFUSED;
	else if (f->entry_only)
		f->latency = f->slept = false;
	return err;
}

/* False: the user has had enough. */
static bool show(struct attacher *a)
{
	a->done++;
	return !a->progress || a->progress(a->arg, a->done, a->total);
}

/* Makes the templates ready of all methods with a function from @first on that is planned and of this flavour. */
static int prepare(struct attacher *a, enum flavour flavour, int first)
{
	int *wanted = calloc((size_t)n_methods + 1, sizeof(*wanted)), n = 0, err;
	char *seen = calloc((size_t)n_methods + 1, 1);

	if (!wanted || !seen) {
		free(wanted);
		free(seen);
		return -ENOMEM;
	}
	for (int i = first; i < a->plan->n_functions; i++) {
		const struct function *f = &a->plan->functions[i];

		if (f->state == FUNCTION_PLANNED && f->portable == (flavour == FLAVOUR_PORTABLE) && !seen[f->method]) {
			seen[f->method] = 1;
			wanted[n++] = f->method;
		}
	}
	err = n ? templates__prepare(a->templates, flavour, wanted, n) : 0;
	free(wanted);
	free(seen);
	return err;
}

/*
 * First everything that fits the cheapest way; then, together, what did not: the portable programs are another object,
 * which need not be opened where nothing wants it.
 */
static int attach_all(struct attacher *a, int first)
{
	struct plan *p = a->plan;
	int attached = 0, err;

	for (int i = first; i < p->n_functions; i++)
		p->functions[i].portable = !fits_first(a, &p->functions[i]);
	err = prepare(a, FLAVOUR_TYPED, first);
	if (err)
		return err;
	a->total = p->n_functions - first;
	for (int i = first; i < p->n_functions; i++) {
		struct function *f = &p->functions[i];

		if (f->state == FUNCTION_PLANNED && f->portable)
			continue;
		if (f->state == FUNCTION_PLANNED && attach_by(a, i, &first_attempt)) {
			f->state = FUNCTION_PLANNED;
			f->portable = true;
			continue;
		}
		attached += f->state == FUNCTION_ATTACHED;
		if (!show(a))
			return -EINTR;
	}
	/* Without templates each is refused by itself; what was attached goes on. */
	err = prepare(a, FLAVOUR_PORTABLE, first);
	for (int i = first; i < p->n_functions; i++) {
		if (p->functions[i].state != FUNCTION_PLANNED)
			continue;
		if (err)
			function__refuse(&p->functions[i], err == -EPERM ? REFUSAL_rights : REFUSAL_other,
					 "its programs cannot be made ready: %s", strerror(-err));
		else
			attached += !attach_otherwise(a, i);
		if (!show(a))
			return -EINTR;
	}
	return attached;
}

int attach__functions(struct plan *p, struct templates *t, const struct ksyms *ks, int first, attach_progress progress,
		      void *arg)
{
	struct attacher a = {.plan = p, .templates = t, .ks = ks, .keep = true, .progress = progress, .arg = arg};

	if (p->sealed) {
		for (int i = first; i < p->n_functions; i++)
			if (p->functions[i].state == FUNCTION_PLANNED)
				function__refuse(&p->functions[i], REFUSAL_rights,
						 "met after the right to attach was given up");
		return 0;
	}
	return attach_all(&a, first);
}

int attach__try_refusals(struct plan *p, struct templates *t, const struct ksyms *ks)
{
	struct attacher a = {.plan = p, .templates = t, .ks = ks};
	int err = attach_all(&a, 0);

	for (int i = 0; i < p->n_functions; i++)
		if (p->functions[i].state == FUNCTION_ATTACHED)
			p->functions[i].state = FUNCTION_PLANNED;
	return err < 0 ? err : 0;
}

int attach_policy__parse(const char *word, enum attach_policy *out)
{
	static const char *const names[] = {
		[ATTACH_AUTO] = "auto", [ATTACH_TRAMPOLINE] = "trampoline", [ATTACH_KPROBE] = "kprobe"};

	for (int i = 0; i < 3; i++)
		if (!strcmp(word, names[i])) {
			*out = (enum attach_policy)i;
			return 0;
		}
	fprintf(stderr, "vfslock: --attach %s: give auto, trampoline or kprobe\n", word);
	return -EINVAL;
}

const char *attach_how__name(const struct function *f)
{
	if (f->state == FUNCTION_REFUSED)
		return NULL;
	return f->how == BY_KPROBE ? "kprobe" : "trampoline";
}

void detach__all(struct plan *p)
{
	for (int i = 0; i < p->n_functions; i++)
		detach(&p->functions[i]);
}
