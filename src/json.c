/* SPDX-License-Identifier: GPL-2.0-only */
/* Streaming JSON writer, see json.h. */
#include "json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shortest.h"
#include "utf8.h"

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
		size_t len = utf8__len(s);

		if (len && *s >= 0x20 && *s != '"' && *s != '\\') {
			s += len;
			continue;
		}
		json_put(w, (const char *)run, (size_t)(s - run));
		if (len)
			json_escape(w, *s);
		else
			json_puts(w, UTF8_REPLACEMENT);
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

void json_double(struct json_writer *w, const char *key, double value)
{
	char buf[SHORTEST_LEN];

	if (isfinite(value))
		json_literal(w, key, shortest__double(buf, value));
	else
		json_null(w, key);
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
