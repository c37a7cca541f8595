// SPDX-License-Identifier: GPL-2.0-only
/* vfslock spec: the compiled rules, shown, explained, counted, and compared with a document. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "cli.h"
#include "spec_view.h"

static void usage(FILE *out)
{
	fputs("usage: vfslock spec show [--kernel V] [--ops OPS] [--json]   the rules in force for a kernel\n"
	      "       vfslock spec explain OPS.METHOD                       a method's rules in words, with their "
	      "history\n"
	      "       vfslock spec diff [--kernel V] FILE.rst               where a document and the rules disagree\n"
	      "       vfslock spec numbers                                  how many rules there are, per kernel\n\n"
	      "V is a version like 6.1; without it, that of the running kernel. diff exits with 1 if there are "
	      "differences.\n",
	      out);
}

struct spec_options {
	int kernel;
	const char *ops;
	bool json;
};

static int parse_kernel(const char *text, int *out)
{
	*out = version__parse(text);
	if (*out >= 0)
		return 0;
	fprintf(stderr, "vfslock spec: --kernel %s: no version; give one like 6.1\n", text);
	return -1;
}

/* Returns 0, or an exit status + 1 to leave with. */
static int parse(int argc, char **argv, struct spec_options *o)
{
	static const struct option longs[] = {{"kernel", required_argument, NULL, 'k'},
					      {"ops", required_argument, NULL, 'o'},
					      {"json", no_argument, NULL, 'j'},
					      {"help", no_argument, NULL, 'h'},
					      {NULL, 0, NULL, 0}};
	struct utsname u;
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) >= 0) {
		switch (c) {
		case 'k':
			if (parse_kernel(optarg, &o->kernel))
				return EXIT_USAGE + 1;
			break;
		case 'o':
			o->ops = optarg;
			break;
		case 'j':
			o->json = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_CLEAN + 1;
		default:
			usage(stderr);
			return EXIT_USAGE + 1;
		}
	}
	if (!o->kernel && (uname(&u) || (o->kernel = version__parse(u.release)) < 0)) {
		fputs("vfslock spec: the running kernel's version cannot be told: give --kernel\n", stderr);
		return EXIT_CANNOT + 1;
	}
	return 0;
}

int cmd_spec(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct spec_options o = {0};
	int leave;

	if (!strcmp(what, "--help") || !strcmp(what, "-h")) {
		usage(stdout);
		return EXIT_CLEAN;
	}
	leave = argc > 1 ? parse(argc - 1, argv + 1, &o) : 0;
	if (leave)
		return leave - 1;
	/* getopt has put the options first: what is left starts at optind of argv + 1. */
	argc -= 1 + optind;
	argv += 1 + optind;
	if (!strcmp(what, "show") && argc == 0)
		return spec__show(o.kernel, o.ops, o.json);
	if (!strcmp(what, "explain") && argc == 1)
		return spec__explain(argv[0]);
	if (!strcmp(what, "diff") && argc == 1)
		return spec__diff(o.kernel, argv[0]);
	if (!strcmp(what, "numbers") && argc == 0)
		return spec__numbers();
	usage(stderr);
	return EXIT_USAGE;
}
