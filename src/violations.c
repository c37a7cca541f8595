// SPDX-License-Identifier: GPL-2.0-only
#include "violations.h"

int violations__write(const struct audit *a, const struct stream *s, FILE *out)
{
	struct stream_counts counts = stream__counts(s);
	const struct alert *al;
	struct json_writer w;
	__u64 shown = 0;

	json_init(&w, out, false);
	json_begin_object(&w, NULL);
	json_u64(&w, "version", 1);
	json_begin_array(&w, "violations");
	for (; (al = stream__recent(s, (int)shown)); shown++)
		alert__json(&w, NULL, a, al, false);
	json_end(&w);
	json_u64(&w, "fingerprints", counts.fingerprints);
	json_u64(&w, "dropped", counts.fingerprints > shown ? counts.fingerprints - shown : 0);
	json_end(&w);
	return json_finish(&w);
}
