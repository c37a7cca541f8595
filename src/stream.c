// SPDX-License-Identifier: GPL-2.0-only
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "index.h"

/* A burst of lines is as many as two seconds' worth, and at least one. */
#define BURST_SECONDS 2
/* So many calls more than may be wrong are not looked at one by one: asking the kernel costs a system call. */
#define SURELY_MORE 256
/* How long it takes at most to notice that a suppression has ended. */
#define SUPPRESSED_NS 60000000000ULL

/* What is known of a fingerprint on a mount. */
struct known {
	struct stream_entry entry;
	__u64 last_told_ns;
	__u64 now;          /* calls in the results that are being looked at */
	__u64 hushed;       /* of these, suppressed: should that end, they are not news */
	__u64 base;         /* calls that were suppressed when last looked at */
	__u64 gone;         /* calls that were told, but are breaches no more: a folio that was unlocked very late */
	__u64 events;       /* calls that stream__call() brought */
	__u64 may_be_wrong; /* as of one of the last of these */
};

/* Which alerts a call on a path is: of each rule that it breaks. */
struct path_verdict {
	__u64 judged_ns; /* 0: not yet */
	bool suppressed; /* a rule of it: until some day, so it is looked at again */
	int n;
	int known[VL_METHOD_SLOTS + 2];
	struct finding *findings; /* n of them, as the first call was */
};

struct stream {
	struct audit *audit;
	struct stream_options options;
	struct known *known;
	int n, room;
	struct index index;
	struct path_verdict *paths; /* by number in collector__stacks() */
	int n_paths;
	struct alert *recent; /* a ring of options.n_recent */
	__u64 n_recent;
	struct bucket {
		double tokens;
		__u64 filled_ns;
	} * buckets; /* per rule */
	__u64 number;
	struct stream_counts counts;
};

int stream__open(struct audit *a, const struct stream_options *options, struct stream **out)
{
	struct stream *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->audit = a;
	s->options = *options;
	s->recent = calloc((size_t)options->n_recent + 1, sizeof(*s->recent));
	s->buckets = calloc((size_t)n_rules, sizeof(*s->buckets));
	if (!s->recent || !s->buckets) {
		stream__free(s);
		return -ENOMEM;
	}
	*out = s;
	return 0;
}

static void forget_paths(struct stream *s)
{
	for (int i = 0; i < s->n_paths; i++)
		free(s->paths[i].findings);
	free(s->paths);
	s->paths = NULL;
	s->n_paths = 0;
}

void stream__free(struct stream *s)
{
	if (!s)
		return;
	forget_paths(s);
	index__free(&s->index);
	free(s->known);
	free(s->recent);
	free(s->buckets);
	free(s);
}

/* May a line of this rule be told now? A bucket that was never used is full. */
static bool take_token(struct stream *s, const struct rule *r)
{
	struct bucket *b = &s->buckets[r - s->audit->plan.rules];
	double most = s->options.rate * BURST_SECONDS > 1 ? s->options.rate * BURST_SECONDS : 1;
	__u64 now;

	if (!(s->options.rate > 0))
		return true;
	now = clock_ns(CLOCK_MONOTONIC);
	b->tokens += (double)(now - b->filled_ns) / 1e9 * s->options.rate;
	if (b->tokens > most)
		b->tokens = most;
	b->filled_ns = now;
	if (b->tokens < 1)
		return false;
	b->tokens -= 1;
	return true;
}

static int same_entry(const void *records, int at, const void *key)
{
	const struct known *k = (const struct known *)records + at;
	const struct stream_entry *e = key;

	return k->entry.fingerprint == e->fingerprint && k->entry.target == e->target;
}

static int add_known(struct stream *s, const struct stream_entry *e, __u64 hash)
{
	if (s->n == s->room) {
		int room = s->room ? 2 * s->room : 64;
		void *p = realloc(s->known, (size_t)room * sizeof(*s->known));

		if (!p)
			return -ENOMEM;
		s->known = p;
		s->room = room;
	}
	s->known[s->n] = (struct known){.entry = *e};
	return index__add(&s->index, hash, s->n++);
}

/* Its number among those that are known, where it is from now on. */
static int find_known(struct stream *s, const struct finding *f)
{
	struct stream_entry e = {.fingerprint = breach__fingerprint(f),
				 .rule = f->rule,
				 .function = f->function,
				 .target = f->target,
				 .verdict = f->verdict};
	__u64 hash = index__hash(&e.target, sizeof(e.target), e.fingerprint);
	int at = index__find(&s->index, hash, same_entry, s->known, &e);

	if (at >= 0)
		return at;
	at = add_known(s, &e, hash);
	return at < 0 ? at : s->n - 1;
}

static void keep_recent(struct stream *s, const struct alert *a)
{
	if (s->options.n_recent)
		s->recent[s->n_recent++ % (__u64)s->options.n_recent] = *a;
}

/* Repeats that wait to be told count at once for whoever asks. */
static void count_recent(struct stream *s, const struct known *k, __u64 last_ns)
{
	for (int i = 0; i < s->options.n_recent; i++) {
		struct alert *r = &s->recent[i];

		if (r->fingerprint != k->entry.fingerprint || r->finding.target != k->entry.target)
			continue;
		if (r->calls < k->entry.calls)
			r->calls = k->entry.calls;
		if (r->finding.sample.last_ns < last_ns)
			r->finding.sample.last_ns = last_ns;
	}
}

static void tell(struct stream *s, struct known *k, const struct finding *f, __u64 more, __u64 mono_ns)
{
	struct alert a = {.number = ++s->number,
			  .mono_ns = mono_ns,
			  .fingerprint = k->entry.fingerprint,
			  .calls = k->entry.told + more,
			  .more = more,
			  .is_repeat = k->last_told_ns > 0,
			  .finding = *f};
	__u64 now = clock_ns(CLOCK_MONOTONIC), wall = clock_ns(CLOCK_REALTIME);

	a.wall_ns = now > mono_ns ? wall - (now - mono_ns) : wall;
	/* A reload of the suppressions would leave it pointing nowhere. */
	a.finding.suppressed = NULL;
	k->entry.told += more;
	k->last_told_ns = now;
	s->counts.told += more;
	s->counts.lines++;
	if (!a.is_repeat)
		keep_recent(s, &a);
	if (s->options.tell)
		s->options.tell(s->options.arg, &a);
}

static bool is_told(const struct stream *s, const struct finding *f)
{
	return !f->suppressed && (f->verdict == VERDICT_VIOLATION || (s->options.drift && f->verdict == VERDICT_DRIFT));
}

/* The stack of the first finding stands for all of its fingerprint, which differ in offsets only. */
static void tell_if_new(struct stream *s, const struct finding *f, bool all)
{
	__u64 now = clock_ns(CLOCK_MONOTONIC), calls;
	struct known *k;
	int at = find_known(s, f);

	if (at < 0)
		return;
	k = &s->known[at];
	calls = k->now + k->gone > k->base ? k->now + k->gone - k->base : 0;
	if (calls > k->entry.calls)
		k->entry.calls = calls;
	count_recent(s, k, f->sample.last_ns);
	if (s->options.every_call || k->entry.calls <= k->entry.told)
		return;
	if (k->last_told_ns && !all && now - k->last_told_ns < s->options.fold_ns)
		return;
	if (all || take_token(s, f->rule))
		tell(s, k, f, k->entry.calls - k->entry.told, now);
}

int stream__update(struct stream *s, const struct results *r, bool all)
{
	for (int i = 0; i < s->n; i++)
		s->known[i].now = s->known[i].hushed = 0;
	for (int i = 0; i < r->n_findings; i++) {
		const struct finding *f = &r->findings[i];
		int at = f->suppressed || is_told(s, f) ? find_known(s, f) : 0;

		if (at < 0)
			return at;
		if (f->suppressed)
			s->known[at].hushed += f->calls;
		else if (is_told(s, f))
			s->known[at].now += f->calls;
	}
	for (int i = 0; i < s->n; i++) {
		struct known *k = &s->known[i];

		if (k->hushed)
			k->base = k->hushed > k->entry.calls ? k->hushed - k->entry.calls : 0;
		else if (k->entry.rule->phase == RULE_AT_after && k->now + k->gone < k->entry.calls)
			k->gone = k->entry.calls - k->now; /* so that the next one is news */
	}
	for (int i = 0; i < r->n_findings; i++)
		if (is_told(s, &r->findings[i]))
			tell_if_new(s, &r->findings[i], all);
	return 0;
}

static int judge_path(struct stream *s, struct path_verdict *v, const struct seen_stack *path)
{
	const struct function *f = &s->audit->plan.functions[path->fn];
	const struct method *m = &methods[f->method];

	*v = (struct path_verdict){.judged_ns = clock_ns(CLOCK_MONOTONIC)};
	for (int i = 0; i < m->n_rules && v->n < (int)(sizeof(v->known) / sizeof(v->known[0])); i++) {
		struct finding found = {
			.rule = &s->audit->plan.rules[m->first_rule + i], .function = f, .sig = path->sig, .calls = 1};
		const char *why;
		bool direct;
		void *p;

		if (!plan__rule_active(&s->audit->plan, found.rule, &why))
			continue;
		found.judgement = judge__rule(found.rule, path->sig);
		if (found.judgement.outcome != OUTCOME_BROKEN)
			continue;
		breach__judge(s->audit, &found, path, &direct);
		v->suppressed = v->suppressed || found.suppressed;
		if (!is_told(s, &found))
			continue;
		p = realloc(v->findings, (size_t)(v->n + 1) * sizeof(*v->findings));
		if (!p)
			return -ENOMEM;
		v->findings = p;
		v->known[v->n] = find_known(s, &found);
		if (v->known[v->n] < 0)
			return v->known[v->n];
		v->findings[v->n++] = found;
	}
	return 0;
}

static struct path_verdict *verdict_of(struct stream *s, int stack)
{
	int n;
	const struct seen_stack *all = collector__stacks(s->audit->collector, &n);
	struct path_verdict *v;

	if (stack >= s->n_paths) {
		struct path_verdict *p = realloc(s->paths, (size_t)n * sizeof(*p));

		if (!p)
			return NULL;
		memset(p + s->n_paths, 0, (size_t)(n - s->n_paths) * sizeof(*p));
		s->paths = p;
		s->n_paths = n;
	}
	v = &s->paths[stack];
	if (!v->judged_ns || (v->suppressed && clock_ns(CLOCK_MONOTONIC) - v->judged_ns >= SUPPRESSED_NS)) {
		free(v->findings);
		if (judge_path(s, v, &all[stack]))
			return NULL;
		if (!v->n && !v->suppressed)
			collector__mute(s->audit->collector, stack);
	}
	return v;
}

static void tell_call(struct stream *s, struct known *k, const struct finding *first, const struct vl_call_event *ev)
{
	struct finding f = *first;

	/* See doubt_mixed() in results.c: no more breaches than that are not told to be violations. */
	k->events++;
	if (k->events <= k->may_be_wrong + SURELY_MORE || k->events % SURELY_MORE == 0)
		k->may_be_wrong = breach__may_be_wrong(s->audit, &f);
	if (f.verdict == VERDICT_VIOLATION && k->events <= k->may_be_wrong) {
		s->counts.doubtful++;
		return;
	}
	if (!take_token(s, f.rule)) {
		s->counts.held_back++;
		return;
	}
	f.sample.pid = ev->pid;
	f.sample.tgid = ev->tgid;
	f.sample.cpu = ev->cpu;
	memcpy(f.sample.comm, ev->comm, sizeof(f.sample.comm));
	f.sample.first_ns = f.sample.last_ns = ev->ns;
	tell(s, k, &f, 1, ev->ns);
}

void stream__call(struct stream *s, const struct vl_call_event *ev)
{
	struct path_verdict *v;
	int stack;

	if (!s->options.every_call)
		return;
	stack = collector__stack_of(s->audit->collector, ev);
	v = stack < 0 ? NULL : verdict_of(s, stack);
	for (int i = 0; v && i < v->n; i++)
		tell_call(s, &s->known[v->known[i]], &v->findings[i], ev);
}

const struct alert *stream__recent(const struct stream *s, int i)
{
	__u64 n = (__u64)s->options.n_recent, have = s->n_recent < n ? s->n_recent : n;

	return i >= 0 && (__u64)i < have ? &s->recent[(s->n_recent - 1 - (__u64)i) % n] : NULL;
}

void stream__rejudge(struct stream *s)
{
	forget_paths(s);
}

struct stream_counts stream__counts(const struct stream *s)
{
	struct stream_counts c = s->counts;

	c.fingerprints = (__u64)s->n;
	for (int i = 0; i < s->n; i++)
		c.waiting += s->known[i].entry.calls > s->known[i].entry.told
				     ? s->known[i].entry.calls - s->known[i].entry.told
				     : 0;
	return c;
}

const struct stream_entry *stream__entry(const struct stream *s, int i)
{
	return i >= 0 && i < s->n ? &s->known[i].entry : NULL;
}
