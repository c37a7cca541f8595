// SPDX-License-Identifier: GPL-2.0
/* struct address_space_operations of a real filesystem, and the folios that calls are about: of a/file. */
#include <linux/dcache.h>
#include <linux/slab.h>

#include "aops.h"
#include "real.h"

/* Where the hole has the folios that are to be read, and where its neighbour is. */
#define HOLE 64
#define LENGTH ((loff_t)2 * HOLE * PAGE_SIZE)

static struct folio *chosen[FAULTFS_BATCH], *spare;

/* The shared calls have it set by their own prepare(). */
struct faultfs_aops_outcome faultfs_aops_outcome;

struct page *faultfs_page(unsigned int n)
{
	return folio_page(chosen[n], 0);
}

struct page *faultfs_loose_page(bool is_spare)
{
	return NULL;
}

void *faultfs_find_page(struct scene *s, bool neighbour)
{
	return neighbour ? spare : chosen[0];
}

/* They have been by then. */
int faultfs_pages_choose(void)
{
	return chosen[0] ? 0 : -EOPNOTSUPP;
}

int faultfs_pages_setup(struct scene *s)
{
	return 0;
}

void faultfs_pages_teardown(void)
{
}

static int write_page(struct file *file, pgoff_t index)
{
	static const char byte[] = "x";
	loff_t at = index * PAGE_SIZE;
	ssize_t written = kernel_write(file, byte, 1, &at);

	return written < 0 ? written : 0;
}

/* Some data, and a hole behind it: only when the file is new. */
int real_pages_setup(struct scene *s)
{
	struct file *const files[] = {s->file, s->other_file};
	int error = 0;

	for (size_t i = 0; !error && i < ARRAY_SIZE(files); i++) {
		if (i_size_read(file_inode(files[i])) == LENGTH)
			continue;
		for (pgoff_t index = 0; !error && index < REAL_PAGES; index++)
			error = write_page(files[i], index);
		if (!error)
			error = write_page(files[i], 2 * HOLE - 1);
		if (!error)
			error = vfs_truncate(&files[i]->f_path, LENGTH);
		if (!error)
			error = vfs_fsync(files[i], 0);
	}
	return error;
}

static int prepare_mapping(struct scene *s)
{
	s->arg.inode = d_inode(s->a.file);
	s->arg.filp = s->file;
	return 0;
}

static void finish_folios(struct scene *s)
{
	for (int i = 0; i < FAULTFS_BATCH; i++) {
		if (chosen[i])
			folio_put(chosen[i]);
		chosen[i] = NULL;
	}
	if (spare)
		folio_put(spare);
	spare = NULL;
}

/* Both have been written to, and so have what the filesystem keeps of a folio. */
static int prepare_dirty(struct scene *s)
{
	struct address_space *mapping = s->file->f_mapping;
	int error;

	prepare_mapping(s);
	error = write_page(s->file, 0);
	if (!error)
		error = write_page(s->file, 1);
	if (error)
		return error;
	chosen[0] = filemap_get_folio(mapping, 0);
	spare = filemap_get_folio(mapping, 1);
	return chosen[0] && spare ? 0 : -EBUSY;
}

static int prepare_clean(struct scene *s)
{
	int error = prepare_dirty(s);

	return error ? error : vfs_fsync(s->file, 0);
}

/* A folio of the hole, not read yet. It is unlocked. */
static struct folio *add_folio(struct address_space *mapping, pgoff_t index)
{
	struct folio *folio = filemap_alloc_folio(GFP_KERNEL, 0);

	if (!folio)
		return NULL;
	if (filemap_add_folio(mapping, folio, index, GFP_KERNEL)) {
		folio_put(folio);
		return NULL;
	}
	folio_unlock(folio);
	return folio;
}

static int prepare_hole(struct scene *s)
{
	struct address_space *mapping = s->file->f_mapping;
	int error;

	prepare_mapping(s);
	if (faultfs_is_variant(s, "no_file"))
		s->arg.filp = NULL;
	error = invalidate_inode_pages2_range(mapping, HOLE, HOLE + FAULTFS_BATCH);
	if (error)
		return error;
	for (int i = 0; i < FAULTFS_BATCH; i++) {
		chosen[i] = add_folio(mapping, HOLE + i);
		if (!chosen[i])
			return -ENOMEM;
	}
	return 0;
}

static int prepare_readahead(struct scene *s)
{
	faultfs_batch_states(s);
	return prepare_hole(s);
}

/* Of data that has its place on the disk: nothing is reserved, and no transaction is open at the end. */
static int prepare_write(struct scene *s)
{
	int error = prepare_clean(s);

	if (faultfs_is_variant(s, "no_file"))
		s->arg.filp = NULL;
	s->arg.extra = s->arg.filp;
	return error;
}

/* With a reference to the page. */
static void finish_write_begin(struct scene *s)
{
	if (s->call->function && !s->call->result)
		folio_put(chosen[0]);
	finish_folios(s);
}

/* It puts that one. */
static int prepare_write_end(struct scene *s)
{
	int error = prepare_write(s);

	if (!error)
		folio_get(chosen[0]);
	return error;
}

/* Which neither filesystem does by this method. */
static int prepare_direct_io(struct scene *s)
{
	s->arg.refusal = -EINVAL;
	return prepare_clean(s);
}

/* By two processes that have a/file mapped. The folio is the first one that they would find. */
static int prepare_fault(struct scene *s)
{
	int error = prepare_clean(s);

	return error ? error : s->call->method->prepare(s);
}

/* Of a fault, a reference to the page is the result. */
static void finish_faulted(struct scene *s)
{
	if (s->call->function && !s->call->result && !strcmp(s->call->method->name, "fault"))
		folio_put(chosen[0]);
	if (s->call->function)
		s->call->method->finish(s);
	finish_folios(s);
}

static const void *of_mapped(struct scene *s)
{
	return faultfs_vm_table();
}

static const void *of_mapping(struct scene *s)
{
	return s->arg.inode->i_mapping->a_ops;
}

static const char *const only_plain[] = {"plain", NULL};
/* The others are about inodes that are no files, and about what happens inside. */
static const char *const write_variants[] = {"plain", "no_file", "via", NULL};

#define METHOD(method, prepare_it, ...)                                                                                \
	{                                                                                                              \
		.ops = "address_space_operations", .name = #method, .prepare = prepare_it, .finish = finish_folios,    \
		.table = of_mapping, .offset = offsetof(struct address_space_operations, method), ##__VA_ARGS__        \
	}

const struct real_method real_aops_methods[] = {
	METHOD(read_folio, prepare_hole),
	METHOD(writepage, prepare_clean, .variants = only_plain),
	METHOD(writepages, prepare_mapping),
	METHOD(dirty_folio, prepare_dirty),
	METHOD(readahead, prepare_readahead),
	{
		.ops = "address_space_operations",
		.name = "write_begin",
		.prepare = prepare_write,
		.finish = finish_write_begin,
		.table = of_mapping,
		.offset = offsetof(struct address_space_operations, write_begin),
		.variants = write_variants,
	},
	METHOD(write_end, prepare_write_end, .variants = write_variants),
	METHOD(bmap, prepare_mapping),
	METHOD(invalidate_folio, prepare_clean, .variants = only_plain),
	METHOD(release_folio, prepare_clean),
	METHOD(direct_IO, prepare_direct_io, .never_sleeps = true),
	METHOD(is_partially_uptodate, prepare_clean, .never_sleeps = true),
	METHOD(error_remove_page, prepare_clean),
	{},
};

#undef METHOD
#define METHOD(method)                                                                                                 \
	{                                                                                                              \
		.ops = "vm_operations_struct", .name = #method, .prepare = prepare_fault, .finish = finish_faulted,    \
		.table = of_mapped, .offset = offsetof(struct vm_operations_struct, method), .variants = only_plain    \
	}

const struct real_method real_vm_methods[] = {METHOD(fault), METHOD(page_mkwrite), {}};
