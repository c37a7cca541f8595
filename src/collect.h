/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Brings the kernel side's tables to user space: exact counts per (function, signature), samples per call stack,
 * latencies, losses. Judges each new signature once and tells the kernel side the result.
 */
#ifndef VFSLOCK_COLLECT_H
#define VFSLOCK_COLLECT_H

#include <linux/types.h>
#include <stdbool.h>

#include "../bpf/held_layout.h"
#include "../bpf/shared.h"
#include "hist.h"
#include "plan.h"
#include "templates.h"

#define STACK_MAX 48

/* All calls of one function with one signature. */
struct seen_signature {
	int fn;
	__u64 sig, calls;
};

/* The function of a frame. A module may have gone by the time that somebody asks, and another one come to its address.
 */
struct frame_name {
	const char *function; /* NULL: no symbol. Lives as long as the collector */
	__u64 start;
};

/* A call path to a suspicious signature. */
struct seen_stack {
	int fn;
	__u64 sig;
	int target;  /* number of the mount */
	__s32 stack; /* with these, the key in the kernel side's table */
	struct vl_stack_value sample;
	__u64 ips[STACK_MAX];               /* innermost first; from the method's own function outward */
	int n_ips;                          /* 0: no stack could be taken */
	struct frame_name names[STACK_MAX]; /* of these, as they were when the path was first seen */
	struct vl_task_locks held, holder;  /* if locks are tracked: what the task held, and the sample's holder */
	__u64 slept_ips[STACK_MAX];         /* where the task slept in the call: from schedule() outward */
	int n_slept_ips;
};

struct collector;

/* What the ring buffer announces. */
struct collect_events {
	void (*on_event)(void *arg, const struct vl_event *ev); /* tables met, filesystems unmounted */
	/* A call with a signature that is suspicious or new. May be NULL. */
	void (*on_call)(void *arg, const struct vl_call_event *ev);
	void *arg;
};

int collector__open(struct plan *p, struct templates *t, struct ksyms *ks, const struct collect_events *events,
		    struct collector **out);
void collector__free(struct collector *c);

/* Waits up to @timeout_ms for notices, acts on them, and judges new signatures. Negative errno on failure, else 0. */
int collector__poll(struct collector *c, int timeout_ms);

/* Becomes readable when there is something to poll. */
int collector__fd(const struct collector *c);

/* Programs were attached since, whose symbols the stacks begin with. */
void collector__symbols_changed(struct collector *c);

/* Reads all counts; to be called once more after the programs are inert. */
int collector__sweep(struct collector *c);

/* The programs are inert by now: no call that began goes on. To be called before the last sweep. */
void collector__end(struct collector *c);

/*
 * The call path that a call of @ev belongs to, and its number among collector__stacks(), which never changes; the path
 * is read if it is new. Negative errno: it is not in the kernel side's table.
 */
int collector__stack_of(struct collector *c, const struct vl_call_event *ev);

/* Of this call path no more VL_EVENT_CALL are wanted. */
void collector__mute(struct collector *c, int stack);

const struct seen_signature *collector__signatures(const struct collector *c, int *n);
const struct seen_stack *collector__stacks(const struct collector *c, int *n);

/* The call path of a stack id, as in struct seen_stack. Returns how many there are; 0 if it could not be taken. */
int collector__path(struct collector *c, int fn, __s32 stack, __u64 ips[STACK_MAX]);

/* Fills in names[] of a path that was made by hand. */
void collector__name(struct collector *c, struct seen_stack *s);

/*
 * The latencies of a function, summed over CPUs: of its calls on the type of filesystem with this number, or on all
 * (-1). -ENODATA: not measured.
 */
int collector__latency(const struct collector *c, int fn, int type, struct hist *out);

/*
 * How many calls of a paired function may have been counted with what was seen at the entry of an earlier one, whose
 * return was not shown: if the entry of a later call at the same place of the stack is not seen either (skipped, or a
 * call on another mount), its return finds the frame of the former. 0 for functions whose entry alone is watched.
 */
__u64 collector__mixed(const struct collector *c, int fn);

/*
 * Calls that portable pairs had not seen return: after collector__end() all, in progress or their return missed;
 * before, at the last sweep, those that began a second ago or more.
 */
__u64 collector__unreturned(const struct collector *c);

/* Counts per enum vl_lost; @recursion: runs that the kernel skipped because the same program was already running there.
 */
int collector__lost(const struct collector *c, __u64 counts[VL_N_LOST], __u64 *recursion);

#endif
