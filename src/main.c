// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct {
	const char *name, *usage, *what;
	int (*run)(int argc, char **argv);
} commands[] = {
	{"report", "report [options] MOUNT [-- COMMAND...]", "audit a mounted filesystem and print what was found",
	 cmd_report},
	{"watch", "watch [options] MOUNT...", "tell of violations as they happen", cmd_watch},
	{"serve", "serve [options] MOUNT...", "a daemon: metrics for Prometheus, recent violations, a page", cmd_serve},
	{"plan", "plan [options] MOUNT", "what would be attached, and why the rest would not", cmd_plan},
	{"features", "features [--json]", "what this kernel allows, with the remedy where it does not", cmd_features},
	{"spec", "spec show|explain|diff", "the rules themselves", cmd_spec},
};

static void usage(FILE *out)
{
	fputs("vfslock checks live that filesystem methods are called with the locks that the kernel's document on VFS "
	      "locking "
	      "promises.\n\nusage:\n",
	      out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  vfslock %-42s %s\n", commands[i].usage, commands[i].what);
	fputs("  vfslock --version\n\n'vfslock COMMAND --help' lists a command's options.\n"
	      "Exit status: 0 clean, 1 a rule is broken, 2 wrong usage, 3 cannot audit.\n",
	      out);
}

static int print_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	/* Our own messages name the object and the remedy; libbpf's are for VFSLOCK_DEBUG. */
	if (!getenv("VFSLOCK_DEBUG") || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, fmt, args);
}

int main(int argc, char **argv)
{
	libbpf_set_print(print_libbpf);
	if (argc >= 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))) {
		usage(stdout);
		return EXIT_CLEAN;
	}
	if (argc >= 2 && !strcmp(argv[1], "--version")) {
		puts("vfslock " VFSLOCK_VERSION);
		return EXIT_CLEAN;
	}
	for (size_t i = 0; argc >= 2 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	if (argc >= 2)
		fprintf(stderr, "vfslock: no command '%s'\n", argv[1]);
	usage(stderr);
	return EXIT_USAGE;
}
