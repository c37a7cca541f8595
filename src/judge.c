// SPDX-License-Identifier: GPL-2.0-only
#include "judge.h"

#include <string.h>

#include "../bpf/shared.h"

static enum observation lock_seen(const struct rule *r, __u64 sig)
{
	static const enum observation seen[16] = {
		[VL_STATE_FREE] = SEEN_FREE,
		[VL_STATE_EXCLUSIVE_SELF] = SEEN_EXCLUSIVE,
		[VL_STATE_EXCLUSIVE_OTHER] = SEEN_EXCLUSIVE_OTHER,
		[VL_STATE_SHARED] = SEEN_SHARED,
		[VL_STATE_SHARED_HINT] = SEEN_SHARED_HINT,
		[VL_STATE_HELD] = SEEN_HELD,
		[VL_STATE_SHARED_SELF] = SEEN_SHARED_SELF,
		[VL_STATE_SHARED_OTHER] = SEEN_SHARED_OTHER,
		[VL_STATE_HELD_SELF] = SEEN_HELD_SELF,
		[VL_STATE_FOLLOWED] = SEEN_FOLLOWED,
	};
	int shift = 4 * r->slot + (rule_at_return(r) ? VL_SIG_EXIT_SHIFT : 0);

	return seen[sig >> shift & 15];
}

static enum observation context_seen(const struct rule *r, __u64 sig)
{
	if (r->mode == RULE_yes) {
		if (sig & VL_SIG_NO_CONTEXT)
			return SEEN_NOTHING;
		return sig & VL_SIG_ATOMIC ? SEEN_ATOMIC : SEEN_CAN_SLEEP;
	}
	/* An interrupt cannot sleep, and its return is not paired with its entry. */
	if (!(sig & (VL_SIG_EXITED | VL_SIG_INTERRUPT)))
		return SEEN_NOTHING;
	return sig & VL_SIG_SLEPT ? SEEN_SLEPT : SEEN_NO_SLEEP;
}

static struct judgement judged(enum observation seen, bool kept, bool proof)
{
	return (struct judgement){.seen = seen, .outcome = kept ? OUTCOME_KEPT : OUTCOME_BROKEN, .proof = proof};
}

static struct judgement judge_mode(enum rule_mode mode, enum observation seen)
{
	switch (mode) {
	case RULE_exclusive:
		return judged(seen, seen == SEEN_EXCLUSIVE, true);
	case RULE_shared:
		if (seen == SEEN_FREE || seen == SEEN_EXCLUSIVE_OTHER || seen == SEEN_SHARED_OTHER)
			return judged(seen, false, true);
		return judged(seen, true, seen == SEEN_EXCLUSIVE || seen == SEEN_SHARED_SELF);
	case RULE_held:
		/* Bit and spin locks have no owner: another task may hold it. */
		return judged(seen, seen != SEEN_FREE, seen == SEEN_FREE || seen == SEEN_HELD_SELF);
	case RULE_free:
		/* What becomes of a folio that is followed, the signature does not tell: see results.c. */
		return judged(seen, seen == SEEN_FREE || seen == SEEN_FOLLOWED, true);
	case RULE_yes:
		/* preempt_count does not show disabled interrupts. */
		return judged(seen, seen == SEEN_CAN_SLEEP, seen == SEEN_ATOMIC);
	case RULE_no:
		return judged(seen, seen == SEEN_NO_SLEEP, true);
	case RULE_any:
	case RULE_none:
	case RULE_maybe:
		break;
	}
	return (struct judgement){.seen = SEEN_NOTHING, .outcome = OUTCOME_SKIPPED};
}

static bool flag_set(__u64 sig, int condition)
{
	return condition >= 0 && (sig >> (VL_SIG_CONDITION + condition) & 1);
}

static bool is_always(const struct drift *d)
{
	return d->condition < 0 && !d->via;
}

struct judgement judge__rule(const struct rule *r, __u64 sig)
{
	struct judgement j = {.seen = SEEN_NOTHING, .outcome = OUTCOME_SKIPPED};
	enum observation seen;

	if (!rule_promises(r) || r->unverifiable)
		return j;
	if (r->condition >= 0 && !flag_set(sig, r->condition))
		return j;
	if (rule_at_return(r) && !(sig & VL_SIG_EXITED))
		return j;
	seen = r->slot < 0 ? context_seen(r, sig) : lock_seen(r, sig);
	if (seen == SEEN_NOTHING)
		return j;
	j = judge_mode(r->mode, seen);
	if (j.outcome != OUTCOME_BROKEN)
		return j;
	for (int i = 0; i < r->n_drifts && !j.drift; i++)
		if (flag_set(sig, r->drifts[i].condition) || is_always(&r->drifts[i]))
			j.drift = &r->drifts[i];
	return j;
}

static bool listed(const short *list, short id)
{
	for (; list && *list >= 0; list++)
		if (*list == id)
			return true;
	return false;
}

static bool is_method(const struct caller *c)
{
	return c->methods && c->methods[0] >= 0;
}

/* The innermost method around this one decides. */
static bool is_inside(const struct rule *r, const struct caller *path, int n)
{
	if (!r->inside)
		return true;
	for (int i = 1; i < n; i++) {
		if (!is_method(&path[i]))
			continue;
		for (const short *m = path[i].methods; *m >= 0; m++)
			if (listed(r->inside, *m))
				return true;
		return false;
	}
	return false;
}

static const struct drift *drift_on_path(const struct rule *r, const struct caller *path, int n)
{
	for (int i = 0; i < r->n_drifts; i++)
		for (int c = 0; c < n && r->drifts[i].via; c++)
			if (!strcmp(r->drifts[i].via, path[c].function))
				return &r->drifts[i];
	return NULL;
}

enum verdict judge__breach(const struct rule *r, const struct judgement *j, const struct caller *path, int n,
			   const struct drift **drift, bool *direct)
{
	*direct = false;
	*drift = j->drift;
	if (j->drift)
		return VERDICT_DRIFT;
	/* Without a stack a call that the filesystem made itself cannot be ruled out. */
	if (!n)
		return VERDICT_UNVERIFIABLE;
	if (!is_inside(r, path, n))
		return VERDICT_NOT_EXERCISED;
	*drift = drift_on_path(r, path, n);
	if (*drift)
		return VERDICT_DRIFT;
	if (n > 1 && is_method(&path[1])) {
		*direct = true;
		return VERDICT_NOT_EXERCISED;
	}
	return VERDICT_VIOLATION;
}

const char *observation__name(enum observation seen)
{
	static const char *const names[SEEN_KINDS] = {
		[SEEN_NOTHING] = "nothing",
		[SEEN_FREE] = "free",
		[SEEN_EXCLUSIVE] = "exclusive",
		[SEEN_EXCLUSIVE_OTHER] = "exclusive_other",
		[SEEN_SHARED] = "shared",
		[SEEN_SHARED_HINT] = "shared_last_by_self",
		[SEEN_SHARED_SELF] = "shared_by_self",
		[SEEN_SHARED_OTHER] = "shared_by_others",
		[SEEN_HELD] = "held",
		[SEEN_HELD_SELF] = "held_by_self",
		[SEEN_CAN_SLEEP] = "can_sleep",
		[SEEN_ATOMIC] = "atomic",
		[SEEN_SLEPT] = "slept",
		[SEEN_NO_SLEEP] = "no_sleep",
		[SEEN_FOLLOWED] = "followed",
		[SEEN_NOT_UNLOCKED] = "not_unlocked",
	};

	return names[seen];
}

const char *observation__text(enum observation seen)
{
	static const char *const texts[SEEN_KINDS] = {
		[SEEN_NOTHING] = "nothing to see",
		[SEEN_FREE] = "free",
		[SEEN_EXCLUSIVE] = "exclusive",
		[SEEN_EXCLUSIVE_OTHER] = "exclusive, by another task",
		[SEEN_SHARED] = "shared",
		[SEEN_SHARED_HINT] = "shared",
		[SEEN_SHARED_SELF] = "shared, by this task",
		[SEEN_SHARED_OTHER] = "shared, by other tasks only",
		[SEEN_HELD] = "held",
		[SEEN_HELD_SELF] = "held, by this task",
		[SEEN_CAN_SLEEP] = "can sleep",
		[SEEN_ATOMIC] = "atomic",
		[SEEN_SLEPT] = "slept",
		[SEEN_NO_SLEEP] = "no sleep",
		[SEEN_FOLLOWED] = "unlocked later",
		[SEEN_NOT_UNLOCKED] = "never unlocked",
	};

	return texts[seen];
}

const char *verdict__name(enum verdict v)
{
	static const char *const names[VERDICT_KINDS] = {"not_exercised", "ok", "unverifiable", "drift", "violation"};

	return names[v];
}

const char *rule_mode__name(enum rule_mode mode)
{
	static const char *const names[] = {"any", "none", "maybe", "shared", "exclusive", "held", "free", "yes", "no"};

	return names[mode];
}

const char *rule_phase__name(enum rule_phase phase)
{
	static const char *const names[] = {"entry", "exit", "during", "after"};

	return names[phase];
}

const char *rule__expected(const struct rule *r)
{
	switch (r->mode) {
	case RULE_exclusive:
		return "exclusive";
	case RULE_shared:
		return "at least shared";
	case RULE_held:
		return "held";
	case RULE_free:
		return "free";
	case RULE_yes:
		return "can sleep";
	case RULE_no:
		return "no sleep";
	case RULE_none:
		return "no promise (not taken for it)";
	case RULE_maybe:
		return "no promise (maybe)";
	case RULE_any:
		break;
	}
	return "no promise";
}
