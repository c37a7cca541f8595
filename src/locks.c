// SPDX-License-Identifier: GPL-2.0-only
#include "locks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "globals.h"
#include "locks_tracker.h"
#include "objects.h"
#include "templates.h"

const char *tracked__name(enum vl_tracked class)
{
	static const char *const names[VL_N_TRACKED] = {
#define X(name) [VL_TRACKED_##name] = #name,
		VL_TRACKED(X)
#undef X
	};

	return class > VL_UNTRACKED && class < VL_N_TRACKED ? names[class] : "?";
}

const char *held_mode__name(enum vl_held_mode mode)
{
	return mode == VL_HELD_SHARED ? "shared" : "exclusive";
}

int lock_source__parse(const char *word, enum lock_source *out)
{
	static const char *const names[] = {
		[LOCKS_AUTO] = "auto", [LOCKS_BY_HOOKS] = "hooks", [LOCKS_BY_TRACEPOINTS] = "tracepoints"};

	for (int i = 0; i < 3; i++)
		if (!strcmp(word, names[i])) {
			*out = (enum lock_source)i;
			return 0;
		}
	fprintf(stderr, "vfslock: --lock-source %s: give auto, hooks or tracepoints\n", word);
	return -EINVAL;
}

/* "fexit/down_read" -> "down_read" */
static const char *place_of(const struct bpf_program *prog)
{
	const char *slash = strchr(bpf_program__section_name(prog), '/');

	return slash ? slash + 1 : "";
}

/* Does this kernel have what the program sits on, and is it meant for how the table is fed? */
static bool is_wanted(const struct lock_tracker *t, const struct bpf_program *prog)
{
	const char *name = bpf_program__name(prog), *section = bpf_program__section_name(prog);

	if (begins(section, "iter/"))
		return kbtf__has_function(t->kb, "bpf_iter_task_vma");
	if (begins(name, "lockdep_") && !t->by_tracepoints)
		return false;
	/* Lockdep does not show the locks of a frozen filesystem as they are: they are handed over. */
	if ((begins(name, "take_") || begins(name, "release_")) && t->by_tracepoints && !strstr(name, "percpu"))
		return false;
	if (begins(section, "tp_btf/"))
		return kbtf__has_tracepoint(t->kb, place_of(prog));
	return kbtf__has_function(t->kb, place_of(prog));
}

/* Releases before takes, so that nothing is thought to be held whose release was not watched. */
static int attach_rank(const char *program)
{
	static const char *const last[] = {"wait_", "waited_", "take_", "lockdep_acquire"};

	for (size_t i = 0; i < sizeof(last) / sizeof(last[0]); i++)
		if (begins(program, last[i]))
			return 1 + (int)i;
	return 0;
}

static void choose_programs(struct lock_tracker *t)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, t->obj)
		bpf_program__set_autoload(prog, is_wanted(t, prog));
	for (int rank = 0; rank <= 4; rank++)
		bpf_object__for_each_program(prog, t->obj) {
			const char *name = bpf_program__name(prog);

			if (!bpf_program__autoload(prog) || attach_rank(name) != rank || t->n_hooks == MAX_HOOKS ||
			    begins(bpf_program__section_name(prog), "iter/"))
				continue;
			t->programs[t->n_hooks] = prog;
			t->hooks[t->n_hooks++] = (struct lock_hook){.on = place_of(prog), .program = name};
		}
}

static int map_fd(const struct lock_tracker *t, const char *name)
{
	struct bpf_map *map = bpf_object__find_map_by_name(t->obj, name);

	return map ? bpf_map__fd(map) : -ENOENT;
}

static void *map_value(int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *mem = mmap(NULL, (size + page - 1) & ~(page - 1), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return mem == MAP_FAILED ? NULL : mem;
}

static int find_maps(struct lock_tracker *t)
{
	struct bpf_map *map;

	t->held_fd = map_fd(t, ".bss.held");
	t->readers_fd = map_fd(t, ".bss.readers");
	t->tables_fd = map_fd(t, ".bss.lock_tables");
	t->class_fd = map_fd(t, "class_stats");
	t->site_fd = map_fd(t, "site_stats");
	t->lost_fd = map_fd(t, "lock_lost");
	if (t->held_fd < 0 || t->readers_fd < 0 || t->tables_fd < 0 || t->class_fd < 0 || t->site_fd < 0 ||
	    t->lost_fd < 0)
		return -ENOENT;
	t->held = map_value(t->held_fd, VL_HELD_SLOTS * sizeof(*t->held));
	t->tables = map_value(t->tables_fd, sizeof(*t->tables));
	bpf_object__for_each_map(map, t->obj)
		t->map_bytes += globals__map_memory(bpf_map__fd(map));
	return t->held && t->tables ? 0 : -errno;
}

static int load(struct lock_tracker *t, const struct locks_setup *s)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "vfslock");
	struct vl_lock_options options = {.caller_word = (__u32)s->caller_word,
					  .no_acquired = !kbtf__has_tracepoint(s->kb, "lock_acquired")};
	struct bpf_map *control, *constants;
	int err;

	t->obj = bpf_object__open_mem(locks_object, OBJECT_SIZE(locks_object), &opts);
	if (!t->obj)
		return -errno;
	choose_programs(t);
	control = bpf_object__find_map_by_name(t->obj, ".bss");
	constants = bpf_object__find_map_by_name(t->obj, ".rodata");
	if (!control || !constants)
		return -ENOENT;
	err = bpf_map__reuse_fd(control, s->control_fd);
	if (!err)
		err = bpf_map__set_initial_value(constants, &options, sizeof(options));
	if (!err)
		err = bpf_object__load(t->obj);
	return err ? err : find_maps(t);
}

/* The locks that are known by their address, as struct owner so that the same search places them. */
struct fixed_locks {
	struct owner at[VL_FIXED / 4];
	struct vl_fixed what[VL_FIXED / 4];
	int n;
};

static void add_fixed(struct fixed_locks *f, __u64 object, int offset, enum vl_tracked class)
{
	if (!object || offset < 0 || f->n == VL_FIXED / 4)
		return;
	f->at[f->n] = (struct owner){.address = object + (__u64)offset};
	f->what[f->n] = (struct vl_fixed){.lock = f->at[f->n].address, .class = (__u8) class};
	f->n++;
}

static void add_target(struct fixed_locks *f, struct kbtf *kb, const struct target *target)
{
	int size = kbtf__size(kb, "percpu_rw_semaphore");
	int writers = kbtf__offset(kb, "super_block.s_writers.rw_sem");

	add_fixed(f, target->super_block, kbtf__offset(kb, "super_block.s_umount"), VL_TRACKED_s_umount);
	add_fixed(f, target->super_block, kbtf__offset(kb, "super_block.s_dquot.dqio_sem"), VL_TRACKED_dqio_sem);
	add_fixed(f, target->super_block, kbtf__offset(kb, "super_block.s_vfs_rename_mutex"),
		  VL_TRACKED_s_vfs_rename_mutex);
	/* SB_FREEZE_WRITE, SB_FREEZE_PAGEFAULT, SB_FREEZE_FS */
	for (int level = 0; writers >= 0 && size > 0 && level < 3; level++)
		add_fixed(f, target->super_block, writers + level * size, VL_TRACKED_s_writers);
	add_fixed(f, target->disk, kbtf__offset(kb, "gendisk.open_mutex"), VL_TRACKED_open_mutex);
}

static void add_globals(struct fixed_locks *f, const struct ksyms *ks)
{
	static const struct {
		const char *symbol;
		enum vl_tracked class;
	} globals[] = {
		{"namespace_sem", VL_TRACKED_namespace_sem},
		{"blocked_lock_lock", VL_TRACKED_blocked_lock_lock},
	};

	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++) {
		__u64 addr;

		if (!ksyms__addr(ks, globals[i].symbol, NULL, &addr))
			add_fixed(f, addr, 0, globals[i].class);
	}
}

/* Without a place for one no lock must be taken for it: then none is known by its address. */
int locks__set_targets(struct lock_tracker *t, const struct ksyms *ks, const struct target *targets, int n_targets)
{
	struct fixed_locks *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	for (int i = 0; i < n_targets; i++)
		if (!targets[i].unmounted)
			add_target(f, t->kb, &targets[i]);
	add_globals(f, ks);
	for (int i = 0; i < VL_FIXED; i++)
		t->tables->fixed[i].lock = VL_NOBODY;
	t->tables->multiplier = owners__place_in(f->at, f->n, VL_FIXED_BITS);
	for (int i = 0; t->tables->multiplier && i < f->n; i++)
		t->tables->fixed[f->at[i].index] = f->what[i];
	/* What was refused may be a lock of one of them now. */
	memset((void *)t->tables->rejected, 0, sizeof(t->tables->rejected));
	if (!t->tables->multiplier)
		fprintf(stderr,
			"vfslock: the locks of %d super_blocks cannot be told apart: not tracked are s_umount, "
			"s_vfs_rename_mutex, s_writers and open_mutex\n",
			n_targets);
	free(f);
	return 0;
}

int locks__open(const struct locks_setup *s, struct lock_tracker **out)
{
	bool lockdep = kbtf__has_tracepoint(s->kb, "lock_acquire");
	struct lock_tracker *t;
	int err;

	if (s->source == LOCKS_BY_TRACEPOINTS && !lockdep) {
		fputs("vfslock: this kernel has no tracepoint lock:lock_acquire (CONFIG_LOCKDEP): locks can only be "
		      "tracked by hooks (--lock-source hooks)\n",
		      stderr);
		return -ENOTSUP;
	}
	if (!templates__kernel_has_cmpxchg()) {
		fputs("vfslock: locks cannot be tracked here: that takes a compare-and-exchange in BPF programs (Linux "
		      "5.12); audit with --locks=word\n",
		      stderr);
		return -ENOTSUP;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	t->kb = s->kb;
	t->km = s->km;
	t->by_tracepoints = lockdep && s->source != LOCKS_BY_HOOKS;
	err = load(t, s);
	if (!err && t->tables)
		err = locks__set_targets(t, s->ks, s->targets, s->n_targets);
	if (err) {
		fprintf(stderr, "vfslock: the lock hooks cannot be loaded: %s\n", strerror(-err));
		locks__free(t);
		return err;
	}
	*out = t;
	return 0;
}

void locks__free(struct lock_tracker *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->n_hooks; i++)
		bpf_link__destroy(t->links[i]);
	if (t->held)
		munmap(t->held, VL_HELD_SLOTS * sizeof(*t->held));
	if (t->tables)
		munmap(t->tables, sizeof(*t->tables));
	bpf_object__close(t->obj);
	free(t);
}

/* Address spaces that have mappings of the audited filesystems now: the iterator does its work while it is read. */
static void find_present_mms(struct lock_tracker *t)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(t->obj, "keep_present_mms");
	struct bpf_link *link = bpf_program__autoload(prog) ? bpf_program__attach_iter(prog, NULL) : NULL;
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -ENOTSUP;
	char byte;

	if (fd < 0)
		fprintf(stderr,
			"vfslock: address spaces cannot be looked through (%s): mmap_lock is tracked for those "
			"that map a file from now on\n",
			strerror(-fd));
	while (fd >= 0 && read(fd, &byte, 1) > 0)
		;
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
}

int locks__attach(struct lock_tracker *t)
{
	int attached = 0;

	for (int i = 0; i < t->n_hooks; i++) {
		t->links[i] = bpf_program__attach(t->programs[i]);
		if (t->links[i]) {
			attached++;
			continue;
		}
		snprintf(t->hooks[i].reason, sizeof(t->hooks[i].reason), "%s", strerror(errno));
	}
	find_present_mms(t);
	if (attached)
		return locks__forget_lost(t);
	fprintf(stderr, "vfslock: no lock hook could be attached: %s\n",
		t->n_hooks ? t->hooks[0].reason : "this kernel has none of the functions");
	return -ENOTSUP;
}

int locks__held_fd(const struct lock_tracker *t)
{
	return t->held_fd;
}

int locks__readers_fd(const struct lock_tracker *t)
{
	return t->readers_fd;
}

enum vl_tracking locks__tracking(const struct lock_tracker *t)
{
	if (!t)
		return VL_TRACK_NOTHING;
	return t->by_tracepoints ? VL_TRACK_TRACEPOINTS : VL_TRACK_HOOKS;
}

int locks__n_programs(const struct lock_tracker *t)
{
	return t ? t->n_hooks : 0;
}

int locks__program(const struct lock_tracker *t, int i)
{
	return bpf_program__fd(t->programs[i]);
}

size_t locks__map_bytes(const struct lock_tracker *t)
{
	return t ? t->map_bytes : 0;
}
