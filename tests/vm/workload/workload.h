// What the phases share: checked system calls that count the methods they reach.
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Where a phase works: the directory given on the command line, open, and its name for the calls that take no
// directory descriptor.
struct place {
	int dir;
	const char *path;
};

struct phase {
	const char *name;
	// Unless `help` says otherwise, a phase leaves the directory as it found it.
	void (*run)(const struct place *p, unsigned int n);
	unsigned int items; // unless the command line says otherwise
	const char *help;
};

// The phases of each file, ended by an entry without a name.
extern const struct phase name_phases[];
extern const struct phase attr_phases[];
extern const struct phase data_phases[];
extern const struct phase map_phases[];
extern const struct phase super_phases[];

// A result of -1 ends the program with the call's text and errno. The value is passed on.
long check(long result, const char *call, const char *file, int line);
#define OK(call) check((long)(call), #call, __FILE__, __LINE__)

// Check that the call fails with this errno.
void check_fails(long result, int wanted, const char *call, const char *file, int line);
#define FAILS(call, wanted) check_fails((long)(call), wanted, #call, __FILE__, __LINE__)

__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);

// Whether the running kernel is at least this version.
bool since(int major, int minor);

// The method was called exactly N times more.
void count(const char *method, unsigned int n);

// The method was called, how often is up to the kernel. Takes the method out of the exact counts for good.
void reach(const char *method);

// The method may have been called now, so that an exact count of it, if there is one, no longer is.
void blur(const char *method);

// Format a name into one of a few static buffers; good until the fourth next call.
__attribute__((format(printf, 1, 2))) const char *name(const char *format, ...);

// Open a regular file or a directory of the filesystem; counts open and release.
int open_file(const struct place *p, const char *name, int flags);
int open_dir(const struct place *p, const char *name);

// Create a regular file that does not exist.
int create_file(const struct place *p, const char *name, int flags);

// Create a file of `pages` pages of data, written with one call, and return it open for reading and writing.
int create_filled(const struct place *p, const char *name, unsigned int pages);

void remove_file(const struct place *p, const char *name);
void make_dir(const struct place *p, const char *name);
void remove_dir(const struct place *p, const char *name);

// Write a file of /proc.
void write_proc(const char *path, const char *value);

// Write the file's pages and drop them from the cache.
void make_cold(int fd);

// Run the function in a child of the given user and group, and check that it exits with 0.
void in_child(uid_t user, void (*run)(const struct place *p), const struct place *p);

#define PAGE 4096u

// A page-aligned buffer of this many bytes, for O_DIRECT too.
extern unsigned char buffer[64 * PAGE];

#endif
