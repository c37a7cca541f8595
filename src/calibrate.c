// SPDX-License-Identifier: GPL-2.0-only
#include "calibrate.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../bpf/calibrate.h"
#include "globals.h"
#include "kprobe.h"
#include "objects.h"

static const char *const constants[MEASURED_KINDS] = {
	[MEASURED_LOOKUP_RCU] = "LOOKUP_RCU",
	[MEASURED_MAY_NOT_BLOCK] = "MAY_NOT_BLOCK",
};

/*
 * inode_permission() is asked by its own file on 5.10, where the compiler writes it in; what it asks itself lies in
 * another one.
 */
static const struct watch {
	int kind;
	const char *function, *program;
	int args_min, args_max;
} watched[] = {
	{MEASURED_LOOKUP_RCU, "path_openat", "walk", 3, 3},
	{MEASURED_MAY_NOT_BLOCK, "inode_permission", "check", 2, 3},
	{MEASURED_MAY_NOT_BLOCK, "security_inode_permission", "check_security", 2, 2},
};

#define N_WATCHED ((int)(sizeof(watched) / sizeof(watched[0])))

const char *measured__name(int kind)
{
	return constants[kind];
}

static void unknown(struct measured_constant *c, const char *what)
{
	snprintf(c->why, sizeof(c->why), "%s", what);
}

/* Switches off what this kernel lacks; returns how many programs are left. */
static int select_programs(struct kbtf *kb, struct bpf_object *obj, __u32 *mask_arg, struct measured_constant *out)
{
	bool any[MEASURED_KINDS] = {false};
	int n = 0;

	for (int i = 0; i < N_WATCHED; i++) {
		const struct watch *w = &watched[i];
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, w->program);
		struct kbtf_func f;
		bool fits = prog && !kbtf__func(kb, w->function, NULL, &f) && f.args >= w->args_min &&
			    f.args <= w->args_max;

		if (fits && !strcmp(w->program, "check"))
			*mask_arg = (__u32)f.args - 1;
		if (prog)
			bpf_program__set_autoload(prog, fits);
		any[w->kind] = any[w->kind] || fits;
		n += fits;
	}
	for (int k = 0; k < MEASURED_KINDS; k++)
		if (!any[k])
			unknown(&out[k], "none of the functions that show it is in this kernel's BTF as expected");
	return n;
}

static void walk_a_path(struct vl_calibration *c)
{
	int fd;

	c->tid = (__u32)syscall(SYS_gettid);
	/* O_PATH: no permission is asked for the file itself, only for the directories on the way. */
	fd = open("/proc/self", O_PATH | O_CLOEXEC | O_NOFOLLOW);
	c->tid = 0;
	if (fd >= 0)
		close(fd);
}

static void take_bit(struct measured_constant *c, unsigned int value, unsigned int seen)
{
	if (c->why[0])
		return;
	if (!seen)
		unknown(c, "its function was not called in a path walk of our own");
	else if (!value || (value & (value - 1)))
		unknown(c, "the path walk did not show it as one flag");
	else
		c->value = value;
}

/* The options are the only constants of the object. */
static int load(struct bpf_object *obj, const struct vl_calibrate_options *options, struct vl_calibration **out)
{
	struct bpf_map *constants = bpf_object__find_map_by_name(obj, ".rodata");
	int err;

	if (!constants || bpf_map__set_initial_value(constants, options, sizeof(*options)))
		return -EINVAL;
	err = bpf_object__load(obj);
	if (err)
		return err;
	*out = globals__map(obj, ".bss", sizeof(**out));
	return *out ? 0 : -errno;
}

static int measure(struct bpf_object *obj, __u32 mask_arg, struct measured_constant *out)
{
	struct bpf_link *links[N_WATCHED] = {NULL};
	struct vl_calibrate_options options = {.mask_arg = mask_arg};
	struct vl_calibration *c;
	int err;

	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "context"), false);
	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "caller"), false);
	err = load(obj, &options, &c);
	if (err)
		return err;
	for (int i = 0; i < N_WATCHED; i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, watched[i].program);

		if (bpf_program__autoload(prog))
			links[i] = bpf_program__attach(prog);
	}
	walk_a_path(c);
	for (int i = 0; i < N_WATCHED; i++)
		bpf_link__destroy(links[i]);
	take_bit(&out[MEASURED_LOOKUP_RCU], c->lookup_rcu, c->walks);
	take_bit(&out[MEASURED_MAY_NOT_BLOCK], c->may_not_block, c->checks);
	globals__unmap(c, sizeof(*c));
	return 0;
}

void calibrate(struct kbtf *kb, struct measured_constant *out)
{
	struct bpf_object *obj;
	__u32 mask_arg = 0;
	int err;

	for (int i = 0; i < MEASURED_KINDS; i++)
		out[i] = (struct measured_constant){.name = constants[i]};
	obj = bpf_object__open_mem(calibrate_object, OBJECT_SIZE(calibrate_object), NULL);
	err = obj ? 0 : -errno;
	if (!err && select_programs(kb, obj, &mask_arg, out))
		err = measure(obj, mask_arg, out);
	for (int i = 0; err && i < MEASURED_KINDS; i++)
		unknown(&out[i], strerror(-err));
	bpf_object__close(obj);
}

static void load_only(struct bpf_object *obj, const char *name)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, !strcmp(bpf_program__name(prog), name));
}

/* Hit by the openat() of walk_a_path(). */
#define KPROBED "path_openat"

static int measure_kprobe(struct bpf_object *obj, __u64 addr, struct vl_calibration *c, int *out)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "context");
	int fd = kprobe__attach(bpf_program__fd(prog), addr, false);

	if (fd < 0)
		return fd;
	walk_a_path(c);
	close(fd);
	*out = c->kprobe_context & 0x7fffffff; /* bit 31: no need to reschedule */
	return c->kprobes ? 0 : -ENODATA;
}

int calibrate__kprobe_context(const struct ksyms *ks, enum vl_context_source source, int *out)
{
	struct vl_calibrate_options options = {.context = source};
	struct vl_calibration *c = NULL;
	struct bpf_object *obj;
	__u64 addr;
	int err;

	err = ksyms__addr(ks, KPROBED, NULL, &addr);
	if (err)
		return err;
	obj = bpf_object__open_mem(calibrate_object, OBJECT_SIZE(calibrate_object), NULL);
	if (!obj)
		return -errno;
	load_only(obj, "context");
	err = load(obj, &options, &c);
	if (!err)
		err = measure_kprobe(obj, addr, c, out);
	globals__unmap(c, sizeof(*c));
	bpf_object__close(obj);
	return err;
}

/* The first frame of the stack that is the kernel's own and not the traced function: younger than the symbols are the
 * program and the trampoline.
 */
static __u64 find_caller(const struct ksyms *ks, const struct vl_calibration *c, const char *traced)
{
	for (int i = 0; i < c->stack_bytes / 8 && i < VL_CALLER_WORDS; i++) {
		struct ksym sym;

		if (!ksyms__lookup(ks, c->stack[i], &sym) && !sym.module && strcmp(sym.name, traced) != 0)
			return c->stack[i];
	}
	return 0;
}

static int measure_caller(struct bpf_object *obj, const struct ksyms *ks, struct vl_calibration *c)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "caller");
	struct bpf_link *link = bpf_program__attach(prog);
	__u64 caller;
	void *mem;

	if (!link)
		return -errno;
	c->tid = (__u32)syscall(SYS_gettid);
	mem = mmap(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	c->tid = 0;
	bpf_link__destroy(link);
	if (mem != MAP_FAILED)
		munmap(mem, 1);
	caller = find_caller(ks, c, strchr(bpf_program__section_name(prog), '/') + 1);
	for (int i = 0; caller && i < VL_CALLER_WORDS; i++)
		if (c->words[i] == caller)
			return i;
	return -ENODATA;
}

int calibrate__caller_word(const struct ksyms *ks)
{
	struct vl_calibrate_options options = {0};
	struct vl_calibration *c = NULL;
	struct bpf_object *obj;
	int err;

	obj = bpf_object__open_mem(calibrate_object, OBJECT_SIZE(calibrate_object), NULL);
	if (!obj)
		return -errno;
	load_only(obj, "caller");
	err = load(obj, &options, &c);
	if (!err)
		err = measure_caller(obj, ks, c);
	globals__unmap(c, sizeof(*c));
	bpf_object__close(obj);
	return err;
}
