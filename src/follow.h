/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The folios that bpf/follow.h follows: which of them are never unlocked, and how long the others took. A folio counts
 * as stuck when it is older than the timeout, no unlock was seen of it, and it is found locked, at the same place of
 * the same mapping, each of several times.
 */
#ifndef VFSLOCK_FOLLOW_LIST_H
#define VFSLOCK_FOLLOW_LIST_H

#include <linux/types.h>

#include "../bpf/shared.h"
#include "hist.h"
#include "kbtf.h"
#include "kmem.h"
#include "templates.h"

struct follower;

struct seen_folio {
	__u64 folio;
	struct vl_followed call;
	__u64 flags; /* as last read */
	int times;   /* it was found to be overdue so often */
	bool idle;   /* at one of these times its disk had nothing to do: it waits for no I/O */
};

/* Has the disk of this target nothing to do, surely? */
typedef bool follow_idle(void *arg, __u32 target);

/* @timeout_ns: age from which a folio is overdue. Returns 0 or negative errno. */
int follower__open(struct kbtf *kb, struct kmem *km, struct templates *t, __u64 timeout_ns, struct follower **out);
void follower__free(struct follower *f);

/*
 * To be called about once a second, and at the end: looks at all folios, forgets those whose unlocking was not seen.
 * @idle is asked about the disks of those that are overdue.
 */
void follower__sweep(struct follower *f, follow_idle *idle, void *arg);

/* Those that are stuck. */
const struct seen_folio *follower__stuck(const struct follower *f, int *n);

/*
 * How many more were still locked at the last sweep, of the method with this number, on the type of filesystem with
 * this number (-1: on all).
 */
__u64 follower__pending(const struct follower *f, int number, int type);

/* How long the folios took that were not unlocked at the return. Empty if there were none; -ENODATA: not measured. */
int follower__times(const struct follower *f, int number, int type, struct hist *out);

#endif
