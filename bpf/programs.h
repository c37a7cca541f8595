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

struct vl_control control;

static __always_inline bool vl_audited(const struct super_block *sb)
{
	return (__u64)sb == control.super_block;
}

/*
 * Makes a value unknown to the verifier. It would otherwise follow every combination of lock states to the first test
 * of a flag, as it can decide the test for each (mark_chain_precision()): a million instructions for rename.
 */
static __always_inline __u64 vl_opaque(__u64 value)
{
	return value ^ control.zero;
}

/* 6.1 and 7.2 have the variable, 6.12 a member of pcpu_hot, kernels without PREEMPT_COUNT neither. */
extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot pcpu_hot __ksym __weak;

/* include/linux/preempt.h: 0-7 preempt, 8 serving softirq, 16-19 hardirq, 20-23 NMI, 31 no need to reschedule
 * (inverted) */
#define PREEMPT_COUNT_MASK 0x7fffffff
#define PREEMPT_INTERRUPT_MASK 0xff0100

static __always_inline __u64 vl_context(void)
{
	int count;

	if (vl_plan(VL_PLAN_CONTEXT) == VL_CONTEXT_VARIABLE)
		count = *(const int *)bpf_this_cpu_ptr(&__preempt_count);
	else if (vl_plan(VL_PLAN_CONTEXT) == VL_CONTEXT_PCPU_HOT)
		count = ((const struct pcpu_hot *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count;
	else
		return VL_SIG_NO_CONTEXT;
	if (!(count & PREEMPT_COUNT_MASK))
		return 0;
	return count & PREEMPT_INTERRUPT_MASK ? VL_SIG_ATOMIC | VL_SIG_INTERRUPT : VL_SIG_ATOMIC;
}

#define vl_not_selected(sig) (vl_plan(VL_PLAN_SELECT) && !((sig)&vl_plan(VL_PLAN_SELECT)))

#define VL_PROGRAMS(id, slots)                                                                                         \
	SEC("vfs/" #id "/once")                                                                                        \
	int vl_once_##id(__u64 *ctx)                                                                                   \
	{                                                                                                              \
		__u64 words[2 * (slots) + 1], sig;                                                                     \
                                                                                                                       \
		if (!vl_entry_##id(ctx, words, &sig) || vl_not_selected(sig))                                          \
			return 0;                                                                                      \
		for (int i = 0; i < 2 * ((slots)-vl_entry_slots_##id); i++)                                            \
			words[2 * vl_entry_slots_##id + i] = 0;                                                        \
		vl_count(ctx, sig, words, 2 * (slots), vl_cpu());                                                      \
		return 0;                                                                                              \
	}                                                                                                              \
                                                                                                                       \
	SEC("vfs/" #id "/enter")                                                                                       \
	int vl_enter_##id(__u64 *ctx)                                                                                  \
	{                                                                                                              \
		__u64 words[2 * (slots) + 1], sig;                                                                     \
		struct vl_frame *f;                                                                                    \
                                                                                                                       \
		if (!vl_entry_##id(ctx, words, &sig) || vl_not_selected(sig))                                          \
			return 0;                                                                                      \
		f = vl_frame_claim(ctx);                                                                               \
		if (!f)                                                                                                \
			return 0;                                                                                      \
		f->sig = sig;                                                                                          \
		if (vl_plan(VL_PLAN_SLEPT))                                                                            \
			f->nvcsw = bpf_get_current_task_btf()->nvcsw;                                                  \
		for (int i = 0; i < 2 * vl_entry_slots_##id; i++)                                                      \
			f->words[i] = words[i];                                                                        \
		if (vl_plan(VL_PLAN_LATENCY))                                                                          \
			f->start_ns = bpf_ktime_get_ns();                                                              \
		return 0;                                                                                              \
	}                                                                                                              \
                                                                                                                       \
	SEC("vfs/" #id "/leave")                                                                                       \
	int vl_leave_##id(__u64 *ctx)                                                                                  \
	{                                                                                                              \
		struct vl_frame *f = vl_frame_find(ctx);                                                               \
		__u64 sig, cpu;                                                                                        \
                                                                                                                       \
		if (!f)                                                                                                \
			return 0;                                                                                      \
		cpu = vl_cpu();                                                                                        \
		if (vl_plan(VL_PLAN_LATENCY))                                                                          \
			vl_count_latency(bpf_ktime_get_ns() - f->start_ns, cpu);                                       \
		sig = f->sig | VL_SIG_EXITED | vl_exit_##id(ctx, f->words);                                            \
		if (vl_plan(VL_PLAN_SLEPT) && f->nvcsw != bpf_get_current_task_btf()->nvcsw)                           \
			sig |= VL_SIG_SLEPT;                                                                           \
		vl_count(ctx, sig, f->words, 2 * (slots), cpu);                                                        \
		f->at = 0;                                                                                             \
		return 0;                                                                                              \
	}

#endif
