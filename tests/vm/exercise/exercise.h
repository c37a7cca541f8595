// What the parts of the exerciser share.
#ifndef EXERCISE_H
#define EXERCISE_H

#include <stdbool.h>
#include <stddef.h>

enum { PAGE = 4096 };

__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);

// A result of -1 ends the program.
long check(long result, const char *call);
#define OK(call) check((long)(call), #call)

// A result of -1 ends the program, unless errno says that the filesystem does not know such a thing, which is told once
// for each call. The result is passed on.
long attempt(long result, const char *call);
#define TRY(call) attempt((long)(call), #call)

// Create a file of `pages` pages of data and return it open for reading and writing.
int filled(const char *name, unsigned int pages);

// Write the file's pages and drop them from the cache.
void make_cold(int fd);

// Run the function in a child. Whatever becomes of it is the function's business, unless `must_succeed`.
void in_child(bool must_succeed, void (*run)(void));

// Each is one word of the command line, and works in the current directory.
void walk(void);
void clone(void);
void names(void);
void fold(void);
void memory(void);
void poison(void);
void launder(void);
void swapout(void);
void quota(void);
void hold(void);

#endif
