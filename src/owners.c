// SPDX-License-Identifier: GPL-2.0-only
#include "owners.h"

/*
 * Of n in 2^bits places about one in e^(n^2 / 2^(bits+1)) fits: for all owners that there can be, a hundred are tried.
 * The fixed locks (src/locks.c) lie closer.
 */
#define MAX_TRIES 1000000

#define MAX_BITS 12

_Static_assert(VL_OWNER_BITS <= MAX_BITS, "the search has a table of that size");

/* @used is the caller's, all zeroes before the first of its tries, which are numbered from 1: so none must clear it. */
static bool place(struct owner *owners, int n, __u32 bits, __u32 multiplier, __u32 *used, __u32 try)
{
	for (int i = 0; i < n; i++) {
		__u32 at = vl_address_index((__u32)owners[i].address, multiplier, bits);

		if (used[at] == try)
			return false;
		used[at] = try;
		owners[i].index = (int)at;
	}
	return true;
}

/* The index is made of the lower half alone: no multiplier helps then. */
static bool have_equal_halves(const struct owner *owners, int n)
{
	for (int i = 0; i < n; i++)
		for (int k = 0; k < i; k++)
			if ((__u32)owners[i].address == (__u32)owners[k].address)
				return true;
	return false;
}

__u32 owners__place_in(struct owner *owners, int n, __u32 bits)
{
	__u32 used[1 << MAX_BITS] = {0}, multiplier = 0x9E3779B1U;

	if (bits > MAX_BITS || n > 1 << bits || have_equal_halves(owners, n))
		return 0;
	for (__u32 i = 1; i <= MAX_TRIES; i++) {
		if (place(owners, n, bits, multiplier | 1, used, i))
			return multiplier | 1;
		multiplier = multiplier * 1664525U + 1013904223U;
	}
	return 0;
}

bool owners__place_with(struct owner *owners, int n, __u32 multiplier)
{
	__u32 used[VL_OWNERS] = {0};

	return multiplier && n <= VL_OWNERS && place(owners, n, VL_OWNER_BITS, multiplier, used, 1);
}

__u32 owners__place(struct owner *owners, int n)
{
	return owners__place_in(owners, n, VL_OWNER_BITS);
}

void owners__watch(volatile struct vl_control *control, const struct owner *owners, int n)
{
	for (int i = 0; i < VL_OWNERS; i++)
		control->owners[i].watched = VL_NOBODY;
	for (int i = 0; i < n; i++)
		control->owners[owners[i].index].watched = owners[i].address;
}

void owners__clear(volatile struct vl_control *control)
{
	for (int i = 0; i < VL_OWNERS; i++)
		control->owners[i].counted = control->owners[i].watched = VL_NOBODY;
}
