// SPDX-License-Identifier: GPL-2.0
/* The contexts that calls are made in, the functions that tell them apart in stacks, and what methods do inside. */
#include <linux/bottom_half.h>
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>
#include <linux/spinlock.h>

#include "faultfs.h"

/* The command whose call is being made. */
static struct faultfs_call *running;

static DEFINE_SPINLOCK(private_lock);

/* Where the task was allowed to run, and who takes the CPU from it: of the one command that there is at a time. */
static cpumask_var_t allowed;
static bool pinned;
static struct task_struct *competitor;

#define TAG(number)                                                                                                    \
	static noinline int faultfs_tag_##number(struct faultfs_call *c)                                               \
	{                                                                                                              \
		int result = c->method->call(c->scene);                                                                \
                                                                                                                       \
		/* Not a tail call: this function must be on the stack. */                                             \
		barrier();                                                                                             \
		return result;                                                                                         \
	}

#define TAGS_OF_TEN(X, ten)                                                                                            \
	X(ten##0) X(ten##1) X(ten##2) X(ten##3) X(ten##4) X(ten##5) X(ten##6) X(ten##7) X(ten##8) X(ten##9)
#define ALL_TAGS(X)                                                                                                    \
	TAGS_OF_TEN(X, 0)                                                                                              \
	TAGS_OF_TEN(X, 1)                                                                                              \
	TAGS_OF_TEN(X, 2)                                                                                              \
	TAGS_OF_TEN(X, 3)                                                                                              \
	TAGS_OF_TEN(X, 4)                                                                                              \
	TAGS_OF_TEN(X, 5)                                                                                              \
	X(60) X(61) X(62) X(63)

ALL_TAGS(TAG)

static int (*const tags[])(struct faultfs_call *) = {
#define ENTRY(number) faultfs_tag_##number,
	ALL_TAGS(ENTRY)
#undef ENTRY
};

static_assert(ARRAY_SIZE(tags) == FAULTFS_TAGS);

static noinline void call_here(struct faultfs_call *c)
{
	WRITE_ONCE(running, c);
	c->result = tags[c->tag](c);
	WRITE_ONCE(running, NULL);
}

static bool interrupted_done;

static void call_in_hardirq(struct irq_work *work)
{
	call_here(READ_ONCE(running));
	WRITE_ONCE(interrupted_done, true);
}

static struct irq_work irq_work;

static void call_in_softirq(struct tasklet_struct *unused)
{
	call_here(READ_ONCE(running));
	WRITE_ONCE(interrupted_done, true);
}

static DECLARE_TASKLET(tasklet, call_in_softirq);

/* The interrupt comes while this task spins, so that it is what is interrupted. */
static void call_from_hardirq(struct faultfs_call *c)
{
	preempt_disable();
	WRITE_ONCE(interrupted_done, false);
	WRITE_ONCE(running, c);
	irq_work_queue(&irq_work);
	while (!READ_ONCE(interrupted_done))
		cpu_relax();
	preempt_enable();
}

/* A tasklet that is pending when softirqs are let through again runs there and then, on this task's back. */
static void call_from_softirq(struct faultfs_call *c)
{
	WRITE_ONCE(interrupted_done, false);
	WRITE_ONCE(running, c);
	local_bh_disable();
	tasklet_hi_schedule(&tasklet);
	local_bh_enable();
	while (!READ_ONCE(interrupted_done))
		cpu_relax();
}

int faultfs_run(struct faultfs_call *c)
{
	switch (c->context) {
	case FAULTFS_PREEMPT_OFF:
		preempt_disable();
		call_here(c);
		preempt_enable();
		return 0;
	case FAULTFS_BH_OFF:
		local_bh_disable();
		call_here(c);
		local_bh_enable();
		return 0;
	case FAULTFS_SPINNING:
		spin_lock(&private_lock);
		call_here(c);
		spin_unlock(&private_lock);
		return 0;
	case FAULTFS_HARDIRQ:
		call_from_hardirq(c);
		return 0;
	case FAULTFS_SOFTIRQ:
		call_from_softirq(c);
		return 0;
	default:
		call_here(c);
		return 0;
	}
}

/* Sleeps only when woken for the next turn, which is at once when somebody wants to be preempted. */
static int compete(void *unused)
{
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return 0;
}

static int start_competitor(void)
{
	competitor = kthread_create(compete, NULL, "faultfs-compete");
	if (IS_ERR(competitor)) {
		int error = PTR_ERR(competitor);

		competitor = NULL;
		return error;
	}
	kthread_bind(competitor, raw_smp_processor_id());
	/* Of the real-time class: it runs as soon as it can. */
	sched_set_fifo(competitor);
	get_task_struct(competitor);
	wake_up_process(competitor);
	return 0;
}

static void end_competitor(void)
{
	if (!competitor)
		return;
	kthread_stop(competitor);
	put_task_struct(competitor);
	competitor = NULL;
}

static int pin(void)
{
	int error;

	if (!zalloc_cpumask_var(&allowed, GFP_KERNEL))
		return -ENOMEM;
	cpumask_copy(allowed, current->cpus_ptr);
	error = set_cpus_allowed_ptr(current, cpumask_of(raw_smp_processor_id()));
	pinned = !error;
	if (error)
		free_cpumask_var(allowed);
	return error;
}

/* In a context of these nothing can sleep or be preempted. */
bool faultfs_context_possible(const struct faultfs_call *c)
{
	if (c->body == FAULTFS_NESTED && !c->method->nested)
		return false;
	return c->body == FAULTFS_NOTHING || c->context == FAULTFS_TASK;
}

int faultfs_context_start(struct faultfs_call *c)
{
	int error;

	init_irq_work(&irq_work, call_in_hardirq);
	if (c->body != FAULTFS_PREEMPT && !faultfs_needs_pin(c))
		return 0;
	error = pin();
	if (!error && c->body == FAULTFS_PREEMPT)
		error = start_competitor();
	if (error)
		faultfs_context_end(c);
	return error;
}

void faultfs_context_end(struct faultfs_call *c)
{
	end_competitor();
	if (c->context == FAULTFS_HARDIRQ)
		irq_work_sync(&irq_work);
	if (!pinned)
		return;
	set_cpus_allowed_ptr(current, allowed);
	free_cpumask_var(allowed);
	pinned = false;
}

/* Without going to sleep: all it does is let the other one run, which is to be told from sleeping. */
static void be_preempted(void)
{
	unsigned long before = current->nivcsw;

	while (current->nivcsw == before) {
		wake_up_process(competitor);
		cond_resched();
	}
}

/* A timer that goes off before the task is gone leaves it running. */
static void sleep_for_sure(void)
{
	unsigned long before = current->nvcsw;

	while (current->nvcsw == before)
		schedule_timeout_uninterruptible(1);
}

static void sleep_now(struct faultfs_call *c)
{
	bool dropped = faultfs_spins_drop(c);

	sleep_for_sure();
	if (dropped)
		faultfs_spins_retake(c);
}

static void do_body(struct faultfs_call *c)
{
	bool dropped;

	switch (c->body) {
	case FAULTFS_SLEEP:
		sleep_now(c);
		break;
	case FAULTFS_PREEMPT:
		dropped = faultfs_spins_drop(c);
		be_preempted();
		if (dropped)
			faultfs_spins_retake(c);
		break;
	case FAULTFS_NESTED:
		dropped = faultfs_spins_drop(c);
		c->method->nested(c->scene);
		if (dropped)
			faultfs_spins_retake(c);
		break;
	default:
		break;
	}
}

/* The command whose call this is part of: made by its task, or by the interrupt that it asked for. */
static struct faultfs_call *call_of_command(void)
{
	struct faultfs_call *c = READ_ONCE(running);

	if (!c || current != c->task)
		return NULL;
	if (!!hardirq_count() != (c->context == FAULTFS_HARDIRQ) ||
	    !!in_serving_softirq() != (c->context == FAULTFS_SOFTIRQ))
		return NULL;
	return c;
}

bool faultfs_stub(void)
{
	struct faultfs_call *c = call_of_command();
	unsigned int under_test;

	if (!c)
		return false;
	c->depth++;
	under_test = c->inner ? 2 : 1;
	if (c->depth < under_test) {
		int result = c->inner(c->scene);

		if (result && !c->error)
			c->error = result;
	} else if (c->depth == under_test) {
		int error;

		do_body(c);
		error = faultfs_locks_leave(c);
		if (error && !c->error)
			c->error = error;
	} else if (c->depth == under_test + 1 && c->body == FAULTFS_NESTED) {
		sleep_for_sure();
	}
	return true;
}
