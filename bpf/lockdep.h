/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same table fed by lockdep's tracepoints, on kernels that have them: spinlocks included. lock_acquire comes when a
 * lock is asked for (a trylock: when it has it), lock_acquired when it is taken, lock_release also when it was not.
 */
#ifndef VFSLOCK_LOCKDEP_H
#define VFSLOCK_LOCKDEP_H

/*
 * The lock whose dep_map this is, if it is tracked. Whether it sleeps tells rwsems and mutexes from spinlocks: by its
 * address alone, one in memory that was an inode's before (and is not yet written over) would pass for that inode's.
 */
static __always_inline const void *vl_lock_of(const struct lockdep_map *map, struct vl_class *out)
{
	const char *at = (const char *)map;

	if (!bpf_core_field_exists(struct rw_semaphore, dep_map))
		return 0;
	if (map->wait_type_inner != bpf_core_enum_value(enum lockdep_wait_type, LD_WAIT_SLEEP))
		return vl_classify(&lock_tables, at - vl_offset(raw_spinlock_t, dep_map), VL_SHAPE_SPIN, out)
			       ? at - vl_offset(raw_spinlock_t, dep_map)
			       : 0;
	if (vl_classify(&lock_tables, at - vl_offset(struct rw_semaphore, dep_map), VL_SHAPE_RWSEM, out))
		return at - vl_offset(struct rw_semaphore, dep_map);
	if (vl_classify(&lock_tables, at - vl_offset(struct mutex, dep_map), VL_SHAPE_MUTEX, out))
		return at - vl_offset(struct mutex, dep_map);
	return 0;
}

SEC("tp_btf/lock_acquire")
int BPF_PROG(lockdep_acquire, struct lockdep_map *map, unsigned int subclass, int trylock, int read, int check,
	     struct lockdep_map *next, unsigned long ip)
{
	struct vl_class class;
	const void *lock = vl_lock_of(map, &class);

	if (lock)
		vl_taken(lock, class, read ? VL_HELD_SHARED : VL_HELD_EXCLUSIVE,
			 trylock || options.no_acquired ? 0 : VL_HELD_PENDING, ip);
	return 0;
}

SEC("tp_btf/lock_contended")
int BPF_PROG(lockdep_contended, struct lockdep_map *map, unsigned long ip)
{
	struct vl_class class;
	const void *lock = vl_lock_of(map, &class);

	if (lock && !vl_is_waiting(lock))
		vl_wait_begins(lock);
	return 0;
}

SEC("tp_btf/lock_acquired")
int BPF_PROG(lockdep_acquired, struct lockdep_map *map, unsigned long ip)
{
	struct vl_class class;
	const void *lock = vl_lock_of(map, &class);

	if (lock)
		vl_taken_after_all(lock);
	return 0;
}

SEC("tp_btf/lock_release")
int BPF_PROG(lockdep_release, struct lockdep_map *map, unsigned long ip)
{
	struct vl_class class;
	const void *lock = vl_lock_of(map, &class);

	if (lock && !vl_released(lock))
		vl_release_for_another(lock, 0);
	return 0;
}

#endif
