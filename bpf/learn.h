/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Learns ops tables while the audit runs, where the kernel shows an object that may carry a new one: an inode that gets
 * a dentry, a mapping, a lock, a lease, a buffer. Only the first sighting of a table reaches the tool.
 */
#ifndef VFSLOCK_LEARN_H
#define VFSLOCK_LEARN_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct vl_tables_key);
	__type(value, __u64);
} tables SEC(".maps");

/* True for the first caller with this key. */
static __always_inline bool vl_is_new(const struct vl_tables_key *key)
{
	__u64 one = 1;

	if (bpf_map_lookup_elem(&tables, key))
		return false;
	if (!bpf_map_update_elem(&tables, key, &one, BPF_NOEXIST))
		return true;
	if (!bpf_map_lookup_elem(&tables, key))
		vl_lose(VL_LOST_tables_full);
	return false;
}

static __always_inline void vl_learn(__u32 type, __u32 ops, __u64 table, __u32 owner)
{
	struct vl_tables_key key = {.i_op = table, .ops = ops + 1, .kind = type};
	struct vl_event ev = {.type = type, .ops = ops, .a = table, .target = vl_target_of(owner)};

	if (table && vl_is_new(&key))
		vl_notify(&ev);
}

/* Every inode gets its first dentry through here: d_instantiate(), d_instantiate_new(), d_splice_alias(), d_add(). */
SEC("fentry/security_d_instantiate")
int BPF_PROG(learn_inode, struct dentry *dentry, struct inode *inode)
{
	struct vl_tables_key key = {};
	struct vl_event ev = {.type = VL_EVENT_TABLES};
	__u32 owner;

	if (!inode || !vl_watched(inode->i_sb, &owner))
		return 0;
	key.kind = inode->i_mode & S_IFMT;
	key.i_op = (__u64)inode->i_op;
	key.i_fop = (__u64)inode->i_fop;
	key.a_ops = (__u64)inode->i_mapping->a_ops;
	key.d_op = (__u64)dentry->d_op;
	if (!vl_is_new(&key))
		return 0;
	ev.mode = key.kind;
	ev.a = key.i_op;
	ev.b = key.i_fop;
	ev.c = key.a_ops;
	ev.d = key.d_op;
	ev.target = vl_target_of(owner);
	vl_notify(&ev);
	return 0;
}

/*
 * mmap_region() shows every new mapping here, when the filesystem has set its vm_ops. On 5.10, where it is in no BTF,
 * the tool attaches to vma_set_page_prot() instead, which comes next.
 */
SEC("fentry/perf_event_mmap")
int BPF_PROG(learn_mapping, struct vm_area_struct *vma)
{
	__u32 owner;

	if (vl_watched(vma->vm_file->f_inode->i_sb, &owner))
		vl_learn(VL_EVENT_OPS, VL_OPS_vm_operations_struct, (__u64)vma->vm_ops, owner);
	return 0;
}

static __always_inline void vl_learn_lock(struct file_lock *fl, const struct super_block *sb)
{
	__u32 owner;

	if (!vl_watched(sb, &owner))
		return;
	vl_learn(VL_EVENT_OPS, VL_OPS_file_lock_operations, (__u64)fl->fl_ops, owner);
	vl_learn(VL_EVENT_OPS, VL_OPS_lock_manager_operations, (__u64)fl->fl_lmops, owner);
}

/* fcntl(), nfsd and lockd come this way; ->lock() may set fl_ops, which is why the return is watched. */
SEC("fexit/vfs_lock_file")
int BPF_PROG(learn_posix_lock, struct file *filp, unsigned int cmd, struct file_lock *fl)
{
	vl_learn_lock(fl, filp->f_inode->i_sb);
	return 0;
}

/* Every lock that a filesystem with its own ->lock() or ->flock() then enters locally. */
SEC("fentry/locks_lock_inode_wait")
int BPF_PROG(learn_local_lock, struct inode *inode, struct file_lock *fl)
{
	vl_learn_lock(fl, inode->i_sb);
	return 0;
}

/*
 * Leases and delegations, on their way into the inode's list (nfsd goes past vfs_setlease() on some kernels): a struct
 * file_lock up to 6.8, then a struct file_lease whose methods have a struct of their own. @lease points to a pointer,
 * which the verifier lets no program load from the context.
 */
SEC("fentry/generic_setlease")
int learn_lease(__u64 *ctx)
{
	struct file *filp = (struct file *)ctx[0];
	__u64 where = 0, lease = 0, table = 0;
	__u32 owner;

	if (!vl_watched(filp->f_inode->i_sb, &owner) || bpf_probe_read_kernel(&where, sizeof(where), &ctx[2]) ||
	    !where || bpf_probe_read_kernel(&lease, sizeof(lease), (const void *)where) || !lease)
		return 0;
	if (bpf_core_type_exists(struct file_lease)) {
		bpf_core_read(&table, sizeof(table), &((struct file_lease *)lease)->fl_lmops);
		vl_learn(bpf_core_type_exists(struct lease_manager_operations) ? VL_EVENT_ALSO : VL_EVENT_OPS,
			 VL_OPS_lock_manager_operations, table, owner);
	} else {
		bpf_core_read(&table, sizeof(table), &((struct file_lock *)lease)->fl_lmops);
		vl_learn(VL_EVENT_OPS, VL_OPS_lock_manager_operations, table, owner);
	}
	return 0;
}

static __always_inline int vl_learn_buffer(struct buffer_head *bh)
{
	__u32 owner;

	if (vl_watched(VL_BUFFER_SUPER_BLOCK(bh), &owner))
		vl_learn(VL_EVENT_FUNCTION, VL_OPS_buffer_head, (__u64)bh->b_end_io, owner);
	return 0;
}

/*
 * A buffer that is submitted has its b_end_io. The tool attaches the one whose argument is the buffer on this kernel,
 * to the function that all submissions reach: submit_bh_wbc(), or submit_bh() where the former is inlined.
 */
SEC("fentry/submit_bh")
int BPF_PROG(learn_buffer_second, int opf, struct buffer_head *bh)
{
	return vl_learn_buffer(bh);
}

SEC("fentry/submit_bh")
int BPF_PROG(learn_buffer_third, int op, int op_flags, struct buffer_head *bh)
{
	return vl_learn_buffer(bh);
}

/*
 * The super_block goes away. Its address may be used again at once by another one, so the audit of this one ends here,
 * when the last method that it is passed to has returned: ->put_super(), called by generic_shutdown_super().
 */
SEC("fexit/generic_shutdown_super")
int BPF_PROG(unmounted, struct super_block *sb)
{
	struct vl_event ev = {.type = VL_EVENT_UNMOUNTED, .a = (__u64)sb};
	__u32 owner;

	if (!vl_watched(sb, &owner))
		return 0;
	ev.target = vl_target_of(owner);
	/* In this order: see mounts__arm(). */
	control.owners[owner].watched = VL_NOBODY;
	barrier();
	control.owners[owner].counted = VL_NOBODY;
	vl_notify(&ev);
	return 0;
}

#endif
