/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Learns ops tables while the audit runs: those of every inode that becomes visible under a dentry, and tables that a
 * method hands out (`learn` in the spec). Only the first sighting of a table reaches the tool.
 */
#ifndef VFSLOCK_LEARN_H
#define VFSLOCK_LEARN_H

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct vl_tables_key);
	__type(value, __u64);
} tables SEC(".maps");

static __always_inline bool vl_watched(const struct super_block *sb)
{
	return (__u64)sb == control.watched;
}

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

static __always_inline void vl_learn(__u32 ops, __u64 table)
{
	struct vl_tables_key key = {.i_op = table, .ops = ops + 1};
	struct vl_event ev = {.type = VL_EVENT_OPS, .ops = ops, .a = table};

	if (table && vl_is_new(&key))
		vl_notify(&ev);
}

/* Every inode gets its first dentry through here: d_instantiate(), d_instantiate_new(), d_splice_alias(), d_add(). */
SEC("fentry/security_d_instantiate")
int BPF_PROG(learn_inode, struct dentry *dentry, struct inode *inode)
{
	struct vl_tables_key key = {};
	struct vl_event ev = {.type = VL_EVENT_TABLES};

	if (!inode || !vl_watched(inode->i_sb))
		return 0;
	key.kind = inode->i_mode & S_IFMT;
	key.i_op = (__u64)inode->i_op;
	key.i_fop = (__u64)inode->i_fop;
	key.a_ops = (__u64)inode->i_mapping->a_ops;
	if (!vl_is_new(&key))
		return 0;
	ev.mode = key.kind;
	ev.a = key.i_op;
	ev.b = key.i_fop;
	ev.c = key.a_ops;
	vl_notify(&ev);
	return 0;
}

/*
 * The super_block goes away. Its address may be used again at once by another one, so the audit of this one ends here,
 * when the last method that it is passed to has returned: ->put_super(), called by generic_shutdown_super().
 */
SEC("fexit/generic_shutdown_super")
int BPF_PROG(unmounted, struct super_block *sb)
{
	struct vl_event ev = {.type = VL_EVENT_UNMOUNTED};

	if (!vl_watched(sb))
		return 0;
	control.super_block = control.watched = VL_NO_SUPER_BLOCK;
	vl_notify(&ev);
	return 0;
}

#endif
