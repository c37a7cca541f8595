// SPDX-License-Identifier: GPL-2.0-only
#include "wording.h"

#include <stdio.h>

#include "text.h"

void rule_result__seen(const struct rule_result *rr, char *buf, size_t len)
{
	char count[TEXT_NUMBER_LEN];
	size_t n = 0;
	int kinds = 0;

	buf[0] = '\0';
	for (int s = 0; s < SEEN_KINDS; s++)
		kinds += rr->seen[s] > 0;
	for (int s = 0; s < SEEN_KINDS && n < len; s++) {
		if (!rr->seen[s])
			continue;
		n += (size_t)snprintf(buf + n, len - n, "%s%s", n ? ", " : "", observation__text((enum observation)s));
		if (kinds > 1 && n < len)
			n += (size_t)snprintf(buf + n, len - n, " %s", text__count(count, sizeof(count), rr->seen[s]));
	}
}

bool rule_result__is_common(const struct rule_result *rr)
{
	return lock_classes[rr->rule->lock].kind == LOCK_KIND_context && rr->rule->mode == RULE_yes &&
	       (rr->verdict == VERDICT_OK || rr->verdict == VERDICT_NOT_EXERCISED);
}
