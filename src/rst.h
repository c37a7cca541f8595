/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reader of the kernel's Documentation/filesystems/locking.rst, of any revision: sections with
 * underlined titles and "simple" tables, and what came before 5.3, titles between dashes and tables
 * without borders.
 *
 * Two parts: the document (what stands where), and the words (what a cell, a column's title and a
 * line of rules say). What is not understood in a table, a prototype or a line of rules is
 * reported as a problem of the document, never dropped; prose is skipped.
 *
 * Lines and columns count from 1. Columns are characters, tabs expanded to eight, as an editor has them.
 */
#ifndef VFSLOCK_RST_H
#define VFSLOCK_RST_H

#include <stdbool.h>
#include <stddef.h>

#define RST_MAX_SIZE (1UL << 20) /* bytes in a document; the real one has 29,000 */
#define RST_MAX_COLUMNS 32       /* of a table */
#define RST_MAX_ITEMS 1000       /* rows, methods, tables, rules, sections, problems */

/* What stands in one cell. */
struct rst_cell {
	char *text; /* white space folded; "" if empty */
	int line, column;
};

struct rst_row {
	char *method; /* without ':' */
	int line;
	struct rst_cell *cells; /* n_columns of the table */
};

struct rst_table {
	struct rst_cell *headers; /* n_columns */
	int n_columns;            /* without the method's */
	struct rst_row *rows;
	int n_rows;
	int line;    /* of the header */
	bool border; /* it has lines of '=' */
};

/* A name or line, and where it stands. */
struct rst_text {
	char *text;
	int line;
};

struct rst_section {
	char *ops; /* "xattr_handler operations" is "xattr_handler" */
	int line;
	struct rst_text *methods; /* names, from the prototypes */
	int n_methods;
	struct rst_text *rules; /* the lines after "locking rules:", for rst_rule__meaning() */
	int n_rules;
	struct rst_table *tables;
	int n_tables;
};

struct rst_problem {
	int line, column;
	char *what;
};

struct rst_document {
	char *path;
	struct rst_section *sections; /* those with prototypes, rules or tables */
	int n_sections;
	struct rst_problem *problems; /* by line, then column */
	int n_problems;               /* recorded; RST_MAX_ITEMS at most */
	bool more_problems;           /* there were more */
};

/*
 * Read the @len bytes at @text, which need no terminator, into @out. @path names the document in
 * @out->path. Everything in @out is allocated, belongs to it and goes with rst__free();
 * nothing refers to @text or @path afterwards.
 *
 * Returns 0, also if there are problems: see @out->n_problems; -EFBIG beyond RST_MAX_SIZE, -ENOMEM.
 * After an error there is nothing in @out (rst__free() is allowed).
 */
int rst__parse(const char *path, const char *text, size_t len, struct rst_document *out);

/* The same with the file at @path. Returns in addition the error of opening or reading it. */
int rst__parse_file(const char *path, struct rst_document *out);

/* Free what @doc has and zero it. @doc may be NULL. */
void rst__free(struct rst_document *doc);

/* The section of @ops, the first of several; NULL if there is none. */
const struct rst_section *rst__section(const struct rst_document *doc, const char *ops);

/* The row of @method in any of the section's tables, and its table into *@table (may be NULL); NULL if there is none.
 */
const struct rst_row *rst_section__row(const struct rst_section *section, const char *method,
				       const struct rst_table **table);

/* Words within the string that was interpreted; not terminated. They live as long as that string. */
struct rst_span {
	const char *text; /* NULL: none */
	int len;
};

/* What a column is about. */
enum rst_column {
	RST_COLUMN_LOCK,      /* a lock: "s_umount", "i_rwsem(inode)", "->d_lock", "folio locked" */
	RST_COLUMN_BLOCK,     /* "may block" */
	RST_COLUMN_RCU_WALK,  /* "rcu-walk" */
	RST_COLUMN_RECURSION, /* "FS recursion" */
	RST_COLUMN_LOCKS,     /* "Held locks when called": cells name locks */
	RST_COLUMN_NOTE,      /* "note" */
};

struct rst_header {
	enum rst_column column;
	struct rst_span lock;    /* RST_COLUMN_LOCK: "i_rwsem", "PageLocked"; "folio" of "folio locked" */
	struct rst_span subject; /* "inode" of "i_rwsem(inode)" and "inode->i_lock", "folio" of "folio locked" */
};

/* What a column's title says. Returns 0, or -EINVAL if it is none of the above. */
int rst_header__meaning(const char *header, struct rst_header *out);

/*
 * Sets of possibilities. Of a lock: not taken by the caller, held (any way), shared, exclusive. Of
 * the other columns: no and yes. "maybe" is RST_NO | RST_YES, "maybe(read)" RST_NO | RST_SHARED,
 * "no or exclusive" RST_NO | RST_EXCLUSIVE. 0: the document does not say.
 */
enum {
	RST_NO = 1,
	RST_YES = 2,
	RST_SHARED = 4, /* also "read" */
	RST_EXCLUSIVE = 8,
};

#define RST_MAX_NAMES 8

struct rst_meaning {
	enum rst_column column;
	unsigned int entry;    /* at entry: a set */
	unsigned int entry_if; /* at entry, instead of .entry, where .condition is true: a set, or 0 */
	unsigned int exit;     /* on return: a set; 0 if nothing is said about it */
	bool unlocks;          /* "yes, unlocks": held at entry, released by the method, maybe later */
	bool sleeps_not;       /* "(must not sleep)", "(may not block if .condition)" */
	bool see_below;        /* the prose says more */
	bool rcu_callback;     /* "called from RCU callback" */
	bool doubtful;         /* "?" */
	int footnote;          /* 1 of "[1]_"; 0: none */
	/*
	 * "O_CREAT is set in open flags", "ref-walk". It belongs to .entry_if or .sleeps_not; where
	 * neither is set, to .entry: "yes (ref-walk)".
	 */
	struct rst_span condition;
	struct rst_span subjects; /* "both", "all", "both parents, some children" */
	/* Other locks than the column's: "inode->i_lock", "namespace_sem"; of several any one may be held. */
	struct rst_span locks[RST_MAX_NAMES];
	int n_locks;
	struct rst_span unknown; /* of -EINVAL: the first word, or the first of a phrase, not understood */
};

/*
 * What the cell @words says in a column with the title @header, into @out.
 *
 * Returns 0, or -EINVAL with @out->unknown, which is within @words, or within @header if the title is at fault.
 */
int rst_cell__meaning(const char *header, const char *words, struct rst_meaning *out);

struct rst_rule_meaning {
	unsigned int may_block; /* all methods: RST_YES, RST_NO; 0: nothing is said */
	struct rst_span except[RST_MAX_NAMES];
	int n_except;
	bool doubtful;        /* "[not true, see below]" */
	bool interrupts;      /* "called from interrupts"; prose follows */
	bool no_locks;        /* "No VFS locks held on entry" ... */
	struct rst_span lock; /* ... or "none have BKL": none of this one */
	struct rst_span locks_except[RST_MAX_NAMES];
	int n_locks_except;
	struct rst_span unknown;
};

/* What a line of rules says: "All except dirty_folio may block". Returns as rst_cell__meaning() does. */
int rst_rule__meaning(const char *words, struct rst_rule_meaning *out);

#endif /* VFSLOCK_RST_H */
