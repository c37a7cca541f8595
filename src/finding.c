// SPDX-License-Identifier: GPL-2.0-only
#include "finding.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text.h"

#define WIDTH 110
#define PLACE_LEN 256
/* kernel/locking/rwsem.c: the owner word is of the last reader, which may be gone. */
#define READER_OWNED 1

const char *finding__rfc3339(__u64 ns, char *buf, size_t len)
{
	time_t s = (time_t)(ns / 1000000000ULL);
	char date[32] = "";
	struct tm tm;

	if (gmtime_r(&s, &tm))
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(buf, len, "%s.%09lluZ", date, (unsigned long long)(ns % 1000000000ULL));
	return buf;
}

const char *finding__place(const struct audit *a, __u64 ip, bool addresses, char *buf, size_t len)
{
	struct ksym sym;
	int n = 0;

	if (!addresses && ksyms__lookup(a->ksyms, ip, &sym))
		return "?";
	if (addresses)
		n = snprintf(buf, len, "0x%" PRIx64 " ", (uint64_t)ip);
	ksyms__format(a->ksyms, ip, buf + n, len - (size_t)n);
	return buf;
}

void finding__rule_name(const struct rule *r, char *buf, size_t len)
{
	if (r->slot < 0 && lock_classes[r->lock].kind == LOCK_KIND_context)
		snprintf(buf, len, "%s", r->mode == RULE_yes ? "caller can sleep" : "must not sleep");
	else
		snprintf(buf, len, "%s%s%s%s%s", lock_classes[r->lock].name, r->subject ? "(" : "",
			 r->subject ? r->subject : "", r->subject ? ")" : "",
			 r->phase == RULE_AT_exit    ? " at exit"
			 : r->phase == RULE_AT_after ? " afterwards"
						     : "");
}

/* The owner's address says nothing to a reader, and gives away where the kernel keeps its objects. */
static const char *owner_text(unsigned long long owner, __u64 task)
{
	owner &= ~7ULL;
	if (!owner)
		return "nobody";
	return owner == task ? "this task" : "another task";
}

const char *finding__decode(const struct finding *f, char *buf, size_t len)
{
	const struct rule *r = f->rule;
	int word = rule__word(r, &methods[r->method]);
	unsigned long long a, b;

	buf[0] = '\0';
	if (r->slot < 0 || !f->has_sample)
		return buf;
	a = f->sample.words[2 * word];
	b = f->sample.words[2 * word + 1];
	switch (lock_classes[r->lock].kind) {
	case LOCK_KIND_rwsem:
		snprintf(buf, len, "count 0x%llx (%s, %llu readers%s), %s %s", a,
			 a & 1 ? "write-locked" : "not write-locked", a >> 63 ? 0 : a >> 8, a & 2 ? ", waiters" : "",
			 b & READER_OWNED ? "last reader" : "owner", owner_text(b, f->sample.task));
		break;
	case LOCK_KIND_mutex:
		snprintf(buf, len, "owner %s", owner_text(a, f->sample.task));
		break;
	case LOCK_KIND_spin:
	case LOCK_KIND_seqlock:
		snprintf(buf, len, "locked byte %llu", a);
		break;
	case LOCK_KIND_bit:
		snprintf(buf, len, "flags 0x%llx", a);
		break;
	case LOCK_KIND_context:
	case LOCK_KIND_words:
		break;
	}
	return buf;
}

/* All that take a lock lie in the topmost 4 GiB. */
static __u64 caller_of(const struct vl_held *e)
{
	return e->caller ? 0xffffffff00000000ULL | e->caller : 0;
}

/* In the order in which they were taken. */
static int by_age(const void *pa, const void *pb)
{
	const struct vl_held *a = pa, *b = pb;

	return a->since_ns < b->since_ns ? -1 : a->since_ns > b->since_ns;
}

static int sorted(const struct vl_task_locks *t, struct vl_held *out)
{
	int n = t->n < VL_HELD_LOCKS ? (int)t->n : VL_HELD_LOCKS;

	memcpy(out, t->of, (size_t)n * sizeof(*out));
	qsort(out, (size_t)n, sizeof(*out), by_age);
	return n;
}

static __u64 age(const struct finding *f, const struct vl_held *e)
{
	return f->sample.first_ns > e->since_ns ? f->sample.first_ns - e->since_ns : 0;
}

static void write_held(struct json_writer *w, const struct audit *a, const struct finding *f,
		       const struct vl_task_locks *t, bool addresses)
{
	struct vl_held all[VL_HELD_LOCKS];
	int n = sorted(t, all);
	char buf[PLACE_LEN];

	json_begin_array(w, "held");
	for (int i = 0; i < n; i++) {
		json_begin_object(w, NULL);
		json_string(w, "class", tracked__name((enum vl_tracked)all[i].class));
		json_string(w, "mode", held_mode__name((enum vl_held_mode)all[i].mode));
		json_u64(w, "age_ns", age(f, &all[i]));
		json_string(w, "place",
			    all[i].caller ? finding__place(a, caller_of(&all[i]), addresses, buf, sizeof(buf)) : NULL);
		json_bool(w, "contended", all[i].flags & VL_HELD_CONTENDED);
		json_end(w);
	}
	json_end(w);
}

/* Is the holder that was noted that of the lock which the finding is about? */
static bool holder_fits(const struct finding *f)
{
	return f->sample.holder_pid && f->rule->phase == RULE_AT_entry && f->rule->slot == (int)f->sample.holder_slot &&
	       (f->judgement.seen == SEEN_EXCLUSIVE_OTHER || f->judgement.seen == SEEN_SHARED_OTHER);
}

static void json_held(struct json_writer *w, const struct audit *a, const struct finding *f, bool addresses)
{
	if (a->locks && f->held_known) {
		write_held(w, a, f, &f->held, addresses);
		json_string(w, "held_at", f->function->pair ? "return" : "entry");
	} else {
		json_null(w, "held");
		json_null(w, "held_at");
	}
	if (!holder_fits(f)) {
		json_null(w, "holder");
		return;
	}
	json_begin_object(w, "holder");
	json_u64(w, "pid", f->sample.holder_pid);
	json_u64(w, "tgid", f->sample.holder_tgid);
	json_string(w, "comm", f->sample.holder_comm);
	if (a->locks)
		write_held(w, a, f, &f->holder, addresses);
	else
		json_null(w, "held");
	json_end(w);
}

static void print_held(const struct audit *a, const struct finding *f, const struct vl_task_locks *t, bool addresses,
		       FILE *out)
{
	struct vl_held all[VL_HELD_LOCKS];
	char buf[PLACE_LEN], for_how_long[TEXT_NUMBER_LEN];
	int n = sorted(t, all);

	for (int i = 0; i < n; i++)
		fprintf(out, "      %s %s for %s, taken%s in %s\n", tracked__name((enum vl_tracked)all[i].class),
			held_mode__name((enum vl_held_mode)all[i].mode),
			text__duration(for_how_long, sizeof(for_how_long), age(f, &all[i])),
			all[i].flags & VL_HELD_CONTENDED ? " after waiting" : "",
			all[i].caller ? finding__place(a, caller_of(&all[i]), addresses, buf, sizeof(buf))
				      : "an unknown place");
	if (!n)
		fputs("      no lock that is tracked\n", out);
}

static void text_held(const struct audit *a, const struct finding *f, bool addresses, FILE *out)
{
	char comm[32];

	if (a->locks && f->held_known) {
		fprintf(out, "    held by this task %s:\n", f->function->pair ? "as it returned" : "then");
		print_held(a, f, &f->held, addresses, out);
	}
	if (!holder_fits(f))
		return;
	fprintf(out, "    the lock was held by %s[%u] (task of process %u)%s\n",
		text__plain(f->sample.holder_comm, comm, sizeof(comm)), f->sample.holder_pid, f->sample.holder_tgid,
		a->locks ? ", which held:" : "");
	if (a->locks)
		print_held(a, f, &f->holder, addresses, out);
}

static void text_slept(const struct audit *a, const struct finding *f, bool addresses, FILE *out)
{
	char line[256];

	if (f->judgement.seen != SEEN_SLEPT)
		return;
	fputs(f->n_slept_ips ? "    where it slept:\n" : "    where it slept is not known\n", out);
	for (int i = 0; i < f->n_slept_ips; i++) {
		fprintf(out, "      %s\n", finding__place(a, f->slept_ips[i], addresses, line, sizeof(line)));
	}
}

static void json_slept(struct json_writer *w, const struct audit *a, const struct finding *f, bool addresses)
{
	char line[256];

	if (f->judgement.seen != SEEN_SLEPT) {
		json_null(w, "slept_at");
		return;
	}
	json_begin_array(w, "slept_at");
	for (int i = 0; i < f->n_slept_ips; i++) {
		json_string(w, NULL, finding__place(a, f->slept_ips[i], addresses, line, sizeof(line)));
	}
	json_end(w);
}

const char *finding__frame(const struct audit *a, const struct finding *f, int i, bool addresses, char *buf, size_t len)
{
	const char *name = f->names[i].function;
	struct ksym sym;

	if (!name || (!ksyms__lookup(a->ksyms, f->ips[i], &sym) && !strcmp(sym.name, name)))
		return finding__place(a, f->ips[i], addresses, buf, len);
	snprintf(buf, len, "%s+0x%" PRIx64, name, (uint64_t)(f->ips[i] - f->names[i].start));
	return buf;
}

static void print_stack(const struct audit *a, const struct finding *f, bool addresses, FILE *out)
{
	char line[256];

	if (!f->n_ips)
		fputs("      no stack could be taken\n", out);
	for (int i = 0; i < f->n_ips; i++) {
		fprintf(out, "      %s\n", finding__frame(a, f, i, addresses, line, sizeof(line)));
	}
}

static double since_start(const struct audit *a, __u64 ns)
{
	return ns > a->start_ns ? (double)(ns - a->start_ns) / 1e9 : 0;
}

void finding__text(const struct audit *a, const struct finding *f, bool addresses, FILE *out)
{
	char name[64], word[192], count[TEXT_NUMBER_LEN], line[512], comm[32];

	finding__rule_name(f->rule, name, sizeof(name));
	snprintf(line, sizeof(line), "%s promises %s.%s \"%s\": %s %s%s%s.", f->rule->place,
		 ops_structs[f->function->ops].name, f->function->method_name, f->rule->says, name,
		 rule__expected(f->rule), f->rule->condition_text ? " when " : "",
		 f->rule->condition_text ? f->rule->condition_text : "");
	text__wrap(out, NULL, line, 4, WIDTH);
	finding__decode(f, word, sizeof(word));
	snprintf(line, sizeof(line), "In %s call%s of %s() it was %s%s%s.", text__count(count, sizeof(count), f->calls),
		 f->calls == 1 ? "" : "s", f->function->name, observation__text(f->judgement.seen), word[0] ? ": " : "",
		 word);
	text__wrap(out, NULL, line, 4, WIDTH);
	if (f->target && a->n_targets > 1)
		fprintf(out, "    on %s\n", f->target->path);
	if (f->drift)
		text__wrap(out, "known: ", f->drift->because, 4, WIDTH);
	if (!f->has_sample)
		return;
	fprintf(out, "    first seen at %.3f s, last at %.3f s, on CPU %u, by %s[%u] (task of process %u):\n",
		since_start(a, f->sample.first_ns), since_start(a, f->sample.last_ns), f->sample.cpu,
		text__plain(f->sample.comm, comm, sizeof(comm)), f->sample.pid, f->sample.tgid);
	print_stack(a, f, addresses, out);
	text_slept(a, f, addresses, out);
	text_held(a, f, addresses, out);
}

static void json_address(struct json_writer *w, const char *key, __u64 address)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%" PRIx64, (uint64_t)address);
	json_string(w, key, text);
}

static void json_sample(struct json_writer *w, const struct audit *a, const struct finding *f, bool addresses)
{
	char line[256];

	json_begin_object(w, "task");
	json_u64(w, "pid", f->sample.pid);
	json_u64(w, "tgid", f->sample.tgid);
	json_string(w, "comm", f->sample.comm);
	json_u64(w, "cpu", f->sample.cpu);
	if (addresses)
		json_address(w, "address", f->sample.task);
	json_end(w);
	json_u64(w, "first_seen_ns", f->sample.first_ns);
	json_u64(w, "last_seen_ns", f->sample.last_ns);
	json_double(w, "first_seen_seconds",
		    f->sample.first_ns > a->start_ns ? (double)(f->sample.first_ns - a->start_ns) / 1e9 : 0);
	json_double(w, "last_seen_seconds",
		    f->sample.last_ns > a->start_ns ? (double)(f->sample.last_ns - a->start_ns) / 1e9 : 0);
	json_begin_array(w, "stack");
	for (int i = 0; i < f->n_ips; i++) {
		json_string(w, NULL, finding__frame(a, f, i, addresses, line, sizeof(line)));
	}
	json_end(w);
}

void finding__json(struct json_writer *w, const struct audit *a, const struct finding *f, bool addresses)
{
	char word[192];

	json_string(w, "rule", f->rule->id);
	json_string(w, "ops", ops_structs[f->function->ops].name);
	json_string(w, "method", f->function->method_name);
	json_string(w, "function", f->function->name);
	json_string(w, "module", f->function->module[0] ? f->function->module : NULL);
	json_string(w, "mount", f->target ? f->target->path : NULL);
	json_string(w, "documented", f->rule->says);
	json_string(w, "where", f->rule->place);
	json_string(w, "condition", f->rule->condition_text);
	json_string(w, "lock", lock_classes[f->rule->lock].name);
	json_string(w, "expected", rule_mode__name(f->rule->mode));
	json_string(w, "observed", observation__name(f->judgement.seen));
	json_string(w, "lock_word", finding__decode(f, word, sizeof(word)));
	json_string(w, "evidence", "proof");
	json_string(w, "because", f->drift ? f->drift->because : NULL);
	json_u64(w, "count", f->calls);
	if (f->has_sample)
		json_sample(w, a, f, addresses);
	json_slept(w, a, f, addresses);
	json_held(w, a, f, addresses);
}
