// SPDX-License-Identifier: GPL-2.0-only
/* The report's part on locks: what the lock hooks have seen, and who held what in a finding. */
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "text.h"

/* Of one class, in the text. */
#define MAX_SITES 4
#define PLACE_LEN 256

static const char *const lost_names[] = {
#define X(name, text) #name,
	VL_LOCK_LOST_REASONS(X)
#undef X
};

static const char *const lost_texts[] = {
#define X(name, text) text,
	VL_LOCK_LOST_REASONS(X)
#undef X
};

/* "lookup_slow+0x34" */
static const char *place(const struct results *r, __u64 caller, char *buf)
{
	if (!caller)
		return "an unknown place";
	ksyms__format(r->audit->ksyms, caller, buf, PLACE_LEN);
	return buf;
}

static void write_site(struct json_writer *w, const struct results *r, const struct lock_site *s)
{
	char buf[PLACE_LEN];

	json_begin_object(w, NULL);
	json_string(w, "place", s->caller ? place(r, s->caller, buf) : NULL);
	json_string(w, "mode", held_mode__name(s->mode));
	json_u64(w, "taken", s->stats.taken);
	json_u64(w, "contended", s->stats.contended);
	json_u64(w, "wait_ns", s->stats.wait_ns);
	json_u64(w, "wait_max_ns", s->stats.wait_max_ns);
	json_u64(w, "hold_ns", s->stats.hold_ns);
	json_u64(w, "hold_max_ns", s->stats.hold_max_ns);
	json_end(w);
}

static void write_class(struct json_writer *w, const struct results *r, enum vl_tracked class)
{
	const struct lock_class_result *c = locks__class(r->audit->locks, class);
	const struct lock_site *sites;
	int n;

	json_begin_object(w, NULL);
	json_string(w, "class", tracked__name(class));
	if (c->takes_seen)
		json_u64(w, "taken", c->taken);
	else
		json_null(w, "taken");
	json_u64(w, "contended", c->contended);
	report__json_latency(w, "wait", &c->wait, true);
	report__json_latency(w, "hold", &c->hold, c->takes_seen);
	json_begin_array(w, "sites");
	sites = locks__sites(r->audit->locks, &n);
	for (int i = 0; i < n; i++)
		if (sites[i].class == class)
			write_site(w, r, &sites[i]);
	json_end(w);
	json_end(w);
}

static void write_hooks(struct json_writer *w, const struct lock_tracker *t)
{
	int n;
	const struct lock_hook *hooks = locks__hooks(t, &n);

	json_begin_array(w, "hooks");
	for (int i = 0; i < n; i++) {
		json_begin_object(w, NULL);
		json_string(w, "on", hooks[i].on);
		json_string(w, "program", hooks[i].program);
		json_string(w, "reason", hooks[i].reason[0] ? hooks[i].reason : NULL);
		json_end(w);
	}
	json_end(w);
}

void report__json_locks(struct json_writer *w, const struct results *r)
{
	const struct lock_tracker *t = r->audit->locks;

	json_begin_object(w, "locks");
	json_string(w, "mode", t ? "track" : "word");
	if (t) {
		json_string(w, "source", locks__tracking(t) == VL_TRACK_TRACEPOINTS ? "tracepoints" : "hooks");
		json_begin_array(w, "classes");
		for (int k = VL_UNTRACKED + 1; k < VL_N_TRACKED; k++)
			write_class(w, r, (enum vl_tracked)k);
		json_end(w);
		json_u64(w, "held_at_end", locks__held_now(t));
		json_u64(w, "missed_events", locks__missed(t));
		json_begin_object(w, "not_known");
		for (int i = 0; i < VL_N_LOCK_LOST; i++)
			json_u64(w, lost_names[i], locks__lost(t, (enum vl_lock_lost)i));
		json_end(w);
		write_hooks(w, t);
	}
	json_end(w);
}

static void add_site_row(struct text_table *table, const struct results *r, const struct lock_site *s)
{
	char taken[TEXT_NUMBER_LEN], contended[TEXT_NUMBER_LEN] = "", wait[TEXT_NUMBER_LEN] = "", hold[TEXT_NUMBER_LEN];
	char buf[PLACE_LEN], name[PLACE_LEN + 16];

	snprintf(name, sizeof(name), "  %s %s", held_mode__name(s->mode), place(r, s->caller, buf));
	text__count(taken, sizeof(taken), s->stats.taken);
	if (s->stats.contended) {
		text__count(contended, sizeof(contended), s->stats.contended);
		text__duration(wait, sizeof(wait), s->stats.wait_max_ns);
	}
	text__duration(hold, sizeof(hold), s->stats.hold_max_ns);
	text_table__row(table, (const char *[]){name, taken, contended, "", "", wait, "", "", hold});
}

static void add_class_rows(struct text_table *table, const struct results *r, enum vl_tracked class)
{
	const struct lock_class_result *c = locks__class(r->audit->locks, class);
	char taken[TEXT_NUMBER_LEN] = "?", contended[TEXT_NUMBER_LEN], wait[3][TEXT_NUMBER_LEN],
	     hold[3][TEXT_NUMBER_LEN];
	const struct lock_site *sites;
	int n, shown = 0;

	if (!c->taken && !c->contended)
		return;
	if (c->takes_seen)
		text__count(taken, sizeof(taken), c->taken);
	text__count(contended, sizeof(contended), c->contended);
	for (int i = 0; i < 3; i++) {
		static const double points[] = {50, 99, 100};

		report__text_percentile(&c->wait, points[i], wait[i]);
		report__text_percentile(&c->hold, points[i], hold[i]);
	}
	text_table__row(table, (const char *[]){tracked__name(class), taken, contended, wait[0], wait[1], wait[2],
						hold[0], hold[1], hold[2]});
	sites = locks__sites(r->audit->locks, &n);
	for (int i = 0; i < n && shown < MAX_SITES; i++)
		if (sites[i].class == class) {
			add_site_row(table, r, &sites[i]);
			shown++;
		}
}

static void print_not_known(const struct lock_tracker *t, FILE *out)
{
	char count[TEXT_NUMBER_LEN];
	int n;
	const struct lock_hook *hooks = locks__hooks(t, &n);

	for (int i = 0; i < VL_N_LOCK_LOST; i++)
		if (locks__lost(t, (enum vl_lock_lost)i))
			fprintf(out, "  not known: %s  %s\n",
				text__count(count, sizeof(count), locks__lost(t, (enum vl_lock_lost)i)), lost_texts[i]);
	if (locks__missed(t))
		fprintf(out, "  not known: %s  events that the kernel skipped, as the program was running already\n",
			text__count(count, sizeof(count), locks__missed(t)));
	for (int i = 0; i < n; i++)
		if (hooks[i].reason[0])
			fprintf(out, "  not hooked: %s: %s\n", hooks[i].on, hooks[i].reason);
}

void report__text_locks(const struct results *r, FILE *out)
{
	static const struct text_column columns[] = {
		{"class, and who takes it", TEXT_LEFT},
		{"taken", TEXT_RIGHT},
		{"contended", TEXT_RIGHT},
		{"wait p50", TEXT_RIGHT},
		{"p99", TEXT_RIGHT},
		{"max", TEXT_RIGHT},
		{"hold p50", TEXT_RIGHT},
		{"p99", TEXT_RIGHT},
		{"max", TEXT_RIGHT},
	};
	const struct lock_tracker *t = r->audit->locks;
	struct text_table *table;

	if (!t)
		return;
	table = text_table__new(columns, sizeof(columns) / sizeof(columns[0]));
	if (!table)
		return;
	for (int k = VL_UNTRACKED + 1; k < VL_N_TRACKED; k++)
		add_class_rows(table, r, (enum vl_tracked)k);
	fprintf(out, "\nlocks (by %s)\n",
		locks__tracking(t) == VL_TRACK_TRACEPOINTS ? "lockdep's tracepoints" : "hooks on the lock functions");
	text_table__print(table, out, 2);
	text_table__free(table);
	print_not_known(t, out);
}
