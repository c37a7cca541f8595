/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is to be attached: every method of the spec x every function found in an ops table, with the programs it needs
 * and the rules in force, or the reason why it cannot be.
 */
#ifndef VFSLOCK_PLAN_H
#define VFSLOCK_PLAN_H

#include <linux/types.h>
#include <stdbool.h>

#include "../bpf/held_layout.h"
#include "calibrate.h"
#include "discover.h"
#include "filter.h"
#include "kbtf.h"
#include "ksyms.h"

enum function_state { FUNCTION_PLANNED, FUNCTION_ATTACHED, FUNCTION_REFUSED };

/*
 * How the programs are entered. A trampoline (fentry, fexit) is cheap and knows the types; a kprobe and a kretprobe
 * take what no trampoline can: more arguments, functions without BTF, or of a name that others have, too.
 */
enum attach_how { BY_TRAMPOLINE, BY_KPROBE };
enum attach_policy { ATTACH_AUTO, ATTACH_TRAMPOLINE, ATTACH_KPROBE }; /* what the user wants */

/*
 * What a function's reason comes down to, for those who count: what is not attached, or not by a trampoline, or only at
 * its entry. New ones are label values of published series: few, and for good.
 */
#define REFUSALS(X)                                                                                                    \
	X(none)           /* there is no reason, or the user wants it so */                                            \
	X(not_traceable)  /* the kernel does not let it be traced, or it would hang the machine */                     \
	X(arguments)      /* too many, or others than the document's method has */                                     \
	X(verifier)       /* its program is refused */                                                                 \
	X(no_btf)         /* its module, or it, has none */                                                            \
	X(ambiguous_name) /* several functions are called so */                                                        \
	X(rights)         /* this process has not the right to (any more) */                                           \
	X(other)

enum refusal {
#define X(name) REFUSAL_##name,
	REFUSALS(X)
#undef X
		N_REFUSALS
};

/* One function in the role of one method. Its index in the plan is the `fn` of signatures. */
struct function {
	int method; /* id in methods[], or -1: a method that the document does not know */
	int ops;    /* index in ops_structs[] */
	char method_name[32];
	char name[64];
	char module[56];      /* "" for the kernel proper */
	char found[96];       /* on which kinds of object */
	char filesystems[64]; /* types of the filesystems that have it */
	__u64 addr;
	enum function_state state;
	char reason[256];     /* of FUNCTION_REFUSED; else why by kprobe, or why only the entry is watched, or "" */
	enum refusal refusal; /* what that is */
	enum attach_how how;
	bool no_trampoline;   /* none leads to it, or takes its arguments */
	bool portable;        /* its programs are those of bpf/portable.bpf.c */
	bool undocumented;    /* no rule of the document is about its method: refused for that */
	bool unwanted;        /* the user asked for other rules: refused for that */
	bool entry_only;      /* a return that is wanted cannot be watched */
	const char *ops_type; /* the struct it was found in, if not that of its ops */
	struct kbtf_func btf;
	struct kbtf_method where;
	bool pair, latency;
	bool slept;                /* a rule in force asks whether the task slept */
	bool only_follows;         /* its return matters for nothing but that folios are unlocked */
	bool from_entry;           /* so they are followed from the entry on, and the return is not watched */
	int follow;                /* number of its method among those whose folios are followed, or -1 */
	int histogram;             /* its number, or -1 */
	int type;                  /* number of the type of filesystem on which it was first met */
	unsigned int slots;        /* mask of the lock slots to read: entry slots first, then exit slots */
	__u64 select;              /* mask of the signature's condition flag that tells this method's calls, or 0 */
	int links[2], programs[2]; /* file descriptors while attached, else -1 */
};

#define MAX_ROLES 8

struct role {
	__u64 addr;
	short methods[MAX_ROLES + 1]; /* ended by -1 */
};

struct plan {
	const struct rule *rules;   /* n_rules of them: the compiled ones, or those of a user's document */
	struct function *functions; /* each stays where it is */
	int n_functions;
	int n_histograms;
	short followed[VL_FOLLOW_METHODS]; /* ids of the methods whose folios are followed */
	int n_followed;
	int kernel; /* major << 8 | minor: which document is in force */
	enum attach_policy policy;
	enum vl_tracking tracking; /* what the table of held locks knows */
	enum vl_context_source context;
	int kprobe_context; /* what a kprobe's own entry adds to preempt_count; measured when first needed */
	bool kprobe_measured;
	int unknown_tables; /* met by plan__add_tables() without a symbol: of a module loaded since, or stale */
	char release[65];
	struct measured_constant measured[MEASURED_KINDS];
	bool is_measured;
	const char *latency; /* method whose latency is wanted beside the hot ones, "all", "none" or NULL */
	bool sees_unlocks;   /* this kernel has a function that every folio is unlocked through */
	const struct rule_filter *filter; /* NULL: all rules are wanted */
	__u64 task_filter;                /* VL_FILTER_...: what the programs compare */
	bool tell_types;                  /* the type of the filesystem goes into the signature */
	bool sealed;                      /* nothing may be attached any more */
	char *missing_lock;               /* per lock class: 1 if this kernel has no such lock */
	__u64 *global_locks;              /* addresses of locks that are no object's member, in order of declaration */
	struct role *roles;               /* by function address: see plan__methods_at() */
	int n_roles;
};

/* Prepares an empty plan for the running kernel. Returns 0 or negative errno. */
int plan__open(struct plan *p, struct kbtf *kb, const struct ksyms *ks, const char *latency);
void plan__free(struct plan *p);

/*
 * Adds the functions of those tables of @t from @first_table on. Functions already planned in the same role only note
 * where else they were found. Returns how many were added, or negative errno.
 */
int plan__add_tables(struct plan *p, struct kbtf *kb, struct kmem *km, const struct ksyms *ks, const struct target *t,
		     int first_table);

/* Is @r checked on this kernel? If not, *@why says why (rule out of the document's range: NULL and false). */
bool plan__rule_active(const struct plan *p, const struct rule *r, const char **why);

/* Ids of the methods that the function starting at @addr implements, ended by -1; NULL if it is no planned function. */
const short *plan__methods_at(const struct plan *p, __u64 addr);

/* "no_btf"; "" of none. */
const char *refusal__name(enum refusal why);

/* Why a function is not attached; and the same of one that is attached all the same: see struct function.reason. */
void function__refuse(struct function *f, enum refusal why, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void function__note(struct function *f, enum refusal why, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
