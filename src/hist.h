/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Latency histograms, user side: put the per-CPU arrays that the BPF programs fill together and
 * read percentiles and cumulative counts from the sum. All values are nanoseconds.
 */
#ifndef VFSLOCK_HIST_H
#define VFSLOCK_HIST_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "../bpf/hist_layout.h"

/* Plain value, 2.5 KiB; all zeroes is the empty histogram. */
struct hist {
	__u64 counts[VL_HIST_BUCKETS];
	__u64 count; /* sum of counts[] */
	__u64 max;   /* largest recorded value, ns; 0: not known */
	__u64 sum;   /* of all recorded values, ns */
};

/* Smallest value that bucket @idx counts. @idx must be below VL_HIST_BUCKETS, here and below. */
__u64 hist__lower(unsigned int idx);

/* Largest value that bucket @idx counts, inclusive. The last bucket has no bound: U64_MAX. */
__u64 hist__upper(unsigned int idx);

/* Count one value, as the BPF side does. */
void hist__record(struct hist *h, __u64 ns);

/*
 * Add one array of VL_HIST_BUCKETS counts, for example one CPU's. @max: largest value recorded
 * in it, 0 if that is not known. @sum: of the values.
 */
void hist__add(struct hist *h, const __u64 *counts, __u64 max, __u64 sum);

/* Add all of @other to @h. */
void hist__merge(struct hist *h, const struct hist *other);

/*
 * Percentile @p (0 to 100, nearest rank) into *@ns: the upper bound of the bucket in which it
 * lies, but no more than the recorded maximum. If it lies in the last bucket and no maximum was
 * recorded, VL_HIST_MAX_NS: at least that long.
 *
 * Returns 0, -ENODATA without samples, -EINVAL if @p is out of range.
 */
int hist__percentile(const struct hist *h, double p, __u64 *ns);

/* Is "at most @ns" answered exactly, that is, is @ns the upper bound of a bucket? */
bool hist__is_bound(__u64 ns);

/*
 * For each of the @n boundaries @le (ascending, each one passing hist__is_bound()), the number of
 * values at most that large, into @out. U64_MAX stands for +Inf.
 *
 * Returns 0, or -EINVAL if a boundary is none or they do not ascend; @out is then not touched.
 */
int hist__cumulative(const struct hist *h, const __u64 *le, size_t n, __u64 *out);

#endif /* VFSLOCK_HIST_H */
