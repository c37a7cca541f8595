// SPDX-License-Identifier: GPL-2.0-only
/* The head of the page: what is audited, and the verdict. */
#include "page.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "html.h"
#include "page_parts.h"
#include "text.h"

const char *page__age(char *buf, double seconds)
{
	unsigned int s = seconds < 0 ? 0 : seconds > 4e9 ? 4000000000U : (unsigned int)seconds;

	if (s < 60)
		snprintf(buf, PAGE_AGE_LEN, "%u s", s);
	else if (s < 3600)
		snprintf(buf, PAGE_AGE_LEN, "%u min", s / 60);
	else if (s < 86400)
		snprintf(buf, PAGE_AGE_LEN, "%u h %u min", s / 3600, s % 3600 / 60);
	else
		snprintf(buf, PAGE_AGE_LEN, "%u d %u h", s / 86400, s % 86400 / 3600);
	return buf;
}

const char *page__when(char *buf, size_t len, __u64 ns)
{
	time_t s = (time_t)(ns / 1000000000ULL);
	struct tm tm;

	if (!gmtime_r(&s, &tm) || !strftime(buf, len, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(buf, len, "?");
	return buf;
}

static void add_rule(struct page *p, const struct rule_result *rr)
{
	p->undecided += rr->undecided;
	p->broken += rr->violations > 0;
}

static void add_up(struct page *p)
{
	for (int t = 0; t < p->types.n; t++) {
		const struct results *r = &p->types.of[t];

		p->calls += r->calls;
		p->violations += r->violations;
		p->drifts += r->drifts;
		p->suppressed += r->suppressed;
		p->rules += r->coverage.rules;
		p->exercised += r->coverage.exercised;
		for (int i = 0; i < r->n_methods; i++)
			for (int k = 0; k < r->methods[i].method->n_rules; k++)
				add_rule(p, &r->methods[i].rules[k]);
	}
}

static void write_head(const struct page *p, int refresh)
{
	char host[256] = "";

	if (gethostname(host, sizeof(host) - 1))
		host[0] = '\0';
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	      "<meta name=\"referrer\" content=\"no-referrer\">\n",
	      p->out);
	if (refresh)
		html__printf(p->out, "<meta http-equiv=\"refresh\" content=\"%d\">\n", refresh);
	/* What a reader with many tabs wants of this one. */
	if (p->violations)
		html__printf(p->out, "<title>%d broken · vfslock · %s</title>\n", p->broken, host);
	else
		html__printf(p->out, "<title>ok · vfslock · %s</title>\n", host);
	fprintf(p->out, "<style>%s</style>\n</head>\n<body>\n", page_style);
	html__printf(p->out,
		     "<header>\n<h1>vfslock <span>%s</span></h1>\n<p>Linux %s · vfslock %s</p>\n</header>\n<main>\n",
		     host, p->a->plan.release, p->st->version);
}

static void write_icon(const struct page *p, const char *path)
{
	fprintf(p->out,
		"<svg viewBox=\"0 0 40 40\" aria-hidden=\"true\"><circle cx=\"20\" cy=\"20\" r=\"18.5\" fill=\"none\" "
		"stroke=\"currentColor\" stroke-width=\"3\"/><path d=\"%s\" fill=\"none\" stroke=\"currentColor\" "
		"stroke-width=\"3.5\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/></svg>\n",
		path);
}

static void write_verdict(const struct page *p)
{
	char calls[TEXT_NUMBER_LEN], broken[TEXT_NUMBER_LEN], when[64], age[PAGE_AGE_LEN];

	text__count(calls, sizeof(calls), p->calls);
	text__count(broken, sizeof(broken), p->violations);
	page__when(when, sizeof(when), p->a->start_wall_ns);
	page__age(age, audit__seconds(p->a));
	html__printf(p->out, "<section class=\"verdict %s\">\n", p->violations ? "poor" : p->calls ? "good" : "care");
	if (p->violations) {
		write_icon(p, "M14 14 L26 26 M26 14 L14 26");
		html__printf(p->out, "<div><strong>%d rule%s broken in %s call%s</strong>\n", p->broken,
			     p->broken == 1 ? " was" : "s were", broken, p->violations == 1 ? "" : "s");
	} else if (p->calls) {
		write_icon(p, "M12 21 L18 27 L28 14");
		fputs("<div><strong>No locking rule was broken</strong>\n", p->out);
	} else {
		write_icon(p, "M20 11 V21 M20 28 V28.2");
		fputs("<div><strong>No call has been seen yet</strong>\n", p->out);
	}
	html__printf(p->out, "<p>%s calls in %s, since <span class=\"nw\">%s</span></p></div>\n</section>\n", calls,
		     age, when);
}

static void write_notes(const struct page *p)
{
	for (int i = 0; i < p->st->n_unhealthy; i++)
		html__printf(p->out, "<p class=\"note\">%s</p>\n", p->st->unhealthy[i]);
	if (!p->st->reload_ok)
		fputs("<p class=\"note\">The configuration had errors when it was last read: the one before is in "
		      "force.</p>\n",
		      p->out);
}

static void write_tile(const struct page *p, const char *name, const char *class, const char *value, const char *of)
{
	html__printf(p->out, "<div><dt>%s</dt><dd class=\"%s\">%s <small>%s</small></dd></div>\n", name, class, value,
		     of);
}

static __u64 lost_calls(const struct page *p)
{
	__u64 sum = 0;

	if (!p->types.n)
		return 0;
	for (int i = 0; i < VL_N_LOST; i++)
		sum += p->types.of[0].lost[i];
	return sum + p->types.of[0].recursion;
}

static void write_tiles(const struct page *p)
{
	char buf[TEXT_NUMBER_LEN], of[TEXT_NUMBER_LEN];
	double share = cost__cpu_share(&p->a->cost);
	__u64 lost = lost_calls(p);

	fputs("<dl class=\"tiles\">\n", p->out);
	write_tile(p, "Violations", p->violations ? "red" : "", text__count(buf, sizeof(buf), p->violations), "");
	write_tile(p, "Known drift", "", text__count(buf, sizeof(buf), p->drifts), "");
	write_tile(p, "Undecided", "", text__count(buf, sizeof(buf), p->undecided), "");
	write_tile(p, "Suppressed", "", text__count(buf, sizeof(buf), p->suppressed), "");
	snprintf(buf, sizeof(buf), "%d", p->exercised);
	snprintf(of, sizeof(of), "of %d", p->rules);
	write_tile(p, "Rules exercised", "", buf, of);
	write_tile(p, "Lost", lost ? "amber" : "", text__count(buf, sizeof(buf), lost), "");
	if (share >= 0 && !p->a->cost.unavailable) {
		snprintf(buf, sizeof(buf), "%.2f %%", 100 * share);
		write_tile(p, "Cost, of a CPU", "", buf, "");
	}
	fputs("</dl>\n", p->out);
}

static void write_mount(const struct page *p, const struct target *t)
{
	html__printf(p->out,
		     "<tr><td><code>%s</code></td><td data-l=\"type\">%s</td><td data-l=\"on\"><code>%s</code></td>",
		     t->path, t->fs_type[0] ? t->fs_type : "-",
		     t->source[0] ? t->source
		     : t->id[0]   ? t->id
				  : "-");
	if (!t->unmounted)
		fputs("<td><span class=\"tag ok\">audited</span></td></tr>\n", p->out);
	else if (t->same_as)
		html__printf(p->out, "<td><span class=\"tag ok\">audited</span> as <code>%s</code></td></tr>\n",
			     t->same_as->path);
	else if (t->refused)
		fputs("<td><span class=\"tag warn\">refused: see the log</span></td></tr>\n", p->out);
	else if (t->super_block)
		fputs("<td><span class=\"tag warn\">unmounted</span></td></tr>\n", p->out);
	else
		fputs("<td><span class=\"tag warn\">not mounted</span></td></tr>\n", p->out);
}

static void write_mounts(const struct page *p)
{
	fputs("<h2>Mounts</h2>\n<div class=\"card\"><table "
	      "class=\"stack\"><thead><tr><th>Path</th><th>Type</th><th>On</th>"
	      "<th>State</th></tr></thead>\n<tbody>\n",
	      p->out);
	for (int i = 0; i < p->a->n_targets; i++)
		if (!p->a->targets[i].removed)
			write_mount(p, &p->a->targets[i]);
	fputs("</tbody></table></div>\n", p->out);
}

static void write_foot(const struct page *p, int refresh)
{
	char when[64];

	html__printf(p->out,
		     "</main>\n<footer>\n<a href=\"%s\">Metrics</a>\n<a href=\"/violations\">Violations as JSON</a>\n"
		     "<a href=\"/healthz\">Health</a>\n",
		     p->st->telemetry_path);
	if (refresh)
		html__printf(p->out, "<a href=\"/\">Stop reloading</a> <span>reloads every %d s</span>\n", refresh);
	else
		fputs("<a href=\"/?refresh=10\">Reload every 10 s</a>\n", p->out);
	html__printf(p->out, "<span>As of %s</span>\n</footer>\n</body>\n</html>\n",
		     page__when(when, sizeof(when), clock_ns(CLOCK_REALTIME)));
}

int page__write(struct audit *a, const struct serve_state *st, const struct stream *s, int refresh, FILE *out)
{
	struct page p = {.out = out, .a = a, .st = st, .stream = s};
	int err = by_type__make(a, &p.types);

	if (refresh > 0 && refresh < PAGE_MIN_REFRESH)
		refresh = PAGE_MIN_REFRESH;
	if (!err) {
		add_up(&p);
		write_head(&p, refresh > 0 ? refresh : 0);
		write_verdict(&p);
		write_notes(&p);
		write_tiles(&p);
		page__violations(&p);
		write_mounts(&p);
		for (int t = 0; t < p.types.n; t++)
			page__type(&p, t);
		page__state(&p);
		write_foot(&p, refresh > 0 ? refresh : 0);
		err = fflush(out) || ferror(out) ? -EIO : 0;
	}
	by_type__free(&p.types);
	return err;
}
