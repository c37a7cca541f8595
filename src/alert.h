/* SPDX-License-Identifier: GPL-2.0-only */
/* One line of the stream of violations, and how it is written. */
#ifndef VFSLOCK_ALERT_H
#define VFSLOCK_ALERT_H

#include <stdbool.h>

#include "finding.h"

struct alert {
	__u64 number;           /* from 1, without gaps */
	__u64 mono_ns, wall_ns; /* when it was told; of a call that is told by itself: when it was made */
	__u64 fingerprint;
	__u64 calls;    /* of this fingerprint on this mount, so far */
	__u64 more;     /* of these, since it was last told */
	bool is_repeat; /* it was told before */
	struct finding finding;
};

/* A fingerprint as it is shown everywhere, 16 hexadecimal digits, into @buf. Returns @buf. */
#define ALERT_FINGERPRINT_LEN 17
const char *alert__fingerprint(__u64 fingerprint, char buf[ALERT_FINGERPRINT_LEN]);

/* The members, of an object that is open, which a line has whatever it tells: from its number to how many calls. */
void alert__json_head(struct json_writer *w, const struct alert *al);

/* The alert as an object, with its finding. */
void alert__json(struct json_writer *w, const char *key, const struct audit *a, const struct alert *al, bool addresses);

#endif
