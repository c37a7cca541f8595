// SPDX-License-Identifier: GPL-2.0-only
#include "attach.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The kernel's own "not supported" (include/linux/errno.h), which has no name in user space. */
#define KERNEL_ENOTSUPP 524
/* Up to this many arguments every kernel's trampoline takes (arch/x86/net/bpf_jit_comp.c,
 * arch_prepare_bpf_trampoline()). */
#define ALWAYS_FITTING_ARGS 6

static void fill_plan(const struct plan *p, const struct function *f, struct clone *c)
{
	c->plan[VL_PLAN_LATENCY] = f->latency;
	c->plan[VL_PLAN_SLEPT] = f->slept;
	c->plan[VL_PLAN_SELECT] = f->select;
	for (int s = 0; s < VL_SLOTS; s++)
		c->plan[VL_PLAN_SLOT + s] = f->slots >> s & 1;
	for (int i = 0; i < n_measured; i++)
		for (int m = 0; m < MEASURED_KINDS; m++)
			if (p->measured[m].name && !strcmp(p->measured[m].name, measured_names[i]))
				c->plan[VL_PLAN_MEASURED + i] = p->measured[m].value;
	for (int a = 0; a < VL_ARG_RETURN; a++)
		c->plan[VL_PLAN_ARG + a] = f->where.position[a] >= 0 ? 8 * (__u64)f->where.position[a] : 0;
	for (int g = 0; g < VL_PLAN_ARG - VL_PLAN_GLOBAL && g < n_lock_classes; g++)
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
		function__refuse(f, "the verifier refuses its program: %s", log);
	else if (err == -KERNEL_ENOTSUPP)
		function__refuse(f,
				 f->btf.struct_by_value ? "an argument is a struct: this kernel's trampoline takes none"
							: "%d arguments: this kernel's trampoline takes %d",
				 f->btf.args, ALWAYS_FITTING_ARGS);
	else if (err == -EBUSY)
		function__refuse(f, "the kernel does not let this function be traced (EBUSY)");
	else if (err == -EPERM)
		function__refuse(f, "not permitted: see 'vfslock features'");
	else if (err == -EMFILE || err == -ENFILE)
		function__refuse(f, "no file descriptors left: raise the limit (ulimit -n)");
	else
		function__refuse(f, "cannot be attached: %s", strerror(-err));
}

static int load_program(struct templates *t, struct clone *c, enum template_kind kind, struct function *f, int slot)
{
	char log[192] = "";

	c->kind = kind;
	f->programs[slot] = templates__clone(t, c, log, sizeof(log));
	if (f->programs[slot] >= 0)
		return 0;
	explain(f, f->programs[slot], log);
	return f->programs[slot];
}

/* Slot 0 is the program at entry, slot 1 the one at return. */
static int load_programs(struct templates *t, struct clone *c, struct function *f)
{
	int err;

	if (!f->pair)
		return load_program(t, c, TEMPLATE_ONCE, f, 0);
	err = load_program(t, c, TEMPLATE_LEAVE, f, 1);
	return err ? err : load_program(t, c, TEMPLATE_ENTER, f, 0);
}

/*
 * Where the kernel refuses a pair (5.10 knows no compare-and-exchange), the entry alone is watched: its rules are
 * checked, and the reason is kept beside the function.
 */
static int load_function(struct plan *p, struct templates *t, int fn)
{
	struct function *f = &p->functions[fn];
	struct clone c = {.method = f->method,
			  .function = fn,
			  .histogram = f->histogram,
			  .name = f->name,
			  .func = f->btf,
			  .position = f->where.position};
	int err;

	fill_plan(p, f, &c);
	err = load_programs(t, &c, f);
	if (!err || !f->pair)
		return err;
	detach(f);
	f->pair = f->latency = f->slept = false;
	fill_plan(p, f, &c);
	err = load_programs(t, &c, f);
	if (!err)
		f->state = FUNCTION_PLANNED;
	return err;
}

static int link_program(struct function *f, int slot)
{
	bool at_return = slot == 1;

	f->links[slot] = bpf_link_create(f->programs[slot], 0, at_return ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY, NULL);
	if (f->links[slot] >= 0)
		return 0;
	explain(f, f->links[slot], "");
	return f->links[slot];
}

static int attach_function(struct plan *p, struct templates *t, int fn)
{
	struct function *f = &p->functions[fn];
	int err = load_function(p, t, fn);

	/* The return first: an entry whose return is not watched would leave a frame behind. */
	if (!err && f->pair)
		err = link_program(f, 1);
	if (!err)
		err = link_program(f, 0);
	if (err)
		detach(f);
	else
		f->state = FUNCTION_ATTACHED;
	return err;
}

static int prepare(const struct plan *p, struct templates *t, int first)
{
	int *wanted = calloc((size_t)n_methods + 1, sizeof(*wanted)), n = 0, err;
	char *seen = calloc((size_t)n_methods + 1, 1);

	if (!wanted || !seen) {
		free(wanted);
		free(seen);
		return -ENOMEM;
	}
	for (int i = first; i < p->n_functions; i++) {
		const struct function *f = &p->functions[i];

		if (f->state == FUNCTION_PLANNED && !seen[f->method]) {
			seen[f->method] = 1;
			wanted[n++] = f->method;
		}
	}
	err = templates__prepare(t, wanted, n);
	free(wanted);
	free(seen);
	return err;
}

int attach__functions(struct plan *p, struct templates *t, int first, attach_progress progress, void *arg)
{
	int attached = 0, err;

	err = prepare(p, t, first);
	if (err)
		return err;
	for (int i = first; i < p->n_functions; i++) {
		if (p->functions[i].state == FUNCTION_PLANNED && !attach_function(p, t, i))
			attached++;
		if (progress)
			progress(arg, i - first + 1, p->n_functions - first);
	}
	return attached;
}

int attach__try_refusals(struct plan *p, struct templates *t)
{
	int err = prepare(p, t, 0);

	for (int i = 0; !err && i < p->n_functions; i++) {
		struct function *f = &p->functions[i];
		bool may_exceed = f->btf.args > ALWAYS_FITTING_ARGS || f->btf.struct_by_value;

		if (f->state != FUNCTION_PLANNED)
			continue;
		if (may_exceed ? !attach_function(p, t, i) : !load_function(p, t, i))
			f->state = FUNCTION_PLANNED;
		detach(f);
	}
	return err;
}

void detach__all(struct plan *p)
{
	for (int i = 0; i < p->n_functions; i++)
		detach(&p->functions[i]);
}
