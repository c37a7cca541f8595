// SPDX-License-Identifier: GPL-2.0
/* Brings the locks of a call into the state asked for, by the caller or by a kthread, and back. */
#include <linux/buffer_head.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/rwsem.h>
#include <linux/sched/task.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "faultfs.h"

#define HOLDER_COMM "lock-holder"

#if FAULTFS_SINCE(5, 18)
#define lock_it folio_lock
#define trylock_it folio_trylock
#define unlock_it folio_unlock
#define get_it folio_get
#define put_it folio_put
#else
#define lock_it lock_page
#define trylock_it trylock_page
#define unlock_it unlock_page
#define get_it get_page
#define put_it put_page
#endif

/* A kthread that holds a lock. Spinlocks keep it on another CPU. */
struct faultfs_holder {
	const struct faultfs_state *state;
	struct completion taken, go_on;
	bool spin_on;
	struct task_struct *task;
};

/* A lock that the method came by and did not release. */
struct left_locked {
	struct list_head list;
	enum faultfs_kind kind;
	void *at;
	bool is_timed;
	struct delayed_work work;
};

static DEFINE_SPINLOCK(left_lock);
static LIST_HEAD(left);

static bool spins(enum faultfs_kind kind)
{
	return kind == FAULTFS_SPIN || kind == FAULTFS_SEQLOCK;
}

/* @nesting tells lockdep that several locks of one class are taken on purpose. */
static void take(enum faultfs_kind kind, void *at, enum faultfs_mode mode, unsigned int nesting)
{
	switch (kind) {
	case FAULTFS_RWSEM:
		if (mode == FAULTFS_SHARED)
			down_read_nested(at, nesting);
		else
			down_write_nested(at, nesting);
		break;
	case FAULTFS_MUTEX:
		mutex_lock_nested(at, nesting);
		break;
	case FAULTFS_SPIN:
		spin_lock_nested((spinlock_t *)at, nesting);
		break;
	case FAULTFS_SEQLOCK:
		write_seqlock(at);
		break;
	case FAULTFS_FOLIO:
		lock_it(at);
		break;
	case FAULTFS_BUFFER:
		lock_buffer(at);
		break;
	}
}

/* Where it must not be waited for. A seqlock has no trylock, and nobody else writes it for long. */
static bool try_take(enum faultfs_kind kind, void *at, enum faultfs_mode mode)
{
	switch (kind) {
	case FAULTFS_RWSEM:
		return mode == FAULTFS_SHARED ? down_read_trylock(at) : down_write_trylock(at);
	case FAULTFS_MUTEX:
		return mutex_trylock(at);
	case FAULTFS_SPIN:
		return spin_trylock((spinlock_t *)at);
	case FAULTFS_SEQLOCK:
		write_seqlock(at);
		return true;
	case FAULTFS_FOLIO:
		return trylock_it(at);
	case FAULTFS_BUFFER:
		return trylock_buffer(at);
	}
	return false;
}

static void release(enum faultfs_kind kind, void *at, enum faultfs_mode mode)
{
	switch (kind) {
	case FAULTFS_RWSEM:
		if (mode == FAULTFS_SHARED)
			up_read(at);
		else
			up_write(at);
		break;
	case FAULTFS_MUTEX:
		mutex_unlock(at);
		break;
	case FAULTFS_SPIN:
		spin_unlock((spinlock_t *)at);
		break;
	case FAULTFS_SEQLOCK:
		write_sequnlock(at);
		break;
	case FAULTFS_FOLIO:
		unlock_it(at);
		break;
	case FAULTFS_BUFFER:
		unlock_buffer(at);
		break;
	}
}

/* Not inlined, so that a report can name them as the place. */
static noinline void holder_take_shared(const struct faultfs_state *st)
{
	take(st->lock->kind, st->at, FAULTFS_SHARED, 0);
	/* Not a tail call: this function must be the caller. */
	barrier();
}

static noinline void holder_take_exclusive(const struct faultfs_state *st)
{
	take(st->lock->kind, st->at, FAULTFS_EXCLUSIVE, 0);
	barrier();
}

static int hold(void *data)
{
	struct faultfs_holder *h = data;
	const struct faultfs_state *st = h->state;

	if (st->asked == FAULTFS_SHARED)
		holder_take_shared(st);
	else
		holder_take_exclusive(st);
	complete(&h->taken);
	if (spins(st->lock->kind)) {
		while (READ_ONCE(h->spin_on))
			cpu_relax();
	} else {
		wait_for_completion(&h->go_on);
	}
	release(st->lock->kind, st->at, st->asked);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}

static int start_holder(struct faultfs_state *st)
{
	/* For spinlocks any but this one, on which the caller is kept. */
	unsigned int cpu = spins(st->lock->kind) ? cpumask_any_but(cpu_online_mask, raw_smp_processor_id()) : 0;
	struct faultfs_holder *h;

	if (cpu >= nr_cpu_ids)
		return -EOPNOTSUPP;
	h = kzalloc(sizeof(*h), GFP_KERNEL);
	if (!h)
		return -ENOMEM;
	h->state = st;
	h->spin_on = true;
	init_completion(&h->taken);
	init_completion(&h->go_on);
	h->task = kthread_create(hold, h, HOLDER_COMM);
	if (IS_ERR(h->task)) {
		int error = PTR_ERR(h->task);

		kfree(h);
		return error;
	}
	if (spins(st->lock->kind))
		kthread_bind(h->task, cpu);
	get_task_struct(h->task);
	wake_up_process(h->task);
	wait_for_completion(&h->taken);
	st->holder = h;
	return 0;
}

static void end_holder(struct faultfs_state *st)
{
	struct faultfs_holder *h = st->holder;

	st->holder = NULL;
	if (!h)
		return;
	WRITE_ONCE(h->spin_on, false);
	complete(&h->go_on);
	kthread_stop(h->task);
	put_task_struct(h->task);
	kfree(h);
}

/* A kthread can spin with a lock on another CPU only, and this task must not come there. */
bool faultfs_needs_pin(const struct faultfs_call *c)
{
	for (unsigned int i = 0; i < c->n_states; i++)
		if (c->state[i].other && spins(c->state[i].lock->kind))
			return true;
	return false;
}

static bool is_taken(const struct faultfs_state *st)
{
	return st->asked == FAULTFS_SHARED || st->asked == FAULTFS_EXCLUSIVE;
}

/* Two locks of the rules may be one: then it can be in one state only, and is taken once. */
static int join_states(struct faultfs_call *c)
{
	for (unsigned int i = 0; i < c->n_states; i++) {
		struct faultfs_state *a = &c->state[i];

		for (unsigned int j = 0; a->at && j < i; j++) {
			struct faultfs_state *b = &c->state[j];

			if (a->at != b->at)
				continue;
			if (a->asked != FAULTFS_UNSET && b->asked != FAULTFS_UNSET &&
			    (a->asked != b->asked || a->other != b->other))
				return -EINVAL;
			if (a->asked != FAULTFS_UNSET) {
				b->asked = a->asked;
				b->other = a->other;
			}
			a->at = NULL;
		}
	}
	return 0;
}

/* Another way out than it came in makes sense only of the lock that the call is about, and of the caller's. */
static bool is_possible(const struct faultfs_state *st)
{
	if (!st->other && !st->neighbour)
		return true;
	return st->exit == st->lock->exit && st->after == st->lock->after;
}

int faultfs_locks_find(struct faultfs_call *c)
{
	for (unsigned int i = 0; i < c->n_states; i++) {
		struct faultfs_state *st = &c->state[i];

		st->held = FAULTFS_NONE;
		st->at = st->lock->find(c->scene, st->neighbour);
		if (!st->at && (is_taken(st) || (st->exit != st->lock->exit)))
			return -EOPNOTSUPP;
		if (!is_possible(st))
			return -EINVAL;
		if (c->context != FAULTFS_TASK && st->asked != FAULTFS_UNSET && st->other && spins(st->lock->kind) &&
		    c->body != FAULTFS_NOTHING)
			return -EOPNOTSUPP;
	}
	return join_states(c);
}

static void take_own(struct faultfs_call *c, bool spinning)
{
	for (unsigned int i = 0; i < c->n_states; i++) {
		struct faultfs_state *st = &c->state[i];

		if (!st->at || !is_taken(st) || st->other || spins(st->lock->kind) != spinning)
			continue;
		take(st->lock->kind, st->at, st->asked, i);
		st->held = st->asked;
	}
}

/* Those that cannot be slept under come last. */
int faultfs_locks_take(struct faultfs_call *c)
{
	int error = 0;

	for (unsigned int i = 0; !error && i < c->n_states; i++)
		if (c->state[i].at && is_taken(&c->state[i]) && c->state[i].other)
			error = start_holder(&c->state[i]);
	if (error) {
		faultfs_locks_release(c);
		return error;
	}
	take_own(c, false);
	take_own(c, true);
	return 0;
}

static void release_own(struct faultfs_state *st)
{
	if (st->held != FAULTFS_NONE)
		release(st->lock->kind, st->at, st->held);
	st->held = FAULTFS_NONE;
}

void faultfs_locks_forget(struct faultfs_call *c)
{
	for (unsigned int i = 0; i < c->n_states; i++) {
		struct faultfs_state *st = &c->state[i];

		if (!st->at || st->neighbour)
			continue;
		if (st->after == FAULTFS_NOW)
			st->held = FAULTFS_NONE;
		else if (st->exit != FAULTFS_UNSET && !c->result)
			st->held = st->exit;
	}
}

void faultfs_locks_release(struct faultfs_call *c)
{
	for (unsigned int i = c->n_states; i-- > 0;)
		if (spins(c->state[i].lock->kind))
			release_own(&c->state[i]);
	for (unsigned int i = c->n_states; i-- > 0;)
		release_own(&c->state[i]);
	for (unsigned int i = c->n_states; i-- > 0;)
		end_holder(&c->state[i]);
}

/* A method that sleeps under a spinlock has to let go of it for that time. */
bool faultfs_spins_drop(struct faultfs_call *c)
{
	bool any = false;

	for (unsigned int i = c->n_states; i-- > 0;) {
		struct faultfs_state *st = &c->state[i];

		if (st->held == FAULTFS_NONE || !spins(st->lock->kind))
			continue;
		release(st->lock->kind, st->at, st->held);
		any = true;
	}
	return any;
}

void faultfs_spins_retake(struct faultfs_call *c)
{
	for (unsigned int i = 0; i < c->n_states; i++) {
		struct faultfs_state *st = &c->state[i];

		if (st->held != FAULTFS_NONE && spins(st->lock->kind))
			take(st->lock->kind, st->at, st->held, i);
	}
}

static void unlock_left(struct left_locked *l)
{
	release(l->kind, l->at, FAULTFS_EXCLUSIVE);
	if (l->kind == FAULTFS_FOLIO)
		put_it(l->at);
	else if (l->kind == FAULTFS_BUFFER)
		put_bh((struct buffer_head *)l->at);
}

static void unlock_later(struct work_struct *work)
{
	struct left_locked *l = container_of(to_delayed_work(work), struct left_locked, work);

	unlock_left(l);
	spin_lock_irq(&left_lock);
	list_del(&l->list);
	spin_unlock_irq(&left_lock);
	kfree(l);
}

/* The caller's lock becomes nobody's: it is released some time later. */
static int leave_locked(struct faultfs_state *st)
{
	struct left_locked *l;
	unsigned long flags;

	if (st->lock->kind != FAULTFS_FOLIO && st->lock->kind != FAULTFS_BUFFER)
		return -EOPNOTSUPP;
	l = kzalloc(sizeof(*l), GFP_ATOMIC);
	if (!l)
		return -ENOMEM;
	l->kind = st->lock->kind;
	l->at = st->at;
	l->is_timed = st->after == FAULTFS_LATER;
	if (l->kind == FAULTFS_FOLIO)
		get_it(l->at);
	else
		get_bh((struct buffer_head *)l->at);
	INIT_DELAYED_WORK(&l->work, unlock_later);
	spin_lock_irqsave(&left_lock, flags);
	list_add_tail(&l->list, &left);
	spin_unlock_irqrestore(&left_lock, flags);
	if (l->is_timed)
		schedule_delayed_work(&l->work, msecs_to_jiffies(50));
	st->held = FAULTFS_NONE;
	return 0;
}

void faultfs_settle(void)
{
	struct left_locked *l;

	for (;;) {
		spin_lock_irq(&left_lock);
		l = list_first_entry_or_null(&left, struct left_locked, list);
		if (l && !l->is_timed)
			list_del(&l->list);
		spin_unlock_irq(&left_lock);
		if (!l)
			return;
		if (l->is_timed) {
			schedule_timeout_uninterruptible(msecs_to_jiffies(20));
		} else {
			unlock_left(l);
			kfree(l);
		}
	}
}

static int leave_one(struct faultfs_state *st)
{
	if (!st->at || st->other || st->neighbour)
		return 0;
	if (st->after == FAULTFS_NOW) {
		release_own(st);
		return 0;
	}
	if (st->exit != FAULTFS_UNSET && st->exit != st->held) {
		release_own(st);
		if (st->exit == FAULTFS_NONE)
			return 0;
		if (!try_take(st->lock->kind, st->at, st->exit))
			return -EBUSY;
		st->held = st->exit;
	}
	return st->after != FAULTFS_STAYS && st->held != FAULTFS_NONE ? leave_locked(st) : 0;
}

/* What the method does to the locks before it returns. */
int faultfs_locks_leave(struct faultfs_call *c)
{
	int error = 0;

	for (unsigned int i = 0; i < c->n_states && !error; i++)
		error = leave_one(&c->state[i]);
	return error;
}
