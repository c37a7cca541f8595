// The workloads, and how long an iteration takes.
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES 16
// Iterations come in rounds that begin with nothing in the journal. Within one, blocks that were freed are not used
// again, so without that the work of finding one depends on how many iterations came before.
#define ROUND 100
// A call's signature is counted on a slow path until the auditor has seen and judged it, which takes one of its poll
// intervals (100 ms) at most, and the next call then makes the fast path. So a round and a pause, repeatedly.
#define WARM_UP_ROUNDS 4
#define WARM_UP_PAUSE_US 500000

// Where fault_16() maps, and a page beside it that stays: without that one, whether a page table is made and freed in
// each iteration would depend on what else the random layout put near.
#define KEEPER ((void *)0x10000000000UL)
#define MAPPING ((void *)0x10000100000UL)

static char work_dir[PATH_MAX];
static unsigned char page[PAGE];
static int file = -1;

// In page cache and on disk, so that no writeback of it falls into the measurement.
static void make_file(unsigned int pages)
{
	file = (int)OK(open("file", O_CREAT | O_EXCL | O_RDWR, 0600));
	memset(page, 'v', sizeof(page));
	for (unsigned int i = 0; i < pages; i++)
		if (OK(write(file, page, sizeof(page))) != (long)sizeof(page))
			die("short write: is the filesystem full?");
	OK(fsync(file));
	for (unsigned int i = 0; i < pages; i++)
		OK(pread(file, page, sizeof(page), i * PAGE));
}

void prepare_file(void)
{
	make_file(1);
}

void prepare_with(int fd)
{
	file = fd;
}

int prepared(void)
{
	return file;
}

static void *map_at(void *where, size_t size, int prot, int flags, int fd)
{
	if (mmap(where, size, prot, flags | MAP_FIXED_NOREPLACE, fd, 0) != where)
		die("cannot map %zu bytes at %p: %s", size, where, strerror(errno));
	return where;
}

static void prepare_pages(void)
{
	make_file(PAGES);
	memset(map_at(KEEPER, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1), 1, PAGE);
}

void prepare_nothing(void)
{
}

static void open_close(void)
{
	OK(close((int)OK(open("file", O_RDONLY))));
}

static void create_unlink(void)
{
	OK(close((int)OK(open("new", O_CREAT | O_EXCL | O_RDWR, 0600))));
	OK(unlink("new"));
}

static void mkdir_rename_rmdir(void)
{
	OK(mkdir("a", 0700));
	OK(rename("a", "b"));
	OK(rmdir("b"));
}

static void pwrite_4k(void)
{
	if (OK(pwrite(file, page, sizeof(page), 0)) != (long)sizeof(page))
		die("short write");
}

static void fault_16(void)
{
	volatile unsigned char *map = map_at(MAPPING, PAGES * PAGE, PROT_READ, MAP_SHARED, file);

	for (unsigned int i = 0; i < PAGES; i++)
		(void)map[i * PAGE];
	OK(munmap((void *)map, PAGES * PAGE));
}

const struct workload workloads[] = {
	{"open-close", prepare_file, open_close, 0, "open and close a file", {{0}}},
	{"create-unlink", prepare_nothing, create_unlink, 0, "create, close and remove a file", {{0}}},
	{"mkdir-rename-rmdir", prepare_nothing, mkdir_rename_rmdir, 0, "make, rename and remove a directory", {{0}}},
	{"pwrite-4k", prepare_file, pwrite_4k, 0, "overwrite a page in the page cache", {{0}}},
	{"fault-16", prepare_pages, fault_16, PAGES, "map a cached file of 16 pages, read each, unmap it", {{0}}},
	{0},
};

static const struct workload *find_in(const struct workload *w, const char *name)
{
	while (w->name && strcmp(w->name, name))
		w++;
	return w->name ? w : NULL;
}

const struct workload *workload_named(const char *name)
{
	const struct workload *w = find_in(workloads, name);

	if (!w)
		w = find_in(lock_workloads, name);
	if (!w)
		die("no workload is named %s", name);
	return w;
}

static void begin_round(const struct workload *w)
{
	sync();
	w->iterate(); // what the sync has cleaned is dirty again
}

void workload_open(const struct workload *w, const char *dir)
{
	if (snprintf(work_dir, sizeof(work_dir), "%s/bench", dir) >= (int)sizeof(work_dir))
		die("the directory's name is too long");
	OK(mkdir(work_dir, 0700));
	OK(chdir(work_dir));
	w->prepare();
	for (int round = 0; round < WARM_UP_ROUNDS; round++) {
		begin_round(w);
		for (int i = 0; i < ROUND; i++)
			w->iterate();
		usleep(WARM_UP_PAUSE_US);
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void workload_close(void)
{
	if (file >= 0)
		close(file);
	file = -1;
	OK(chdir("/"));
	OK(nftw(work_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS));
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

static long page_faults(void)
{
	struct rusage usage;

	OK(getrusage(RUSAGE_SELF, &usage));
	return usage.ru_minflt + usage.ru_majflt;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static const struct workload nothing = {"nothing", prepare_nothing, prepare_nothing, 0, "", {{0}}};

// Returns the page faults that the timed iterations took.
static long time_each(const struct workload *w, uint64_t *samples, unsigned int n)
{
	long faults = 0, before;

	for (unsigned int i = 0; i < n;) {
		begin_round(w);
		before = page_faults();
		do {
			uint64_t begin = now_ns();

			w->iterate();
			samples[i] = now_ns() - begin;
		} while (++i % ROUND && i < n);
		faults += page_faults() - before;
	}
	return faults;
}

static struct cost summary(uint64_t *samples, unsigned int n)
{
	struct cost c = {0};

	qsort(samples, n, sizeof(*samples), by_value);
	for (unsigned int i = 0; i < n; i++)
		c.mean += (double)samples[i] / n;
	// Not the middle one alone: where iterations take one of two courses, that would jump from one to the other.
	for (unsigned int i = n / 4; i < n - n / 4; i++)
		c.typical += (double)samples[i] / (n - 2 * (n / 4));
	return c;
}

struct cost workload_measure(const struct workload *w, unsigned int iterations)
{
	uint64_t *samples = malloc(iterations * sizeof(*samples));
	struct cost clock, c;
	long faults;

	if (!samples)
		die("%u iterations cannot be measured", iterations);
	time_each(&nothing, samples, iterations); // and with that, the samples are in memory
	clock = summary(samples, iterations);
	faults = time_each(w, samples, iterations);
	if (w->faults && faults != (long)w->faults * iterations)
		die("%s: %ld page faults in %u iterations instead of %u in each: is fault_around_bytes 4096?", w->name,
		    faults, iterations, w->faults);
	c = summary(samples, iterations);
	c.typical -= clock.typical;
	c.mean -= clock.mean;
	free(samples);
	return c;
}

double workload_programs(const struct workload *w)
{
	uint64_t least = UINT64_MAX;

	// The fewest of three: what else runs in between can only add.
	for (int i = 0; i < 3; i++) {
		uint64_t runs;

		begin_round(w);
		runs = programs_run(w->iterate, ROUND);
		if (runs < least)
			least = runs;
	}
	return (double)least / ROUND;
}
