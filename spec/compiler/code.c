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
