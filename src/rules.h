/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiled spec: tables that specc writes to build/gen/rules.c. Read-only data, no code. */
#ifndef VFSLOCK_RULES_H
#define VFSLOCK_RULES_H

#include <stdbool.h>
#include <stddef.h>

/* The names' lower case halves are the spec's own words: specc pastes them. */
enum rule_mode {
	RULE_any,
	RULE_none,
	RULE_maybe, /* the modes up to here promise nothing */
	RULE_shared,
	RULE_exclusive,
	RULE_held,
	RULE_free,
	RULE_yes,
	RULE_no,
};

enum rule_phase { RULE_AT_entry, RULE_AT_exit, RULE_AT_during, RULE_AT_after };

enum lock_kind {
	LOCK_KIND_rwsem,
	LOCK_KIND_mutex,
	LOCK_KIND_spin,
	LOCK_KIND_seqlock,
	LOCK_KIND_bit,
	LOCK_KIND_context,
	LOCK_KIND_words /* a column of the document that is about no lock: never judged */
};

struct lock_class {
	const char *name;
	enum lock_kind kind;
	const char *global;                /* symbol of a lock that is no object's member, or NULL */
	const char *field_of, *field_name; /* the member that a kernel may lack, or NULL */
};

/* With neither condition nor function, it is always so. */
struct drift {
	int condition; /* flag of the signature, or -1 */
	const char *condition_text;
	const char *via; /* kernel function on the stack, or NULL */
	const char *because;
};

/* Versions are major << 8 | minor; 0 is no bound. */
struct rule {
	const char *id, *subject, *expr, *says, *place, *condition_text, *unverifiable;
	const struct drift *drifts;
	const short *inside; /* ids of methods, ended by -1; NULL: anywhere */
	int n_drifts;
	short method, lock;
	enum rule_mode mode;
	enum rule_phase phase;
	short slot, condition; /* -1: none */
	short since, until;
	bool in_table;         /* a cell of the document's table, not of its prose */
	bool from_entry;       /* phase after: what is followed is known at the entry */
	bool every;            /* written once for all methods of the ops struct */
	unsigned int measured; /* mask of the constants in measured_names[] that the condition needs */
};

struct method_param {
	const char *name, *type;
	int pointers;
	const char *tags[3]; /* struct tags, any of which fits; none: a scalar if pointers is 0, else any pointer */
};

struct method {
	const char *name, *super_block, *no_super_block;
	const struct method_param *params;
	int n_params;
	short ops, since, until, first_rule, n_rules, n_entry, n_exit, select;
	bool hot, needs_exit;
	unsigned int exit_conditions; /* mask of those that are looked at at the return */
	const char *formerly;         /* its older name, under which older documents describe it, or NULL */
	const char *gone;             /* why no kernel has it although the document names it, or NULL */
};

/* A column of the document's table: which lock's cells stand under which words, in which documents. */
struct table_column {
	short lock, since, until;
	const char *header;
};

struct ops_struct {
	const char *name;
	const char *also; /* a struct that holds some of its methods on some kernels, or NULL */
	int first_method, n_methods, n_columns;
	const struct table_column *columns;
};

extern const struct lock_class lock_classes[];
extern const int n_lock_classes;
extern const struct rule rules[];
extern const int n_rules;
extern const struct method methods[];
extern const int n_methods;
extern const struct ops_struct ops_structs[];
extern const int n_ops_structs;
extern const char *const measured_names[];
extern const int n_measured;

/* Does the document of @kernel (major << 8 | minor) hold this rule or method? */
static inline bool in_range(int since, int until, int kernel)
{
	return (!since || kernel >= since) && (!until || kernel < until);
}

/* Is what the rule is about looked at when the method returns? */
static inline bool rule_at_return(const struct rule *r)
{
	return r->phase == RULE_AT_exit || r->phase == RULE_AT_after;
}

/* The number of a rule's lock among all that are read of a call of @m: those at the entry first. */
static inline int rule__word(const struct rule *r, const struct method *m)
{
	return r->slot + (rule_at_return(r) ? m->n_entry : 0);
}

static inline bool rule_promises(const struct rule *r)
{
	return r->mode > RULE_maybe;
}

#endif
