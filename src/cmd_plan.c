// SPDX-License-Identifier: GPL-2.0-only
/* vfslock plan: what an audit would attach, and why the rest would not be. Attaches nothing for good. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "audit.h"
#include "cli.h"
#include "json.h"
#include "text.h"

struct plan_totals {
	int functions, planned, programs, refused, undocumented, rules;
};

static void usage(FILE *out)
{
	fputs("usage: vfslock plan [--latency METHOD|all|none] [--attach auto|trampoline|kprobe] [--json] MOUNT...\n\n"
	      "Prints every method of the filesystems mounted at each MOUNT with its function, the programs that an "
	      "audit "
	      "would\n"
	      "attach and the rules they serve, or the reason why it would not.\n",
	      out);
}

static int active_rules(const struct plan *p, const struct function *f)
{
	const struct method *m = f->method >= 0 ? &methods[f->method] : NULL;
	const char *why;
	int n = 0;

	for (int i = 0; m && i < m->n_rules; i++)
		n += plan__rule_active(p, &p->rules[m->first_rule + i], &why);
	return n;
}

static struct plan_totals totals(const struct plan *p)
{
	struct plan_totals t = {.functions = p->n_functions};

	for (int i = 0; i < p->n_functions; i++) {
		const struct function *f = &p->functions[i];

		if (f->state == FUNCTION_REFUSED) {
			*(f->undocumented ? &t.undocumented : &t.refused) += 1;
			continue;
		}
		t.planned++;
		t.programs += f->pair ? 2 : 1;
		t.rules += active_rules(p, f);
	}
	return t;
}

static const char *programs_text(const struct function *f)
{
	if (f->state == FUNCTION_REFUSED)
		return "-";
	if (f->how == BY_KPROBE)
		return f->latency ? "kprobe+kretprobe, latency" : f->pair ? "kprobe+kretprobe" : "kprobe";
	if (f->latency)
		return "entry+exit, latency";
	return f->pair ? "entry+exit" : "entry";
}

static void print_text(const struct audit *a, const struct plan_totals *t)
{
	static const struct text_column columns[] = {
		{"method", TEXT_LEFT},   {"function", TEXT_LEFT},
		{"found on", TEXT_LEFT}, {"programs", TEXT_LEFT},
		{"rules", TEXT_RIGHT},   {"not attached, or not by a trampoline, because", TEXT_LEFT},
	};
	const struct plan *p = &a->plan;

	for (int i = 0; i < a->n_targets; i++)
		printf("%s: %s, Linux %s\n", a->targets[i].path, a->targets[i].fs_type, p->release);
	for (int ops = 0; ops < n_ops_structs; ops++) {
		struct text_table *table = text_table__new(columns, sizeof(columns) / sizeof(columns[0]));
		int shown = 0;

		for (int i = 0; table && i < p->n_functions; i++) {
			const struct function *f = &p->functions[i];
			char n[TEXT_NUMBER_LEN];

			if (f->ops != ops)
				continue;
			snprintf(n, sizeof(n), "%d", active_rules(p, f));
			text_table__row(table, (const char *[]){f->method_name, f->name, f->found, programs_text(f), n,
								f->reason});
			shown++;
		}
		if (shown) {
			printf("\n%s\n", ops_structs[ops].name);
			text_table__print(table, stdout, 2);
		}
		text_table__free(table);
	}
	printf("\n%d functions: %d to attach with %d programs for %d rules, %d not attachable, %d of methods that the "
	       "document does "
	       "not know\n",
	       t->functions, t->planned, t->programs, t->rules, t->refused, t->undocumented);
}

static void json_function(struct json_writer *w, const struct plan *p, const struct function *f)
{
	const struct method *m = f->method >= 0 ? &methods[f->method] : NULL;
	const char *why;

	json_begin_object(w, NULL);
	json_string(w, "ops", ops_structs[f->ops].name);
	json_string(w, "method", f->method_name);
	json_string(w, "function", f->name);
	json_string(w, "module", f->module[0] ? f->module : NULL);
	json_string(w, "found_on", f->found);
	json_string(w, "filesystems", f->filesystems);
	json_string(w, "via", attach_how__name(f));
	json_bool(w, "typed", f->state != FUNCTION_REFUSED && !f->portable);
	json_bool(w, "entry_only", f->entry_only);
	json_bool(w, "documented", m != NULL);
	json_u64(w, "programs", f->state == FUNCTION_REFUSED ? 0 : f->pair ? 2 : 1);
	json_bool(w, "latency", f->latency);
	json_begin_array(w, "rules");
	for (int i = 0; m && i < m->n_rules; i++)
		if (plan__rule_active(p, &p->rules[m->first_rule + i], &why))
			json_string(w, NULL, p->rules[m->first_rule + i].id);
	json_end(w);
	json_string(w, "reason", f->reason[0] ? f->reason : NULL);
	json_end(w);
}

static int print_json(const struct audit *a, const struct plan_totals *t)
{
	struct json_writer w;

	json_init(&w, stdout, true);
	json_begin_object(&w, NULL);
	json_s64(&w, "version", 1);
	json_string(&w, "kernel", a->plan.release);
	json_begin_array(&w, "mounts");
	for (int i = 0; i < a->n_targets; i++) {
		json_begin_object(&w, NULL);
		json_string(&w, "path", a->targets[i].path);
		json_string(&w, "type", a->targets[i].fs_type);
		json_end(&w);
	}
	json_end(&w);
	json_begin_array(&w, "functions");
	for (int i = 0; i < a->plan.n_functions; i++)
		json_function(&w, &a->plan, &a->plan.functions[i]);
	json_end(&w);
	json_begin_object(&w, "totals");
	json_s64(&w, "functions", t->functions);
	json_s64(&w, "to_attach", t->planned);
	json_s64(&w, "programs", t->programs);
	json_s64(&w, "rules", t->rules);
	json_s64(&w, "not_attachable", t->refused);
	json_s64(&w, "undocumented", t->undocumented);
	json_end(&w);
	json_end(&w);
	return json_finish(&w);
}

static int plan_and_print(const struct audit_options *o, bool json)
{
	struct plan_totals t;
	struct audit a;
	int err;

	err = audit__open(&a, o);
	if (!err)
		err = audit__open_templates(&a);
	if (!err)
		err = attach__try_refusals(&a.plan, a.templates, a.ksyms);
	if (!err) {
		t = totals(&a.plan);
		if (json)
			err = print_json(&a, &t);
		else
			print_text(&a, &t);
	}
	audit__close(&a);
	return err ? EXIT_CANNOT : EXIT_CLEAN;
}

int cmd_plan(int argc, char **argv)
{
	static const struct option longs[] = {{"latency", required_argument, NULL, 'l'},
					      {"attach", required_argument, NULL, 'a'},
					      {"json", no_argument, NULL, 'j'},
					      {"help", no_argument, NULL, 'h'},
					      {NULL, 0, NULL, 0}};
	struct audit_options o = {.quiet = true};
	bool json = false;
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) >= 0) {
		switch (c) {
		case 'l':
			o.latency = optarg;
			break;
		case 'a':
			if (attach_policy__parse(optarg, &o.policy))
				return EXIT_USAGE;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_CLEAN;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (optind >= argc) {
		fputs("vfslock plan: which filesystem? Give its mount point.\n", stderr);
		usage(stderr);
		return EXIT_USAGE;
	}
	o.paths = &argv[optind];
	o.n_paths = argc - optind;
	if (audit__check_kernel())
		return EXIT_CANNOT;
	return plan_and_print(&o, json);
}
