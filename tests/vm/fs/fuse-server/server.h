// What the two halves of the server share.
#ifndef FUSE_SERVER_H
#define FUSE_SERVER_H

#include <linux/fuse.h>
#include <stddef.h>
#include <stdint.h>

// What an operation returns in place of a size or a negative errno, if nothing is to be answered now.
enum { NO_REPLY = -100000 };

struct node {
	struct fuse_attr attr;
	char *data; // of a file, or where a symlink leads
	size_t room;
	uint32_t flags;
};

struct request {
	const struct fuse_in_header *header;
	struct node *node;
	const char *in; // behind the header
	size_t in_size;
	void *out;
};

void send_reply(uint64_t unique, int result, const void *out);

// The operations on locks.
int do_getlk(struct request *q);
int do_setlk(struct request *q);
int do_close(struct request *q);
int do_interrupt(struct request *q);

// Answer those whose locks have become free.
void serve_waiters(void);

#endif
