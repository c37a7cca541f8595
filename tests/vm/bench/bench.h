// What the parts of bench-guest share.
#ifndef BENCH_H
#define BENCH_H

// What one iteration of a workload takes, in nanoseconds of the guest's clock: under `run-guest -c` one nanosecond is
// one instruction.
struct cost {
	double typical; // the median: what the iterations take that no timer, journal commit or other task fell into
	double mean;
};

struct workload {
	const char *name;
	void (*prepare)(void); // in the directory to work in, which is the current one and empty
	void (*iterate)(void);
	unsigned int faults; // an iteration's page faults, where they are what is measured
	const char *help;
};

extern const struct workload workloads[]; // ended by one without a name

const struct workload *workload_named(const char *name);

// Prepares the workload in a new directory under @dir, warms it up and removes the directory again at the end.
void workload_open(const struct workload *w, const char *dir);
struct cost workload_measure(const struct workload *w, unsigned int iterations);
void workload_close(void);

// What empty programs at ext4's open and release cost, per call of one of them.
struct floors {
	double entry; // fentry
	double pair;  // fentry and fexit
};

struct floors floor_measure(const char *dir, unsigned int iterations);

__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);

// A result of -1 ends the program with the call's text and errno. The value is passed on.
long check(long result, const char *call, const char *file, int line);
#define OK(call) check((long)(call), #call, __FILE__, __LINE__)

#endif
