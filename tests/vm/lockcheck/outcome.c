// SPDX-License-Identifier: GPL-2.0-only
/* Writes what lockcheck has found, as JSON. */
#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "ksyms.h"
#include "lockcheck_tool.h"

#define LC_NAME(name, ...) #name,
#define LC_TEXT(name, text) text,

static const char *const class_names[] = {"none", VL_TRACKED(LC_NAME)};
static const char *const mode_names[LC_MODES] = {NULL, "shared", "exclusive"};
static const char *const result_names[] = {LC_RESULTS(LC_NAME)};
static const char *const cause_names[] = {LC_CAUSES(LC_NAME)};
static const char *const cause_texts[] = {LC_CAUSES(LC_TEXT)};

static __u64 sum(const struct outcome *o, const char *map, __u32 key)
{
	int cpus = libbpf_num_possible_cpus();
	__u64 values[64] = {0}, all = 0;

	if (cpus > 64 || bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(o->object, map), &key, values))
		abort();
	for (int i = 0; i < cpus; i++)
		all += values[i];
	return all;
}

static void write_totals(struct json_writer *w, const struct outcome *o)
{
	json_string(w, "source", o->options.spinlocks ? "tracepoints" : "hooks");
	json_double(w, "seconds", o->seconds);
	json_s64(w, "functions", o->attached);
	json_s64(w, "functions_by_kprobe", o->kprobes);
	json_s64(w, "functions_refused", o->refused);
	json_u64(w, "missed", o->missed);
	json_u64(w, "entries", sum(o, "totals", LC_ENTRIES));
	json_u64(w, "entries_by_interrupts", sum(o, "totals", LC_INTERRUPTS));
	json_u64(w, "differing", sum(o, "totals", LC_ENTRIES_DIFFERING));
	json_u64(w, "differing_by_interrupts", sum(o, "totals", LC_INTERRUPTS_DIFFERING));
}

static void write_class(struct json_writer *w, const struct outcome *o, __u32 interrupt, __u32 class, __u32 mode)
{
	__u64 counts[LC_N_RESULTS], all = 0;

	for (__u32 r = 0; r < LC_N_RESULTS; r++) {
		counts[r] = sum(o, "counts", lc_count_index(interrupt, class, mode, r));
		all += counts[r];
	}
	if (!all)
		return;
	json_begin_object(w, NULL);
	json_string(w, "class", class_names[class]);
	json_string(w, "mode", mode_names[mode]);
	for (__u32 r = 0; r < LC_N_RESULTS; r++)
		json_u64(w, result_names[r], counts[r]);
	json_end(w);
}

static void write_classes(struct json_writer *w, const struct outcome *o, const char *key, __u32 interrupt)
{
	json_begin_array(w, key);
	for (__u32 class = 0; class < VL_N_TRACKED; class ++)
		for (__u32 mode = 0; mode < LC_MODES; mode++)
			write_class(w, o, interrupt, class, mode);
	json_end(w);
}

static void write_causes(struct json_writer *w, const struct outcome *o)
{
	json_begin_object(w, "causes");
	for (__u32 i = 0; i < LC_N_CAUSES; i++)
		json_u64(w, cause_names[i], sum(o, "causes", i));
	json_end(w);
}

static void write_names(struct json_writer *w, const struct outcome *o)
{
	int map = bpf_object__find_map_fd_by_name(o->object, "names");
	struct lc_name key, *from = NULL;
	__u64 n;

	json_begin_array(w, "names");
	for (; !bpf_map_get_next_key(map, from, &key); from = &key) {
		if (bpf_map_lookup_elem(map, &key, &n))
			continue;
		json_begin_object(w, NULL);
		json_string(w, "class", class_names[key.class]);
		json_string(w, "by_lockdep", key.name);
		json_u64(w, "seen", n);
		json_end(w);
	}
	json_end(w);
}

static void write_place(struct json_writer *w, const char *key, const struct ksyms *ks, __u64 address)
{
	char buf[256];

	if (address)
		ksyms__format(ks, address, buf, sizeof(buf));
	json_string(w, key, address ? buf : NULL);
}

/* In milliseconds since the comparison began; null: not known. */
static void write_time(struct json_writer *w, const char *key, const struct outcome *o, __u64 ns)
{
	if (ns)
		json_double(w, key, ((double)ns - (double)o->options.start_ns) / 1e6);
	else
		json_null(w, key);
}

static void write_sample(struct json_writer *w, const struct outcome *o, const struct ksyms *ks,
			 const struct lc_sample *s)
{
	char address[32];

	json_begin_object(w, NULL);
	write_place(w, "method", ks, s->function);
	json_string(w, "class", class_names[s->class]);
	json_string(w, "result", result_names[s->result]);
	json_string(w, "cause", cause_names[s->cause]);
	json_string(w, "explanation", cause_texts[s->cause]);
	snprintf(address, sizeof(address), "0x%llx", (unsigned long long)s->lock);
	json_string(w, "lock", address);
	json_string(w, "by_lockdep", mode_names[s->lockdep_mode]);
	json_string(w, "by_table", mode_names[s->table_mode]);
	write_place(w, "taken_by_lockdep", ks, s->acquire_ip);
	write_place(w, "taken_by_table", ks, s->caller ? 0xffffffff00000000ULL | s->caller : 0);
	write_time(w, "at_ms", o, s->now_ns);
	write_time(w, "since_ms_by_lockdep", o, s->stamp_ns);
	write_time(w, "since_ms_by_table", o, s->since_ns);
	json_string(w, "comm", s->comm);
	json_u64(w, "pid", s->pid);
	json_u64(w, "tgid", s->tgid);
	json_u64(w, "cpu", s->cpu);
	json_u64(w, "index", s->depth);
	json_u64(w, "in_slot", s->in_slot);
	json_u64(w, "flags", s->flags);
	json_u64(w, "references", s->references);
	json_bool(w, "refused", s->rejected);
	json_end(w);
}

static void write_samples(struct json_writer *w, const struct outcome *o, const struct ksyms *ks)
{
	struct lc_samples *all = calloc(1, sizeof(*all));
	__u32 zero = 0;

	if (!all || bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(o->object, "samples"), &zero, all))
		abort();
	json_u64(w, "disagreements", all->n);
	json_begin_array(w, "samples");
	for (__u32 i = 0; i < all->n && i < LC_SAMPLES; i++)
		write_sample(w, o, ks, &all->of[i]);
	json_end(w);
	free(all);
}

int outcome__write(const struct outcome *o, const char *path)
{
	struct json_writer w;
	struct ksyms *ks;
	FILE *out;
	int err = ksyms__load(KSYMS_PATH, &ks);

	if (err)
		return err;
	out = fopen(path, "we");
	if (!out) {
		ksyms__free(ks);
		return -errno;
	}
	json_init(&w, out, true);
	json_begin_object(&w, NULL);
	write_totals(&w, o);
	write_classes(&w, o, "by_tasks", 0);
	write_classes(&w, o, "by_interrupts", 1);
	write_names(&w, o);
	write_causes(&w, o);
	write_samples(&w, o, ks);
	json_end(&w);
	err = json_finish(&w);
	ksyms__free(ks);
	return fclose(out) ? -errno : err;
}
