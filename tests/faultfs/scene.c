// SPDX-License-Identifier: GPL-2.0
/* The objects that calls are about: made at the mount, let go at the unmount. See struct scene. */
#include <linux/completion.h>
#include <linux/dcache.h>
#include <linux/delay.h>
#include <linux/mount.h>
#include <linux/file.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "faultfs.h"

static struct scene scene;

/* Is there a scene, and what may stop it from going. */
static DEFINE_MUTEX(scene_lock);

/* A name in the dcache, of a new inode or, for mode 0, of none. */
static struct dentry *add_name(struct dentry *parent, const char *name, umode_t mode)
{
	struct dentry *dentry = d_alloc_name(parent, name);
	struct inode *inode = NULL;

	if (!dentry)
		return NULL;
	if (mode) {
		inode = faultfs_new_inode(parent->d_sb, mode);
		if (!inode) {
			dput(dentry);
			return NULL;
		}
	}
	d_add(dentry, inode);
	return dentry;
}

static int build_dir(struct faultfs_dir *dir, struct dentry *parent, const char *name)
{
	dir->dentry = add_name(parent, name, S_IFDIR | 0755);
	if (!dir->dentry)
		return -ENOMEM;
	dir->file = add_name(dir->dentry, "file", S_IFREG | 0644);
	dir->victim = add_name(dir->dentry, "victim", S_IFREG | 0644);
	dir->sub = add_name(dir->dentry, "sub", S_IFDIR | 0755);
	dir->other_sub = add_name(dir->dentry, "other_sub", S_IFDIR | 0755);
	dir->fresh = add_name(dir->dentry, "fresh", 0);
	return dir->file && dir->victim && dir->sub && dir->other_sub && dir->fresh ? 0 : -ENOMEM;
}

static void put_dentry(struct dentry **dentry)
{
	dput(*dentry);
	*dentry = NULL;
}

static void end_dir(struct faultfs_dir *dir)
{
	put_dentry(&dir->fresh);
	put_dentry(&dir->other_sub);
	put_dentry(&dir->sub);
	put_dentry(&dir->victim);
	put_dentry(&dir->file);
	put_dentry(&dir->dentry);
}

/*
 * An open file of the filesystem on another mount, as the module has no mount of its own: that would keep the
 * filesystem from being unmounted. It is opened without its methods. Files like these are never made of directories, so
 * it is the spare file that is opened first.
 */
struct file *faultfs_open(struct scene *s, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry), *spare = d_inode(s->spare);
	struct dentry *own;
	struct file *file;

	ihold(spare);
	file = alloc_file_pseudo(spare, s->mnt, "faultfs", O_RDWR, inode->i_fop);
	if (IS_ERR(file)) {
		iput(spare);
		return file;
	}
	own = file->f_path.dentry;
	((struct path *)&file->f_path)->dentry = dget(dentry);
	file->f_inode = inode;
	file->f_mapping = inode->i_mapping;
	dput(own);
	return file;
}

struct close_work {
	struct work_struct work;
	struct file *file;
};

static void close_file(struct work_struct *work)
{
	fput(container_of(work, struct close_work, work)->file);
	flush_delayed_fput();
}

/* What a kthread puts need not wait for a return to user space. */
void faultfs_close(struct file *file)
{
	struct close_work w = {.file = file};
	struct dentry *dentry;
	unsigned int others;

	if (IS_ERR_OR_NULL(file))
		return;
	dentry = dget(file->f_path.dentry);
	others = d_count(dentry) - 1;
	INIT_WORK_ONSTACK(&w.work, close_file);
	schedule_work(&w.work);
	flush_work(&w.work);
	destroy_work_on_stack(&w.work);
	/* Another worker may have taken it, and be about to finish. */
	while (d_count(dentry) > others)
		msleep(1);
	dput(dentry);
}

static int open_files(struct scene *s)
{
	s->file = faultfs_open(s, s->a.file);
	s->other_file = faultfs_open(s, s->b.file);
	s->spare_file = faultfs_open(s, s->spare);
	s->dir_file = faultfs_open(s, s->a.dentry);
	s->spare_dir_file = faultfs_open(s, s->spare_dir);
	if (IS_ERR(s->file) || IS_ERR(s->other_file) || IS_ERR(s->spare_file) || IS_ERR(s->dir_file) ||
	    IS_ERR(s->spare_dir_file))
		return -ENOMEM;
	return 0;
}

static void close_files(struct scene *s)
{
	faultfs_close(s->spare_dir_file);
	faultfs_close(s->dir_file);
	faultfs_close(s->spare_file);
	faultfs_close(s->other_file);
	faultfs_close(s->file);
}

static int build(struct scene *s)
{
	int error;

	s->link = add_name(s->root, "link", S_IFLNK | 0777);
	s->spare = add_name(s->root, "spare", S_IFREG | 0644);
	s->spare_dir = add_name(s->root, "c", S_IFDIR | 0755);
	if (!s->link || !s->spare || !s->spare_dir)
		return -ENOMEM;
	error = build_dir(&s->a, s->root, "a");
	if (!error)
		error = build_dir(&s->b, s->root, "b");
	if (!error)
		error = open_files(s);
	for (int i = 0; !error && faultfs_parts[i]; i++)
		if (faultfs_parts[i]->setup)
			error = faultfs_parts[i]->setup(s);
	return error;
}

/* The root is there; what is missing when this fails, faultfs_scene_end() can do with. */
int faultfs_scene_build(struct super_block *sb)
{
	int error;

	mutex_lock(&scene_lock);
	if (scene.sb) {
		mutex_unlock(&scene_lock);
		return -EBUSY;
	}
	memset(&scene, 0, sizeof(scene));
	scene.sb = sb;
	scene.mnt = faultfs_spare_mnt();
	scene.spare_sb = scene.mnt->mnt_sb;
	scene.root = dget(sb->s_root);
	mutex_unlock(&scene_lock);
	error = build(&scene);
	return error;
}

/* At the end of the filesystem: no command runs, as it would have kept it mounted. */
void faultfs_scene_end(struct super_block *sb)
{
	struct scene *s = &scene;

	if (s->sb != sb)
		return;
	faultfs_settle();
	for (int i = 0; faultfs_parts[i]; i++)
		if (faultfs_parts[i]->teardown)
			faultfs_parts[i]->teardown(s);
	close_files(s);
	end_dir(&s->b);
	end_dir(&s->a);
	put_dentry(&s->spare_dir);
	put_dentry(&s->spare);
	put_dentry(&s->link);
	put_dentry(&s->root);
	mutex_lock(&scene_lock);
	s->sb = NULL;
	mutex_unlock(&scene_lock);
}

struct scene *faultfs_scene_get(const struct faultfs_call *c)
{
	struct scene *s = ERR_PTR(c->on ? -EINVAL : -ENODEV);

	mutex_lock(&scene_lock);
	/* Not while it is being mounted, nor when it is about to go. */
	if (!c->on && scene.sb && (scene.sb->s_flags & SB_ACTIVE) && atomic_inc_not_zero(&scene.sb->s_active))
		s = &scene;
	mutex_unlock(&scene_lock);
	return s;
}

void faultfs_scene_put(struct scene *s)
{
	deactivate_super(s->sb);
}
