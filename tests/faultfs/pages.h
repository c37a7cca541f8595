/* SPDX-License-Identifier: GPL-2.0 */
/* The pages that calls are about: some in the page cache of a/file, some in no page cache. */
#ifndef FAULTFS_PAGES_H
#define FAULTFS_PAGES_H

#include <linux/mm.h>
#include <linux/pagemap.h>

#include "faultfs.h"

/* How many a call of readahead or swap_rw is about; all others are about the first of them. */
#define FAULTFS_BATCH 4

#if !FAULTFS_SINCE(5, 18)
/* Methods get pages, none of which is a tail page here. */
#define folio page
#define page_folio(p) (p)
#define folio_get get_page
#define folio_put put_page
#define folio_trylock trylock_page
#define folio_unlock unlock_page
#define folio_test_locked PageLocked
#define folio_mark_uptodate SetPageUptodate
#endif

/* For prepare(): chooses pages of the cache that nobody has locked. -EBUSY: there are none left (after=never). */
int faultfs_pages_choose(void);
/* Those that were chosen, one after the other in the file; @n is less than FAULTFS_BATCH. */
struct page *faultfs_page(unsigned int n);
struct page *faultfs_loose_page(bool spare);

/* For find(): the first that was chosen, or a spare one of the same page cache, which is in no call's arguments. */
void *faultfs_find_page(struct scene *s, bool neighbour);

int faultfs_pages_setup(struct scene *s);
void faultfs_pages_teardown(void);

#endif
