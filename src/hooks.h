/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs of bpf/learn.h: they learn ops tables while the audit runs, and notice an unmount. */
#ifndef VFSLOCK_HOOKS_H
#define VFSLOCK_HOOKS_H

#include <bpf/libbpf.h>

#include "kbtf.h"

struct hooks;

/*
 * Chooses those of @obj, not yet loaded, that fit the running kernel, and switches the others off; prints what will not
 * be learnt on it. Without @learn only what no audit can do without. Returns 0 or negative errno.
 */
int hooks__open(struct kbtf *kb, struct bpf_object *obj, bool learn, struct hooks **out);
void hooks__free(struct hooks *h);

/*
 * Attaches them, once the object is loaded. Prints which failed; returns 0, or negative errno if no audit can do
 * without that one.
 */
int hooks__attach(struct hooks *h);

#endif
