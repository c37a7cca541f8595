/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unit tests of the reader of locking.rst, on documents in tests/unit/rst. VFSLOCK_DOCUMENTS may
 * name a directory with revisions of the real one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rst.h"

/* The document @name of tests/unit/rst, wherever the test was started. */
static void load(const char *name, struct rst_document *doc)
{
	char path[4096];
	const char *slash = strrchr(__FILE__, '/');

	snprintf(path, sizeof(path), "tests/unit/rst/%s", name);
	if (rst__parse_file(path, doc) == 0)
		return;
	assert_non_null(slash);
	snprintf(path, sizeof(path), "%.*s/rst/%s", (int)(slash - __FILE__), __FILE__, name);
	assert_int_equal(rst__parse_file(path, doc), 0);
}

static void parse(const char *text, struct rst_document *doc)
{
	assert_int_equal(rst__parse("t", text, strlen(text), doc), 0);
}

static void expect_no_problem(const struct rst_document *doc)
{
	if (doc->n_problems)
		fail_msg("%s:%d:%d: %s", doc->path, doc->problems[0].line, doc->problems[0].column,
			 doc->problems[0].what);
}

static void expect_problem(const struct rst_document *doc, int line, int column, const char *part)
{
	int i;

	for (i = 0; i < doc->n_problems; i++) {
		const struct rst_problem *p = &doc->problems[i];

		if (p->line == line && p->column == column && strstr(p->what, part))
			return;
	}
	fail_msg("no problem at %d:%d with '%s'", line, column, part);
}

static void expect_row(const struct rst_document *doc, const char *ops, const char *method, const char *const *cells)
{
	const struct rst_section *section = rst__section(doc, ops);
	const struct rst_table *table;
	const struct rst_row *row;
	int i;

	assert_non_null(section);
	row = rst_section__row(section, method, &table);
	assert_non_null(row);
	for (i = 0; cells[i]; i++) {
		assert_true(i < table->n_columns);
		assert_string_equal(row->cells[i].text, cells[i]);
	}
	assert_int_equal(i, table->n_columns);
}

#define ROW(doc, ops, method, ...) expect_row(doc, ops, method, (const char *[]){__VA_ARGS__, NULL})

static void test_bordered(void **state)
{
	const struct rst_section *s;
	struct rst_document doc;

	(void)state;
	load("bordered.rst", &doc);
	expect_no_problem(&doc);
	assert_int_equal(doc.n_sections, 4);
	s = rst__section(&doc, "dentry_operations");
	assert_non_null(s);
	assert_int_equal(s->line, 8);
	assert_int_equal(s->n_methods, 5);
	assert_string_equal(s->methods[0].text, "d_revalidate");
	assert_int_equal(s->methods[0].line, 13);
	assert_string_equal(s->methods[2].text, "d_dname");
	assert_string_equal(s->methods[3].text, "d_init");
	assert_string_equal(s->methods[4].text, "d_iput");
	assert_int_equal(s->methods[4].line, s->methods[3].line);
	assert_int_equal(s->n_rules, 0);
	assert_int_equal(s->n_tables, 1);
	assert_true(s->tables[0].border);
	assert_string_equal(s->tables[0].headers[0].text, "rename_lock");
	assert_string_equal(s->tables[0].headers[2].text, "may block");
	assert_int_equal(s->tables[0].headers[2].line, s->tables[0].line);
	ROW(&doc, "dentry_operations", "d_revalidate", "no", "no", "yes (ref-walk)", "maybe");
	ROW(&doc, "dentry_operations", "d_release", "yes", "no", "no", "no");
	ROW(&doc, "dentry_operations", "d_weak_revalidate", "no", "no", "yes", "no");
	ROW(&doc, "dentry_operations", "d_dname", "no", "yes", "no", "no"); /* continued */
	ROW(&doc, "dentry_operations", "d_init", "", "", "", "");
	ROW(&doc, "xattr_handler", "get", "exclusive (both parents, some children) (see below)");
	ROW(&doc, "xattr_handler", "set", "no or exclusive");
	s = rst__section(&doc, "xattr_handler");
	assert_int_equal(s->n_rules, 1);
	assert_string_equal(s->rules[0].text, "all may block");
	s = rst__section(&doc, "buffer_head");
	assert_non_null(s);
	assert_int_equal(s->n_rules, 1);
	s = rst__section(&doc, "file_operations");
	assert_non_null(s);
	assert_int_equal(s->n_rules, 2);
	assert_null(rst__section(&doc, "Sleepers"));
	assert_null(rst_section__row(s, "read", NULL));
	rst__free(&doc);
}

static void test_borderless(void **state)
{
	const struct rst_section *s;
	const struct rst_row *row;
	struct rst_document doc;

	(void)state;
	load("borderless.rst", &doc);
	expect_no_problem(&doc);
	assert_int_equal(doc.n_sections, 2);
	s = rst__section(&doc, "inode_operations");
	assert_non_null(s);
	assert_int_equal(s->n_methods, 2);
	assert_int_equal(s->n_rules, 1);
	assert_false(s->tables[0].border);
	assert_int_equal(s->tables[0].line, 11);
	ROW(&doc, "inode_operations", "create", "yes", "yes", "yes");
	ROW(&doc, "inode_operations", "unlink", "yes", "yes (both)", "yes (both) (see below)");
	ROW(&doc, "inode_operations", "truncate", "yes", "if ATTR_SIZE", "no");
	ROW(&doc, "inode_operations", "getattr", "", "", "(see below)");
	ROW(&doc, "inode_operations", "symlink", "no", "", "maybe");
	row = rst_section__row(s, "unlink", NULL);
	assert_int_equal(row->line, 13);
	assert_int_equal(row->cells[1].column, 25);
	ROW(&doc, "lock_manager_operations", "lm_break", "yes", "no"); /* left of the title */
	ROW(&doc, "lock_manager_operations", "lm_change", "", "yes");
	rst__free(&doc);
}

static void test_broken(void **state)
{
	static const struct {
		int line, column;
		const char *part;
	} want[] = {
		{1, 1, "no section"},
		{3, 1, "no section"},
		{13, 1, "already in line 12"},
		{14, 9, "no prototype"},
		{17, 9, "'all may dance'"},
		{22, 1, "without a method"},
		{24, 8, "'sideways'"},
		{25, 1, "'two words' is no method"},
		{26, 24, "'write'"},
		{27, 1, "'put' has a row already in line 24"},
		{27, 16, "between two"},
		{28, 9, "'and'"},
		{29, 8, "'yes'"},
		{33, 17, "'the end'"},
		{34, 1, "does not match"},
		{36, 1, "span"},
		{41, 1, "in the middle"},
		{45, 3, "an indented table"},
		{49, 1, "a grid table"},
		{53, 1, "by directive"},
		{56, 1, "with '|'"},
		{62, 1, "nothing is indented"},
		{65, 1, "no structure's name"},
		{77, 21, "same title"},
		{78, 1, "no row"},
		{80, 1, "no rows"},
		{81, 1, "not 'ops'"},
		{89, 1, "in the middle"},
	};
	struct rst_document doc;
	size_t i;
	int k;

	(void)state;
	load("broken.rst", &doc);
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		expect_problem(&doc, want[i].line, want[i].column, want[i].part);
	for (k = 1; k < doc.n_problems; k++)
		assert_true(doc.problems[k - 1].line <= doc.problems[k].line);
	assert_false(doc.more_problems);
	rst__free(&doc);
}

#define HEAD "a_ops\n=====\n\nprototypes::\n\n\tint (*m)(void);\n\nlocking rules:\n\n"

static void test_table_ends(void **state)
{
	struct rst_document doc;

	(void)state;
	parse(HEAD "== ====\nops BKL\n== ====\nm:  yes\n", &doc);
	expect_problem(&doc, 10, 1, "no bottom");
	rst__free(&doc);
	parse(HEAD "=== ===\nops BKL\n=== ===\nm:  yes\n\nb_ops\n=====\n\nprototypes::\n\n\tint (*n)(void);\n", &doc);
	expect_problem(&doc, 10, 1, "no bottom");
	assert_int_equal(doc.n_problems, 1);
	assert_int_equal(doc.n_sections, 2);
	ROW(&doc, "a_ops", "m", "yes");
	rst__free(&doc);
	parse(HEAD "=== ===\nm:  yes\n=== ===\n", &doc);
	expect_problem(&doc, 10, 1, "no header");
	ROW(&doc, "a_ops", "m", "yes");
	rst__free(&doc);
	parse(HEAD
	      "=== ========\nops s_umount\n=== ========\nm:  called from RCU\n    callback\n=== ========\n\nn:\tyes\n",
	      &doc);
	expect_problem(&doc, 17, 1, "in no table");
	assert_int_equal(doc.n_problems, 1);
	ROW(&doc, "a_ops", "m", "called from RCU callback");
	rst__free(&doc);
}

/* Cells that are wider than their column. */
static void test_overrun(void **state)
{
	struct rst_document doc;

	(void)state;
	parse(HEAD "=== === =========\nops BKL may block\n=== === =========\nm   maybe\tyes\n=== === =========\n",
	      &doc);
	expect_no_problem(&doc);
	ROW(&doc, "a_ops", "m", "maybe", "yes");
	rst__free(&doc);
	parse(HEAD "=== === =========\nops BKL may block\n=== === =========\nm   maybe yes\n=== === =========\n", &doc);
	expect_problem(&doc, 13, 11, "either of two columns");
	rst__free(&doc);
	parse(HEAD "=========== === ====\nops         BKL note\n=========== === ====\nm: yes\n=========== === ====\n",
	      &doc);
	expect_problem(&doc, 13, 4, "under no title");
	rst__free(&doc);
	parse(HEAD "======== ===\nops      BKL\n======== ===\nm: yes\n======== ===\n", &doc);
	expect_no_problem(&doc);
	ROW(&doc, "a_ops", "m", "yes");
	rst__free(&doc);
}

static void test_bytes(void **state)
{
	static const char nul[] = HEAD "\t\tBKL\nm:\t\ty\0s\n";
	struct rst_document doc;

	(void)state;
	parse("\xef\xbb\xbf"
	      "a_ops\r\n=====\r\n\r\nlocking rules:\r\n\tall may block\r\n\t\tBKL\r\nm:\t\tyes\r\n",
	      &doc);
	expect_no_problem(&doc);
	ROW(&doc, "a_ops", "m", "yes");
	assert_string_equal(doc.sections[0].rules[0].text, "all may block");
	rst__free(&doc);
	assert_int_equal(rst__parse("t", nul, sizeof(nul) - 1, &doc), 0);
	expect_problem(&doc, 11, 18, "control character");
	expect_problem(&doc, 11, 17, "'y?s'");
	rst__free(&doc);
	parse(HEAD "\t\tBKL\nm:\t\ty\xe9s\n", &doc);
	expect_problem(&doc, 11, 18, "not UTF-8");
	rst__free(&doc);
	parse(HEAD "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7 \xed\xa0\x80\n", &doc); /* a surrogate */
	expect_problem(&doc, 10, 5, "not UTF-8");
	rst__free(&doc);
	parse(HEAD "=== === =========\nops BKL may block\n=== === =========\nm   (\xc3\xa4) yes\n=== === =========\n",
	      &doc);
	expect_problem(&doc, 13, 5, "'\xc3\xa4'"); /* columns are characters */
	ROW(&doc, "a_ops", "m", "(\xc3\xa4)", "yes");
	rst__free(&doc);
}

static void test_no_document(void **state)
{
	struct rst_document doc;

	(void)state;
	parse("", &doc);
	expect_problem(&doc, 1, 1, "no section");
	rst__free(&doc);
	parse("\n\n", &doc);
	assert_int_equal(doc.n_problems, 1);
	rst__free(&doc);
	parse("Title\n=====\n\nOnly prose.\n", &doc);
	assert_int_equal(doc.n_sections, 0);
	expect_problem(&doc, 1, 1, "no section");
	rst__free(&doc);
	rst__free(&doc);
	rst__free(NULL);
	assert_int_equal(rst__parse_file("/nonexistent/locking.rst", &doc), -ENOENT);
	assert_int_equal(rst__parse_file("/", &doc), -EISDIR);
	assert_int_equal(rst__parse_file("/dev/zero", &doc), -EFBIG);
}

static void test_duplicate_section(void **state)
{
	struct rst_document doc;

	(void)state;
	parse(HEAD "\tall may block\n\na_ops operations\n----------------\n\nlocking rules:\n\tall may block\n", &doc);
	expect_problem(&doc, 12, 1, "already in line 1");
	assert_int_equal(doc.n_problems, 1);
	assert_int_equal(doc.n_sections, 2);
	rst__free(&doc);
}

static void test_large(void **state)
{
	struct rst_document doc;
	size_t len = RST_MAX_SIZE;
	char *text = malloc(len + 1);
	FILE *f;
	int i;

	(void)state;
	assert_non_null(text);
	memset(text, 'x', len + 1);
	assert_int_equal(rst__parse("t", text, len + 1, &doc), -EFBIG);
	assert_int_equal(rst__parse("t", text, len, &doc), 0);
	rst__free(&doc);
	for (i = 0; i < 500000; i++)
		memcpy(text + 2 * i, "= ", 2);
	assert_int_equal(rst__parse("t", text, 1000000, &doc), 0);
	rst__free(&doc);
	f = fmemopen(text, len, "w");
	assert_non_null(f);
	fputs(HEAD "\t\tBKL\n", f);
	for (i = 0; i < 1500; i++)
		fprintf(f, "m%d:\t\tno\n", i);
	fclose(f);
	parse(text, &doc);
	assert_int_equal(doc.n_problems, 1);
	expect_problem(&doc, 1011, 1, "more than 1000");
	rst__free(&doc);
	f = fmemopen(text, len, "w");
	assert_non_null(f);
	fputs(HEAD "\t\tBKL\nm:\n", f);
	for (i = 0; i < 50000; i++)
		fputs("\t\tno no no\n", f);
	fclose(f);
	parse(text, &doc);
	expect_problem(&doc, 2011, 1, "more than 2000 lines");
	rst__free(&doc);
	f = fmemopen(text, len, "w");
	assert_non_null(f);
	fputs(HEAD, f);
	for (i = 0; i < 1500; i++)
		fputs("m:\tno\n", f);
	fclose(f);
	parse(text, &doc);
	assert_int_equal(doc.n_problems, 1000);
	assert_true(doc.more_problems);
	rst__free(&doc);
	free(text);
}

static void expect_span(struct rst_span span, const char *want)
{
	if (!want) {
		assert_null(span.text);
		return;
	}
	assert_non_null(span.text);
	assert_int_equal(span.len, strlen(want));
	assert_memory_equal(span.text, want, strlen(want));
}

static void test_headers(void **state)
{
	static const struct {
		const char *title;
		enum rst_column column;
		const char *lock, *subject;
	} good[] = {
		{"i_rwsem(inode)", RST_COLUMN_LOCK, "i_rwsem", "inode"},
		{"PageLocked(page)", RST_COLUMN_LOCK, "PageLocked", "page"},
		{"folio locked", RST_COLUMN_LOCK, "folio", "folio"},
		{"inode->i_lock", RST_COLUMN_LOCK, "i_lock", "inode"},
		{"->d_lock", RST_COLUMN_LOCK, "d_lock", NULL},
		{"s_umount", RST_COLUMN_LOCK, "s_umount", NULL},
		{"may  block", RST_COLUMN_BLOCK, NULL, NULL},
		{"rcu-walk", RST_COLUMN_RCU_WALK, NULL, NULL},
		{"FS recursion", RST_COLUMN_RECURSION, NULL, NULL},
		{"Held locks when called", RST_COLUMN_LOCKS, NULL, NULL},
		{"note", RST_COLUMN_NOTE, NULL, NULL},
	};
	static const char *const bad[] = {"", "two words", "->", "a(b", "a()", "a(b)c", "1st", "a->", "may block it"};
	struct rst_header head;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(rst_header__meaning(good[i].title, &head), 0);
		assert_int_equal(head.column, good[i].column);
		expect_span(head.lock, good[i].lock);
		expect_span(head.subject, good[i].subject);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(rst_header__meaning(bad[i], &head), -EINVAL);
}

/* Sets of a cell under the title of a lock. */
static void test_modes(void **state)
{
	static const struct {
		const char *words;
		unsigned int entry, entry_if, exit;
		const char *condition, *subjects;
	} want[] = {
		{"", 0, 0, 0, NULL, NULL},
		{"yes", RST_YES, 0, 0, NULL, NULL},
		{"no", RST_NO, 0, 0, NULL, NULL},
		{"maybe", RST_NO | RST_YES, 0, 0, NULL, NULL},
		{"Shared", RST_SHARED, 0, 0, NULL, NULL},
		{"read", RST_SHARED, 0, 0, NULL, NULL},
		{"write", RST_EXCLUSIVE, 0, 0, NULL, NULL},
		{"exclusive", RST_EXCLUSIVE, 0, 0, NULL, NULL},
		{"no or exclusive", RST_NO | RST_EXCLUSIVE, 0, 0, NULL, NULL},
		{"read/write", RST_SHARED | RST_EXCLUSIVE, 0, 0, NULL, NULL},
		{"maybe(read)", RST_NO | RST_SHARED, 0, 0, NULL, NULL},
		{"maybe-read", RST_NO | RST_SHARED, 0, 0, NULL, NULL},
		{"maybe-write", RST_NO | RST_EXCLUSIVE, 0, 0, NULL, NULL},
		{"exclusive (both)", RST_EXCLUSIVE, 0, 0, NULL, "both"},
		{"exclusive (both)(see below)", RST_EXCLUSIVE, 0, 0, NULL, "both"},
		{"exclusive (all) (see below)", RST_EXCLUSIVE, 0, 0, NULL, "all"},
		{"exclusive (both parents, some children)", RST_EXCLUSIVE, 0, 0, NULL, "both parents, some children"},
		{"shared (exclusive if O_CREAT is set in open flags)", RST_SHARED, RST_EXCLUSIVE, 0,
		 "O_CREAT is set in open flags", NULL},
		{"no (may not block if called in rcu-walk mode)", RST_NO, 0, 0, "called in rcu-walk mode", NULL},
		{"if ATTR_SIZE", 0, RST_YES, 0, "ATTR_SIZE", NULL},
		{"exclusive if O_CREAT (see below)", 0, RST_EXCLUSIVE, 0, "O_CREAT", NULL},
		{"yes, unlocks", RST_YES, 0, 0, NULL, NULL},
		{"locks the page", 0, 0, RST_YES, NULL, NULL},
		{"locks the folio", 0, 0, RST_YES, NULL, NULL},
		{"can return with page locked", 0, 0, RST_NO | RST_YES, NULL, NULL},
		{"-", 0, 0, 0, NULL, NULL},
	};
	struct rst_meaning m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(rst_cell__meaning("s_umount", want[i].words, &m), 0);
		assert_int_equal(m.entry, want[i].entry);
		assert_int_equal(m.entry_if, want[i].entry_if);
		assert_int_equal(m.exit, want[i].exit);
		expect_span(m.condition, want[i].condition);
		expect_span(m.subjects, want[i].subjects);
		assert_int_equal(m.unlocks, strstr(want[i].words, "unlocks") != NULL);
		assert_int_equal(m.see_below, strstr(want[i].words, "see below") != NULL);
		assert_int_equal(m.sleeps_not, strstr(want[i].words, "may not block") != NULL);
	}
}

static void test_remarks(void **state)
{
	struct rst_meaning m;

	(void)state;
	assert_int_equal(rst_cell__meaning("may block", "yes (ref-walk)", &m), 0);
	assert_int_equal(m.entry, RST_YES);
	expect_span(m.condition, "ref-walk");
	assert_int_equal(rst_cell__meaning("may block", "maybe[1]_", &m), 0);
	assert_int_equal(m.footnote, 1);
	assert_int_equal(rst_cell__meaning("rcu-walk", "maybe [#12]_", &m), 0);
	assert_int_equal(m.footnote, 12);
	assert_int_equal(rst_cell__meaning("note", "called from\n RCU callback", &m), 0);
	assert_true(m.rcu_callback);
	assert_int_equal(rst_cell__meaning("note", "!!!inode->i_lock!!!", &m), 0);
	assert_int_equal(m.n_locks, 1);
	expect_span(m.locks[0], "inode->i_lock");
	assert_int_equal(rst_cell__meaning("note", "(namespace_sem)", &m), 0);
	expect_span(m.locks[0], "namespace_sem");
	assert_int_equal(rst_cell__meaning("s_umount", "no (vfsmount->sem)", &m), 0);
	expect_span(m.locks[0], "vfsmount->sem");
	assert_int_equal(rst_cell__meaning("s_umount", "(must not sleep)", &m), 0);
	assert_true(m.sleeps_not);
	assert_int_equal(rst_cell__meaning("s_lock", "?", &m), 0);
	assert_true(m.doubtful);
	assert_int_equal(rst_cell__meaning("Held locks when called", "dqonoff_sem or dqptr_sem", &m), 0);
	assert_int_equal(m.entry, RST_YES);
	assert_int_equal(m.n_locks, 2);
	expect_span(m.locks[1], "dqptr_sem");
	assert_int_equal(rst_cell__meaning("Held locks when called", "-", &m), 0);
	assert_int_equal(m.entry, RST_NO);
	assert_int_equal(rst_cell__meaning("FS recursion", "yes", &m), 0);
	assert_int_equal(m.entry, RST_YES);
}

static void test_unknown_words(void **state)
{
	static const struct {
		const char *header, *words, *unknown;
	} want[] = {
		{"s_umount", "perhaps", "perhaps"},
		{"s_umount", "yes perhaps", "perhaps"},
		{"s_umount", "no yes", "yes"},
		{"s_umount", "yes, relocks", ","},
		{"s_umount", "yesno", "yesno"},
		{"s_umount", "(ref-walk)", "ref-walk"},
		{"s_umount", "yes (whatever)", "whatever"},
		{"s_umount", "yes (both", "both"},
		{"s_umount", "yes ()", ")"},
		{"s_umount", "exclusive (shared if )", "shared"},
		{"s_umount", "yes (read)", "read"},
		{"s_umount", "!!!nothing!!!", "!!!nothing!!!"},
		{"s_umount", "maybe[x]_", "[x]_"},
		{"s_umount", "read or", "or"},
		{"s_umount", "can return unlocked", "can"},
		{"s_umount", "dqonoff_sem", "dqonoff_sem"},
		{"may block", "exclusive", "exclusive"},
		{"may block", "locks the page", "locks"},
		{"rcu-walk", "shared", "shared"},
		{"note", "yes", "yes"},
		{"Held locks when called", "cheese", "cheese"},
		{"Held locks when called", "a_sem or", "or"},
		{"two words", "yes", "two"},
	};
	struct rst_meaning m;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(rst_cell__meaning(want[i].header, want[i].words, &m), -EINVAL);
		expect_span(m.unknown, want[i].unknown);
	}
}

static void test_rules(void **state)
{
	static const char *const bad[] = {"",
					  "most may block",
					  "all may block twice",
					  "all except may block",
					  "all except a, may block",
					  "all may block. all may block",
					  "all may block except",
					  "none have"};
	struct rst_rule_meaning r;
	size_t i;

	(void)state;
	assert_int_equal(rst_rule__meaning("\tall may block", &r), 0);
	assert_int_equal(r.may_block, RST_YES);
	assert_int_equal(rst_rule__meaning("All may block [not true, see below]", &r), 0);
	assert_true(r.doubtful);
	assert_int_equal(rst_rule__meaning("All except ->poll(), lock, and flush may block.", &r), 0);
	assert_int_equal(r.may_block, RST_YES);
	assert_int_equal(r.n_except, 3);
	expect_span(r.except[0], "poll");
	expect_span(r.except[2], "flush");
	assert_int_equal(rst_rule__meaning("All may block except for ->setlease.", &r), 0);
	expect_span(r.except[0], "setlease");
	assert_int_equal(rst_rule__meaning("No VFS locks held on entry except for ->setlease.", &r), 0);
	assert_int_equal(r.may_block, 0);
	assert_true(r.no_locks);
	expect_span(r.locks_except[0], "setlease");
	assert_int_equal(rst_rule__meaning("all may block, none have BKL", &r), 0);
	expect_span(r.lock, "BKL");
	assert_int_equal(rst_rule__meaning("None may block", &r), 0);
	assert_int_equal(r.may_block, RST_NO);
	assert_int_equal(rst_rule__meaning("called from interrupts. Whatever follows", &r), 0);
	assert_true(r.interrupts);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(rst_rule__meaning(bad[i], &r), -EINVAL);
		assert_non_null(r.unknown.text);
	}
}

static const char *const structs[] = {
	"dentry_operations",    "inode_operations",         "xattr_handler",        "super_operations",
	"file_system_type",     "address_space_operations", "file_lock_operations", "lock_manager_operations",
	"buffer_head",          "block_device_operations",  "file_operations",      "dquot_operations",
	"vm_operations_struct",
};

#define N_STRUCTS (sizeof(structs) / sizeof(structs[0]))

/* One real document: no problems, all structures, though some revisions have no buffer_head. */
static void check_document(const char *path, unsigned int *found)
{
	struct rst_document doc;
	size_t i;

	assert_int_equal(rst__parse_file(path, &doc), 0);
	expect_no_problem(&doc);
	for (i = 0; i < N_STRUCTS; i++) {
		if (rst__section(&doc, structs[i]))
			*found |= 1U << i;
		else if (strcmp(structs[i], "buffer_head"))
			fail_msg("%s: no section '%s'", path, structs[i]);
	}
	rst__free(&doc);
}

static void test_documents(void **state)
{
	const char *name = getenv("VFSLOCK_DOCUMENTS");
	unsigned int found = 0;
	struct dirent *entry;
	char path[4096];
	const char *dot;
	DIR *dir;

	(void)state;
	if (!name)
		skip();
	dir = opendir(name);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		dot = strrchr(entry->d_name, '.');
		if (!dot || strcmp(dot, ".rst"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
		check_document(path, &found);
	}
	closedir(dir);
	assert_int_equal(found, (1U << N_STRUCTS) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bordered),      cmocka_unit_test(test_borderless),
		cmocka_unit_test(test_broken),        cmocka_unit_test(test_table_ends),
		cmocka_unit_test(test_overrun),       cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_no_document),   cmocka_unit_test(test_duplicate_section),
		cmocka_unit_test(test_large),         cmocka_unit_test(test_headers),
		cmocka_unit_test(test_modes),         cmocka_unit_test(test_remarks),
		cmocka_unit_test(test_unknown_words), cmocka_unit_test(test_rules),
		cmocka_unit_test(test_documents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
