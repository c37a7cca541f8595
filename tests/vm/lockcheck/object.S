/* SPDX-License-Identifier: GPL-2.0-only */
	.section .rodata
	.balign 16
	.globl lockcheck_object, lockcheck_object_end
lockcheck_object:
	.incbin "lockcheck.bpf.o"
lockcheck_object_end:
	.byte 0
	.section .note.GNU-stack, "", @progbits
