/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the stream is made of, without a kernel: call paths with counts, symbols, mounts and clocks that a test sets.
 * Judging, results and suppressions are the real ones.
 */
#ifndef STREAM_WORLD_H
#define STREAM_WORLD_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "stream.h"

#define SECOND 1000000000ULL
#define MAX_PATHS 16
#define MAX_TOLD 1024

static const char exclusive_rule[] = "inode_operations.create.i_rwsem.dir";
static const char block_rule[] = "inode_operations.create.may_block.task";
static const char shared_rule[] = "inode_operations.lookup.i_rwsem.dir";
static const char mapping_rule[] = "address_space_operations.read_folio.invalidate_lock.mapping";
static const char unlock_rule[] = "address_space_operations.read_folio.folio_lock.folio.after";

/* A function's address is its place here times 4096, moved by world.moved. */
enum symbol { NOWHERE, CREATE, LOOKUP, READ_FOLIO, VFS_CREATE, OPENAT, NFSD, READ_CACHE, N_SYMBOLS };

static const char *const symbol_names[] = {
	[CREATE] = "ext4_create",
	[LOOKUP] = "ext4_lookup",
	[READ_FOLIO] = "ext4_read_folio",
	[VFS_CREATE] = "vfs_create",
	[OPENAT] = "path_openat",
	[NFSD] = "nfsd_create",
	[READ_CACHE] = "do_read_cache_folio",
};

static struct {
	struct audit audit;
	struct function functions[3]; /* CREATE, LOOKUP, READ_FOLIO */
	short implements[3][2];
	struct target targets[2];
	struct seen_stack paths[MAX_PATHS];
	int n_paths;
	struct seen_signature signatures[MAX_PATHS];
	struct seen_folio folios[4];
	int n_folios;
	bool muted[MAX_PATHS];
	__u64 mixed, asked; /* how often it was asked for */
	__u64 moved;        /* where the kernel was loaded this time */
	__u64 mono_ns, wall_ns;
	struct alert told[MAX_TOLD];
	int n_told;
	struct stream *stream;
} world;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);
time_t __wrap_time(time_t *t);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	__u64 ns = clock == CLOCK_REALTIME ? world.wall_ns : world.mono_ns;

	*ts = (struct timespec){.tv_sec = (time_t)(ns / SECOND), .tv_nsec = (long)(ns % SECOND)};
	return 0;
}

time_t __wrap_time(time_t *t)
{
	assert_null(t);
	return (time_t)(world.wall_ns / SECOND);
}

static inline void pass_ns(__u64 ns)
{
	world.mono_ns += ns;
	world.wall_ns += ns;
}

/* Calls of one signature are counted together, as the kernel side does. */
const struct seen_signature *collector__signatures(const struct collector *c, int *n)
{
	(void)c;
	*n = 0;
	for (int i = 0; i < world.n_paths; i++) {
		const struct seen_stack *s = &world.paths[i];
		int at = 0;

		while (at < *n && (world.signatures[at].fn != s->fn || world.signatures[at].sig != s->sig))
			at++;
		if (at == *n)
			world.signatures[(*n)++] = (struct seen_signature){.fn = s->fn, .sig = s->sig};
		world.signatures[at].calls += s->sample.calls;
	}
	return world.signatures;
}

const struct seen_stack *collector__stacks(const struct collector *c, int *n)
{
	for (int i = 0; i < world.n_paths; i++)
		collector__name((struct collector *)c, &world.paths[i]);
	*n = world.n_paths;
	return world.paths;
}

int collector__stack_of(struct collector *c, const struct vl_call_event *ev)
{
	(void)c;
	return ev->stack >= 0 && ev->stack < world.n_paths ? ev->stack : -ENOENT;
}

void collector__mute(struct collector *c, int stack)
{
	(void)c;
	world.muted[stack] = true;
}

__u64 collector__mixed(const struct collector *c, int fn)
{
	(void)c;
	(void)fn;
	world.asked++;
	return world.mixed;
}

int collector__latency(const struct collector *c, int fn, int type, struct hist *out)
{
	(void)c;
	(void)fn;
	(void)type;
	(void)out;
	return -ENODATA;
}

__u64 collector__unreturned(const struct collector *c)
{
	(void)c;
	return 0;
}

int collector__lost(const struct collector *c, __u64 counts[VL_N_LOST], __u64 *recursion)
{
	(void)c;
	memset(counts, 0, VL_N_LOST * sizeof(counts[0]));
	*recursion = 0;
	return 0;
}

int collector__path(struct collector *c, int fn, __s32 stack, __u64 ips[STACK_MAX])
{
	(void)c;
	(void)fn;
	(void)stack;
	ips[0] = READ_FOLIO << 12;
	ips[1] = OPENAT << 12;
	return 2;
}

const struct seen_folio *follower__stuck(const struct follower *f, int *n)
{
	(void)f;
	*n = world.n_folios;
	return world.folios;
}

__u64 follower__pending(const struct follower *f, int number, int type)
{
	(void)f;
	(void)type;
	(void)number;
	return 0;
}

int follower__times(const struct follower *f, int number, int type, struct hist *out)
{
	(void)f;
	(void)number;
	(void)type;
	memset(out, 0, sizeof(*out));
	return 0;
}

__u64 templates__missed_unlocks(const struct templates *t)
{
	(void)t;
	return 0;
}

__u64 locks__missed(const struct lock_tracker *t)
{
	(void)t;
	return 0;
}

const char *tracked__name(enum vl_tracked class)
{
	(void)class;
	return "i_rwsem";
}

const char *held_mode__name(enum vl_held_mode mode)
{
	(void)mode;
	return "shared";
}

const struct target *audit__target_of(const struct audit *a, int target)
{
	(void)a;
	return target >= 0 && target < 2 ? &world.targets[target] : NULL;
}

bool plan__rule_active(const struct plan *p, const struct rule *r, const char **why)
{
	*why = r->unverifiable;
	return in_range(r->since, r->until, p->kernel) && rule_promises(r) && !r->unverifiable;
}

int ksyms__lookup(const struct ksyms *ks, __u64 addr, struct ksym *sym)
{
	__u64 at = (addr - world.moved) >> 12;

	(void)ks;
	if (!at || at >= N_SYMBOLS)
		return -ENOENT;
	*sym = (struct ksym){.name = symbol_names[at],
			     .addr = world.moved + (at << 12),
			     .size = 4096,
			     .offset = addr - world.moved - (at << 12)};
	return 0;
}

void collector__name(struct collector *c, struct seen_stack *s)
{
	struct ksym sym;

	(void)c;
	for (int i = 0; i < s->n_ips; i++)
		s->names[i] = ksyms__lookup(NULL, s->ips[i], &sym)
				      ? (struct frame_name){0}
				      : (struct frame_name){.function = sym.name, .start = sym.addr};
}

int ksyms__format(const struct ksyms *ks, __u64 addr, char *buf, size_t len)
{
	struct ksym sym;

	if (ksyms__lookup(ks, addr, &sym))
		return snprintf(buf, len, "0x%llx", addr);
	return snprintf(buf, len, "%s+0x%llx/0x%llx", sym.name, sym.offset, sym.size);
}

const short *plan__methods_at(const struct plan *p, __u64 addr)
{
	__u64 at = (addr - world.moved) >> 12;

	(void)p;
	return at >= CREATE && at <= READ_FOLIO ? world.implements[at - 1] : NULL;
}

static inline const struct rule *find_rule(const char *id)
{
	for (int i = 0; i < n_rules; i++)
		if (!strcmp(rules[i].id, id))
			return &rules[i];
	fail_msg("no rule %s", id);
	return NULL;
}

static inline void add_function(int at, const char *rule_id)
{
	short method = find_rule(rule_id)->method;

	world.implements[at][0] = method;
	world.implements[at][1] = -1;
	world.functions[at] = (struct function){.method = method,
						.ops = methods[method].ops,
						.addr = (__u64)(at + 1) << 12,
						.state = FUNCTION_ATTACHED,
						.pair = true};
	snprintf(world.functions[at].name, sizeof(world.functions[at].name), "%s", symbol_names[at + 1]);
	snprintf(world.functions[at].method_name, sizeof(world.functions[at].method_name), "%s", methods[method].name);
}

static void on_alert(void *arg, const struct alert *a)
{
	assert_ptr_equal(arg, &world);
	assert_true(world.n_told < MAX_TOLD);
	world.told[world.n_told++] = *a;
}

/* A stream with these options, into which tell and arg are put. */
static inline void open_stream(struct stream_options options)
{
	options.tell = on_alert;
	options.arg = &world;
	assert_int_equal(stream__open(&world.audit, &options, &world.stream), 0);
}

static int set_up(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	world.mono_ns = 1000 * SECOND;
	world.wall_ns = 1800000000 * SECOND; /* 2027-01-15T08:00:00Z */
	add_function(CREATE - 1, exclusive_rule);
	add_function(LOOKUP - 1, shared_rule);
	add_function(READ_FOLIO - 1, mapping_rule);
	world.targets[0] = (struct target){.path = "/mnt/a"};
	world.targets[1] = (struct target){.path = "/mnt/b"};
	world.audit.plan =
		(struct plan){.rules = rules, .functions = world.functions, .n_functions = 3, .kernel = 6 << 8 | 1};
	world.audit.plan.followed[0] = world.implements[READ_FOLIO - 1][0];
	world.audit.plan.n_followed = 1;
	world.audit.targets = world.targets;
	world.audit.n_targets = 2;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	stream__free(world.stream);
	suppressions__free(world.audit.suppressions);
	return 0;
}

/* The signature of a call that saw the lock of @rule in @seen, and could sleep. */
static inline __u64 seen_of(const char *rule, enum vl_state seen)
{
	return VL_SIG_VALID | VL_SIG_EXITED | (__u64)seen << (4 * find_rule(rule)->slot);
}

/* @calls of @function by way of @callers, ended by NOWHERE. Returns the path's number. */
static inline int add_path(enum symbol function, __u64 sig, const enum symbol *callers, __u64 calls)
{
	struct seen_stack *s = &world.paths[world.n_paths];

	assert_true(world.n_paths < MAX_PATHS);
	*s = (struct seen_stack){.fn = (int)function - 1, .sig = sig, .n_ips = 1};
	s->ips[0] = world.moved + ((__u64)function << 12);
	for (; *callers; callers++)
		s->ips[s->n_ips++] = world.moved + ((__u64)*callers << 12) + 0x12;
	s->sample = (struct vl_stack_value){.calls = calls,
					    .first_ns = world.mono_ns,
					    .last_ns = world.mono_ns,
					    .pid = 42,
					    .tgid = 41,
					    .comm = "mkdir"};
	return world.n_paths++;
}

#define BY(...) ((const enum symbol[]){__VA_ARGS__, NOWHERE})

static inline int add_create(__u64 calls)
{
	return add_path(CREATE, seen_of(exclusive_rule, VL_STATE_FREE), BY(VFS_CREATE, OPENAT), calls);
}

/* As a user looks at it. Returns how many violations there are by now. */
static inline __u64 update(bool all)
{
	struct results r;
	__u64 violations;

	assert_int_equal(results__make(&world.audit, &r), 0);
	assert_int_equal(stream__update(world.stream, &r, all), 0);
	violations = r.violations;
	results__free(&r);
	return violations;
}

/* From now on the lines of @text are in force; NULL: none. */
static inline void suppress(const char *text)
{
	char path[] = "/tmp/test_stream.XXXXXX";
	int fd;

	suppressions__free(world.audit.suppressions);
	world.audit.suppressions = NULL;
	if (!text)
		return;
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(suppressions__load(path, &world.audit.suppressions), 0);
	unlink(path);
}

#endif
