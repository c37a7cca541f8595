// SPDX-License-Identifier: GPL-2.0
/* The pages that calls are about, with a reference to each from mount to unmount: nothing takes them away. */
#include "pages.h"

/* So many calls can leave theirs locked. */
#define BATCHES 127
#define CHOICE (BATCHES * FAULTFS_BATCH)

/* The last one is the spare one. */
static struct page *cached[CHOICE + 1];
static struct page *loose[2];
static unsigned int chosen;

static bool is_free(unsigned int first)
{
	for (unsigned int i = first; i < first + FAULTFS_BATCH; i++)
		if (PageLocked(cached[i]))
			return false;
	return true;
}

int faultfs_pages_choose(void)
{
	for (chosen = 0; chosen < CHOICE; chosen += FAULTFS_BATCH)
		if (is_free(chosen))
			return 0;
	chosen = 0;
	return -EBUSY;
}

struct page *faultfs_page(unsigned int n)
{
	return cached[chosen + n];
}

struct page *faultfs_loose_page(bool spare)
{
	return loose[spare];
}

void *faultfs_find_page(struct scene *s, bool neighbour)
{
	return page_folio(neighbour ? cached[CHOICE] : faultfs_page(0));
}

int faultfs_pages_setup(struct scene *s)
{
	struct address_space *mapping = d_inode(s->a.file)->i_mapping;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cached); i++) {
		cached[i] = find_or_create_page(mapping, i, GFP_KERNEL | __GFP_ZERO);
		if (!cached[i])
			return -ENOMEM;
		SetPageUptodate(cached[i]);
		unlock_page(cached[i]);
	}
	for (i = 0; i < ARRAY_SIZE(loose); i++) {
		loose[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!loose[i])
			return -ENOMEM;
	}
	return 0;
}

static void put_pages(struct page **pages, unsigned int n)
{
	for (; n; n--, pages++) {
		if (*pages)
			put_page(*pages);
		*pages = NULL;
	}
}

void faultfs_pages_teardown(void)
{
	put_pages(cached, ARRAY_SIZE(cached));
	put_pages(loose, ARRAY_SIZE(loose));
}
