/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waits that only the tracepoints contention_begin and contention_end show (5.19 on): of spinlocks, and of whoever
 * wants to write to a frozen filesystem. A task that spins does not leave its CPU, so the beginning is kept there.
 */
#ifndef VFSLOCK_SPINNING_H
#define VFSLOCK_SPINNING_H

/* include/trace/events/lock.h */
#define LCB_F_SPIN 1
#define LCB_F_PERCPU 16
#define LCB_F_MUTEX 32

/* A spinlock in each of task, soft interrupt, hard interrupt and NMI. */
#define VL_SPIN_NESTING 4

struct vl_spinning {
	struct {
		__u64 lock, since_ns, class;
	} of[VL_SPIN_NESTING];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vl_spinning);
} spinning SEC(".maps");

static __always_inline void vl_spin_begins(const void *lock, __u32 class)
{
	__u32 zero = 0;
	struct vl_spinning *s = bpf_map_lookup_elem(&spinning, &zero);

	for (int i = 0; s && i < VL_SPIN_NESTING; i++)
		if (!s->of[i].lock) {
			s->of[i].since_ns = bpf_ktime_get_ns();
			s->of[i].class = class;
			s->of[i].lock = (__u64)lock;
			return;
		}
}

static __always_inline void vl_spin_ends(const void *lock)
{
	__u32 zero = 0, class;
	struct vl_spinning *s = bpf_map_lookup_elem(&spinning, &zero);
	struct vl_class_stats *c;

	for (int i = 0; s && i < VL_SPIN_NESTING; i++)
		if (s->of[i].lock == (__u64)lock) {
			class = s->of[i].class;
			c = bpf_map_lookup_elem(&class_stats, &class);
			if (c) {
				vl_lock_hist_add(&c->wait, bpf_ktime_get_ns() - s->of[i].since_ns);
				__sync_fetch_and_add(&c->contended, 1);
			}
			s->of[i].lock = 0;
			return;
		}
}

SEC("tp_btf/contention_begin")
int BPF_PROG(spin_contention_begin, void *lock, unsigned int flags)
{
	struct vl_class class;

	if (flags == LCB_F_SPIN && vl_classify(&lock_tables, lock, VL_SHAPE_SPIN, &class))
		vl_spin_begins(lock, class.class);
	else if (flags & LCB_F_PERCPU && vl_classify(&lock_tables, lock, VL_SHAPE_MUTEX, &class))
		vl_wait_begins(lock);
	return 0;
}

/*
 * It has no flags, and comes for rwsems and mutexes, too. What is asked about as a lock of the wrong kind is refused,
 * and that is remembered: so only those are asked about that are known by their address.
 */
SEC("tp_btf/contention_end")
int BPF_PROG(spin_contention_end, void *lock, int ret)
{
	struct vl_class class;

	if (!vl_is_fixed(&lock_tables, lock, &class)) {
		vl_spin_ends(lock);
	} else if (class.class == VL_TRACKED_s_writers) {
		vl_wait_ends(lock, class.class);
		vl_gave_up(lock);
	} else if (class.class == VL_TRACKED_blocked_lock_lock) {
		vl_spin_ends(lock);
	}
	return 0;
}

#endif
