// SPDX-License-Identifier: GPL-2.0-only
#include "watch.h"

#include <string.h>
#include <time.h>

#include "clock.h"
#include "lost.h"
#include "text.h"

/* Each line goes out at once, whole: a reader of a pipe sees it when it happens. */
static void end_line(struct watch_writer *w, struct json_writer *j)
{
	json_end(j);
	w->failed = json_finish(j) != 0 || w->failed;
}

static void begin_line(struct watch_writer *w, struct json_writer *j, const char *type)
{
	char when[40];

	json_init(j, w->out, false);
	json_begin_object(j, NULL);
	json_u64(j, "version", 1);
	json_string(j, "type", type);
	json_string(j, "time", finding__rfc3339(clock_ns(CLOCK_REALTIME), when, sizeof(when)));
	json_u64(j, "monotonic_ns", clock_ns(CLOCK_MONOTONIC));
}

static const char *wall_time(__u64 ns, char *buf, size_t len)
{
	time_t s = (time_t)(ns / 1000000000ULL);
	struct tm tm;
	size_t n = 0;

	if (localtime_r(&s, &tm))
		n = strftime(buf, len, "%H:%M:%S", &tm);
	snprintf(buf + n, len - n, ".%03llu", (unsigned long long)(ns / 1000000 % 1000));
	return buf;
}

static void flush(struct watch_writer *w)
{
	w->failed = fflush(w->out) || ferror(w->out) || w->failed;
}

static int count_attached(const struct plan *p, int *programs)
{
	int n = 0;

	*programs = 0;
	for (int i = 0; i < p->n_functions; i++)
		if (p->functions[i].state == FUNCTION_ATTACHED) {
			n++;
			*programs += p->functions[i].pair ? 2 : 1;
		}
	return n;
}

static void json_mount(struct json_writer *j, const char *key, const struct target *t)
{
	json_begin_object(j, key);
	json_string(j, "path", t->path);
	json_string(j, "type", t->fs_type);
	json_string(j, "source", t->source);
	json_string(j, "id", t->id);
	json_end(j);
}

static void json_start(struct watch_writer *w, const struct stream_options *o)
{
	const struct audit *a = w->audit;
	struct json_writer j;
	int programs, functions = count_attached(&a->plan, &programs);

	begin_line(w, &j, "start");
	json_string(&j, "kernel", a->plan.release);
	json_string(&j, "spec", a->imported.path);
	json_begin_array(&j, "mounts");
	for (int i = 0; i < a->n_targets; i++)
		json_mount(&j, NULL, &a->targets[i]);
	json_end(&j);
	json_s64(&j, "functions", functions);
	json_s64(&j, "programs", programs + locks__n_programs(a->locks));
	json_bool(&j, "every_call", o->every_call);
	json_double(&j, "fold_seconds", (double)o->fold_ns / 1e9);
	json_double(&j, "lines_per_second_and_rule", o->rate);
	end_line(w, &j);
}

void watch__start(struct watch_writer *w, const struct stream_options *o)
{
	int programs, functions = count_attached(&w->audit->plan, &programs);

	w->every_call = o->every_call;
	if (w->json) {
		json_start(w, o);
		return;
	}
	for (int i = 0; i < w->audit->n_targets; i++) {
		const struct target *t = &w->audit->targets[i];

		fprintf(w->out, "watching %s, %s on %s (%s), Linux %s\n", t->path, t->fs_type,
			t->source[0] ? t->source : "-", t->id, w->audit->plan.release);
	}
	fprintf(w->out, "%d functions, %d programs; hit Ctrl-C to end\n", functions,
		programs + locks__n_programs(w->audit->locks));
	flush(w);
}

/* What is the same for all of a fingerprint was told with its first line. */
static void json_repeat(struct watch_writer *w, struct json_writer *j, const struct alert *a)
{
	const struct finding *f = &a->finding;

	json_string(j, "rule", f->rule->id);
	json_string(j, "function", f->function->name);
	json_string(j, "mount", f->target ? f->target->path : NULL);
	/* Of several calls there is no one task. */
	if (!w->every_call) {
		json_null(j, "task");
		return;
	}
	json_begin_object(j, "task");
	json_u64(j, "pid", f->sample.pid);
	json_u64(j, "tgid", f->sample.tgid);
	json_string(j, "comm", f->sample.comm);
	json_u64(j, "cpu", f->sample.cpu);
	json_end(j);
}

static void json_alert(struct watch_writer *w, const struct alert *a)
{
	struct json_writer j;

	json_init(&j, w->out, false);
	json_begin_object(&j, NULL);
	json_u64(&j, "version", 1);
	json_string(&j, "type", a->is_repeat ? "repeat" : verdict__name(a->finding.verdict));
	alert__json_head(&j, a);
	if (a->is_repeat)
		json_repeat(w, &j, a);
	else
		finding__json(&j, w->audit, &a->finding, w->addresses);
	end_line(w, &j);
}

void watch__alert(struct watch_writer *w, const struct alert *a)
{
	const struct finding *f = &a->finding;
	const char *verdict = f->verdict == VERDICT_DRIFT ? "drift" : "VIOLATION";
	char when[32], more[TEXT_NUMBER_LEN], total[TEXT_NUMBER_LEN], fingerprint[ALERT_FINGERPRINT_LEN];

	if (w->json) {
		json_alert(w, a);
		return;
	}
	wall_time(a->wall_ns, when, sizeof(when));
	text__count(more, sizeof(more), a->more);
	text__count(total, sizeof(total), a->calls);
	fprintf(w->out, "%s %s %s in %s() [%s]%s%s: ", when, verdict, f->rule->id, f->function->name,
		alert__fingerprint(a->fingerprint, fingerprint), f->target ? " on " : "",
		f->target ? f->target->path : "");
	if (a->is_repeat) {
		fprintf(w->out, "%s more, %s in all\n", more, total);
	} else {
		fprintf(w->out, "%s call%s\n", more, a->more == 1 ? "" : "s");
		finding__text(w->audit, f, w->addresses, w->out);
	}
	flush(w);
}

void watch__lost(struct watch_writer *w)
{
	__u64 now[VL_N_LOST], recursion, more = 0;
	struct json_writer j;
	char count[TEXT_NUMBER_LEN], when[32];

	if (collector__lost(w->audit->collector, now, &recursion))
		return;
	for (int i = 0; i < VL_N_LOST; i++)
		more += now[i] - w->lost[i];
	more += recursion - w->recursion;
	if (!more)
		return;
	if (w->json) {
		begin_line(w, &j, "lost");
		for (int i = 0; i < VL_N_LOST; i++)
			json_u64(&j, lost__name((enum vl_lost)i), now[i] - w->lost[i]);
		json_u64(&j, "recursion", recursion - w->recursion);
		end_line(w, &j);
	}
	wall_time(clock_ns(CLOCK_REALTIME), when, sizeof(when));
	for (int i = 0; i < VL_N_LOST && !w->json; i++)
		if (now[i] > w->lost[i])
			fprintf(w->out, "%s lost %s: %s\n", when,
				text__count(count, sizeof(count), now[i] - w->lost[i]), lost__text((enum vl_lost)i));
	if (recursion > w->recursion && !w->json)
		fprintf(w->out, "%s lost %s: calls whose programs the kernel skipped\n", when,
			text__count(count, sizeof(count), recursion - w->recursion));
	memcpy(w->lost, now, sizeof(now));
	w->recursion = recursion;
	flush(w);
}

void watch__unmounted(struct watch_writer *w, const struct target *t)
{
	struct json_writer j;
	char when[32];

	if (w->json) {
		begin_line(w, &j, "unmounted");
		json_mount(&j, "mount", t);
		end_line(w, &j);
		return;
	}
	fprintf(w->out, "%s %s was unmounted\n", wall_time(clock_ns(CLOCK_REALTIME), when, sizeof(when)), t->path);
	flush(w);
}

static void json_fingerprints(struct json_writer *j, const struct stream *s)
{
	const struct stream_entry *e;
	char text[ALERT_FINGERPRINT_LEN];

	json_begin_array(j, "fingerprints");
	for (int i = 0; (e = stream__entry(s, i)); i++) {
		json_begin_object(j, NULL);
		json_string(j, "fingerprint", alert__fingerprint(e->fingerprint, text));
		json_string(j, "verdict", verdict__name(e->verdict));
		json_string(j, "rule", e->rule->id);
		json_string(j, "function", e->function->name);
		json_string(j, "mount", e->target ? e->target->path : NULL);
		json_u64(j, "calls", e->calls);
		json_u64(j, "told", e->told);
		json_end(j);
	}
	json_end(j);
}

static void json_summary(struct watch_writer *w, const struct results *r, const struct stream *s)
{
	struct stream_counts c = stream__counts(s);
	__u64 undecided = 0;
	struct json_writer j;

	for (int i = 0; i < r->n_methods; i++)
		for (int k = 0; k < r->methods[i].method->n_rules; k++)
			undecided += r->methods[i].rules[k].undecided;
	begin_line(w, &j, "summary");
	json_double(&j, "duration_seconds", audit__seconds(r->audit));
	json_u64(&j, "calls", r->calls);
	json_u64(&j, "violations", r->violations);
	json_u64(&j, "drift", r->drifts);
	json_u64(&j, "suppressed", r->suppressed);
	json_u64(&j, "undecided", undecided);
	json_u64(&j, "lines", c.lines);
	json_u64(&j, "told", c.told);
	json_u64(&j, "not_told", c.waiting);
	json_u64(&j, "held_back", c.held_back);
	json_u64(&j, "doubtful", c.doubtful);
	json_fingerprints(&j, s);
	json_begin_object(&j, "lost");
	for (int i = 0; i < VL_N_LOST; i++)
		json_u64(&j, lost__name((enum vl_lost)i), r->lost[i]);
	json_u64(&j, "recursion", r->recursion);
	json_u64(&j, "unreturned", r->unreturned);
	json_end(&j);
	end_line(w, &j);
}

void watch__summary(struct watch_writer *w, const struct results *r, const struct stream *s)
{
	struct stream_counts c = stream__counts(s);
	char count[TEXT_NUMBER_LEN], other[TEXT_NUMBER_LEN], fingerprint[ALERT_FINGERPRINT_LEN];
	const struct stream_entry *e;
	bool any = false;

	if (w->json) {
		json_summary(w, r, s);
		return;
	}
	fprintf(w->out, "watched for %.1f s: %s calls, %llu violations, %llu drift, %llu suppressed\n",
		audit__seconds(r->audit), text__count(count, sizeof(count), r->calls),
		(unsigned long long)r->violations, (unsigned long long)r->drifts, (unsigned long long)r->suppressed);
	for (int i = 0; (e = stream__entry(s, i)); i++)
		if (e->calls)
			fprintf(w->out, "  %s calls: %s %s in %s() [%s]%s%s\n",
				text__count(count, sizeof(count), e->calls), verdict__name(e->verdict), e->rule->id,
				e->function->name, alert__fingerprint(e->fingerprint, fingerprint),
				e->target ? " on " : "", e->target ? e->target->path : "");
	if (c.waiting || c.held_back)
		fprintf(w->out, "not told one by one: %s calls (%s by --rate)\n",
			text__count(count, sizeof(count), c.waiting), text__count(other, sizeof(other), c.held_back));
	for (int i = 0; i < VL_N_LOST; i++)
		if (r->lost[i]) {
			fprintf(w->out, "lost %s: %s\n", text__count(count, sizeof(count), r->lost[i]),
				lost__text((enum vl_lost)i));
			any = true;
		}
	if (r->recursion)
		fprintf(w->out, "lost %s: calls whose programs the kernel skipped\n",
			text__count(count, sizeof(count), r->recursion));
	if (!any && !r->recursion)
		fputs("lost: nothing\n", w->out);
	flush(w);
}
