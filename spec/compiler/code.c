// SPDX-License-Identifier: GPL-2.0-only
/* What the compiler looks for in C text; all else in it is clang's to judge. */
#include <ctype.h>
#include <string.h>

#include "specc.h"

static bool identifier_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

bool is_identifier(const char *word)
{
	if (isdigit((unsigned char)*word))
		return false;
	while (identifier_char(*word))
		word++;
	return !*word;
}

/* Is what stands at @at the member of a struct: does `.` or `->` precede it? */
static bool is_member(const char *code, const char *at)
{
	while (at > code && at[-1] == ' ')
		at--;
	return at > code && (at[-1] == '.' || (at[-1] == '>' && at - 1 > code && at[-2] == '-'));
}

/* The next use of @identifier in the rest @at of @code, or NULL. */
static const char *find_identifier(const char *code, const char *at, const char *identifier)
{
	size_t n = strlen(identifier);

	for (at = strstr(at, identifier); at; at = strstr(at + 1, identifier))
		if (!(at > code && identifier_char(at[-1])) && !identifier_char(at[n]) && !is_member(code, at))
			return at;
	return NULL;
}

bool mentions(const char *code, const char *identifier)
{
	return find_identifier(code, code, identifier) != NULL;
}

char *next_measured(const char *code, const char **at)
{
	const char *use = find_identifier(code, *at, "MEASURED"), *name;
	size_t n;

	if (!use)
		return NULL;
	*at = use + strlen("MEASURED");
	name = *at + strspn(*at, " ");
	if (*name != '(')
		return strdup("");
	name++;
	name += strspn(name, " ");
	n = *name >= 'A' && *name <= 'Z' ? strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") : 0;
	return name[n + strspn(name + n, " ")] == ')' ? strndup(name, n) : strdup("");
}

bool method__uses_param(const struct method *m, const char *name, bool at_exit)
{
	const struct slot *slots = at_exit ? m->exit : m->entry;
	int n = at_exit ? m->n_exit : m->n_entry;

	if (!at_exit && m->super_block && mentions(m->super_block, name))
		return true;
	for (int i = 0; i < m->n_keeps && !at_exit; i++)
		if (mentions(m->keeps[i].expr, name))
			return true;
	for (int i = 0; i < n; i++)
		if (mentions(slots[i].expr, name))
			return true;
	for (int i = 0; i < m->n_conditions; i++)
		if (m->conditions[i].at_exit == at_exit && mentions(m->conditions[i].text, name))
			return true;
	return false;
}

bool method__known_at_entry(const struct method *m, const char *code)
{
	for (int k = 0; k < m->n_keeps; k++)
		if (mentions(code, m->keeps[k].name))
			return false;
	return !mentions(code, "ret");
}

/* The text that mark_reads() has made so far. */
struct marked {
	char *text;
	size_t n, operand; /* where the operand that a `->` would follow begins */
};

static void put(struct marked *out, const char *from, size_t n)
{
	out->text = grow(out->text, (int)(out->n + n), 1);
	memcpy(out->text + out->n, from, n);
	out->n += n;
	out->text[out->n] = '\0';
}

/* Does a unary & stand before the operand? A binary one has an operand on its left. */
static bool address_taken(const struct marked *out)
{
	size_t at = out->operand;

	while (at > 0 && out->text[at - 1] == ' ')
		at--;
	if (!at || out->text[at - 1] != '&')
		return false;
	at--;
	if (at > 0 && out->text[at - 1] == '&')
		return false;
	while (at > 0 && out->text[at - 1] == ' ')
		at--;
	return !at || strchr("(,=&|!?:<>+-*;{", out->text[at - 1]);
}

/* `->member.member` at @at, after an operand: returns what follows it. */
static const char *mark_step(struct marked *out, const char *at)
{
	const char *end = at + 2;
	char *step;

	do {
		end += strspn(end, " .");
		while (identifier_char(*end))
			end++;
	} while (*end == '.');
	if (strncmp(end, "->", 2) != 0 && address_taken(out)) {
		put(out, at, (size_t)(end - at));
		return end;
	}
	step = format("VL_GET(%s%.*s)", out->text + out->operand, (int)(end - at), at);
	out->n = out->operand;
	put(out, step, strlen(step));
	return end;
}

static const char *closing(const char *open)
{
	int depth = 0;

	for (; *open; open++) {
		depth += (*open == '(') - (*open == ')');
		if (!depth)
			break;
	}
	return open;
}

char *mark_reads(const char *code)
{
	struct marked out = {.text = format("%s", "")};
	bool after_name = false; /* a parenthesis then holds the arguments of a macro */

	while (*code) {
		if (identifier_char(*code)) {
			out.operand = out.n;
			for (; identifier_char(*code); code++)
				put(&out, code, 1);
			after_name = true;
			continue;
		}
		if (*code == '(') {
			const char *end = closing(code);

			if (!after_name)
				out.operand = out.n;
			put(&out, "(", 1);
			if (end > code + 1) {
				size_t operand = out.operand;
				char *inner = mark_reads(format("%.*s", (int)(end - code - 1), code + 1));

				put(&out, inner, strlen(inner));
				out.operand = operand;
			}
			code = end;
		} else if (!strncmp(code, "->", 2)) {
			code = mark_step(&out, code);
			continue;
		} else {
			put(&out, code, *code != '\0');
			code++;
			after_name = false;
			continue;
		}
		after_name = false;
	}
	return out.text;
}
