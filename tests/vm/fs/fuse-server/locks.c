// Record and whole-file locks, and those who wait for them.
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>

enum { MAX_LOCKS = 256, MAX_WAITERS = 16 };

static struct lock {
	struct node *node;
	uint64_t owner;
	struct fuse_file_lock lock;
	uint32_t flags;
} locks[MAX_LOCKS];

static struct {
	uint64_t unique;
	struct lock wanted;
} waiters[MAX_WAITERS];

static bool overlap(const struct lock *a, const struct lock *b)
{
	return a->node == b->node && (a->flags & FUSE_LK_FLOCK) == (b->flags & FUSE_LK_FLOCK) &&
	       a->lock.start <= b->lock.end && b->lock.start <= a->lock.end;
}

static struct lock *conflict(const struct lock *wanted)
{
	for (int i = 0; i < MAX_LOCKS; i++)
		if (locks[i].node && locks[i].owner != wanted->owner && overlap(&locks[i], wanted) &&
		    (locks[i].lock.type == F_WRLCK || wanted->lock.type == F_WRLCK))
			return &locks[i];
	return NULL;
}

static int keep_lock(const struct lock *lock)
{
	for (int i = 0; i < MAX_LOCKS; i++) {
		if (locks[i].node)
			continue;
		locks[i] = *lock;
		return 0;
	}
	return -ENOLCK;
}

// Cut the range out of what its owner has, and keep it as its own unless it is an unlock.
static int set_lock(const struct lock *wanted)
{
	int error = 0;

	for (int i = 0; i < MAX_LOCKS && !error; i++) {
		struct lock old = locks[i], rest = locks[i];

		if (!old.node || old.owner != wanted->owner || !overlap(&old, wanted))
			continue;
		locks[i].node = NULL;
		rest.lock.end = wanted->lock.start - 1;
		if (old.lock.start < wanted->lock.start)
			error = keep_lock(&rest);
		rest = old;
		rest.lock.start = wanted->lock.end + 1;
		if (!error && old.lock.end > wanted->lock.end)
			error = keep_lock(&rest);
	}
	return error || wanted->lock.type == F_UNLCK ? error : keep_lock(wanted);
}

static struct lock asked_lock(const struct request *q)
{
	const struct fuse_lk_in *in = (const void *)q->in;

	return (struct lock){.node = q->node, .owner = in->owner, .lock = in->lk, .flags = in->lk_flags};
}

int do_getlk(struct request *q)
{
	struct lock wanted = asked_lock(q);
	const struct lock *other = conflict(&wanted);
	struct fuse_lk_out *out = q->out;

	*out = (struct fuse_lk_out){.lk = wanted.lock};
	if (other)
		out->lk = other->lock;
	else
		out->lk.type = F_UNLCK;
	return sizeof(*out);
}

int do_setlk(struct request *q)
{
	struct lock wanted = asked_lock(q);

	if (wanted.lock.type == F_UNLCK || !conflict(&wanted))
		return set_lock(&wanted);
	if (q->header->opcode == FUSE_SETLK)
		return -EAGAIN;
	for (int i = 0; i < MAX_WAITERS; i++) {
		if (waiters[i].unique)
			continue;
		waiters[i].unique = q->header->unique;
		waiters[i].wanted = wanted;
		return NO_REPLY;
	}
	return -ENOLCK;
}

// The last close of a file gives up its whole-file lock; closing it at all, the record locks of who closes it.
int do_close(struct request *q)
{
	const struct fuse_release_in *release = (const void *)q->in;
	const struct fuse_flush_in *flush = (const void *)q->in;
	struct lock lock = {.node = q->node, .lock = {.end = INT64_MAX, .type = F_UNLCK}};

	if (q->header->opcode == FUSE_FLUSH) {
		lock.owner = flush->lock_owner;
		return set_lock(&lock);
	}
	if (!(release->release_flags & FUSE_RELEASE_FLOCK_UNLOCK))
		return 0;
	lock.owner = release->lock_owner;
	lock.flags = FUSE_LK_FLOCK;
	return set_lock(&lock);
}

int do_interrupt(struct request *q)
{
	const struct fuse_interrupt_in *in = (const void *)q->in;

	for (int i = 0; i < MAX_WAITERS; i++) {
		if (waiters[i].unique != in->unique)
			continue;
		waiters[i].unique = 0;
		send_reply(in->unique, -EINTR, NULL);
	}
	return NO_REPLY;
}

void serve_waiters(void)
{
	for (int i = 0; i < MAX_WAITERS; i++) {
		if (!waiters[i].unique || conflict(&waiters[i].wanted))
			continue;
		send_reply(waiters[i].unique, set_lock(&waiters[i].wanted), NULL);
		waiters[i].unique = 0;
	}
}
