/* SPDX-License-Identifier: GPL-2.0 */
/* What methods were called while they got pages: their stubs, and the functions that call them, are named like that. */
#ifndef FAULTFS_AOPS_H
#define FAULTFS_AOPS_H

#include "pages.h"

#if FAULTFS_SINCE(5, 18)
#define FOLIO_SUBJECT "folio_lock.folio"
#define INVALIDATE_NAME "invalidate_folio"
#define VIA_DIRTY afs_dirty_folio
#else
#define FOLIO_SUBJECT "folio_lock.page"
#define INVALIDATE_NAME "invalidatepage"
#define VIA_DIRTY f2fs_set_data_page_dirty
#define dirty_folio set_page_dirty
#define faultfs_aops_dirty_folio faultfs_aops_set_page_dirty
#define call_aops_dirty_folio call_aops_set_page_dirty
#define invalidate_folio invalidatepage
#define faultfs_aops_invalidate_folio faultfs_aops_invalidatepage
#define call_aops_invalidate_folio call_aops_invalidatepage
#define launder_folio launder_page
#define faultfs_aops_launder_folio faultfs_aops_launder_page
#define call_aops_launder_folio call_aops_launder_page
#endif

#if FAULTFS_SINCE(5, 19)
#define VIA_READ do_read_cache_folio
#else
#define VIA_READ do_read_cache_page
#define read_folio readpage
#define faultfs_aops_read_folio faultfs_aops_readpage
#define call_aops_read_folio call_aops_readpage
#define release_folio releasepage
#define faultfs_aops_release_folio faultfs_aops_releasepage
#define call_aops_release_folio call_aops_releasepage
#define free_folio freepage
#define faultfs_aops_free_folio faultfs_aops_freepage
#define call_aops_free_folio call_aops_freepage
#endif

#if !FAULTFS_SINCE(6, 0)
#define migrate_folio migratepage
#define faultfs_aops_migrate_folio faultfs_aops_migratepage
#define call_aops_migrate_folio call_aops_migratepage
#endif

#if FAULTFS_SINCE(6, 8)
#define REMOVED_SUBJECT "folio_lock.folio"
#define REMOVED_TYPE struct folio
#define TO_REMOVE(page) page_folio(page)
#else
#define REMOVED_SUBJECT "folio_lock.page"
#define REMOVED_TYPE struct page
#define TO_REMOVE(page) (page)
#define error_remove_folio error_remove_page
#define faultfs_aops_error_remove_folio faultfs_aops_error_remove_page
#define call_aops_error_remove_folio call_aops_error_remove_page
#endif

/* What write_begin hands out, and write_end gets back. */
#if FAULTFS_SINCE(6, 12)
#define WRITTEN_TYPE struct folio
#define TO_WRITE(page) page_folio(page)
#else
#define WRITTEN_TYPE struct page
#define TO_WRITE(page) (page)
#endif

/* The length of what is to be written, and flags behind it while there were any. */
#if FAULTFS_SINCE(5, 19)
#define WRITE_SIZE_PARAM unsigned int size
#define WRITE_SIZE PAGE_SIZE
#else
#define WRITE_SIZE_PARAM unsigned int size, unsigned int flags
#define WRITE_SIZE PAGE_SIZE, 0
#endif

#if FAULTFS_SINCE(6, 17)
#define WRITER_TYPE const struct kiocb
#else
#define WRITER_TYPE struct file
#endif

/* How methods end in this round. */
struct faultfs_aops_outcome {
	bool activates;                 /* writepage hands the page back, still locked */
	int refuses;                    /* what write_begin answers instead of success */
	struct faultfs_call *ends_read; /* the command whose read_folio unlocks by folio_end_read(), or NULL */
};

extern struct faultfs_aops_outcome faultfs_aops_outcome;

/* For prepare() of what gets a batch of folios. */
void faultfs_batch_states(struct scene *s);

#endif
