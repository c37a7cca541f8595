/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock hooks (bpf/locks.bpf.c): which tasks hold and await the locks of the audited filesystems. They feed the
 * table of held locks, which the methods' programs ask, and count waits and holds per class and per place.
 */
#ifndef VFSLOCK_LOCKS_H
#define VFSLOCK_LOCKS_H

#include <linux/types.h>
#include <stdbool.h>

#include "../bpf/held_layout.h"
#include "discover.h"
#include "hist.h"
#include "kbtf.h"
#include "kmem.h"
#include "ksyms.h"
#include "owners.h"

/* What the user wants: AUTO takes lockdep's tracepoints where the kernel has them, as they show spinlocks, too. */
enum lock_source { LOCKS_AUTO, LOCKS_BY_HOOKS, LOCKS_BY_TRACEPOINTS };

/* A program of bpf/locks.bpf.c that this kernel has a place for. */
struct lock_hook {
	const char *on; /* function or tracepoint */
	const char *program;
	char reason[128]; /* why it is not attached, or "" */
};

struct lock_site {
	enum vl_tracked class;
	enum vl_held_mode mode;
	__u64 caller; /* return address; 0: not known */
	struct vl_site_stats stats;
};

/* Everything that was seen of one class. */
struct lock_class_result {
	bool takes_seen; /* else only that somebody waited */
	__u64 taken, contended;
	struct hist wait, hold;
};

struct lock_tracker;

struct locks_setup {
	struct kbtf *kb;
	struct kmem *km;
	const struct ksyms *ks;
	const struct target *targets;
	int n_targets;
	const struct owner *owners; /* placed: their index is known */
	int n_owners;
	int control_fd; /* the map of struct vl_control, whose `watched` is in force */
	enum lock_source source;
	int caller_word; /* see struct vl_lock_options */
};

/*
 * Loads the hooks and their tables; attaches nothing. Returns 0 or negative errno, with the reason printed: -ENOTSUP
 * where the kernel cannot do it.
 */
int locks__open(const struct locks_setup *setup, struct lock_tracker **out);

/*
 * Attaches, releases before takes; what cannot be attached is listed in locks__hooks(). Returns 0, or negative errno if
 * too little is left.
 */
int locks__attach(struct lock_tracker *t);
void locks__free(struct lock_tracker *t);

/*
 * Other super_blocks are audited from now on: their locks that are known by address, and nothing that was remembered of
 * addresses before. @owners as in struct locks_setup. 0 or negative errno.
 */
int locks__set_targets(struct lock_tracker *t, const struct ksyms *ks, const struct target *targets, int n_targets);

int locks__held_fd(const struct lock_tracker *t);
int locks__readers_fd(const struct lock_tracker *t);
enum vl_tracking locks__tracking(const struct lock_tracker *t);
size_t locks__map_bytes(const struct lock_tracker *t);

/*
 * Looks for entries that have been there for a while and whose lock word shows that they cannot be: their release was
 * not seen. The task's own programs drop them.
 */
void locks__drop_stale(struct lock_tracker *t);

/* Reads the counts; to be called when the programs are inert. */
int locks__sweep(struct lock_tracker *t);

int locks__n_programs(const struct lock_tracker *t);
int locks__program(const struct lock_tracker *t, int i); /* file descriptor */

const struct lock_class_result *locks__class(const struct lock_tracker *t, enum vl_tracked class);
/* Sorted by class, then by how much time was spent waiting, then by how often. */
const struct lock_site *locks__sites(const struct lock_tracker *t, int *n);
const struct lock_hook *locks__hooks(const struct lock_tracker *t, int *n);
__u64 locks__lost(const struct lock_tracker *t, enum vl_lock_lost reason);
__u64 locks__missed(const struct lock_tracker *t);   /* events that the kernel skipped: a program was running already */
__u64 locks__held_now(const struct lock_tracker *t); /* locks that were held at the sweep */

const char *tracked__name(enum vl_tracked class);
const char *held_mode__name(enum vl_held_mode mode);
int lock_source__parse(const char *word, enum lock_source *out); /* prints what is wrong */

#endif
