// SPDX-License-Identifier: GPL-2.0-only
/* Tokens to the spec: one function per statement of the grammar in spec/README.md. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "specc.h"

const char *const mode_names[] = {"any", "none", "maybe", "shared", "exclusive", "held", "free", "yes", "no", NULL};
const char *const phase_names[] = {"entry", "exit", "during", "after", NULL};
const char *const lock_kind_names[] = {"rwsem", "mutex", "spin", "bit", "context", NULL};

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
	spec->measured = grow(spec->measured, spec->n_measured, sizeof(*spec->measured));
	spec->measured[spec->n_measured] = strdup(name);
	return spec->n_measured++;
}

bool mentions(const char *code, const char *identifier)
{
	size_t n = strlen(identifier);

	for (const char *at = strstr(code, identifier); at; at = strstr(at + 1, identifier)) {
		bool member = at > code && (at[-1] == '.' || at[-1] == '>');
		bool inside = at > code && (isalnum((unsigned char)at[-1]) || at[-1] == '_');

		if (!member && !inside && !isalnum((unsigned char)at[n]) && at[n] != '_')
			return true;
	}
	return false;
}

/* "6.1" -> 6 << 8 | 1 */
static int parse_version(struct lexer *lx)
{
	unsigned int major, minor;
	int end = 0;

	if (lx->tok.kind != TOKEN_WORD || sscanf(lx->tok.text, "%u.%u%n", &major, &minor, &end) != 2 ||
	    lx->tok.text[end] || major > 99 || minor > 255)
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

		*tag = lexer__word(lx, "a struct or enum tag");
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
	while (lexer__take(lx, "|")) {
		if (!tag || p->n_tags == MAX_TAGS)
			lexer__fail(lx, "unexpected '|', expected at most %d struct types before it", MAX_TAGS);
		lexer__take(lx, "struct");
		p->tags[p->n_tags++] = lexer__word(lx, "a struct tag after '|'");
	}
	while (lexer__take(lx, "*"))
		p->pointers++;
	for (int i = 0; i < p->pointers; i++)
		p->type = format("%s%s*", p->type, i ? "" : " ");
	if (tag && !p->pointers)
		lexer__fail(lx, "unexpected '%s', expected '*': no method takes a struct by value", lx->tok.text);
	p->name = lexer__word(lx, "a parameter's name");
}

static void expect(struct lexer *lx, const char *punct, const char *after)
{
	if (!lexer__take(lx, punct))
		lexer__fail(lx, "unexpected '%s', expected '%s' %s", lx->tok.text, punct, after);
}

static void parse_range(struct lexer *lx, int *since, int *until)
{
	for (;;) {
		if (lexer__take(lx, "since"))
			*since = parse_version(lx);
		else if (lexer__take(lx, "until"))
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
	d->condition = -1;
	if (lexer__take(lx, "if"))
		/* The text is kept in `via` until spec__resolve() numbers the condition. */
		d->via = format("{%s", lexer__code(lx, "{ C } after 'drift if'"));
	else if (lexer__take(lx, "via"))
		d->via = lexer__word(lx, "a kernel function after 'drift via'");
	else
		lexer__fail(lx, "unexpected '%s', expected 'if { C }' or 'via FUNCTION' after 'drift'", lx->tok.text);
	expect(lx, "because", "and a reason: no rule drifts without one");
	d->because = lexer__string(lx, "the reason in quotes");
}

static bool parse_clause(struct lexer *lx, struct rule *r)
{
	if (lexer__is(lx, "since") || lexer__is(lx, "until")) {
		parse_range(lx, &r->since, &r->until);
	} else if (lexer__take(lx, "if")) {
		if (r->condition_text)
			lexer__fail(lx, "second 'if', expected one: join them with &&");
		r->condition_text = lexer__code(lx, "{ C } after 'if'");
	} else if (lexer__take(lx, "as")) {
		r->alias = lexer__word(lx, "a name after 'as'");
	} else if (lexer__take(lx, "says")) {
		r->says = lexer__string(lx, "the cell's words in quotes");
	} else if (lexer__take(lx, "place")) {
		r->place = lexer__string(lx, "a place in the document, in quotes");
	} else if (lexer__take(lx, "unverifiable")) {
		expect(lx, "because", "and a reason");
		r->unverifiable = lexer__string(lx, "the reason in quotes");
	} else if (lexer__take(lx, "drift")) {
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

static void parse_rule(struct spec *spec, struct lexer *lx, struct rule *r, bool cell)
{
	char *lock;
	int mode, phase;

	*r = (struct rule){.where = {lx->path, lx->tok.line, lx->tok.column}, .condition = -1, .slot = -1};
	r->subject = cell ? NULL : lexer__word(lx, "the rule's subject, a word");
	lock = lx->tok.text;
	r->lock = spec__lock(spec, lock);
	if (r->lock < 0)
		lexer__fail(lx, "unknown lock '%s', expected one that spec/types.spec declares", lock);
	lexer__next(lx);
	if (!cell && lx->tok.kind == TOKEN_CODE)
		r->expr = lexer__code(lx, "{ C }");
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
	while (parse_clause(lx, r))
		;
	if (!r->says)
		fail_at(r->where.path, r->where.line, r->where.column, "rule without words, expected a says clause");
	if (cell && r->mode > MODE_MAYBE)
		fail_at(r->where.path, r->where.line, r->where.column,
			"a cell with mode '%s', expected none, maybe or any: use 'rule' for a promise",
			mode_names[r->mode]);
}

static bool parse_method_line(struct spec *spec, struct lexer *lx, struct method *m)
{
	if (lexer__take(lx, "rule") || lexer__is(lx, "cell")) {
		bool cell = lexer__take(lx, "cell");

		m->rules = grow(m->rules, m->n_rules, sizeof(*m->rules));
		parse_rule(spec, lx, &m->rules[m->n_rules++], cell);
	} else if (lexer__take(lx, "hot")) {
		m->hot = true;
	} else if (lexer__take(lx, "select")) {
		m->select = lexer__code(lx, "{ C } after 'select'");
	} else if (lexer__take(lx, "without")) {
		m->without = grow(m->without, m->n_without, sizeof(*m->without));
		m->without[m->n_without++] = lexer__word(lx, "a subject after 'without'");
	} else if (lexer__take(lx, "learn")) {
		m->learn_ops = lexer__word(lx, "an ops struct after 'learn'");
		m->learn = lexer__code(lx, "{ C } that yields a table of it");
	} else if (lexer__take(lx, "super_block")) {
		if (lexer__take(lx, "none")) {
			expect(lx, "because", "and a reason");
			m->no_super_block = lexer__string(lx, "the reason in quotes");
		} else {
			m->super_block = lexer__code(lx, "{ C } or 'none because \"...\"' after 'super_block'");
		}
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
	m->where = (struct place_in_file){lx->path, lx->tok.line, lx->tok.column};
	m->name = lexer__word(lx, "a method's name");
	for (int i = 0; i < ops->n_methods - 1; i++)
		if (!strcmp(ops->methods[i].name, m->name))
			fail_at(m->where.path, m->where.line, m->where.column,
				"method '%s' is already described in line %d, expected one description", m->name,
				ops->methods[i].where.line);
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
	t->super_block = lexer__code(lx, "{ C } over `it`");
}

static void parse_lock(struct spec *spec, struct lexer *lx)
{
	struct lock *l;
	int kind, pointers;
	char *tag;

	if (lx->tok.kind == TOKEN_WORD && spec__lock(spec, lx->tok.text) >= 0)
		lexer__fail(lx, "lock '%s' is already declared, expected a new name", lx->tok.text);
	spec->locks = grow(spec->locks, spec->n_locks, sizeof(*spec->locks));
	l = &spec->locks[spec->n_locks];
	l->name = lexer__word(lx, "a lock's name");
	kind = lx->tok.kind == TOKEN_WORD ? name_index(lock_kind_names, lx->tok.text) : -1;
	if (kind < 0)
		lexer__fail(lx, "unknown kind '%s', expected rwsem, mutex, spin, bit or context", lx->tok.text);
	l->kind = (enum lock_kind)kind;
	lexer__next(lx);
	if (lexer__take(lx, "in")) {
		l->in = parse_type_words(lx, &pointers, &tag);
		expect(lx, "*", "after the struct's tag");
		l->in = format("%s *", l->in);
		l->word = lexer__code(lx, "{ C } over `it`");
	} else if (lexer__take(lx, "global")) {
		l->global = lexer__word(lx, "a kernel symbol");
	} else if (l->kind != LOCK_CONTEXT) {
		lexer__fail(lx, "unexpected '%s', expected 'in TYPE { C }' or 'global SYMBOL'", lx->tok.text);
	}
	if (lexer__take(lx, "field")) {
		char *path = lexer__word(lx, "STRUCT.MEMBER after 'field'"), *dot = strchr(path, '.');

		if (!dot)
			lexer__fail(lx, "field '%s' has no '.', expected STRUCT.MEMBER", path);
		l->field_of = strndup(path, (size_t)(dot - path));
		l->field_name = dot + 1;
	}
	spec->n_locks++;
}

static struct ops *parse_ops(struct spec *spec, struct lexer *lx)
{
	struct ops *ops;

	for (int i = 0; lx->tok.kind == TOKEN_WORD && i < spec->n_ops; i++)
		if (!strcmp(spec->ops[i].name, lx->tok.text))
			lexer__fail(lx, "ops struct '%s' has a file already, expected one file each", lx->tok.text);
	spec->ops = grow(spec->ops, spec->n_ops, sizeof(*spec->ops));
	ops = &spec->ops[spec->n_ops++];
	ops->name = lexer__word(lx, "the name of an ops struct");
	expect(lx, "place", "and where in the document it stands");
	ops->place = lexer__string(lx, "a place in quotes");
	return ops;
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
			expect(&lx, "method", "after 'every'");
			while (lexer__take(&lx, "rule")) {
				ops->every = grow(ops->every, ops->n_every, sizeof(*ops->every));
				parse_rule(spec, &lx, &ops->every[ops->n_every++], false);
			}
		} else if (ops && lexer__take(&lx, "method")) {
			parse_method(spec, &lx, ops);
		} else {
			lexer__fail(&lx, "unexpected '%s', expected %s", lx.tok.text,
				    ops ? "'method', 'every', 'rule', 'cell' or another statement of a method"
					: "'ops', 'type' or 'lock'");
		}
	}
}
