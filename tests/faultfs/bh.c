// SPDX-License-Identifier: GPL-2.0
/* The method of a buffer, b_end_io: of buffers in a page of a/file. From 7.2 on there is none. */
#include <linux/blk_types.h>
#include <linux/buffer_head.h>

#include "pages.h"

#if FAULTFS_SINCE(7, 2)

static const struct faultfs_method bh_methods[] = {
	{},
};

const struct faultfs_part faultfs_bh_part = {.name = "buffer_head", .methods = bh_methods};

#else

/* So many calls can leave theirs locked. The last one is the neighbour of all. */
#define BUFFERS 64
#define BUFFER_SIZE 512

static struct buffer_head *buffers[BUFFERS + 1];
static unsigned int chosen;

static noinline void faultfs_bh_b_end_io(struct buffer_head *bh, int uptodate)
{
	if (!faultfs_stub())
		unlock_buffer(bh);
	barrier();
}

static int choose(struct scene *s)
{
	/* Submitting may sleep. */
	if (faultfs_is_variant(s, "submit") && s->call->context != FAULTFS_TASK)
		return -EOPNOTSUPP;
	for (chosen = 0; chosen < BUFFERS; chosen++)
		if (!buffer_locked(buffers[chosen]))
			return 0;
	chosen = 0;
	return -EBUSY;
}

/* The disk completes it at once, in this task. */
static int submit(struct buffer_head *bh)
{
	if (!buffer_locked(bh))
		return -EINVAL;
#if FAULTFS_SINCE(6, 0)
	submit_bh(REQ_OP_READ, bh);
#else
	submit_bh(REQ_OP_READ, 0, bh);
#endif
	return 0;
}

static noinline int call_bh_b_end_io(struct scene *s)
{
	struct buffer_head *bh = buffers[chosen];
	int result = 0;

	if (faultfs_is_variant(s, "submit"))
		result = submit(bh);
	else
		bh->b_end_io(bh, 1);
	barrier();
	return result;
}

static void *find_buffer(struct scene *s, bool neighbour)
{
	return buffers[neighbour ? BUFFERS : chosen];
}

static int set_up(struct scene *s)
{
	struct page *page;
	int error = faultfs_pages_choose();

	if (error)
		return error;
	page = faultfs_page(0);
	for (unsigned int i = 0; i < ARRAY_SIZE(buffers); i++) {
		struct buffer_head *bh = alloc_buffer_head(GFP_KERNEL);

		if (!bh)
			return -ENOMEM;
		buffers[i] = bh;
		get_bh(bh);
		/* Not one of the page's own buffers: those go when the page does. */
		bh->b_page = page;
		bh->b_data = page_address(page);
		bh->b_size = BUFFER_SIZE;
		bh->b_bdev = s->sb->s_bdev;
		bh->b_blocknr = i;
		bh->b_end_io = faultfs_bh_b_end_io;
		set_buffer_mapped(bh);
	}
	return 0;
}

static void tear_down(struct scene *s)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(buffers); i++) {
		if (!buffers[i])
			continue;
		put_bh(buffers[i]);
		free_buffer_head(buffers[i]);
		buffers[i] = NULL;
	}
}

static const struct faultfs_lock bh_locks[] = {
	{.name = "buffer_lock.bh", .kind = FAULTFS_BUFFER, .find = find_buffer, .after = FAULTFS_NOW},
	{},
};

/* submit: the way that the kernel comes to call it, and that b_end_io becomes known. */
static const char *const bh_variants[] = {"plain", "submit", NULL};

static const struct faultfs_method bh_methods[] = {
	{
		.name = "b_end_io",
		.variants = bh_variants,
		.locks = bh_locks,
		.prepare = choose,
		.call = call_bh_b_end_io,
	},
	{},
};

const struct faultfs_part faultfs_bh_part = {
	.name = "buffer_head",
	.methods = bh_methods,
	.setup = set_up,
	.teardown = tear_down,
};

#endif
