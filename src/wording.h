/* SPDX-License-Identifier: GPL-2.0-only */
/* What was seen of rules, in words: for the report's text and the page alike. */
#ifndef VFSLOCK_WORDING_H
#define VFSLOCK_WORDING_H

#include <stdbool.h>
#include <stddef.h>

#include "results.h"

/* "exclusive 12, free 3" */
void rule_result__seen(const struct rule_result *rr, char *buf, size_t len);

/* Rules that say the same of every method of the ops struct and are kept: told in one line below the table. */
bool rule_result__is_common(const struct rule_result *rr);

#endif
