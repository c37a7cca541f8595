/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The BPF object: its maps, its hooks, and the program templates that are cloned per function. A template is never
 * loaded as it stands; libbpf relocates it, its instructions are kept, and each clone gets its constants and argument
 * offsets.
 */
#ifndef VFSLOCK_TEMPLATES_H
#define VFSLOCK_TEMPLATES_H

#include <linux/types.h>
#include <stddef.h>

#include "../bpf/shared.h"
#include "kbtf.h"

enum template_kind { TEMPLATE_ONCE, TEMPLATE_ENTER, TEMPLATE_LEAVE, TEMPLATE_KINDS };

/* bpf/read.h says what the two are. */
enum flavour { FLAVOUR_TYPED, FLAVOUR_PORTABLE, FLAVOURS };

struct templates_maps {
	int frames, signatures, verdicts, by_stack, stacks, more_stacks, events, lost, tables;
	int frames_by_place; /* -1 while no portable program was made */
	int held_by_stack, holder_by_stack;
	int followed, unlock_times;
	int muted, wanted_pids, wanted_comms;
};

struct templates;

struct templates_options {
	bool track;        /* with room for the locks that tasks hold */
	bool every_call;   /* a notice of each suspicious call, not only of the first of its path */
	size_t ring_bytes; /* of the ring buffer; 0: the default. A power of two of pages */
	int types;         /* of filesystem that are to have times of their own, at least 1; less if memory is short */
};

/* Opens the object, creates the maps, loads the hooks. Prints why it failed; returns 0 or negative errno. */
int templates__open(struct kbtf *kb, const struct templates_options *options, struct templates **out);
void templates__free(struct templates *t);

const struct templates_maps *templates__maps(const struct templates *t);
volatile struct vl_control *templates__control(struct templates *t);
int templates__control_fd(const struct templates *t); /* of the map that control lies in */

/* One folio less is followed: the tool has taken it out. */
void templates__unfollow(struct templates *t);

/* How often the kernel skipped a hook that notices folios being unlocked. */
__u64 templates__missed_unlocks(const struct templates *t);

/* The maps with the table of held locks and of their readers, for clones with VL_PLAN_TRACK. */
void templates__track(struct templates *t, int held, int readers);
size_t templates__map_bytes(const struct templates *t); /* memory of all maps, as the kernel accounts it */

/*
 * The per-CPU counts of function @fn, and the per-CPU latencies of histogram @histogram for one type of filesystem:
 * shared memory, templates__cpus() entries; NULL if no program was ever cloned for it. @type counts from the
 * histogram's first, and is below templates__timed_types().
 */
const struct vl_row *templates__rows(const struct templates *t, int fn);
const struct vl_hist *templates__histograms(const struct templates *t, int histogram, int type);
int templates__cpus(const struct templates *t);

/*
 * How many types of filesystem have times of their own; and, of a function that was first met on the type with this
 * number, the first of them: 0, unless that type is not among those.
 */
int templates__timed_types(const struct templates *t);
int templates__timed_from(const struct templates *t, int type);

/* Does BPF have a compare-and-exchange here (5.12)? False, too, if no program may be loaded. */
bool templates__kernel_has_cmpxchg(void);

/* Does this kernel take pairs of @flavour? Typed ones need a compare-and-exchange in BPF (5.12). */
bool templates__can_pair(const struct templates *t, enum flavour flavour);

/*
 * Attaches the hooks that learn tables and notice an unmount, as far as the kernel has the functions they sit on; what
 * will not be learnt without one is printed. Returns 0 or negative errno.
 */
int templates__attach_hooks(struct templates *t);

/* Makes the templates of @n methods (ids in @methods) ready for cloning. */
int templates__prepare(struct templates *t, enum flavour flavour, const int *methods, int n);

struct clone {
	int method;
	int function, histogram; /* numbers; histogram is -1 without latency */
	enum flavour flavour;
	enum template_kind kind;
	bool kprobe;      /* to be attached as a kprobe or kretprobe: portable only */
	const char *name; /* of the program, cut to 15 characters */
	struct kbtf_func func;
	const signed char *position; /* of the spec's parameters among the arguments */
	__u64 plan[VL_PLAN_MAX];
};

/*
 * Where a program finds the argument at @position of its function: bytes from the context. -E2BIG: on the stack, where
 * none of ours looks.
 */
int templates__arg_offset(bool kprobe, int position);

/*
 * Loads a clone; returns its file descriptor or negative errno. @log (may be NULL) receives the end of the verifier's
 * words when it refuses.
 */
int templates__clone(struct templates *t, const struct clone *c, char *log, size_t log_size);

#endif
