/* SPDX-License-Identifier: GPL-2.0-only */
/* The Accept header, RFC 9110, 12.5.1; see http_accept.h. */
#include "http_accept.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define Q_ONE 1000

/* A piece of the header, without white space at its ends. */
struct piece {
	const char *at;
	size_t len;
};

static struct piece trim(const char *from, const char *to)
{
	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (to > from && (to[-1] == ' ' || to[-1] == '\t'))
		to--;
	return (struct piece){from, (size_t)(to - from)};
}

/* The piece of *@rest up to @separator, one in a quoted string does not count; *@rest moves behind it. */
static struct piece next_piece(const char **rest, const char *end, char separator)
{
	const char *from = *rest, *p;
	bool quoted = false;

	for (p = from; p < end && (quoted || *p != separator); p++) {
		if (*p == '"')
			quoted = !quoted;
		else if (quoted && *p == '\\' && p + 1 < end)
			p++;
	}
	*rest = p < end ? p + 1 : end;
	return trim(from, p);
}

static bool is(struct piece p, const char *word)
{
	return p.len == strlen(word) && !strncasecmp(p.at, word, p.len);
}

/* "0", "1", "0.5", "1.000": thousandths; anything else is -1. */
static int parse_q(struct piece p)
{
	int q, unit = Q_ONE / 10;

	if (!p.len || p.len > 5 || (p.at[0] != '0' && p.at[0] != '1') || (p.len > 1 && p.at[1] != '.'))
		return -1;
	q = (p.at[0] - '0') * Q_ONE;
	for (size_t i = 2; i < p.len; i++, unit /= 10) {
		if (!isdigit((unsigned char)p.at[i]))
			return -1;
		q += (p.at[i] - '0') * unit;
	}
	return q > Q_ONE ? -1 : q;
}

static void learn(struct accept_quality *quality, int specificity, int q)
{
	if (specificity < quality->specificity)
		return;
	if (specificity == quality->specificity && q < quality->q)
		return;
	quality->specificity = specificity;
	quality->q = q;
}

/* One range: type/subtype; parameter=value; q=0.5 */
static void add_range(struct http_accept *a, struct piece range)
{
	const char *rest = range.at, *end = range.at + range.len;
	struct piece type = next_piece(&rest, end, ';'), version = {NULL, 0};
	int q = Q_ONE;

	while (rest < end) {
		struct piece value, name, parameter = next_piece(&rest, end, ';');
		const char *p = parameter.at;

		name = next_piece(&p, parameter.at + parameter.len, '=');
		value = trim(p, parameter.at + parameter.len);
		if (value.len >= 2 && value.at[0] == '"' && value.at[value.len - 1] == '"')
			value = (struct piece){value.at + 1, value.len - 2};
		if (is(name, "version"))
			version = value;
		else if (is(name, "q"))
			q = parse_q(value);
	}
	if (q < 0)
		return;
	if (is(type, "text/plain") && (!version.at || is(version, "0.0.4")))
		learn(&a->text, 3, q);
	else if (is(type, "text/*"))
		learn(&a->text, 2, q);
	else if (is(type, "*/*"))
		learn(&a->text, 1, q);
	else if (is(type, "application/openmetrics-text") && (!version.at || is(version, "1.0.0")))
		learn(&a->openmetrics, 3, q);
}

void http_accept__add(struct http_accept *a, const char *value)
{
	const char *end = value + strlen(value);

	while (value < end)
		add_range(a, next_piece(&value, end, ','));
}

/* A client that takes everything takes the plain text, which every client knows. */
bool http_accept__openmetrics(const struct http_accept *a)
{
	return a->openmetrics.q > a->text.q;
}
