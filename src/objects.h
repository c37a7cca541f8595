/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiled BPF objects, embedded by objects.S so that the tool is one file. */
#ifndef VFSLOCK_OBJECTS_H
#define VFSLOCK_OBJECTS_H

#include <stddef.h>
#include <stdint.h>

#define OBJECT_SIZE(name) ((size_t)((uintptr_t)name##_end - (uintptr_t)(name)))

extern const unsigned char vfslock_object[], vfslock_object_end[];
extern const unsigned char portable_object[], portable_object_end[];
extern const unsigned char locks_object[], locks_object_end[];
extern const unsigned char reader_object[], reader_object_end[];
extern const unsigned char calibrate_object[], calibrate_object_end[];

#endif
