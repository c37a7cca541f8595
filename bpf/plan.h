/* SPDX-License-Identifier: GPL-2.0-only */
/* What src/templates.c patches into a program when it clones it for a function: constants, addresses, arguments. */
#ifndef VFSLOCK_PLAN_CONSTANTS_H
#define VFSLOCK_PLAN_CONSTANTS_H

/* An lddw whose value is patched; opaque to clang, a known constant to the verifier, which then prunes what is not
 * wanted. */
#define vl_plan(index)                                                                                                 \
	({                                                                                                             \
		__u64 value_;                                                                                          \
		asm volatile("%0 = %1 ll" : "=r"(value_) : "i"(VL_PLAN_MAGIC << 32 | (index)));                        \
		value_;                                                                                                \
	})

/* The same, for what the tool patches to the address of a map's value. */
#define vl_plan_pointer(index)                                                                                         \
	({                                                                                                             \
		char *pointer_;                                                                                        \
		asm volatile("%0 = %1 ll" : "=r"(pointer_) : "i"(VL_PLAN_MAGIC << 32 | (index)));                      \
		pointer_;                                                                                              \
	})

/* An 8-byte load from the context whose offset is patched, so that the verifier sees the function's own argument type.
 */
#define vl_arg(ctx, number)                                                                                            \
	({                                                                                                             \
		__u64 value_;                                                                                          \
		asm volatile("%0 = *(u64 *)(%1 + %2)" : "=r"(value_) : "r"(ctx), "i"(VL_ARG_OFFSET + 8 * (number)));   \
		value_;                                                                                                \
	})
/* The same at the return, where portable programs find what the entry kept. */
#ifdef VL_PORTABLE
#define VL_ARG_AT_EXIT(reader, ctx, frame, number, kept) ((frame)->args[kept])
#else
#define VL_ARG_AT_EXIT(reader, ctx, frame, number, kept) reader(ctx, number)
#endif
/* The verifier lets no program load a pointer to a pointer from the context (btf_ctx_access()): it is copied. */
#define vl_arg_copy(ctx, number)                                                                                       \
	({                                                                                                             \
		__u64 copy_ = 0;                                                                                       \
		bpf_probe_read_kernel(&copy_, sizeof(copy_), (char *)(ctx) + vl_plan(VL_PLAN_ARG + (number)));         \
		copy_;                                                                                                 \
	})
#define vl_ret(ctx) vl_arg(ctx, VL_ARG_RETURN)

#define vl_slot_wanted(slot) vl_plan(VL_PLAN_SLOT + (slot))
#define MEASURED(name) vl_plan(VL_PLAN_MEASURED + VL_MEASURED_##name)

#endif
