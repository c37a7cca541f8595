// SPDX-License-Identifier: GPL-2.0
/* address_space_operations, of a/file. What they do to the lock of a folio is done by faultfs_stub(). */
#include <linux/writeback.h>

#include "aops.h"

struct faultfs_aops_outcome faultfs_aops_outcome;

#if !FAULTFS_SINCE(6, 16)
static noinline int faultfs_aops_writepage(struct page *page, struct writeback_control *wbc)
{
	if (!faultfs_stub())
		unlock_page(page);
	else if (faultfs_aops_outcome.activates)
		return AOP_WRITEPAGE_ACTIVATE;
	return 0;
}
#endif

#if FAULTFS_SINCE(6, 12)
/* The other way to unlock what was read: by the operation that makes it up to date. */
static void end_read(struct folio *folio)
{
	struct faultfs_call *c = faultfs_aops_outcome.ends_read;

	for (unsigned int i = 0; c && i < c->n_states; i++) {
		struct faultfs_state *st = &c->state[i];

		if (st->at != folio || st->neighbour || st->held == FAULTFS_NONE || st->after != FAULTFS_NOW)
			continue;
		folio_clear_uptodate(folio);
		folio_end_read(folio, true);
		st->held = FAULTFS_NONE;
	}
}
#endif

static noinline int faultfs_aops_read_folio(struct file *file, struct folio *folio)
{
#if FAULTFS_SINCE(6, 12)
	end_read(folio);
#endif
	if (!faultfs_stub()) {
		folio_mark_uptodate(folio);
		folio_unlock(folio);
	}
	return 0;
}

static noinline int faultfs_aops_writepages(struct address_space *mapping, struct writeback_control *wbc)
{
	faultfs_stub();
	return 0;
}

#if FAULTFS_SINCE(5, 18)
static noinline bool faultfs_aops_dirty_folio(struct address_space *mapping, struct folio *folio)
{
	faultfs_stub();
	return false;
}
#else
static noinline int faultfs_aops_set_page_dirty(struct page *page)
{
	faultfs_stub();
	return 0;
}
#endif

/* Takes what it was given as filesystems do: each one with the reference that comes with it. */
static void take_all(struct readahead_control *rac)
{
#if FAULTFS_SINCE(5, 16)
	while (readahead_folio(rac))
		;
#else
	struct page *page;

	while ((page = readahead_page(rac)))
		put_page(page);
#endif
}

static noinline void faultfs_aops_readahead(struct readahead_control *rac)
{
	/*
	 * What is not the command's is left to the caller, and so are folios that are not locked: to take them may be a
	 * bug to the kernel.
	 */
	if (readahead_index(rac) == page_folio(faultfs_page(0))->index && PageLocked(faultfs_page(0)))
		take_all(rac);
	faultfs_stub();
	barrier();
}

#if !FAULTFS_SINCE(5, 18)
/* The pages come unlocked, in a list, and in no page cache. */
static noinline int faultfs_aops_readpages(struct file *file, struct address_space *mapping, struct list_head *pages,
					   unsigned int n)
{
	faultfs_stub();
	return 0;
}
#endif

static noinline int faultfs_aops_write_begin(WRITER_TYPE *writer, struct address_space *mapping, loff_t at,
					     WRITE_SIZE_PARAM, WRITTEN_TYPE **out, void **fsdata)
{
	*out = TO_WRITE(faultfs_page(0));
	return faultfs_stub() ? faultfs_aops_outcome.refuses : -EIO;
}

static noinline int faultfs_aops_write_end(WRITER_TYPE *writer, struct address_space *mapping, loff_t at,
					   unsigned int size, unsigned int copied, WRITTEN_TYPE *from, void *fsdata)
{
	return faultfs_stub() ? copied : -EIO;
}

static noinline sector_t faultfs_aops_bmap(struct address_space *mapping, sector_t block)
{
	faultfs_stub();
	return 0;
}

#if FAULTFS_SINCE(5, 18)
static noinline void faultfs_aops_invalidate_folio(struct folio *folio, size_t offset, size_t size)
#else
static noinline void faultfs_aops_invalidatepage(struct page *page, unsigned int offset, unsigned int size)
#endif
{
	faultfs_stub();
	barrier();
}

#if FAULTFS_SINCE(5, 19)
static noinline bool faultfs_aops_release_folio(struct folio *folio, gfp_t gfp)
#else
static noinline int faultfs_aops_releasepage(struct page *page, gfp_t gfp)
#endif
{
	faultfs_stub();
	return true;
}

static noinline void faultfs_aops_free_folio(struct folio *folio)
{
	faultfs_stub();
	barrier();
}

static noinline ssize_t faultfs_aops_direct_IO(struct kiocb *iocb, struct iov_iter *iter)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_aops_migrate_folio(struct address_space *mapping, struct folio *to, struct folio *from,
					       enum migrate_mode mode)
{
	faultfs_stub();
	return 0;
}

#if !FAULTFS_SINCE(6, 0)
static noinline bool faultfs_aops_isolate_page(struct page *page, isolate_mode_t mode)
{
	faultfs_stub();
	return false;
}

static noinline void faultfs_aops_putback_page(struct page *page)
{
	faultfs_stub();
	barrier();
}
#endif

static noinline int faultfs_aops_launder_folio(struct folio *folio)
{
	faultfs_stub();
	return 0;
}

#if FAULTFS_SINCE(5, 18)
static noinline bool faultfs_aops_is_partially_uptodate(struct folio *folio, size_t from, size_t size)
#else
static noinline int faultfs_aops_is_partially_uptodate(struct page *page, unsigned long from, unsigned long size)
#endif
{
	faultfs_stub();
	return false;
}

static noinline int faultfs_aops_error_remove_folio(struct address_space *mapping, REMOVED_TYPE *removed)
{
	faultfs_stub();
	return 0;
}

static noinline int faultfs_aops_swap_activate(struct swap_info_struct *sis, struct file *file, sector_t *span)
{
	return faultfs_stub() ? 0 : -EINVAL;
}

static noinline void faultfs_aops_swap_deactivate(struct file *file)
{
	faultfs_stub();
	barrier();
}

#if FAULTFS_SINCE(5, 19)
static noinline int faultfs_aops_swap_rw(struct kiocb *iocb, struct iov_iter *iter)
{
	faultfs_stub();
	return 0;
}
#endif

const struct address_space_operations faultfs_aops = {
#if !FAULTFS_SINCE(6, 16)
	.writepage = faultfs_aops_writepage,
#endif
	.read_folio = faultfs_aops_read_folio,
	.writepages = faultfs_aops_writepages,
	.dirty_folio = faultfs_aops_dirty_folio,
	.readahead = faultfs_aops_readahead,
#if !FAULTFS_SINCE(5, 18)
	.readpages = faultfs_aops_readpages,
#endif
	.write_begin = faultfs_aops_write_begin,
	.write_end = faultfs_aops_write_end,
	.bmap = faultfs_aops_bmap,
	.invalidate_folio = faultfs_aops_invalidate_folio,
	.release_folio = faultfs_aops_release_folio,
	.free_folio = faultfs_aops_free_folio,
	.direct_IO = faultfs_aops_direct_IO,
	.migrate_folio = faultfs_aops_migrate_folio,
#if !FAULTFS_SINCE(6, 0)
	.isolate_page = faultfs_aops_isolate_page,
	.putback_page = faultfs_aops_putback_page,
#endif
	.launder_folio = faultfs_aops_launder_folio,
	.is_partially_uptodate = faultfs_aops_is_partially_uptodate,
	.error_remove_folio = faultfs_aops_error_remove_folio,
	.swap_activate = faultfs_aops_swap_activate,
	.swap_deactivate = faultfs_aops_swap_deactivate,
#if FAULTFS_SINCE(5, 19)
	.swap_rw = faultfs_aops_swap_rw,
#endif
};
