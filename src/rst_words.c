/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of locking.rst: what a column's title, a cell and a line of rules say; see rst.h. */
#include "rst.h"
#include "rst_parser.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#define MAYBE (RST_NO | RST_YES)

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " \t\r\n\f\v");
}

bool rst_char__is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

int rst_name__len(const char *s)
{
	int n = 0;

	if (isdigit((unsigned char)*s))
		return 0;
	while (rst_char__is_name(s[n]))
		n++;
	return n;
}

static struct rst_span span(const char *text, const char *end)
{
	while (end > text && strchr(" \t\r\n\f\v", end[-1]))
		end--;
	return (struct rst_span){.text = text, .len = (int)(end - text)};
}

/* The word at @s, at least one character where there is one. */
static struct rst_span word_at(const char *s)
{
	size_t n;

	s = skip_blanks(s);
	n = strcspn(s, " \t\r\n\f\v()");
	if (!n && *s)
		n = 1;
	return (struct rst_span){.text = s, .len = (int)n};
}

/* Step over @phrase, whatever the case and the blanks between its words, if it stands at *@s. */
static bool take(const char **s, const char *phrase)
{
	const char *p = skip_blanks(*s), *q = phrase;

	for (; *q; q++) {
		if (*q == ' ') {
			if (!isspace((unsigned char)*p))
				return false;
			p = skip_blanks(p);
		} else if (tolower((unsigned char)*p++) != tolower((unsigned char)*q)) {
			return false;
		}
	}
	if (rst_char__is_name(q[-1]) && rst_char__is_name(*p))
		return false;
	*s = p;
	return true;
}

/* A name, or several joined by "->": "inode->i_lock". */
static bool take_path(const char **s, struct rst_span *out)
{
	const char *start = skip_blanks(*s), *p = start;
	int n = rst_name__len(p);

	if (!n)
		return false;
	p += n;
	while (p[0] == '-' && p[1] == '>' && rst_name__len(p + 2))
		p += 2 + rst_name__len(p + 2);
	*out = span(start, p);
	*s = p;
	return true;
}

/* "lookup", "->lookup", "->lookup()" */
static bool take_method(const char **s, struct rst_span *out)
{
	const char *p = skip_blanks(*s);
	int n;

	if (p[0] == '-' && p[1] == '>')
		p += 2;
	n = rst_name__len(p);
	if (!n)
		return false;
	*out = span(p, p + n);
	p += n;
	if (p[0] == '(' && p[1] == ')')
		p += 2;
	*s = p;
	return true;
}

int rst_header__meaning(const char *header, struct rst_header *out)
{
	static const struct {
		const char *title;
		enum rst_column column;
	} titles[] = {
		{"may block", RST_COLUMN_BLOCK},
		{"rcu-walk", RST_COLUMN_RCU_WALK},
		{"note", RST_COLUMN_NOTE},
		{"notes", RST_COLUMN_NOTE},
		{"fs recursion", RST_COLUMN_RECURSION},
		{"held locks when called", RST_COLUMN_LOCKS},
	};
	const char *s;
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		s = header;
		out->column = titles[i].column;
		if (take(&s, titles[i].title) && !*skip_blanks(s))
			return 0;
	}
	out->column = RST_COLUMN_LOCK;
	s = skip_blanks(header);
	if (s[0] == '-' && s[1] == '>')
		s += 2;
	if (!rst_name__len(s))
		return -EINVAL;
	out->lock = span(s, s + rst_name__len(s));
	s += out->lock.len;
	if (s[0] == '-' && s[1] == '>' && rst_name__len(s + 2)) {
		out->subject = out->lock;
		out->lock = span(s + 2, s + 2 + rst_name__len(s + 2));
		s += 2 + out->lock.len;
	} else if (s[0] == '(' && rst_name__len(s + 1) && s[1 + rst_name__len(s + 1)] == ')') {
		out->subject = span(s + 1, s + 1 + rst_name__len(s + 1));
		s += 2 + out->subject.len;
	} else if (take(&s, "locked")) {
		out->subject = out->lock;
	}
	return *skip_blanks(s) ? -EINVAL : 0;
}

static bool take_mode(const char **s, enum rst_column column, unsigned int *set)
{
	static const struct {
		const char *word;
		unsigned int set;
		bool lock;
	} words[] = {
		{"yes", RST_YES, false},        {"no", RST_NO, false},      {"maybe", MAYBE, false},
		{"shared", RST_SHARED, true},   {"read", RST_SHARED, true}, {"exclusive", RST_EXCLUSIVE, true},
		{"write", RST_EXCLUSIVE, true},
	};
	size_t i;

	if (column == RST_COLUMN_NOTE || column == RST_COLUMN_LOCKS)
		return false;
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].lock && column != RST_COLUMN_LOCK)
			continue;
		if (!take(s, words[i].word))
			continue;
		*set = words[i].set;
		return true;
	}
	return false;
}

/* "(read)" or "-read" behind "maybe" */
static bool narrow_maybe(struct rst_meaning *m, unsigned int set)
{
	if (m->entry != MAYBE || !(set == RST_SHARED || set == RST_EXCLUSIVE))
		return false;
	m->entry = RST_NO | set;
	return true;
}

/* "exclusive", "no or exclusive", "read/write", "maybe-read", "yes, unlocks" */
static bool cell_mode(const char **s, struct rst_meaning *m)
{
	const char *p = *s, *q;
	unsigned int set;

	if (m->entry || m->exit || m->entry_if || !take_mode(&p, m->column, &m->entry))
		return false;
	for (q = p; take(&q, "or") || take(&q, "/"); q = p) {
		if (!take_mode(&q, m->column, &set))
			break;
		m->entry |= set;
		p = q;
	}
	q = p;
	if (*q == '-') {
		q++;
		if (take_mode(&q, m->column, &set) && narrow_maybe(m, set))
			p = q;
	}
	q = p;
	if (m->column == RST_COLUMN_LOCK && take(&q, ",") && take(&q, "unlocks")) {
		m->unlocks = true;
		p = q;
	}
	*s = p;
	return true;
}

static bool add_name(struct rst_span *names, int *n, struct rst_span name)
{
	if (*n == RST_MAX_NAMES)
		return false;
	names[(*n)++] = name;
	return true;
}

static bool set_condition(struct rst_meaning *m, const char *text, const char *end)
{
	struct rst_span cond = span(skip_blanks(text), end);

	if (m->condition.text || cond.len <= 0)
		return false;
	m->condition = cond;
	return true;
}

/* "both", "all", "both parents, some children" */
static bool take_subjects(const char **s)
{
	static const char *const nouns[] = {"parents", "children", "inodes", "directories", "folios", "pages"};
	const char *p = *s;
	size_t i;

	do {
		if (!take(&p, "both") && !take(&p, "all") && !take(&p, "some"))
			return false;
		for (i = 0; i < sizeof(nouns) / sizeof(nouns[0]) && !take(&p, nouns[i]); i++)
			;
	} while (take(&p, ","));
	*s = p;
	return true;
}

static bool is_lock_name(struct rst_span name)
{
	static const char *const ends[] = {"lock", "sem", "mutex"};
	size_t i, n;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		n = strlen(ends[i]);
		if ((size_t)name.len >= n && !memcmp(name.text + name.len - n, ends[i], n))
			return true;
	}
	return false;
}

/* "read" of "maybe(read)", "exclusive if O_CREAT is set in open flags" */
static bool paren_mode(const char *s, const char *end, struct rst_meaning *m)
{
	unsigned int set;

	if (!take_mode(&s, m->column, &set))
		return false;
	if (skip_blanks(s) == end)
		return narrow_maybe(m, set);
	if (m->entry_if || !take(&s, "if") || !set_condition(m, s, end))
		return false;
	m->entry_if = set;
	return true;
}

/* What stands between parentheses, at @s up to @end. */
static bool paren_words(const char *s, const char *end, struct rst_meaning *m)
{
	const char *p = s;
	struct rst_span name;

	if (take(&p, "see below") && skip_blanks(p) == end)
		return m->see_below = true;
	p = s;
	if (take(&p, "must not sleep") && skip_blanks(p) == end)
		return m->sleeps_not = true;
	p = s;
	if (take(&p, "may not block if"))
		return m->sleeps_not = set_condition(m, p, end);
	p = s;
	if ((take(&p, "ref-walk") || take(&p, "rcu-walk")) && skip_blanks(p) == end)
		return m->entry && set_condition(m, s, end);
	p = s;
	if (take_subjects(&p) && skip_blanks(p) == end && m->entry && !m->subjects.text) {
		m->subjects = span(skip_blanks(s), end);
		return true;
	}
	p = s;
	if (take_path(&p, &name) && skip_blanks(p) == end && is_lock_name(name))
		return add_name(m->locks, &m->n_locks, name);
	return paren_mode(s, end, m);
}

static bool cell_paren(const char **s, struct rst_meaning *m)
{
	const char *p = skip_blanks(*s), *end;

	if (*p != '(')
		return false;
	end = strchr(p, ')');
	if (!end || !paren_words(p + 1, end, m)) {
		m->unknown = word_at(p + 1).len ? word_at(p + 1) : span(p, p + 1);
		return false;
	}
	*s = end + 1;
	return true;
}

/* "[1]_" */
static bool cell_footnote(const char **s, struct rst_meaning *m)
{
	const char *p = skip_blanks(*s);
	int n = 0;

	if (*p++ != '[' || m->footnote)
		return false;
	if (*p == '#')
		p++;
	while (isdigit((unsigned char)*p) && n < 1000)
		n = n * 10 + *p++ - '0';
	if (!n || *p++ != ']')
		return false;
	if (*p == '_')
		p++;
	m->footnote = n;
	*s = p;
	return true;
}

/* "locks the folio", "can return with page locked" */
static bool cell_exit(const char **s, struct rst_meaning *m)
{
	const char *p = *s;

	if (m->column != RST_COLUMN_LOCK || m->entry || m->exit)
		return false;
	if (take(&p, "locks the page") || take(&p, "locks the folio"))
		m->exit = RST_YES;
	else if (take(&p, "can return with page locked") || take(&p, "can return with folio locked"))
		m->exit = MAYBE;
	else
		return false;
	*s = p;
	return true;
}

/* "!!!inode->i_lock!!!", or in a column of locks "dqonoff_sem or dqptr_sem" */
static bool cell_locks(const char **s, struct rst_meaning *m)
{
	const char *p = *s;
	struct rst_span name;

	if (take(&p, "!!!")) {
		if (!take_path(&p, &name) || !is_lock_name(name) || !take(&p, "!!!"))
			return false;
		*s = p;
		return add_name(m->locks, &m->n_locks, name);
	}
	if (m->column != RST_COLUMN_LOCKS || m->n_locks || m->entry)
		return false;
	do {
		if (!take_path(&p, &name) || !is_lock_name(name) || !add_name(m->locks, &m->n_locks, name))
			return false;
		*s = p;
	} while (take(&p, "or"));
	m->entry = RST_YES;
	return true;
}

/* "if ATTR_SIZE", behind nothing or behind a mode */
static bool cell_condition(const char **s, struct rst_meaning *m)
{
	const char *p = *s, *end;

	if (m->column != RST_COLUMN_LOCK || m->entry_if || m->exit || !take(&p, "if"))
		return false;
	end = p + strcspn(p, "(");
	if (!set_condition(m, p, end))
		return false;
	m->entry_if = m->entry ? m->entry : RST_YES;
	m->entry = 0;
	*s = end;
	return true;
}

/* The remarks that are no mode. */
static bool cell_remark(const char **s, struct rst_meaning *m)
{
	const char *p = *s;

	if (take(&p, "called from RCU callback")) {
		m->rcu_callback = true;
	} else if (!m->entry && take(&p, "-") && !*skip_blanks(p)) {
		m->entry = m->column == RST_COLUMN_LOCKS ? RST_NO : 0;
	} else {
		p = *s;
		if (m->entry || !take(&p, "?"))
			return false;
		m->doubtful = true;
	}
	*s = p;
	return true;
}

int rst_cell__meaning(const char *header, const char *words, struct rst_meaning *out)
{
	const char *s = skip_blanks(words);
	struct rst_header head;

	memset(out, 0, sizeof(*out));
	if (rst_header__meaning(header, &head)) {
		out->unknown = word_at(header);
		return -EINVAL;
	}
	out->column = head.column;
	while (*s) {
		if (!cell_mode(&s, out) && !cell_exit(&s, out) && !cell_paren(&s, out) && !cell_footnote(&s, out) &&
		    !cell_locks(&s, out) && !cell_condition(&s, out) && !cell_remark(&s, out)) {
			if (!out->unknown.text)
				out->unknown = word_at(s);
			return -EINVAL;
		}
		s = skip_blanks(s);
	}
	return 0;
}

/* "dirty_folio and free_folio", "->poll()" */
static bool rule_methods(const char **s, struct rst_span *names, int *n)
{
	const char *p = *s;
	struct rst_span name;

	do {
		take(&p, "and");
		if (!take_method(&p, &name) || !add_name(names, n, name))
			return false;
		*s = p;
	} while (take(&p, ",") || take(&p, "and"));
	return true;
}

/* "except for ->setlease", if that is there */
static bool rule_exception(const char **s, struct rst_span *names, int *n)
{
	const char *p = *s;

	if (!take(&p, "except"))
		return true;
	take(&p, "for");
	*s = p;
	return rule_methods(s, names, n);
}

static bool rule_clause(const char **s, struct rst_rule_meaning *m)
{
	const char *p = *s;

	if (!m->may_block && take(&p, "all except")) {
		m->may_block = RST_YES;
		take(&p, "for");
		*s = p;
		return rule_methods(s, m->except, &m->n_except) && take(s, "may block");
	}
	if (!m->may_block && (take(&p, "all may block") || take(&p, "none may block"))) {
		m->may_block = tolower((unsigned char)**s) == 'a' ? RST_YES : RST_NO;
		*s = p;
		if (!rule_exception(s, m->except, &m->n_except))
			return false;
		m->doubtful = take(s, "[not true, see below]");
		return true;
	}
	if (m->no_locks)
		return false;
	m->no_locks = true;
	if (take(&p, "no VFS locks held on entry")) {
		*s = p;
		return rule_exception(s, m->locks_except, &m->n_locks_except);
	}
	if (take(&p, "none have") && take_path(&p, &m->lock)) {
		*s = p;
		return true;
	}
	m->no_locks = false;
	return false;
}

int rst_rule__meaning(const char *words, struct rst_rule_meaning *out)
{
	const char *s = skip_blanks(words);

	memset(out, 0, sizeof(*out));
	if (take(&s, "called from interrupts")) {
		out->interrupts = true;
		return 0;
	}
	do {
		s = skip_blanks(s);
		if (!rule_clause(&s, out))
			goto unknown;
		s = skip_blanks(s);
		if (*s != ',' && *s != '.' && *s)
			goto unknown;
		s = skip_blanks(s + (*s != '\0'));
	} while (*s);
	return 0;
unknown:
	out->unknown = word_at(s);
	return -EINVAL;
}
