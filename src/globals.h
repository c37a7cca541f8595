/* SPDX-License-Identifier: GPL-2.0-only */
/* The global variables of a loaded BPF object, as memory shared with its programs. */
#ifndef VFSLOCK_GLOBALS_H
#define VFSLOCK_GLOBALS_H

#include <bpf/libbpf.h>
#include <stddef.h>

/*
 * Maps the object's zero-initialised globals in @section (".bss"), at least @size bytes of them; to be unmapped with
 * globals__unmap(). libbpf does this only for skeletons. Returns NULL with errno set.
 */
void *globals__map(const struct bpf_object *obj, const char *section, size_t size);
void globals__unmap(void *globals, size_t size);

/* What the kernel charges for a map, in bytes; 0 if that cannot be read. */
size_t globals__map_memory(int fd);

#endif
