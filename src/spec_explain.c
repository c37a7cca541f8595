// SPDX-License-Identifier: GPL-2.0-only
/* vfslock spec explain: a method's rules in words, their history over kernel versions, drift and why. */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "judge.h"
#include "spec_view.h"
#include "text.h"

#define WIDTH 100

static void print_range(int since, int until)
{
	char from[8], to[8];

	if (!since && !until)
		fputs("in every document since 5.4", stdout);
	else if (!until)
		printf("since %s", version__text(since, from));
	else if (!since)
		printf("until %s", version__text(until, to));
	else
		printf("since %s, until %s", version__text(since, from), version__text(until, to));
}

static const char *phase_words(enum rule_phase phase)
{
	static const char *const words[] = {"when it is called", "when it returns", "while it runs",
					    "after it has returned"};

	return words[phase];
}

static void explain_promise(const struct rule *r)
{
	char line[2048];

	if (lock_classes[r->lock].kind == LOCK_KIND_context)
		snprintf(line, sizeof(line), "%s%s%s.",
			 r->mode == RULE_yes ? "It may block: its caller must be able to sleep" : "It must not sleep",
			 r->condition_text ? ", when " : "", r->condition_text ? r->condition_text : "");
	else
		snprintf(line, sizeof(line), "%s of %s%s%s%s is %s %s%s%s.", lock_classes[r->lock].name, r->subject,
			 r->expr ? " (" : "", r->expr ? r->expr : "", r->expr ? ")" : "", rule__expected(r),
			 phase_words(r->phase), r->condition_text ? ", when " : "",
			 r->condition_text ? r->condition_text : "");
	text__wrap(stdout, NULL, line, 4, WIDTH);
}

static void explain_nothing(const struct rule *r, char *line, size_t len)
{
	const char *lock = lock_classes[r->lock].name;

	if (r->mode == RULE_none)
		snprintf(line, len, "The VFS does not take %s for it, and does not promise that nobody holds it.",
			 lock);
	else if (r->mode == RULE_maybe)
		snprintf(line, len, "%s may be held or not.", lock);
	else
		snprintf(line, len, "The document says nothing of %s.", lock);
}

static void explain_rule(const struct rule *r)
{
	char line[2048];

	printf("\n  %s\n    ", r->id);
	if (r->since || r->until) {
		print_range(r->since, r->until);
		fputs(": ", stdout);
	}
	printf("\"%s\" (%s)\n", r->says, r->place);
	if (!rule_promises(r)) {
		explain_nothing(r, line, sizeof(line));
		text__wrap(stdout, NULL, line, 4, WIDTH);
		return;
	}
	explain_promise(r);
	if (rule__status(r) == RULE_STATUS_UNVERIFIABLE) {
		rule__reason(r, line, sizeof(line));
		text__wrap(stdout, "not verifiable: ", line, 4, WIDTH);
		return;
	}
	for (int i = 0; i < r->n_drifts; i++) {
		const struct drift *d = &r->drifts[i];

		snprintf(line, sizeof(line), "%s%s%s: %s",
			 d->condition_text ? "when "
			 : d->via          ? "via "
					   : "always",
			 d->condition_text ? d->condition_text
			 : d->via          ? d->via
					   : "",
			 d->via ? "()" : "", d->because);
		text__wrap(stdout, "drift ", line, 4, WIDTH);
	}
}

static void explain_method(const struct method *m)
{
	printf("%s.%s: ", ops_structs[m->ops].name, m->name);
	print_range(m->since, m->until);
	putchar('\n');
	if (m->gone)
		text__wrap(stdout, "no kernel has it: ", m->gone, 2, WIDTH);
	if (m->no_super_block)
		text__wrap(stdout, "not audited: ", m->no_super_block, 2, WIDTH);
	for (int i = 0; i < m->n_rules; i++)
		explain_rule(&rules[m->first_rule + i]);
}

/* All descriptions of a name, as arguments change over time. Returns the first, or NULL if there is none. */
static const struct method *explain_name(const char *ops, size_t ops_len, const char *name)
{
	const struct method *first = NULL;

	for (int m = 0; m < n_methods; m++) {
		const char *o = ops_structs[methods[m].ops].name;

		if (strlen(o) != ops_len || strncmp(o, ops, ops_len) != 0 || strcmp(methods[m].name, name) != 0)
			continue;
		if (first)
			putchar('\n');
		explain_method(&methods[m]);
		if (!first)
			first = &methods[m];
	}
	return first;
}

int spec__explain(const char *ops_method)
{
	const char *dot = strchr(ops_method, '.');
	size_t ops_len = dot ? (size_t)(dot - ops_method) : 0;
	const struct method *m = dot ? explain_name(ops_method, ops_len, dot + 1) : NULL;

	if (!m) {
		fprintf(stderr,
			"vfslock spec explain: %s: no such method; give one like inode_operations.rename ('vfslock "
			"spec "
			"show' has them all)\n",
			ops_method);
		return EXIT_USAGE;
	}
	/* A renamed method's history goes on under its older name. */
	for (int i = 0; m && m->formerly && i < 4; i++) {
		printf("\n%s was called %s before.\n\n", m->name, m->formerly);
		m = explain_name(ops_method, ops_len, m->formerly);
	}
	return EXIT_CLEAN;
}
