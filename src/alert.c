// SPDX-License-Identifier: GPL-2.0-only
#include "alert.h"

#include <inttypes.h>
#include <stdio.h>

const char *alert__fingerprint(__u64 fingerprint, char buf[ALERT_FINGERPRINT_LEN])
{
	snprintf(buf, ALERT_FINGERPRINT_LEN, "%016" PRIx64, (uint64_t)fingerprint);
	return buf;
}

void alert__json_head(struct json_writer *w, const struct alert *al)
{
	char when[40], fingerprint[ALERT_FINGERPRINT_LEN];

	json_u64(w, "number", al->number);
	json_string(w, "time", finding__rfc3339(al->wall_ns, when, sizeof(when)));
	json_u64(w, "monotonic_ns", al->mono_ns);
	json_string(w, "fingerprint", alert__fingerprint(al->fingerprint, fingerprint));
	json_string(w, "verdict", verdict__name(al->finding.verdict));
	json_u64(w, "more", al->more);
	json_u64(w, "total", al->calls);
}

void alert__json(struct json_writer *w, const char *key, const struct audit *a, const struct alert *al, bool addresses)
{
	json_begin_object(w, key);
	alert__json_head(w, al);
	finding__json(w, a, &al->finding, addresses);
	json_end(w);
}
