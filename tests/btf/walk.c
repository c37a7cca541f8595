// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which instructions of a program the verifier can come to. It follows both ways of a branch unless it knows the values
 * that are compared; what it knows are constants, in registers and in stack slots. Here all ways to an instruction are
 * joined to one state, and only what every supported kernel's verifier computes is computed: what is called unreachable
 * here is so for the verifier too, and at worst too much is called reachable.
 */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define N_REGS 11
#define N_SLOTS 64 /* of 8 bytes: a stack is 512 */
#define N_VALUES (N_REGS + N_SLOTS)

/* Newer than the headers of the build machine. */
#define OP_JCOND 0xe0

enum value_kind { ANYTHING, CONSTANT, FRAME /* the frame pointer plus a constant */ };

struct value {
	enum value_kind kind;
	__u64 v;
};

struct state {
	struct value of[N_VALUES]; /* registers, then stack slots from the frame pointer down */
};

struct walker {
	const struct bpf_insn *insns;
	size_t n;
	const struct plan_values *plan;
	struct state *at; /* before each instruction */
	bool *reached;
	bool *todo;
};

static const struct value anything;

static struct value constant(__u64 v)
{
	return (struct value){.kind = CONSTANT, .v = v};
}

static void come_to(struct walker *w, long to, const struct state *s)
{
	struct state *at;

	if (to < 0 || (size_t)to >= w->n)
		return;
	at = &w->at[to];
	if (!w->reached[to]) {
		*at = *s;
		w->reached[to] = w->todo[to] = true;
		return;
	}
	for (int i = 0; i < N_VALUES; i++)
		if (at->of[i].kind && (at->of[i].kind != s->of[i].kind || at->of[i].v != s->of[i].v)) {
			at->of[i] = anything;
			w->todo[to] = true;
		}
}

/* A subprogram or a callback: its arguments are not followed. */
static void enter_function(struct walker *w, long to)
{
	struct state s = {0};

	s.of[BPF_REG_10] = (struct value){.kind = FRAME};
	come_to(w, to, &s);
}

static void forget_stack(struct state *s)
{
	memset(&s->of[N_REGS], 0, N_SLOTS * sizeof(s->of[0]));
}

static int size_of(const struct bpf_insn *insn)
{
	switch (BPF_SIZE(insn->code)) {
	case BPF_B:
		return 1;
	case BPF_H:
		return 2;
	case BPF_W:
		return 4;
	default:
		return 8;
	}
}

/* The slot that an access of 8 aligned bytes is to, or NULL. */
static struct value *slot(struct state *s, struct value base, int offset, int size)
{
	__s64 at = (__s64)base.v + offset;

	if (base.kind != FRAME || size != 8 || at % 8 || at >= 0 || at < -8 * N_SLOTS)
		return NULL;
	return &s->of[N_REGS - at / 8 - 1];
}

/* Through a pointer that is not followed, any slot may be written. */
static void store(struct state *s, const struct bpf_insn *insn, struct value v)
{
	struct value base = s->of[insn->dst_reg];
	struct value *to = slot(s, base, insn->off, size_of(insn));
	__s64 low = (__s64)base.v + insn->off, high = low + size_of(insn) - 1;

	if (to) {
		*to = v;
		return;
	}
	if (base.kind != FRAME) {
		forget_stack(s);
		return;
	}
	if (high < 0)
		for (__s64 i = (-high - 1) / 8; i <= (-low - 1) / 8 && i < N_SLOTS; i++)
			s->of[N_REGS + i] = anything;
}

static void call(struct state *s)
{
	for (int r = BPF_REG_0; r <= BPF_REG_5; r++)
		s->of[r] = anything;
	forget_stack(s);
}

static bool compute(__u8 op, __u64 a, __u64 b, int bits, __u64 *out)
{
	switch (op) {
	case BPF_ADD:
		*out = a + b;
		return true;
	case BPF_SUB:
		*out = a - b;
		return true;
	case BPF_MUL:
		*out = a * b;
		return true;
	case BPF_AND:
		*out = a & b;
		return true;
	case BPF_OR:
		*out = a | b;
		return true;
	case BPF_XOR:
		*out = a ^ b;
		return true;
	case BPF_LSH:
		*out = a << (b & 63);
		return b < (__u64)bits;
	case BPF_RSH:
		*out = a >> (b & 63);
		return b < (__u64)bits;
	case BPF_ARSH:
		*out = (__u64)((bits == 32 ? (__s64)(__s32)a : (__s64)a) >> (b & 63));
		return b < (__u64)bits;
	default:
		return false; /* older verifiers compute no more than this */
	}
}

static struct value source(const struct state *s, const struct bpf_insn *insn)
{
	return BPF_SRC(insn->code) == BPF_X ? s->of[insn->src_reg] : constant((__u64)(__s64)insn->imm);
}

static void alu(struct state *s, const struct bpf_insn *insn)
{
	bool is_64 = BPF_CLASS(insn->code) == BPF_ALU64;
	__u8 op = BPF_OP(insn->code);
	__u64 mask = is_64 ? ~0ULL : 0xffffffff;
	struct value *dst = &s->of[insn->dst_reg], a = *dst, b = source(s, insn);
	__u64 v;

	*dst = anything;
	if (op == BPF_MOV) {
		/* An offset is a sign extension. */
		if (!insn->off && (is_64 || b.kind == CONSTANT))
			*dst = (struct value){.kind = b.kind, .v = b.v & mask};
	} else if (a.kind == FRAME && b.kind == CONSTANT && is_64 && (op == BPF_ADD || op == BPF_SUB)) {
		*dst = (struct value){.kind = FRAME, .v = op == BPF_ADD ? a.v + b.v : a.v - b.v};
	} else if (a.kind == CONSTANT && b.kind == CONSTANT) {
		if (compute(op, a.v & mask, b.v & mask, is_64 ? 64 : 32, &v))
			*dst = constant(v & mask);
	} else if (op == BPF_AND && ((a.kind == CONSTANT && !(a.v & mask)) || (b.kind == CONSTANT && !(b.v & mask)))) {
		*dst = constant(0);
	}
}

/* Which way a branch on two constants goes. */
static bool decide(__u8 op, __u64 a, __u64 b, bool is_64)
{
	__s64 sa = is_64 ? (__s64)a : (__s32)a, sb = is_64 ? (__s64)b : (__s32)b;

	if (!is_64) {
		a = (__u32)a;
		b = (__u32)b;
	}
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JSET:
		return a & b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	default:
		return sa <= sb; /* BPF_JSLE */
	}
}

static void jump(struct walker *w, long i, struct state *s)
{
	const struct bpf_insn *insn = &w->insns[i];
	bool is_64 = BPF_CLASS(insn->code) == BPF_JMP, taken = true, not_taken = true;
	struct value a = s->of[insn->dst_reg], b = source(s, insn);

	switch (BPF_OP(insn->code)) {
	case BPF_EXIT:
		return;
	case BPF_JA:
		come_to(w, i + 1 + (is_64 ? insn->off : insn->imm), s);
		return;
	case BPF_CALL:
		if (is_poison(insn))
			return; /* refused here */
		if (insn->src_reg == BPF_PSEUDO_CALL)
			enter_function(w, i + 1 + insn->imm);
		call(s);
		come_to(w, i + 1, s);
		return;
	case OP_JCOND:
		break;
	default:
		if (a.kind == CONSTANT && b.kind == CONSTANT) {
			taken = decide(BPF_OP(insn->code), a.v, b.v, is_64);
			not_taken = !taken;
		}
	}
	if (taken)
		come_to(w, i + 1 + insn->off, s);
	if (not_taken)
		come_to(w, i + 1, s);
}

static struct value wide_constant(struct walker *w, long i)
{
	const struct bpf_insn *insn = &w->insns[i];
	__u32 index = (__u32)insn[0].imm;

	if (insn->src_reg == BPF_PSEUDO_FUNC)
		enter_function(w, i + 1 + insn->imm);
	if (insn->src_reg)
		return anything; /* an address */
	if (w->plan && (__u32)insn[1].imm == VL_PLAN_MAGIC && index < VL_PLAN_MAX)
		return w->plan->known[index] ? constant(w->plan->value[index]) : anything;
	return constant((__u64)(__u32)insn[1].imm << 32 | index);
}

static void atomic(struct state *s, const struct bpf_insn *insn)
{
	store(s, insn, anything);
	if (insn->imm == BPF_CMPXCHG)
		s->of[BPF_REG_0] = anything;
	else if (insn->imm & BPF_FETCH)
		s->of[insn->src_reg] = anything;
}

static void load(struct state *s, const struct bpf_insn *insn)
{
	struct value *from = NULL;

	if (BPF_MODE(insn->code) == BPF_MEM)
		from = slot(s, s->of[insn->src_reg], insn->off, size_of(insn));
	s->of[insn->dst_reg] = from ? *from : anything;
}

static void step(struct walker *w, long i)
{
	const struct bpf_insn *insn = &w->insns[i];
	struct state s = w->at[i];
	bool is_wide = insn->code == (BPF_LD | BPF_IMM | BPF_DW);

	switch (BPF_CLASS(insn->code)) {
	case BPF_JMP:
	case BPF_JMP32:
		jump(w, i, &s);
		return;
	case BPF_ALU:
	case BPF_ALU64:
		alu(&s, insn);
		break;
	case BPF_LDX:
		load(&s, insn);
		break;
	case BPF_ST:
		/* Of the immediates stored, older verifiers keep only 0. */
		store(&s, insn, insn->imm ? anything : constant(0));
		break;
	case BPF_STX:
		if (BPF_MODE(insn->code) == BPF_ATOMIC)
			atomic(&s, insn);
		else
			store(&s, insn, s.of[insn->src_reg]);
		break;
	default: /* BPF_LD */
		if (is_wide)
			s.of[insn->dst_reg] = wide_constant(w, i);
		else
			call(&s);
	}
	come_to(w, i + 1 + is_wide, &s);
}

int walk(const struct bpf_insn *insns, size_t n, const struct plan_values *plan, bool *reached)
{
	struct walker w = {.insns = insns, .n = n, .plan = plan, .reached = reached};
	bool again = true;

	w.at = calloc(n, sizeof(*w.at));
	w.todo = calloc(n, sizeof(*w.todo));
	if (!w.at || !w.todo) {
		free(w.at);
		free(w.todo);
		return -ENOMEM;
	}
	memset(reached, 0, n * sizeof(*reached));
	enter_function(&w, 0);
	while (again) {
		again = false;
		for (size_t i = 0; i < n; i++) {
			if (!w.todo[i])
				continue;
			w.todo[i] = false;
			again = true;
			step(&w, (long)i);
		}
	}
	free(w.at);
	free(w.todo);
	return 0;
}
