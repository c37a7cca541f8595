/* SPDX-License-Identifier: GPL-2.0-only */
/* Streaming JSON writer, see json.h. */
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define JSON_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void json_init(struct json_writer *w, FILE *out, bool pretty)
{
	memset(w, 0, sizeof(*w));
	w->out = out;
	w->pretty = pretty;
}

static void json_put(struct json_writer *w, const char *s, size_t len)
{
	if (!w->err && len && fwrite(s, 1, len, w->out) != len)
		w->err = -EIO;
}

static void json_puts(struct json_writer *w, const char *s)
{
	json_put(w, s, strlen(s));
}

static void json_newline(struct json_writer *w)
{
	unsigned int i;

	if (!w->pretty)
		return;
	json_puts(w, "\n");
	for (i = 0; i < w->depth; i++)
		json_puts(w, "  ");
}

/*
 * Length of the valid UTF-8 sequence at @s, 0 if there is none. Overlong forms, surrogates and
 * code points above U+10FFFF are invalid. Reads no further than the terminating NUL, which is
 * never a continuation byte.
 */
static size_t utf8_len(const unsigned char *s)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t len, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;

	/* The second byte is what tells overlong, surrogate and too large. */
	if (s[0] == 0xe0)
		lo = 0xa0;
	else if (s[0] == 0xed)
		hi = 0x9f;
	else if (s[0] == 0xf0)
		lo = 0x90;
	else if (s[0] == 0xf4)
		hi = 0x8f;
	if (s[1] < lo || s[1] > hi)
		return 0;
	for (i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static void json_escape(struct json_writer *w, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *p = strchr(from, c);
	char buf[8];

	if (p)
		snprintf(buf, sizeof(buf), "\\%c", to[p - from]);
	else
		snprintf(buf, sizeof(buf), "\\u%04x", c);
	json_puts(w, buf);
}

static void json_quoted(struct json_writer *w, const char *str)
{
	const unsigned char *s = (const unsigned char *)str;
	const unsigned char *run = s; /* start of what can be written as it stands */

	json_puts(w, "\"");
	while (*s) {
		size_t len = utf8_len(s);

		if (len && *s >= 0x20 && *s != '"' && *s != '\\') {
			s += len;
			continue;
		}
		json_put(w, (const char *)run, (size_t)(s - run));
		if (len)
			json_escape(w, *s);
		else
			json_puts(w, JSON_REPLACEMENT);
		run = ++s;
	}
	json_put(w, (const char *)run, (size_t)(s - run));
	json_puts(w, "\"");
}

/* Everything that precedes a value: comma, line break, key. False if no value may stand here. */
static bool json_prepare(struct json_writer *w, const char *key)
{
	struct json_level *level = w->depth ? &w->stack[w->depth - 1] : NULL;

	if (w->err)
		return false;
	if (!level ? w->done || key : level->is_object != !!key) {
		w->err = -EINVAL;
		return false;
	}
	if (!level) {
		w->done = true;
		return true;
	}
	if (level->has_items)
		json_puts(w, ",");
	level->has_items = true;
	json_newline(w);
	if (key) {
		json_quoted(w, key);
		json_puts(w, w->pretty ? ": " : ":");
	}
	return true;
}

static void json_begin(struct json_writer *w, const char *key, bool is_object)
{
	if (!w->err && w->depth == JSON_MAX_DEPTH)
		w->err = -EINVAL;
	if (!json_prepare(w, key))
		return;
	json_puts(w, is_object ? "{" : "[");
	w->stack[w->depth++] = (struct json_level){.is_object = is_object};
}

void json_begin_object(struct json_writer *w, const char *key)
{
	json_begin(w, key, true);
}

void json_begin_array(struct json_writer *w, const char *key)
{
	json_begin(w, key, false);
}

void json_end(struct json_writer *w)
{
	struct json_level level;

	if (w->err)
		return;
	if (!w->depth) {
		w->err = -EINVAL;
		return;
	}
	level = w->stack[--w->depth];
	if (level.has_items)
		json_newline(w);
	json_puts(w, level.is_object ? "}" : "]");
}

/* A value whose text needs no quoting. */
static void json_literal(struct json_writer *w, const char *key, const char *text)
{
	if (json_prepare(w, key))
		json_puts(w, text);
}

void json_string(struct json_writer *w, const char *key, const char *value)
{
	if (!value)
		json_null(w, key);
	else if (json_prepare(w, key))
		json_quoted(w, value);
}

void json_u64(struct json_writer *w, const char *key, __u64 value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%" PRIu64, (uint64_t)value);
	json_literal(w, key, buf);
}

void json_s64(struct json_writer *w, const char *key, __s64 value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%" PRId64, (int64_t)value);
	json_literal(w, key, buf);
}

/* Whatever the locale's decimal separator is, of one byte or several, make it a point. */
static void json_delocalise(char *s)
{
	static const char plain[] = "0123456789+-eE";
	char *sep = s + strspn(s, plain);
	char *rest = sep;

	while (*rest && !strchr(plain, *rest))
		rest++;
	if (rest == sep)
		return;
	*sep = '.';
	memmove(sep + 1, rest, strlen(rest) + 1);
}

void json_double(struct json_writer *w, const char *key, double value)
{
	int precision;
	char buf[64];

	if (!isfinite(value)) {
		json_null(w, key);
		return;
	}
	/* 17 digits always read back as the same double, but make 0.1 ugly. */
	for (precision = 15; precision <= 17; precision++) {
		snprintf(buf, sizeof(buf), "%.*g", precision, value);
		if (strtod(buf, NULL) == value)
			break;
	}
	json_delocalise(buf);
	json_literal(w, key, buf);
}

void json_bool(struct json_writer *w, const char *key, bool value)
{
	json_literal(w, key, value ? "true" : "false");
}

void json_null(struct json_writer *w, const char *key)
{
	json_literal(w, key, "null");
}

int json_finish(struct json_writer *w)
{
	int err;

	if (!w->err && (w->depth || !w->done))
		w->err = -EINVAL;
	json_puts(w, "\n");
	/* Also after -EINVAL: what was written must not linger and mix with what follows. */
	if ((fflush(w->out) || ferror(w->out)) && !w->err)
		w->err = -EIO;
	err = w->err;
	json_init(w, w->out, w->pretty);
	return err;
}
