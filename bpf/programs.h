/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The templates: for every method a program for entry only (`once`), and a pair (`enter`, `leave`) where an exit rule
 * or a latency is wanted. They are never loaded as they stand: src/templates.c takes their relocated instructions,
 * patches constants and argument offsets, and loads one clone per function.
 */
#ifndef VFSLOCK_PROGRAMS_H
#define VFSLOCK_PROGRAMS_H

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

/* include/linux/preempt.h: 0-7 preempt, 8 serving softirq, 16-19 hardirq, 20-23 NMI, 31 no need to reschedule
 * (inverted) */
#define PREEMPT_COUNT_MASK 0x7fffffff
#define PREEMPT_INTERRUPT_MASK 0xff0100

static __always_inline __u64 vl_context(void)
{
	int count;

	if (vl_plan(VL_PLAN_CONTEXT) == VL_CONTEXT_UNKNOWN)
		return VL_SIG_NO_CONTEXT;
	count = vl_preempt_count(vl_plan(VL_PLAN_CONTEXT));
#ifdef VL_PORTABLE
	count -= (int)vl_plan(VL_PLAN_CONTEXT_BASE);
#endif
	if (!(count & PREEMPT_COUNT_MASK))
		return 0;
	return count & PREEMPT_INTERRUPT_MASK ? VL_SIG_ATOMIC | VL_SIG_INTERRUPT : VL_SIG_ATOMIC;
}

#define vl_not_selected(sig) (vl_plan(VL_PLAN_SELECT) && !((sig)&vl_plan(VL_PLAN_SELECT)))

/* What every frame holds beside the words. */
static __always_inline void vl_frame_start(struct vl_frame *f, __u64 sig, __u32 owner)
{
	f->sig = sig;
	f->owner = owner;
	if (vl_plan(VL_PLAN_SLEPT))
		f->nvcsw = VL_GET(VL_CURRENT->nvcsw);
	if (vl_plan(VL_PLAN_LATENCY))
		f->start_ns = bpf_ktime_get_ns();
}

#define VL_PROGRAMS(id, slots)                                                                                         \
	SEC("vfs/" #id "/once")                                                                                        \
	int vl_once_##id(__u64 *ctx)                                                                                   \
	{                                                                                                              \
		struct vl_stack_value sample;                                                                          \
		struct vl_call call = {.n_words = 2 * vl_entry_slots_##id, .sample = &sample};                         \
                                                                                                                       \
		if (!vl_entry_##id(ctx, sample.words, &call.sig, &call.owner) || vl_not_selected(call.sig))            \
			return 0;                                                                                      \
		vl_count(ctx, &call, vl_cpu());                                                                        \
		return 0;                                                                                              \
	}                                                                                                              \
                                                                                                                       \
	SEC("vfs/" #id "/enter")                                                                                       \
	int vl_enter_##id(__u64 *ctx)                                                                                  \
	{                                                                                                              \
		VL_ENTER(id, slots)                                                                                    \
		return 0;                                                                                              \
	}                                                                                                              \
                                                                                                                       \
	SEC("vfs/" #id "/leave")                                                                                       \
	int vl_leave_##id(__u64 *ctx)                                                                                  \
	{                                                                                                              \
		struct vl_frame *f = vl_frame_find(ctx);                                                               \
		struct vl_stack_value sample;                                                                          \
		struct vl_call call = {.n_words = 2 * (slots), .sample = &sample};                                     \
		__u64 cpu;                                                                                             \
                                                                                                                       \
		if (!f)                                                                                                \
			return 0;                                                                                      \
		cpu = vl_cpu();                                                                                        \
		if (vl_plan(VL_PLAN_LATENCY))                                                                          \
			vl_count_latency(bpf_ktime_get_ns() - f->start_ns, cpu);                                       \
		call.sig = f->sig | VL_SIG_EXITED | vl_exit_##id(ctx, f);                                              \
		if (vl_plan(VL_PLAN_SLEPT) && f->nvcsw != VL_GET(VL_CURRENT->nvcsw))                                   \
			call.sig |= VL_SIG_SLEPT;                                                                      \
		call.stack = VL_STACK_OF(f);                                                                           \
		call.words = f->words;                                                                                 \
		call.owner = f->owner;                                                                                 \
		vl_count(ctx, &call, cpu);                                                                             \
		vl_frame_free(ctx, f);                                                                                 \
		return 0;                                                                                              \
	}

#endif
