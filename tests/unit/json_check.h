/* SPDX-License-Identifier: GPL-2.0-only */
/* A strict reader of JSON, which shares nothing with what writes it. */
#ifndef JSON_CHECK_H
#define JSON_CHECK_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static inline const char *json_blanks(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* Each takes the start of a value and returns its end, or NULL if it is not well-formed. */
static inline const char *json_string_end(const char *p)
{
	for (p++; *p != '"';) {
		size_t n = utf8__len((const unsigned char *)p);

		if (!n || (unsigned char)*p < ' ')
			return NULL;
		if (*p == '\\' && p[1] == 'u') {
			for (int i = 2; i < 6; i++)
				if (!isxdigit((unsigned char)p[i]))
					return NULL;
			n = 6;
		} else if (*p == '\\') {
			if (!p[1] || !strchr("\"\\/bfnrt", p[1]))
				return NULL;
			n = 2;
		}
		p += n;
	}
	return p + 1;
}

static inline const char *json_number_end(const char *p)
{
	p += *p == '-';
	if (!isdigit((unsigned char)*p) || (*p == '0' && isdigit((unsigned char)p[1])))
		return NULL;
	p += strspn(p, "0123456789");
	if (*p == '.') {
		if (!isdigit((unsigned char)*++p))
			return NULL;
		p += strspn(p, "0123456789");
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		if (!isdigit((unsigned char)*p))
			return NULL;
		p += strspn(p, "0123456789");
	}
	return p;
}

static inline const char *json_value_end(const char *p);

static inline const char *json_items_end(const char *p)
{
	char close = *p == '{' ? '}' : ']';

	p = json_blanks(p + 1);
	if (*p == close)
		return p + 1;
	for (;; p = json_blanks(p + 1)) {
		if (close == '}') {
			p = *p == '"' ? json_string_end(p) : NULL;
			if (!p || *(p = json_blanks(p)) != ':')
				return NULL;
			p = json_blanks(p + 1);
		}
		p = json_value_end(p);
		if (!p)
			return NULL;
		p = json_blanks(p);
		if (*p == close)
			return p + 1;
		if (*p != ',')
			return NULL;
	}
}

static inline const char *json_value_end(const char *p)
{
	static const char *const words[] = {"true", "false", "null"};

	if (*p == '{' || *p == '[')
		return json_items_end(p);
	if (*p == '"')
		return json_string_end(p);
	for (int i = 0; i < 3; i++)
		if (!strncmp(p, words[i], strlen(words[i])))
			return p + strlen(words[i]);
	return json_number_end(p);
}

/* One value and nothing else? */
static inline bool json_is_valid(const char *text)
{
	const char *end = json_value_end(json_blanks(text));

	return end && !*json_blanks(end);
}

/*
 * The member @path ("task.comm", "stack.0") of the well-formed @text, as it is written there, into @buf; NULL if there
 * is none.
 */
static inline const char *json_get(const char *text, const char *path, char *buf, size_t len)
{
	const char *p = json_blanks(text), *end;

	while (*path) {
		size_t n = strcspn(path, ".");
		bool found = false, is_object = *p == '{';
		unsigned long left = is_object ? 0 : strtoul(path, NULL, 10);

		if (*p != '{' && *p != '[')
			return NULL;
		p = json_blanks(p + 1);
		while (!found && *p != '}' && *p != ']') {
			const char *key = p;

			if (is_object)
				p = json_blanks(json_blanks(json_string_end(p)) + 1);
			found = is_object ? !strncmp(key + 1, path, n) && key[n + 1] == '"' : !left--;
			if (!found) {
				p = json_blanks(json_value_end(p));
				p = *p == ',' ? json_blanks(p + 1) : p;
			}
		}
		if (!found)
			return NULL;
		path += n + (path[n] == '.');
	}
	end = json_value_end(p);
	snprintf(buf, len, "%.*s", (int)(end - p), p);
	return buf;
}

#endif
