// SPDX-License-Identifier: GPL-2.0
/* Calls of address_space_operations, and what they are about. */
#include <linux/swap.h>
#include <linux/uio.h>
#include <linux/writeback.h>

#include "aops.h"

static const struct address_space_operations *ops_of(struct scene *s)
{
	return s->arg.inode->i_mapping->a_ops;
}

#if !FAULTFS_SINCE(6, 16)
static noinline int call_aops_writepage(struct scene *s)
{
	struct writeback_control wbc = {.sync_mode = WB_SYNC_NONE, .nr_to_write = 1};
	int result = ops_of(s)->writepage(faultfs_page(0), &wbc);

	barrier();
	return result == AOP_WRITEPAGE_ACTIVATE ? 0 : result;
}
#endif

/*
 * Variant via: through a function named like one of the kernel's own, in which the method is known to be called
 * otherwise than documented (drift). The name is what is looked for in stacks.
 */
static noinline int VIA_READ(struct scene *s)
{
	int result = ops_of(s)->read_folio(s->arg.filp, page_folio(faultfs_page(0)));

	barrier();
	return result;
}

static noinline int call_aops_read_folio(struct scene *s)
{
	int result = faultfs_is_variant(s, "via") ? VIA_READ(s)
						  : ops_of(s)->read_folio(s->arg.filp, page_folio(faultfs_page(0)));

	barrier();
	return result;
}

static noinline int call_aops_writepages(struct scene *s)
{
	struct writeback_control wbc = {.sync_mode = WB_SYNC_ALL, .range_end = LLONG_MAX};
	int result = ops_of(s)->writepages(s->arg.inode->i_mapping, &wbc);

	barrier();
	return result;
}

static __always_inline void make_dirty(struct scene *s)
{
#if FAULTFS_SINCE(5, 18)
	ops_of(s)->dirty_folio(s->arg.inode->i_mapping, page_folio(faultfs_page(0)));
#else
	ops_of(s)->set_page_dirty(faultfs_page(0));
#endif
}

static noinline void VIA_DIRTY(struct scene *s)
{
	make_dirty(s);
	barrier();
}

static noinline int call_aops_dirty_folio(struct scene *s)
{
	if (faultfs_is_variant(s, "via"))
		VIA_DIRTY(s);
	else
		make_dirty(s);
	barrier();
	return 0;
}

static noinline int call_aops_readahead(struct scene *s)
{
#if FAULTFS_SINCE(5, 12)
	DEFINE_READAHEAD(rac, s->arg.filp, NULL, s->arg.inode->i_mapping, page_folio(faultfs_page(0))->index);
#else
	DEFINE_READAHEAD(rac, s->arg.filp, s->arg.inode->i_mapping, page_folio(faultfs_page(0))->index);
#endif

	for (unsigned int i = 0; i < FAULTFS_BATCH; i++)
		get_page(faultfs_page(i));
	rac._nr_pages = FAULTFS_BATCH;
	ops_of(s)->readahead(&rac);
	barrier();
	/* Who does not ask for a next one leaves the last in the count. */
	for (unsigned int left = readahead_count(&rac) - rac._batch_count; left; left--)
		put_page(faultfs_page(FAULTFS_BATCH - left));
	return 0;
}

#if !FAULTFS_SINCE(5, 18)
static noinline int call_aops_readpages(struct scene *s)
{
	LIST_HEAD(pages);
	int result;

	list_add(&faultfs_loose_page(false)->lru, &pages);
	result = ops_of(s)->readpages(s->arg.filp, s->arg.inode->i_mapping, &pages, 1);
	barrier();
	list_del_init(&faultfs_loose_page(false)->lru);
	return result;
}
#endif

/* Through s->arg.extra come the file and, on kernels that pass that, the kiocb. */
static WRITER_TYPE *writer_of(struct scene *s)
{
	return s->arg.extra;
}

static __always_inline int begin_write(struct scene *s)
{
	WRITTEN_TYPE *out = NULL;
	void *fsdata = NULL;
	int result = ops_of(s)->write_begin(writer_of(s), s->arg.inode->i_mapping, 0, WRITE_SIZE, &out, &fsdata);

	return result == faultfs_aops_outcome.refuses ? 0 : result;
}

static noinline int shmem_pwrite(struct scene *s)
{
	int result = begin_write(s);

	barrier();
	return result;
}

static noinline int call_aops_write_begin(struct scene *s)
{
	int result = faultfs_is_variant(s, "via") ? shmem_pwrite(s) : begin_write(s);

	barrier();
	return result;
}

static noinline int call_aops_write_end(struct scene *s)
{
	int result = ops_of(s)->write_end(writer_of(s), s->arg.inode->i_mapping, 0, PAGE_SIZE, PAGE_SIZE,
					  TO_WRITE(faultfs_page(0)), NULL);

	barrier();
	return result == PAGE_SIZE ? 0 : -EIO;
}

static noinline int call_aops_bmap(struct scene *s)
{
	ops_of(s)->bmap(s->arg.inode->i_mapping, 0);
	barrier();
	return 0;
}

/* The caller of the method in every variant: a filesystem's method must not be. */
static noinline int invalidate(struct scene *s)
{
	ops_of(s)->invalidate_folio(page_folio(faultfs_page(0)), 0, PAGE_SIZE);
	barrier();
	return 0;
}

static __always_inline int setattr(struct scene *s)
{
	struct iattr attr = {.ia_valid = ATTR_SIZE};

	s->call->inner = invalidate;
	return s->arg.inode->i_op->setattr(FAULTFS_IDMAP s->a.file, &attr);
}

static noinline int fat_setattr(struct scene *s)
{
	int result = setattr(s);

	barrier();
	return result;
}

static noinline int call_aops_invalidate_folio(struct scene *s)
{
	int result;

	if (faultfs_is_variant(s, "setattr")) {
		result = setattr(s);
	} else if (faultfs_is_variant(s, "via")) {
		result = fat_setattr(s);
	} else if (faultfs_is_variant(s, "fallocate")) {
		s->call->inner = invalidate;
		result = s->file->f_op->fallocate(s->file, 0, 0, PAGE_SIZE);
	} else {
		ops_of(s)->invalidate_folio(page_folio(faultfs_page(0)), 0, PAGE_SIZE);
		result = 0;
	}
	barrier();
	return result;
}

static noinline int call_aops_release_folio(struct scene *s)
{
	ops_of(s)->release_folio(page_folio(faultfs_page(0)), GFP_KERNEL);
	barrier();
	return 0;
}

/* Of a folio that has left the page cache. */
static noinline int call_aops_free_folio(struct scene *s)
{
	ops_of(s)->free_folio(page_folio(faultfs_loose_page(false)));
	barrier();
	return 0;
}

static noinline int call_aops_direct_IO(struct scene *s)
{
	struct kiocb iocb = {.ki_filp = s->arg.filp};
	struct kvec vec = {.iov_base = page_address(faultfs_page(0)), .iov_len = PAGE_SIZE};
	struct iov_iter iter;
	ssize_t result;

	iov_iter_kvec(&iter, READ, &vec, 1, PAGE_SIZE);
	result = ops_of(s)->direct_IO(&iocb, &iter);
	barrier();
	return result;
}

static noinline int call_aops_migrate_folio(struct scene *s)
{
	int result = ops_of(s)->migrate_folio(s->arg.inode->i_mapping, page_folio(faultfs_loose_page(false)),
					      page_folio(faultfs_page(0)), MIGRATE_SYNC);

	barrier();
	return result;
}

#if !FAULTFS_SINCE(6, 0)
static noinline int call_aops_isolate_page(struct scene *s)
{
	ops_of(s)->isolate_page(faultfs_loose_page(false), 0);
	barrier();
	return 0;
}

static noinline int call_aops_putback_page(struct scene *s)
{
	ops_of(s)->putback_page(faultfs_loose_page(false));
	barrier();
	return 0;
}
#endif

static noinline int call_aops_launder_folio(struct scene *s)
{
	int result = ops_of(s)->launder_folio(page_folio(faultfs_page(0)));

	barrier();
	return result;
}

static noinline int call_aops_is_partially_uptodate(struct scene *s)
{
	ops_of(s)->is_partially_uptodate(page_folio(faultfs_page(0)), 0, PAGE_SIZE);
	barrier();
	return 0;
}

static noinline int call_aops_error_remove_folio(struct scene *s)
{
	int result = ops_of(s)->error_remove_folio(s->arg.inode->i_mapping, TO_REMOVE(faultfs_page(0)));

	barrier();
	return result;
}

static noinline int call_aops_swap_activate(struct scene *s)
{
	sector_t span = 0;
	int result = ops_of(s)->swap_activate(NULL, s->arg.filp, &span);

	barrier();
	return result;
}

static noinline int call_aops_swap_deactivate(struct scene *s)
{
	ops_of(s)->swap_deactivate(s->arg.filp);
	barrier();
	return 0;
}

#if FAULTFS_SINCE(5, 19)
static noinline int call_aops_swap_rw(struct scene *s)
{
	struct kiocb iocb = {.ki_filp = s->arg.filp};
	struct bio_vec vec[FAULTFS_BATCH];
	struct iov_iter iter;
	int result;

	for (unsigned int i = 0; i < FAULTFS_BATCH; i++)
		vec[i] = (struct bio_vec){.bv_page = faultfs_page(i), .bv_len = PAGE_SIZE};
	iov_iter_bvec(&iter, s->arg.flags, vec, FAULTFS_BATCH, FAULTFS_BATCH * PAGE_SIZE);
	result = ops_of(s)->swap_rw(&iocb, &iter);
	barrier();
	return result;
}
#endif

static void *writer(struct scene *s)
{
#if FAULTFS_SINCE(6, 17)
	static struct kiocb iocb;

	iocb.ki_filp = s->file;
	return &iocb;
#else
	return s->file;
#endif
}

static int prepare(struct scene *s)
{
	int error = faultfs_pages_choose();

	if (error)
		return error;
	s->arg.inode = d_inode(s->a.file);
	if (!faultfs_is_variant(s, "no_file")) {
		s->arg.filp = s->file;
		s->arg.extra = writer(s);
	}
	s->arg.flags = faultfs_is_variant(s, "write") ? WRITE : READ;
	if (faultfs_is_variant(s, "block"))
		s->arg.inode->i_mode ^= S_IFREG ^ S_IFBLK;
	faultfs_aops_outcome = (struct faultfs_aops_outcome){
		.activates = faultfs_is_variant(s, "activate"),
		.refuses = faultfs_is_variant(s, "error") ? -ENOSPC : 0,
		.ends_read = faultfs_is_variant(s, "end_read") ? s->call : NULL,
	};
	return 0;
}

static void finish_write(struct scene *s)
{
	if (faultfs_is_variant(s, "block"))
		s->arg.inode->i_mode ^= S_IFREG ^ S_IFBLK;
}

/* The folios of a batch come as the first one does, and are unlocked like it. A neighbour is one, for all. */
void faultfs_batch_states(struct scene *s)
{
	struct faultfs_state *first = NULL;

	for (unsigned int i = 0; i < s->call->n_states; i++) {
		struct faultfs_state *st = &s->call->state[i];

		if (st->lock->kind != FAULTFS_FOLIO)
			continue;
		if (!first) {
			first = st;
			continue;
		}
		st->asked = first->neighbour ? FAULTFS_NONE : first->asked;
		st->other = first->other && !first->neighbour;
		st->exit = first->exit;
		st->after = first->after;
	}
}

static int prepare_batch(struct scene *s)
{
	faultfs_batch_states(s);
	return prepare(s);
}

static void finish_read(struct scene *s)
{
	faultfs_aops_outcome.ends_read = NULL;
}

#if !FAULTFS_SINCE(6, 16)
static int prepare_writepage(struct scene *s)
{
	int error = prepare(s);

	for (unsigned int i = 0; faultfs_aops_outcome.activates && i < s->call->n_states; i++) {
		struct faultfs_state *st = &s->call->state[i];

		if (st->after == FAULTFS_NOW && !st->other && !st->neighbour)
			st->after = FAULTFS_STAYS;
	}
	return error;
}
#endif

/* Both need the inode locked, and it is none of this method's locks. */
static bool is_inside(struct scene *s)
{
	return faultfs_is_variant(s, "setattr") || faultfs_is_variant(s, "fallocate") || faultfs_is_variant(s, "via");
}

static int prepare_invalidate(struct scene *s)
{
	int error = prepare(s);

	if (error)
		return error;
	if (faultfs_is_variant(s, "evicted"))
		s->arg.flags = atomic_xchg(&s->arg.inode->i_count, 0);
	if (is_inside(s))
		inode_lock(s->arg.inode);
	return 0;
}

static void finish_invalidate(struct scene *s)
{
	if (is_inside(s))
		inode_unlock(s->arg.inode);
	if (faultfs_is_variant(s, "evicted"))
		atomic_add(s->arg.flags, &s->arg.inode->i_count);
}

#if FAULTFS_SINCE(5, 15)
static void *find_mapping(struct scene *s, bool neighbour)
{
	return &(neighbour ? d_inode(s->spare) : s->arg.inode)->i_mapping->invalidate_lock;
}
#endif

static void *find_second(struct scene *s, bool neighbour)
{
	return page_folio(faultfs_page(1));
}

static void *find_third(struct scene *s, bool neighbour)
{
	return page_folio(faultfs_page(2));
}

static void *find_fourth(struct scene *s, bool neighbour)
{
	return page_folio(faultfs_page(3));
}

static_assert(FAULTFS_BATCH == 4);

static void *find_loose(struct scene *s, bool neighbour)
{
	return page_folio(faultfs_loose_page(neighbour));
}

#define I_RWSEM                                                                                                        \
	{                                                                                                              \
		.name = "i_rwsem.inode", .kind = FAULTFS_RWSEM, .find = faultfs_rwsem_of_inode                         \
	}
#if FAULTFS_SINCE(5, 15)
#define INVALIDATE_LOCK                                                                                                \
	{                                                                                                              \
		.name = "invalidate_lock.mapping", .kind = FAULTFS_RWSEM, .find = find_mapping                         \
	}
#define INODE_LOCKS I_RWSEM, INVALIDATE_LOCK
#else
#define INODE_LOCKS I_RWSEM
#endif
/* A folio that stays as it is; one that the method unlocks; one that it locks. */
#define KEPT(subject, found_by)                                                                                        \
	{                                                                                                              \
		.name = subject, .kind = FAULTFS_FOLIO, .find = found_by                                               \
	}
#define UNLOCKED(subject, found_by)                                                                                    \
	{                                                                                                              \
		.name = subject, .kind = FAULTFS_FOLIO, .find = found_by, .after = FAULTFS_NOW                         \
	}
#define LOCKED(subject, found_by)                                                                                      \
	{                                                                                                              \
		.name = subject, .kind = FAULTFS_FOLIO, .find = found_by, .exit = FAULTFS_EXCLUSIVE                    \
	}

/* Some subjects have always been called a folio, others were called a page before there were any. */
static const struct faultfs_lock inode_locks[] = {INODE_LOCKS, {}};
static const struct faultfs_lock keeps_folio[] = {INODE_LOCKS, KEPT("folio_lock.folio", faultfs_find_page), {}};
static const struct faultfs_lock keeps_page[] = {INODE_LOCKS, KEPT(FOLIO_SUBJECT, faultfs_find_page), {}};
static const struct faultfs_lock keeps_loose[] = {INODE_LOCKS, KEPT(FOLIO_SUBJECT, find_loose), {}};
static const struct faultfs_lock keeps_removed[] = {INODE_LOCKS, KEPT(REMOVED_SUBJECT, faultfs_find_page), {}};
static const struct faultfs_lock unlocks_folio[] = {INODE_LOCKS, UNLOCKED("folio_lock.folio", faultfs_find_page), {}};
static const struct faultfs_lock unlocks_page[] = {INODE_LOCKS, UNLOCKED(FOLIO_SUBJECT, faultfs_find_page), {}};
static const struct faultfs_lock locks_folio[] = {INODE_LOCKS, LOCKED("folio_lock.folio", faultfs_find_page), {}};

/* Commands name the first: see prepare_batch(). */
static const struct faultfs_lock unlocks_batch[] = {
	INODE_LOCKS,
	UNLOCKED("folio_lock.folio", faultfs_find_page),
	UNLOCKED("folio_lock.folio", find_second),
	UNLOCKED("folio_lock.folio", find_third),
	UNLOCKED("folio_lock.folio", find_fourth),
	{},
};

static const struct faultfs_lock migrate_locks[] = {
	INODE_LOCKS,
	KEPT("folio_lock.dst", find_loose),
	KEPT("folio_lock.src", faultfs_find_page),
	{},
};

static const struct faultfs_lock invalidate_locks[] = {
#if FAULTFS_SINCE(5, 15)
	INVALIDATE_LOCK,
#endif
	KEPT(FOLIO_SUBJECT, faultfs_find_page),
	{},
};

static const char *const read_variants[] = {
	"plain",    "no_file", "via",
#if FAULTFS_SINCE(6, 12)
	"end_read",
#endif
	NULL,
};
static const char *const via_variants[] = {"plain", "via", NULL};
/* block: of the inode of a block device. */
static const char *const begin_variants[] = {"plain", "no_file", "error", "block", "via", NULL};
static const char *const end_variants[] = {"plain", "no_file", "block", NULL};
/* evicted: of an inode without references. */
static const char *const invalidate_variants[] = {"plain", "setattr", "fallocate", "evicted", "via", NULL};

/* With the name as it is on this kernel. */
#define METHOD(...) METHOD_NAMED(__VA_ARGS__)
#define METHOD_NAMED(method, of_locks, ...)                                                                            \
	{                                                                                                              \
		.name = #method, .locks = of_locks, .prepare = prepare, .call = call_aops_##method, ##__VA_ARGS__      \
	}

static const struct faultfs_method aops_methods[] = {
#if !FAULTFS_SINCE(6, 16)
	{
		.name = "writepage",
		.variants = (const char *const[]){"plain", "activate", NULL},
		.locks = unlocks_folio,
		.prepare = prepare_writepage,
		.call = call_aops_writepage,
	},
#endif
	METHOD(read_folio, unlocks_page, .variants = read_variants, .finish = finish_read),
	METHOD(writepages, inode_locks),
	METHOD(dirty_folio, keeps_folio, .variants = via_variants, .nested = call_aops_bmap),
	{.name = "readahead", .locks = unlocks_batch, .prepare = prepare_batch, .call = call_aops_readahead},
#if !FAULTFS_SINCE(5, 18)
	METHOD(readpages, keeps_loose),
#endif
	METHOD(write_begin, locks_folio, .variants = begin_variants, .finish = finish_write),
	METHOD(write_end, unlocks_folio, .variants = end_variants, .finish = finish_write),
	METHOD(bmap, inode_locks),
	{
		.name = INVALIDATE_NAME,
		.variants = invalidate_variants,
		.locks = invalidate_locks,
		.prepare = prepare_invalidate,
		.call = call_aops_invalidate_folio,
		.finish = finish_invalidate,
	},
	METHOD(release_folio, keeps_page),
	METHOD(free_folio, keeps_loose, .nested = call_aops_bmap),
	METHOD(direct_IO, inode_locks),
	METHOD(migrate_folio, migrate_locks),
#if !FAULTFS_SINCE(6, 0)
	METHOD(isolate_page, keeps_loose),
	METHOD(putback_page, keeps_loose),
#endif
	METHOD(launder_folio, keeps_page),
	METHOD(is_partially_uptodate, keeps_folio),
	METHOD(error_remove_folio, keeps_removed),
	METHOD(swap_activate, inode_locks),
	METHOD(swap_deactivate, inode_locks),
#if FAULTFS_SINCE(5, 19)
	{
		.name = "swap_rw",
		.variants = (const char *const[]){"plain", "write", NULL},
		.locks = unlocks_batch,
		.prepare = prepare_batch,
		.call = call_aops_swap_rw,
	},
#endif
	{},
};

static void tear_down(struct scene *s)
{
	faultfs_pages_teardown();
}

const struct faultfs_part faultfs_aops_part = {
	.name = "address_space_operations",
	.methods = aops_methods,
	.setup = faultfs_pages_setup,
	.teardown = tear_down,
};
