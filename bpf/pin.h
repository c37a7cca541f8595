/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that is preempted is skipped for every other task that calls the same function on that CPU meanwhile
 * (__bpf_prog_enter_recur()), and their calls go uncounted. Where the kernel lets programs switch preemption off
 * (bpf_preempt_disable(), 6.11), ours do: src/templates.c puts the calls in the place of these, or nothing.
 */
#ifndef VFSLOCK_PIN_H
#define VFSLOCK_PIN_H

#define vl_call(number) asm volatile("call %0" : : "i"(number) : "r0", "r1", "r2", "r3", "r4", "r5", "memory")
#define vl_pin() vl_call(VL_CALL_PIN)
#define vl_unpin() vl_call(VL_CALL_UNPIN)

#endif
