// SPDX-License-Identifier: GPL-2.0-only
#include "breach.h"

#include <string.h>
#include <time.h>

#include "index.h"

/* A path as the judge reads it. */
static int make_path(const struct audit *a, const struct seen_stack *s, struct caller *path)
{
	for (int i = 0; i < s->n_ips; i++) {
		const struct frame_name *f = &s->names[i];

		path[i].function = f->function ? f->function : "?";
		path[i].methods = f->function ? plan__methods_at(&a->plan, f->start) : NULL;
	}
	return s->n_ips;
}

static void copy_sample(const struct audit *a, struct finding *f, const struct seen_stack *s)
{
	f->has_sample = true;
	f->target = audit__target_of(a, s->target);
	f->sample = s->sample;
	f->held = s->held;
	f->held_known = f->judgement.seen != SEEN_NOT_UNLOCKED;
	f->holder = s->holder;
	f->n_ips = s->n_ips;
	memcpy(f->ips, s->ips, sizeof(f->ips));
	memcpy(f->names, s->names, sizeof(f->names));
	f->n_slept_ips = s->n_slept_ips;
	memcpy(f->slept_ips, s->slept_ips, sizeof(f->slept_ips));
}

static const struct suppression *find_suppression(const struct audit *a, const struct finding *f,
						  const struct caller *path, int n)
{
	const char *names[STACK_MAX + 1] = {f->function->name};

	if (!a->suppressions)
		return NULL;
	for (int i = 0; i < n; i++)
		names[i + 1] = path[i].function;
	return suppressions__find(a->suppressions, f->rule->id, names, n + 1, a->judged_at ? a->judged_at : time(NULL));
}

void breach__judge(const struct audit *a, struct finding *f, const struct seen_stack *s, bool *direct)
{
	struct caller path[STACK_MAX];
	int n = s ? make_path(a, s, path) : 0;

	if (s)
		copy_sample(a, f, s);
	f->verdict = judge__breach(f->rule, &f->judgement, path, n, &f->drift, direct);
	f->suppressed = f->verdict == VERDICT_VIOLATION ? find_suppression(a, f, path, n) : NULL;
}

static __u64 hash_text(const char *text, __u64 seed)
{
	return index__hash(text, strlen(text) + 1, seed);
}

__u64 breach__fingerprint(const struct finding *f)
{
	__u64 hash = hash_text(f->rule->id, 0);

	hash = hash_text(f->function->name, hash);
	hash = hash_text(observation__name(f->judgement.seen), hash);
	if (f->drift)
		hash = hash_text(f->drift->because, hash);
	for (int i = 0; i < f->n_ips; i++)
		hash = hash_text(f->names[i].function ? f->names[i].function : "?", hash);
	return hash;
}

/*
 * That others alone hold a lock takes two lock events which were not seen, of this task's and of another one's: no more
 * breaches of that kind count than were missed at all.
 */
__u64 breach__may_be_wrong(const struct audit *a, const struct finding *f)
{
	__u64 n = collector__mixed(a->collector, (int)(f->function - a->plan.functions));

	if (f->judgement.seen == SEEN_NOT_UNLOCKED)
		return templates__missed_unlocks(a->templates);
	return a->locks && f->judgement.seen == SEEN_SHARED_OTHER ? n + locks__missed(a->locks) : n;
}
