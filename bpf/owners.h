/* SPDX-License-Identifier: GPL-2.0-only */
/* Is a call about an object that is audited, or a table to be learnt from one? */
#ifndef VFSLOCK_OWNERS_H
#define VFSLOCK_OWNERS_H

struct vl_control control;

/*
 * The lower half of an address as a number: a 32-bit move is the one way in which the verifier lets a pointer become
 * one that can be multiplied (check_alu_op()).
 */
static __always_inline __u32 vl_low_half(const void *pointer)
{
	__u32 low = (__u32)(__u64)pointer, number;

	asm volatile("%0 = %1" : "=w"(number) : "w"(low));
	return number;
}

/* Is it audited? If so, its index in control.owners. NULL never is. */
static __always_inline bool vl_audited(const void *object, __u32 *owner)
{
	*owner = vl_owner_index(vl_low_half(object), control.multiplier);
	return control.owners[*owner].counted == (__u64)object;
}

/* The same for those whose tables are learnt. */
static __always_inline bool vl_watched(const void *object, __u32 *owner)
{
	*owner = vl_owner_index(vl_low_half(object), control.multiplier);
	return control.owners[*owner].watched == (__u64)object;
}

/* In the signature, which type of filesystem the call is about. */
static __always_inline __u64 vl_type_of(__u32 owner)
{
	return (__u64)control.owners[owner & (VL_OWNERS - 1)].type << VL_SIG_TYPE_SHIFT;
}

static __always_inline __u32 vl_target_of(__u32 owner)
{
	return control.owners[owner & (VL_OWNERS - 1)].target;
}

/*
 * Makes a value unknown to the verifier. It would otherwise follow every combination of lock states to the first test
 * of a flag, as it can decide the test for each (mark_chain_precision()): a million instructions for rename.
 */
static __always_inline __u64 vl_opaque(__u64 value)
{
	return value ^ control.zero;
}

#endif
