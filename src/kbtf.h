/* SPDX-License-Identifier: GPL-2.0-only */
/* The running kernel's types: member offsets, functions' BTF ids, and where a method's arguments stand. */
#ifndef VFSLOCK_KBTF_H
#define VFSLOCK_KBTF_H

#include <linux/types.h>
#include <stdbool.h>

#include "../bpf/shared.h"
#include "rules.h"

struct kbtf;

/* Prints why it failed; returns 0 or negative errno. */
int kbtf__open(struct kbtf **out);
void kbtf__free(struct kbtf *kb);

/* Offset in bytes of @path ("inode.i_data.a_ops") through nested and anonymous members; -ENOENT if the kernel lacks it.
 */
int kbtf__offset(struct kbtf *kb, const char *path);
bool kbtf__has_struct(struct kbtf *kb, const char *tag);
bool kbtf__has_member(struct kbtf *kb, const char *tag, const char *member);
bool kbtf__has_function(struct kbtf *kb, const char *name);
bool kbtf__has_tracepoint(struct kbtf *kb, const char *name);
int kbtf__size(struct kbtf *kb, const char *tag); /* of a struct, in bytes, or -ENOENT */

/* Where this kernel keeps preempt_count: 6.1 and 7.2 a variable, 6.12 a member of pcpu_hot, without PREEMPT_COUNT
 * nowhere. */
enum vl_context_source kbtf__context_source(struct kbtf *kb);

/* A function as fentry attaches to it. */
struct kbtf_func {
	int id;     /* BTF id */
	int obj_fd; /* of the module's BTF; 0: vmlinux */
	int args;
	bool struct_by_value;
};

/* Position of the first argument of @f that is a pointer to struct @tag, or -ENOENT. */
int kbtf__arg_of_type(struct kbtf *kb, const char *function, const char *tag);

/*
 * @module: NULL for the kernel proper. -ENOENT: no such function in its BTF; -ENODATA: the module has no BTF; -EPERM:
 * it takes CAP_SYS_ADMIN to open it.
 */
int kbtf__func(struct kbtf *kb, const char *name, const char *module, struct kbtf_func *out);

/* A method of an ops struct, from the type of the struct's member. */
struct kbtf_method {
	const char *name;
	int offset; /* of the pointer in the ops struct */
	int args;
	signed char position[VL_ARG_RETURN]; /* of the spec's parameters among the arguments; -1: no such argument */
};

/* Calls @visit for every function pointer in struct @ops, in order; stops at its first non-zero result and returns it.
 */
int kbtf__each_method(struct kbtf *kb, const char *ops, int (*visit)(void *arg, const char *method, int offset),
		      void *arg);

/*
 * Matches @m's parameters with the arguments that the running kernel's member has. -ENOENT: struct @ops has no such
 * method; -EINVAL: an argument of the spec was not found, its name in *@missing.
 */
int kbtf__method(struct kbtf *kb, const char *ops, const struct method *m, struct kbtf_method *out,
		 const char **missing);

#endif
