// SPDX-License-Identifier: GPL-2.0-only
/* Tokens to the spec: one function per statement of the grammar in spec/README.md. */
#include <stdlib.h>
#include <string.h>

#include "specc.h"

const char *const mode_names[] = {"any", "none", "maybe", "shared", "exclusive", "held", "free", "yes", "no", NULL};
const char *const phase_names[] = {"entry", "exit", "during", "after", NULL};
const char *const lock_kind_names[] = {"rwsem", "mutex", "spin", "seqlock", "bit", "context", "words", NULL};
static const char *const file_statements[] = {"type", "lock", "ops", "every", "column", "method", NULL};
static const char *const method_statements[] = {"rule",    "cell",        "hot",  "select",
						"without", "super_block", "keep", NULL};

static int name_index(const char *const *names, const char *word)
{
	for (int i = 0; names[i]; i++)
		if (!strcmp(names[i], word))
			return i;
	return -1;
}

int spec__lock(const struct spec *spec, const char *name)
{
	for (int i = 0; i < spec->n_locks; i++)
		if (!strcmp(spec->locks[i].name, name))
			return i;
	return -1;
}

int spec__measured(struct spec *spec, const char *name)
{
	for (int i = 0; i < spec->n_measured; i++)
		if (!strcmp(spec->measured[i], name))
			return i;
	if (spec->n_measured == MAX_MEASURED)
		return -1;
	spec->measured = grow(spec->measured, spec->n_measured, sizeof(*spec->measured));
	spec->measured[spec->n_measured] = strdup(name);
	return spec->n_measured++;
}

bool rule__judged(const struct rule *r)
{
	return r->mode > MODE_MAYBE && !r->unverifiable;
}

static bool at_statement(const struct lexer *lx, const char *const *statements)
{
	return lx->tok.kind == TOKEN_WORD && name_index(statements, lx->tok.text) >= 0;
}

/* Takes a statement or clause that may stand only once; @seen: it did already. */
static bool take_once(struct lexer *lx, const char *keyword, bool seen)
{
	if (seen && lexer__is(lx, keyword))
		lexer__fail(lx, "second '%s', expected one", keyword);
	return lexer__take(lx, keyword);
}

/* Takes the { C } of a condition, which may name constants that are measured. */
static char *take_condition(struct lexer *lx, const char *expected)
{
	struct place_in_file where = lexer__place(lx);
	char *code = lexer__code(lx, expected), *name;

	for (const char *at = code; (name = next_measured(code, &at));)
		if (!*name)
			fail_at(&where, "MEASURED without a constant, expected MEASURED(NAME) in upper case");
	return code;
}

/* Takes any other { C }: nothing is known there of what could be measured and what not. */
static char *take_code(struct lexer *lx, const char *expected)
{
	struct place_in_file where = lexer__place(lx);
	char *code = lexer__code(lx, expected);

	if (mentions(code, "MEASURED"))
		fail_at(&where, "unexpected MEASURED, expected it in 'if', 'drift if' and 'select' only");
	return code;
}

/* "6.1" -> 6 << 8 | 1 */
static int parse_version(struct lexer *lx)
{
	unsigned int major, minor;
	int end = 0;

	if (lx->tok.kind != TOKEN_WORD || sscanf(lx->tok.text, "%2u.%3u%n", &major, &minor, &end) != 2 ||
	    lx->tok.text[end] || minor > 255 || !(major | minor))
		lexer__fail(lx, "unexpected '%s', expected a kernel version like 6.1", lx->tok.text);
	lexer__next(lx);
	return (int)(major << 8 | minor);
}

const char *version_text(int version)
{
	return version ? format("%d.%d", version >> 8, version & 255) : "";
}

/* A C type up to, not including, the parameter's name or the statement's next word: "struct inode *". */
static char *parse_type_words(struct lexer *lx, int *pointers, char **tag)
{
	static const char *const words[] = {"unsigned", "int",    "long", "short", "char",    "bool",  "void",
					    "size_t",   "loff_t", "u64",  "u32",   "umode_t", "gfp_t", NULL};
	char *type = NULL;

	*pointers = 0;
	*tag = NULL;
	while (lexer__take(lx, "const"))
		;
	if (lexer__take(lx, "struct") || lexer__is(lx, "enum")) {
		bool is_enum = lexer__take(lx, "enum");

		*tag = lexer__name(lx, "a struct or enum tag");
		type = format("%s %s", is_enum ? "enum" : "struct", *tag);
		if (is_enum)
			*tag = NULL;
	} else {
		while (lx->tok.kind == TOKEN_WORD && name_index(words, lx->tok.text) >= 0) {
			type = type ? format("%s %s", type, lx->tok.text) : strdup(lx->tok.text);
			lexer__next(lx);
		}
		if (!type)
			lexer__fail(lx, "unexpected '%s', expected a C type", lx->tok.text);
	}
	return type;
}

static void parse_param(struct lexer *lx, struct method *m)
{
	struct param *p;
	char *tag;

	m->params = grow(m->params, m->n_params, sizeof(*m->params));
	p = &m->params[m->n_params++];
	p->type = parse_type_words(lx, &p->pointers, &tag);
	if (tag)
		p->tags[p->n_tags++] = tag;
	while (lexer__is(lx, "|")) {
		if (!tag)
			lexer__fail(lx,
				    "unexpected '|', expected a parameter's name: alternatives are for struct types");
		if (p->n_tags == MAX_TAGS)
			lexer__fail(lx, "unexpected '|', expected at most %d struct types", MAX_TAGS);
		lexer__next(lx);
		lexer__take(lx, "struct");
		p->tags[p->n_tags++] = lexer__name(lx, "a struct tag after '|'");
	}
	while (lexer__take(lx, "*"))
		p->pointers++;
	for (int i = 0; i < p->pointers; i++)
		p->type = format("%s%s*", p->type, i ? "" : " ");
	if (tag && !p->pointers)
		lexer__fail(lx, "unexpected '%s', expected '*': no method takes a struct by value", lx->tok.text);
	for (int i = 0; lx->tok.kind == TOKEN_WORD && i < m->n_params - 1; i++)
		if (!strcmp(m->params[i].name, lx->tok.text))
			lexer__fail(lx, "second parameter '%s', expected another name", lx->tok.text);
	p->name = lexer__name(lx, "a parameter's name");
}

static void expect(struct lexer *lx, const char *punct, const char *after)
{
	if (!lexer__take(lx, punct))
		lexer__fail(lx, "unexpected '%s', expected '%s' %s", lx->tok.text, punct, after);
}

static void parse_range(struct lexer *lx, int *since, int *until)
{
	for (;;) {
		if (take_once(lx, "since", *since))
			*since = parse_version(lx);
		else if (take_once(lx, "until", *until))
			*until = parse_version(lx);
		else
			return;
	}
}

static void parse_drift(struct lexer *lx, struct rule *r)
{
	struct drift *d;

	r->drifts = grow(r->drifts, r->n_drifts, sizeof(*r->drifts));
	d = &r->drifts[r->n_drifts++];
	d->where = lexer__place(lx);
	d->condition = -1;
	lexer__next(lx);
	if (lexer__take(lx, "if"))
		d->condition_text = take_condition(lx, "{ C } after 'drift if'");
	else if (lexer__take(lx, "via"))
		d->via = lexer__word(lx, "a kernel function after 'drift via'");
	else if (!lexer__take(lx, "always"))
		lexer__fail(lx, "unexpected '%s', expected 'if { C }', 'via FUNCTION' or 'always' after 'drift'",
			    lx->tok.text);
	expect(lx, "because", "and a reason: no rule drifts without one");
	d->because = lexer__string(lx, "the reason in quotes");
}

static bool parse_clause(struct lexer *lx, struct rule *r)
{
	if (lexer__is(lx, "since") || lexer__is(lx, "until")) {
		parse_range(lx, &r->since, &r->until);
	} else if (lexer__is(lx, "if") && r->condition_text) {
		lexer__fail(lx, "second 'if', expected one: join them with &&");
	} else if (lexer__take(lx, "if")) {
		r->condition_text = take_condition(lx, "{ C } after 'if'");
	} else if (take_once(lx, "as", r->alias)) {
		r->alias = lexer__name(lx, "a name without '.' after 'as'");
	} else if (take_once(lx, "says", r->says)) {
		r->says = lexer__string(lx, "the cell's words in quotes");
	} else if (take_once(lx, "place", r->place)) {
		r->place = lexer__string(lx, "a place in the document, in quotes");
	} else if (take_once(lx, "unverifiable", r->unverifiable)) {
		expect(lx, "because", "and a reason");
		r->unverifiable = lexer__string(lx, "the reason in quotes");
	} else if (lexer__is(lx, "drift")) {
		parse_drift(lx, r);
	} else if (lexer__take(lx, "inside")) {
		do {
			r->inside = grow(r->inside, r->n_inside, sizeof(*r->inside));
			r->inside[r->n_inside++] = lexer__word(lx, "a method after 'inside'");
		} while (lexer__take(lx, ","));
	} else {
		return false;
	}
	return true;
}

static void parse_clauses(struct lexer *lx, struct rule *r)
{
	while (parse_clause(lx, r))
		;
	if (lx->tok.kind != TOKEN_END && !at_statement(lx, file_statements) && !at_statement(lx, method_statements))
		lexer__fail(lx, "unexpected '%s', expected a clause of the rule or another statement", lx->tok.text);
	if (!r->says)
		fail_at(&r->where, "rule without words, expected a says clause");
}

static void parse_rule(struct spec *spec, struct lexer *lx, struct rule *r, bool cell)
{
	char *lock;
	int mode, phase;

	*r = (struct rule){.where = lexer__place(lx), .condition = -1, .slot = -1};
	r->subject = cell ? NULL : lexer__name(lx, "the rule's subject, a name without '.'");
	lock = lx->tok.text;
	r->lock = spec__lock(spec, lock);
	if (r->lock < 0)
		lexer__fail(lx, "unknown lock '%s', expected one that spec/types.spec declares", lock);
	lexer__next(lx);
	if (!cell && lx->tok.kind == TOKEN_CODE)
		r->expr = take_code(lx, "{ C }");
	mode = lx->tok.kind == TOKEN_WORD ? name_index(mode_names, lx->tok.text) : -1;
	if (mode < 0)
		lexer__fail(lx,
			    "unknown mode '%s', expected exclusive, shared, held, free, yes, no, none, maybe or any",
			    lx->tok.text);
	r->mode = (enum mode)mode;
	lexer__next(lx);
	phase = lx->tok.kind == TOKEN_WORD ? name_index(phase_names, lx->tok.text) : -1;
	if (phase >= 0) {
		r->phase = (enum phase)phase;
		lexer__next(lx);
	}
	parse_clauses(lx, r);
	if (cell && r->mode > MODE_MAYBE)
		fail_at(&r->where, "a cell with mode '%s', expected none, maybe or any: use 'rule' for a promise",
			mode_names[r->mode]);
}

static struct name take_name(struct lexer *lx, const char *expected)
{
	struct place_in_file where = lexer__place(lx);

	return (struct name){where, lexer__name(lx, expected)};
}

static void parse_super_block(struct lexer *lx, struct method *m)
{
	if (lexer__take(lx, "none")) {
		expect(lx, "because", "and a reason");
		m->no_super_block = lexer__string(lx, "the reason in quotes");
	} else {
		m->super_block = take_code(lx, "{ C } or 'none because \"...\"' after 'super_block'");
	}
}

static void parse_keep(struct lexer *lx, struct method *m)
{
	struct keep *k = &m->keeps[m->n_keeps];

	if (m->n_keeps == MAX_KEPT_PARAMS)
		lexer__fail(lx, "one 'keep' too many, expected at most %d", MAX_KEPT_PARAMS);
	k->name = lexer__name(lx, "a name after 'keep'");
	k->expr = take_code(lx, "{ C } after the name");
	m->n_keeps++;
}

static bool parse_method_line(struct spec *spec, struct lexer *lx, struct method *m)
{
	if (lexer__take(lx, "rule") || lexer__is(lx, "cell")) {
		bool cell = lexer__take(lx, "cell");

		m->rules = grow(m->rules, m->n_rules, sizeof(*m->rules));
		parse_rule(spec, lx, &m->rules[m->n_rules++], cell);
	} else if (take_once(lx, "hot", m->hot)) {
		m->hot = true;
	} else if (take_once(lx, "select", m->select)) {
		m->select_where = lexer__place(lx);
		m->select = take_condition(lx, "{ C } after 'select'");
	} else if (lexer__take(lx, "without")) {
		m->without = grow(m->without, m->n_without, sizeof(*m->without));
		m->without[m->n_without++] = take_name(lx, "a subject after 'without'");
	} else if (lexer__take(lx, "keep")) {
		parse_keep(lx, m);
	} else if (take_once(lx, "formerly", m->formerly)) {
		m->formerly = lexer__name(lx, "the method's older name after 'formerly'");
	} else if (take_once(lx, "gone", m->gone)) {
		expect(lx, "because", "and a reason");
		m->gone = lexer__string(lx, "the reason in quotes");
	} else if (take_once(lx, "super_block", m->super_block || m->no_super_block)) {
		parse_super_block(lx, m);
	} else {
		return false;
	}
	return true;
}

static void parse_method(struct spec *spec, struct lexer *lx, struct ops *ops)
{
	struct method *m;

	ops->methods = grow(ops->methods, ops->n_methods, sizeof(*ops->methods));
	m = &ops->methods[ops->n_methods++];
	m->where = lexer__place(lx);
	m->name = lexer__name(lx, "a method's name");
	expect(lx, "(", "before the parameters");
	if (!lexer__take(lx, ")")) {
		do
			parse_param(lx, m);
		while (lexer__take(lx, ","));
		expect(lx, ")", "or ',' after a parameter");
	}
	parse_range(lx, &m->since, &m->until);
	while (parse_method_line(spec, lx, m))
		;
}

static void parse_type(struct spec *spec, struct lexer *lx)
{
	struct type *t;
	int pointers;
	char *tag;

	spec->types = grow(spec->types, spec->n_types, sizeof(*spec->types));
	t = &spec->types[spec->n_types++];
	t->name = parse_type_words(lx, &pointers, &tag);
	expect(lx, "*", "after the struct's tag");
	t->name = format("%s *", t->name);
	expect(lx, "super_block", "after the type");
	t->super_block = take_code(lx, "{ C } over `it`");
}

/* Where the word of a lock lies: in an object, or under a symbol of its own. */
static void parse_lock_word(struct lexer *lx, struct lock *l)
{
	int pointers;
	char *tag;

	if (l->kind == LOCK_CONTEXT || l->kind == LOCK_WORDS) {
		if (lexer__is(lx, "in") || lexer__is(lx, "global"))
			lexer__fail(lx, "unexpected '%s', expected nothing: a context has no word", lx->tok.text);
	} else if (lexer__is(lx, "in") && l->kind == LOCK_SEQLOCK) {
		lexer__fail(lx, "unexpected 'in', expected 'global SYMBOL': a seqlock is read by its symbol only");
	} else if (lexer__take(lx, "in")) {
		l->in = parse_type_words(lx, &pointers, &tag);
		expect(lx, "*", "after the struct's tag");
		l->in = format("%s *", l->in);
		l->word = take_code(lx, "{ C } over `it`");
	} else if (lexer__is(lx, "global") && (l->kind == LOCK_MUTEX || l->kind == LOCK_BIT)) {
		lexer__fail(lx, "unexpected 'global', expected 'in TYPE { C }': a %s is not read by its symbol",
			    lock_kind_names[l->kind]);
	} else if (lexer__take(lx, "global")) {
		l->global = lexer__word(lx, "a kernel symbol");
	} else {
		lexer__fail(lx, "unexpected '%s', expected 'in TYPE { C }' or 'global SYMBOL'", lx->tok.text);
	}
}

static void parse_lock_field(struct lexer *lx, struct lock *l)
{
	char *path = lx->tok.text, *dot = strchr(path, '.');

	if (lx->tok.kind != TOKEN_WORD || !dot || dot == path || !dot[1])
		lexer__fail(lx, "unexpected '%s', expected STRUCT.MEMBER after 'field'", path);
	l->field_of = strndup(path, (size_t)(dot - path));
	l->field_name = dot + 1;
	lexer__next(lx);
}

static void parse_lock(struct spec *spec, struct lexer *lx)
{
	struct lock *l;
	int kind;

	if (lx->tok.kind == TOKEN_WORD && spec__lock(spec, lx->tok.text) >= 0)
		lexer__fail(lx, "lock '%s' is already declared, expected a new name", lx->tok.text);
	spec->locks = grow(spec->locks, spec->n_locks, sizeof(*spec->locks));
	l = &spec->locks[spec->n_locks];
	l->name = lexer__name(lx, "a lock's name");
	kind = lx->tok.kind == TOKEN_WORD ? name_index(lock_kind_names, lx->tok.text) : -1;
	if (kind < 0)
		lexer__fail(lx, "unknown kind '%s', expected rwsem, mutex, spin, seqlock, bit, context or words",
			    lx->tok.text);
	l->kind = (enum lock_kind)kind;
	lexer__next(lx);
	parse_lock_word(lx, l);
	if (lexer__take(lx, "field"))
		parse_lock_field(lx, l);
	spec->n_locks++;
}

/* column LOCK "words" [, "words"...] [since V] [until V] */
static void parse_column(struct spec *spec, struct lexer *lx, struct ops *ops)
{
	int lock = lx->tok.kind == TOKEN_WORD ? spec__lock(spec, lx->tok.text) : -1, first = ops->n_columns;
	int since = 0, until = 0;

	if (lock < 0)
		lexer__fail(lx, "unknown lock '%s', expected one that spec/types.spec declares", lx->tok.text);
	lexer__next(lx);
	do {
		ops->columns = grow(ops->columns, ops->n_columns, sizeof(*ops->columns));
		ops->columns[ops->n_columns].lock = lock;
		ops->columns[ops->n_columns++].header = lexer__string(lx, "the column's words in quotes");
	} while (lexer__take(lx, ","));
	parse_range(lx, &since, &until);
	for (int i = first; i < ops->n_columns; i++) {
		ops->columns[i].since = since;
		ops->columns[i].until = until;
	}
}

static struct ops *parse_ops(struct spec *spec, struct lexer *lx)
{
	struct ops *ops;

	for (int i = 0; lx->tok.kind == TOKEN_WORD && i < spec->n_ops; i++)
		if (!strcmp(spec->ops[i].name, lx->tok.text))
			lexer__fail(lx, "ops struct '%s' has a file already, expected one file each", lx->tok.text);
	spec->ops = grow(spec->ops, spec->n_ops, sizeof(*spec->ops));
	ops = &spec->ops[spec->n_ops++];
	ops->name = lexer__name(lx, "the name of an ops struct");
	if (lexer__take(lx, "also"))
		ops->also = lexer__name(lx, "the struct that holds the same methods on other kernels");
	expect(lx, "place", "and where in the document it stands");
	ops->place = lexer__string(lx, "a place in quotes");
	return ops;
}

static void parse_every(struct spec *spec, struct lexer *lx, struct ops *ops)
{
	expect(lx, "method", "after 'every'");
	while (lexer__take(lx, "rule")) {
		ops->every = grow(ops->every, ops->n_every, sizeof(*ops->every));
		parse_rule(spec, lx, &ops->every[ops->n_every++], false);
	}
	if (at_statement(lx, method_statements))
		lexer__fail(lx, "unexpected '%s', expected a rule: 'every method' takes rules only", lx->tok.text);
}

void spec__parse_file(struct spec *spec, const char *path)
{
	struct ops *ops = NULL;
	struct lexer lx;

	lexer__open(&lx, path);
	while (lx.tok.kind != TOKEN_END) {
		if (lexer__take(&lx, "type")) {
			parse_type(spec, &lx);
		} else if (lexer__take(&lx, "lock")) {
			parse_lock(spec, &lx);
		} else if (lexer__take(&lx, "ops")) {
			ops = parse_ops(spec, &lx);
		} else if (ops && lexer__take(&lx, "every")) {
			parse_every(spec, &lx, ops);
		} else if (ops && lexer__take(&lx, "column")) {
			parse_column(spec, &lx, ops);
		} else if (ops && lexer__take(&lx, "method")) {
			parse_method(spec, &lx, ops);
		} else {
			lexer__fail(&lx, "unexpected '%s', expected %s", lx.tok.text,
				    ops ? "'method', 'every', 'rule', 'cell' or another statement of a method"
					: "'ops', 'type' or 'lock'");
		}
	}
}
