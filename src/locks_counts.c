// SPDX-License-Identifier: GPL-2.0-only
/* What the lock hooks have counted, and the sweep for locks whose release was not seen. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "locks_tracker.h"

/* Younger entries may just be on their way in or out. */
#define STALE_NS 1000000000ULL

#define OWNER_FLAGS 7ULL

/* Where each class has its word. */
enum word_kind { WORD_NONE, WORD_RWSEM, WORD_MUTEX, WORD_FOLIO };

static enum word_kind word_kind(enum vl_tracked class)
{
	switch (class) {
	case VL_TRACKED_i_rwsem:
	case VL_TRACKED_invalidate_lock:
	case VL_TRACKED_s_umount:
	case VL_TRACKED_dqio_sem:
	case VL_TRACKED_mmap_lock:
	case VL_TRACKED_namespace_sem:
		return WORD_RWSEM;
	case VL_TRACKED_s_vfs_rename_mutex:
	case VL_TRACKED_open_mutex:
		return WORD_MUTEX;
	case VL_TRACKED_folio_lock:
		return WORD_FOLIO;
	default:
		return WORD_NONE;
	}
}

static __u64 word(struct lock_tracker *t, __u64 lock, const char *member)
{
	return kmem__pointer(t->km, lock, kbtf__offset(t->kb, member));
}

/* Does the lock's own word say that @task cannot hold it so? Where it leaves a doubt: no. */
static bool is_refuted(struct lock_tracker *t, __u64 task, const struct vl_held *e)
{
	switch (word_kind((enum vl_tracked)e->class)) {
	case WORD_RWSEM:
		if (e->mode == VL_HELD_EXCLUSIVE)
			return (word(t, e->lock, "rw_semaphore.owner") & ~OWNER_FLAGS) != task;
		return !(word(t, e->lock, "rw_semaphore.count") & ~0xfeULL);
	case WORD_MUTEX:
		return (word(t, e->lock, "mutex.owner") & ~OWNER_FLAGS) != task;
	case WORD_FOLIO:
		return !(word(t, e->lock, "page.flags") & 1);
	case WORD_NONE:
		break;
	}
	return false;
}

void locks__drop_stale(struct lock_tracker *t)
{
	__u64 now = clock_ns(CLOCK_MONOTONIC);

	for (int i = 0; i < VL_HELD_SLOTS; i++) {
		/* Copied, as it changes meanwhile. What was wrong with a copy that is torn, the task finds nowhere. */
		struct vl_task_locks s = t->held[i];

		for (__u32 k = 0; s.task && !s.dropped && k < s.n && k < VL_HELD_LOCKS; k++) {
			const struct vl_held *e = &s.of[k];

			if (e->since_ns + STALE_NS > now || e->flags & VL_HELD_PENDING || !is_refuted(t, s.task, e))
				continue;
			if (t->held[i].task == s.task && t->held[i].of[k].since_ns == e->since_ns)
				t->held[i].dropped = e->since_ns;
			break;
		}
	}
}

static void add_hist(struct hist *to, const struct vl_lock_hist *from)
{
	hist__add(to, from->counts, from->max_ns, from->sum_ns);
}

static int read_classes(struct lock_tracker *t, int cpus)
{
	struct vl_class_stats *all = calloc((size_t)cpus, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (__u32 class = 0; class < VL_N_TRACKED; class ++) {
		struct lock_class_result *r = &t->classes[class];

		*r = (struct lock_class_result){.takes_seen = word_kind((enum vl_tracked) class) != WORD_NONE ||
							      class == VL_TRACKED_s_writers || t->by_tracepoints};
		if (bpf_map_lookup_elem(t->class_fd, &class, all))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++) {
			r->taken += all[cpu].taken;
			r->contended += all[cpu].contended;
			add_hist(&r->wait, &all[cpu].wait);
			add_hist(&r->hold, &all[cpu].hold);
		}
	}
	free(all);
	return 0;
}

static void add_site(struct lock_site *s, const struct vl_site_stats *more)
{
	s->stats.taken += more->taken;
	s->stats.contended += more->contended;
	s->stats.wait_ns += more->wait_ns;
	s->stats.hold_ns += more->hold_ns;
	if (more->wait_max_ns > s->stats.wait_max_ns)
		s->stats.wait_max_ns = more->wait_max_ns;
	if (more->hold_max_ns > s->stats.hold_max_ns)
		s->stats.hold_max_ns = more->hold_max_ns;
}

static int worst_first(const void *pa, const void *pb)
{
	const struct lock_site *a = pa, *b = pb;

	if (a->class != b->class)
		return (int)a->class - (int)b->class;
	if (a->stats.wait_ns != b->stats.wait_ns)
		return a->stats.wait_ns < b->stats.wait_ns ? 1 : -1;
	return a->stats.taken < b->stats.taken ? 1 : a->stats.taken > b->stats.taken ? -1 : 0;
}

static int read_sites(struct lock_tracker *t, int cpus)
{
	struct vl_site_stats *all = calloc((size_t)cpus, sizeof(*all));

	if (!all)
		return -ENOMEM;
	t->n_sites = 0;
	for (__u32 i = 0; i < VL_SITES; i++) {
		__u64 key = t->tables->sites[i];
		struct lock_site s = {.class = (enum vl_tracked)(key >> 40),
				      .mode = (enum vl_held_mode)(key >> 32 & 0xff),
				      .caller = (__u32)key ? 0xffffffff00000000ULL | (__u32)key : 0};

		if (!key || bpf_map_lookup_elem(t->site_fd, &i, all))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			add_site(&s, &all[cpu]);
		t->sites[t->n_sites++] = s;
	}
	qsort(t->sites, (size_t)t->n_sites, sizeof(t->sites[0]), worst_first);
	free(all);
	return 0;
}

static int read_lost(struct lock_tracker *t, int cpus)
{
	__u64 *all = calloc((size_t)cpus, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (__u32 reason = 0; reason < VL_N_LOCK_LOST; reason++) {
		t->lost[reason] = 0;
		if (bpf_map_lookup_elem(t->lost_fd, &reason, all))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			t->lost[reason] += all[cpu];
	}
	free(all);
	return 0;
}

static void count_held(struct lock_tracker *t)
{
	t->held_now = 0;
	for (int i = 0; i < VL_HELD_SLOTS; i++)
		t->held_now += t->held[i].task ? t->held[i].n : 0;
}

int locks__sweep(struct lock_tracker *t)
{
	int cpus = libbpf_num_possible_cpus(), err = read_classes(t, cpus);

	if (!err)
		err = read_sites(t, cpus);
	if (!err)
		err = read_lost(t, cpus);
	count_held(t);
	return err;
}

const struct lock_class_result *locks__class(const struct lock_tracker *t, enum vl_tracked class)
{
	return &t->classes[class];
}

const struct lock_site *locks__sites(const struct lock_tracker *t, int *n)
{
	*n = t->n_sites;
	return t->sites;
}

const struct lock_hook *locks__hooks(const struct lock_tracker *t, int *n)
{
	*n = t->n_hooks;
	return t->hooks;
}

/* What was not known before the audit began is none of its business: the iterator holds mmap_locks that it makes known.
 */
int locks__forget_lost(struct lock_tracker *t)
{
	int cpus = libbpf_num_possible_cpus(), err = 0;
	__u64 *zeros = calloc((size_t)cpus, sizeof(*zeros));

	if (!zeros)
		return -ENOMEM;
	for (__u32 reason = 0; reason < VL_N_LOCK_LOST && !err; reason++)
		err = bpf_map_update_elem(t->lost_fd, &reason, zeros, BPF_ANY);
	free(zeros);
	return err;
}

__u64 locks__lost(const struct lock_tracker *t, enum vl_lock_lost reason)
{
	return t->lost[reason];
}

/*
 * A tracepoint's program is never preempted: what it misses are locks that its own entry takes, or an interrupt, which
 * takes none of those that are tracked.
 */
__u64 locks__missed(const struct lock_tracker *t)
{
	__u64 sum = 0;

	for (int i = 0; i < t->n_hooks; i++) {
		struct bpf_prog_info info = {0};
		__u32 len = sizeof(info);
		int fd = bpf_program__fd(t->programs[i]);

		if (!begins(bpf_program__section_name(t->programs[i]), "tp_btf/") && fd >= 0 &&
		    !bpf_obj_get_info_by_fd(fd, &info, &len))
			sum += info.recursion_misses;
	}
	return sum;
}

__u64 locks__held_now(const struct lock_tracker *t)
{
	return t->held_now;
}
