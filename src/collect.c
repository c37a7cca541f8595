// SPDX-License-Identifier: GPL-2.0-only
#include "collect.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "index.h"
#include "judge.h"
#include "names.h"

/* What /proc/kallsyms says that the programs and trampolines belong to. */
#define BPF_OBJECT "bpf"
/* Every so often all signatures are looked through, for those whose notice was dropped. */
#define SWEEP_NS 1000000000ULL

struct collector {
	struct plan *plan;
	struct templates *templates;
	struct ksyms *ks;
	bool fresh_symbols; /* read since the programs were attached */
	const struct templates_maps *maps;
	struct collect_events events;
	struct ring_buffer *ring;
	__u64 last_sweep_ns;
	struct seen_signature *signatures;
	int n_signatures, room_signatures;
	struct index signature_index;
	struct seen_stack *stacks; /* each stays at its place */
	int n_stacks, room_stacks;
	struct index stack_index;
	struct names names;
	__u64 n_unreturned;
	bool ended;
};

/* A breach without a drift condition in the signature itself: the callers decide, so each call's stack is wanted. */
static bool is_suspect(const struct plan *p, int fn, __u64 sig)
{
	const struct method *m = &methods[p->functions[fn].method];

	for (int i = 0; i < m->n_rules; i++) {
		const struct rule *r = &p->rules[m->first_rule + i];
		struct judgement j;
		const char *why;

		if (!plan__rule_active(p, r, &why))
			continue;
		j = judge__rule(r, sig);
		if (j.outcome == OUTCOME_BROKEN && !j.drift)
			return true;
	}
	return false;
}

static bool is_function(const struct collector *c, __u32 fn)
{
	return fn < (__u32)c->plan->n_functions && c->plan->functions[fn].method >= 0;
}

/*
 * A pair by kprobe asks at the entry whether a stack will be wanted (vl_stack_at_entry()): not for what was good in
 * every call so far.
 */
static void judge_entry(struct collector *c, __u32 fn, __u64 sig, __u32 state)
{
	const struct function *f = &c->plan->functions[fn];
	__u64 exit_bits = 0xffffULL << VL_SIG_EXIT_SHIFT | VL_SIG_EXITED | VL_SIG_SLEPT |
			  (__u64)methods[f->method].exit_conditions << VL_SIG_CONDITION;
	struct vl_sig_key key = {.fn = fn, .sig = sig & ~exit_bits};
	__u32 known;

	if (f->how != BY_KPROBE || !f->pair)
		return;
	if (bpf_map_lookup_elem(c->maps->verdicts, &key, &known) || known == VL_SIG_OK)
		bpf_map_update_elem(c->maps->verdicts, &key, &state, BPF_ANY);
}

static void judge_signature(struct collector *c, __u32 fn, __u64 sig)
{
	struct vl_sig_key key = {.fn = fn, .sig = sig};
	__u32 state;

	if (!is_function(c, fn) || !bpf_map_lookup_elem(c->maps->verdicts, &key, &state))
		return;
	state = is_suspect(c->plan, (int)fn, sig) ? VL_SIG_SUSPECT : VL_SIG_OK;
	/* Fails only when the table is full: the signature then stays new, which costs time and loses nothing. */
	bpf_map_update_elem(c->maps->verdicts, &key, &state, BPF_ANY);
	judge_entry(c, fn, sig, state);
}

static int on_event(void *arg, void *data, size_t size)
{
	const struct vl_call_event *call = data;
	const struct vl_event *ev = data;
	struct collector *c = arg;

	if (size < sizeof(ev->type))
		return 0;
	if (ev->type == VL_EVENT_STACK || ev->type == VL_EVENT_CALL) {
		if (size < sizeof(*call))
			return 0;
		if (ev->type == VL_EVENT_STACK)
			judge_signature(c, call->fn, call->sig);
		if (c->events.on_call)
			c->events.on_call(c->events.arg, call);
	} else if (size >= sizeof(*ev)) {
		c->events.on_event(c->events.arg, ev);
	}
	return 0;
}

int collector__open(struct plan *p, struct templates *t, struct ksyms *ks, const struct collect_events *events,
		    struct collector **out)
{
	struct collector *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	*c = (struct collector){.plan = p, .templates = t, .ks = ks, .maps = templates__maps(t), .events = *events};
	c->ring = ring_buffer__new(c->maps->events, on_event, c, NULL);
	if (!c->ring) {
		int err = -errno;

		fprintf(stderr, "vfslock: the ring buffer cannot be opened: %s\n", strerror(-err));
		collector__free(c);
		return err;
	}
	*out = c;
	return 0;
}

void collector__free(struct collector *c)
{
	if (!c)
		return;
	ring_buffer__free(c->ring);
	free(c->signatures);
	free(c->stacks);
	index__free(&c->signature_index);
	index__free(&c->stack_index);
	names__free(&c->names);
	free(c);
}

int collector__fd(const struct collector *c)
{
	return ring_buffer__epoll_fd(c->ring);
}

void collector__symbols_changed(struct collector *c)
{
	c->fresh_symbols = false;
}

/* Calls @visit with every key of a hash map. */
static int each_key(int map, size_t key_size, int (*visit)(struct collector *c, const void *key), struct collector *c)
{
	unsigned char key[64], next[64];
	void *prev = NULL;
	int err = 0;

	if (key_size > sizeof(key))
		return -E2BIG;
	/* A key deleted meanwhile restarts the walk: bounded, as only the tool deletes. */
	while (!err && !bpf_map_get_next_key(map, prev, next)) {
		memcpy(key, next, key_size);
		prev = key;
		err = visit(c, key);
	}
	return err;
}

static int judge_key(struct collector *c, const void *key)
{
	const struct vl_sig_key *k = key;

	judge_signature(c, k->fn, k->sig);
	return 0;
}

int collector__poll(struct collector *c, int timeout_ms)
{
	int err;

	err = ring_buffer__poll(c->ring, timeout_ms);
	if (clock_ns(CLOCK_MONOTONIC) - c->last_sweep_ns > SWEEP_NS) {
		each_key(c->maps->signatures, sizeof(struct vl_sig_key), judge_key, c);
		c->last_sweep_ns = clock_ns(CLOCK_MONOTONIC);
	}
	return err < 0 && err != -EINTR ? err : 0;
}

static int same_signature(const void *records, int at, const void *key)
{
	const struct seen_signature *s = (const struct seen_signature *)records + at;
	const struct vl_sig_key *k = key;

	return s->fn == (int)k->fn && s->sig == k->sig;
}

static int count(struct collector *c, int fn, __u64 sig, __u64 calls)
{
	struct vl_sig_key key = {.fn = (__u32)fn, .sig = sig};
	__u64 hash = index__hash(&key, sizeof(key), 0);
	int at = index__find(&c->signature_index, hash, same_signature, c->signatures, &key);

	if (at >= 0) {
		c->signatures[at].calls += calls;
		return 0;
	}
	if (c->n_signatures == c->room_signatures) {
		int room = c->room_signatures ? 2 * c->room_signatures : 256;
		void *p = realloc(c->signatures, (size_t)room * sizeof(*c->signatures));

		if (!p)
			return -ENOMEM;
		c->signatures = p;
		c->room_signatures = room;
	}
	c->signatures[c->n_signatures] = (struct seen_signature){.fn = fn, .sig = sig, .calls = calls};
	return index__add(&c->signature_index, hash, c->n_signatures++);
}

static int count_key(struct collector *c, const void *key)
{
	const struct vl_sig_key *k = key;
	struct vl_sig_value v;

	judge_signature(c, k->fn, k->sig);
	if (!is_function(c, k->fn) || bpf_map_lookup_elem(c->maps->signatures, k, &v))
		return 0;
	return count(c, (int)k->fn, k->sig, v.calls);
}

static int count_rows(struct collector *c)
{
	int cpus = templates__cpus(c->templates), err = 0;

	for (int fn = 0; fn < c->plan->n_functions; fn++) {
		const struct vl_row *rows = templates__rows(c->templates, fn);

		if (!rows || !is_function(c, (__u32)fn))
			continue;
		for (int i = 0; i < cpus * VL_ROW_SIGS && !err; i++) {
			const struct vl_row *row = &rows[i / VL_ROW_SIGS];
			int at = i % VL_ROW_SIGS;

			if (row->of[at].sig)
				err = count(c, fn, row->of[at].sig, row->of[at].calls);
		}
	}
	return err;
}

/* They are younger than the symbols: read anew, once for all stacks. */
static void freshen_symbols(struct collector *c)
{
	if (!c->fresh_symbols)
		c->fresh_symbols = !ksyms__reload(c->ks, KSYMS_PATH);
}

/* Where in @ips the first frame lies that is no BPF program's or trampoline's, or -1 if that cannot be told. */
static int skip_programs(struct collector *c, const __u64 *ips)
{
	struct ksym sym;
	int i = 0;

	freshen_symbols(c);
	while (i < STACK_MAX && ips[i] && !ksyms__lookup(c->ks, ips[i], &sym) && sym.module &&
	       !strcmp(sym.module, BPF_OBJECT))
		i++;
	return i && i < STACK_MAX && ips[i] ? i : -1;
}

static int look_up_stack(const struct collector *c, __s32 id, __u64 *ips)
{
	bool more = id >= VL_MORE_STACKS;

	if (id < 0)
		return -ENOENT;
	return bpf_map_lookup_elem(more ? c->maps->more_stacks : c->maps->stacks, &id, ips);
}

/* Where a kretprobe's stack goes on: after the trampoline that stands for the return address. */
static int skip_return_trampoline(struct collector *c, const __u64 *ips)
{
	struct ksym sym;
	int i = 0;

	while (i < STACK_MAX && ips[i] && !ksyms__lookup(c->ks, ips[i], &sym) &&
	       (strstr(sym.name, "rethook_trampoline") || strstr(sym.name, "kretprobe_trampoline")))
		i++;
	return i < STACK_MAX && ips[i] ? i : -1;
}

/*
 * The programs' own frames come first: the path starts at the method's function. Of a pair the function may be missing:
 * it has returned, and a trampoline that was jumped to, not called (newer kernels, CONFIG_DYNAMIC_FTRACE_WITH_JMP),
 * leaves no trace of it on the stack; nor does a kretprobe.
 */
int collector__path(struct collector *c, int fn, __s32 stack, __u64 ips[STACK_MAX])
{
	const struct function *f = &c->plan->functions[fn];
	__u64 raw[STACK_MAX] = {0};
	int first = 0, n = 0;
	struct ksym sym;

	if (look_up_stack(c, stack, raw) || ksyms__lookup(c->ks, f->addr, &sym))
		return 0;
	while (first < STACK_MAX && raw[first] && (raw[first] < f->addr || raw[first] >= f->addr + sym.size))
		first++;
	if (first == STACK_MAX || !raw[first]) {
		first = !f->pair ? -1 : f->how == BY_KPROBE ? skip_return_trampoline(c, raw) : skip_programs(c, raw);
		if (first < 0)
			return 0;
		ips[n++] = f->addr;
	}
	for (int i = first; i < STACK_MAX && raw[i] && n < STACK_MAX; i++)
		ips[n++] = raw[i];
	return n;
}

/* The stack of a task that is switched away: what comes before the scheduler's own function is the hook's. */
static int sleeping_path(struct collector *c, __s32 stack, __u64 ips[STACK_MAX])
{
	__u64 raw[STACK_MAX] = {0};
	int first = 0, n = 0;
	struct ksym sym;

	if (look_up_stack(c, stack, raw))
		return 0;
	while (first < STACK_MAX && raw[first] &&
	       (ksyms__lookup(c->ks, raw[first], &sym) || strcmp(sym.name, "__schedule") != 0))
		first++;
	if (first == STACK_MAX || !raw[first])
		first = 0;
	for (int i = first; i < STACK_MAX && raw[i]; i++)
		ips[n++] = raw[i];
	return n;
}

static int same_stack(const void *records, int at, const void *key)
{
	const struct seen_stack *s = (const struct seen_stack *)records + at;
	const struct vl_stack_key *k = key;

	return s->fn == (int)k->fn && s->sig == k->sig && s->target == (int)k->target && s->stack == k->stack;
}

static int add_stack(struct collector *c, const struct vl_stack_key *k, __u64 hash, struct seen_stack **out)
{
	if (c->n_stacks == c->room_stacks) {
		int room = c->room_stacks ? 2 * c->room_stacks : 64;
		void *p = realloc(c->stacks, (size_t)room * sizeof(*c->stacks));

		if (!p)
			return -ENOMEM;
		c->stacks = p;
		c->room_stacks = room;
	}
	*out = &c->stacks[c->n_stacks];
	**out = (struct seen_stack){.fn = (int)k->fn, .sig = k->sig, .target = (int)k->target, .stack = k->stack};
	return index__add(&c->stack_index, hash, c->n_stacks);
}

/* Absent: nothing that is tracked, or not yet; the kernel side writes it after the sample. */
static void take_held(const struct collector *c, const struct vl_stack_key *k, struct seen_stack *s)
{
	if (c->plan->tracking == VL_TRACK_NOTHING)
		return;
	if (!s->held.n && bpf_map_lookup_elem(c->maps->held_by_stack, k, &s->held))
		s->held.n = 0;
	if (!s->holder.n && bpf_map_lookup_elem(c->maps->holder_by_stack, k, &s->holder))
		s->holder.n = 0;
}

/* Code of a module that came after the symbols were read has no name yet: who made the call would never be known. */
static bool find_symbol(struct collector *c, __u64 ip, struct ksym *sym)
{
	if (!ksyms__lookup(c->ks, ip, sym))
		return true;
	return ksyms__outdated(c->ks) && !ksyms__reload(c->ks, KSYMS_PATH) && !ksyms__lookup(c->ks, ip, sym);
}

void collector__name(struct collector *c, struct seen_stack *s)
{
	struct ksym sym;

	for (int i = 0; i < s->n_ips; i++)
		if (find_symbol(c, s->ips[i], &sym))
			s->names[i] =
				(struct frame_name){.function = names__keep(&c->names, sym.name), .start = sym.addr};
}

/* What does not change of a call path is read once; of one that is known only its counts are read again. */
static int take_stack(struct collector *c, const void *key)
{
	const struct vl_stack_key *k = key;
	__u64 hash = index__hash(k, sizeof(*k), 0);
	int at = index__find(&c->stack_index, hash, same_stack, c->stacks, k), err;
	struct vl_stack_value sample;
	struct seen_stack *s;

	if (!is_function(c, k->fn) || bpf_map_lookup_elem(c->maps->by_stack, k, &sample))
		return 0;
	if (at >= 0) {
		c->stacks[at].sample = sample;
		take_held(c, k, &c->stacks[at]);
		return 0;
	}
	err = add_stack(c, k, hash, &s);
	if (err)
		return err;
	s->sample = sample;
	take_held(c, k, s);
	s->n_ips = collector__path(c, (int)k->fn, k->stack, s->ips);
	collector__name(c, s);
	if (k->sig & VL_SIG_SLEPT)
		s->n_slept_ips = sleeping_path(c, s->sample.slept, s->slept_ips);
	c->n_stacks++;
	return 0;
}

int collector__stack_of(struct collector *c, const struct vl_call_event *ev)
{
	struct vl_stack_key k = {.fn = ev->fn, .stack = ev->stack, .sig = ev->sig, .target = ev->target};
	__u64 hash = index__hash(&k, sizeof(k), 0);
	int at = index__find(&c->stack_index, hash, same_stack, c->stacks, &k), err;

	if (at >= 0)
		return at;
	err = take_stack(c, &k);
	return err ? err : index__find(&c->stack_index, hash, same_stack, c->stacks, &k);
}

void collector__mute(struct collector *c, int stack)
{
	const struct seen_stack *s = &c->stacks[stack];
	struct vl_stack_key k = {.fn = (__u32)s->fn, .stack = s->stack, .sig = s->sig, .target = (__u32)s->target};
	__u32 one = 1;

	/* Fails only when the table is full: then they go on coming, and are passed over. */
	bpf_map_update_elem(c->maps->muted, &k, &one, BPF_ANY);
}

/* A call that takes so long has probably returned unseen. */
#define STALE_NS 1000000000ULL

/*
 * Calls of portable pairs that were not seen to return: while the audit goes on, those that began long ago, as the
 * others are in progress. All in one look, as the programs take entries out meanwhile.
 */
static int count_unreturned(struct collector *c)
{
	__u32 n = VL_HASH_FRAMES, at = 0;
	__u64 now = clock_ns(CLOCK_MONOTONIC), *keys;
	struct vl_frame *frames;
	int err;

	c->n_unreturned = 0;
	if (c->maps->frames_by_place < 0)
		return 0;
	keys = calloc(n, sizeof(*keys));
	frames = calloc(n, sizeof(*frames));
	err = keys && frames ? bpf_map_lookup_batch(c->maps->frames_by_place, NULL, &at, keys, frames, &n, NULL)
			     : -ENOMEM;
	if (err == -ENOENT) /* that was all */
		err = 0;
	for (__u32 i = 0; !err && i < n; i++)
		c->n_unreturned += c->ended || (frames[i].start_ns && now - frames[i].start_ns > STALE_NS);
	free(keys);
	free(frames);
	return err;
}

void collector__end(struct collector *c)
{
	c->ended = true;
}

int collector__sweep(struct collector *c)
{
	int err;

	c->n_signatures = 0;
	index__clear(&c->signature_index);
	err = count_rows(c);
	if (!err)
		err = each_key(c->maps->signatures, sizeof(struct vl_sig_key), count_key, c);
	if (!err)
		err = each_key(c->maps->by_stack, sizeof(struct vl_stack_key), take_stack, c);
	if (!err)
		err = count_unreturned(c);
	if (err)
		fprintf(stderr, "vfslock: the kernel side's tables cannot be read: %s\n", strerror(-err));
	return err;
}

const struct seen_signature *collector__signatures(const struct collector *c, int *n)
{
	*n = c->n_signatures;
	return c->signatures;
}

const struct seen_stack *collector__stacks(const struct collector *c, int *n)
{
	*n = c->n_stacks;
	return c->stacks;
}

int collector__latency(const struct collector *c, int fn, int type, struct hist *out)
{
	const struct function *f = &c->plan->functions[fn];
	int from = templates__timed_from(c->templates, f->type), types = templates__timed_types(c->templates);

	memset(out, 0, sizeof(*out));
	if (!f->latency || f->state != FUNCTION_ATTACHED)
		return -ENODATA;
	if (type >= 0 && (type < from || type >= from + types))
		return -ENODATA;
	for (int i = 0; i < types; i++) {
		const struct vl_hist *h = templates__histograms(c->templates, f->histogram, i);

		if (!h)
			return -ENODATA;
		for (int cpu = 0; (type < 0 || from + i == type) && cpu < templates__cpus(c->templates); cpu++)
			hist__add(out, h[cpu].counts, h[cpu].max_ns, h[cpu].sum_ns);
	}
	return 0;
}

__u64 collector__unreturned(const struct collector *c)
{
	return c->n_unreturned;
}

/* Runs that the kernel skipped because the same program was already running on that CPU, in a task it had preempted. */
static __u64 program_misses(int program)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	return program >= 0 && !bpf_obj_get_info_by_fd(program, &info, &len) ? info.recursion_misses : 0;
}

static __u64 recursion_misses(const struct plan *p)
{
	__u64 sum = 0;

	for (int i = 0; i < p->n_functions; i++)
		sum += program_misses(p->functions[i].programs[0]) + program_misses(p->functions[i].programs[1]);
	return sum;
}

__u64 collector__mixed(const struct collector *c, int fn)
{
	const struct function *f = &c->plan->functions[fn];
	__u64 counts[VL_N_LOST] = {0}, recursion;

	if (!f->pair)
		return 0;
	if (f->how == BY_TRAMPOLINE)
		return program_misses(f->programs[1]);
	/* Which kretprobe missed returns is not told; that some did, by what they left behind. */
	if (collector__lost(c, counts, &recursion))
		return 0;
	return counts[VL_LOST_unmatched] + c->n_unreturned;
}

int collector__lost(const struct collector *c, __u64 counts[VL_N_LOST], __u64 *recursion)
{
	int cpus = libbpf_num_possible_cpus();
	__u64 *values = calloc((size_t)cpus, sizeof(*values));

	if (!values)
		return -ENOMEM;
	for (__u32 reason = 0; reason < VL_N_LOST; reason++) {
		counts[reason] = 0;
		if (bpf_map_lookup_elem(c->maps->lost, &reason, values))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			counts[reason] += values[cpu];
	}
	*recursion = recursion_misses(c->plan);
	free(values);
	return 0;
}
