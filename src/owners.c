// SPDX-License-Identifier: GPL-2.0-only
#include "owners.h"

/* A few dozen are tried for a few owners; half a table full takes thousands. */
#define MAX_TRIES 2000000

#define MAX_BITS 12

static bool place(struct owner *owners, int n, __u32 bits, __u32 multiplier)
{
	bool used[1 << MAX_BITS] = {false};

	for (int i = 0; i < n; i++) {
		__u32 at = vl_address_index((__u32)owners[i].address, multiplier, bits);

		if (used[at])
			return false;
		used[at] = true;
		owners[i].index = (int)at;
	}
	return true;
}

__u32 owners__place_in(struct owner *owners, int n, __u32 bits)
{
	__u32 multiplier = 0x9E3779B1U;

	if (bits > MAX_BITS || n > 1 << bits)
		return 0;
	for (int i = 0; i < MAX_TRIES; i++) {
		if (place(owners, n, bits, multiplier | 1))
			return multiplier | 1;
		multiplier = multiplier * 1664525U + 1013904223U;
	}
	return 0;
}

bool owners__place_with(struct owner *owners, int n, __u32 multiplier)
{
	return multiplier && n <= VL_OWNERS && place(owners, n, VL_OWNER_BITS, multiplier);
}

__u32 owners__place(struct owner *owners, int n)
{
	return owners__place_in(owners, n, VL_OWNER_BITS);
}

void owners__write(const struct owner *owners, int n, volatile __u64 *table)
{
	for (int i = 0; i < VL_OWNERS; i++)
		table[i] = VL_NOBODY;
	for (int i = 0; i < n; i++)
		table[owners[i].index] = owners[i].address;
}
