// SPDX-License-Identifier: GPL-2.0-only
#include "violations.h"

/* How many the stream has met, of which @told were told: each was in the list when it was. */
static void count(const struct stream *s, __u64 *met, __u64 *told)
{
	const struct stream_entry *e;

	*met = *told = 0;
	for (int i = 0; s && (e = stream__entry(s, i)); i++) {
		/* One that was never but suppressed has no calls here. */
		if (e->verdict != VERDICT_VIOLATION || !e->calls)
			continue;
		++*met;
		*told += e->told > 0;
	}
}

int violations__write(const struct audit *a, const struct stream *s, FILE *out)
{
	__u64 met, told, shown = 0;
	const struct alert *al;
	struct json_writer w;

	count(s, &met, &told);
	json_init(&w, out, true);
	json_begin_object(&w, NULL);
	json_s64(&w, "version", 1);
	json_begin_array(&w, "violations");
	for (int i = 0; s && (al = stream__recent(s, i)); i++)
		if (al->finding.verdict == VERDICT_VIOLATION) {
			alert__json(&w, NULL, a, al, false);
			shown++;
		}
	json_end(&w);
	json_u64(&w, "fingerprints", met);
	json_u64(&w, "dropped", told > shown ? told - shown : 0);
	json_end(&w);
	return json_finish(&w);
}
