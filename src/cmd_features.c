/* SPDX-License-Identifier: GPL-2.0-only */
/* "vfslock features": what this kernel offers, what each absence costs, and the remedy. */
#include "feature.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "calibrate.h"
#include "cli.h"
#include "json.h"
#include "kbtf.h"
#include "text.h"

#define FEATURES_WIDTH 100

/* What was found: features, and the constants that only a running kernel tells. */
struct findings {
	struct feature_result features[FEATURES_MAX];
	size_t n;
	struct measured_constant constants[MEASURED_KINDS];
	const char *blocker; /* why no audit is possible, or NULL */
	char why[640];
};

static void usage(FILE *out)
{
	fputs("Usage: vfslock features [--json]\n"
	      "\n"
	      "Show what this kernel offers, what each absence costs, and the remedy.\n"
	      "\n"
	      "  -j, --json  one JSON object instead of text\n"
	      "  -h, --help  this text\n"
	      "\n"
	      "Exit status: 0 an audit is possible, 2 usage error, 3 no audit is possible.\n",
	      out);
}

static void json_constants(struct json_writer *w, const struct findings *f)
{
	json_begin_array(w, "constants");
	for (int i = 0; i < MEASURED_KINDS; i++) {
		json_begin_object(w, NULL);
		json_string(w, "name", f->constants[i].name);
		if (f->constants[i].value)
			json_u64(w, "value", f->constants[i].value);
		else
			json_null(w, "value");
		json_string(w, "reason", f->constants[i].value ? NULL : f->constants[i].why);
		json_end(w);
	}
	json_end(w);
}

static int print_json(const struct findings *f)
{
	const struct feature_result *results = f->features;
	struct json_writer w;
	char kernel[128];
	size_t i;

	json_init(&w, stdout, false);
	json_begin_object(&w, NULL);
	json_u64(&w, "version", 1);
	json_string(&w, "kernel", features__kernel(kernel, sizeof(kernel)));
	json_begin_array(&w, "features");
	for (i = 0; i < f->n; i++) {
		json_begin_object(&w, NULL);
		json_string(&w, "id", results[i].id);
		json_string(&w, "title", results[i].title);
		json_string(&w, "state", feature_state__name(results[i].state));
		json_string(&w, "detail", results[i].detail);
		json_string(&w, "costs", results[i].costs);
		json_string(&w, "remedy", results[i].remedy);
		json_end(&w);
	}
	json_end(&w);
	json_constants(&w, f);
	json_string(&w, "blocker", f->blocker);
	json_end(&w);
	return json_finish(&w);
}

static int print_table(const struct feature_result *results, size_t n)
{
	static const struct text_column cols[] = {
		{"FEATURE", TEXT_LEFT},
		{"STATE", TEXT_LEFT},
		{"DETAIL", TEXT_LEFT},
	};
	struct text_table *table = text_table__new(cols, sizeof(cols) / sizeof(cols[0]));
	size_t i;
	int err;

	if (!table)
		return -ENOMEM;
	for (i = 0; i < n; i++) {
		const char *cells[] = {
			results[i].title,
			feature_state__name(results[i].state),
			results[i].detail,
		};

		text_table__row(table, cells); /* an error is latched */
	}
	err = text_table__print(table, stdout, 0);
	text_table__free(table);
	return err;
}

static void print_constants(const struct findings *f)
{
	puts("\nKernel constants that are macros, measured:");
	for (int i = 0; i < MEASURED_KINDS; i++) {
		if (f->constants[i].value)
			printf("  %-15s 0x%x\n", f->constants[i].name, f->constants[i].value);
		else
			printf("  %-15s unknown: %s\n", f->constants[i].name, f->constants[i].why);
	}
}

static int print_text(const struct findings *f)
{
	const struct feature_result *results = f->features;
	const char *blocker = f->blocker;
	int err = print_table(results, f->n);
	size_t i;

	for (i = 0; !err && i < f->n; i++) {
		if (results[i].state != FEATURE_MISSING)
			continue;
		printf("\nmissing: %s\n", results[i].title);
		err = text__wrap(stdout, "costs:  ", results[i].costs, 2, FEATURES_WIDTH);
		if (!err)
			err = text__wrap(stdout, "remedy: ", results[i].remedy, 2, FEATURES_WIDTH);
	}
	if (err)
		return err;
	if (!blocker)
		print_constants(f);
	putchar('\n');
	puts(blocker ? "No audit is possible:" : "An audit is possible.");
	if (blocker)
		err = text__wrap(stdout, NULL, blocker, 2, FEATURES_WIDTH);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = -EIO;
	return err;
}

static int find_all(struct findings *f)
{
	int n = features__probe(f->features, FEATURES_MAX);
	struct kbtf *kb;

	if (n < 0)
		return n;
	f->n = (size_t)n;
	f->blocker = features__first_blocker(f->features, f->n, f->why, sizeof(f->why));
	if (!f->blocker && !kbtf__open(&kb)) {
		calibrate(kb, f->constants);
		kbtf__free(kb);
		return 0;
	}
	for (int i = 0; i < MEASURED_KINDS; i++)
		f->constants[i] =
			(struct measured_constant){.name = measured__name(i), .why = "no audit is possible here"};
	return 0;
}

int cmd_features(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct findings f = {0};
	bool json = false;
	int opt, err;

	while ((opt = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		switch (opt) {
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
	if (optind < argc) {
		fprintf(stderr, "vfslock features: unexpected argument '%s'\n", argv[optind]);
		usage(stderr);
		return EXIT_USAGE;
	}
	err = find_all(&f);
	if (!err)
		err = json ? print_json(&f) : print_text(&f);
	if (err) {
		fprintf(stderr, "vfslock features: cannot write the result: %s\n", strerror(-err));
		return EXIT_CANNOT;
	}
	return f.blocker ? EXIT_CANNOT : EXIT_CLEAN;
}
