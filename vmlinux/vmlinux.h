/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel types that the programs touch, declared minimally: CO-RE finds every member by name in the running
 * kernel's BTF, so order, padding and the members left out do not matter. Members that some kernels lack or that
 * changed type are read behind bpf_core_field_exists().
 */
#ifndef VFSLOCK_VMLINUX_H
#define VFSLOCK_VMLINUX_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
typedef _Bool bool;
enum { false, true };
typedef __u16 umode_t;

enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_STACK_TRACE = 7,
	BPF_MAP_TYPE_RINGBUF = 27,
};

enum {
	BPF_ANY = 0,
	BPF_NOEXIST = 1,
	BPF_F_MMAPABLE = 1024,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	__s64 counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;

typedef struct {
	int counter;
} atomic_t;

struct qspinlock {
	__u8 locked;
};

typedef struct qspinlock arch_spinlock_t;

/* What lockdep knows a lock by, on kernels that have it. */
struct lockdep_map {
	const char *name;
	__u8 wait_type_inner;
};

typedef struct raw_spinlock {
	arch_spinlock_t raw_lock;
	struct lockdep_map dep_map;
} raw_spinlock_t;

typedef struct spinlock {
	struct raw_spinlock rlock;
} spinlock_t;

/* A struct without a tag: known by the name of the type. */
typedef struct {
	spinlock_t lock;
} seqlock_t;

struct lockref {
	spinlock_t lock;
};

struct rw_semaphore {
	atomic_long_t count;
	atomic_long_t owner;
	struct lockdep_map dep_map;
};

struct percpu_rw_semaphore {
	int block;
};

struct mutex {
	atomic_long_t owner;
	struct lockdep_map dep_map;
};

struct mm_struct {
	struct rw_semaphore mmap_lock;
};

struct task_struct {
	unsigned int flags;
	int pid, tgid;
	char comm[16];
	unsigned long nvcsw;
	struct mm_struct *mm;
};

struct quota_info {
	struct rw_semaphore dqio_sem;
};

struct super_block {
	struct rw_semaphore s_umount;
	struct mutex s_vfs_rename_mutex;
	struct quota_info s_dquot;
};

struct inode;
struct inode_operations;
struct file_operations;
struct address_space_operations;
struct vm_operations_struct;
struct dentry_operations;
struct file_lock_operations;
struct lock_manager_operations;

struct file_lock_context {
	spinlock_t flc_lock;
};

struct xarray {
	void *xa_head;
};

struct xa_node {
	unsigned char shift;
	void *slots[64];
};

struct address_space {
	struct inode *host;
	struct xarray i_pages;
	struct rw_semaphore invalidate_lock;
	const struct address_space_operations *a_ops;
};

struct inode {
	umode_t i_mode;
	struct rw_semaphore i_rwsem;
	spinlock_t i_lock;
	struct super_block *i_sb;
	struct address_space *i_mapping;
	const struct inode_operations *i_op;
	const struct file_operations *i_fop;
	unsigned int i_flags;
	atomic_t i_count;
	struct file_lock_context *i_flctx;
	struct address_space i_data;
};

struct dentry {
	struct lockref d_lockref;
	struct inode *d_inode;
	struct dentry *d_parent;
	const struct dentry_operations *d_op;
	struct super_block *d_sb;
};

struct vfsmount {
	struct super_block *mnt_sb;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	struct address_space *f_mapping;
	struct mutex f_pos_lock;
	unsigned int f_mode;
	unsigned int f_flags;
};

struct kiocb {
	struct file *ki_filp;
	int ki_flags;
};

struct folio {
	unsigned long flags;
	struct address_space *mapping;
	unsigned long index;
	unsigned long _flags_1;
	unsigned char _folio_order; /* up to 6.5 */
};

struct page {
	unsigned long flags;
	unsigned long compound_head; /* up to 6.x */
	unsigned long compound_info; /* 7.x */
	struct address_space *mapping;
	unsigned long index; /* up to 6.x */
};

struct bio_vec {
	struct page *bv_page;
};

struct iov_iter {
	bool data_source;
	const struct bio_vec *bvec;
	unsigned long nr_segs;
};

struct gendisk {
	struct mutex open_mutex;
};

/* bd_mutex up to 5.13; bd_super up to 6.5, where the super_block became the holder. */
struct block_device {
	struct mutex bd_mutex;
	struct gendisk *bd_disk;
	struct super_block *bd_super;
	void *bd_holder;
};

struct buffer_head {
	unsigned long b_state;
	struct page *b_page;
	struct block_device *b_bdev;
	void *b_end_io; /* a pointer to a function, up to 7.1 */
};

struct file_lock {
	unsigned int fl_flags;
	struct file *fl_file;
	const struct file_lock_operations *fl_ops;
	const struct lock_manager_operations *fl_lmops;
};

/* From 6.9 on: what is common to locks and leases, which are types of their own. */
struct file_lock_core {
	struct file *flc_file;
};

struct file_lock___v69 {
	struct file_lock_core c;
};

struct file_lease {
	struct file_lock_core c;
	const struct lease_manager_operations *fl_lmops;
};

struct lease_manager_operations {
	void *lm_break;
};

struct dquot {
	struct super_block *dq_sb;
};

typedef struct {
	atomic_t refs;
} refcount_t;

struct vma_lock {
	struct rw_semaphore lock;
};

typedef struct {
	unsigned long f;
} memdesc_flags_t;

struct folio___memdesc {
	memdesc_flags_t flags;
};

struct page___memdesc {
	memdesc_flags_t flags;
};

struct vm_area_struct {
	struct mm_struct *vm_mm;
	const struct vm_operations_struct *vm_ops;
	struct file *vm_file;
	unsigned long vm_flags;
	struct vma_lock *vm_lock; /* 6.4 to 6.14 */
	refcount_t vm_refcnt;     /* from 6.15 on */
};

enum fault_flag { FAULT_FLAG_VMA_LOCK = 1 << 12 }; /* a macro before 5.13, and this one since 6.4 */

struct vm_fault {
	struct vm_area_struct *vma;
	struct page *page;
	enum fault_flag flags; /* an integer before 5.13 */
};

struct readahead_control {
	struct file *file;
	struct address_space *mapping;
	unsigned long _index;
	unsigned int _nr_pages;
};

struct file_system_type {
	const char *name;
};

struct xattr_handler {
	const char *name;
};

struct bpf_iter_meta;

struct bpf_iter__task_vma {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct vm_area_struct *vma;
};

struct open_flags {
	int open_flag;
	int lookup_flags;
};

struct pcpu_hot {
	int preempt_count;
};

#pragma clang attribute pop

/* Only the names count: CO-RE asks the running kernel for the values. */
enum pageflags { PG_locked, PG_head };
enum bh_state_bits { BH_Lock };
enum lockdep_wait_type { LD_WAIT_SLEEP };
enum vm_fault_reason { VM_FAULT_LOCKED, VM_FAULT_RETRY };

#endif
