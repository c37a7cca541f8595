/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is audited, as the programs look it up: each address at an index of a small table that a multiplication makes of
 * it (bpf/owners.h), without collisions.
 */
#ifndef VFSLOCK_OWNERS_H
#define VFSLOCK_OWNERS_H

#include <stdbool.h>

#include "../bpf/shared.h"

/* What a call can be about, beside super_blocks: the disk a filesystem lies on, its type. */
struct owner {
	__u64 address;
	int target; /* index of the mount that it was found from: the first, if several share it */
	int index;  /* in vl_control.owners; set by owners__place() */
};

/*
 * Finds the multiplier that gives each of the @n owners an index of its own. Returns it, or 0 if there is none: more
 * than the table holds, or two whose lower halves are equal.
 */
__u32 owners__place(struct owner *owners, int n);

/* Does @multiplier give each its own index? Then they are set. */
bool owners__place_with(struct owner *owners, int n, __u32 multiplier);

/* The same for a table of 2^@bits. */
__u32 owners__place_in(struct owner *owners, int n, __u32 bits);

/* Tables are learnt of these from now on, and of nobody else; whose calls count is not touched. */
void owners__watch(volatile struct vl_control *control, const struct owner *owners, int n);

/* Nobody is watched any more, and nobody's calls count. */
void owners__clear(volatile struct vl_control *control);

#endif
