/* SPDX-License-Identifier: GPL-2.0-only */
/* Clones the templates for planned functions and attaches them. */
#ifndef VFSLOCK_ATTACH_H
#define VFSLOCK_ATTACH_H

#include "plan.h"
#include "templates.h"

/* Called after each function: @done of @total. False: enough, attach__functions() returns -EINTR. */
typedef bool (*attach_progress)(void *arg, int done, int total);

/*
 * Attaches all functions of @p from @first on that are planned. One that cannot be attached becomes FUNCTION_REFUSED
 * with its reason; the others go on. Returns how many were attached, or negative errno if nothing can be.
 */
int attach__functions(struct plan *p, struct templates *t, const struct ksyms *ks, int first, attach_progress progress,
		      void *arg);

/*
 * Finds out, by trying, which functions the kernel refuses: every program is loaded, and those that may exceed the
 * trampoline's limits are attached for an instant. For `vfslock plan`, which attaches nothing for good.
 */
int attach__try_refusals(struct plan *p, struct templates *t, const struct ksyms *ks);

/* "trampoline", "kprobe"; NULL for a function that is not attached, nor would be. */
const char *attach_how__name(const struct function *f);

/* "auto", "trampoline" or "kprobe"; prints what is wrong with anything else. */
int attach_policy__parse(const char *word, enum attach_policy *out);

/* Lets go of all programs. Slow (the kernel waits for RCU tasks at each one): see audit__close(). */
void detach__all(struct plan *p);

#endif
