// SPDX-License-Identifier: GPL-2.0-only
/* In the report: when folios were unlocked that were still locked at a method's return, and where a task slept. */
#include "report.h"
#include "text.h"

static bool is_followed(const struct method_result *m)
{
	return m->unlock.count || m->still_locked;
}

void report__text_unlocks(const struct results *r, int ops, FILE *out)
{
	for (int i = 0; i < r->n_methods; i++) {
		const struct method_result *m = &r->methods[i];
		char count[TEXT_NUMBER_LEN], more[TEXT_NUMBER_LEN], at[3][TEXT_NUMBER_LEN];

		if (m->method->ops != ops || !is_followed(m))
			continue;
		for (int k = 0; k < 3; k++)
			report__text_percentile(&m->unlock, (const double[]){50, 99, 100}[k], at[k]);
		fprintf(out, "  %s: %s folios followed until they were unlocked", m->method->name,
			text__count(count, sizeof(count), m->unlock.count));
		if (m->unlock.count)
			fprintf(out, ": p50 %s, p99 %s, max %s", at[0], at[1], at[2]);
		if (m->still_locked)
			fprintf(out, "; %s not yet at the end", text__count(more, sizeof(more), m->still_locked));
		fputc('\n', out);
	}
}

void report__json_unlocks(struct json_writer *w, const struct method_result *m)
{
	report__json_latency(w, "unlock", &m->unlock, m->is_followed);
	json_u64(w, "still_locked", m->still_locked);
}
