// SPDX-License-Identifier: GPL-2.0-only
/* vfslock spec show: the rules in force for a kernel, in tables like the document's own, or as JSON. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "discover.h"
#include "json.h"
#include "judge.h"
#include "spec_view.h"
#include "text.h"

#define WIDTH 110
#define MAX_COLUMNS 12

/* The columns of the document of @kernel; one that is about several locks counts once. */
static int columns_in_force(const struct ops_struct *o, int kernel, const struct table_column **out)
{
	int n = 0;

	for (int c = 0; c < o->n_columns && n < MAX_COLUMNS; c++) {
		bool again = n && !strcmp(out[n - 1]->header, o->columns[c].header);

		if (in_range(o->columns[c].since, o->columns[c].until, kernel) && !again)
			out[n++] = &o->columns[c];
	}
	return n;
}

static void show_table(const struct ops_struct *o, int kernel)
{
	const struct table_column *columns[MAX_COLUMNS];
	struct text_column titles[MAX_COLUMNS + 1] = {{"method", TEXT_LEFT}};
	int n = columns_in_force(o, kernel, columns);
	struct text_table *t;

	for (int c = 0; c < n; c++)
		titles[c + 1] = (struct text_column){columns[c]->header, TEXT_LEFT};
	t = n ? text_table__new(titles, (size_t)n + 1) : NULL;
	for (int m = o->first_method; t && m < o->first_method + o->n_methods; m++) {
		const char *cells[MAX_COLUMNS + 1] = {methods[m].name};
		bool any = false;

		for (int c = 0; c < n; c++) {
			cells[c + 1] = method__cell(&methods[m], columns[c]->lock, kernel);
			any = any || cells[c + 1];
		}
		if (any && method__in_force(&methods[m], kernel))
			text_table__row(t, cells);
	}
	if (t)
		text_table__print(t, stdout, 2);
	text_table__free(t);
}

/* A rule of all methods stands in the tables once for each of them; it is shown once. */
static bool shown_before(const struct ops_struct *o, const struct rule *r, int kernel)
{
	for (const struct rule *b = &rules[methods[o->first_method].first_rule]; r->every && b < r; b++)
		if (b->every && rule__in_force(b, kernel) && b->lock == r->lock && !strcmp(b->says, r->says))
			return true;
	return false;
}

static void show_line(const struct rule *r)
{
	char line[1024];

	snprintf(line, sizeof(line), "%s: \"%s\" (%s)", r->every ? "every method" : methods[r->method].name, r->says,
		 r->place);
	text__wrap(stdout, "- ", line, 2, WIDTH);
}

static void show_prose(const struct ops_struct *o, int kernel)
{
	bool any = false;

	for (int m = o->first_method; m < o->first_method + o->n_methods; m++)
		for (int i = 0; i < methods[m].n_rules; i++) {
			const struct rule *r = &rules[methods[m].first_rule + i];

			if (r->in_table || !rule__in_force(r, kernel) || shown_before(o, r, kernel))
				continue;
			if (!any)
				puts("  beside the table:");
			any = true;
			show_line(r);
		}
}

struct numbers {
	int methods, rules, of[RULE_STATUSES];
};

static struct numbers count(const struct ops_struct *o, int kernel)
{
	struct numbers n = {0};

	for (int m = o->first_method; m < o->first_method + o->n_methods; m++) {
		n.methods += method__in_force(&methods[m], kernel);
		for (int i = 0; i < methods[m].n_rules; i++) {
			const struct rule *r = &rules[methods[m].first_rule + i];

			if (!rule__in_force(r, kernel))
				continue;
			n.rules++;
			n.of[rule__status(r)]++;
		}
	}
	return n;
}

static void show_counts(const struct ops_struct *o, int kernel)
{
	struct numbers n = count(o, kernel);

	printf("  %d methods; rules: %d checked, %d drift, %d unverifiable, %d promise nothing\n", n.methods,
	       n.of[RULE_STATUS_CHECK], n.of[RULE_STATUS_DRIFT], n.of[RULE_STATUS_UNVERIFIABLE],
	       n.of[RULE_STATUS_NO_PROMISE]);
}

static void json_drifts(struct json_writer *w, const struct rule *r)
{
	json_begin_array(w, "drifts");
	for (int i = 0; i < r->n_drifts; i++) {
		json_begin_object(w, NULL);
		json_string(w, "condition", r->drifts[i].condition_text);
		json_string(w, "via", r->drifts[i].via);
		json_string(w, "because", r->drifts[i].because);
		json_end(w);
	}
	json_end(w);
}

static void json_rule(struct json_writer *w, const struct rule *r)
{
	char reason[4096], version[8];

	json_begin_object(w, NULL);
	json_string(w, "id", r->id);
	json_string(w, "ops", ops_structs[methods[r->method].ops].name);
	json_string(w, "method", methods[r->method].name);
	json_string(w, "lock", lock_classes[r->lock].name);
	json_string(w, "subject", r->subject);
	json_string(w, "documented", r->says);
	json_string(w, "mode", rule_mode__name(r->mode));
	json_string(w, "phase", rule_phase__name(r->phase));
	json_string(w, "condition", r->condition_text);
	json_string(w, "status", rule_status__name(rule__status(r)));
	rule__reason(r, reason, sizeof(reason));
	json_string(w, "reason", reason[0] ? reason : NULL);
	json_string(w, "since", r->since ? version__text(r->since, version) : NULL);
	json_string(w, "until", r->until ? version__text(r->until, version) : NULL);
	json_string(w, "where", r->place);
	json_bool(w, "in_table", r->in_table);
	json_drifts(w, r);
	json_end(w);
}

static void json_columns(struct json_writer *w, int kernel, int only)
{
	json_begin_array(w, "columns");
	for (int o = 0; o < n_ops_structs; o++) {
		const struct table_column *columns[MAX_COLUMNS];
		int n = only < 0 || only == o ? columns_in_force(&ops_structs[o], kernel, columns) : 0;

		for (int c = 0; c < n; c++) {
			json_begin_object(w, NULL);
			json_string(w, "ops", ops_structs[o].name);
			json_string(w, "lock", lock_classes[columns[c]->lock].name);
			json_string(w, "header", columns[c]->header);
			json_end(w);
		}
	}
	json_end(w);
}

static int show_json(int kernel, int ops)
{
	struct json_writer w;
	char version[8];

	json_init(&w, stdout, true);
	json_begin_object(&w, NULL);
	json_s64(&w, "version", 1);
	json_string(&w, "kernel", version__text(kernel, version));
	json_columns(&w, kernel, ops);
	json_begin_array(&w, "rules");
	for (int i = 0; i < n_rules; i++)
		if (rule__in_force(&rules[i], kernel) && (ops < 0 || methods[rules[i].method].ops == ops))
			json_rule(&w, &rules[i]);
	json_end(&w);
	json_end(&w);
	return json_finish(&w);
}

int spec__show(int kernel, const char *ops, bool json)
{
	int only = ops ? ops_struct__find(ops) : -1;

	if (ops && only < 0) {
		fprintf(stderr, "vfslock spec show: --ops %s: no such ops struct in the document\n", ops);
		return EXIT_USAGE;
	}
	if (json)
		return show_json(kernel, only) ? EXIT_CANNOT : EXIT_CLEAN;
	for (int o = 0; o < n_ops_structs; o++) {
		if (only >= 0 && o != only)
			continue;
		printf("%s%s\n", o && only < 0 ? "\n" : "", ops_structs[o].name);
		show_table(&ops_structs[o], kernel);
		show_prose(&ops_structs[o], kernel);
		show_counts(&ops_structs[o], kernel);
	}
	return fflush(stdout) || ferror(stdout) ? EXIT_CANNOT : EXIT_CLEAN;
}

/* How many rules there are: a Markdown table per ops struct and kernel, for README. */
int spec__numbers(void)
{
	static const int kernels[] = {5 << 8 | 10, 6 << 8 | 1, 6 << 8 | 12, 7 << 8 | 2};
	char version[8];

	puts("| ops struct | kernel | methods | rules | checked | drift | unverifiable | promise nothing |\n"
	     "|---|---|---|---|---|---|---|---|");
	for (int o = 0; o < n_ops_structs; o++)
		for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
			struct numbers n = count(&ops_structs[o], kernels[k]);

			printf("| %s | %s | %d | %d | %d | %d | %d | %d |\n", ops_structs[o].name,
			       version__text(kernels[k], version), n.methods, n.rules, n.of[RULE_STATUS_CHECK],
			       n.of[RULE_STATUS_DRIFT], n.of[RULE_STATUS_UNVERIFIABLE], n.of[RULE_STATUS_NO_PROMISE]);
		}
	return fflush(stdout) || ferror(stdout) ? EXIT_CANNOT : EXIT_CLEAN;
}
