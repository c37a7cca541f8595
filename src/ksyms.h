/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's symbols, from /proc/kallsyms: what lies at an address, where a name lies, and
 * whether a name is ambiguous, as those of static functions often are.
 *
 * "Object" is what a symbol belongs to: the kernel proper (module NULL), a module, or a pseudo
 * module such as "bpf" for the programs and trampolines that the kernel compiled.
 */
#ifndef VFSLOCK_KSYMS_H
#define VFSLOCK_KSYMS_H

#include <stddef.h>

#include <linux/types.h>

#define KSYMS_PATH "/proc/kallsyms"

struct ksyms;

/* A symbol. The strings belong to the struct ksyms that it came from. */
struct ksym {
	const char *name;
	const char *module; /* without brackets; NULL: the kernel proper */
	__u64 addr;         /* where it starts */
	__u64 size;         /* up to the next symbol; 0 if that cannot be told */
	__u64 offset;       /* how far into it the address lies that was looked up */
	char type;          /* as nm(1) has it: 't' and 'T' text, 'd', 'b', 'r' ... data */
};

/*
 * Read the symbols from the file at @path (KSYMS_PATH) into *@out, to be freed with
 * ksyms__free().
 *
 * Returns 0, -EPERM if the kernel hides the addresses (all are zero: kernel.kptr_restrict, or
 * CAP_SYSLOG is lacking), -EINVAL if there is no symbol in the file, -ENOMEM, -E2BIG if the file
 * is beyond reason, or the error of opening or reading it.
 */
int ksyms__load(const char *path, struct ksyms **out);

/*
 * Reads the symbols of @path in place of those that @ks has: modules may have come. Every string from before is then
 * invalid. On an error @ks is as it was.
 */
int ksyms__reload(struct ksyms *ks, const char *path);

/*
 * Keeps the file open, for ksyms__reload() to read it again: what /proc/kallsyms shows depends on the rights of who
 * opened it (kallsyms_open()), so that a process that has given up its own still sees addresses. 0 or negative errno.
 */
int ksyms__keep_open(struct ksyms *ks, const char *path);

/* @ks may be NULL. */
void ksyms__free(struct ksyms *ks);

/* Number of symbols. */
size_t ksyms__count(const struct ksyms *ks);

/*
 * The symbol that @addr lies in, into @sym. Of several that start at the same address a global
 * function is preferred, then a weak, then a static one, then data. Compiler-made padding before
 * functions (__pfx_*, __cfi_*) is never the answer, nor part of the function in front of it.
 *
 * Returns 0, or -ENOENT if the address lies in no symbol.
 */
int ksyms__lookup(const struct ksyms *ks, __u64 addr, struct ksym *sym);

/*
 * Where @name of @module (NULL: the kernel proper) lies, into *@addr.
 *
 * Returns 0, -ENOENT if there is none, -ENOTUNIQ if there are several; *@addr is then the lowest
 * of their addresses.
 */
int ksyms__addr(const struct ksyms *ks, const char *name, const char *module, __u64 *addr);

/* How many symbols called @name there are in @module (NULL: the kernel proper). */
size_t ksyms__name_count(const struct ksyms *ks, const char *name, const char *module);

/*
 * The @i-th (from 0, by ascending address) symbol called @name in @module (NULL: the kernel
 * proper), into @sym. Returns 0, or -ENOENT if there are no more.
 */
int ksyms__named(const struct ksyms *ks, const char *name, const char *module, size_t i, struct ksym *sym);

/*
 * @addr as "name+0x12/0x80 [module]" into @buf, or as a plain hexadecimal number if it lies in no
 * symbol. @ks may be NULL: no symbols. Returns the length as snprintf() does.
 */
int ksyms__format(const struct ksyms *ks, __u64 addr, char *buf, size_t len);

#endif /* VFSLOCK_KSYMS_H */
