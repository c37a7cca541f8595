// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does every kernel have the fields, types and enumerators that the BPF programs and the tool ask its BTF for, or is
 * what asks for one that it lacks behind a guard there?
 *
 * No kernel is needed but its BTF: libbpf relocates the programs as it does before loading them (offline.c takes the
 * place of bpf(2)), and leaves a poisoned instruction where it finds nothing. The verifier refuses a program if it
 * comes to such an instruction, so the programs' control flow is followed (walk.c), with the constants that the guards
 * have become, and with those of the plan: templates are only cloned for methods that a kernel has, and read only locks
 * that it has (src/plan.c).
 */
#include "check.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../src/kbtf.h"
#include "../../src/rules.h"

#define MAX_KERNELS 16

struct kernel {
	const char *name, *path;
	int version; /* major << 8 | minor */
	struct kbtf *kb;
};

struct options {
	struct kernel kernels[MAX_KERNELS];
	int n_kernels;
	const char **members; /* "struct.member" that the tool cannot do without */
	int n_members;
	bool without_plan, list;
};

/* One object on one kernel. */
struct checking {
	const struct options *options;
	const struct kernel *kernel;
	const char *path;
	struct bpf_object *obj;
	struct records records;
	size_t n_programs, n_left_out, n_relocations, n_missing, n_reached;
	char **lacks; /* descriptions of what is missing, each once */
	size_t n_lacks;
};

static char libbpf_words[4096];

/* Kept until it is known whether libbpf fails. */
static int keep_words(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	size_t n = strlen(libbpf_words);

	if (level == LIBBPF_WARN)
		vsnprintf(libbpf_words + n, sizeof(libbpf_words) - n, fmt, ap);
	return 0;
}

/* "vfs/17/leave" -> 17; -1: no template */
static int method_of(const struct bpf_program *prog)
{
	int method;

	return sscanf(bpf_program__section_name(prog), "vfs/%d/", &method) == 1 ? method : -1;
}

/* Whether src/plan.c can plan a function of this method; a kernel that has none leaves the templates aside. */
static bool is_cloned(const struct kernel *k, int method)
{
	const struct method *m = &methods[method];
	struct kbtf_method where;
	const char *missing;

	return in_range(m->since, m->until, k->version) && !m->no_super_block &&
	       !kbtf__method(k->kb, ops_structs[m->ops].name, m, &where, &missing);
}

/* Whether src/plan.c can ask for the lock of a rule. A document of the user's changes modes, nothing that counts here.
 */
static bool is_read(const struct kernel *k, const struct rule *r)
{
	const struct lock_class *lock = &lock_classes[r->lock];

	return in_range(r->since, r->until, k->version) && !r->unverifiable &&
	       (!lock->field_of || kbtf__has_member(k->kb, lock->field_of, lock->field_name));
}

static void plan_values(const struct kernel *k, int method, struct plan_values *out)
{
	const struct method *m = &methods[method];

	*out = (struct plan_values){0};
	out->known[VL_PLAN_CONTEXT] = true;
	out->value[VL_PLAN_CONTEXT] = kbtf__context_source(k->kb);
	for (int s = 0; s < VL_SLOTS; s++)
		out->known[VL_PLAN_SLOT + s] = true; /* 0, unless a rule asks for it */
	for (int i = 0; i < m->n_rules; i++) {
		const struct rule *r = &rules[m->first_rule + i];

		if (r->slot >= 0 && is_read(k, r))
			out->known[VL_PLAN_SLOT + r->slot + (r->phase == RULE_AT_exit ? m->n_entry : 0)] = false;
	}
}

/* Does the kernel have the function, tracepoint or iterator that the program sits on? */
static bool has_place(struct kbtf *kb, const char *section)
{
	const char *name = strchr(section, '/');
	char iterator[64];

	if (!strncmp(section, "fentry/", 7) || !strncmp(section, "fexit/", 6))
		return kbtf__has_function(kb, name + 1);
	if (!strncmp(section, "tp_btf/", 7))
		return kbtf__has_tracepoint(kb, name + 1);
	if (strncmp(section, "iter/", 5) != 0)
		return true;
	snprintf(iterator, sizeof(iterator), "bpf_iter_%s", name + 1);
	return kbtf__has_function(kb, iterator);
}

/* A program whose place the kernel has not is not attached there, and not loaded either. */
static bool lacks_place(const struct checking *c, const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog);

	if (has_place(c->kernel->kb, section))
		return false;
	printf("%s: %s: %s: not looked at: this kernel has no %s\n", c->kernel->name, c->path, bpf_program__name(prog),
	       section);
	return true;
}

/* What has no type that libbpf knows is a template: any type that needs nothing to attach to will do. */
static int choose_programs(struct checking *c)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, c->obj) {
		int method = method_of(prog);
		bool wanted = method < 0 ? !lacks_place(c, prog) : c->options->without_plan;

		if (method >= n_methods) {
			fprintf(stderr, "check: %s: %s: no such method\n", c->path, bpf_program__section_name(prog));
			return -EINVAL;
		}
		wanted = wanted || (method >= 0 && is_cloned(c->kernel, method));
		bpf_program__set_autoload(prog, wanted);
		if (bpf_program__type(prog) == BPF_PROG_TYPE_UNSPEC)
			bpf_program__set_type(prog, BPF_PROG_TYPE_RAW_TRACEPOINT);
		*(wanted ? &c->n_programs : &c->n_left_out) += 1;
	}
	return 0;
}

static int note_lack(struct checking *c, const char *what)
{
	void *p;

	for (size_t i = 0; i < c->n_lacks; i++)
		if (!strcmp(c->lacks[i], what))
			return 0;
	p = realloc(c->lacks, (c->n_lacks + 1) * sizeof(*c->lacks));
	if (!p)
		return -ENOMEM;
	c->lacks = p;
	c->lacks[c->n_lacks] = strdup(what);
	return c->lacks[c->n_lacks++] ? 0 : -ENOMEM;
}

/* A member that is there, but of another kind or size, is poisoned as well. */
static bool is_of_another_type(const struct kernel *k, const char *what)
{
	static const char prefix[] = "struct ";

	return !strncmp(what, prefix, strlen(prefix)) && kbtf__offset(k->kb, what + strlen(prefix)) >= 0;
}

static void report_reached(struct checking *c, const struct bpf_program *prog, const char *what,
			   const struct source_line *line, size_t insn)
{
	printf("%s: %s: %s: instruction %zu", c->kernel->name, c->path, bpf_program__name(prog), insn);
	if (line)
		printf(" (%s:%u)", basename(line->file), line->line);
	printf(": %s is %s on this kernel, and no guard keeps the instruction from being reached\n", what,
	       is_of_another_type(c->kernel, what) ? "of another type" : "missing");
	c->n_reached++;
}

/* A poisoned instruction of a subprogram, of which libbpf appended a copy, stands in no record by its number. */
static void check_appended(struct checking *c, const struct bpf_program *prog, const bool *reached, size_t own)
{
	const struct bpf_insn *insns = bpf_program__insns(prog);

	for (size_t i = own; i < bpf_program__insn_cnt(prog); i++)
		if (is_poison(&insns[i]) && reached[i])
			report_reached(c, prog, "something that a subprogram reads", NULL, i);
}

/* @own: the number of its instructions without those of subprograms */
static int check_relocations(struct checking *c, const struct bpf_program *prog, const bool *reached, size_t own)
{
	const struct function_start *f = records__function(&c->records, bpf_program__name(prog));
	const struct bpf_insn *insns = bpf_program__insns(prog);
	char what[256];
	int err = 0;

	if (!f)
		return -ENODATA;
	for (size_t i = 0; i < c->records.n_relocations && !err; i++) {
		const struct relocation *relo = &c->records.relocations[i];
		size_t at = relo->insn - f->insn;

		if (relo->section != f->section || relo->insn < f->insn || at >= own)
			continue;
		c->n_relocations++;
		if (!is_poison(&insns[at]))
			continue;
		c->n_missing++;
		records__describe(&c->records, relo, what, sizeof(what));
		err = note_lack(c, what);
		if (reached[at])
			report_reached(c, prog, what, records__line(&c->records, f->section, relo->insn), at);
	}
	return err;
}

static int check_program(struct checking *c, const struct bpf_program *prog, size_t own)
{
	size_t n = bpf_program__insn_cnt(prog);
	bool *reached = calloc(n, sizeof(*reached));
	int method = method_of(prog), err;
	struct plan_values values = {0};

	if (!reached)
		return -ENOMEM;
	if (method >= 0 && !c->options->without_plan)
		plan_values(c->kernel, method, &values);
	err = walk(bpf_program__insns(prog), n, method >= 0 ? &values : NULL, reached);
	if (!err)
		err = check_relocations(c, prog, reached, own);
	if (!err)
		check_appended(c, prog, reached, own);
	free(reached);
	return err;
}

static int relocate_and_check(struct checking *c)
{
	struct bpf_program *prog;
	size_t *own, n = 0;
	int err;

	bpf_object__for_each_program(prog, c->obj)
		n++;
	own = calloc(n + 1, sizeof(*own));
	if (!own)
		return -ENOMEM;
	n = 0;
	bpf_object__for_each_program(prog, c->obj)
		own[n++] = bpf_program__insn_cnt(prog);
	err = choose_programs(c);
	if (!err)
		err = bpf_object__load(c->obj);
	n = 0;
	bpf_object__for_each_program(prog, c->obj) {
		if (!err && bpf_program__autoload(prog))
			err = check_program(c, prog, own[n]);
		n++;
	}
	free(own);
	return err;
}

static void report_object(const struct checking *c)
{
	printf("%s: %s: %zu programs (%zu more not for this kernel), %zu relocations, %zu of them to what it lacks, "
	       "%zu unguarded\n",
	       c->kernel->name, c->path, c->n_programs, c->n_left_out, c->n_relocations, c->n_missing, c->n_reached);
	for (size_t i = 0; c->options->list && i < c->n_lacks; i++)
		printf("%s: %s: lacks %s\n", c->kernel->name, c->path, c->lacks[i]);
}

/* The number of unguarded accesses, or an error. */
static int check_object(const struct options *o, const struct kernel *k, const char *path)
{
	struct checking c = {.options = o, .kernel = k, .path = path};
	int err = records__read(path, &c.records);

	libbpf_words[0] = 0;
	if (err) {
		fprintf(stderr, "check: %s: no BTF with records of instructions: %s\n", path, strerror(-err));
		return err;
	}
	c.obj = bpf_object__open_file(path, NULL);
	err = c.obj ? relocate_and_check(&c) : -errno;
	if (err)
		fprintf(stderr, "check: %s: %s: cannot be relocated: %s\n%s", k->name, path, strerror(-err),
			libbpf_words);
	else
		report_object(&c);
	bpf_object__close(c.obj);
	for (size_t i = 0; i < c.n_lacks; i++)
		free(c.lacks[i]);
	free(c.lacks);
	records__free(&c.records);
	return err ? err : (int)c.n_reached;
}

static int check_members(const struct options *o, const struct kernel *k)
{
	int missing = 0;

	for (int i = 0; i < o->n_members; i++) {
		if (kbtf__offset(k->kb, o->members[i]) >= 0)
			continue;
		printf("%s: the tool needs %s, which is missing on this kernel\n", k->name, o->members[i]);
		missing++;
	}
	if (o->n_members)
		printf("%s: %d members that the tool needs, %d missing\n", k->name, o->n_members, missing);
	return missing;
}

static int check_kernel(const struct options *o, struct kernel *k, char *const *objects)
{
	int found, err;

	offline__set_kernel(k->path);
	err = kbtf__open(&k->kb);
	if (err) {
		fprintf(stderr, "check: %s: no BTF: %s\n", k->path, strerror(-err));
		return err;
	}
	found = check_members(o, k);
	for (; *objects && !err; objects++) {
		int n = check_object(o, k, *objects);

		if (n < 0)
			err = n;
		else
			found += n;
	}
	kbtf__free(k->kb);
	return err ? err : found;
}

static void __attribute__((noreturn)) usage(void)
{
	fputs("usage: check [-lu] [-m STRUCT.MEMBER]... -k VERSION=BTF... OBJECT...\n"
	      "  -k  a kernel: its version, and its BTF in a file, raw or ELF\n"
	      "  -m  the tool needs this member\n"
	      "  -l  list what is missing, guarded or not\n"
	      "  -u  take nothing for granted that the plan decides: every template is looked at, every lock read\n"
	      "Exit status: 0 if all is there or guarded, 1 if not, 2 if it could not be checked.\n",
	      stderr);
	exit(2);
}

static void add_kernel(struct options *o, char *arg)
{
	struct kernel *k = &o->kernels[o->n_kernels];
	unsigned int major, minor;
	char *path = strchr(arg, '=');

	if (!path || sscanf(arg, "%u.%u=", &major, &minor) != 2 || o->n_kernels == MAX_KERNELS)
		usage();
	*path++ = 0;
	*k = (struct kernel){.name = arg, .path = path, .version = (int)(major << 8 | minor)};
	o->n_kernels++;
}

int main(int argc, char **argv)
{
	const char **members = calloc((size_t)argc, sizeof(*members));
	struct options o = {.members = members};
	struct rlimit files;
	int opt, found = 0;

	while (members && (opt = getopt(argc, argv, "k:m:lu")) != -1) {
		if (opt == 'k')
			add_kernel(&o, optarg);
		else if (opt == 'm')
			members[o.n_members++] = optarg;
		else if (opt == 'l')
			o.list = true;
		else if (opt == 'u')
			o.without_plan = true;
		else
			usage();
	}
	if (!members || !o.n_kernels || (optind == argc && !o.n_members))
		usage();
	/* Every program and every map holds a descriptor. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	libbpf_set_print(keep_words);
	for (int i = 0; i < o.n_kernels && found >= 0; i++) {
		int n = check_kernel(&o, &o.kernels[i], argv + optind);

		found = n < 0 ? n : found + n;
	}
	free(members);
	return found < 0 ? 2 : found > 0;
}
