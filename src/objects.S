/* SPDX-License-Identifier: GPL-2.0-only */
	.section .rodata
	.macro embed name, file
	.balign 16
	.globl \name, \name\()_end
\name:
	.incbin "\file"
\name\()_end:
	.byte 0
	.endm

	embed vfslock_object, "vfslock.bpf.o"
	embed portable_object, "portable.bpf.o"
	embed locks_object, "locks.bpf.o"
	embed reader_object, "reader.bpf.o"
	embed calibrate_object, "calibrate.bpf.o"

	.section .note.GNU-stack, "", @progbits
