/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which lock is this, and is it one of an audited filesystem? Told by its address: a few locks are known by it, others
 * lie in an object at a place that says what they are, if the object is what it would have to be. Most locks of a host
 * are none of these and are asked about again and again, so that a refusal is remembered.
 */
#ifndef VFSLOCK_CLASSIFY_H
#define VFSLOCK_CLASSIFY_H

struct vl_lock_tables lock_tables SEC(".bss.lock_tables");

struct vl_class {
	__u8 class, owner;
};

static __always_inline __u64 vl_hashed(__u32 low, __u32 bits)
{
	__u64 i = low * VL_HASH >> (32 - bits);

	asm volatile("" : "+r"(i));
	return i;
}

static __always_inline __u64 *vl_rejected_at(struct vl_lock_tables *t, const void *lock)
{
	return &t->rejected[vl_hashed(vl_low_half(lock), VL_REJECTED_BITS)];
}

/* The address may become a lock of an audited filesystem: its refusal is forgotten. */
static __always_inline void vl_unreject(struct vl_lock_tables *t, const void *lock)
{
	__u64 *at = vl_rejected_at(t, lock);

	if (*at == (__u64)lock)
		*at = 0;
}

static __always_inline bool vl_is_fixed(struct vl_lock_tables *t, const void *lock, struct vl_class *out)
{
	__u64 i = vl_address_index(vl_low_half(lock), t->multiplier, VL_FIXED_BITS);
	struct vl_fixed *f;

	asm volatile("" : "+r"(i));
	f = &t->fixed[i];
	if (f->lock != (__u64)lock)
		return false;
	out->class = f->class;
	out->owner = f->owner;
	return true;
}

static __always_inline struct vl_mm *vl_mm_at(struct vl_lock_tables *t, const void *lock, __u32 probe)
{
	__u64 i = (vl_low_half(lock) * VL_HASH >> (32 - VL_MMS_BITS)) + probe;

	if (probe)
		i &= VL_MMS - 1;
	asm volatile("" : "+r"(i));
	return &t->mms[i];
}

/* Is it the mmap_lock of an address space with a mapping of an audited filesystem? */
static __always_inline bool vl_is_mm(struct vl_lock_tables *t, const void *lock)
{
	struct vl_mm *home = vl_mm_at(t, lock, 0);

	if (home->lock == (__u64)lock)
		return true;
	if (!home->displaced)
		return false;
	for (int p = 1; p < VL_MMS_PROBES; p++)
		if (vl_mm_at(t, lock, p)->lock == (__u64)lock)
			return true;
	return false;
}

static __always_inline __u64 vl_word_at(const void *object, __u32 offset)
{
	__u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), (const char *)object + offset);
	return word;
}

#define vl_offset(type, member) bpf_core_field_offset(type, member)

/*
 * Would-be inodes lie wherever a lock is, so two things must fit: an audited super_block, and that the inode's own
 * i_data, or the mapping that it stands in for, is known by the address where it would be.
 */
static __always_inline bool vl_is_inode(const void *inode, __u8 *owner)
{
	__u64 data = (__u64)inode + vl_offset(struct inode, i_data), words[2] = {};
	__u32 index;

	/* i_sb and i_mapping are neighbours (5.10 to 7.2): one copy. */
	bpf_probe_read_kernel(words, sizeof(words), (const char *)inode + vl_offset(struct inode, i_sb));
	if (!vl_watched((const void *)words[0], &index))
		return false;
	*owner = index;
	if (vl_offset(struct inode, i_mapping) != vl_offset(struct inode, i_sb) + sizeof(words[0]))
		words[1] = vl_word_at(inode, vl_offset(struct inode, i_mapping));
	return words[1] == data || vl_word_at(inode, vl_offset(struct inode, i_data) +
							     vl_offset(struct address_space, host)) == (__u64)inode;
}

/*
 * Can a word that lies where a pointer would be be followed? On a CPU that could do 5-level paging and does not, the
 * kernel lets addresses pass that are not canonical, and warns of the fault (copy_from_kernel_nofault_allowed()). Like
 * @known, of the same kernel's memory.
 */
static __always_inline bool vl_is_address(__u64 word, const void *known)
{
	return (__u64)known >> 47 == 0x1ffff ? word >> 47 == 0x1ffff : word >> 56 == 0xff;
}

/* The super_block twice, by way of its parent and of its inode, if it has one. */
static __always_inline bool vl_is_dentry(const void *dentry, __u8 *owner)
{
	const struct super_block *sb = (void *)vl_word_at(dentry, vl_offset(struct dentry, d_sb));
	const void *parent, *inode;
	__u32 index;

	if (!vl_watched(sb, &index))
		return false;
	*owner = index;
	inode = (void *)vl_word_at(dentry, vl_offset(struct dentry, d_inode));
	parent = (void *)vl_word_at(dentry, vl_offset(struct dentry, d_parent));
	if (!vl_is_address((__u64)parent, sb) || (inode && !vl_is_address((__u64)inode, sb)))
		return false;
	return vl_word_at(parent, vl_offset(struct dentry, d_sb)) == (__u64)sb &&
	       (!inode || vl_word_at(inode, vl_offset(struct inode, i_sb)) == (__u64)sb);
}

#define vl_lies_in_inode(lock, member) vl_is_inode((const char *)(lock)-vl_offset(struct inode, member), &out->owner)

/* @kinds: which classes come into question at all, as a constant. */
enum vl_lock_shape { VL_SHAPE_RWSEM, VL_SHAPE_MUTEX, VL_SHAPE_SPIN };

static __always_inline bool vl_is_member(struct vl_lock_tables *t, const void *lock, enum vl_lock_shape shape,
					 struct vl_class *out)
{
	switch (shape) {
	case VL_SHAPE_RWSEM:
		out->owner = 0;
		out->class = VL_TRACKED_mmap_lock;
		if (vl_is_mm(t, lock))
			return true;
		out->class = VL_TRACKED_i_rwsem;
		if (vl_lies_in_inode(lock, i_rwsem))
			return true;
		out->class = VL_TRACKED_invalidate_lock;
		return bpf_core_field_exists(struct address_space, invalidate_lock) &&
		       vl_lies_in_inode(lock, i_data.invalidate_lock);
	case VL_SHAPE_MUTEX:
		return false;
	case VL_SHAPE_SPIN:
		out->class = VL_TRACKED_i_lock;
		if (vl_lies_in_inode(lock, i_lock))
			return true;
		out->class = VL_TRACKED_d_lock;
		return vl_is_dentry((const char *)lock - vl_offset(struct dentry, d_lockref.lock), &out->owner);
	}
	return false;
}

/* False, after some 20 instructions if it was asked about before: none of an audited filesystem's. */
static __always_inline bool vl_classify(struct vl_lock_tables *t, const void *lock, enum vl_lock_shape shape,
					struct vl_class *out)
{
	__u64 *rejected = vl_rejected_at(t, lock);

	if (*rejected == (__u64)lock)
		return false;
	if (vl_is_fixed(t, lock, out) || vl_is_member(t, lock, shape, out)) {
		out->class = vl_opaque(out->class); /* or the verifier would follow all that comes once for each */
		out->owner = vl_opaque(out->owner);
		return true;
	}
	*rejected = (__u64)lock;
	return false;
}

#endif
