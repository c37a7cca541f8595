// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock hooks: who takes and releases the locks of audited filesystems, and who waits for them. Everything is told
 * by the lock's address; most calls on a host are about other locks and leave at once (classify.h).
 *
 * Takes are watched at the return, releases at the entry, so that a lock is never thought to be held when it is not.
 * The tool loads the programs whose functions this kernel has (src/locks.c): their sections name these.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>

#include "shared.h"
#include "held_layout.h"
#include "hist_layout.h"
#include "read.h"
#include "owners.h"
#include "held.h"
#include "classify.h"
#include "take.h"
#include "mms.h"

const volatile struct vl_lock_options options;

#include "lockdep.h"

/*
 * The return address of the traced function, of @args arguments, lies beyond what its trampoline has saved: how far,
 * the tool has measured. All that can take a lock lies in the topmost 4 GiB.
 */
static __always_inline __u32 vl_caller(__u64 *ctx, __u32 args)
{
	__u32 low = 0;

	if (options.caller_word)
		bpf_probe_read_kernel(&low, sizeof(low), &ctx[args + 1 + options.caller_word]);
	return low;
}

#define VL_ALWAYS(ret) true
#define VL_IF_ZERO(ret) ((int)(ret) == 0)
#define VL_IF_ONE(ret) ((int)(ret) == 1)
#define VL_NO_RET(ctx, args) 0
#define VL_RET(ctx, args) ctx[args]

/* @got: does this return value say that the lock was taken? */
#define VL_TAKES(function, type, shape, mode, args, ret, got)                                                          \
	SEC("fexit/" #function)                                                                                        \
	int take_##function(__u64 *ctx)                                                                                \
	{                                                                                                              \
		const type *lock = (const type *)ctx[0];                                                               \
		struct vl_class class;                                                                                 \
                                                                                                                       \
		if (!vl_classify(&lock_tables, lock, shape, &class))                                                   \
			return 0;                                                                                      \
		if (got(ret(ctx, args)))                                                                               \
			vl_taken(lock, class, mode, 0, vl_caller(ctx, args));                                          \
		else                                                                                                   \
			vl_gave_up(lock);                                                                              \
		return 0;                                                                                              \
	}

#define VL_RWSEM struct rw_semaphore, VL_SHAPE_RWSEM
#define VL_MUTEX struct mutex, VL_SHAPE_MUTEX
#define VL_TAKES_(...) VL_TAKES(__VA_ARGS__)

VL_TAKES_(down_read, VL_RWSEM, VL_HELD_SHARED, 1, VL_NO_RET, VL_ALWAYS)
VL_TAKES_(down_read_interruptible, VL_RWSEM, VL_HELD_SHARED, 1, VL_RET, VL_IF_ZERO)
VL_TAKES_(down_read_killable, VL_RWSEM, VL_HELD_SHARED, 1, VL_RET, VL_IF_ZERO)
VL_TAKES_(down_read_trylock, VL_RWSEM, VL_HELD_SHARED, 1, VL_RET, VL_IF_ONE)
VL_TAKES_(down_write, VL_RWSEM, VL_HELD_EXCLUSIVE, 1, VL_NO_RET, VL_ALWAYS)
VL_TAKES_(down_write_killable, VL_RWSEM, VL_HELD_EXCLUSIVE, 1, VL_RET, VL_IF_ZERO)
VL_TAKES_(down_write_trylock, VL_RWSEM, VL_HELD_EXCLUSIVE, 1, VL_RET, VL_IF_ONE)
VL_TAKES_(mutex_lock, VL_MUTEX, VL_HELD_EXCLUSIVE, 1, VL_NO_RET, VL_ALWAYS)
VL_TAKES_(mutex_lock_interruptible, VL_MUTEX, VL_HELD_EXCLUSIVE, 1, VL_RET, VL_IF_ZERO)
VL_TAKES_(mutex_lock_killable, VL_MUTEX, VL_HELD_EXCLUSIVE, 1, VL_RET, VL_IF_ZERO)
VL_TAKES_(mutex_trylock, VL_MUTEX, VL_HELD_EXCLUSIVE, 1, VL_RET, VL_IF_ONE)
VL_TAKES_(percpu_down_write, struct percpu_rw_semaphore, VL_SHAPE_MUTEX, VL_HELD_EXCLUSIVE, 1, VL_NO_RET, VL_ALWAYS)

/* With lockdep (CONFIG_DEBUG_LOCK_ALLOC) these are functions of their own, and some of the above are macros. */
VL_TAKES_(down_read_nested, VL_RWSEM, VL_HELD_SHARED, 2, VL_NO_RET, VL_ALWAYS)
VL_TAKES_(down_read_killable_nested, VL_RWSEM, VL_HELD_SHARED, 2, VL_RET, VL_IF_ZERO)
VL_TAKES_(down_write_nested, VL_RWSEM, VL_HELD_EXCLUSIVE, 2, VL_NO_RET, VL_ALWAYS)
VL_TAKES_(down_write_killable_nested, VL_RWSEM, VL_HELD_EXCLUSIVE, 2, VL_RET, VL_IF_ZERO)
VL_TAKES_(_down_write_nest_lock, VL_RWSEM, VL_HELD_EXCLUSIVE, 2, VL_NO_RET, VL_ALWAYS)
VL_TAKES_(mutex_lock_nested, VL_MUTEX, VL_HELD_EXCLUSIVE, 2, VL_NO_RET, VL_ALWAYS)
VL_TAKES_(mutex_lock_interruptible_nested, VL_MUTEX, VL_HELD_EXCLUSIVE, 2, VL_RET, VL_IF_ZERO)
VL_TAKES_(mutex_lock_killable_nested, VL_MUTEX, VL_HELD_EXCLUSIVE, 2, VL_RET, VL_IF_ZERO)
VL_TAKES_(mutex_lock_io_nested, VL_MUTEX, VL_HELD_EXCLUSIVE, 2, VL_NO_RET, VL_ALWAYS)
VL_TAKES_(_mutex_lock_nest_lock, VL_MUTEX, VL_HELD_EXCLUSIVE, 2, VL_NO_RET, VL_ALWAYS)

/* Most releases are of locks that were refused before; of the others, most are in the task's slot. */
static __always_inline void vl_release(const void *lock, enum vl_lock_shape shape, __u64 owner)
{
	struct vl_class class;

	if (*vl_rejected_at(&lock_tables, lock) == (__u64)lock || vl_released(lock))
		return;
	if (vl_classify(&lock_tables, lock, shape, &class))
		vl_release_for_another(lock, owner);
}

/* The owner word of a lock held shared is of whoever came last, and says nothing. */
SEC("fentry/up_read")
int BPF_PROG(release_up_read, struct rw_semaphore *sem)
{
	vl_release(sem, VL_SHAPE_RWSEM, 0);
	return 0;
}

SEC("fentry/up_write")
int BPF_PROG(release_up_write, struct rw_semaphore *sem)
{
	vl_release(sem, VL_SHAPE_RWSEM, sem->owner.counter);
	return 0;
}

SEC("fentry/mutex_unlock")
int BPF_PROG(release_mutex_unlock, struct mutex *lock)
{
	vl_release(lock, VL_SHAPE_MUTEX, lock->owner.counter);
	return 0;
}

SEC("fentry/percpu_up_write")
int BPF_PROG(release_percpu_up_write, struct percpu_rw_semaphore *sem)
{
	vl_release(sem, VL_SHAPE_MUTEX, 0);
	return 0;
}

/* Of lockdep, too, which has no tracepoint for it. */
SEC("fentry/downgrade_write")
int BPF_PROG(keep_downgrade_write, struct rw_semaphore *sem)
{
	struct vl_task_locks *t;
	__u32 i;

	if (*vl_rejected_at(&lock_tables, sem) == (__u64)sem)
		return 0;
	t = vl_held_find(held, bpf_get_current_task());
	i = t ? vl_held_index(t, sem) : VL_HELD_LOCKS;
	if (i >= VL_HELD_LOCKS)
		return 0;
	t->of[i & (VL_HELD_LOCKS - 1)].mode = VL_HELD_SHARED;
	vl_readers_add(vl_low_half(sem));
	return 0;
}

/*
 * Leaving the fast path: from here to the return the task waits, spinning or sleeping (the tracepoints
 * contention_begin and contention_end leave out the spinning of a rwsem's writer).
 */
#define VL_WAITS(function, type, shape)                                                                                \
	SEC("fentry/" #function)                                                                                       \
	int BPF_PROG(wait_##function, type *lock)                                                                      \
	{                                                                                                              \
		struct vl_class class;                                                                                 \
                                                                                                                       \
		if (vl_classify(&lock_tables, lock, shape, &class))                                                    \
			vl_wait_begins(lock);                                                                          \
		return 0;                                                                                              \
	}                                                                                                              \
                                                                                                                       \
	SEC("fexit/" #function)                                                                                        \
	int BPF_PROG(waited_##function, type *lock)                                                                    \
	{                                                                                                              \
		struct vl_class class;                                                                                 \
                                                                                                                       \
		if (vl_classify(&lock_tables, lock, shape, &class))                                                    \
			vl_wait_ends(lock, class.class);                                                               \
		return 0;                                                                                              \
	}
#define VL_WAITS_(...) VL_WAITS(__VA_ARGS__)

VL_WAITS_(rwsem_down_read_slowpath, VL_RWSEM)
VL_WAITS_(rwsem_down_write_slowpath, VL_RWSEM)
VL_WAITS_(__mutex_lock_slowpath, VL_MUTEX)
VL_WAITS_(__mutex_lock_interruptible_slowpath, VL_MUTEX)
VL_WAITS_(__mutex_lock_killable_slowpath, VL_MUTEX)

#include "spinning.h"
#include "foliolock.h"

/* Every inode that gets a dentry: its address may have been another object's, whose locks were refused. */
SEC("fentry/security_d_instantiate")
int BPF_PROG(keep_new_inode, struct dentry *dentry, struct inode *inode)
{
	__u32 owner;

	if (!inode || !vl_watched(inode->i_sb, &owner))
		return 0;
	vl_unreject(&lock_tables, &inode->i_rwsem);
	if (bpf_core_field_exists(inode->i_data.invalidate_lock))
		vl_unreject(&lock_tables, &inode->i_data.invalidate_lock);
	vl_unreject(&lock_tables, &inode->i_lock);
	vl_unreject(&lock_tables, &dentry->d_lockref.lock);
	return 0;
}

/* The last that is seen of a task: its address may be another one's next. */
SEC("tp_btf/sched_process_free")
int BPF_PROG(keep_no_task, struct task_struct *task)
{
	struct vl_task_locks *t = vl_held_find(held, (__u64)task);

	if (!t)
		return 0;
	for (__u64 i = 0; i < VL_HELD_LOCKS && t->n; i++) {
		__u32 last = (t->n - 1) & (VL_HELD_LOCKS - 1);

		if (t->of[last].mode == VL_HELD_SHARED)
			vl_readers_sub((__u32)t->of[last].lock);
		/* As in vl_held_drop(). */
		if (t->of[last].class != VL_TRACKED_folio_lock && !(t->of[last].flags & VL_HELD_HANDED_OVER))
			vl_lock_lose(VL_LOCK_LOST_exited);
		vl_held_remove(t, last);
	}
	t->waiting = 0;
	vl_held_free_if_empty(t);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
