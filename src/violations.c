// SPDX-License-Identifier: GPL-2.0-only
#include "violations.h"

int violations__write(const struct audit *a, const struct stream *s, __u64 dropped, FILE *out)
{
	const struct alert *al;
	struct json_writer w;

	json_init(&w, out, true);
	json_begin_object(&w, NULL);
	json_s64(&w, "version", 1);
	json_begin_array(&w, "violations");
	for (int i = 0; s && (al = stream__recent(s, i)); i++)
		if (al->finding.verdict == VERDICT_VIOLATION)
			alert__json(&w, NULL, a, al, false);
	json_end(&w);
	json_u64(&w, "dropped", dropped);
	json_end(&w);
	return json_finish(&w);
}
