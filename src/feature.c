/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running kernel allows; see feature.h. One table at the end lists all probes. */
#include "feature.h"
#include "kprobe.h"
#include "templates.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cap-ng.h>
#include <linux/bpf.h>
#include <linux/magic.h>

#define BTF_DIR "/sys/kernel/btf"
#define LOCKDOWN_PATH "/sys/kernel/security/lockdown"
#define KALLSYMS_PATH "/proc/kallsyms"

/*
 * Descriptors that an audit of one filesystem with all its methods takes: two programs and two
 * links for each of some 240 functions, and as much again for a second filesystem.
 */
#define WANTED_NOFILE 4096

/* What the probes share, so that the kernel's BTF is parsed once. */
struct probe_ctx {
	struct btf *btf; /* NULL: none; btf_err tells why */
	int btf_err;
	int target_id; /* BTF id of the function that the test programs are for */
	const char *target;
	int prog_fd; /* a tracing program that does nothing, or the negative errno of loading it */
};

typedef enum feature_state (*probe_fn)(struct probe_ctx *ctx, struct feature_result *r);

struct feature {
	const char *id;
	const char *title;
	bool mandatory;
	probe_fn probe;
	const char *costs;
	const char *remedy;
};

__attribute__((format(printf, 2, 3))) static void detail(struct feature_result *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->detail, sizeof(r->detail), fmt, args);
	va_end(args);
}

/* First line of a small file without its line break. Returns 0 or a negative errno. */
static int read_line(const char *path, char *buf, size_t len)
{
	FILE *f = fopen(path, "re");
	int err = 0;

	if (!f)
		return -errno;
	if (!fgets(buf, (int)len, f))
		err = ferror(f) ? -EIO : -ENODATA;
	else
		buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
	return err;
}

/* For the probes that only look into the kernel's BTF: false, and the detail, if there is none. */
static bool have_btf(const struct probe_ctx *ctx, struct feature_result *r)
{
	if (!ctx->btf)
		detail(r, "needs the kernel's BTF to tell");
	return ctx->btf;
}

static bool btf_has(const struct probe_ctx *ctx, const char *name, __u32 kind)
{
	return ctx->btf && btf__find_by_name_kind(ctx->btf, name, kind) > 0;
}

/* Has the enum @name of the kernel the value called @value? It may be 32 or 64 bits wide. */
static bool btf_has_enum_value(const struct probe_ctx *ctx, const char *name, const char *value)
{
	const struct btf_type *t;
	unsigned int i;
	__u32 off;
	int id;

	id = btf__find_by_name_kind(ctx->btf, name, BTF_KIND_ENUM);
	if (id < 0)
		id = btf__find_by_name_kind(ctx->btf, name, BTF_KIND_ENUM64);
	if (id < 0)
		return false;
	t = btf__type_by_id(ctx->btf, (__u32)id);
	for (i = 0; i < btf_vlen(t); i++) {
		off = btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off;
		if (!strcmp(btf__name_by_offset(ctx->btf, off), value))
			return true;
	}
	return false;
}

static bool btf_type_has_member(const struct btf *btf, const struct btf_type *t, const char *name)
{
	const struct btf_member *m = btf_members(t);
	const struct btf_type *inner;
	unsigned int i;
	int id;

	for (i = 0; i < btf_vlen(t); i++) {
		const char *member = btf__name_by_offset(btf, m[i].name_off);

		if (!strcmp(member, name))
			return true;
		id = *member ? -1 : btf__resolve_type(btf, m[i].type);
		inner = id < 0 ? NULL : btf__type_by_id(btf, (__u32)id);
		if (inner && btf_is_composite(inner) && btf_type_has_member(btf, inner, name))
			return true;
	}
	return false;
}

static bool btf_has_member(const struct probe_ctx *ctx, const char *type, const char *member)
{
	int id = ctx->btf ? btf__find_by_name_kind(ctx->btf, type, BTF_KIND_STRUCT) : -ENOENT;

	return id > 0 && btf_type_has_member(ctx->btf, btf__type_by_id(ctx->btf, (__u32)id), member);
}

/* Load a program for BPF_TRACE_FENTRY of the test function. Returns its fd or a negative errno. */
static int load_tracing(const struct probe_ctx *ctx, const struct bpf_insn *insns, size_t n)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = (__u32)ctx->target_id, );

	/* Without a log: a buffer would make an old libbpf load twice. */
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "vl_probe", "GPL", insns, n, &opts);
}

static enum feature_state probe_kernel(struct probe_ctx *ctx, struct feature_result *r)
{
	struct utsname uts;

	(void)ctx;
	if (uname(&uts)) {
		detail(r, "uname: %s", strerror(errno));
		return FEATURE_UNKNOWN;
	}
	detail(r, "%.100s %.40s", uts.release, uts.machine);
	return FEATURE_AVAILABLE;
}

static enum feature_state probe_btf(struct probe_ctx *ctx, struct feature_result *r)
{
	if (ctx->btf) {
		detail(r, "%u types", btf__type_cnt(ctx->btf) - 1);
		return FEATURE_AVAILABLE;
	}
	detail(r, BTF_DIR "/vmlinux: %s", strerror(-ctx->btf_err));
	return FEATURE_MISSING;
}

static enum feature_state probe_tracing(struct probe_ctx *ctx, struct feature_result *r)
{
	if (!have_btf(ctx, r))
		return FEATURE_UNKNOWN;
	if (ctx->prog_fd >= 0) {
		detail(r, "loaded one for %s", ctx->target);
		return FEATURE_AVAILABLE;
	}
	if (!ctx->target) {
		detail(r, "no function in the kernel's BTF to try it with");
		return FEATURE_UNKNOWN;
	}
	detail(r, "loading one for %s: %s", ctx->target, strerror(-ctx->prog_fd));
	return FEATURE_MISSING;
}

static enum feature_state probe_trampoline(struct probe_ctx *ctx, struct feature_result *r)
{
	int link;

	if (ctx->prog_fd < 0) {
		detail(r, "needs a tracing program to tell");
		return FEATURE_UNKNOWN;
	}
	/* bpf_link_create() attaches these since 5.18 only, this on all kernels that can at all. */
	link = bpf_raw_tracepoint_open(NULL, ctx->prog_fd);
	if (link < 0) {
		detail(r, "attaching to %s: %s", ctx->target, strerror(-link));
		return FEATURE_MISSING;
	}
	close(link);
	detail(r, "attached to %s", ctx->target);
	return FEATURE_AVAILABLE;
}

/* A task storage map needs BTF for its key and value. Returns its fd or a negative errno. */
static int create_task_storage(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	struct btf *btf = btf__new_empty();
	int id, fd;

	if (!btf)
		return -ENOMEM;
	id = btf__add_int(btf, "int", sizeof(int), BTF_INT_SIGNED);
	fd = id < 0 ? id : btf__load_into_kernel(btf);
	if (fd < 0) {
		btf__free(btf);
		return fd;
	}
	opts.btf_fd = (__u32)btf__fd(btf);
	opts.btf_key_type_id = (__u32)id;
	opts.btf_value_type_id = (__u32)id;
	fd = bpf_map_create(BPF_MAP_TYPE_TASK_STORAGE, "vl_probe", sizeof(int), sizeof(int), 0, &opts);
	btf__free(btf);
	return fd;
}

static enum feature_state probe_task_storage(struct probe_ctx *ctx, struct feature_result *r)
{
	/* r0 = bpf_task_storage_get(map, bpf_get_current_task_btf(), NULL, 0); return 0; */
	struct bpf_insn insns[] = {
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_task_btf},
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2, .src_reg = BPF_REG_0},
		{.code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_1, .src_reg = BPF_PSEUDO_MAP_FD},
		{.code = 0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_4},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_task_storage_get},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int map, prog;

	if (ctx->prog_fd < 0) {
		detail(r, "needs a tracing program to tell");
		return FEATURE_UNKNOWN;
	}
	map = create_task_storage();
	if (map < 0) {
		detail(r, "creating the map: %s", strerror(-map));
		return map == -EPERM ? FEATURE_UNKNOWN : FEATURE_MISSING;
	}
	insns[2].imm = map;
	prog = load_tracing(ctx, insns, sizeof(insns) / sizeof(insns[0]));
	close(map);
	if (prog < 0) {
		detail(r, "loading a program that uses it: %s", strerror(-prog));
		return FEATURE_MISSING;
	}
	close(prog);
	detail(r, "loaded a program that uses it");
	return FEATURE_AVAILABLE;
}

static enum feature_state probe_module_btf(struct probe_ctx *ctx, struct feature_result *r)
{
	unsigned int modules = 0;
	struct dirent *entry;
	DIR *dir;

	if (!have_btf(ctx, r))
		return FEATURE_UNKNOWN;
	dir = opendir(BTF_DIR);
	while (dir && (entry = readdir(dir)))
		modules += entry->d_name[0] != '.' && strcmp(entry->d_name, "vmlinux") != 0;
	if (dir)
		closedir(dir);

	/* This struct exists with CONFIG_DEBUG_INFO_BTF_MODULES only. */
	if (modules || btf_has(ctx, "btf_module", BTF_KIND_STRUCT)) {
		detail(r, "of %u loaded module%s", modules, modules == 1 ? "" : "s");
		return FEATURE_AVAILABLE;
	}
	if (access("/proc/modules", F_OK)) {
		detail(r, "this kernel has no modules; everything is built in");
		return FEATURE_AVAILABLE;
	}
	detail(r, "the kernel's only");
	return FEATURE_MISSING;
}

static enum feature_state probe_ringbuf(struct probe_ctx *ctx, struct feature_result *r)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "vl_probe", 0, 0, (__u32)sysconf(_SC_PAGESIZE), NULL);

	if (fd >= 0) {
		close(fd);
		detail(r, "created one");
		return FEATURE_AVAILABLE;
	}
	detail(r, "creating one: %s", strerror(-fd));
	if (fd != -EPERM)
		return FEATURE_MISSING;
	/* Refused, which says nothing about the kernel; its BTF can at least rule it out. */
	if (ctx->btf && !btf_has_enum_value(ctx, "bpf_map_type", "BPF_MAP_TYPE_RINGBUF"))
		return FEATURE_MISSING;
	return FEATURE_UNKNOWN;
}

static enum feature_state probe_contention(struct probe_ctx *ctx, struct feature_result *r)
{
	static const char *const paths[] = {
		"/sys/kernel/tracing/events/lock/contention_begin",
		"/sys/kernel/debug/tracing/events/lock/contention_begin",
	};

	if (btf_has(ctx, "btf_trace_contention_begin", BTF_KIND_TYPEDEF) || !access(paths[0], F_OK) ||
	    !access(paths[1], F_OK)) {
		detail(r, "lock:contention_begin");
		return FEATURE_AVAILABLE;
	}
	if (!have_btf(ctx, r))
		return FEATURE_UNKNOWN;
	detail(r, "no lock:contention_begin (Linux 5.19 added it)");
	return FEATURE_MISSING;
}

static enum feature_state probe_lockdep(struct probe_ctx *ctx, struct feature_result *r)
{
	if (!have_btf(ctx, r))
		return FEATURE_UNKNOWN;
	if (btf_has(ctx, "held_lock", BTF_KIND_STRUCT) && btf_has(ctx, "btf_trace_lock_acquire", BTF_KIND_TYPEDEF)) {
		detail(r, "struct held_lock and lock:lock_acquire");
		return FEATURE_AVAILABLE;
	}
	detail(r, "not configured");
	return FEATURE_MISSING;
}

/*
 * Does the kernel count spinlocks in the preempt count (CONFIG_PREEMPT_COUNT)? Preemptible
 * kernels do, and those that check for sleeping in atomic context; each has a function that
 * gives it away. Their names can be read even where the addresses are hidden.
 * Returns 1, 0, or a negative errno.
 */
static int counts_preemption(void)
{
	FILE *f = fopen(KALLSYMS_PATH, "re");
	char name[128];
	int found = 0;

	if (!f)
		return -errno;
	while (!found && fscanf(f, "%*s %*c %127s%*[^\n]", name) == 1)
		found = !strcmp(name, "preempt_schedule") || !strcmp(name, "__might_sleep");
	fclose(f);
	return found;
}

static enum feature_state probe_preempt_count(struct probe_ctx *ctx, struct feature_result *r)
{
	const char *where = NULL;
	int counts;

	if (!have_btf(ctx, r))
		return FEATURE_UNKNOWN;
	if (btf_has(ctx, "__preempt_count", BTF_KIND_VAR))
		where = "per-CPU __preempt_count";
	else if (btf_has_member(ctx, "pcpu_hot", "preempt_count"))
		where = "pcpu_hot.preempt_count";
	else if (btf_has_member(ctx, "thread_info", "preempt_count"))
		where = "thread_info.preempt_count";
	if (!where) {
		detail(r, "not in the kernel's BTF");
		return FEATURE_MISSING;
	}
	counts = counts_preemption();
	if (counts < 0) {
		detail(r, "%s, but " KALLSYMS_PATH ": %s", where, strerror(-counts));
		return FEATURE_UNKNOWN;
	}
	detail(r, "%s%s", where, counts ? "" : " does not count spinlocks here");
	return counts ? FEATURE_AVAILABLE : FEATURE_MISSING;
}

static enum feature_state probe_attach_multi(struct probe_ctx *ctx, struct feature_result *r)
{
	static const char *const values[] = {
		"BPF_TRACE_FSESSION_MULTI",
		"BPF_TRACE_FENTRY_MULTI",
		"BPF_TRACE_FSESSION",
	};
	size_t i, len = 0;

	if (!have_btf(ctx, r))
		return FEATURE_UNKNOWN;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (!btf_has_enum_value(ctx, "bpf_attach_type", values[i]))
			continue;
		len += (size_t)snprintf(r->detail + len, sizeof(r->detail) - len, "%s%s", len ? ", " : "", values[i]);
	}
	if (len)
		return FEATURE_AVAILABLE;
	detail(r, "no fsession, no fentry.multi");
	return FEATURE_MISSING;
}

static enum feature_state probe_kprobe_multi(struct probe_ctx *ctx, struct feature_result *r)
{
	if (!have_btf(ctx, r))
		return FEATURE_UNKNOWN;
	/* The attach type is there without CONFIG_FPROBE, too; this struct is not. */
	if (btf_has(ctx, "bpf_kprobe_multi_link", BTF_KIND_STRUCT)) {
		detail(r, "BPF_TRACE_KPROBE_MULTI");
		return FEATURE_AVAILABLE;
	}
	if (btf_has_enum_value(ctx, "bpf_attach_type", "BPF_TRACE_KPROBE_MULTI"))
		detail(r, "the kernel is built without CONFIG_FPROBE");
	else
		detail(r, "no such attach type");
	return FEATURE_MISSING;
}

static enum feature_state probe_kprobes(struct probe_ctx *ctx, struct feature_result *r)
{
	int err = kprobe__try();

	(void)ctx;
	if (!err)
		detail(r, "opened one, by perf events");
	else if (err == -EACCES || err == -EPERM)
		detail(r, "not permitted (kernel.perf_event_paranoid)");
	else
		detail(r, "perf events: %s", strerror(-err));
	return err ? FEATURE_MISSING : FEATURE_AVAILABLE;
}

static enum feature_state probe_cmpxchg(struct probe_ctx *ctx, struct feature_result *r)
{
	if (ctx->prog_fd < 0) {
		detail(r, "needs a tracing program to tell");
		return FEATURE_UNKNOWN;
	}
	if (templates__kernel_has_cmpxchg()) {
		detail(r, "loaded a program with one");
		return FEATURE_AVAILABLE;
	}
	detail(r, "no such instruction");
	return FEATURE_MISSING;
}

/* A capability, or CAP_SYS_ADMIN where the kernel accepts that instead. */
static enum feature_state probe_capability(struct feature_result *r, unsigned int cap, bool or_admin)
{
	if (capng_get_caps_process()) {
		detail(r, "the capabilities of this process cannot be read");
		return FEATURE_UNKNOWN;
	}
	if (capng_have_capability(CAPNG_EFFECTIVE, cap)) {
		detail(r, "effective");
		return FEATURE_AVAILABLE;
	}
	if (or_admin && capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN)) {
		detail(r, "by CAP_SYS_ADMIN");
		return FEATURE_AVAILABLE;
	}
	detail(r, "not in the effective set");
	return FEATURE_MISSING;
}

static enum feature_state probe_cap_bpf(struct probe_ctx *ctx, struct feature_result *r)
{
	(void)ctx;
	return probe_capability(r, CAP_BPF, true);
}

static enum feature_state probe_cap_perfmon(struct probe_ctx *ctx, struct feature_result *r)
{
	(void)ctx;
	return probe_capability(r, CAP_PERFMON, true);
}

static enum feature_state probe_cap_syslog(struct probe_ctx *ctx, struct feature_result *r)
{
	(void)ctx;
	return probe_capability(r, CAP_SYSLOG, false);
}

static enum feature_state probe_cap_admin(struct probe_ctx *ctx, struct feature_result *r)
{
	(void)ctx;
	return probe_capability(r, CAP_SYS_ADMIN, false);
}

static enum feature_state probe_lockdown(struct probe_ctx *ctx, struct feature_result *r)
{
	struct statfs fs;
	char line[80];
	int err;

	(void)ctx;
	err = read_line(LOCKDOWN_PATH, line, sizeof(line));
	if (!err) {
		detail(r, "%s", line);
		return strstr(line, "[confidentiality]") ? FEATURE_MISSING : FEATURE_AVAILABLE;
	}
	if (err == -ENOENT && !statfs("/sys/kernel/security", &fs) && (unsigned long)fs.f_type == SECURITYFS_MAGIC) {
		detail(r, "the kernel has no lockdown");
		return FEATURE_AVAILABLE;
	}
	detail(r, LOCKDOWN_PATH ": %s (securityfs not mounted?)", strerror(-err));
	return FEATURE_UNKNOWN;
}

/* Are addresses shown? 1, 0, or a negative errno. Some symbols do lie at 0, so read on. */
static int shows_addresses(void)
{
	FILE *f = fopen(KALLSYMS_PATH, "re");
	unsigned long long addr;
	bool any = false;
	int shown = 0;

	if (!f)
		return -errno;
	while (!shown && fscanf(f, "%llx%*[^\n]", &addr) == 1) {
		any = true;
		shown = addr != 0;
	}
	fclose(f);
	return any ? shown : -ENODATA;
}

static enum feature_state probe_addresses(struct probe_ctx *ctx, struct feature_result *r)
{
	char kptr[16] = "?", paranoid[16] = "?";
	int shown = shows_addresses();

	(void)ctx;
	if (shown < 0) {
		detail(r, KALLSYMS_PATH ": %s", strerror(-shown));
		return FEATURE_MISSING;
	}
	read_line("/proc/sys/kernel/kptr_restrict", kptr, sizeof(kptr));
	read_line("/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid));
	detail(r, "kernel.kptr_restrict=%s, kernel.perf_event_paranoid=%s", kptr, paranoid);
	return shown ? FEATURE_AVAILABLE : FEATURE_MISSING;
}

static enum feature_state probe_nofile(struct probe_ctx *ctx, struct feature_result *r)
{
	struct rlimit limit;

	(void)ctx;
	if (getrlimit(RLIMIT_NOFILE, &limit)) {
		detail(r, "getrlimit: %s", strerror(errno));
		return FEATURE_UNKNOWN;
	}
	if (limit.rlim_max == RLIM_INFINITY)
		detail(r, "hard limit: none");
	else
		detail(r, "hard limit %llu, wanted %u", (unsigned long long)limit.rlim_max, WANTED_NOFILE);
	return limit.rlim_max >= WANTED_NOFILE ? FEATURE_AVAILABLE : FEATURE_MISSING;
}

#define AS_ROOT "Run vfslock as root, or grant the capability (setcap, AmbientCapabilities=)."

/*
 * Mandatory ones stand in the order in which they are named as the blocker: what is the cause of
 * the others comes first.
 */
static const struct feature features[] = {
	{"kernel", "kernel release", false, probe_kernel,
	 "Nothing; vfslock looks at what the kernel has, not at its version.", "None is needed."},
	{"btf", "BTF of the kernel", true, probe_btf,
	 "No audit is possible: methods, arguments and locks are found in it.",
	 "Boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, and mount sysfs on /sys."},
	{"cap_bpf", "CAP_BPF", true, probe_cap_bpf, "No audit is possible: the kernel refuses to load programs.",
	 AS_ROOT},
	{"cap_perfmon", "CAP_PERFMON", true, probe_cap_perfmon,
	 "No audit is possible: the kernel refuses to load tracing programs.", AS_ROOT},
	{"lockdown", "kernel memory not locked down", true, probe_lockdown,
	 "No audit is possible: in confidentiality mode programs may not read kernel memory.",
	 "Boot with lockdown=integrity or less; where Secure Boot sets the mode, see the "
	 "distribution's documentation."},
	{"tracing", "tracing programs", true, probe_tracing,
	 "No audit is possible: what the kernel's methods do cannot be observed.",
	 "Run vfslock as root outside of containers and sandboxes: a seccomp filter or a "
	 "security module may refuse bpf(2) even to root. The kernel needs CONFIG_BPF_SYSCALL=y "
	 "and CONFIG_BPF_EVENTS=y."},
	{"trampoline", "BPF trampolines (fentry, fexit)", true, probe_trampoline,
	 "No audit is possible: programs cannot be attached to methods.",
	 "Boot a kernel built with CONFIG_FUNCTION_TRACER=y, CONFIG_DYNAMIC_FTRACE=y and "
	 "CONFIG_BPF_JIT=y (on arm64 Linux 6.4 or later), and switch the JIT on: sysctl "
	 "net.core.bpf_jit_enable=1."},
	{"ringbuf", "BPF ring buffer", false, probe_ringbuf, "No audit: what is new is announced through it.",
	 "Boot Linux 5.8 or later."},
	{"task_storage", "task storage in tracing programs", false, probe_task_storage,
	 "Nothing: calls in progress are kept in a table of vfslock's own.", "Boot Linux 5.12 or later."},
	{"module_btf", "BTF of modules", false, probe_module_btf,
	 "Functions of filesystems built as modules are watched by kprobes, which cost more.",
	 "Boot Linux 5.11 or later with CONFIG_DEBUG_INFO_BTF_MODULES=y, or one with the "
	 "filesystem built in."},
	{"contention", "lock contention tracepoints", false, probe_contention,
	 "With --locks=track: how long spinlocks are waited for is not measured (rwsems and mutexes are, by hooks).",
	 "Boot Linux 5.19 or later."},
	{"lockdep", "lockdep", false, probe_lockdep,
	 "Who holds a spinlock is not known: such rules can be broken for certain, but not be proved kept.",
	 "Boot a kernel built with CONFIG_PROVE_LOCKING=y and CONFIG_LOCK_STAT=y, a debug kernel: --locks=track then "
	 "takes its tracepoints."},
	{"preempt_count", "preempt count", false, probe_preempt_count,
	 "That a task holds no spinlock cannot be proved, nor that a method was called where it "
	 "may not sleep: such rules are unverifiable.",
	 "Boot a kernel built with CONFIG_PREEMPT_COUNT=y, which any preemptible one "
	 "(CONFIG_PREEMPT_DYNAMIC=y) is."},
	{"attach_multi", "one link for many functions", false, probe_attach_multi,
	 "Each function is attached by itself: some 30 ms each to start, up to 140 ms to stop.",
	 "None is needed but patience: this version does not use it where there is one."},
	{"kprobe_multi", "kprobe.multi", false, probe_kprobe_multi,
	 "Nothing in this version: a function that no trampoline leads to gets a kprobe of its own.",
	 "Boot Linux 5.18 or later with CONFIG_FPROBE=y."},
	{"kprobes", "kprobes", false, probe_kprobes,
	 "Functions that no trampoline leads to (too many arguments, no BTF, an ambiguous name) are listed, not "
	 "watched.",
	 "Where it is not permitted: CAP_SYS_ADMIN, or sysctl kernel.perf_event_paranoid=2 and CAP_PERFMON. Else boot "
	 "a "
	 "kernel built with CONFIG_KPROBE_EVENTS=y, and mount sysfs on /sys."},
	{"cmpxchg", "compare-and-exchange in BPF", false, probe_cmpxchg,
	 "No --locks=track: who holds a shared lock is not known. Programs that watch returns keep calls in progress "
	 "in a hash, and read memory by helper calls, which costs more.",
	 "Boot Linux 5.12 or later."},
	{"cap_sys_admin", "CAP_SYS_ADMIN", false, probe_cap_admin,
	 "BTF of modules cannot be opened, nor filesystems that are mounted elsewhere.", AS_ROOT},
	{"cap_syslog", "CAP_SYSLOG", false, probe_cap_syslog, "The kernel may hide its addresses, see there.", AS_ROOT},
	{"addresses", "addresses of kernel symbols", false, probe_addresses,
	 "No audit: functions in ops tables have no names to attach by.",
	 "Grant CAP_SYSLOG, and set sysctl kernel.kptr_restrict=1 (2 hides them from root)."},
	{"nofile", "file descriptors", false, probe_nofile,
	 "Filesystems with many methods may exceed the limit; the last ones are left out.",
	 "Raise the hard limit: ulimit -Hn 65536, or LimitNOFILE= of the service."},
};

#define NFEATURES (sizeof(features) / sizeof(features[0]))

_Static_assert(NFEATURES <= FEATURES_MAX, "callers size their arrays by FEATURES_MAX");

const char *feature_state__name(enum feature_state state)
{
	switch (state) {
	case FEATURE_AVAILABLE:
		return "available";
	case FEATURE_MISSING:
		return "missing";
	default:
		return "unknown";
	}
}

size_t features__count(void)
{
	return NFEATURES;
}

/* Probes report refusals themselves; libbpf is not to print them, too. */
static int print_nothing(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

static void open_ctx(struct probe_ctx *ctx)
{
	static const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	/* Global functions, rarely called: nobody notices that they are attached to. */
	static const char *const targets[] = {"vfs_statfs", "vfs_fallocate", "vfs_getattr"};
	size_t i;

	memset(ctx, 0, sizeof(*ctx));
	ctx->prog_fd = -ENOENT;
	ctx->btf = btf__load_vmlinux_btf();
	if (libbpf_get_error(ctx->btf)) {
		ctx->btf_err = errno ? -errno : -ENOENT;
		ctx->btf = NULL;
		return;
	}
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]) && !ctx->target; i++) {
		ctx->target_id = btf__find_by_name_kind(ctx->btf, targets[i], BTF_KIND_FUNC);
		if (ctx->target_id > 0)
			ctx->target = targets[i];
	}
	if (ctx->target)
		ctx->prog_fd = load_tracing(ctx, insns, sizeof(insns) / sizeof(insns[0]));
}

static void close_ctx(struct probe_ctx *ctx)
{
	if (ctx->prog_fd >= 0)
		close(ctx->prog_fd);
	btf__free(ctx->btf);
}

int features__probe(struct feature_result *out, size_t n)
{
	libbpf_print_fn_t print;
	struct probe_ctx ctx;
	size_t i;

	if (n < NFEATURES)
		return -ENOSPC;
	print = libbpf_set_print(print_nothing);
	open_ctx(&ctx);
	for (i = 0; i < NFEATURES; i++) {
		const struct feature *f = &features[i];

		out[i] = (struct feature_result){
			.id = f->id,
			.title = f->title,
			.mandatory = f->mandatory,
			.costs = f->costs,
			.remedy = f->remedy,
		};
		out[i].state = f->probe(&ctx, &out[i]);
	}
	close_ctx(&ctx);
	libbpf_set_print(print);
	return (int)NFEATURES;
}

const char *features__kernel(char *buf, size_t len)
{
	struct utsname uts;

	snprintf(buf, len, "%s", uname(&uts) ? "unknown" : uts.release);
	return buf;
}

const char *features__first_blocker(const struct feature_result *results, size_t n, char *buf, size_t len)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct feature_result *r = &results[i];

		if (!r->mandatory || r->state != FEATURE_MISSING)
			continue;
		snprintf(buf, len, "%s: %s (%s). %s", r->title, feature_state__name(r->state), r->detail, r->remedy);
		return buf;
	}
	return NULL;
}
