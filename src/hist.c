/* SPDX-License-Identifier: GPL-2.0-only */
/* Latency histograms, user side; see hist.h, and bpf/hist_layout.h for the buckets. */
#include "hist.h"

#include <errno.h>

_Static_assert(VL_HIST_BUCKETS % VL_HIST_SUB == 0, "the last power of two must be complete");
_Static_assert(VL_HIST_MAX_BITS == 42, "documented as 73 minutes");

__u64 hist__lower(unsigned int idx)
{
	unsigned int shift;

	if (idx < 2 * VL_HIST_SUB)
		return idx;
	/* The inverse of vl_hist_index(): idx == (shift << 3) + (v >> shift), the latter 8..15. */
	shift = idx / VL_HIST_SUB - 1;
	return (__u64)(idx % VL_HIST_SUB + VL_HIST_SUB) << shift;
}

__u64 hist__upper(unsigned int idx)
{
	return idx >= VL_HIST_BUCKETS - 1 ? ~(__u64)0 : hist__lower(idx + 1) - 1;
}

void hist__record(struct hist *h, __u64 ns)
{
	h->counts[vl_hist_index(ns)]++;
	h->count++;
	h->sum += ns;
	if (ns > h->max)
		h->max = ns;
}

void hist__add(struct hist *h, const __u64 *counts, __u64 max, __u64 sum)
{
	unsigned int i;

	for (i = 0; i < VL_HIST_BUCKETS; i++) {
		h->counts[i] += counts[i];
		h->count += counts[i];
	}
	h->sum += sum;
	if (max > h->max)
		h->max = max;
}

void hist__merge(struct hist *h, const struct hist *other)
{
	hist__add(h, other->counts, other->max, other->sum);
}

/* Smallest rank, from 1, that at least @p percent of @count values do not exceed. */
static __u64 nearest_rank(__u64 count, double p)
{
	/* The division is inexact; without the slack, p99.9 of 1,000 could be rank 1,000. */
	double exact = p * (double)count / 100 * (1 - 1e-12);
	__u64 rank;

	if (exact >= (double)count)
		return count;
	rank = (__u64)exact;
	if ((double)rank < exact)
		rank++;
	if (!rank)
		return 1;
	return rank < count ? rank : count;
}

/* What to report for a value in bucket @idx. */
static __u64 representative(const struct hist *h, unsigned int idx)
{
	__u64 lower = hist__lower(idx), upper = hist__upper(idx);

	if (!h->max)
		return idx == VL_HIST_BUCKETS - 1 ? VL_HIST_MAX_NS : upper;
	if (h->max >= upper)
		return upper;
	/*
	 * Counts and maximum are read from a running kernel one after the other, so the maximum
	 * may be the older one; a percentile below its own bucket would be absurd.
	 */
	return h->max > lower ? h->max : lower;
}

int hist__percentile(const struct hist *h, double p, __u64 *ns)
{
	__u64 rank, seen = 0;
	unsigned int i;

	if (!(p >= 0 && p <= 100))
		return -EINVAL;
	if (!h->count)
		return -ENODATA;

	rank = nearest_rank(h->count, p);
	for (i = 0; i < VL_HIST_BUCKETS - 1; i++) {
		seen += h->counts[i];
		if (seen >= rank)
			break;
	}
	*ns = representative(h, i);
	return 0;
}

bool hist__is_bound(__u64 ns)
{
	return hist__upper(vl_hist_index(ns)) == ns;
}

int hist__cumulative(const struct hist *h, const __u64 *le, size_t n, __u64 *out)
{
	__u64 seen = 0;
	unsigned int idx = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (!hist__is_bound(le[i]) || (i && le[i] <= le[i - 1]))
			return -EINVAL;

	for (i = 0; i < n; i++) {
		while (idx < VL_HIST_BUCKETS && hist__upper(idx) <= le[i])
			seen += h->counts[idx++];
		out[i] = seen;
	}
	return 0;
}
