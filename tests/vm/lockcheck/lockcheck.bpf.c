// SPDX-License-Identifier: GPL-2.0-only
/*
 * At every entry into a method that vfslock watches: what its table of held locks says of the current task, against
 * what lockdep knows. The table's maps are those of the vfslock that is running, by reuse.
 *
 * What is a tracked lock is told as vfslock tells it, but for its memory of refusals, so that a lock that is refused
 * wrongly is found missing.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "shared.h"
#include "held_layout.h"
#include "read.h"
#include "owners.h"
#include "held.h"
#include "classify.h"
#include "lockcheck.h"

#define MAX_DEPTH 48          /* include/linux/sched.h: MAX_LOCK_DEPTH */
#define IN_INTERRUPT 0xff0100 /* of preempt_count: NMI, hard interrupt, soft interrupt that is being served */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct held_lock {
	unsigned long acquire_ip;
	struct lockdep_map *instance;
	__u64 holdtime_stamp;
	unsigned int read : 2;
	unsigned int references : 11;
};

struct task_struct___lockdep {
	int lockdep_depth;
	struct held_lock held_locks[MAX_DEPTH];
};
#pragma clang attribute pop

char held[VL_HELD_SLOTS * sizeof(struct vl_task_locks)] SEC(".bss.held");

const volatile struct lc_options options;

extern const int __preempt_count __ksym;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LC_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LC_N_TOTALS);
	__type(key, __u32);
	__type(value, __u64);
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LC_N_CAUSES);
	__type(key, __u32);
	__type(value, __u64);
} causes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lc_samples);
} samples SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LC_NAMES);
	__type(key, struct lc_name);
	__type(value, __u64);
} names SEC(".maps");

/* One comparison. */
struct check {
	__u64 task, function;
	__u32 number; /* of the task's slot */
	__u32 slot;   /* 0: it has none */
	__u32 found;  /* mask of the slot's entries that lockdep has, too */
	__u32 differs, interrupt;
};

/* A lock, as the two know it. */
struct pair {
	__u64 lock, stamp_ns, acquire_ip;
	struct vl_held entry;         /* mode 0: the table does not have it */
	__u8 class, mode, references; /* mode 0: lockdep does not have it */
	__u32 index;
};

static __always_inline void count(void *map, __u32 index)
{
	__u64 *n = bpf_map_lookup_elem(map, &index);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* The slot that was found, by its number: a pointer cannot be handed to a callback. */
static __always_inline struct vl_task_locks *slot_of(const struct check *c)
{
	__u64 i = c->number & (VL_HELD_SLOTS - 1);

	asm volatile("" : "+r"(i));
	return (struct vl_task_locks *)(held + i * sizeof(struct vl_task_locks));
}

static __always_inline bool is_compared(__u8 class)
{
	/* Lockdep sees s_writers handed over, and no folio lock. */
	if (class == VL_TRACKED_s_writers || class == VL_TRACKED_folio_lock)
		return false;
	return options.spinlocks ||
	       (class != VL_TRACKED_i_lock && class != VL_TRACKED_d_lock && class != VL_TRACKED_blocked_lock_lock);
}

/* The tracked lock that lockdep knows by @map, or 0. As vl_lock_of(), but nothing is refused because it once was. */
static __always_inline __u64 tracked_lock(const struct lockdep_map *map, struct vl_class *out)
{
	const char *rwsem = (const char *)map - vl_offset(struct rw_semaphore, dep_map);
	const char *mutex = (const char *)map - vl_offset(struct mutex, dep_map);
	const char *spin = (const char *)map - vl_offset(raw_spinlock_t, dep_map);

	if (BPF_CORE_READ(map, wait_type_inner) != bpf_core_enum_value(enum lockdep_wait_type, LD_WAIT_SLEEP)) {
		if (options.spinlocks &&
		    (vl_is_fixed(&lock_tables, spin, out) || vl_is_member(&lock_tables, spin, VL_SHAPE_SPIN, out)))
			return (__u64)spin;
		return 0;
	}
	if (vl_is_fixed(&lock_tables, rwsem, out) || vl_is_member(&lock_tables, rwsem, VL_SHAPE_RWSEM, out))
		return (__u64)rwsem;
	return vl_is_fixed(&lock_tables, mutex, out) ? (__u64)mutex : 0;
}

static __noinline int note_name(__u32 class, __u64 map)
{
	const char *name = BPF_CORE_READ((const struct lockdep_map *)map, name);
	struct lc_name key = {.class = class};
	__u64 *n, one = 1;

	bpf_probe_read_kernel_str(key.name, sizeof(key.name), name);
	n = bpf_map_lookup_elem(&names, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&names, &key, &one, BPF_ANY);
	return 0;
}

static __always_inline __u8 cause_of(const struct check *c, const struct pair *p, __u8 result)
{
	struct vl_task_locks *t = slot_of(c);

	if (c->interrupt)
		return LC_interrupt;
	if (result == LC_only && (t->dropped == p->entry.since_ns || p->entry.flags & VL_HELD_HANDED_OVER))
		return LC_released_elsewhere;
	if (result == LC_missing && c->slot && t->n >= VL_HELD_LOCKS)
		return LC_no_room;
	if (result == LC_missing && p->stamp_ns && p->stamp_ns + options.offset_ns < options.start_ns)
		return LC_before;
	return LC_unexplained;
}

static __noinline int keep_sample(const struct check *c, const struct pair *p, __u8 result, __u8 cause)
{
	struct lc_sample *s;
	struct lc_samples *all;
	__u32 zero = 0, i;

	all = bpf_map_lookup_elem(&samples, &zero);
	if (!all || !c || !p)
		return 0;
	i = __sync_fetch_and_add(&all->n, 1);
	if (i >= LC_SAMPLES)
		return 0;
	s = &all->of[i];
	s->function = c->function;
	s->lock = p->lock;
	s->now_ns = bpf_ktime_get_ns();
	s->since_ns = p->entry.mode ? p->entry.since_ns : 0;
	s->stamp_ns = p->stamp_ns ? p->stamp_ns + options.offset_ns : 0;
	s->acquire_ip = p->acquire_ip;
	s->pid = bpf_get_current_pid_tgid();
	s->tgid = bpf_get_current_pid_tgid() >> 32;
	s->cpu = bpf_get_smp_processor_id();
	s->depth = p->index;
	s->caller = p->entry.caller;
	s->in_slot = c->slot ? slot_of(c)->n : 0;
	s->class = p->class;
	s->result = result;
	s->cause = cause;
	s->lockdep_mode = p->mode;
	s->table_mode = p->entry.mode;
	s->flags = p->entry.flags;
	s->rejected = *vl_rejected_at(&lock_tables, (void *)p->lock) == p->lock;
	s->references = p->references;
	bpf_get_current_comm(s->comm, sizeof(s->comm));
	return 0;
}

static __always_inline void judge(struct check *c, const struct pair *p, __u8 mode, __u8 result)
{
	__u8 cause;

	count(&counts, lc_count_index(c->interrupt, p->class, mode, result));
	if (result == LC_agree || result == LC_asked_for)
		return;
	cause = cause_of(c, p, result);
	c->differs = 1;
	count(&causes, cause);
	keep_sample(c, p, result, cause);
}

/* What the slot says of the pair's lock; marks the entry as found. */
static __always_inline void find_entry(struct check *c, struct pair *p)
{
	struct vl_task_locks *t = slot_of(c);

	for (__u32 i = 0; c->slot && i < VL_HELD_LOCKS && i < t->n; i++)
		if (t->of[i].lock == p->lock && !(c->found & 1U << i)) {
			p->entry = t->of[i];
			c->found |= 1U << i;
			return;
		}
}

/*
 * Of a lock that lockdep has, which it has from when the task asks for it. A task that does not hold it yet is in the
 * middle of that, and calls no method, but an interrupt may.
 */
static __always_inline __u8 result_of(const struct check *c, const struct pair *p)
{
	const struct vl_task_locks *t = slot_of(c);
	bool pending = p->entry.mode && p->entry.flags & VL_HELD_PENDING;

	if (p->entry.mode && !pending)
		return p->entry.mode == p->mode ? LC_agree : LC_other_mode;
	if (!c->interrupt || !c->slot)
		return LC_missing;
	return pending || (t->waiting == p->lock && !t->waited) ? LC_asked_for : LC_missing;
}

/* Lockdep's lock @i: is it in the slot? */
static long check_held(__u32 i, void *context)
{
	const char *task = (const char *)bpf_get_current_task(), *at;
	struct check *c = context;
	struct vl_class class = {};
	const struct lockdep_map *map;
	const struct held_lock *h;
	struct pair p = {};

	at = task + bpf_core_field_offset(struct task_struct___lockdep, held_locks);
	at += (__u64)i * bpf_core_type_size(struct held_lock);
	h = (const struct held_lock *)at;
	map = BPF_CORE_READ(h, instance);
	p.lock = tracked_lock(map, &class);
	if (!p.lock || !is_compared(class.class))
		return 0;
	p.index = i;
	p.class = class.class < VL_N_TRACKED ? class.class : 0;
	note_name(p.class, (__u64)map);
	p.mode = BPF_CORE_READ_BITFIELD_PROBED(h, read) ? VL_HELD_SHARED : VL_HELD_EXCLUSIVE;
	p.references = BPF_CORE_READ_BITFIELD_PROBED(h, references);
	p.acquire_ip = BPF_CORE_READ(h, acquire_ip);
	p.stamp_ns = BPF_CORE_READ(h, holdtime_stamp);
	find_entry(c, &p);
	judge(c, &p, p.mode, result_of(c, &p));
	return 0;
}

/* The slot's entry @i: has lockdep shown it? */
static long check_entry(__u32 i, void *context)
{
	struct check *c = context;
	struct vl_task_locks *t = slot_of(c);
	struct pair p = {};

	if (i >= VL_HELD_LOCKS || i >= t->n)
		return 1;
	p.entry = t->of[i];
	if (c->found & 1U << i || p.entry.flags & VL_HELD_PENDING || !is_compared(p.entry.class))
		return 0;
	p.index = i;
	p.lock = p.entry.lock;
	p.class = p.entry.class < VL_N_TRACKED ? p.entry.class : 0;
	judge(c, &p, p.entry.mode < LC_MODES ? p.entry.mode : 0, LC_only);
	return 0;
}

/* As vfslock finds it. */
static __always_inline void find_slot(struct check *c)
{
	const struct vl_task_locks *t = vl_held_find(held, c->task);

	if (!t)
		return;
	for (__u32 p = 0; p < VL_HELD_PROBES; p++)
		if (vl_held_at(held, c->task, p)->task == c->task) {
			c->number = (vl_low_half((void *)c->task) * VL_HASH >> (32 - VL_HELD_BITS)) + p;
			c->slot = 1;
			return;
		}
}

static __noinline int check(void *ctx)
{
	struct task_struct___lockdep *task = (void *)bpf_get_current_task();
	__u32 depth = BPF_CORE_READ(task, lockdep_depth);
	struct check c = {.task = (__u64)task, .function = bpf_get_func_ip(ctx)};
	const int *preempt = bpf_this_cpu_ptr(&__preempt_count);

	c.interrupt = (*preempt & IN_INTERRUPT) != 0;
	count(&totals, LC_ENTRIES);
	find_slot(&c);
	bpf_loop(depth < MAX_DEPTH ? depth : MAX_DEPTH, check_held, &c, 0);
	if (c.slot)
		bpf_loop(VL_HELD_LOCKS, check_entry, &c, 0);
	if (c.interrupt)
		count(&totals, LC_INTERRUPTS);
	if (c.differs)
		count(&totals, c.interrupt ? LC_INTERRUPTS_DIFFERING : LC_ENTRIES_DIFFERING);
	return 0;
}

SEC("kprobe")
int check_kprobe(void *ctx)
{
	return check(ctx);
}

/* One for each function: a program of this kind is loaded for one alone. */
#define CHECK(n)                                                                                                       \
	SEC("fentry")                                                                                                  \
	int check_##n(void *ctx)                                                                                       \
	{                                                                                                              \
		return check(ctx);                                                                                     \
	}
#define CHECK_4(n) CHECK(n##0) CHECK(n##1) CHECK(n##2) CHECK(n##3)
#define CHECK_16(n) CHECK_4(n##0) CHECK_4(n##1) CHECK_4(n##2) CHECK_4(n##3)
#define CHECK_64(n) CHECK_16(n##0) CHECK_16(n##1) CHECK_16(n##2) CHECK_16(n##3)

CHECK_64(0)
CHECK_64(1)
CHECK_64(2)
CHECK_64(3)
CHECK_64(4)
CHECK_64(5)

char LICENSE[] SEC("license") = "GPL";
