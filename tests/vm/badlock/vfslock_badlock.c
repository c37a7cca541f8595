// SPDX-License-Identifier: GPL-2.0
/*
 * vfslock_badlock - call a mounted filesystem's own ->lookup and ->create with the wrong locks, or the right ones, so
 * that an audit of that filesystem has something to find, and its count can be compared.
 *
 * Write one line to /proc/vfslock_badlock:
 *
 *	lookup-unlocked DIR NAME COUNT		no lock; documented: i_rwsem of the directory, at least shared
 *	lookup-shared DIR NAME COUNT		right
 *	lookup-locked DIR NAME COUNT		right: exclusive
 *	lookup-other DIR NAME COUNT		shared, but by a kthread, not by the caller
 *	lookup-handed DIR NAME COUNT		the same, and the caller had it before, and a kthread released it
 *	create-unlocked DIR NAME COUNT		no lock; documented: i_rwsem of the directory, exclusive
 *	create-shared DIR NAME COUNT		shared
 *	create-locked DIR NAME COUNT		right
 *	create-other DIR NAME COUNT		exclusive, but by a kthread, not by the caller
 *
 * DIR is an absolute path, and COUNT calls are made with the names NAME0, NAME1 ... in it. They must not be in the
 * dcache (-EEXIST), and for create not in the directory either; it makes one right ->lookup of each name first. Reading
 *the file gives "COMMAND calls=N error=E": how many calls were made by the last line written, and the first error (0,
 *or negative), which also ends the write.
 *
 * Each way has a function of its own that is not inlined, badlock_create_unlocked and so on, for stack traces to show.
 * The calls are safe as long as nobody else touches DIR meanwhile: the locks that are left out keep others away, and
 * nothing else. The names are hashed and put into the dcache as the VFS does, and writes are announced to the mount.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/namei.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#include "holder.h"

MODULE_DESCRIPTION("Calls filesystem methods under wrong locks, for tests of vfslock");
MODULE_LICENSE("GPL");

#define CONTROL "vfslock_badlock"
#define MAX_LINE 1024

/* Lets one command run at a time. */
static DEFINE_MUTEX(control_lock);
/* The last command's outcome. A lock of its own: who reads the file may hold what a command waits for. */
static DEFINE_MUTEX(outcome_lock);
static char last_command[32] = "none";
static unsigned int last_calls;
static int last_error;

/* ->lookup of a name that is new to the dcache. Gives the dentry to use from here on, to be put by the caller. */
static struct dentry *call_lookup(const struct path *dir, const char *name)
{
	struct qstr this = QSTR_INIT(name, strlen(name));
	struct dentry *dentry, *found;

	this.hash = full_name_hash(dir->dentry, name, this.len);
	/* A cached name would make the new dentry its double. */
	found = d_lookup(dir->dentry, &this);
	if (found) {
		dput(found);
		return ERR_PTR(-EEXIST);
	}
	dentry = d_alloc(dir->dentry, &this);
	if (!dentry)
		return ERR_PTR(-ENOMEM);

	/* What it returns, if not NULL, takes the place of what it was given. */
	found = d_inode(dir->dentry)->i_op->lookup(d_inode(dir->dentry), dentry, 0);
	if (found) {
		dput(dentry);
		dentry = found;
	}
	return dentry;
}

static int call_create(const struct path *dir, struct dentry *dentry)
{
	struct inode *inode = d_inode(dir->dentry);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0)
	return inode->i_op->create(mnt_idmap(dir->mnt), inode, dentry, S_IFREG | 0600, true);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
	return inode->i_op->create(mnt_user_ns(dir->mnt), inode, dentry, S_IFREG | 0600, true);
#else
	return inode->i_op->create(inode, dentry, S_IFREG | 0600, true);
#endif
}

/* Forget the name again, outside the lock, so that the same command can be given twice. */
static int end_lookup(struct dentry *dentry)
{
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	d_drop(dentry);
	dput(dentry);
	return 0;
}

static noinline int badlock_lookup_unlocked(const struct path *dir, const char *name)
{
	return end_lookup(call_lookup(dir, name));
}

static noinline int badlock_lookup_shared(const struct path *dir, const char *name)
{
	struct dentry *dentry;

	inode_lock_shared(d_inode(dir->dentry));
	dentry = call_lookup(dir, name);
	inode_unlock_shared(d_inode(dir->dentry));
	return end_lookup(dentry);
}

static noinline int badlock_lookup_locked(const struct path *dir, const char *name)
{
	struct dentry *dentry;

	inode_lock(d_inode(dir->dentry));
	dentry = call_lookup(dir, name);
	inode_unlock(d_inode(dir->dentry));
	return end_lookup(dentry);
}

static noinline int badlock_lookup_other(const struct path *dir, const char *name)
{
	struct holder h = {.sem = &d_inode(dir->dentry)->i_rwsem, .mode = HOLDER_SHARED};
	struct dentry *dentry;
	int error;

	error = holder_start(&h);
	if (error)
		return error;
	dentry = call_lookup(dir, name);
	holder_end(&h);
	return end_lookup(dentry);
}

static int release_shared(void *sem)
{
	up_read(sem);
	return 0;
}

static noinline int badlock_lookup_handed(const struct path *dir, const char *name)
{
	struct rw_semaphore *sem = &d_inode(dir->dentry)->i_rwsem;
	struct task_struct *other;
	int error;

	down_read(sem);
	other = kthread_run(release_shared, sem, "lock-releaser");
	if (IS_ERR(other)) {
		up_read(sem);
		return PTR_ERR(other);
	}
	while (rwsem_is_locked(sem))
		usleep_range(500, 1000);
	error = badlock_lookup_other(dir, name);
	barrier();
	return error;
}

static noinline int badlock_create_unlocked(const struct path *dir, struct dentry *dentry)
{
	int error = call_create(dir, dentry);

	/* Not a tail call: this function must be on the stack. */
	barrier();
	return error;
}

static noinline int badlock_create_shared(const struct path *dir, struct dentry *dentry)
{
	int error;

	inode_lock_shared(d_inode(dir->dentry));
	error = call_create(dir, dentry);
	inode_unlock_shared(d_inode(dir->dentry));
	return error;
}

static noinline int badlock_create_locked(const struct path *dir, struct dentry *dentry)
{
	int error;

	inode_lock(d_inode(dir->dentry));
	error = call_create(dir, dentry);
	inode_unlock(d_inode(dir->dentry));
	return error;
}

static noinline int badlock_create_other(const struct path *dir, struct dentry *dentry)
{
	struct holder h = {.sem = &d_inode(dir->dentry)->i_rwsem, .mode = HOLDER_EXCLUSIVE};
	int error;

	error = holder_start(&h);
	if (error)
		return error;
	error = call_create(dir, dentry);
	holder_end(&h);
	return error;
}

/*
 * Prepare one ->create as open(O_CREAT) does: announce the write to the mount, and look the name up, with the lock
 * that a lookup needs, so that create is the one call under test.
 */
static int prepare_create(const struct path *dir, const char *name,
			  int (*create)(const struct path *dir, struct dentry *dentry))
{
	struct dentry *dentry;
	int error;

	error = mnt_want_write(dir->mnt);
	if (error)
		return error;
	inode_lock(d_inode(dir->dentry));
	dentry = call_lookup(dir, name);
	inode_unlock(d_inode(dir->dentry));
	if (IS_ERR(dentry)) {
		error = PTR_ERR(dentry);
		goto drop_write;
	}
	error = d_is_positive(dentry) ? -EEXIST : create(dir, dentry);
	dput(dentry);
drop_write:
	mnt_drop_write(dir->mnt);
	return error;
}

static const struct command {
	const char *name;
	int (*lookup)(const struct path *dir, const char *name);
	int (*create)(const struct path *dir, struct dentry *dentry);
} commands[] = {
	{.name = "lookup-unlocked", .lookup = badlock_lookup_unlocked},
	{.name = "lookup-shared", .lookup = badlock_lookup_shared},
	{.name = "lookup-locked", .lookup = badlock_lookup_locked},
	{.name = "lookup-other", .lookup = badlock_lookup_other},
	{.name = "lookup-handed", .lookup = badlock_lookup_handed},
	{.name = "create-unlocked", .create = badlock_create_unlocked},
	{.name = "create-shared", .create = badlock_create_shared},
	{.name = "create-locked", .create = badlock_create_locked},
	{.name = "create-other", .create = badlock_create_other},
};

static const struct command *find_command(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (name && !strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int run_command(const struct command *command, const char *where, const char *prefix, unsigned int count,
		       unsigned int *calls)
{
	char name[NAME_MAX + 1];
	struct path dir;
	int error;

	error = kern_path(where, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &dir);
	if (error)
		return error;
	if (!d_inode(dir.dentry)->i_op->lookup || !d_inode(dir.dentry)->i_op->create)
		error = -EOPNOTSUPP;
	for (; !error && *calls < count;) {
		if (snprintf(name, sizeof(name), "%s%u", prefix, *calls) >= sizeof(name)) {
			error = -ENAMETOOLONG;
			break;
		}
		if (command->lookup)
			error = command->lookup(&dir, name);
		else
			error = prepare_create(&dir, name, command->create);
		if (!error)
			(*calls)++;
		cond_resched();
	}
	path_put(&dir);
	return error;
}

static ssize_t control_write(struct file *file, const char __user *from, size_t size, loff_t *offset)
{
	const struct command *command;
	char *line, *rest, *where, *prefix, *number;
	unsigned int count, calls = 0;
	int error;

	if (size >= MAX_LINE)
		return -EINVAL;
	line = memdup_user_nul(from, size);
	if (IS_ERR(line))
		return PTR_ERR(line);
	rest = strim(line);
	command = find_command(strsep(&rest, " "));
	where = strsep(&rest, " ");
	prefix = strsep(&rest, " ");
	number = strsep(&rest, " ");
	error = -EINVAL;
	if (!command || !where || !prefix || !number || rest || strchr(prefix, '/') || kstrtouint(number, 10, &count))
		goto free;

	mutex_lock(&control_lock);
	error = run_command(command, where, prefix, count, &calls);
	mutex_lock(&outcome_lock);
	strscpy(last_command, command->name, sizeof(last_command));
	last_calls = calls;
	last_error = error;
	mutex_unlock(&outcome_lock);
	mutex_unlock(&control_lock);
free:
	kfree(line);
	return error ? error : size;
}

static int control_show(struct seq_file *to, void *unused)
{
	mutex_lock(&outcome_lock);
	seq_printf(to, "%s calls=%u error=%d\n", last_command, last_calls, last_error);
	mutex_unlock(&outcome_lock);
	return 0;
}

static int control_open(struct inode *inode, struct file *file)
{
	return single_open(file, control_show, NULL);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 6, 0)
static const struct proc_ops control_ops = {
	.proc_open = control_open,
	.proc_read = seq_read,
	.proc_write = control_write,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
};
#else
#error "vfslock_badlock needs Linux 5.6 or newer: /proc files have other operations before"
#endif

static int __init badlock_init(void)
{
	return proc_create(CONTROL, 0600, NULL, &control_ops) ? 0 : -ENOMEM;
}

static void __exit badlock_exit(void)
{
	remove_proc_entry(CONTROL, NULL);
}

module_init(badlock_init);
module_exit(badlock_exit);
