// SPDX-License-Identifier: GPL-2.0-only
/* Characters to tokens, and the compiler's diagnostics. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "specc.h"

void *zalloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p) {
		fputs("specc: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

char *format(const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		fputs("specc: out of memory\n", stderr);
		exit(1);
	}
	return text;
}

void *grow(void *array, int count, size_t elem_size)
{
	void *p = realloc(array, (size_t)(count + 1) * elem_size);

	if (!p) {
		fputs("specc: out of memory\n", stderr);
		exit(1);
	}
	memset((char *)p + (size_t)count * elem_size, 0, elem_size);
	return p;
}

static void vfail_at(const struct place_in_file *where, const char *fmt, va_list ap)
{
	fprintf(stderr, "%s:%d:%d: ", where->path, where->line, where->column);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	exit(1);
}

void fail_at(const struct place_in_file *where, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfail_at(where, fmt, ap);
	va_end(ap);
	abort(); /* not reached; vfail_at exits */
}

struct place_in_file lexer__place(const struct lexer *lx)
{
	return (struct place_in_file){lx->path, lx->tok.line, lx->tok.column};
}

void lexer__fail(const struct lexer *lx, const char *fmt, ...)
{
	struct place_in_file where = lexer__place(lx);
	va_list ap;

	va_start(ap, fmt);
	vfail_at(&where, fmt, ap);
	va_end(ap);
	abort();
}

static void __attribute__((noreturn)) fail_reading(const char *path)
{
	fprintf(stderr, "%s: cannot be read: %m\n", path);
	exit(1);
}

void lexer__open(struct lexer *lx, const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t n = 0, got;

	if (!f)
		fail_reading(path);
	do {
		text = realloc(text, n + 65537);
		if (!text) {
			fputs("specc: out of memory\n", stderr);
			exit(1);
		}
		got = fread(text + n, 1, 65536, f);
		n += got;
	} while (got);
	if (ferror(f)) /* a directory can be opened */
		fail_reading(path);
	fclose(f);
	text[n] = '\0';
	if (strlen(text) != n) {
		fprintf(stderr, "%s: contains a NUL byte, expected text\n", path);
		exit(1);
	}
	*lx = (struct lexer){.path = path, .at = text, .line_start = text, .line = 1};
	lexer__next(lx);
}

static void skip_space(struct lexer *lx)
{
	for (;; lx->at++) {
		if (*lx->at == '#') {
			lx->at += strcspn(lx->at, "\n");
			if (!*lx->at)
				return;
		}
		if (*lx->at == '\n') {
			lx->line++;
			lx->line_start = lx->at + 1;
		} else if (!isspace((unsigned char)*lx->at)) {
			return;
		}
	}
}

/* Folds runs of white space, so that a condition written over two lines is the same condition. */
static char *fold(const char *from, const char *to)
{
	char *text = zalloc((size_t)(to - from) + 1), *out = text;

	for (; from < to; from++) {
		if (!isspace((unsigned char)*from))
			*out++ = *from;
		else if (out > text && out[-1] != ' ')
			*out++ = ' ';
	}
	if (out > text && out[-1] == ' ')
		out--;
	*out = '\0';
	return text;
}

static void take_code(struct lexer *lx)
{
	const char *start = ++lx->at;
	int depth = 1;

	for (; depth; lx->at++) {
		if (!*lx->at)
			lexer__fail(lx, "C text is not closed, expected '}'");
		if (*lx->at == '{')
			depth++;
		else if (*lx->at == '}')
			depth--;
		else if (*lx->at == '\n') {
			lx->line++;
			lx->line_start = lx->at + 1;
		}
	}
	lx->tok.kind = TOKEN_CODE;
	lx->tok.text = fold(start, lx->at - 1);
	if (!*lx->tok.text)
		lexer__fail(lx, "empty C text, expected an expression between '{' and '}'");
}

static void take_string(struct lexer *lx)
{
	const char *start = ++lx->at;

	lx->at += strcspn(lx->at, "\"\n");
	if (*lx->at != '"')
		lexer__fail(lx, "string is not closed, expected '\"' on the same line");
	lx->tok.kind = TOKEN_STRING;
	lx->tok.text = strndup(start, (size_t)(lx->at - start));
	lx->at++;
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

void lexer__next(struct lexer *lx)
{
	const char *start;

	skip_space(lx);
	start = lx->at;
	lx->tok = (struct token){.line = lx->line, .column = (int)(start - lx->line_start) + 1};
	if (!*start) {
		lx->tok.text = strdup("end of file");
	} else if (*start == '{') {
		take_code(lx);
	} else if (*start == '"') {
		take_string(lx);
	} else if (word_char(*start)) {
		while (word_char(*lx->at))
			lx->at++;
		lx->tok.kind = TOKEN_WORD;
		lx->tok.text = strndup(start, (size_t)(lx->at - start));
	} else {
		lx->at++;
		lx->tok.kind = TOKEN_PUNCT;
		lx->tok.text = strndup(start, 1);
	}
}

bool lexer__is(const struct lexer *lx, const char *word)
{
	return (lx->tok.kind == TOKEN_WORD || lx->tok.kind == TOKEN_PUNCT) && !strcmp(lx->tok.text, word);
}

bool lexer__take(struct lexer *lx, const char *word)
{
	if (!lexer__is(lx, word))
		return false;
	lexer__next(lx);
	return true;
}

static char *take(struct lexer *lx, enum token_kind kind, const char *expected)
{
	char *text = lx->tok.text;

	if (lx->tok.kind != kind)
		lexer__fail(lx, "unexpected '%s', expected %s", text, expected);
	lexer__next(lx);
	return text;
}

char *lexer__word(struct lexer *lx, const char *expected)
{
	return take(lx, TOKEN_WORD, expected);
}

char *lexer__name(struct lexer *lx, const char *expected)
{
	if (lx->tok.kind == TOKEN_WORD && !is_identifier(lx->tok.text))
		lexer__fail(lx, "unexpected '%s', expected %s", lx->tok.text, expected);
	return lexer__word(lx, expected);
}

char *lexer__string(struct lexer *lx, const char *expected)
{
	return take(lx, TOKEN_STRING, expected);
}

char *lexer__code(struct lexer *lx, const char *expected)
{
	return take(lx, TOKEN_CODE, expected);
}
