// SPDX-License-Identifier: GPL-2.0-only
#include "templates.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "banks.h"
#include "globals.h"
#include "hooks.h"
#include "objects.h"
#include "owners.h"

struct template
{
	struct bpf_insn *insns;
	size_t n;
};

struct templates {
	struct kbtf *kb;
	struct bpf_object *obj;   /* the first one: owns the maps and the hooks */
	struct bpf_object **more; /* those that templates came from: kept, as the instructions name their descriptors */
	int n_more;
	enum flavour relocating; /* of the object that is being loaded */
	bool has_cmpxchg;
	struct banks rows, histograms;
	int timed_types;
	int cpus, cpus_rounded; /* CPU numbers are below cpus; records have room for a power of two */
	struct templates_maps maps;
	volatile struct vl_control *control;
	struct vl_following *following;
	struct hooks *hooks;
	struct template (*of[FLAVOURS])[TEMPLATE_KINDS]; /* per method */
	int handler;
	size_t map_bytes;
	struct templates_options options;
	int held, readers; /* maps of the table of held locks, or -1 */
};

static const char *const kind_names[TEMPLATE_KINDS] = {"once", "enter", "leave"};

/* "vfs/17/leave" -> 17, TEMPLATE_LEAVE */
static int parse_section(const char *section, int *method, enum template_kind *kind)
{
	char name[16];

	if (sscanf(section, "vfs/%d/%15s", method, name) != 2 || *method < 0 || *method >= n_methods)
		return -EINVAL;
	for (int k = 0; k < TEMPLATE_KINDS; k++)
		if (!strcmp(name, kind_names[k])) {
			*kind = (enum template_kind)k;
			return 0;
		}
	return -EINVAL;
}

/*
 * Called by libbpf when a template's instructions are relocated and about to be loaded: keeps them, and puts a program
 * that does nothing in their place.
 */
static int keep_instructions(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	struct bpf_insn nothing[2] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct templates *t = (struct templates *)cookie;
	enum template_kind kind;
	struct template *to;
	int method, err;

	err = parse_section(bpf_program__section_name(prog), &method, &kind);
	if (err)
		return err;
	to = &t->of[t->relocating][method][kind];
	to->n = bpf_program__insn_cnt(prog);
	to->insns = malloc(to->n * sizeof(*to->insns));
	if (!to->insns)
		return -ENOMEM;
	memcpy(to->insns, bpf_program__insns(prog), to->n * sizeof(*to->insns));
	opts->func_info = opts->line_info = NULL;
	opts->func_info_cnt = opts->line_info_cnt = 0;
	opts->prog_btf_fd = 0;
	return bpf_program__set_insns(prog, nothing, 2);
}

/* Only templates of the wanted methods; hooks are switched on by hooks__open(), where they are loaded. */
static void set_autoload(struct bpf_object *obj, const int *wanted, int n)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj) {
		enum template_kind kind;
		int method;
		bool on = false;

		if (!parse_section(bpf_program__section_name(prog), &method, &kind))
			for (int i = 0; i < n; i++)
				on = on || wanted[i] == method;
		bpf_program__set_autoload(prog, on);
	}
}

static int open_object(enum flavour flavour, struct bpf_object **out)
{
	/* The name is part of the names of the maps for global variables, which both share. */
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "vfslock");

	if (flavour == FLAVOUR_TYPED)
		*out = bpf_object__open_mem(vfslock_object, OBJECT_SIZE(vfslock_object), &opts);
	else
		*out = bpf_object__open_mem(portable_object, OBJECT_SIZE(portable_object), &opts);
	if (!*out) {
		int err = -errno;

		fprintf(stderr, "vfslock: the embedded BPF object cannot be opened: %s\n", strerror(-err));
		return err;
	}
	return 0;
}

static int find_map(struct bpf_object *obj, const char *name, int *fd)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	*fd = map ? bpf_map__fd(map) : -ENOENT;
	return *fd < 0 ? *fd : 0;
}

static int find_maps(struct templates *t)
{
	struct {
		const char *name;
		int *fd;
	} wanted[] = {
		{"frames", &t->maps.frames},
		{"signatures", &t->maps.signatures},
		{"by_stack", &t->maps.by_stack},
		{"stacks", &t->maps.stacks},
		{"more_stacks", &t->maps.more_stacks},
		{"events", &t->maps.events},
		{"lost", &t->maps.lost},
		{"tables", &t->maps.tables},
		{"verdicts", &t->maps.verdicts},
		{"held_by_stack", &t->maps.held_by_stack},
		{"holder_by_stack", &t->maps.holder_by_stack},
		{"followed", &t->maps.followed},
		{"unlock_times", &t->maps.unlock_times},
		{"muted", &t->maps.muted},
		{"wanted_pids", &t->maps.wanted_pids},
		{"wanted_comms", &t->maps.wanted_comms},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		int err = find_map(t->obj, wanted[i].name, wanted[i].fd);

		if (err) {
			fprintf(stderr, "vfslock: the BPF object has no map '%s'\n", wanted[i].name);
			return err;
		}
	}
	t->control = globals__map(t->obj, ".bss", sizeof(*t->control));
	t->following = globals__map(t->obj, ".bss.following", sizeof(*t->following));
	return t->control && t->following ? 0 : -errno;
}

static int set_size(struct bpf_object *obj, const char *map, size_t entries)
{
	return bpf_map__set_max_entries(bpf_object__find_map_by_name(obj, map), (__u32)entries);
}

/* Some maps have room for what is never put there, unless it was asked for. */
static int size_maps(const struct templates *t, struct bpf_object *obj)
{
	int err = 0;

	if (!t->options.track)
		err = set_size(obj, "held_by_stack", 1);
	if (!err && !t->options.track)
		err = set_size(obj, "holder_by_stack", 1);
	if (!err && !t->options.every_call)
		err = set_size(obj, "muted", 1);
	if (!err)
		err = set_size(obj, "unlock_times", (size_t)(VL_FOLLOW_METHODS * t->timed_types));
	if (!err && t->options.ring_bytes)
		err = set_size(obj, "events", t->options.ring_bytes);
	return err;
}

static int load_hooks(struct templates *t, bool learn)
{
	int err = open_object(FLAVOUR_TYPED, &t->obj);

	if (err)
		return err;
	set_autoload(t->obj, NULL, 0);
	err = size_maps(t, t->obj);
	if (err)
		return err;
	err = hooks__open(t->kb, t->obj, learn, &t->hooks);
	return err ? err : bpf_object__load(t->obj);
}

static int load(struct templates *t)
{
	struct bpf_map *map;
	int err = load_hooks(t, true);

	/* One hook that the verifier refuses on a kernel we have not met must not be the end of all. */
	if (err && t->hooks) {
		fprintf(stderr,
			"vfslock: a hook cannot be loaded (%s): audited are the tables that are there when the audit "
			"begins; where tasks sleep and whether folios are unlocked is not seen\n",
			strerror(-err));
		hooks__free(t->hooks);
		t->hooks = NULL;
		bpf_object__close(t->obj);
		t->obj = NULL;
		err = load_hooks(t, false);
	}
	if (err) {
		fprintf(stderr, "vfslock: the hooks and maps cannot be loaded: %s (see 'vfslock features')\n",
			strerror(-err));
		return err;
	}
	err = find_maps(t);
	if (err)
		return err;
	bpf_object__for_each_map(map, t->obj)
		t->map_bytes += globals__map_memory(bpf_map__fd(map));
	t->control->every_call = t->options.every_call;
	t->following->types = (__u64)t->timed_types;
	owners__clear(t->control);
	return 0;
}

/* A program that is the smallest with a compare-and-exchange: kernels before 5.12 refuse the instruction. */
bool templates__kernel_has_cmpxchg(void)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_10, .src_reg = BPF_REG_0, .off = -8},
		{.code = BPF_STX | BPF_ATOMIC | BPF_DW,
		 .dst_reg = BPF_REG_10,
		 .src_reg = BPF_REG_0,
		 .off = -8,
		 .imm = BPF_CMPXCHG},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_SOCKET_FILTER, "vl_cmpxchg", "GPL", insns,
			       sizeof(insns) / sizeof(insns[0]), NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Of one histogram. */
static size_t per_type(const struct templates *t)
{
	return (size_t)t->cpus_rounded * sizeof(struct vl_hist);
}

/* As many as were asked for, if they fit into one map: all programs know only the start of their histogram. */
static int timed_types(const struct templates *t)
{
	int most = (int)(BANKS_MAX_RECORD / per_type(t));

	return t->options.types < most ? t->options.types : most > 0 ? most : 1;
}

int templates__open(struct kbtf *kb, const struct templates_options *options, struct templates **out)
{
	struct templates *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return -ENOMEM;
	t->kb = kb;
	t->options = *options;
	t->held = t->readers = -1;
	t->has_cmpxchg = templates__kernel_has_cmpxchg();
	t->maps.frames_by_place = -1;
	t->cpus = libbpf_num_possible_cpus();
	for (t->cpus_rounded = 1; t->cpus_rounded < t->cpus;)
		t->cpus_rounded *= 2;
	banks__init(&t->rows, "vl_rows", (size_t)t->cpus_rounded * sizeof(struct vl_row));
	t->timed_types = timed_types(t);
	banks__init(&t->histograms, "vl_latencies", (size_t)t->timed_types * per_type(t));
	for (int f = 0; f < FLAVOURS; f++)
		t->of[f] = calloc((size_t)n_methods, sizeof(*t->of[f]));
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)t, .prog_prepare_load_fn = keep_instructions);
	t->handler = libbpf_register_prog_handler("vfs/", BPF_PROG_TYPE_RAW_TRACEPOINT, 0, &opts);
	if (!t->of[FLAVOUR_TYPED] || !t->of[FLAVOUR_PORTABLE])
		err = -ENOMEM;
	else
		err = t->handler < 0 ? t->handler : load(t);
	if (err) {
		templates__free(t);
		return err;
	}
	*out = t;
	return 0;
}

void templates__free(struct templates *t)
{
	if (!t)
		return;
	hooks__free(t->hooks);
	for (int f = 0; f < FLAVOURS; f++) {
		for (int m = 0; t->of[f] && m < n_methods; m++)
			for (int k = 0; k < TEMPLATE_KINDS; k++)
				free(t->of[f][m][k].insns);
		free(t->of[f]);
	}
	banks__free(&t->rows);
	banks__free(&t->histograms);
	globals__unmap((void *)t->control, sizeof(*t->control));
	globals__unmap(t->following, sizeof(*t->following));
	if (t->handler > 0)
		libbpf_unregister_prog_handler(t->handler);
	for (int i = 0; i < t->n_more; i++)
		bpf_object__close(t->more[i]);
	free(t->more);
	bpf_object__close(t->obj);
	free(t);
}

const struct vl_row *templates__rows(const struct templates *t, int fn)
{
	return banks__record(&t->rows, fn);
}

const struct vl_hist *templates__histograms(const struct templates *t, int histogram, int type)
{
	const struct vl_hist *all = banks__record(&t->histograms, histogram);

	return all ? all + type * t->cpus_rounded : NULL;
}

int templates__timed_types(const struct templates *t)
{
	return t->timed_types;
}

int templates__timed_from(const struct templates *t, int type)
{
	return type < t->timed_types ? 0 : type;
}

int templates__cpus(const struct templates *t)
{
	return t->cpus;
}

const struct templates_maps *templates__maps(const struct templates *t)
{
	return &t->maps;
}

int templates__control_fd(const struct templates *t)
{
	return bpf_map__fd(bpf_object__find_map_by_name(t->obj, ".bss"));
}

void templates__unfollow(struct templates *t)
{
	__atomic_fetch_sub(&t->following->n, 1, __ATOMIC_RELAXED);
}

__u64 templates__missed_unlocks(const struct templates *t)
{
	return hooks__missed(t->hooks, "folio_is_unlocked") + hooks__missed(t->hooks, "folio_is_read");
}

void templates__track(struct templates *t, int held, int readers)
{
	t->held = held;
	t->readers = readers;
}

volatile struct vl_control *templates__control(struct templates *t)
{
	return t->control;
}

size_t templates__map_bytes(const struct templates *t)
{
	return t->map_bytes + banks__bytes(&t->rows) + banks__bytes(&t->histograms);
}

bool templates__can_pair(const struct templates *t, enum flavour flavour)
{
	return flavour == FLAVOUR_PORTABLE || t->has_cmpxchg;
}

int templates__attach_hooks(struct templates *t)
{
	return hooks__attach(t->hooks);
}

/* All maps are those of the first object; the hash of portable pairs is that of the first portable one. */
static int reuse_maps(struct templates *t, struct bpf_object *obj)
{
	struct bpf_map *map, *mine;
	int err;

	bpf_object__for_each_map(map, obj) {
		int fd;

		mine = bpf_object__find_map_by_name(t->obj, bpf_map__name(map));
		fd = mine ? bpf_map__fd(mine) : t->maps.frames_by_place;
		if (fd < 0)
			continue;
		err = bpf_map__reuse_fd(map, fd);
		if (err)
			return err;
	}
	return 0;
}

static int relocate(struct templates *t, enum flavour flavour, const int *wanted, int n)
{
	struct bpf_object *obj;
	int err = open_object(flavour, &obj);

	if (err)
		return err;
	set_autoload(obj, wanted, n);
	t->relocating = flavour;
	err = reuse_maps(t, obj);
	if (!err)
		err = bpf_object__load(obj);
	if (!err && flavour == FLAVOUR_PORTABLE && t->maps.frames_by_place < 0) {
		err = find_map(obj, "frames_by_place", &t->maps.frames_by_place);
		if (!err)
			t->map_bytes += globals__map_memory(t->maps.frames_by_place);
	}
	if (err)
		fprintf(stderr, "vfslock: program templates cannot be relocated: %s\n", strerror(-err));
	t->more[t->n_more++] = obj;
	return err;
}

int templates__prepare(struct templates *t, enum flavour flavour, const int *methods_wanted, int n)
{
	int *todo = calloc((size_t)n + 1, sizeof(*todo)), n_todo = 0, err = 0;
	void *more = realloc(t->more, (size_t)(t->n_more + 1) * sizeof(*t->more));

	if (more)
		t->more = more;
	if (!todo || !more) {
		free(todo);
		return -ENOMEM;
	}
	for (int i = 0; i < n; i++)
		if (!t->of[flavour][methods_wanted[i]][TEMPLATE_ONCE].insns)
			todo[n_todo++] = methods_wanted[i];
	if (n_todo)
		err = relocate(t, flavour, todo, n_todo);
	free(todo);
	return err;
}

static bool is_plan_constant(const struct bpf_insn *insn)
{
	return insn[0].code == (BPF_LD | BPF_IMM | BPF_DW) && !insn[0].src_reg && (__u32)insn[1].imm == VL_PLAN_MAGIC &&
	       (__u32)insn[0].imm < VL_PLAN_MAX;
}

/* What an lddw becomes: a constant, or the address @offset bytes into the value of @map. */
struct patched {
	bool is_address;
	int map;
	__u32 offset;
	__u64 value;
};

static int plan_constant(struct templates *t, const struct clone *c, int index, struct patched *out)
{
	*out = (struct patched){.value = c->plan[index]};
	switch (index) {
	case VL_PLAN_FUNCTION:
		out->value = (__u64)c->function;
		return 0;
	case VL_PLAN_CPUS:
		out->value = (__u64)t->cpus_rounded - 1;
		return 0;
	case VL_PLAN_TIMED:
		out->value = (__u64)t->timed_types;
		return 0;
	case VL_PLAN_FRAMES:
		out->is_address = true;
		out->map = t->maps.frames;
		return 0;
	case VL_PLAN_HELD:
	case VL_PLAN_READERS:
		/* Without tracking the code behind it is dead, but must name some address. */
		out->is_address = true;
		out->map = index == VL_PLAN_HELD ? t->held : t->readers;
		return out->map >= 0 ? 0 : banks__place(&t->rows, c->function, &out->map, &out->offset);
	case VL_PLAN_ROWS:
		out->is_address = true;
		return banks__place(&t->rows, c->function, &out->map, &out->offset);
	case VL_PLAN_HISTOGRAM:
		/* Without latency the code behind it is dead, but must name some address. */
		out->is_address = true;
		return c->histogram >= 0 ? banks__place(&t->histograms, c->histogram, &out->map, &out->offset)
					 : banks__place(&t->rows, c->function, &out->map, &out->offset);
	default:
		return 0;
	}
}

static int patch_constant(struct templates *t, struct bpf_insn *insn, const struct clone *c)
{
	struct patched p;
	int err = plan_constant(t, c, insn[0].imm, &p);

	if (err)
		return err;
	if (p.is_address) {
		insn[0].src_reg = BPF_PSEUDO_MAP_VALUE;
		insn[0].imm = p.map;
		insn[1].imm = (__s32)p.offset;
	} else {
		insn[0].imm = (__s32)p.value;
		insn[1].imm = (__s32)(p.value >> 32);
	}
	return 0;
}

int templates__arg_offset(bool kprobe, int position)
{
	/* arch/x86/include/asm/ptrace.h: rdi, rsi, rdx, rcx, r8, r9; what does not fit lies on the stack. */
	static const int registers[] = {112, 104, 96, 88, 72, 64};

	if (!kprobe)
		return 8 * position;
	return position < (int)(sizeof(registers) / sizeof(registers[0])) ? registers[position] : -E2BIG;
}

#define REGS_AX 80

static int patch_argument(struct bpf_insn *insn, const struct clone *c)
{
	int number = (insn->off - VL_ARG_OFFSET) / 8, offset;

	if (number == VL_ARG_RETURN)
		offset = c->kprobe ? REGS_AX : 8 * c->func.args;
	else if (c->position[number] < 0)
		return -EINVAL;
	else
		offset = templates__arg_offset(c->kprobe, c->position[number]);
	insn->off = (__s16)offset;
	return offset < 0 ? offset : 0;
}

static int patch(struct templates *t, struct bpf_insn *insns, size_t n, const struct clone *c)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		if (i + 1 < n && is_plan_constant(&insns[i]))
			err = patch_constant(t, &insns[i], c);
		else if (insns[i].code == (BPF_LDX | BPF_MEM | BPF_DW) && insns[i].off >= VL_ARG_OFFSET)
			err = patch_argument(&insns[i], c);
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			i++; /* its second half is data */
	}
	return err;
}

/* The verifier tells why in its last line but one; what stands before is the walk to it. */
static void keep_reason(char *log, size_t log_size, const char *words)
{
	const char *end = strstr(words, "\nprocessed "), *start;

	if (!log)
		return;
	if (!end)
		end = words + strlen(words);
	for (start = end; start > words && start[-1] != '\n'; start--)
		;
	snprintf(log, log_size, "%.*s", (int)(end - start), start);
}

static int load_clone(const struct clone *c, const struct bpf_insn *insns, size_t n, char *words, size_t words_size)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .attach_btf_id = (__u32)c->func.id,
		    .attach_btf_obj_fd = (__u32)c->func.obj_fd,
		    .expected_attach_type = c->kind == TEMPLATE_LEAVE ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY);
	LIBBPF_OPTS(bpf_prog_load_opts, kprobe_opts);
	struct bpf_prog_load_opts *o = c->kprobe ? &kprobe_opts : &opts;
	char name[16];

	snprintf(name, sizeof(name), "vl_%s", c->name);
	if (words) {
		o->log_buf = words;
		o->log_size = (__u32)words_size;
		o->log_level = 1;
	}
	return bpf_prog_load(c->kprobe ? BPF_PROG_TYPE_KPROBE : BPF_PROG_TYPE_TRACING, name, "GPL", insns, n, o);
}

int templates__clone(struct templates *t, const struct clone *c, char *log, size_t log_size)
{
	const struct template *from = &t->of[c->flavour][c->method][c->kind];
	size_t words_size = 1 << 20;
	struct bpf_insn *insns;
	char *words;
	int fd;

	if (!from->insns)
		return -ENOENT;
	insns = malloc(from->n * sizeof(*insns));
	if (!insns)
		return -ENOMEM;
	memcpy(insns, from->insns, from->n * sizeof(*insns));
	fd = patch(t, insns, from->n, c);
	if (fd) {
		free(insns);
		return fd;
	}
	fd = load_clone(c, insns, from->n, NULL, 0);
	if (fd < 0 && (words = calloc(1, words_size))) {
		fd = load_clone(c, insns, from->n, words, words_size);
		if (fd < 0)
			keep_reason(log, log_size, words);
		free(words);
	}
	free(insns);
	return fd;
}
