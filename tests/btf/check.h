/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the BTF check: see check.c. */
#ifndef VFSLOCK_BTF_CHECK_H
#define VFSLOCK_BTF_CHECK_H

#include <bpf/btf.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

#include "../../bpf/shared.h"

/* What an object's .BTF.ext says; sections are known by the offset of their name, instructions count from their start.
 */
struct relocation {
	__u32 section, insn, type;
	const char *access; /* "0:3:1": the indices of the members on the way, or of the enumerator */
	enum bpf_core_relo_kind kind;
};

struct function_start {
	__u32 section, insn;
	const char *name;
};

struct source_line {
	__u32 section, insn, line;
	const char *file;
};

struct records {
	struct btf *btf;
	struct relocation *relocations;
	struct function_start *functions;
	struct source_line *lines;
	size_t n_relocations, n_functions, n_lines;
};

int records__read(const char *path, struct records *out);
void records__free(struct records *r);
/* "struct inode.i_rwsem", without flavour */
void records__describe(const struct records *r, const struct relocation *relo, char *out, size_t size);
const struct function_start *records__function(const struct records *r, const char *name);
const struct source_line *records__line(const struct records *r, __u32 section, __u32 insn);

/* The kernel whose BTF, in the file @path, libbpf sees from now on as the running one's. */
void offline__set_kernel(const char *path);

/* What is known of the constants that are patched into a clone. */
struct plan_values {
	bool known[VL_PLAN_MAX];
	__u64 value[VL_PLAN_MAX];
};

/*
 * Which of the @n instructions of a program, relocated by libbpf, the verifier can come to. @reached has a place for
 * each. @plan: NULL for a program that is no template.
 */
int walk(const struct bpf_insn *insns, size_t n, const struct plan_values *plan, bool *reached);

/* What libbpf puts in the place of an instruction whose relocation it cannot resolve: a call of no helper. */
static inline bool is_poison(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg && insn->imm == 0xbad2310;
}

#endif
