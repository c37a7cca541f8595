/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Streaming JSON writer: values go straight to a FILE, nothing is built in memory.
 *
 * No call returns an error on its own. The first mistake or failed write is latched, everything
 * after it is swallowed, and json_finish() tells; so a caller writes a whole document without
 * checking each line, and still cannot miss a broken one.
 */
#ifndef VFSLOCK_JSON_H
#define VFSLOCK_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include <linux/types.h>

/* Nesting deeper than this is a mistake of the caller (-EINVAL), not a reason to allocate. */
#define JSON_MAX_DEPTH 32

/* One open object or array. */
struct json_level {
	bool is_object;
	bool has_items;
};

/* Plain value, lives wherever the caller likes; nothing to free. Fields are private. */
struct json_writer {
	FILE *out;
	bool pretty;
	bool done;
	int err;
	unsigned int depth;
	struct json_level stack[JSON_MAX_DEPTH];
};

/*
 * Prepare @w to write one document to @out, which stays the caller's and must outlive @w.
 * @pretty: one item per line, indented by two spaces; otherwise the document is one line.
 */
void json_init(struct json_writer *w, FILE *out, bool pretty);

/*
 * Every function below takes @key: the member's name inside an object, NULL inside an array and
 * at the top. A key where none belongs, or none where one does, is latched as -EINVAL.
 * Strings are only read during the call. Bytes that are not UTF-8 come out as U+FFFD.
 */
void json_begin_object(struct json_writer *w, const char *key);
void json_begin_array(struct json_writer *w, const char *key);

/* Close the innermost object or array. */
void json_end(struct json_writer *w);

/* @value: NULL is written as null. */
void json_string(struct json_writer *w, const char *key, const char *value);
void json_u64(struct json_writer *w, const char *key, __u64 value);
void json_s64(struct json_writer *w, const char *key, __s64 value);

/* Shortest form that reads back as the same double; NaN and infinities, unknown to JSON: null. */
void json_double(struct json_writer *w, const char *key, double value);
void json_bool(struct json_writer *w, const char *key, bool value);
void json_null(struct json_writer *w, const char *key);

/*
 * End the document with a newline and flush it, so that a reader of a stream sees it at once.
 * Afterwards @w is ready for the next document on the same FILE.
 *
 * Returns 0, -EINVAL if the calls did not make exactly one complete document, -EIO if writing
 * failed.
 */
int json_finish(struct json_writer *w);

#endif /* VFSLOCK_JSON_H */
