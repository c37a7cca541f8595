// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the check must tell apart: programs that kernel.c's BTF satisfies (good_), and programs that it does not (bad_).
 * Most share one section, as programs may.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct inner {
	int depth;
};

/* `gone` is in no kernel. */
struct sample {
	int here, nested, gone;
	struct inner inner;
	int now_a_struct;
};

struct sample___flavour {
	int here;
};

struct no_such_type {
	int member;
};

#pragma clang attribute pop

enum color { GREEN, BLUE };
enum no_such_enum { NO_SUCH_VALUE };

#define SAMPLE ((struct sample *)ctx[0])
#define GUARDED bpf_core_field_exists(SAMPLE->gone)

SEC("raw_tp")
int good_existing(__u64 *ctx)
{
	return SAMPLE->here;
}

SEC("raw_tp")
int good_anonymous(__u64 *ctx)
{
	return SAMPLE->nested + SAMPLE->inner.depth;
}

SEC("raw_tp")
int good_flavour(__u64 *ctx)
{
	return ((struct sample___flavour *)ctx[0])->here;
}

SEC("raw_tp")
int good_guard(__u64 *ctx)
{
	if (GUARDED)
		return SAMPLE->gone;
	return SAMPLE->here;
}

SEC("raw_tp")
int good_guard_and_more(__u64 *ctx)
{
	if (ctx[1] && GUARDED && ctx[2])
		return SAMPLE->gone;
	return 0;
}

/* Through the stack, and through arithmetic in a register. */
SEC("raw_tp")
int good_guard_kept(__u64 *ctx)
{
	volatile __u64 guard = GUARDED;

	if (guard << 4 == 16)
		return SAMPLE->gone;
	return 0;
}

SEC("raw_tp")
int good_guard_joined(__u64 *ctx)
{
	volatile __u64 guard;

	if (ctx[1])
		guard = GUARDED;
	else
		guard = 0;
	return guard ? SAMPLE->gone : 0;
}

SEC("raw_tp")
int good_guard_in_loop(__u64 *ctx)
{
	int sum = 0;

#pragma clang loop unroll(disable)
	for (__u64 i = 0; i < 8; i++) {
		if (GUARDED)
			sum += SAMPLE->gone;
		sum += ctx[1];
	}
	return sum;
}

SEC("raw_tp")
int good_type_guard(__u64 *ctx)
{
	if (bpf_core_type_exists(struct no_such_type))
		return ((struct no_such_type *)ctx[0])->member;
	return 0;
}

SEC("raw_tp")
int good_enum_guard(__u64 *ctx)
{
	if (bpf_core_enum_value_exists(enum color, BLUE))
		return bpf_core_enum_value(enum color, BLUE);
	return bpf_core_enum_value(enum color, GREEN);
}

static __attribute__((noinline)) int read_gone(__u64 *ctx)
{
	asm volatile("");
	return SAMPLE->gone;
}

SEC("raw_tp")
int good_subprogram(__u64 *ctx)
{
	return GUARDED ? read_gone(ctx) : 0;
}

/* libbpf makes the size of a type that is missing 0: a guard in itself. */
SEC("raw_tp")
int good_type_size(__u64 *ctx)
{
	return bpf_core_type_size(struct no_such_type);
}

SEC("fentry/no_such_function")
int good_left_out(__u64 *ctx)
{
	return SAMPLE->gone;
}

#ifndef ONLY_GOOD

SEC("raw_tp")
int bad_unguarded(__u64 *ctx)
{
	return SAMPLE->gone;
}

SEC("raw_tp")
int bad_inverted(__u64 *ctx)
{
	if (!GUARDED)
		return SAMPLE->gone;
	return 0;
}

SEC("raw_tp")
int bad_other_guard(__u64 *ctx)
{
	if (bpf_core_field_exists(SAMPLE->here))
		return SAMPLE->gone;
	return 0;
}

/* Behind a guard on one way only. */
SEC("raw_tp")
int bad_or(__u64 *ctx)
{
	if (ctx[1] || GUARDED)
		return SAMPLE->gone;
	return 0;
}

SEC("raw_tp")
int bad_after_guard(__u64 *ctx)
{
	int sum = 0;

	if (GUARDED)
		sum = ctx[1];
	barrier();
	return sum + SAMPLE->gone;
}

/* What is stored is overwritten through a pointer to it. */
SEC("raw_tp")
int bad_guard_overwritten(__u64 *ctx)
{
	volatile __u64 guard = GUARDED;

	bpf_probe_read_kernel((void *)&guard, sizeof(guard), (void *)ctx[1]);
	return guard ? SAMPLE->gone : 0;
}

SEC("raw_tp")
int bad_other_type(__u64 *ctx)
{
	return SAMPLE->now_a_struct;
}

SEC("raw_tp")
int bad_type(__u64 *ctx)
{
	return ((struct no_such_type *)ctx[0])->member;
}

SEC("raw_tp")
int bad_enum_value(__u64 *ctx)
{
	return bpf_core_enum_value(enum color, BLUE);
}

SEC("raw_tp")
int bad_enum(__u64 *ctx)
{
	return bpf_core_enum_value(enum no_such_enum, NO_SUCH_VALUE);
}

SEC("raw_tp")
int bad_subprogram(__u64 *ctx)
{
	return ctx[1] ? read_gone(ctx) : 0;
}

#endif

char LICENSE[] SEC("license") = "GPL";
