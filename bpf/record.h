/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts calls by (function, signature). The common case, a signature judged as unsuspicious, costs one array lookup
 * and one increment in a per-CPU cache line; a new or suspicious one is counted per call stack with all that was read.
 * Counts are exact: nothing depends on the ring buffer, which only carries notices.
 */
#ifndef VFSLOCK_RECORD_H
#define VFSLOCK_RECORD_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vl_sig_key);
	__type(value, struct vl_sig_value);
} signatures SEC(".maps");

/* What the judge said of a signature: enum vl_sig_state. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vl_sig_key);
	__type(value, __u32);
} verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct vl_stack_key);
	__type(value, struct vl_stack_value);
} by_stack SEC(".maps");

/* Call paths whose calls nobody wants to hear of one by one: no violations. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct vl_stack_key);
	__type(value, __u32);
} muted SEC(".maps");

#define VL_STACK_DEPTH 48
#define EEXIST 17

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__uint(value_size, VL_STACK_DEPTH * sizeof(__u64));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2048);
	__type(key, __s32);
	__uint(value_size, VL_STACK_DEPTH * sizeof(__u64));
} more_stacks SEC(".maps");

/* What the task held at the sample of a stack, and the one that held what it should have held: if locks are tracked. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct vl_stack_key);
	__type(value, struct vl_task_locks);
} held_by_stack SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct vl_stack_key);
	__type(value, struct vl_task_locks);
} holder_by_stack SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, VL_N_LOST);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

static __always_inline void vl_lose(__u32 reason)
{
	__u64 *n = bpf_map_lookup_elem(&lost, &reason);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* Room to bring a stack to the second map. Its user may be interrupted, or preempted, by another one. */
struct vl_stack_room {
	__u64 busy;
	__u64 ips[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vl_stack_room);
} stack_room SEC(".maps");

/* A stack whose place is taken in the first map, under a hash of its own. */
static __always_inline __s32 vl_take_another_stack(void *ctx)
{
	__u32 zero = 0;
	volatile struct vl_stack_room *room = bpf_map_lookup_elem(&stack_room, &zero);
	int err = -1; /* the kernel calls the map's own function, which returns no more */
	__s64 size;
	__u64 hash = 0;
	__s32 id;

	if (!room || room->busy)
		return -1;
	room->busy = 1;
	/* Fills what it does not need with zeroes. */
	size = bpf_get_stack(ctx, (void *)room->ips, VL_STACK_DEPTH * sizeof(__u64), 0);
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < VL_STACK_DEPTH; i++) {
		__u64 at = i;

		asm volatile("%0 &= 63" : "+r"(at)); /* never changes it; bounds it for the verifier */
		hash = (hash ^ room->ips[at]) * 0x9E3779B97F4A7C15ULL;
	}
	id = VL_MORE_STACKS + (hash >> 34);
	if (size > 0)
		err = bpf_map_update_elem(&more_stacks, &id, (void *)room->ips, BPF_NOEXIST);
	room->busy = 0;
	return err && err != -EEXIST ? -1 : id;
}

static __always_inline __s32 vl_take_stack(void *ctx)
{
	__s32 id = bpf_get_stackid(ctx, &stacks, 0);

	if (id == -EEXIST)
		id = vl_take_another_stack(ctx);
	if (id < 0)
		vl_lose(VL_LOST_no_stack);
	return id;
}

struct vl_following following SEC(".bss.following");

/* Stacks that only folios which are followed may need: of 128 calls at once, and of one in a millisecond beyond. They
 * cost more than all else here. */
#define VL_STACK_EVERY_NS 1000000ULL
#define VL_STACK_BURST_NS (128 * VL_STACK_EVERY_NS)

static __always_inline bool vl_stack_allowed(__u64 now)
{
	__u64 spent = following.stack_ns;

	if (spent < now)
		spent = now;
	if (spent - now > VL_STACK_BURST_NS)
		return false;
	following.stack_ns = spent + VL_STACK_EVERY_NS;
	return true;
}

static __always_inline void vl_notify(struct vl_event *ev)
{
	if (bpf_ringbuf_output(&events, ev, sizeof(*ev), 0))
		vl_lose(VL_LOST_ring_full);
}

/* A call to be counted; what does not change from call to call is folded into the code. */
struct vl_call {
	__u64 sig;
	__u32 owner;
	__u32 n_words;
	const __s32 *stack;            /* taken before; NULL: it can be taken now */
	__s32 slept;                   /* of VL_SIG_SLEPT: see struct vl_stack_value */
	const __u64 *words;            /* of a frame; NULL: they are in the sample */
	struct vl_stack_value *sample; /* room on the stack, which one call fills only once */
};

/*
 * The task by whose hold a lock is not this one's, at the entry: of the first of the call's locks that has one. It is
 * in the second word of a rwsem, and the only one of a mutex.
 */
static __always_inline __u64 vl_find_holder(struct vl_stack_value *s)
{
	for (int i = 0; i < VL_METHOD_SLOTS; i++) {
		__u64 state = s->sig >> (4 * i) & 15;

		if (state != VL_STATE_EXCLUSIVE_OTHER && state != VL_STATE_SHARED_OTHER)
			continue;
		s->holder_slot = i;
		return (s->words[2 * i + 1] ? s->words[2 * i + 1] : s->words[2 * i]) & ~7ULL;
	}
	return 0;
}

/* Copied from its task, which may be gone, so that the address is another object's: a name at the worst. */
static __always_inline void vl_name_holder(const struct task_struct *task, struct vl_stack_value *s)
{
	bpf_core_read(&s->holder_pid, sizeof(s->holder_pid), &task->pid);
	bpf_core_read(&s->holder_tgid, sizeof(s->holder_tgid), &task->tgid);
	bpf_core_read(s->holder_comm, sizeof(s->holder_comm), &task->comm);
}

static __always_inline void vl_fill_sample(const struct vl_call *call, __u64 now)
{
	struct vl_stack_value *s = call->sample;
	__u64 id = bpf_get_current_pid_tgid();

	s->calls = 1;
	s->first_ns = s->last_ns = now;
	s->task = bpf_get_current_task();
	s->pid = id;
	s->tgid = id >> 32;
	s->cpu = bpf_get_smp_processor_id();
	s->n_words = call->n_words;
	s->sig = call->sig;
	s->holder = 0;
	s->holder_pid = s->holder_tgid = s->holder_slot = 0;
	s->slept = call->sig & VL_SIG_SLEPT ? call->slept : -1;
	__builtin_memset(s->holder_comm, 0, sizeof(s->holder_comm));
	bpf_get_current_comm(s->comm, sizeof(s->comm));
	for (__u32 i = 0; i < 2 * VL_METHOD_SLOTS; i++)
		if (i >= call->n_words)
			s->words[i] = 0;
	if (call->words)
		bpf_probe_read_kernel(s->words, call->n_words * sizeof(__u64), call->words);
}

static __always_inline void vl_keep_locks(void *map, const struct vl_stack_key *key, __u64 task)
{
	struct vl_task_locks *t = task ? vl_held_find(vl_plan_pointer(VL_PLAN_HELD), task) : 0;

	if (t)
		bpf_map_update_elem(map, key, t, BPF_NOEXIST);
}

/*
 * The sample is read back from the map: where its own words lie, the verifier would follow what is tested here back to
 * the states of the locks, and from then on tell all their combinations apart.
 */
static __always_inline void vl_keep_holders(const struct vl_stack_key *key)
{
	struct vl_stack_value *s = bpf_map_lookup_elem(&by_stack, key);

	if (!s)
		return;
	s->holder = vl_find_holder(s);
	if (s->holder)
		vl_name_holder((const struct task_struct *)s->holder, s);
	/* What the interrupted task holds has nothing to do with the call. */
	if (!vl_plan(VL_PLAN_TRACKED) || s->sig & VL_SIG_INTERRUPT)
		return;
	vl_keep_locks(&held_by_stack, key, s->task);
	vl_keep_locks(&holder_by_stack, key, s->holder);
}

/* The sample is in the map by now: its room is used again, as the programs' stack is small. */
static __always_inline void vl_notify_call(enum vl_event_type type, const struct vl_stack_key *key, __u64 now,
					   struct vl_stack_value *room)
{
	struct vl_call_event *ev = (struct vl_call_event *)room;
	__u64 id = bpf_get_current_pid_tgid();

	_Static_assert(sizeof(*ev) <= sizeof(*room), "the event fits where the sample was");
	ev->type = type;
	ev->fn = key->fn;
	ev->sig = key->sig;
	ev->ns = now;
	ev->stack = key->stack;
	ev->target = key->target;
	ev->pid = id;
	ev->tgid = id >> 32;
	ev->cpu = bpf_get_smp_processor_id();
	ev->zero = 0;
	bpf_get_current_comm(ev->comm, sizeof(ev->comm));
	if (bpf_ringbuf_output(&events, ev, sizeof(*ev), 0))
		vl_lose(VL_LOST_ring_full);
}

/* Counts the call under its stack; the first call of a stack keeps the sample. */
static __always_inline void vl_count_stack(void *ctx, __u64 fn, const struct vl_call *call)
{
	struct vl_stack_key key = {.fn = fn, .sig = call->sig, .target = vl_target_of(call->owner)};
	struct vl_stack_value *known;
	__u64 now = bpf_ktime_get_ns();

	key.stack = call->stack ? *call->stack : vl_take_stack(ctx);
	known = bpf_map_lookup_elem(&by_stack, &key);
	if (!known) {
		vl_fill_sample(call, now);
		if (!bpf_map_update_elem(&by_stack, &key, call->sample, BPF_NOEXIST)) {
			vl_keep_holders(&key);
			vl_notify_call(VL_EVENT_STACK, &key, now, call->sample);
			return;
		}
		known = bpf_map_lookup_elem(&by_stack, &key); /* another CPU was first, or the table is full */
		if (!known) {
			vl_lose(VL_LOST_stacks_full);
			return;
		}
	}
	__sync_fetch_and_add(&known->calls, 1);
	known->last_ns = now;
	if (control.every_call && !bpf_map_lookup_elem(&muted, &key))
		vl_notify_call(VL_EVENT_CALL, &key, now, call->sample);
}

static __always_inline __u64 vl_cpu(void)
{
	__u64 cpu = bpf_get_smp_processor_id(), mask = vl_plan(VL_PLAN_CPUS);

	asm volatile("%0 &= %1" : "+r"(cpu) : "r"(mask)); /* never changes it; bounds it for the verifier */
	return cpu;
}

/*
 * An unsuspicious signature is cached in @row, except that of a call from an interrupt: those can come in the middle of
 * the increment of a row, and are counted atomically instead.
 *
 * Inlined everywhere: in a program with a BPF subprogram, 5.10's jit_subprogs() leaves the main program without the
 * table of faults that its loads may take, and the first NULL pointer it follows is a panic (search_bpf_extables()).
 */
static __always_inline void vl_count_slow(void *ctx, __u64 fn, const struct vl_call *call, struct vl_row *row)
{
	struct vl_sig_key key = {.fn = fn, .sig = call->sig};
	struct vl_sig_value *known = bpf_map_lookup_elem(&signatures, &key), fresh = {};
	__u32 *verdict = bpf_map_lookup_elem(&verdicts, &key);
	bool ok = verdict && *verdict == VL_SIG_OK;

	if (!known) {
		bpf_map_update_elem(&signatures, &key, &fresh, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&signatures, &key);
		if (!known) {
			vl_lose(VL_LOST_signatures_full);
			return;
		}
	}
	for (int i = 0; ok && !(call->sig & VL_SIG_INTERRUPT) && i < VL_ROW_SIGS; i++) {
		if (!row->of[i].sig) {
			row->of[i].sig = call->sig;
			row->of[i].calls = 1;
			return;
		}
	}
	__sync_fetch_and_add(&known->calls, 1);
	if (!ok)
		vl_count_stack(ctx, fn, call);
}

/* Written out, as clang would otherwise make one increment at a computed address of the four. */
#define VL_ROW_STEP(i)                                                                                                 \
	do {                                                                                                           \
		if (row->of[i].sig == call->sig) {                                                                     \
			row->of[i].calls++;                                                                            \
			asm volatile("" ::"i"(i));                                                                     \
			return;                                                                                        \
		}                                                                                                      \
	} while (0)

static __always_inline void vl_count(void *ctx, const struct vl_call *call, __u64 cpu)
{
	struct vl_row *row = (struct vl_row *)vl_plan_pointer(VL_PLAN_ROWS) + cpu;

	asm volatile("" : "+r"(row)); /* or clang would add it up anew for each of the four */
	VL_ROW_STEP(0);
	VL_ROW_STEP(1);
	VL_ROW_STEP(2);
	VL_ROW_STEP(3);
	vl_count_slow(ctx, vl_plan(VL_PLAN_FUNCTION), call, row);
}

/* A type of filesystem that has no place of its own gets nobody else's. */
static __always_inline void vl_count_latency(__u64 sig, __u64 ns, __u64 cpu)
{
	struct vl_hist *h = (struct vl_hist *)vl_plan_pointer(VL_PLAN_HISTOGRAM) + cpu;
	__u64 bucket = vl_hist_index(ns);

	if (vl_plan(VL_PLAN_TYPES)) {
		__u64 type = (sig >> VL_SIG_TYPE_SHIFT & (VL_TYPES - 1)) - vl_plan(VL_PLAN_TIMED_FROM);
		__u64 cpus = vl_plan(VL_PLAN_CPUS) + 1;

		if (type >= vl_plan(VL_PLAN_TIMED))
			return;
		/* Written out: 6.1's verifier knows the bounds of a product only if the second factor is a constant. */
		asm volatile("%0 *= %1" : "+r"(type) : "r"(cpus));
		h += type;
	}

	if (bucket >= VL_HIST_BUCKETS)
		return;
	h->counts[bucket]++;
	h->sum_ns += ns;
	if (ns > h->max_ns)
		h->max_ns = ns;
}

#endif
