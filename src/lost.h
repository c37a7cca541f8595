/* SPDX-License-Identifier: GPL-2.0-only */
/* The reasons why something was lost, for JSON and metrics, and for people. */
#ifndef VFSLOCK_LOST_H
#define VFSLOCK_LOST_H

#include "../bpf/shared.h"

static inline const char *lost__name(enum vl_lost reason)
{
	static const char *const names[VL_N_LOST] = {
#define X(name, text) #name,
		VL_LOST_REASONS(X)
#undef X
	};

	return names[reason];
}

static inline const char *lost__text(enum vl_lost reason)
{
	static const char *const texts[VL_N_LOST] = {
#define X(name, text) text,
		VL_LOST_REASONS(X)
#undef X
	};

	return texts[reason];
}

#endif
