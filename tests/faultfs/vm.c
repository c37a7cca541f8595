// SPDX-License-Identifier: GPL-2.0
/*
 * vm_operations_struct. The mapping that calls are about is one of a/file that a process has: there must be one, or it
 * is -ENODEV. It is the process's mm that is locked; of two processes, the other one's is the neighbour.
 */
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>

#include "pages.h"

/* What was chosen for this round. The mms are held. */
static struct vm_area_struct *mapped;
static struct mm_struct *spare_mm;
static vm_fault_t answer;

static noinline void faultfs_vm_open(struct vm_area_struct *vma)
{
	faultfs_stub();
	barrier();
}

static noinline int call_vm_open(struct scene *s)
{
	mapped->vm_ops->open(mapped);
	barrier();
	return 0;
}

static noinline void faultfs_vm_close(struct vm_area_struct *vma)
{
	faultfs_stub();
	barrier();
}

static noinline int call_vm_close(struct scene *s)
{
	mapped->vm_ops->close(mapped);
	barrier();
	return 0;
}

/* A fault at the beginning of the mapping. */
#define FAULT_OF(of_page)                                                                                              \
	{                                                                                                              \
		.vma = mapped, .address = mapped->vm_start, .pgoff = mapped->vm_pgoff, .gfp_mask = GFP_KERNEL,         \
		.flags = fault_flags, .page = of_page,                                                                 \
	}

static unsigned int fault_flags;

static int fault_result(vm_fault_t result)
{
	return result == answer ? 0 : -EIO;
}

static noinline vm_fault_t faultfs_vm_fault(struct vm_fault *vmf)
{
	vmf->page = faultfs_page(0);
	if (!faultfs_stub()) {
		vmf->page = NULL;
		return VM_FAULT_SIGBUS;
	}
	return answer;
}

static noinline int call_vm_fault(struct scene *s)
{
	struct vm_fault vmf = FAULT_OF(NULL);
	vm_fault_t result = mapped->vm_ops->fault(&vmf);

	barrier();
	return fault_result(result);
}

#if FAULTFS_SINCE(6, 6)
static noinline vm_fault_t faultfs_vm_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	faultfs_stub();
	return VM_FAULT_FALLBACK;
}

static noinline int call_vm_huge_fault(struct scene *s)
{
	struct vm_fault vmf = FAULT_OF(NULL);

	mapped->vm_ops->huge_fault(&vmf, PMD_SHIFT - PAGE_SHIFT);
	barrier();
	return 0;
}
#endif

#if FAULTFS_SINCE(5, 12)
static noinline vm_fault_t faultfs_vm_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end)
{
	faultfs_stub();
	return 0;
}
#else
static noinline void faultfs_vm_map_pages(struct vm_fault *vmf, pgoff_t start, pgoff_t end)
{
	faultfs_stub();
	barrier();
}
#endif

static __always_inline void map_pages(void)
{
	struct vm_fault vmf = FAULT_OF(NULL);

	mapped->vm_ops->map_pages(&vmf, vmf.pgoff, vmf.pgoff);
}

/* Variant via: named like one that is known to block (drift), which is looked for in stacks. */
static noinline void afs_vm_map_pages(void)
{
	map_pages();
	barrier();
}

static noinline int call_vm_map_pages(struct scene *s)
{
	if (faultfs_is_variant(s, "via"))
		afs_vm_map_pages();
	else
		map_pages();
	barrier();
	return 0;
}

static noinline vm_fault_t faultfs_vm_page_mkwrite(struct vm_fault *vmf)
{
	return faultfs_stub() ? answer : VM_FAULT_SIGBUS;
}

static noinline int call_vm_page_mkwrite(struct scene *s)
{
	struct vm_fault vmf = FAULT_OF(faultfs_page(0));
	vm_fault_t result = mapped->vm_ops->page_mkwrite(&vmf);

	barrier();
	return fault_result(result);
}

static noinline vm_fault_t faultfs_vm_pfn_mkwrite(struct vm_fault *vmf)
{
	return faultfs_stub() ? 0 : VM_FAULT_SIGBUS;
}

static noinline int call_vm_pfn_mkwrite(struct scene *s)
{
	struct vm_fault vmf = FAULT_OF(NULL);
	vm_fault_t result = mapped->vm_ops->pfn_mkwrite(&vmf);

	barrier();
	return result ? -EIO : 0;
}

static noinline int faultfs_vm_access(struct vm_area_struct *vma, unsigned long address, void *to, int size, int write)
{
	return faultfs_stub() ? size : -EINVAL;
}

static noinline int call_vm_access(struct scene *s)
{
	char byte = 0;
	int result = mapped->vm_ops->access(mapped, mapped->vm_start, &byte, 1, 0);

	barrier();
	return result == 1 ? 0 : -EIO;
}

const struct vm_operations_struct faultfs_vm_ops = {
	.open = faultfs_vm_open,
	.close = faultfs_vm_close,
	.fault = faultfs_vm_fault,
#if FAULTFS_SINCE(6, 6)
	.huge_fault = faultfs_vm_huge_fault,
#endif
	.map_pages = faultfs_vm_map_pages,
	.page_mkwrite = faultfs_vm_page_mkwrite,
	.pfn_mkwrite = faultfs_vm_pfn_mkwrite,
	.access = faultfs_vm_access,
};

/* Chooses a mapping, and another mm: of another mapping, of the caller or of the first process. */
static int choose_mapping(struct address_space *mapping)
{
	struct rb_node *at;

	mapped = NULL;
	spare_mm = NULL;
	i_mmap_lock_read(mapping);
	for (at = rb_first_cached(&mapping->i_mmap); at && !spare_mm; at = rb_next(at)) {
		struct vm_area_struct *vma = rb_entry(at, struct vm_area_struct, shared.rb);

		if ((mapped && vma->vm_mm == mapped->vm_mm) || !mmget_not_zero(vma->vm_mm))
			continue;
		if (mapped)
			spare_mm = vma->vm_mm;
		else
			mapped = vma;
	}
	i_mmap_unlock_read(mapping);
	if (!mapped)
		return -ENODEV;
	if (!spare_mm && current->mm && current->mm != mapped->vm_mm) {
		spare_mm = current->mm;
		mmget(spare_mm);
	}
	return 0;
}

static void put_first_process(struct pid *pid, struct task_struct *task)
{
	if (task)
		put_task_struct(task);
	put_pid(pid);
}

static void choose_mm_of_first_process(void)
{
	struct pid *pid = find_get_pid(1);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);

	spare_mm = task ? get_task_mm(task) : NULL;
	put_first_process(pid, task);
}

const struct vm_operations_struct *faultfs_vm_table(void)
{
	return mapped->vm_ops;
}

/* As a fault has it that comes without mmap_lock: page_mkwrite is not told so by the flags. */
static void lock_vma(void)
{
#if FAULTFS_SINCE(6, 15)
	refcount_inc(&mapped->vm_refcnt);
#elif FAULTFS_SINCE(6, 7)
	down_read(&mapped->vm_lock->lock);
#endif
}

static void unlock_vma(void)
{
#if FAULTFS_SINCE(6, 15)
	refcount_dec(&mapped->vm_refcnt);
#elif FAULTFS_SINCE(6, 7)
	up_read(&mapped->vm_lock->lock);
#endif
}

static int prepare(struct scene *s)
{
	int error = faultfs_pages_choose();

	if (!error)
		error = choose_mapping(d_inode(s->a.file)->i_mapping);
	if (error)
		return error;
	if (!spare_mm)
		choose_mm_of_first_process();
	answer = VM_FAULT_LOCKED;
	/* A real one would let go of mmap_lock for a retry, though nobody may have it. */
	fault_flags = faultfs_world.has_stubs ? FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE : 0;
	if (faultfs_is_variant(s, "not_locked"))
		answer = 0;
	else if (faultfs_is_variant(s, "retry"))
		answer = VM_FAULT_RETRY;
#if FAULTFS_SINCE(6, 7)
	else if (faultfs_is_variant(s, "vma_lock"))
		fault_flags |= FAULT_FLAG_VMA_LOCK;
#endif
	if (faultfs_is_variant(s, "vma_lock"))
		lock_vma();
	return 0;
}

static void finish(struct scene *s)
{
	if (faultfs_is_variant(s, "vma_lock"))
		unlock_vma();
	mmput(mapped->vm_mm);
	if (spare_mm)
		mmput(spare_mm);
	mapped = NULL;
	spare_mm = NULL;
}

static int nested_access(struct scene *s)
{
	return call_vm_access(s);
}

static void *find_mmap_lock(struct scene *s, bool neighbour)
{
	struct mm_struct *mm = neighbour ? spare_mm : mapped->vm_mm;

	return mm ? &mm->mmap_lock : NULL;
}

#define MMAP_LOCK                                                                                                      \
	{                                                                                                              \
		.name = "mmap_lock.mm", .kind = FAULTFS_RWSEM, .find = find_mmap_lock                                  \
	}

static const struct faultfs_lock vm_locks[] = {
	MMAP_LOCK,
	{},
};

/* The page is locked by the method, and handed out so. */
static const struct faultfs_lock fault_locks[] = {
	MMAP_LOCK,
	{.name = "folio_lock.page", .kind = FAULTFS_FOLIO, .find = faultfs_find_page, .exit = FAULTFS_EXCLUSIVE},
	{},
};

/* not_locked: does not say that it locked the page, even if it did. retry: says nothing about a page at all. */
static const char *const fault_variants[] = {
	"plain",    "not_locked", "retry",
#if FAULTFS_SINCE(6, 7)
	"vma_lock",
#endif
	NULL,
};

static const char *const plain_variants[] = {
	"plain",
#if FAULTFS_SINCE(6, 7)
	"vma_lock",
#endif
	NULL,
};

static const char *const map_variants[] = {
	"plain",
	"via",
#if FAULTFS_SINCE(6, 7)
	"vma_lock",
#endif
	NULL,
};

#define METHOD(method, of_locks, of_variants, ...)                                                                     \
	{                                                                                                              \
		.name = #method, .locks = of_locks, .variants = of_variants, .prepare = prepare,                       \
		.call = call_vm_##method, .finish = finish, ##__VA_ARGS__                                              \
	}

static const struct faultfs_method vm_methods[] = {
	METHOD(open, vm_locks, NULL),
	METHOD(close, vm_locks, NULL),
	METHOD(fault, fault_locks, fault_variants),
#if FAULTFS_SINCE(6, 6)
	METHOD(huge_fault, vm_locks, plain_variants),
#endif
	METHOD(map_pages, vm_locks, map_variants, .nested = nested_access),
	METHOD(page_mkwrite, fault_locks, fault_variants),
	METHOD(pfn_mkwrite, vm_locks, plain_variants),
	METHOD(access, vm_locks, NULL),
	{},
};

const struct faultfs_part faultfs_vm_part = {
	.name = "vm_operations_struct",
	.methods = vm_methods,
};
