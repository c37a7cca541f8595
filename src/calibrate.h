/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel constants that are macros, hence not in BTF, and that changed over time (LOOKUP_RCU is 0x40 up to 6.12 and
 * 0x100 in 7.2): measured on the running kernel by watching how it walks a path of our own.
 */
#ifndef VFSLOCK_CALIBRATE_TOOL_H
#define VFSLOCK_CALIBRATE_TOOL_H

#include "kbtf.h"
#include "ksyms.h"

enum measured { MEASURED_LOOKUP_RCU, MEASURED_MAY_NOT_BLOCK, MEASURED_KINDS };

struct measured_constant {
	const char *name;
	unsigned int value; /* one bit; 0: not known */
	char why[96];       /* why it is not known */
};

/*
 * Fills @out[MEASURED_KINDS]. A constant that cannot be measured is left at 0 with the reason: its rules become
 * unverifiable. Takes about a quarter of a second, most of it detaching.
 */
void calibrate(struct kbtf *kb, struct measured_constant *out);

/*
 * What the entry of a kprobe's program adds to preempt_count, with which it would be mistaken for a caller that cannot
 * sleep. Returns 0 or negative errno.
 */
int calibrate__kprobe_context(const struct ksyms *ks, enum vl_context_source source, int *out);

/*
 * Where a program at the return of a function finds who called it: words beyond the arguments and the result. Returns
 * that, or negative errno. It depends on how the kernel makes trampolines.
 */
int calibrate__caller_word(const struct ksyms *ks);

const char *measured__name(int kind); /* "LOOKUP_RCU" */

#endif
