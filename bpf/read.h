/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a program reads kernel memory. The programs are compiled twice from the same sources:
 *
 * typed	The kernel knows the types of the arguments (fentry, fexit) and lets the program follow pointers itself,
 *one instruction a step. Calls in progress are claimed by compare-and-exchange (frames.h). portable	Every step is a
 *bpf_probe_read_kernel(), so that it works in a kprobe, too, where an argument is a number. Calls in progress lie in a
 *hash (frames_hash.h), for kernels whose BPF knows no compare-and-exchange.
 *
 * VL_GET(x) reads the lvalue x, which is one step through a pointer; specc writes it around every step of the rules' C.
 */
#ifndef VFSLOCK_READ_H
#define VFSLOCK_READ_H

#define VL_REGS_SP 152 /* arch/x86/include/asm/ptrace.h */

#ifdef VL_PORTABLE
#define VL_GET(x)                                                                                                      \
	({                                                                                                             \
		typeof(x) value_ = 0;                                                                                  \
		bpf_probe_read_kernel(&value_, sizeof(value_), &(x));                                                  \
		value_;                                                                                                \
	})
#define VL_CURRENT ((struct task_struct *)bpf_get_current_task())
#else
#define VL_GET(x) (x)
#define VL_CURRENT bpf_get_current_task_btf()
#endif

#endif
