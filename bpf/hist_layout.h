/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bucket layout of the latency histograms, shared by the BPF programs, which fill them, and
 * user space, which reads them (src/hist.h).
 *
 * Log-linear: values below 8 ns have a bucket each, every power of two above is cut into
 * 8 buckets of equal width, so a bucket's bounds are at most 12.5 % apart.
 *
 * Includes nothing: whoever includes this provides __u64 (vmlinux.h, or linux/types.h).
 */
#ifndef VFSLOCK_HIST_LAYOUT_H
#define VFSLOCK_HIST_LAYOUT_H

#define VL_HIST_SUB_BITS 3
#define VL_HIST_SUB (1U << VL_HIST_SUB_BITS)
#define VL_HIST_BUCKETS 320

/*
 * Largest value with a bucket of its own: 2^42 - 1 ns, 73 minutes. With 320 buckets the last has
 * index ((41 - 2) << 3) + 7; it also counts everything larger.
 */
#define VL_HIST_MAX_BITS (VL_HIST_BUCKETS / VL_HIST_SUB + VL_HIST_SUB_BITS - 1)
#define VL_HIST_MAX_NS ((1ULL << VL_HIST_MAX_BITS) - 1)

#ifndef __always_inline
#define __always_inline inline __attribute__((__always_inline__))
#endif

/*
 * Index of the bucket that counts @v (ns), always below VL_HIST_BUCKETS.
 *
 * The definition is: v below 8, else ((msb - 2) << 3) + ((v >> (msb - 3)) & 7), msb being the
 * position of the highest set bit. With shift = msb - 3, or 0 for small values, v >> shift keeps
 * the top bit, which is worth 8, and both cases become (shift << 3) + (v >> shift). BPF has no
 * instruction to count leading zeros, so shift is found bit by bit: one jump per bit, and two
 * more instructions where the bit is set.
 */
static __always_inline unsigned int vl_hist_index(__u64 v)
{
	unsigned int base = 0; /* shift << 3 */

	/*
	 * The empty asm keeps clang from turning one jump into two conditional moves, that is two
	 * jumps, as BPF has no such moves either.
	 */
#define VL_HIST_STEP(bits)                                                                                             \
	do {                                                                                                           \
		if (v >> (VL_HIST_SUB_BITS + (bits))) {                                                                \
			v >>= (bits);                                                                                  \
			base += (bits) << VL_HIST_SUB_BITS;                                                            \
			__asm__ __volatile__("" : "+r"(v));                                                            \
		}                                                                                                      \
	} while (0)
	if (v >> (VL_HIST_SUB_BITS + 32)) {
		/* Nothing but a call of half a minute gets here: the place to check the cap. */
		if (v > VL_HIST_MAX_NS)
			return VL_HIST_BUCKETS - 1;
		v >>= 32;
		base = 32 << VL_HIST_SUB_BITS;
	}
	VL_HIST_STEP(16);
	VL_HIST_STEP(8);
	VL_HIST_STEP(4);
	VL_HIST_STEP(2);
	VL_HIST_STEP(1);
#undef VL_HIST_STEP
	return base + (unsigned int)v;
}

#endif /* VFSLOCK_HIST_LAYOUT_H */
