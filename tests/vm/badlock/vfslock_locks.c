// SPDX-License-Identifier: GPL-2.0
/*
 * vfslock_locks - take and release the locks of a mounted filesystem, and others that only look like them, a known
 * number of times, so that what an audit counts can be compared.
 *
 * Write one line to /proc/vfslock_locks:
 *
 *	COMMAND PATH COUNT
 *
 * The commands are in the table `commands` below; each is done COUNT times with the locks of the inode at PATH, or of
 * its super_block, by a function of its own that is not inlined and is named after it. Two are different: "crowd" holds
 * the i_rwsem exclusively until COUNT tasks wait for it, and "deserted" until none of them does any more. Reading the
 *file gives "COMMAND done=N error=E" of the last line written: how often it was done, and the first error (0, or
 *negative), which also ends the write.
 */
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/proc_fs.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "holder.h"

MODULE_DESCRIPTION("Takes locks of filesystems a known number of times, for tests of vfslock");
MODULE_LICENSE("GPL");

#define CONTROL "vfslock_locks"
#define MAX_LINE 1024
#define MAX_REMEMBERED 4096
#define DEEP 20

static DEFINE_MUTEX(control_lock);
static char last_command[32] = "none";
static unsigned int last_done;
static int last_error;

/* Inodes that had an address: see "remember". Only compared. */
static const void *remembered[MAX_REMEMBERED];
static unsigned int n_remembered;

static noinline int locks_shared(struct inode *inode)
{
	down_read(&inode->i_rwsem);
	up_read(&inode->i_rwsem);
	return 0;
}

static noinline int locks_exclusive(struct inode *inode)
{
	down_write(&inode->i_rwsem);
	up_write(&inode->i_rwsem);
	return 0;
}

static noinline int locks_try_shared(struct inode *inode)
{
	if (!down_read_trylock(&inode->i_rwsem))
		return -EBUSY;
	up_read(&inode->i_rwsem);
	return 0;
}

static noinline int locks_try_exclusive(struct inode *inode)
{
	if (!down_write_trylock(&inode->i_rwsem))
		return -EBUSY;
	up_write(&inode->i_rwsem);
	return 0;
}

static noinline int locks_killable_shared(struct inode *inode)
{
	int error = down_read_killable(&inode->i_rwsem);

	if (!error)
		up_read(&inode->i_rwsem);
	return error;
}

static noinline int locks_killable_exclusive(struct inode *inode)
{
	int error = down_write_killable(&inode->i_rwsem);

	if (!error)
		up_write(&inode->i_rwsem);
	return error;
}

static noinline int locks_interruptible(struct inode *inode)
{
	int error = down_read_interruptible(&inode->i_rwsem);

	if (!error)
		up_read(&inode->i_rwsem);
	return error;
}

static noinline int locks_downgrade(struct inode *inode)
{
	down_write(&inode->i_rwsem);
	downgrade_write(&inode->i_rwsem);
	up_read(&inode->i_rwsem);
	return 0;
}

/* Trylocks of what a kthread holds exclusively. */
static noinline int locks_try_in_vain(struct inode *inode)
{
	struct holder h = {.sem = &inode->i_rwsem, .mode = HOLDER_EXCLUSIVE};
	int error = holder_start(&h);

	if (error)
		return error;
	if (down_read_trylock(&inode->i_rwsem)) {
		up_read(&inode->i_rwsem);
		error = -EINVAL;
	}
	if (down_write_trylock(&inode->i_rwsem)) {
		up_write(&inode->i_rwsem);
		error = -EINVAL;
	}
	holder_end(&h);
	return error;
}

/* One wait, which ends with having it. */
static noinline int locks_contended(struct inode *inode)
{
	struct holder h = {.sem = &inode->i_rwsem, .mode = HOLDER_EXCLUSIVE, .until_awaited = true};
	int error = holder_start(&h);

	if (error)
		return error;
	down_read(&inode->i_rwsem);
	up_read(&inode->i_rwsem);
	holder_end(&h);
	return 0;
}

static noinline int locks_interrupted_wait(void *data)
{
	struct rw_semaphore *sem = data;
	int error;

	allow_signal(SIGUSR1);
	error = down_read_interruptible(sem);
	if (!error)
		up_read(sem);
	while (!kthread_should_stop())
		usleep_range(500, 1000);
	return error;
}

/* One wait, which a signal ends. */
static noinline int locks_interrupted(struct inode *inode)
{
	struct holder h = {.sem = &inode->i_rwsem, .mode = HOLDER_EXCLUSIVE};
	struct task_struct *waiter;
	int error = holder_start(&h);

	if (error)
		return error;
	waiter = kthread_run(locks_interrupted_wait, h.sem, "lock-waiter");
	if (IS_ERR(waiter)) {
		holder_end(&h);
		return PTR_ERR(waiter);
	}
	while (!rwsem_is_contended(h.sem))
		usleep_range(500, 1000);
	send_sig(SIGUSR1, waiter, 1);
	error = kthread_stop(waiter);
	holder_end(&h);
	return error == -EINTR ? 0 : -EINVAL;
}

/* More at a time than are kept of one task. */
static noinline int locks_deep(struct inode *inode)
{
	for (int i = 0; i < DEEP; i++)
		down_read(&inode->i_rwsem);
	for (int i = 0; i < DEEP; i++)
		up_read(&inode->i_rwsem);
	return 0;
}

static noinline int locks_invalidate_shared(struct inode *inode)
{
	filemap_invalidate_lock_shared(inode->i_mapping);
	filemap_invalidate_unlock_shared(inode->i_mapping);
	return 0;
}

static noinline int locks_invalidate_exclusive(struct inode *inode)
{
	filemap_invalidate_lock(inode->i_mapping);
	filemap_invalidate_unlock(inode->i_mapping);
	return 0;
}

static noinline int locks_umount_shared(struct inode *inode)
{
	down_read(&inode->i_sb->s_umount);
	up_read(&inode->i_sb->s_umount);
	return 0;
}

static noinline int locks_rename_mutex(struct inode *inode)
{
	mutex_lock(&inode->i_sb->s_vfs_rename_mutex);
	mutex_unlock(&inode->i_sb->s_vfs_rename_mutex);
	return 0;
}

/* Where an inode has i_sb, this has the super_block, too; and nothing else of an inode. */
struct alike {
	char before[offsetof(struct inode, i_sb)];
	struct super_block *sb;
	char between[offsetof(struct inode, i_rwsem) - offsetof(struct inode, i_sb) - sizeof(void *)];
	struct rw_semaphore sem;
	char after[sizeof(struct inode)];
};

static_assert(offsetof(struct alike, sem) - offsetof(struct alike, sb) ==
	      offsetof(struct inode, i_rwsem) - offsetof(struct inode, i_sb));

static noinline int locks_alike_super_block(struct inode *inode)
{
	struct alike *a = kzalloc(sizeof(*a), GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	a->sb = inode->i_sb;
	init_rwsem(&a->sem);
	down_write(&a->sem);
	up_write(&a->sem);
	kfree(a);
	return 0;
}

static noinline int locks_alike_mmap(struct inode *inode)
{
	i_mmap_lock_write(inode->i_mapping);
	i_mmap_unlock_write(inode->i_mapping);
	return 0;
}

/* The copy's i_mapping is the inode's own i_data, whose host is the inode. */
static noinline int locks_alike_copy(struct inode *inode)
{
	struct inode *copy = kmemdup(inode, sizeof(*inode), GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	init_rwsem(&copy->i_rwsem);
	init_rwsem(&copy->i_data.invalidate_lock);
	down_write(&copy->i_rwsem);
	up_write(&copy->i_rwsem);
	down_read(&copy->i_data.invalidate_lock);
	up_read(&copy->i_data.invalidate_lock);
	kfree(copy);
	return 0;
}

static noinline int locks_alike_mutex(struct inode *inode)
{
	static DEFINE_MUTEX(private_mutex);
	static DECLARE_RWSEM(private_rwsem);

	mutex_lock(&private_mutex);
	down_write(&private_rwsem);
	up_write(&private_rwsem);
	mutex_unlock(&private_mutex);
	return 0;
}

/* Taken by a kthread, released here, while the kthread is still there. */
static int hand_over(struct inode *inode, enum holder_mode mode)
{
	struct holder h = {.sem = &inode->i_rwsem, .mode = mode, .leaves = true};
	int error = holder_start(&h);

	if (error)
		return error;
	holder_release(h.sem, mode);
	holder_end(&h);
	return 0;
}

/* Taken by a kthread that ends, and released when nothing is left of it. */
static int leave_behind(struct inode *inode, enum holder_mode mode)
{
	struct holder h = {.sem = &inode->i_rwsem, .mode = mode, .leaves = true};
	int error = holder_start(&h);

	if (error)
		return error;
	get_task_struct(h.task);
	holder_end(&h);
	while (pid_alive(h.task))
		msleep(1);
	put_task_struct(h.task);
	/* Its last context switch, and then the callback that tells of its end. */
	msleep(50);
	rcu_barrier();
	holder_release(h.sem, mode);
	return 0;
}

static noinline int locks_hand_shared(struct inode *inode)
{
	return hand_over(inode, HOLDER_SHARED);
}

static noinline int locks_hand_exclusive(struct inode *inode)
{
	return hand_over(inode, HOLDER_EXCLUSIVE);
}

static noinline int locks_exit_shared(struct inode *inode)
{
	return leave_behind(inode, HOLDER_SHARED);
}

static noinline int locks_exit_exclusive(struct inode *inode)
{
	return leave_behind(inode, HOLDER_EXCLUSIVE);
}

static unsigned int count_waiters(struct rw_semaphore *sem)
{
	struct list_head *at;
	unsigned int n = 0;

	raw_spin_lock_irq(&sem->wait_lock);
	list_for_each(at, &sem->wait_list) n++;
	raw_spin_unlock_irq(&sem->wait_lock);
	return n;
}

/* How many wait for @sem: returns when they are @count or more, or, for 0, none; for a minute at the most. */
static int wait_for_waiters(struct rw_semaphore *sem, unsigned int count)
{
	unsigned long end = jiffies + 60 * HZ;
	unsigned int n;

	while (n = count_waiters(sem), count ? n < count : n > 0) {
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		msleep(20);
	}
	last_done = n;
	return 0;
}

static noinline int locks_crowd(struct inode *inode, unsigned int count)
{
	int error;

	down_write(&inode->i_rwsem);
	error = wait_for_waiters(&inode->i_rwsem, count);
	up_write(&inode->i_rwsem);
	return error;
}

static noinline int locks_deserted(struct inode *inode, unsigned int count)
{
	int error;

	down_write(&inode->i_rwsem);
	error = wait_for_waiters(&inode->i_rwsem, count);
	if (!error)
		error = wait_for_waiters(&inode->i_rwsem, 0);
	up_write(&inode->i_rwsem);
	return error;
}

static int remember(struct inode *inode)
{
	if (n_remembered == MAX_REMEMBERED)
		return -ENOSPC;
	remembered[n_remembered++] = inode;
	return 0;
}

static int was_remembered(struct inode *inode)
{
	for (unsigned int i = 0; i < n_remembered; i++)
		if (remembered[i] == inode)
			return 0;
	return -ENOENT;
}

static const struct command {
	const char *name;
	int (*once)(struct inode *inode);
	int (*all)(struct inode *inode, unsigned int count);
} commands[] = {
	/* i_rwsem */
	{"shared", locks_shared},
	{"exclusive", locks_exclusive},
	{"try-shared", locks_try_shared},
	{"try-exclusive", locks_try_exclusive},
	{"killable-shared", locks_killable_shared},
	{"killable-exclusive", locks_killable_exclusive},
	{"interruptible", locks_interruptible},
	{"downgrade", locks_downgrade},
	{"try-in-vain", locks_try_in_vain}, /* a kthread takes it, too */
	{"contended", locks_contended},     /* the same */
	{"interrupted", locks_interrupted}, /* the same */
	{"deep", locks_deep},               /* DEEP times at a time */
	/* other locks of an inode or a super_block */
	{"invalidate-shared", locks_invalidate_shared},
	{"invalidate-exclusive", locks_invalidate_exclusive},
	{"umount-shared", locks_umount_shared},
	{"rename-mutex", locks_rename_mutex},
	/* none of a filesystem's, but alike */
	{"alike-super-block", locks_alike_super_block},
	{"alike-mmap", locks_alike_mmap},
	{"alike-copy", locks_alike_copy},
	{"alike-mutex", locks_alike_mutex},
	/* i_rwsem, released by another task than the one that took it */
	{"hand-shared", locks_hand_shared},
	{"hand-exclusive", locks_hand_exclusive},
	{"exit-shared", locks_exit_shared},
	{"exit-exclusive", locks_exit_exclusive},
	{"crowd", .all = locks_crowd},
	{"deserted", .all = locks_deserted},
	/* Has an inode the address of one that was remembered? An error if not. */
	{"remember", remember},
	{"was-remembered", was_remembered},
};

static const struct command *find_command(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++)
		if (name && !strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int run_command(const struct command *command, const char *where, unsigned int count)
{
	struct path path;
	int error = kern_path(where, LOOKUP_FOLLOW, &path);

	if (error)
		return error;
	if (command->all)
		error = command->all(d_inode(path.dentry), count);
	while (!error && command->once && last_done < count) {
		error = command->once(d_inode(path.dentry));
		if (!error)
			last_done++;
		cond_resched();
	}
	path_put(&path);
	return error;
}

static ssize_t control_write(struct file *file, const char __user *from, size_t size, loff_t *offset)
{
	const struct command *command;
	char *line, *rest, *where, *number;
	unsigned int count;
	int error = -EINVAL;

	if (size >= MAX_LINE)
		return -EINVAL;
	line = memdup_user_nul(from, size);
	if (IS_ERR(line))
		return PTR_ERR(line);
	rest = strim(line);
	command = find_command(strsep(&rest, " "));
	where = strsep(&rest, " ");
	number = strsep(&rest, " ");
	if (!command || !where || !number || rest || kstrtouint(number, 10, &count))
		goto free;

	mutex_lock(&control_lock);
	strscpy(last_command, command->name, sizeof(last_command));
	last_done = 0;
	error = run_command(command, where, count);
	last_error = error;
	mutex_unlock(&control_lock);
free:
	kfree(line);
	return error ? error : size;
}

static int control_show(struct seq_file *to, void *unused)
{
	mutex_lock(&control_lock);
	seq_printf(to, "%s done=%u error=%d\n", last_command, last_done, last_error);
	mutex_unlock(&control_lock);
	return 0;
}

static int control_open(struct inode *inode, struct file *file)
{
	return single_open(file, control_show, NULL);
}

static const struct proc_ops control_ops = {
	.proc_open = control_open,
	.proc_read = seq_read,
	.proc_write = control_write,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};

static int __init locks_init(void)
{
	return proc_create(CONTROL, 0600, NULL, &control_ops) ? 0 : -ENOMEM;
}

static void __exit locks_exit(void)
{
	remove_proc_entry(CONTROL, NULL);
}

module_init(locks_init);
module_exit(locks_exit);
