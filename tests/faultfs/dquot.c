// SPDX-License-Identifier: GPL-2.0
/* dquot_operations, of a dquot that no quota file knows. */
#include <linux/fs.h>
#include <linux/quota.h>
#include <linux/slab.h>

#include "faultfs.h"

static struct dquot *dquot;

static noinline int faultfs_dquot_write_dquot(struct dquot *which)
{
	faultfs_stub();
	return 0;
}

static noinline int call_dquot_write_dquot(struct scene *s)
{
	int result = s->sb->dq_op->write_dquot(dquot);

	barrier();
	return result;
}

static noinline int faultfs_dquot_acquire_dquot(struct dquot *which)
{
	faultfs_stub();
	return 0;
}

static noinline int call_dquot_acquire_dquot(struct scene *s)
{
	int result = s->sb->dq_op->acquire_dquot(dquot);

	barrier();
	return result;
}

static noinline int faultfs_dquot_release_dquot(struct dquot *which)
{
	faultfs_stub();
	return 0;
}

static noinline int call_dquot_release_dquot(struct scene *s)
{
	int result = s->sb->dq_op->release_dquot(dquot);

	barrier();
	return result;
}

static noinline int faultfs_dquot_mark_dirty(struct dquot *which)
{
	faultfs_stub();
	return 0;
}

static noinline int call_dquot_mark_dirty(struct scene *s)
{
	int result = s->sb->dq_op->mark_dirty(dquot);

	barrier();
	return result;
}

static noinline int faultfs_dquot_write_info(struct super_block *sb, int type)
{
	faultfs_stub();
	return 0;
}

static noinline int call_dquot_write_info(struct scene *s)
{
	int result = s->sb->dq_op->write_info(s->sb, USRQUOTA);

	barrier();
	return result;
}

const struct dquot_operations faultfs_dquot_ops = {
	.write_dquot = faultfs_dquot_write_dquot,
	.acquire_dquot = faultfs_dquot_acquire_dquot,
	.release_dquot = faultfs_dquot_release_dquot,
	.mark_dirty = faultfs_dquot_mark_dirty,
	.write_info = faultfs_dquot_write_info,
};

static int set_up(struct scene *s)
{
	dquot = kzalloc(sizeof(*dquot), GFP_KERNEL);
	if (!dquot)
		return -ENOMEM;
	mutex_init(&dquot->dq_lock);
	dquot->dq_sb = s->sb;
	return 0;
}

static void tear_down(struct scene *s)
{
	kfree(dquot);
	dquot = NULL;
}

static int nested_write_dquot(struct scene *s)
{
	return s->sb->dq_op->write_dquot(dquot);
}

static const struct faultfs_method dquot_methods[] = {
	{.name = "write_dquot", .call = call_dquot_write_dquot},
	{.name = "acquire_dquot", .call = call_dquot_acquire_dquot, .nested = nested_write_dquot},
	{.name = "release_dquot", .call = call_dquot_release_dquot, .nested = nested_write_dquot},
	{.name = "mark_dirty", .call = call_dquot_mark_dirty, .nested = nested_write_dquot},
	{.name = "write_info", .call = call_dquot_write_info},
	{},
};

const struct faultfs_part faultfs_dquot_part = {
	.name = "dquot_operations",
	.methods = dquot_methods,
	.setup = set_up,
	.teardown = tear_down,
};
