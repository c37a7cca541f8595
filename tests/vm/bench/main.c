// bench-guest: times file system calls inside a guest whose clock counts instructions (run-guest -c).
#include "bench.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("bench-guest: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

long check(long result, const char *call, const char *file, int line)
{
	if (result == -1)
		die("%s:%d: %s: %s", file, line, call, strerror(errno));
	return result;
}

static void usage(void)
{
	fputs("usage: bench-guest list | list-locks\n"
	      "       bench-guest time WORKLOAD DIR ITERATIONS OUTPUT\n"
	      "       bench-guest floor DIR ITERATIONS OUTPUT\n"
	      "       bench-guest lock-floor WORKLOAD DIR ITERATIONS OUTPUT\n\n"
	      "Times a workload, or what empty programs at ext4's open and release add per call, or what those around "
	      "the locks\n"
	      "of a workload add, in an empty directory under DIR, and appends the result to the file OUTPUT as a line "
	      "of JSON.\n"
	      "Workloads:\n\n",
	      stderr);
	for (const struct workload *w = workloads; w->name; w++)
		fprintf(stderr, "  %-20s %s\n", w->name, w->help);
	fputs("\nThose of which the locks are what is measured:\n\n", stderr);
	for (const struct workload *w = lock_workloads; w->name; w++)
		fprintf(stderr, "  %-20s %s\n", w->name, w->help);
	exit(2);
}

static void list(const struct workload *w)
{
	for (; w->name; w++)
		puts(w->name);
}

static unsigned int number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (end == text || *end || n < 4 || n > 10000000)
		die("%s iterations cannot be measured", text);
	return (unsigned int)n;
}

// A file, because an auditor that starts this program may want standard output for itself.
static FILE *append_to(const char *path)
{
	FILE *f = fopen(path, "a");

	if (!f)
		die("cannot write %s: %s", path, strerror(errno));
	return f;
}

static void finish(FILE *f)
{
	if (fclose(f))
		die("cannot write the result: %s", strerror(errno));
}

static void time_one(const char *name, const char *dir, unsigned int iterations, const char *output)
{
	const struct workload *w = workload_named(name);
	FILE *f = append_to(output);
	struct cost c;
	double programs;

	workload_open(w, dir);
	c = workload_measure(w, iterations);
	programs = workload_programs(w);
	workload_close();
	fprintf(f, "{\"name\":\"%s\",\"typical\":%.1f,\"mean\":%.1f,\"programs\":%.2f}\n", w->name, c.typical, c.mean,
		programs);
	finish(f);
}

static void time_floor(const char *dir, unsigned int iterations, const char *output)
{
	FILE *f = append_to(output);
	struct floors floors = floor_measure(dir, iterations);

	fprintf(f, "{\"floor_entry\":%.1f,\"floor_pair\":%.1f}\n", floors.entry, floors.pair);
	finish(f);
}

static unsigned int pairs_of(const struct workload *w)
{
	unsigned int n = 0;

	for (int i = 0; i < MAX_LOCK_USES; i++)
		n += w->locks[i].pairs;
	return n;
}

static void time_lock_floor(const char *name, const char *dir, unsigned int iterations, const char *output)
{
	const struct workload *w = workload_named(name);
	FILE *f = append_to(output);
	struct lock_floor l;

	if (!pairs_of(w))
		die("%s is not one whose locks are measured", name);
	l = floor_of_locks(w, dir, iterations);
	fprintf(f, "{\"name\":\"%s\",\"pairs\":%u,\"help\":\"%s\",\"alone\":%.1f,\"floor\":%.1f,\"programs\":%.2f}\n",
		w->name, pairs_of(w), w->help, l.alone, l.floor, l.programs);
	finish(f);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "list"))
		list(workloads);
	else if (argc == 2 && !strcmp(argv[1], "list-locks"))
		list(lock_workloads);
	else if (argc == 6 && !strcmp(argv[1], "time"))
		time_one(argv[2], argv[3], number(argv[4]), argv[5]);
	else if (argc == 6 && !strcmp(argv[1], "lock-floor"))
		time_lock_floor(argv[2], argv[3], number(argv[4]), argv[5]);
	else if (argc == 5 && !strcmp(argv[1], "floor"))
		time_floor(argv[2], number(argv[3]), argv[4]);
	else
		usage();
	return 0;
}
