// SPDX-License-Identifier: GPL-2.0-only
/* Unit tests of the lines of `vfslock watch`: each JSON line stands alone, and nothing reaches a terminal that a task
 * made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "json_check.h"
#include "watch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECOND 1000000000ULL
#define EVIL "\x1b[31mre\"d\\\n\t"

static const char rule_id[] = "inode_operations.create.i_rwsem.dir";

static struct audit audit;
static struct function functions[3];
static struct target targets[2];
static struct alert alert;
static struct watch_writer writer;
static char *text;
static size_t text_len;
static __u64 lost[VL_N_LOST], recursion;
static int lost_error;

/* What the stream has. */
static struct stream_counts counts;
static struct stream_entry entries[2];
static int n_entries;

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ts)
{
	*ts = (struct timespec){.tv_sec = clock == CLOCK_REALTIME ? 1800000000 : 1000, .tv_nsec = 5};
	return 0;
}

struct stream_counts stream__counts(const struct stream *s)
{
	(void)s;
	return counts;
}

const struct stream_entry *stream__entry(const struct stream *s, int i)
{
	(void)s;
	return i < n_entries ? &entries[i] : NULL;
}

double audit__seconds(const struct audit *a)
{
	(void)a;
	return 12.5;
}

int collector__lost(const struct collector *c, __u64 out[VL_N_LOST], __u64 *out_recursion)
{
	(void)c;
	memcpy(out, lost, sizeof(lost));
	*out_recursion = recursion;
	return lost_error;
}

int locks__n_programs(const struct lock_tracker *t)
{
	return t ? 4 : 0;
}

const char *tracked__name(enum vl_tracked class)
{
	return class == VL_TRACKED_i_rwsem ? "i_rwsem" : "s_umount";
}

const char *held_mode__name(enum vl_held_mode mode)
{
	return mode == VL_HELD_SHARED ? "shared" : "exclusive";
}

int ksyms__lookup(const struct ksyms *ks, __u64 addr, struct ksym *sym)
{
	(void)ks;
	*sym = (struct ksym){.name = "f", .addr = addr};
	return addr < 0x10000 ? 0 : -ENOENT;
}

int ksyms__format(const struct ksyms *ks, __u64 addr, char *buf, size_t len)
{
	(void)ks;
	return snprintf(buf, len, addr < 0x10000 ? "f_%llx+0x1/0x2" : "0x%llx", addr);
}

static const struct rule *find_rule(const char *id)
{
	for (int i = 0; i < n_rules; i++)
		if (!strcmp(rules[i].id, id))
			return &rules[i];
	fail_msg("no rule %s", id);
	return NULL;
}

static void make_audit(void)
{
	const struct rule *rule = find_rule(rule_id);

	functions[0] = (struct function){.method = rule->method,
					 .ops = methods[rule->method].ops,
					 .name = "ext4_create",
					 .method_name = "create",
					 .module = "ext4",
					 .state = FUNCTION_ATTACHED,
					 .pair = true};
	functions[1] = (struct function){.name = "ext4_entry", .state = FUNCTION_ATTACHED};
	functions[2] = (struct function){.name = "ext4_refused", .state = FUNCTION_REFUSED};
	targets[0] = (struct target){.path = "/mnt/\"a\"", .fs_type = "ext4", .source = "/dev/vda", .id = "vda"};
	targets[1] = (struct target){.path = "/mnt/b", .fs_type = "tmpfs"};
	audit = (struct audit){.targets = targets, .n_targets = 2, .start_ns = 900 * SECOND};
	audit.plan = (struct plan){.rules = rules, .functions = functions, .n_functions = 3, .release = "6.1.0-test"};
}

/* A violation, by a task with a name that is out to do harm. */
static void make_alert(void)
{
	alert = (struct alert){.number = 7,
			       .mono_ns = 1000 * SECOND,
			       .wall_ns = 1800000000 * SECOND,
			       .fingerprint = 0xabc,
			       .calls = 1234567,
			       .more = 5};
	alert.finding = (struct finding){.rule = find_rule(rule_id),
					 .function = &functions[0],
					 .verdict = VERDICT_VIOLATION,
					 .judgement = {.seen = SEEN_EXCLUSIVE_OTHER, .outcome = OUTCOME_BROKEN},
					 .calls = 5,
					 .target = &targets[0],
					 .has_sample = true,
					 .held_known = true,
					 .ips = {0x1000, 0x2000, 0x7fff00000000},
					 .n_ips = 3};
	alert.finding.sample = (struct vl_stack_value){.calls = 5,
						       .first_ns = 950 * SECOND,
						       .last_ns = 990 * SECOND,
						       .pid = 42,
						       .tgid = 41,
						       .cpu = 3,
						       .comm = EVIL,
						       .holder_pid = 77,
						       .holder_tgid = 76,
						       .holder_comm = EVIL};
	alert.finding.held = (struct vl_task_locks){.n = 1};
	alert.finding.held.of[0] = (struct vl_held){
		.since_ns = 949 * SECOND, .caller = 0x81000000, .class = VL_TRACKED_i_rwsem, .mode = VL_HELD_SHARED};
}

static int set_up(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	make_audit();
	make_alert();
	memset(lost, 0, sizeof(lost));
	recursion = 0;
	lost_error = 0;
	counts = (struct stream_counts){0};
	n_entries = 0;
	text = NULL;
	text_len = 0;
	writer = (struct watch_writer){.audit = &audit, .out = open_memstream(&text, &text_len)};
	return writer.out ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	fclose(writer.out);
	free(text);
	return 0;
}

/* What was written so far: it must be there without a flush of ours. From the start of @line (0: the first). */
static const char *line_at(int line)
{
	static char copy[16384];
	const char *p = text;

	assert_non_null(text);
	while (line--) {
		p = strchr(p, '\n');
		assert_non_null(p);
		p++;
	}
	snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(p, "\n"), p);
	return copy;
}

static int n_lines(void)
{
	int n = 0;

	for (const char *p = text; p && (p = strchr(p, '\n')); p++)
		n++;
	/* The last one is whole. */
	assert_true(!text_len || text[text_len - 1] == '\n');
	return n;
}

/* The line's member is exactly so, as JSON; NULL: there is none. */
static void expect(const char *line, const char *path, const char *want)
{
	static char got[4096];
	const char *found = json_get(line, path, got, sizeof(got));

	if (!want != !found || (want && strcmp(found, want) != 0))
		fail_msg("%s is %s, not %s, in %s", path, found ? found : "absent", want ? want : "absent", line);
}

/* Only line breaks, and what is neither a control character nor part of a sequence that is one. */
static void expect_plain(void)
{
	for (size_t i = 0; i < text_len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && c != '\n') || c == 0x7f)
			fail_msg("control character %#x in: %s", c, text + (i > 40 ? i - 40 : 0));
		if (c == 0xc2 && (unsigned char)text[i + 1] < 0xa0)
			fail_msg("control character U+%04x", (unsigned char)text[i + 1]);
		if (!utf8__len((const unsigned char *)text + i) && (c & 0xc0) != 0x80)
			fail_msg("no UTF-8: %#x", c);
	}
}

/* -------------------------------------------------------------------------------------------------------- JSON ---- */

static const struct stream_options folding = {.fold_ns = 10 * SECOND, .rate = 2.5};
static const struct stream_options each = {.every_call = true};

static void test_json_start(void **state)
{
	const char *line;

	(void)state;
	writer.json = true;
	audit.locks = (struct lock_tracker *)&audit; /* there is one */
	watch__start(&writer, &folding);
	assert_int_equal(n_lines(), 1);
	line = line_at(0);
	assert_true(json_is_valid(line));
	expect(line, "version", "1");
	expect(line, "type", "\"start\"");
	expect(line, "time", "\"2027-01-15T08:00:00.000000005Z\"");
	expect(line, "monotonic_ns", "1000000000005");
	expect(line, "kernel", "\"6.1.0-test\"");
	expect(line, "mounts.0.path", "\"/mnt/\\\"a\\\"\"");
	expect(line, "mounts.0.type", "\"ext4\"");
	expect(line, "mounts.0.source", "\"/dev/vda\"");
	expect(line, "mounts.0.id", "\"vda\"");
	expect(line, "mounts.1.path", "\"/mnt/b\"");
	expect(line, "mounts.2", NULL);
	expect(line, "functions", "2");
	expect(line, "programs", "7");
	expect(line, "every_call", "false");
	expect(line, "fold_seconds", "10");
	expect(line, "lines_per_second_and_rule", "2.5");
	assert_false(writer.failed);
}

static void test_json_alert(void **state)
{
	const char *line;

	(void)state;
	writer.json = true;
	watch__start(&writer, &folding);
	watch__alert(&writer, &alert);
	assert_int_equal(n_lines(), 2);
	line = line_at(1);
	assert_true(json_is_valid(line));
	expect(line, "version", "1");
	expect(line, "type", "\"violation\"");
	expect(line, "number", "7");
	expect(line, "time", "\"2027-01-15T08:00:00.000000000Z\"");
	expect(line, "monotonic_ns", "1000000000000");
	expect(line, "fingerprint", "\"0000000000000abc\"");
	expect(line, "verdict", "\"violation\"");
	expect(line, "more", "5");
	expect(line, "total", "1234567");
	expect(line, "rule", "\"inode_operations.create.i_rwsem.dir\"");
	expect(line, "ops", "\"inode_operations\"");
	expect(line, "method", "\"create\"");
	expect(line, "function", "\"ext4_create\"");
	expect(line, "module", "\"ext4\"");
	expect(line, "mount", "\"/mnt/\\\"a\\\"\"");
	expect(line, "documented", "\"exclusive\"");
	expect(line, "expected", "\"exclusive\"");
	expect(line, "observed", "\"exclusive_other\"");
	expect(line, "evidence", "\"proof\"");
	expect(line, "because", "null");
	expect(line, "task.pid", "42");
	expect(line, "task.tgid", "41");
	expect(line, "task.cpu", "3");
	expect(line, "task.comm", "\"\\u001b[31mre\\\"d\\\\\\n\\t\"");
	expect(line, "task.address", NULL);
	expect(line, "first_seen_seconds", "50");
	expect(line, "stack.0", "\"f_1000+0x1/0x2\"");
	expect(line, "stack.2", "\"?\""); /* an address without a symbol tells where the kernel is */
	expect(line, "stack.3", NULL);
	expect(line, "holder.pid", "77");
	expect(line, "held", "null"); /* locks are not tracked */
	assert_null(strstr(line, "0x7fff00000000"));
}

static void test_json_addresses(void **state)
{
	const char *line;

	(void)state;
	writer.json = writer.addresses = true;
	alert.finding.sample.task = 0xffff888000001000;
	watch__alert(&writer, &alert);
	line = line_at(0);
	assert_true(json_is_valid(line));
	expect(line, "task.address", "\"0xffff888000001000\"");
	expect(line, "stack.0", "\"0x1000 f_1000+0x1/0x2\"");
}

static void test_json_held(void **state)
{
	const char *line;

	(void)state;
	writer.json = true;
	audit.locks = (struct lock_tracker *)&audit;
	watch__alert(&writer, &alert);
	line = line_at(0);
	assert_true(json_is_valid(line));
	expect(line, "held.0.class", "\"i_rwsem\"");
	expect(line, "held.0.mode", "\"shared\"");
	expect(line, "held.0.age_ns", "1000000000");
	expect(line, "held.1", NULL);
	expect(line, "held_at", "\"return\"");
	expect(line, "holder.comm", "\"\\u001b[31mre\\\"d\\\\\\n\\t\"");
}

/* Only what is new: the rest was told with the first line of its fingerprint. */
static void test_json_repeat(void **state)
{
	const char *line;

	(void)state;
	writer.json = true;
	watch__start(&writer, &folding);
	alert.is_repeat = true;
	watch__alert(&writer, &alert);
	line = line_at(1);
	assert_true(json_is_valid(line));
	expect(line, "type", "\"repeat\"");
	expect(line, "number", "7");
	expect(line, "fingerprint", "\"0000000000000abc\"");
	expect(line, "verdict", "\"violation\"");
	expect(line, "more", "5");
	expect(line, "total", "1234567");
	expect(line, "rule", "\"inode_operations.create.i_rwsem.dir\"");
	expect(line, "function", "\"ext4_create\"");
	expect(line, "mount", "\"/mnt/\\\"a\\\"\"");
	expect(line, "task.pid", NULL); /* several tasks' calls may be in it */
	expect(line, "stack", NULL);
	expect(line, "documented", NULL);
	assert_true(strlen(line) < 400);
}

/* Where each call has its line, it has its task, too. */
static void test_json_repeat_each(void **state)
{
	const char *line;

	(void)state;
	writer.json = true;
	watch__start(&writer, &each);
	alert.is_repeat = true;
	alert.finding.target = NULL;
	watch__alert(&writer, &alert);
	line = line_at(1);
	assert_true(json_is_valid(line));
	expect(line, "task.pid", "42");
	expect(line, "task.tgid", "41");
	expect(line, "task.cpu", "3");
	expect(line, "task.comm", "\"\\u001b[31mre\\\"d\\\\\\n\\t\"");
	expect(line, "mount", "null");
	expect(line, "stack", NULL);
}

static void test_json_drift(void **state)
{
	static const struct drift drift = {.condition = -1, .because = "fs/namei.c"};

	(void)state;
	writer.json = true;
	alert.finding.verdict = VERDICT_DRIFT;
	alert.finding.drift = &drift;
	watch__alert(&writer, &alert);
	expect(line_at(0), "type", "\"drift\"");
	expect(line_at(0), "verdict", "\"drift\"");
	expect(line_at(0), "because", "\"fs/namei.c\"");
}

/* A name that is no UTF-8. */
static void test_json_bytes(void **state)
{
	(void)state;
	writer.json = true;
	memcpy(alert.finding.sample.comm, "a\xff\x80z\x01", 6);
	watch__alert(&writer, &alert);
	assert_true(json_is_valid(line_at(0)));
	expect(line_at(0), "task.comm", "\"a\xef\xbf\xbd\xef\xbf\xbdz\\u0001\"");
}

static void test_json_lost(void **state)
{
	const char *line;

	(void)state;
	writer.json = true;
	watch__lost(&writer);
	assert_int_equal(n_lines(), 0);
	lost[VL_LOST_ring_full] = 5;
	recursion = 2;
	watch__lost(&writer);
	watch__lost(&writer);
	assert_int_equal(n_lines(), 1);
	line = line_at(0);
	assert_true(json_is_valid(line));
	expect(line, "type", "\"lost\"");
	expect(line, "ring_full", "5");
	expect(line, "stacks_full", "0");
	expect(line, "recursion", "2");
	/* Only what came since. */
	lost[VL_LOST_ring_full] = 6;
	watch__lost(&writer);
	assert_int_equal(n_lines(), 2);
	expect(line_at(1), "ring_full", "1");
	expect(line_at(1), "recursion", "0");
	lost[VL_LOST_ring_full] = 9;
	lost_error = -EPERM;
	watch__lost(&writer);
	assert_int_equal(n_lines(), 2);
}

static void test_json_unmounted(void **state)
{
	(void)state;
	writer.json = true;
	watch__unmounted(&writer, &targets[1]);
	assert_int_equal(n_lines(), 1);
	assert_true(json_is_valid(line_at(0)));
	expect(line_at(0), "type", "\"unmounted\"");
	expect(line_at(0), "mount.path", "\"/mnt/b\"");
	expect(line_at(0), "mount.type", "\"tmpfs\"");
}

static struct rule_result undecided[64];
static struct method_result method_result;
static struct results results;

static void make_results(void)
{
	method_result = (struct method_result){.method = &methods[find_rule(rule_id)->method], .rules = undecided};
	memset(undecided, 0, sizeof(undecided));
	undecided[0].undecided = 3;
	undecided[1].undecided = 4;
	results = (struct results){.audit = &audit,
				   .methods = &method_result,
				   .n_methods = 1,
				   .calls = 1000000,
				   .violations = 20,
				   .drifts = 8,
				   .suppressed = 9,
				   .unreturned = 6};
	results.lost[VL_LOST_ring_full] = 5;
	results.recursion = 2;
	counts = (struct stream_counts){
		.told = 15, .waiting = 1, .held_back = 2, .doubtful = 11, .lines = 12, .fingerprints = 2};
	for (int i = 0; i < 2; i++)
		entries[i] = (struct stream_entry){.fingerprint = 0x1234 + (__u64)i,
						   .calls = 12,
						   .told = 11,
						   .rule = find_rule(rule_id),
						   .function = &functions[0],
						   .target = i ? NULL : &targets[0],
						   .verdict = VERDICT_VIOLATION};
	n_entries = 2;
}

static void test_json_summary(void **state)
{
	static const char *const wanted[][2] = {
		{"version", "1"},
		{"type", "\"summary\""},
		{"calls", "1000000"},
		{"violations", "20"},
		{"drift", "8"},
		{"suppressed", "9"},
		{"undecided", "7"},
		{"lines", "12"},
		{"told", "15"},
		{"not_told", "1"},
		{"held_back", "2"},
		{"doubtful", "11"},
		{"lost.ring_full", "5"},
		{"lost.recursion", "2"},
		{"lost.no_stack", "0"},
		{"lost.unreturned", "6"},
		{"fingerprints.2", NULL},
		{"fingerprints.1.fingerprint", "\"0000000000001235\""},
		{"fingerprints.1.calls", "12"},
		{"fingerprints.1.told", "11"},
		{"fingerprints.1.mount", "null"},
		{"fingerprints.0.mount", "\"/mnt/\\\"a\\\"\""},
		{"fingerprints.0.function", "\"ext4_create\""},
		{"duration_seconds", "12.5"},
	};

	(void)state;
	make_results();
	writer.json = true;
	watch__summary(&writer, &results, NULL);
	assert_int_equal(n_lines(), 1);
	assert_true(json_is_valid(line_at(0)));
	for (size_t i = 0; i < COUNT(wanted); i++)
		expect(line_at(0), wanted[i][0], wanted[i][1]);
}

/* The reader has gone: it is noticed, in both forms, by every kind of line. */
static void test_failed(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(full);
	make_results();
	for (int json = 0; json < 2; json++)
		for (int kind = 0; kind < 5; kind++) {
			struct watch_writer w = {.out = full, .json = json, .audit = &audit};

			clearerr(full);
			lost[VL_LOST_ring_full] = 1;
			if (kind == 0)
				watch__start(&w, &folding);
			else if (kind == 1)
				watch__alert(&w, &alert);
			else if (kind == 2)
				watch__lost(&w);
			else if (kind == 3)
				watch__unmounted(&w, &targets[0]);
			else
				watch__summary(&w, &results, NULL);
			assert_true(w.failed);
		}
	fclose(full);
}

/* -------------------------------------------------------------------------------------------------------- text ---- */

static void expect_text(const char *part)
{
	if (!text || !strstr(text, part))
		fail_msg("no '%s' in: %s", part, text ? text : "");
}

static void test_text_start(void **state)
{
	(void)state;
	watch__start(&writer, &folding);
	expect_text("watching /mnt/\"a\", ext4 on /dev/vda (vda), Linux 6.1.0-test\n");
	expect_text("watching /mnt/b, tmpfs on - (), Linux 6.1.0-test\n");
	expect_text("2 functions, 3 programs");
	assert_int_equal(n_lines(), 3);
}

static void test_text_alert(void **state)
{
	(void)state;
	watch__alert(&writer, &alert);
	expect_text("08:00:00.000 VIOLATION inode_operations.create.i_rwsem.dir in ext4_create() [0000000000000abc] on "
		    "/mnt/\"a\": 5 calls\n");
	expect_text("first seen at 50.000 s, last at 90.000 s, on CPU 3, by ?[31mre\"d\\??[42] (task of process 41)");
	expect_text("      f_1000+0x1/0x2\n      f_2000+0x1/0x2\n      ?\n");
	expect_text("the lock was held by ?[31mre\"d\\??[77]");
	expect_plain();
}

static void test_text_repeat(void **state)
{
	(void)state;
	alert.is_repeat = true;
	watch__alert(&writer, &alert);
	expect_text("[0000000000000abc] on /mnt/\"a\": 5 more, 1,234,567 in all\n");
	assert_int_equal(n_lines(), 1);
	expect_plain();
}

static void test_text_one(void **state)
{
	(void)state;
	alert.more = 1;
	alert.finding.verdict = VERDICT_DRIFT;
	alert.finding.target = NULL;
	watch__alert(&writer, &alert);
	expect_text(" drift inode_operations.create.i_rwsem.dir in ext4_create() [0000000000000abc]: 1 call\n");
}

/* All that a task can call itself: no terminal is told anything by it. */
static void test_text_comm(void **state)
{
	static const char *const comms[] = {"\x1b[31m",
					    "\x1b]0;title\a",
					    "a\rb",
					    "a\x7fz",
					    "\b\b\b",
					    "\xc2\x9b"
					    "31m",
					    "\x9b"
					    "31m",
					    "\xff\xfe",
					    "\xe2\x82",
					    "caf\xc3\xa9"};

	(void)state;
	for (int held = 0; held < 2; held++)
		for (size_t i = 0; i < COUNT(comms); i++) {
			audit.locks = held ? (struct lock_tracker *)&audit : NULL;
			memset(alert.finding.sample.comm, 0, sizeof(alert.finding.sample.comm));
			memset(alert.finding.sample.holder_comm, 0, sizeof(alert.finding.sample.holder_comm));
			memcpy(alert.finding.sample.comm, comms[i], strlen(comms[i]));
			memcpy(alert.finding.sample.holder_comm, comms[i], strlen(comms[i]));
			watch__alert(&writer, &alert);
		}
	expect_plain();
	expect_text("by caf\xc3\xa9[42]"); /* what is harmless stays */
	expect_text("by a?b[42]");
}

static void test_text_lost(void **state)
{
	(void)state;
	watch__lost(&writer);
	assert_int_equal(n_lines(), 0);
	lost[VL_LOST_ring_full] = 1500;
	recursion = 2;
	watch__lost(&writer);
	watch__lost(&writer);
	assert_int_equal(n_lines(), 2);
	expect_text("08:00:00.000 lost 1,500: ring buffer full");
	expect_text("08:00:00.000 lost 2: calls whose programs the kernel skipped\n");
	lost[VL_LOST_ring_full] = 1501;
	watch__lost(&writer);
	assert_int_equal(n_lines(), 3);
	expect_text("08:00:00.000 lost 1: ring buffer full");
}

static void test_text_unmounted(void **state)
{
	(void)state;
	watch__unmounted(&writer, &targets[1]);
	assert_string_equal(text, "08:00:00.000 /mnt/b was unmounted\n");
}

static void test_text_summary(void **state)
{
	(void)state;
	make_results();
	entries[1].calls = 0; /* all of them suppressed */
	watch__summary(&writer, &results, NULL);
	expect_text("watched for 12.5 s: 1,000,000 calls, 20 violations, 8 drift, 9 suppressed\n");
	expect_text("  12 calls: violation inode_operations.create.i_rwsem.dir in ext4_create() [0000000000001234] on "
		    "/mnt/\"a\"\n");
	assert_null(strstr(text, "[0000000000001235]"));
	expect_text("not told one by one: 1 calls (2 by --rate)\n");
	expect_text("lost 5: ring buffer full");
	expect_text("lost 2: calls whose programs");
	assert_null(strstr(text, "lost: nothing"));
	assert_int_equal(n_lines(), 5);
}

static void test_text_summary_clean(void **state)
{
	static const struct results clean = {.audit = &audit};

	(void)state;
	watch__summary(&writer, &clean, NULL);
	expect_text("lost: nothing\n");
	assert_int_equal(n_lines(), 2);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_json_start),     TEST(test_json_alert),   TEST(test_json_addresses),
		TEST(test_json_held),      TEST(test_json_repeat),  TEST(test_json_repeat_each),
		TEST(test_json_drift),     TEST(test_json_bytes),   TEST(test_json_lost),
		TEST(test_json_unmounted), TEST(test_json_summary), TEST(test_failed),
		TEST(test_text_start),     TEST(test_text_alert),   TEST(test_text_repeat),
		TEST(test_text_one),       TEST(test_text_comm),    TEST(test_text_lost),
		TEST(test_text_unmounted), TEST(test_text_summary), TEST(test_text_summary_clean),
	};

	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
