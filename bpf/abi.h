/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Constants that the rules' conditions name. Those of the user-space ABI never change and are written down; those of
 * kernel enums are asked of the running kernel; kernel macros are measured (MEASURED(), src/calibrate.c).
 */
#ifndef VFSLOCK_ABI_H
#define VFSLOCK_ABI_H

#define S_IFMT 00170000
#define S_ISLNK(m) (((m)&S_IFMT) == 0120000)
#define S_ISREG(m) (((m)&S_IFMT) == 0100000)
#define S_ISDIR(m) (((m)&S_IFMT) == 0040000)
#define S_ISCHR(m) (((m)&S_IFMT) == 0020000)
#define S_ISBLK(m) (((m)&S_IFMT) == 0060000)
#define S_ISFIFO(m) (((m)&S_IFMT) == 0010000)
#define S_ISSOCK(m) (((m)&S_IFMT) == 0140000)

#define O_CREAT 00000100
#define O_DIRECT 00040000 /* x86 */

#define RENAME_NOREPLACE (1 << 0)
#define RENAME_EXCHANGE (1 << 1)
#define RENAME_WHITEOUT (1 << 2)

#define FALLOC_FL_KEEP_SIZE 0x01
#define FALLOC_FL_PUNCH_HOLE 0x02
#define FALLOC_FL_COLLAPSE_RANGE 0x08
#define FALLOC_FL_ZERO_RANGE 0x10
#define FALLOC_FL_INSERT_RANGE 0x20

#define VM_FAULT_LOCKED bpf_core_enum_value(enum vm_fault_reason, VM_FAULT_LOCKED)
#define VM_FAULT_RETRY bpf_core_enum_value(enum vm_fault_reason, VM_FAULT_RETRY)

#endif
