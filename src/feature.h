/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the running kernel, and this process's rights on it, allow: found by trying, not by
 * version numbers. "vfslock features" prints it all; other commands ask for what stands in the
 * way of an audit, to tell the user before anything else fails.
 *
 * Not called features.h, because with -Isrc that would hide the C library's header.
 */
#ifndef VFSLOCK_FEATURE_H
#define VFSLOCK_FEATURE_H

#include <stdbool.h>
#include <stddef.h>

enum feature_state {
	FEATURE_UNKNOWN, /* could not be found out; the detail says why */
	FEATURE_MISSING,
	FEATURE_AVAILABLE,
};

/* Room for every feature that there is; features__count() tells how many. */
#define FEATURES_MAX 32

struct feature_result {
	const char *id;    /* stable, for scripts: "module_btf" */
	const char *title; /* for people: "BTF of modules" */
	enum feature_state state;
	bool mandatory;     /* no audit without it */
	char detail[160];   /* what was found */
	const char *costs;  /* what vfslock cannot do without it */
	const char *remedy; /* what the user can do about that */
};

/* "available", "missing" or "unknown". */
const char *feature_state__name(enum feature_state state);

/* Number of features that features__probe() reports. */
size_t features__count(void);

/*
 * Probe everything, into @out, which has room for @n results. Takes a few tens of milliseconds:
 * it parses the kernel's BTF, loads two tiny programs and attaches one for an instant. The
 * results' strings are static. Nothing is printed and nothing stays behind.
 *
 * Returns the number of results, or -ENOSPC if @n is less than features__count().
 */
int features__probe(struct feature_result *out, size_t n);

/*
 * The release of the running kernel, as "uname -r" prints it, into @buf. Returns @buf.
 */
const char *features__kernel(char *buf, size_t len);

/*
 * Why no audit is possible, in one sentence, and the remedy, in another, into @buf; taken from
 * the @n results at @results. Of several reasons the one to remove first. Where programs are
 * refused, that is the capability or the lockdown behind it, if one is known to be.
 *
 * Returns @buf, or NULL if nothing stands in the way.
 */
const char *features__first_blocker(const struct feature_result *results, size_t n, char *buf, size_t len);

#endif /* VFSLOCK_FEATURE_H */
