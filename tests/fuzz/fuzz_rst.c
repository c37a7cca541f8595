/* SPDX-License-Identifier: GPL-2.0-only */
/* libFuzzer: any bytes as a document, and as the title and words of a cell. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rst.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The words not understood lie within what was interpreted. */
static void check_unknown(struct rst_span unknown, const char *a, const char *b)
{
	const char *end = unknown.text + unknown.len;

	if (!(unknown.text >= a && end <= a + strlen(a)) && !(b && unknown.text >= b && end <= b + strlen(b)))
		abort();
}

static void interpret(const uint8_t *data, size_t size)
{
	struct rst_rule_meaning rule;
	struct rst_meaning meaning;
	char *header, *words;

	header = strndup((const char *)data, size);
	words = strlen(header) < size ? strndup((const char *)data + strlen(header) + 1, size - strlen(header) - 1)
				      : strdup(header);
	if (rst_cell__meaning(header, words, &meaning))
		check_unknown(meaning.unknown, words, header);
	if (rst_cell__meaning("s_umount", words, &meaning))
		check_unknown(meaning.unknown, words, NULL);
	if (rst_rule__meaning(words, &rule))
		check_unknown(rule.unknown, words, NULL);
	free(header);
	free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rst_document doc;
	int i;

	interpret(data, size);
	if (rst__parse("fuzz", (const char *)data, size, &doc))
		return 0;
	for (i = 0; i < doc.n_problems; i++) {
		if (doc.problems[i].line < 1 || doc.problems[i].column < 1 || !doc.problems[i].what)
			abort();
	}
	if (!doc.n_sections && !doc.n_problems)
		abort();
	rst__free(&doc);
	return 0;
}
