/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The programs beside those of the methods: they learn ops tables while the audit runs, notice an unmount, where a task
 * sleeps, and that a folio is unlocked.
 */
#ifndef VFSLOCK_HOOKS_H
#define VFSLOCK_HOOKS_H

#include <bpf/libbpf.h>

#include "kbtf.h"

struct hooks;

/*
 * Chooses those of @obj, not yet loaded, that fit the running kernel, and switches the others off; prints what an audit
 * lacks on it. Without @all_of_them only what no audit can do without. Returns 0 or negative errno.
 */
int hooks__open(struct kbtf *kb, struct bpf_object *obj, bool all_of_them, struct hooks **out);
void hooks__free(struct hooks *h);

/*
 * Attaches them, once the object is loaded. Prints which failed; returns 0, or negative errno if no audit can do
 * without that one.
 */
int hooks__attach(struct hooks *h);

/* How often the kernel skipped a program, as it was already running on that CPU. 0 if it is not attached. */
__u64 hooks__missed(const struct hooks *h, const char *program);

#endif
