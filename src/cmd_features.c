/* SPDX-License-Identifier: GPL-2.0-only */
/* "vfslock features": what this kernel offers, what each absence costs, and the remedy. */
#include "feature.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "text.h"

#define FEATURES_WIDTH 80

enum {
	STATUS_OK = 0,
	STATUS_USAGE = 2,
	STATUS_NO_AUDIT = 3,
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

static int print_json(const struct feature_result *results, size_t n)
{
	struct json_writer w;
	char kernel[128];
	size_t i;

	json_init(&w, stdout, false);
	json_begin_object(&w, NULL);
	json_u64(&w, "version", 1);
	json_string(&w, "kernel", features__kernel(kernel, sizeof(kernel)));
	json_begin_array(&w, "features");
	for (i = 0; i < n; i++) {
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

static int print_text(const struct feature_result *results, size_t n, const char *blocker)
{
	int err = print_table(results, n);
	size_t i;

	for (i = 0; !err && i < n; i++) {
		if (results[i].state != FEATURE_MISSING)
			continue;
		printf("\nmissing: %s\n", results[i].title);
		err = text__wrap(stdout, "costs:  ", results[i].costs, 2, FEATURES_WIDTH);
		if (!err)
			err = text__wrap(stdout, "remedy: ", results[i].remedy, 2, FEATURES_WIDTH);
	}
	if (err)
		return err;
	putchar('\n');
	puts(blocker ? "No audit is possible:" : "An audit is possible.");
	if (blocker)
		err = text__wrap(stdout, NULL, blocker, 2, FEATURES_WIDTH);
	if (!err && (fflush(stdout) || ferror(stdout)))
		err = -EIO;
	return err;
}

int cmd_features(int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct feature_result results[FEATURES_MAX];
	char buf[640];
	const char *blocker;
	bool json = false;
	int opt, n, err;

	optind = 0; /* the main program has parsed its own options: start anew */
	while ((opt = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		switch (opt) {
		case 'j':
			json = true;
			break;
		case 'h':
			usage(stdout);
			return STATUS_OK;
		default:
			usage(stderr);
			return STATUS_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "vfslock features: unexpected argument '%s'\n", argv[optind]);
		usage(stderr);
		return STATUS_USAGE;
	}

	n = features__probe(results, FEATURES_MAX);
	blocker = features__first_blocker(results, (size_t)n, buf, sizeof(buf));
	err = json ? print_json(results, (size_t)n) : print_text(results, (size_t)n, blocker);
	if (err) {
		fprintf(stderr, "vfslock features: cannot write the result: %s\n", strerror(-err));
		return STATUS_NO_AUDIT;
	}
	return blocker ? STATUS_NO_AUDIT : STATUS_OK;
}
