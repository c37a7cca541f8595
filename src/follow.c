// SPDX-License-Identifier: GPL-2.0-only
#include "follow.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* A folio whose unlocking was missed may be somebody else's lock now, but hardly each time that it is looked at. */
#define TIMES_OVERDUE 3

struct follower {
	struct kmem *km;
	const struct templates_maps *maps;
	struct templates *templates;
	__u64 timeout_ns;
	int flags_at, mapping_at, index_at; /* offsets in a folio */
	struct seen_folio *overdue;
	int n_overdue;
	__u64 pending[VL_FOLLOW_METHODS][VL_TYPES];
	struct {
		bool asked, idle;
		__u32 target;
	} disk; /* of the folio before, in this sweep: thousands may wait for the same one */
};

/* Of a folio, or on kernels without folios of a page; index may be in a wrapper (7.x renamed a page's, not a folio's).
 */
static int find_offsets(struct follower *f, struct kbtf *kb)
{
	const char *type = kbtf__has_struct(kb, "folio") ? "folio" : "page";
	char path[32];

	snprintf(path, sizeof(path), "%s.flags", type);
	f->flags_at = kbtf__offset(kb, path);
	snprintf(path, sizeof(path), "%s.mapping", type);
	f->mapping_at = kbtf__offset(kb, path);
	snprintf(path, sizeof(path), "%s.index", type);
	f->index_at = kbtf__offset(kb, path);
	return f->flags_at < 0 || f->mapping_at < 0 || f->index_at < 0 ? -ENOENT : 0;
}

int follower__open(struct kbtf *kb, struct kmem *km, struct templates *t, __u64 timeout_ns, struct follower **out)
{
	struct follower *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	*f = (struct follower){.km = km, .maps = templates__maps(t), .templates = t, .timeout_ns = timeout_ns};
	err = find_offsets(f, kb);
	if (err) {
		fprintf(stderr, "vfslock: this kernel's struct folio is not known: whether folios are unlocked is not "
				"watched\n");
		free(f);
		return err;
	}
	*out = f;
	return 0;
}

void follower__free(struct follower *f)
{
	if (!f)
		return;
	free(f->overdue);
	free(f);
}

/* PG_locked is the lowest flag of all kernels that are audited (include/linux/page-flags.h). */
#define PG_LOCKED 1ULL

static bool is_still_locked(struct follower *f, __u64 folio, const struct vl_followed *call, __u64 *flags)
{
	__u64 mapping, index;

	if (call->released || kmem__read(f->km, folio + (__u64)f->flags_at, flags, sizeof(*flags)) ||
	    kmem__read(f->km, folio + (__u64)f->mapping_at, &mapping, sizeof(mapping)) ||
	    kmem__read(f->km, folio + (__u64)f->index_at, &index, sizeof(index)))
		return false;
	return (*flags & PG_LOCKED) && mapping == call->mapping && index == call->index;
}

static void note_overdue(struct follower *f, __u64 folio, const struct vl_followed *call, __u64 flags, bool idle)
{
	struct seen_folio *o;
	void *p;

	for (int i = 0; i < f->n_overdue; i++) {
		o = &f->overdue[i];
		if (o->folio == folio && o->call.start_ns == call->start_ns) {
			o->times++;
			o->idle = o->idle || idle;
			return;
		}
	}
	p = realloc(f->overdue, (size_t)(f->n_overdue + 1) * sizeof(*f->overdue));
	if (!p)
		return; /* looked at again in a second */
	f->overdue = p;
	f->overdue[f->n_overdue++] =
		(struct seen_folio){.folio = folio, .call = *call, .flags = flags, .times = 1, .idle = idle};
}

/* Forgets those that were overdue, but are not followed any more. */
static void drop_unlocked(struct follower *f)
{
	int kept = 0;

	for (int i = 0; i < f->n_overdue; i++) {
		struct vl_followed now;

		if (!bpf_map_lookup_elem(f->maps->followed, &f->overdue[i].folio, &now) &&
		    now.start_ns == f->overdue[i].call.start_ns)
			f->overdue[kept++] = f->overdue[i];
	}
	f->n_overdue = kept;
}

static bool is_disk_idle(struct follower *f, __u32 target, follow_idle *idle, void *arg)
{
	if (!f->disk.asked || f->disk.target != target) {
		f->disk.asked = true;
		f->disk.target = target;
		f->disk.idle = idle(arg, target);
	}
	return f->disk.idle;
}

static int type_of(const struct vl_followed *call)
{
	return (int)(call->sig >> VL_SIG_TYPE_SHIFT & (VL_TYPES - 1));
}

static void look_at(struct follower *f, __u64 folio, __u64 now, follow_idle *idle, void *arg)
{
	struct vl_followed call;
	__u64 flags;

	if (bpf_map_lookup_elem(f->maps->followed, &folio, &call))
		return;
	if (!is_still_locked(f, folio, &call, &flags)) {
		/* Unlocked unseen, or just now: in either case there is nothing more to wait for. */
		if (!bpf_map_delete_elem(f->maps->followed, &folio))
			templates__unfollow(f->templates);
		return;
	}
	if (call.number < VL_FOLLOW_METHODS)
		f->pending[call.number][type_of(&call)]++;
	if (now > call.start_ns && now - call.start_ns >= f->timeout_ns)
		note_overdue(f, folio, &call, flags, is_disk_idle(f, call.target, idle, arg));
}

void follower__sweep(struct follower *f, follow_idle *idle, void *arg)
{
	__u64 key, next, now = clock_ns(CLOCK_MONOTONIC);
	__u64 *all = calloc(VL_MAX_FOLLOWED, sizeof(*all));
	void *prev = NULL;
	int n = 0;

	if (!all)
		return;
	/* First the keys: what is deleted in the middle of a walk makes it start again. */
	while (n < VL_MAX_FOLLOWED && !bpf_map_get_next_key(f->maps->followed, prev, &next)) {
		all[n++] = key = next;
		prev = &key;
	}
	memset(f->pending, 0, sizeof(f->pending));
	f->disk.asked = false;
	for (int i = 0; i < n; i++)
		look_at(f, all[i], now, idle, arg);
	drop_unlocked(f);
	free(all);
}

static int stuck_first(const void *pa, const void *pb)
{
	const struct seen_folio *a = pa, *b = pb;

	return (b->times >= TIMES_OVERDUE) - (a->times >= TIMES_OVERDUE);
}

const struct seen_folio *follower__stuck(const struct follower *f, int *n)
{
	*n = 0;
	if (!f || !f->n_overdue)
		return NULL;
	qsort(f->overdue, (size_t)f->n_overdue, sizeof(*f->overdue), stuck_first);
	while (*n < f->n_overdue && f->overdue[*n].times >= TIMES_OVERDUE)
		(*n)++;
	return f->overdue;
}

__u64 follower__pending(const struct follower *f, int number, int type)
{
	__u64 stuck = 0, pending = 0;

	if (!f || number < 0)
		return 0;
	for (int i = 0; i < VL_TYPES; i++)
		pending += type < 0 || type == i ? f->pending[number][i] : 0;
	for (int i = 0; i < f->n_overdue; i++) {
		const struct seen_folio *o = &f->overdue[i];

		stuck += o->times >= TIMES_OVERDUE && (int)o->call.number == number &&
			 (type < 0 || type == type_of(&o->call));
	}
	return pending > stuck ? pending - stuck : 0;
}

int follower__times(const struct follower *f, int number, int type, struct hist *out)
{
	int cpus = libbpf_num_possible_cpus(), types = f ? templates__timed_types(f->templates) : 0;
	struct vl_hist *values;

	memset(out, 0, sizeof(*out));
	if (!f || number < 0 || cpus <= 0 || type >= types)
		return -ENODATA;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	for (int i = type < 0 ? 0 : type; i < (type < 0 ? types : type + 1); i++) {
		__u32 key = (__u32)(number * types + i);

		if (bpf_map_lookup_elem(f->maps->unlock_times, &key, values))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			hist__add(out, values[cpu].counts, values[cpu].max_ns, values[cpu].sum_ns);
	}
	free(values);
	return 0;
}
