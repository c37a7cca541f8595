// SPDX-License-Identifier: GPL-2.0-only
#include "expose.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "shortest.h"
#include "utf8.h"

static void put(struct expose *e, const char *s, size_t len)
{
	if (!e->err && len && fwrite(s, 1, len, e->out) != len)
		e->err = -EIO;
}

static void puts_all(struct expose *e, const char *s)
{
	put(e, s, strlen(s));
}

static void misuse(struct expose *e)
{
	if (!e->err)
		e->err = -EINVAL;
}

void expose__init(struct expose *e, FILE *out, bool openmetrics)
{
	*e = (struct expose){.out = out, .openmetrics = openmetrics};
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(const char *s)
{
	if (!s || !is_letter(*s))
		return false;
	while (is_letter(*s) || (*s >= '0' && *s <= '9'))
		s++;
	return !*s;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

/* Of names that two families would share: a suffix that a type adds (a counter x and a gauge x_total) is none's own. */
static bool has_reserved_suffix(const char *name)
{
	static const char *const suffixes[] = {"_total", "_info", "_bucket", "_sum", "_count", "_created"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (ends_with(name, suffixes[i]))
			return true;
	return false;
}

static bool is_unit_of(const char *name, const char *unit)
{
	size_t n = strlen(name), m = strlen(unit);

	return m && n > m + 1 && name[n - m - 1] == '_' && !strcmp(name + n - m, unit);
}

void expose__family(struct expose *e, const char *name, enum expose_type type, const char *unit, const char *help)
{
	if (!is_name(name) || has_reserved_suffix(name) || !help || !*help || (unit && !is_unit_of(name, unit)) ||
	    e->n_families == EXPOSE_MAX_FAMILIES) {
		misuse(e);
		return;
	}
	for (int i = 0; i < e->n_families; i++)
		if (!strcmp(e->families[i], name))
			misuse(e);
	e->families[e->n_families++] = name;
	e->type = type;
	e->unit = unit;
	e->help = help;
	e->has_header = false;
}

/*
 * @s without what would end it early. In help, the older format leaves a quote as it is: a backslash before it would be
 * shown.
 */
static void put_escaped(struct expose *e, const char *s, bool quotes)
{
	const unsigned char *p = (const unsigned char *)s, *run = p;

	while (*p) {
		size_t len = utf8__len(p);

		if (len && *p != '\\' && *p != '\n' && !(quotes && *p == '"')) {
			p += len;
			continue;
		}
		put(e, (const char *)run, (size_t)(p - run));
		if (!len)
			puts_all(e, UTF8_REPLACEMENT);
		else
			puts_all(e, *p == '\n' ? "\\n" : *p == '"' ? "\\\"" : "\\\\");
		run = ++p;
	}
	put(e, (const char *)run, (size_t)(p - run));
}

/* What the type adds to the name: of samples; in the older format, of the family, too, which there is the samples'. */
static const char *suffix(const struct expose *e)
{
	return e->type == EXPOSE_COUNTER ? "_total" : e->type == EXPOSE_INFO ? "_info" : "";
}

static void put_header(struct expose *e)
{
	static const char *const types[] = {"counter", "gauge", "histogram", "info"};
	const char *name = e->families[e->n_families - 1];
	const char *added = e->openmetrics ? "" : suffix(e);
	const char *type = !e->openmetrics && e->type == EXPOSE_INFO ? "gauge" : types[e->type];
	const char *const type_line[] = {"# TYPE ", name, added, " ", type, "\n"};
	const char *const help_line[] = {"# HELP ", name, added, " "};

	e->has_header = true;
	for (size_t i = 0; i < sizeof(help_line) / sizeof(help_line[0]); i++)
		puts_all(e, help_line[i]);
	put_escaped(e, e->help, e->openmetrics);
	puts_all(e, "\n");
	for (size_t i = 0; i < sizeof(type_line) / sizeof(type_line[0]); i++)
		puts_all(e, type_line[i]);
	if (!e->openmetrics || !e->unit)
		return;
	puts_all(e, "# UNIT ");
	puts_all(e, name);
	puts_all(e, " ");
	puts_all(e, e->unit);
	puts_all(e, "\n");
}

static bool labels_are_good(const struct expose *e, const struct expose_label *labels)
{
	for (int i = 0; labels && labels[i].name; i++) {
		if (!is_name(labels[i].name) || !strncmp(labels[i].name, "__", 2) || !labels[i].value)
			return false;
		if (e->type == EXPOSE_HISTOGRAM && !strcmp(labels[i].name, "le"))
			return false;
		for (int k = 0; k < i; k++)
			if (!strcmp(labels[k].name, labels[i].name))
				return false;
	}
	return true;
}

/* May a sample of one of these types come now? If so, its family's header is there. */
static bool prepare(struct expose *e, const struct expose_label *labels, unsigned int types)
{
	if (e->err)
		return false;
	if (!e->n_families || !(types >> e->type & 1) || !labels_are_good(e, labels)) {
		misuse(e);
		return false;
	}
	if (!e->has_header)
		put_header(e);
	return true;
}

static void put_label(struct expose *e, const char *before, const char *name, const char *value)
{
	puts_all(e, before);
	puts_all(e, name);
	puts_all(e, "=\"");
	put_escaped(e, value, true);
	puts_all(e, "\"");
}

/* @le: of a bucket, else NULL. */
static void put_sample(struct expose *e, const char *added, const struct expose_label *labels, const char *le,
		       const char *value)
{
	int n = 0;

	puts_all(e, e->families[e->n_families - 1]);
	puts_all(e, added);
	for (; labels && labels[n].name; n++)
		put_label(e, n ? "," : "{", labels[n].name, labels[n].value);
	if (le)
		put_label(e, n++ ? "," : "{", "le", le);
	puts_all(e, n ? "} " : " ");
	puts_all(e, value);
	puts_all(e, "\n");
}

static const char *count_text(char *buf, __u64 n)
{
	snprintf(buf, SHORTEST_LEN, "%" PRIu64, (uint64_t)n);
	return buf;
}

static const char *number_text(char *buf, double value)
{
	if (isnan(value))
		return "NaN";
	if (isinf(value))
		return value > 0 ? "+Inf" : "-Inf";
	return shortest__double(buf, value);
}

void expose__u64(struct expose *e, const struct expose_label *labels, __u64 value)
{
	char buf[SHORTEST_LEN];

	if (prepare(e, labels, 1U << EXPOSE_COUNTER | 1U << EXPOSE_GAUGE))
		put_sample(e, suffix(e), labels, NULL, count_text(buf, value));
}

void expose__double(struct expose *e, const struct expose_label *labels, double value)
{
	char buf[SHORTEST_LEN];

	if (e->type == EXPOSE_COUNTER && !(value >= 0 && isfinite(value)))
		misuse(e);
	if (prepare(e, labels, 1U << EXPOSE_COUNTER | 1U << EXPOSE_GAUGE))
		put_sample(e, suffix(e), labels, NULL, number_text(buf, value));
}

void expose__info(struct expose *e, const struct expose_label *labels)
{
	if (prepare(e, labels, 1U << EXPOSE_INFO))
		put_sample(e, suffix(e), labels, NULL, "1");
}

static bool buckets_are_good(const struct expose_buckets *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (!isfinite(b->le[i]) || b->counts[i] > b->count)
			return false;
		if (i && (b->le[i] <= b->le[i - 1] || b->counts[i] < b->counts[i - 1]))
			return false;
	}
	return b->sum >= 0 && isfinite(b->sum);
}

/* OpenMetrics compares bounds as text: it wants those that are whole written as floats. */
static const char *bound_text(const struct expose *e, char *buf, double le)
{
	number_text(buf, le);
	if (e->openmetrics && !buf[strspn(buf, "-0123456789")])
		memcpy(buf + strlen(buf), ".0", 3);
	return buf;
}

void expose__histogram(struct expose *e, const struct expose_label *labels, const struct expose_buckets *b)
{
	char bound[SHORTEST_LEN], value[SHORTEST_LEN];

	if (!buckets_are_good(b))
		misuse(e);
	if (!prepare(e, labels, 1U << EXPOSE_HISTOGRAM))
		return;
	for (size_t i = 0; i < b->n; i++)
		put_sample(e, "_bucket", labels, bound_text(e, bound, b->le[i]), count_text(value, b->counts[i]));
	put_sample(e, "_bucket", labels, "+Inf", count_text(value, b->count));
	put_sample(e, "_sum", labels, NULL, number_text(value, b->sum));
	put_sample(e, "_count", labels, NULL, count_text(value, b->count));
}

int expose__finish(struct expose *e)
{
	if (e->openmetrics)
		puts_all(e, "# EOF\n");
	/* Also after -EINVAL: what was written must not linger and mix with what follows. */
	if ((fflush(e->out) || ferror(e->out)) && !e->err)
		e->err = -EIO;
	return e->err;
}
