/* SPDX-License-Identifier: GPL-2.0-only */
/* preempt_count of this CPU, wherever the kernel keeps it. */
#ifndef VFSLOCK_PREEMPT_H
#define VFSLOCK_PREEMPT_H

/* 6.1 and 7.2 have the variable, 6.12 a member of pcpu_hot, kernels without PREEMPT_COUNT neither. */
extern const int __preempt_count __ksym __weak;
extern const struct pcpu_hot pcpu_hot __ksym __weak;

/* @source: a constant, enum vl_context_source; 0 for VL_CONTEXT_UNKNOWN. */
static __always_inline int vl_preempt_count(__u64 source)
{
	if (source == VL_CONTEXT_VARIABLE)
		return *(const int *)bpf_this_cpu_ptr(&__preempt_count);
	if (source == VL_CONTEXT_PCPU_HOT && bpf_core_type_exists(struct pcpu_hot))
		return ((const struct pcpu_hot *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count;
	return 0;
}

#endif
