/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kthread that holds a rwsem while another task goes on, for the test modules. Its functions that take the lock are
 * not inlined, so that a report can name them as the place.
 */
#ifndef VFSLOCK_HOLDER_H
#define VFSLOCK_HOLDER_H

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/rwsem.h>
#include <linux/sched/task.h>

#define HOLDER_COMM "lock-holder"

enum holder_mode { HOLDER_SHARED, HOLDER_EXCLUSIVE };

struct holder {
	struct rw_semaphore *sem;
	enum holder_mode mode;
	bool leaves;        /* it does not release the lock: somebody else does */
	bool until_awaited; /* it releases the lock as soon as another task waits for it */
	struct completion taken, go_on;
	struct task_struct *task;
};

static noinline void holder_take_shared(struct rw_semaphore *sem)
{
	down_read(sem);
	/* Not a tail call: this function must be the caller. */
	barrier();
}

static noinline void holder_take_exclusive(struct rw_semaphore *sem)
{
	down_write(sem);
	barrier();
}

static void holder_release(struct rw_semaphore *sem, enum holder_mode mode)
{
	if (mode == HOLDER_SHARED)
		up_read(sem);
	else
		up_write(sem);
}

static int holder_thread(void *data)
{
	struct holder *h = data;

	if (h->mode == HOLDER_SHARED)
		holder_take_shared(h->sem);
	else
		holder_take_exclusive(h->sem);
	complete(&h->taken);
	while (h->until_awaited && !rwsem_is_contended(h->sem))
		usleep_range(100, 200);
	if (!h->until_awaited)
		wait_for_completion(&h->go_on);
	if (!h->leaves)
		holder_release(h->sem, h->mode);
	return 0;
}

/* Returns when the kthread has the lock. The other members of @h are the caller's to set. */
static int holder_start(struct holder *h)
{
	init_completion(&h->taken);
	init_completion(&h->go_on);
	h->task = kthread_create(holder_thread, h, HOLDER_COMM);
	if (IS_ERR(h->task))
		return PTR_ERR(h->task);
	get_task_struct(h->task);
	wake_up_process(h->task);
	wait_for_completion(&h->taken);
	return 0;
}

/* Returns when the kthread has ended. */
static void holder_end(struct holder *h)
{
	complete(&h->go_on);
	kthread_stop(h->task);
	put_task_struct(h->task);
}

#endif
