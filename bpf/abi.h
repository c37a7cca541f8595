/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Constants that the rules' conditions name. Those of the user-space ABI never change and are written down; those of
 * kernel enums are asked of the running kernel; kernel macros are measured (MEASURED(), src/calibrate.c).
 */
#ifndef VFSLOCK_ABI_H
#define VFSLOCK_ABI_H

#define S_IFMT 00170000
#define S_ISLNK(m) (((m)&S_IFMT) == 0120000)
#define S_ISREG(m) (((m)&S_IFMT) == 0100000)
#define S_ISDIR(m) (((m)&S_IFMT) == 0040000)
#define S_ISCHR(m) (((m)&S_IFMT) == 0020000)
#define S_ISBLK(m) (((m)&S_IFMT) == 0060000)
#define S_ISFIFO(m) (((m)&S_IFMT) == 0010000)
#define S_ISSOCK(m) (((m)&S_IFMT) == 0140000)

#define O_CREAT 00000100
#define O_DIRECT 00040000 /* x86 */

#define RENAME_NOREPLACE (1 << 0)
#define RENAME_EXCHANGE (1 << 1)
#define RENAME_WHITEOUT (1 << 2)

#define FALLOC_FL_KEEP_SIZE 0x01
#define FALLOC_FL_PUNCH_HOLE 0x02
#define FALLOC_FL_COLLAPSE_RANGE 0x08
#define FALLOC_FL_ZERO_RANGE 0x10
#define FALLOC_FL_INSERT_RANGE 0x20

#define AOP_WRITEPAGE_ACTIVATE 0x80000

#define VM_FAULT_LOCKED bpf_core_enum_value(enum vm_fault_reason, VM_FAULT_LOCKED)
#define VM_FAULT_RETRY bpf_core_enum_value(enum vm_fault_reason, VM_FAULT_RETRY)

/* The mapping of a folio, on kernels without folios of a page. */
#define MAPPING(folio)                                                                                                 \
	(bpf_core_type_exists(struct folio) ? VL_GET((folio)->mapping) : VL_GET(((struct page *)(folio))->mapping))

/*
 * Is this fault handled under the lock of its vma, without mmap_lock? Not what a kernel without such locks does. The
 * barrier keeps clang from reading what is not there before it is asked for.
 */
static __always_inline bool vl_under_vma_lock(struct vm_fault *vmf)
{
	if (!bpf_core_enum_value_exists(enum fault_flag, FAULT_FLAG_VMA_LOCK))
		return false;
	barrier();
	return VL_GET(vmf->flags) & bpf_core_enum_value(enum fault_flag, FAULT_FLAG_VMA_LOCK);
}
#define UNDER_VMA_LOCK(vmf) vl_under_vma_lock(vmf)

/*
 * Does anybody, so maybe this task, read under the lock of this vma? include/linux/mmap_lock.h: a rwsem, whose bits 1-7
 * are no holds, then a count that is 1 while nobody reads.
 */
static __always_inline bool vl_vma_may_be_locked(struct vm_area_struct *vma)
{
	if (bpf_core_field_exists(vma->vm_refcnt))
		return VL_GET(vma->vm_refcnt.refs.counter) > 1;
	if (bpf_core_field_exists(vma->vm_lock))
		return VL_GET(VL_GET(vma->vm_lock)->lock.count.counter) & ~0xfeULL;
	return false;
}
#define VMA_MAY_BE_LOCKED(vma) vl_vma_may_be_locked(vma)

/*
 * The barriers, which differ, keep clang from looking at what is not there on this kernel before it is asked for, or at
 * both at once.
 *
 * The file of a lock, and of a lease, which is a struct file_lock up to 6.8.
 */
static __always_inline struct file *vl_lock_file(struct file_lock *fl)
{
	if (bpf_core_field_exists(fl->fl_file)) {
		barrier();
		return VL_GET(fl->fl_file);
	}
	barrier_var(fl);
	return VL_GET(((struct file_lock___v69 *)fl)->c.flc_file);
}
#define VL_LOCK_FILE(fl) vl_lock_file(fl)

static __always_inline struct file *vl_lease_file(void *fl)
{
	if (bpf_core_type_exists(struct file_lease)) {
		barrier();
		return VL_GET(((struct file_lease *)fl)->c.flc_file);
	}
	barrier_var(fl);
	return VL_GET(((struct file_lock *)fl)->fl_file);
}
#define VL_LEASE_FILE(fl) vl_lease_file(fl)

/* include/linux/fs.h up to 6.8: FL_DELEG, FL_LEASE and FL_LAYOUT. A struct file_lock of later kernels is no lease. */
static __always_inline bool vl_is_lease(struct file_lock *fl)
{
	if (!bpf_core_field_exists(fl->fl_flags))
		return false;
	barrier();
	return VL_GET(fl->fl_flags) & (4 | 32 | 2048);
}
#define VL_IS_LEASE(fl) vl_is_lease(fl)

/*
 * The super_block of a buffer: that of the inode whose page it lies in, and where this is a block device, that of the
 * filesystem on it. The address is only compared.
 */
static __always_inline struct super_block *vl_buffer_super_block(struct buffer_head *bh)
{
	struct inode *host = VL_GET(VL_GET(VL_GET(bh->b_page)->mapping)->host);
	struct block_device *bdev;

	if (!S_ISBLK(VL_GET(host->i_mode)))
		return VL_GET(host->i_sb);
	bdev = VL_GET(bh->b_bdev);
	if (bpf_core_field_exists(bdev->bd_super)) {
		barrier();
		return VL_GET(bdev->bd_super);
	}
	barrier_var(bdev);
	return VL_GET(bdev->bd_holder);
}
#define VL_BUFFER_SUPER_BLOCK(bh) vl_buffer_super_block(bh)

#endif
