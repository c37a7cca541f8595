// workload PHASE DIR [N] - make system calls in DIR, and print as JSON which VFS methods they must have reached.
//
// PHASE is one of those listed by `workload` alone, and N is how many items it works on; or it is `all`, which runs
// every phase, and N is how often (1). DIR stands on a mounted ext4; for `remount`, nothing else may have a file open
// for writing there. Needs root.
//
// The result, on stdout:
//
//   {"workload": "create", "n": 10, "exact": {"create": 10, ...}, "reached": ["lookup", ...]}
//
//   exact     methods (named as in the kernel's ops structs) and how often they were called, as far as the calls
//             determine that; "open@dir" is open of a directory, "set@user" the xattr handler of user.*
//   reached   methods that were called, where the number is up to caches and write-back
//
// Every call's result is checked: the first that is not as expected is named on stderr, and the exit status is 1.
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_METHODS = 128 };

static struct {
	const char *method;
	unsigned long calls;
	bool exact;
} methods[MAX_METHODS];
static unsigned int method_count;

// What older kernels call a method.
static const struct {
	const char *now, *before;
	int major, minor;
} renamed[] = {
	{"dirty_folio", "set_page_dirty", 5, 18}, {"invalidate_folio", "invalidatepage", 5, 18},
	{"read_folio", "readpage", 5, 19},        {"release_folio", "releasepage", 5, 19},
	{"migrate_folio", "migratepage", 6, 0},   {"get_inode_acl", "get_acl", 6, 2},
};

static const char *name_here(const char *method)
{
	for (size_t i = 0; i < sizeof(renamed) / sizeof(*renamed); i++)
		if (!strcmp(method, renamed[i].now) && !since(renamed[i].major, renamed[i].minor))
			return renamed[i].before;
	return method;
}

static unsigned int find_method(const char *method)
{
	unsigned int i;

	for (i = 0; i < method_count; i++)
		if (!strcmp(methods[i].method, method))
			return i;
	if (method_count == MAX_METHODS)
		die("more than %d methods: raise MAX_METHODS in main.c", MAX_METHODS);
	methods[i].method = method;
	methods[i].exact = true;
	method_count++;
	return i;
}

void count(const char *method, unsigned int n)
{
	methods[find_method(name_here(method))].calls += n;
}

void reach(const char *method)
{
	methods[find_method(name_here(method))].exact = false;
}

void blur(const char *method)
{
	for (unsigned int i = 0; i < method_count; i++)
		if (!strcmp(methods[i].method, name_here(method)))
			methods[i].exact = false;
}

static void print_json(const char *phase, unsigned int n)
{
	const char *separator = "";

	printf("{\"workload\": \"%s\", \"n\": %u, \"exact\": {", phase, n);
	for (unsigned int i = 0; i < method_count; i++) {
		if (!methods[i].exact)
			continue;
		printf("%s\"%s\": %lu", separator, methods[i].method, methods[i].calls);
		separator = ", ";
	}
	printf("}, \"reached\": [");
	separator = "";
	for (unsigned int i = 0; i < method_count; i++) {
		if (methods[i].exact)
			continue;
		printf("%s\"%s\"", separator, methods[i].method);
		separator = ", ";
	}
	printf("]}\n");
}

// The order matters: super_phases holds those that disturb caches and mounts.
static const struct phase *const tables[] = {name_phases, attr_phases, data_phases, map_phases, super_phases};
enum { TABLES = sizeof(tables) / sizeof(*tables) };

static const struct phase *find_phase(const char *wanted)
{
	for (int t = 0; t < TABLES; t++)
		for (const struct phase *phase = tables[t]; phase->name; phase++)
			if (!strcmp(phase->name, wanted))
				return phase;
	return NULL;
}

static void run_all(const struct place *p, unsigned int repeat)
{
	for (unsigned int r = 0; r < repeat; r++)
		for (int t = 0; t < TABLES; t++)
			for (const struct phase *phase = tables[t]; phase->name; phase++)
				phase->run(p, phase->items);
}

static int usage(void)
{
	fprintf(stderr, "usage: workload PHASE DIR [N]\n\n  %-14s %s\n", "all", "every phase; N is how often (1)");
	for (int t = 0; t < TABLES; t++)
		for (const struct phase *phase = tables[t]; phase->name; phase++)
			fprintf(stderr, "  %-14s %s (%u)\n", phase->name, phase->help, phase->items);
	return 2;
}

int main(int argc, char **argv)
{
	const struct phase *phase = NULL;
	struct place place;
	unsigned long n = 0;
	char *end;
	bool all;

	if (argc < 3 || argc > 4)
		return usage();
	all = !strcmp(argv[1], "all");
	if (!all) {
		phase = find_phase(argv[1]);
		if (!phase)
			return usage();
	}
	n = all ? 1 : phase->items;
	if (argc == 4) {
		n = strtoul(argv[3], &end, 10);
		if (!n || n > 1000000 || *end)
			die("'%s' is not a number from 1 to 1000000", argv[3]);
	}

	place.path = argv[2];
	place.dir = -1;
	place.dir = open_dir(&place, argv[2]);
	if (all)
		run_all(&place, (unsigned int)n);
	else
		phase->run(&place, (unsigned int)n);
	OK(close(place.dir));
	print_json(argv[1], (unsigned int)n);
	return 0;
}
