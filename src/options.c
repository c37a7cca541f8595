// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "cli.h"
#include "text.h"

#define HELP_AT 32
#define HELP_WIDTH 120
#define MAX_OPTIONS 48

enum shared { LATENCY, SPEC, SUPPRESS, ATTACH, LOCKS, LOCK_SOURCE, UNLOCK_TIMEOUT, NO_COST, QUIET, HELP, N_SHARED };

static const struct audit_option shared[N_SHARED] = {
	[LATENCY] = {"latency", "METHOD", "measure this method too; 'all': every one, 'none': not even the hot paths"},
	[SPEC] = {"spec", "FILE.rst", "audit against this revision of the document, not the compiled rules"},
	[SUPPRESS] = {"suppress", "FILE", "violations that are known and not to be told (vfslock.conf(5))"},
	[ATTACH] = {"attach", "HOW",
		    "'trampoline': nothing by kprobe; 'kprobe': everything (slower); 'auto' (default): by kprobe only "
		    "what no trampoline of this kernel can watch"},
	[LOCKS] = {"locks", "HOW",
		   "'word' (default): what the lock words tell; 'track': hook the lock functions, so that who holds a "
		   "shared lock, where it was taken and for how long is known; waits too"},
	[LOCK_SOURCE] = {"lock-source", "FROM",
			 "with --locks=track: 'hooks', 'tracepoints' (of lockdep: spinlocks too) or 'auto'"},
	[UNLOCK_TIMEOUT] = {"unlock-timeout", "SECONDS",
			    "a folio that a method leaves locked for longer is never unlocked (default 120)"},
	[NO_COST] = {"no-cost", NULL, "do not sample the run time of the programs (20 ms of every second)"},
	[QUIET] = {"quiet", NULL, "no progress on standard error"},
	[HELP] = {"help", NULL, "this text"},
};

int options__seconds(const char *name, const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (end == text || *end || !(*out > 0) || *out > 1e7) {
		fprintf(stderr, "vfslock: --%s: '%s' is no duration: give seconds, like 10 or 0.5\n", name, text);
		return -EINVAL;
	}
	return 0;
}

int options__number(const char *name, const char *text, long least, long most, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(text, &end, 10);
	if (end == text || *end || errno || *out < least || *out > most) {
		fprintf(stderr, "vfslock: --%s: '%s' is no number from %ld to %ld\n", name, text, least, most);
		return -EINVAL;
	}
	return 0;
}

int options__ring_size(const char *text, size_t *out)
{
	long kib;

	if (options__number("ring-size", text, 4, 1 << 20, &kib))
		return -EINVAL;
	if (kib & (kib - 1)) {
		fprintf(stderr, "vfslock: --ring-size %ld: give a power of two\n", kib);
		return -EINVAL;
	}
	*out = (size_t)kib << 10;
	return 0;
}

static int take_locks(const char *text, bool *track)
{
	*track = !strcmp(text, "track");
	if (*track || !strcmp(text, "word"))
		return 0;
	fprintf(stderr, "vfslock: --locks %s: give word or track\n", text);
	return -EINVAL;
}

static int take_latency(const char *text, const char **latency)
{
	bool known = !strcmp(text, "all") || !strcmp(text, "none");

	for (int m = 0; m < n_methods && !known; m++)
		known = !strcmp(methods[m].name, text);
	*latency = text;
	if (known)
		return 0;
	fprintf(stderr, "vfslock: --latency %s: no such method; give one like read_folio, or 'all', or 'none'\n", text);
	return -EINVAL;
}

static int take_shared(enum shared which, const char *value, struct audit_options *o)
{
	switch (which) {
	case LATENCY:
		return take_latency(value, &o->latency);
	case SPEC:
		o->spec = value;
		return 0;
	case SUPPRESS:
		o->suppress = value;
		return 0;
	case ATTACH:
		return attach_policy__parse(value, &o->policy);
	case LOCKS:
		return take_locks(value, &o->track);
	case LOCK_SOURCE:
		return lock_source__parse(value, &o->lock_source);
	case UNLOCK_TIMEOUT:
		return options__seconds("unlock-timeout", value, &o->unlock_seconds);
	case NO_COST:
		o->no_cost = true;
		return 0;
	case QUIET:
		o->quiet = true;
		return 0;
	case HELP:
	case N_SHARED:
		break;
	}
	return -EINVAL;
}

static void print_option(const struct audit_option *o, char letter, FILE *out)
{
	char head[64], prefix[80];

	if (letter == '-')
		snprintf(head, sizeof(head), "    --%s%s%s", o->name, o->argument ? " " : "",
			 o->argument ? o->argument : "");
	else
		snprintf(head, sizeof(head), "-%c, --%s%s%s", letter, o->name, o->argument ? " " : "",
			 o->argument ? o->argument : "");
	snprintf(prefix, sizeof(prefix), "%-*s", HELP_AT, head);
	text__wrap(out, prefix, o->help, 2, HELP_WIDTH);
}

static char letter_of(const struct option_parser *p, int own)
{
	return p->shorts && (size_t)own < strlen(p->shorts) ? p->shorts[own] : '-';
}

void options__usage(const struct option_parser *p, FILE *out)
{
	fprintf(out, "usage: vfslock %s\n\n", p->synopsis);
	text__wrap(out, NULL, p->what, 0, HELP_WIDTH);
	fputc('\n', out);
	for (int i = 0; i < p->n_own; i++)
		print_option(&p->own[i], letter_of(p, i), out);
	for (int i = 0; i < N_SHARED; i++)
		print_option(&shared[i], i == QUIET ? 'q' : i == HELP ? 'h' : '-', out);
	fprintf(out, "\n%s", p->after);
}

/* For getopt: the own ones from OPTION_OWN on, then the shared ones. */
static void list_options(const struct option_parser *p, struct option *longs, char *shorts)
{
	int n = 0;

	*shorts++ = '+';
	for (int i = 0; i < p->n_own; i++) {
		longs[n++] = (struct option){p->own[i].name, p->own[i].argument ? required_argument : no_argument, NULL,
					     OPTION_OWN + i};
		if (letter_of(p, i) != '-') {
			*shorts++ = letter_of(p, i);
			if (p->own[i].argument)
				*shorts++ = ':';
		}
	}
	for (int i = 0; i < N_SHARED; i++)
		longs[n++] = (struct option){shared[i].name, shared[i].argument ? required_argument : no_argument, NULL,
					     OPTION_OWN + p->n_own + i};
	longs[n] = (struct option){0};
	memcpy(shorts, "qh", 3);
}

/* A short option as the long one that it stands for. */
static int long_of(const struct option_parser *p, int c)
{
	if (c == 'q' || c == 'h')
		return OPTION_OWN + p->n_own + (c == 'q' ? (int)QUIET : (int)HELP);
	for (int i = 0; i < p->n_own; i++)
		if (c < OPTION_OWN && letter_of(p, i) == c)
			return OPTION_OWN + i;
	return c;
}

int options__parse(struct option_parser *p, int argc, char **argv, struct audit_options *audit)
{
	struct option longs[MAX_OPTIONS];
	char shorts[2 * MAX_OPTIONS];
	int c, err;

	list_options(p, longs, shorts);
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) >= 0) {
		c = long_of(p, c);
		if (c == OPTION_OWN + p->n_own + (int)HELP) {
			options__usage(p, stdout);
			return EXIT_CLEAN + 1;
		}
		if (c < OPTION_OWN) {
			options__usage(p, stderr);
			return EXIT_USAGE + 1;
		}
		p->given |= 1ULL << (c - OPTION_OWN);
		err = c < OPTION_OWN + p->n_own ? p->take(p->arg, c - OPTION_OWN, optarg)
						: take_shared((enum shared)(c - OPTION_OWN - p->n_own), optarg, audit);
		if (err)
			return EXIT_USAGE + 1;
	}
	audit->paths = &argv[optind];
	while (optind < argc && strcmp(argv[optind], "--") != 0) {
		audit->n_paths++;
		optind++;
	}
	return 0;
}

/* Own ones first, then shared ones, as getopt() has them; -1: none. */
static int index_of(const struct option_parser *p, const char *name)
{
	for (int i = 0; i < p->n_own; i++)
		if (!strcmp(p->own[i].name, name))
			return i;
	for (int i = 0; i < HELP; i++)
		if (!strcmp(shared[i].name, name))
			return p->n_own + i;
	return -1;
}

bool options__given(const struct option_parser *p, const char *name)
{
	int i = index_of(p, name);

	return i >= 0 && (p->given >> i & 1);
}

int options__names(const struct option_parser *p, const char **names, int most)
{
	int n = 0;

	for (int i = 0; i < p->n_own && n < most; i++)
		names[n++] = p->own[i].name;
	for (int i = 0; i < HELP && n < most; i++)
		names[n++] = shared[i].name;
	return n;
}

int options__take(const struct option_parser *p, const char *name, const char *value, struct audit_options *audit)
{
	int i = index_of(p, name);
	bool argument;

	if (i < 0)
		return -ENOENT;
	argument = i < p->n_own ? p->own[i].argument : shared[i - p->n_own].argument;
	if (argument != (*value != '\0')) {
		fprintf(stderr, "vfslock: %s %s\n", name, argument ? "needs a value" : "takes no value");
		return -EINVAL;
	}
	return i < p->n_own ? p->take(p->arg, i, value) : take_shared((enum shared)(i - p->n_own), value, audit);
}
