// SPDX-License-Identifier: GPL-2.0-only
/* The page's violations and drift: which rule, what the document says, what was seen, and who called. */
#include <stdlib.h>
#include <string.h>

#include "html.h"
#include "page_parts.h"
#include "text.h"

/* The others are in the JSON. */
#define MAX_SHOWN 20
#define PLACE_LEN 256

static void write_promise(const struct page *p, const struct finding *f)
{
	char name[64];

	finding__rule_name(f->rule, name, sizeof(name));
	html__printf(p->out, "<dt>Documented</dt><dd>%s promises <code>%s.%s</code> “%s”: <b>%s</b>: %s%s%s</dd>\n",
		     f->rule->place, ops_structs[f->function->ops].name, f->function->method_name, f->rule->says, name,
		     rule__expected(f->rule), f->rule->condition_text ? ", when " : "",
		     f->rule->condition_text ? f->rule->condition_text : "");
}

static void write_sight(const struct page *p, const struct finding *f)
{
	char word[192];

	finding__decode(f, word, sizeof(word));
	html__printf(p->out, "<dt>Seen</dt><dd><b>%s</b>", observation__text(f->judgement.seen));
	if (word[0])
		html__printf(p->out, "<br><span class=\"mute\">lock word: %s</span>", word);
	fputs("</dd>\n", p->out);
	if (f->target)
		html__printf(p->out, "<dt>Mount</dt><dd><code>%s</code></dd>\n", f->target->path);
	if (f->drift)
		html__printf(p->out, "<dt>Known</dt><dd>%s</dd>\n", f->drift->because);
}

static double after_start(const struct page *p, __u64 ns)
{
	return ns > p->a->start_ns ? (double)(ns - p->a->start_ns) / 1e9 : 0;
}

/* A task chooses its name itself, with marks that turn the direction of writing, too: bdi keeps those to the name. */
static void write_task(const struct page *p, const struct finding *f)
{
	char first[PAGE_AGE_LEN], last[PAGE_AGE_LEN], comm[sizeof(f->sample.comm) + 1] = "";

	memcpy(comm, f->sample.comm, sizeof(comm) - 1);
	html__printf(p->out,
		     "<dt>Task</dt><dd><code><bdi>%s</bdi>[%u]</code> of process %u, on CPU %u</dd>\n"
		     "<dt>First, last</dt><dd>%s and %s after the start</dd>\n",
		     comm, f->sample.pid, f->sample.tgid, f->sample.cpu,
		     page__age(first, after_start(p, f->sample.first_ns)),
		     page__age(last, after_start(p, f->sample.last_ns)));
}

static void write_stack(const struct page *p, const struct finding *f)
{
	char line[PLACE_LEN];

	if (!f->n_ips) {
		fputs("<dt>Call path</dt><dd class=\"mute\">no stack could be taken</dd>\n", p->out);
		return;
	}
	fputs("<dt>Call path</dt><dd><pre>", p->out);
	for (int i = 0; i < f->n_ips; i++)
		html__printf(p->out, "%s\n", finding__frame(p->a, f, i, false, line, sizeof(line)));
	fputs("</pre></dd>\n", p->out);
}

/* What else is known, as the report has it: the locks that the task held, who held this one, where it slept. */
static void write_rest(const struct page *p, const struct finding *f)
{
	char *text = NULL;
	size_t len;
	FILE *mem;

	if (!p->a->locks && f->judgement.seen != SEEN_SLEPT && !f->sample.holder_pid)
		return;
	mem = open_memstream(&text, &len);
	if (!mem)
		return;
	finding__text(p->a, f, false, mem);
	fclose(mem);
	html__printf(p->out,
		     "<dt>In full</dt><dd><details><summary>as a report has it</summary><pre>%s</pre></details></dd>\n",
		     text ? text : "");
	free(text);
}

static void write_facts(const struct page *p, const struct finding *f)
{
	fputs("<dl class=\"facts\">\n", p->out);
	write_promise(p, f);
	write_sight(p, f);
	if (f->has_sample) {
		write_task(p, f);
		write_stack(p, f);
		write_rest(p, f);
	}
	fputs("</dl>\n", p->out);
}

static void write_summary(const struct page *p, const struct finding *f, __u64 calls, bool open)
{
	char count[TEXT_NUMBER_LEN];

	html__printf(p->out,
		     "<details class=\"v %s\"%s>\n<summary><b class=\"m\">%s</b><span class=\"mute m\">%s()</span>"
		     "<span class=\"n mute\">%s call%s",
		     f->verdict == VERDICT_DRIFT ? "drift" : "bad", open ? " open" : "", f->rule->id, f->function->name,
		     text__count(count, sizeof(count), calls), calls == 1 ? "" : "s");
}

static void write_alert(const struct page *p, const struct alert *al, bool open)
{
	char when[64];

	write_summary(p, &al->finding, al->calls, open);
	html__printf(p->out, " · %s</span></summary>\n", page__when(when, sizeof(when), al->wall_ns));
	write_facts(p, &al->finding);
	fputs("</details>\n", p->out);
}

void page__violations(const struct page *p)
{
	const struct alert *al;
	int shown = 0, more = 0;

	for (int i = 0; p->stream && (al = stream__recent(p->stream, i)); i++) {
		if (al->finding.verdict != VERDICT_VIOLATION)
			continue;
		if (!shown)
			fputs("<h2>Violations <small>newest first</small></h2>\n", p->out);
		if (shown < MAX_SHOWN) {
			write_alert(p, al, !shown);
			shown++;
		} else {
			more++;
		}
	}
	if (more)
		html__printf(p->out, "<p class=\"plain\">and %d more: <a href=\"/violations\">as JSON</a></p>\n", more);
	if (!shown && p->violations)
		fputs("<h2>Violations</h2>\n<p class=\"plain\">Their call paths are no longer at hand: the rules are "
		      "marked "
		      "below.</p>\n",
		      p->out);
}

void page__drift(const struct page *p, const struct results *r)
{
	bool any = false;

	for (int i = 0; i < r->n_findings; i++) {
		const struct finding *f = &r->findings[i];

		if (f->verdict != VERDICT_DRIFT)
			continue;
		if (!any)
			fputs("<h3>Drift <small>the kernel is known to differ from its document here</small></h3>\n",
			      p->out);
		any = true;
		write_summary(p, f, f->calls, false);
		fputs("</span></summary>\n", p->out);
		write_facts(p, f);
		fputs("</details>\n", p->out);
	}
}
