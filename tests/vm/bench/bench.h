// What the parts of bench-guest share.
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

// What one iteration of a workload takes, in nanoseconds of the guest's clock: under `run-guest -c` one nanosecond is
// one instruction.
struct cost {
	double typical; // the median: what the iterations take that no timer, journal commit or other task fell into
	double mean;
};

// A lock that an iteration takes and releases: the kernel's functions for it, and how many times.
struct lock_use {
	const char *take, *release;
	unsigned int pairs;
};

#define MAX_LOCK_USES 2

struct workload {
	const char *name;
	void (*prepare)(void); // in the directory to work in, which is the current one and empty
	void (*iterate)(void);
	unsigned int faults; // an iteration's page faults, where they are what is measured
	const char *help;
	struct lock_use locks[MAX_LOCK_USES]; // all that it takes, where those are what is measured
};

// Each ended by one without a name.
extern const struct workload workloads[];
extern const struct workload lock_workloads[];

const struct workload *workload_named(const char *name);

// For prepare(): makes what iterations may use and workload_close() closes, and says which descriptor that is.
void prepare_nothing(void);
void prepare_file(void);
void prepare_with(int fd);
int prepared(void);

// Prepares the workload in a new directory under @dir, warms it up and removes the directory again at the end.
void workload_open(const struct workload *w, const char *dir);
struct cost workload_measure(const struct workload *w, unsigned int iterations);
// How many BPF programs run in an iteration, whoever has attached them: shows that what is measured is there.
double workload_programs(const struct workload *w);
void workload_close(void);

// The runs of all BPF programs that are loaded, in calls of @work, itself not counted.
uint64_t programs_run(void (*work)(void), unsigned int calls);

// What empty programs at ext4's open and release cost, per call of one of them.
struct floors {
	double entry; // fentry
	double pair;  // fentry and fexit
};

struct floors floor_measure(const char *dir, unsigned int iterations);

// What an iteration of one of lock_workloads takes without and with empty programs on its locks, at the return of the
// functions that take and at the entry of those that release.
struct lock_floor {
	double alone, floor;
	double programs; // that run in an iteration
};

struct lock_floor floor_of_locks(const struct workload *w, const char *dir, unsigned int iterations);

__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);

// A result of -1 ends the program with the call's text and errno. The value is passed on.
long check(long result, const char *call, const char *file, int line);
#define OK(call) check((long)(call), #call, __FILE__, __LINE__)

#endif
