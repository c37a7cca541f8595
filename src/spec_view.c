// SPDX-License-Identifier: GPL-2.0-only
#include "spec_view.h"

#include <stdio.h>
#include <string.h>

enum rule_status rule__status(const struct rule *r)
{
	if (!rule_promises(r))
		return RULE_STATUS_NO_PROMISE;
	if (r->unverifiable || methods[r->method].gone || methods[r->method].no_super_block)
		return RULE_STATUS_UNVERIFIABLE;
	return r->n_drifts ? RULE_STATUS_DRIFT : RULE_STATUS_CHECK;
}

const char *rule_status__name(enum rule_status status)
{
	static const char *const names[RULE_STATUSES] = {"check", "drift", "no_promise", "unverifiable"};

	return names[status];
}

static const char *drift_text(const struct drift *d, char *buf, size_t len)
{
	if (d->condition_text)
		snprintf(buf, len, "when %s: %s", d->condition_text, d->because);
	else if (d->via)
		snprintf(buf, len, "via %s(): %s", d->via, d->because);
	else
		snprintf(buf, len, "always: %s", d->because);
	return buf;
}

const char *rule__reason(const struct rule *r, char *buf, size_t len)
{
	const struct method *m = &methods[r->method];
	size_t n = 0;

	buf[0] = '\0';
	if (rule__status(r) == RULE_STATUS_UNVERIFIABLE) {
		snprintf(buf, len, "%s", r->unverifiable ? r->unverifiable : m->gone ? m->gone : m->no_super_block);
		return buf;
	}
	for (int i = 0; i < r->n_drifts && n + 1 < len; i++) {
		char one[512];

		n += (size_t)snprintf(buf + n, len - n, "%s%s", n ? "; " : "",
				      drift_text(&r->drifts[i], one, sizeof(one)));
	}
	return buf;
}

bool method__in_force(const struct method *m, int kernel)
{
	return in_range(m->since, m->until, kernel);
}

bool rule__in_force(const struct rule *r, int kernel)
{
	return method__in_force(&methods[r->method], kernel) && in_range(r->since, r->until, kernel);
}

int version__parse(const char *text)
{
	unsigned int major, minor;

	if (sscanf(text, "%u.%u", &major, &minor) != 2 || !major || major > 99 || minor > 255)
		return -1;
	return (int)(major << 8 | minor);
}

const char *version__text(int version, char buf[8])
{
	if (version)
		snprintf(buf, 8, "%d.%d", version >> 8 & 0xff, version & 255);
	else
		buf[0] = '\0';
	return buf;
}

const char *method__cell(const struct method *m, int lock, int kernel)
{
	for (int i = 0; i < m->n_rules; i++) {
		const struct rule *r = &rules[m->first_rule + i];

		if (r->in_table && r->lock == lock && rule__in_force(r, kernel))
			return r->says;
	}
	return NULL;
}

int ops__column(const struct ops_struct *o, const struct method *m, const char *header, int kernel)
{
	int lock = -1;

	for (int c = 0; c < o->n_columns; c++) {
		const struct table_column *col = &o->columns[c];

		if (!in_range(col->since, col->until, kernel) || strcmp(col->header, header) != 0)
			continue;
		lock = col->lock;
		if (m && method__cell(m, lock, kernel))
			break;
	}
	return lock;
}
