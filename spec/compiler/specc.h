/* SPDX-License-Identifier: GPL-2.0-only */
/* The spec compiler: reads the files of spec/, writes the judge's tables and the BPF probes. See spec/README.md. */
#ifndef VFSLOCK_SPECC_H
#define VFSLOCK_SPECC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* ------------------------------------------------------------------------------------------------------ lexer ---- */

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_CODE, TOKEN_PUNCT };

/* @text: the word, the string without quotes, the C text without braces, or one punctuation character. */
struct token {
	enum token_kind kind;
	char *text;
	int line, column;
};

struct place_in_file {
	const char *path;
	int line, column;
};

struct lexer {
	const char *path;
	const char *at, *line_start;
	int line;
	struct token tok; /* the current token */
};

/*
 * A diagnostic: "file:line:column: what, what was expected". All errors are fatal: the exit status is 1 and nothing is
 * written, so that a half-understood rule can never be compiled in.
 */
void fail_at(const struct place_in_file *where, const char *fmt, ...) __attribute__((noreturn, format(printf, 2, 3)));

void lexer__open(struct lexer *lx, const char *path);
void lexer__next(struct lexer *lx);
struct place_in_file lexer__place(const struct lexer *lx);   /* of the current token */
bool lexer__is(const struct lexer *lx, const char *word);    /* the current token is this word or punctuation */
bool lexer__take(struct lexer *lx, const char *word);        /* the same, and moves on if so */
char *lexer__word(struct lexer *lx, const char *expected);   /* takes a word; @expected completes the error */
char *lexer__name(struct lexer *lx, const char *expected);   /* takes a word that is a C identifier */
char *lexer__string(struct lexer *lx, const char *expected); /* takes a "string" */
char *lexer__code(struct lexer *lx, const char *expected);   /* takes { C }, white space folded */
void lexer__fail(const struct lexer *lx, const char *fmt, ...) __attribute__((noreturn, format(printf, 2, 3)));

/* Memory is never freed: the compiler lives for one build. These abort on exhaustion. */
void *zalloc(size_t size);
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void *grow(void *array, int count, size_t elem_size);

/* -------------------------------------------------------------------------------------------------- the spec ---- */

#define MAX_ENTRY_SLOTS 8
#define MAX_EXIT_SLOTS 4
#define MAX_CONDITIONS 10
#define MAX_TAGS 3
#define MAX_MEASURED 8
#define MAX_KEPT_PARAMS 3 /* bpf/shared.h: VL_FRAME_ARGS */

enum mode { MODE_ANY, MODE_NONE, MODE_MAYBE, MODE_SHARED, MODE_EXCLUSIVE, MODE_HELD, MODE_FREE, MODE_YES, MODE_NO };
enum phase { PHASE_ENTRY, PHASE_EXIT, PHASE_DURING, PHASE_AFTER };
enum lock_kind { LOCK_RWSEM, LOCK_MUTEX, LOCK_SPIN, LOCK_SEQLOCK, LOCK_BIT, LOCK_CONTEXT, LOCK_WORDS };

struct type { /* how a super_block is found from an argument of this type */
	char *name;
	char *super_block;
};

struct lock {
	char *name;
	enum lock_kind kind;
	char *in, *word;             /* the subject's type, and the word's address as C over `it` */
	char *global;                /* or a kernel symbol */
	char *field_of, *field_name; /* the member that a kernel may lack */
};

struct param {
	char *name;
	char *type;           /* C type of the first alternative */
	char *tags[MAX_TAGS]; /* struct tags of the alternatives; none for scalars and other pointers */
	int n_tags, pointers; /* levels of indirection */
	int kept;             /* its number among those used at the return, or -1 */
};

struct condition { /* a C expression that becomes one flag of the signature */
	char *text;
	bool at_exit;
};

struct slot { /* one lock word to read; entry and exit slots are numbered apart */
	char *expr;
	int lock;
	bool followed;       /* read at the return, and followed from there until it is released: phase after */
	char *followed_when; /* C, or NULL: always */
};

struct keep { /* a number that is looked up at the entry and known by its name at the return */
	char *name, *expr;
	int kept; /* its number, counted on from those of the parameters */
};

struct drift {
	struct place_in_file where;
	char *condition_text, *via, *because; /* neither condition nor via: always */
	int condition;                        /* -1: none */
};

struct column { /* of the document's table: which lock's cells stand under which words */
	int lock;
	char *header;
	int since, until; /* 0: no bound */
};

struct name {
	struct place_in_file where;
	char *text;
};

struct rule {
	struct place_in_file where;
	char *subject, *expr, *alias, *says, *place, *unverifiable, *id;
	int lock, slot, condition;
	enum mode mode;
	enum phase phase;
	int since, until;      /* 0: no bound */
	unsigned int measured; /* mask of the MEASURED() constants that decide about it */
	char *condition_text;
	char **inside;
	int n_inside;
	struct drift *drifts;
	int n_drifts;
	bool in_prose; /* its place is its own: not a cell of the table */
	bool every;    /* written for every method */
};

struct method {
	struct place_in_file where;
	char *name;
	struct param *params;
	int n_params;
	int since, until;
	bool hot;
	char *super_block, *no_super_block, *select;
	struct place_in_file select_where;
	struct name *without;
	int n_without;
	struct rule *rules;
	int n_rules;
	struct condition conditions[MAX_CONDITIONS];
	int n_conditions, select_condition;
	struct keep keeps[MAX_KEPT_PARAMS];
	int n_keeps;
	struct slot entry[MAX_ENTRY_SLOTS], exit[MAX_EXIT_SLOTS];
	int n_entry, n_exit;
	char *formerly; /* the method's older name, described under its own */
	char *gone;     /* why no kernel has it although the document names it */
};

struct ops {
	char *name, *place;
	char *also; /* a struct that holds some of the methods on some kernels, or NULL */
	struct method *methods;
	int n_methods;
	struct rule *every; /* rules of `every method` */
	int n_every;
	struct column *columns;
	int n_columns;
};

struct spec {
	struct type *types;
	int n_types;
	struct lock *locks;
	int n_locks;
	struct ops *ops;
	int n_ops;
	char **measured; /* names of MEASURED() constants, in order of first use */
	int n_measured;
};

extern const char *const mode_names[], *const phase_names[], *const lock_kind_names[];

void spec__parse_file(struct spec *spec, const char *path);
int spec__lock(const struct spec *spec, const char *name); /* index or -1 */
int spec__measured(struct spec *spec, const char *name);   /* index, added if new; -1: one too many */
bool rule__judged(const struct rule *r);                   /* promises something that can be observed */
const char *version_text(int version);

bool is_identifier(const char *word);
bool mentions(const char *code, const char *identifier);                         /* the C text uses this identifier */
bool method__known_at_entry(const struct method *m, const char *code);           /* no kept number, no `ret` */
bool method__uses_param(const struct method *m, const char *name, bool at_exit); /* `ret` is one at exit */

/*
 * The C text with every step through a pointer marked: `a->b.c->d` becomes VL_GET(VL_GET(a->b.c)->d), which reads
 * memory as the kind of program allows it (bpf/read.h). What only takes an address, `&a->b`, is left as it is.
 */
char *mark_reads(const char *code);
/* The name in the next MEASURED() from @at on, which moves on; "" if it is no constant's name, NULL if none is left. */
char *next_measured(const char *code, const char **at);

void spec__resolve(struct spec *spec); /* ids, slots, conditions, super_blocks; fails on contradictions */

void emit_tables(const struct spec *spec, FILE *out);
void emit_ids(const struct spec *spec, FILE *out);
void emit_probes(const struct spec *spec, FILE *out);

#endif
