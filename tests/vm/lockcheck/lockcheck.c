// SPDX-License-Identifier: GPL-2.0-only
/*
 * lockcheck -o FILE COMMAND [ARG]... - while COMMAND runs, compare vfslock's table of held locks with lockdep's.
 *
 * To be run as the command of `vfslock report --locks=track`: the comparison is of that audit. At every entry into a
 * method that it has attached to by then, or attaches to later, the slot of the current task is compared with
 * current->held_locks (lockcheck.bpf.c). FILE gets the counts and the disagreements, as JSON.
 *
 * Exit status: COMMAND's; 125 if nothing could be compared.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kprobe.h"
#include "lockcheck_tool.h"
#include "shared.h"

#define STATUS_FAILED 125
#define MAX_FUNCTIONS 384 /* programs in the object */
#define SCAN_EVERY 10     /* rounds of a twentieth of a second */

extern const char lockcheck_object[], lockcheck_object_end[];

/* The functions that are compared at, and how far the search for more has come. */
struct checker {
	struct bpf_object *objects[16]; /* one for each time that there were new ones */
	int n_objects;
	struct {
		__u32 object, id;
	} seen[MAX_FUNCTIONS];
	int n_seen, n_attached, n_refused;
	__u64 kprobes[MAX_FUNCTIONS];
	int n_kprobes;
	__u32 last_program;
	struct btf *vmlinux;
	int held, tables, control;
	struct lc_options options;
};

static void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("lockcheck: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(STATUS_FAILED);
}

static __u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (__u64)ts.tv_sec * 1000000000ULL + (__u64)ts.tv_nsec;
}

static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

static bool ends(const char *name, const char *with)
{
	size_t n = strlen(name), m = strlen(with);

	return n >= m && !strcmp(name + n - m, with);
}

/*
 * What the clock of lockdep's stamps is behind CLOCK_MONOTONIC: it is that of the kernel's messages, so one is written
 * and read back.
 */
static __u64 clock_offset(void)
{
	static const char marker[] =
		"lockcheck: what time is it?\n"; /* without the newline, more would be waited for */
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	unsigned long long us = 0;
	char record[1024];
	__u64 now;
	ssize_t n;

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		die("/dev/kmsg: %s", strerror(errno));
	now = now_ns();
	if (write(fd, marker, sizeof(marker) - 1) < 0)
		die("/dev/kmsg: %s", strerror(errno));
	do {
		n = read(fd, record, sizeof(record) - 1);
		if (n <= 0)
			die("/dev/kmsg: the message is not there");
		record[n] = 0;
	} while (!strstr(record, "what time is it?"));
	close(fd);
	if (sscanf(record, "%*u,%*u,%llu,", &us) != 1)
		die("/dev/kmsg: no time in '%s'", record);
	return now - us * 1000;
}

static int open_program(__u32 id, struct bpf_prog_info *info)
{
	__u32 len = sizeof(*info);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0 && bpf_obj_get_info_by_fd(fd, info, &len)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Keeps the maps of one of the programs that fill the table. */
static void take_maps(struct checker *c, int program)
{
	__u32 ids[64] = {0}, len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {.nr_map_ids = 64, .map_ids = (__u64)(unsigned long)ids};

	if (bpf_obj_get_info_by_fd(program, &info, &len))
		die("the maps of vfslock: %s", strerror(errno));
	for (__u32 i = 0; i < info.nr_map_ids && i < 64; i++) {
		struct bpf_map_info map = {0};
		__u32 map_len = sizeof(map);
		int fd = bpf_map_get_fd_by_id(ids[i]);

		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &map, &map_len))
			continue;
		/* Names are cut to 15 characters. */
		if (!strcmp(map.name, ".bss.held"))
			c->held = fd;
		else if (!strcmp(map.name, ".bss.lock_table"))
			c->tables = fd;
		else if (ends(map.name, ".bss") && map.value_size == sizeof(struct vl_control))
			c->control = fd;
		else
			close(fd);
	}
}

static void find_table(struct checker *c)
{
	struct bpf_prog_info info;
	int from = -1;

	for (__u32 id = 0; from < 0 && !bpf_prog_get_next_id(id, &id);) {
		int fd;

		memset(&info, 0, sizeof(info));
		fd = open_program(id, &info);
		c->options.spinlocks = !strcmp(info.name, "lockdep_acquire");
		if (fd >= 0 && (c->options.spinlocks || !strcmp(info.name, "take_down_write")))
			from = fd;
		else if (fd >= 0)
			close(fd);
	}
	if (from < 0)
		die("no vfslock that tracks locks is running");
	take_maps(c, from);
	close(from);
	if (!c->held || !c->tables || !c->control)
		die("the maps of the table of held locks are not there");
}

/* The name of the function that a program is attached to, in @buf. */
static bool function_name(struct checker *c, const struct bpf_prog_info *info, char *buf, size_t size)
{
	struct bpf_btf_info btf_info = {0};
	__u32 len = sizeof(btf_info);
	char object[64] = "";
	struct btf *module = NULL;
	const struct btf *btf = c->vmlinux;
	const struct btf_type *t;
	int fd = bpf_btf_get_fd_by_id(info->attach_btf_obj_id);

	btf_info.name = (__u64)(unsigned long)object;
	btf_info.name_len = sizeof(object);
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &btf_info, &len))
		return false;
	close(fd);
	if (strcmp(object, "vmlinux") != 0) {
		module = btf__load_from_kernel_by_id_split(info->attach_btf_obj_id, c->vmlinux);
		btf = module;
	}
	t = btf ? btf__type_by_id(btf, info->attach_btf_id) : NULL;
	if (t)
		snprintf(buf, size, "%s", btf__name_by_offset(btf, t->name_off));
	btf__free(module);
	return t != NULL;
}

static bool is_new(struct checker *c, const struct bpf_prog_info *info)
{
	for (int i = 0; i < c->n_seen; i++)
		if (c->seen[i].object == info->attach_btf_obj_id && c->seen[i].id == info->attach_btf_id)
			return false;
	if (c->n_seen == MAX_FUNCTIONS)
		die("more than %d functions", MAX_FUNCTIONS);
	c->seen[c->n_seen].object = info->attach_btf_obj_id;
	c->seen[c->n_seen++].id = info->attach_btf_id;
	return true;
}

static void share(struct bpf_object *obj, const char *name, int fd)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	if (!map || bpf_map__reuse_fd(map, fd))
		die("map %s cannot be shared: %s", name, strerror(errno));
}

/* The table's maps are vfslock's; what the first object has made, the next ones use. */
static void share_maps(struct checker *c, struct bpf_object *obj)
{
	static const char *const own[] = {"counts", "totals", "causes", "samples", "names", ".rodata"};

	share(obj, ".bss.held", c->held);
	share(obj, ".bss.lock_tables", c->tables);
	share(obj, ".bss", c->control);
	for (int i = 0; c->n_objects && i < 6; i++)
		share(obj, own[i], bpf_object__find_map_fd_by_name(c->objects[0], own[i]));
	if (!c->n_objects)
		bpf_map__set_initial_value(bpf_object__find_map_by_name(obj, ".rodata"), &c->options,
					   sizeof(c->options));
}

static struct bpf_program *check_program(struct bpf_object *obj, int i)
{
	char name[64];

	/* check_0000: the last three digits count in fours */
	snprintf(name, sizeof(name), "check_%d%d%d%d", i / 64, i / 16 % 4, i / 4 % 4, i % 4);
	return bpf_object__find_program_by_name(obj, name);
}

static struct bpf_object *open_object(struct checker *c)
{
	struct bpf_object *obj =
		bpf_object__open_mem(lockcheck_object, (size_t)(lockcheck_object_end - lockcheck_object), NULL);
	struct bpf_program *prog;

	if (!obj || c->n_objects == 16)
		die("the programs cannot be opened");
	bpf_object__for_each_program(prog, obj)
		bpf_program__set_autoload(prog, false);
	share_maps(c, obj);
	return obj;
}

static void attach_kprobes(struct checker *c, struct bpf_object *obj)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, "check_kprobe");

	for (int i = 0; i < c->n_kprobes; i++) {
		if (kprobe__attach(bpf_program__fd(prog), c->kprobes[i], false) < 0)
			c->n_refused++;
		else
			c->n_attached++;
	}
}

/* Attaches to @names, and to the functions that kprobes are known for. */
static void attach(struct checker *c, char (*names)[128], int n, bool kprobes)
{
	struct bpf_object *obj = open_object(c);

	for (int i = 0; i < n; i++) {
		struct bpf_program *prog = check_program(obj, i);

		if (!prog || bpf_program__set_attach_target(prog, 0, names[i])) {
			fprintf(stderr, "lockcheck: no function %s\n", names[i]);
			c->n_refused++;
			continue;
		}
		bpf_program__set_autoload(prog, true);
	}
	bpf_program__set_autoload(bpf_object__find_program_by_name(obj, "check_kprobe"), kprobes);
	if (bpf_object__load(obj))
		die("the programs cannot be loaded: %s", strerror(errno));
	c->objects[c->n_objects++] = obj;
	for (int i = 0; i < n; i++) {
		struct bpf_program *prog = check_program(obj, i);

		if (!prog || !bpf_program__autoload(prog))
			continue;
		if (bpf_program__attach(prog)) {
			c->n_attached++;
		} else {
			fprintf(stderr, "lockcheck: %s: %s\n", names[i], strerror(errno));
			c->n_refused++;
		}
	}
	if (kprobes)
		attach_kprobes(c, obj);
}

/* Attaches to the functions of methods that vfslock has loaded programs for since the last time. */
static void scan(struct checker *c, bool kprobes)
{
	static char names[MAX_FUNCTIONS][128];
	int n = 0;

	for (__u32 id = c->last_program; !bpf_prog_get_next_id(id, &id); c->last_program = id) {
		struct bpf_prog_info info = {0};
		int fd = open_program(id, &info);

		if (fd < 0)
			continue;
		close(fd);
		if (info.type == BPF_PROG_TYPE_TRACING && begins(info.name, "vl_") && info.attach_btf_id &&
		    is_new(c, &info) && function_name(c, &info, names[n], sizeof(names[n])))
			n++;
	}
	if (n || kprobes)
		attach(c, names, n, kprobes);
}

/* The addresses of the kprobes at whose hit vfslock, the parent, runs a program. */
static void find_kprobes(struct checker *c)
{
	int parent = getppid();

	for (int fd = 0; fd < 4096 && c->n_kprobes < MAX_FUNCTIONS; fd++) {
		char name[256] = "";
		__u32 len = sizeof(name), program = 0, type = 0;
		__u64 offset = 0, address = 0;

		if (bpf_task_fd_query(parent, fd, 0, name, &len, &program, &type, &offset, &address) ||
		    type != BPF_FD_TYPE_KPROBE || !address)
			continue;
		for (int i = 0; address && i < c->n_kprobes; i++)
			if (c->kprobes[i] == address)
				address = 0;
		if (address)
			c->kprobes[c->n_kprobes++] = address;
	}
}

static __u64 missed(const struct checker *c)
{
	__u64 sum = 0;

	for (int i = 0; i < c->n_objects; i++) {
		struct bpf_program *prog;

		bpf_object__for_each_program(prog, c->objects[i]) {
			struct bpf_prog_info info = {0};
			__u32 len = sizeof(info);
			int fd = bpf_program__fd(prog);

			if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
				sum += info.recursion_misses;
		}
	}
	return sum;
}

/* COMMAND's exit status; meanwhile vfslock may learn of more functions. */
static int run(struct checker *c, char **command)
{
	pid_t pid = fork();
	int status, round = 0;

	if (pid < 0)
		die("fork: %s", strerror(errno));
	if (!pid) {
		execvp(command[0], command);
		fprintf(stderr, "lockcheck: %s: %s\n", command[0], strerror(errno));
		_exit(STATUS_FAILED);
	}
	while (!waitpid(pid, &status, WNOHANG)) {
		usleep(50000);
		if (++round % SCAN_EVERY == 0)
			scan(c, false);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_FAILED;
}

int main(int argc, char **argv)
{
	static struct checker c;
	struct outcome o = {0};
	int status;

	if (argc < 4 || strcmp(argv[1], "-o") != 0)
		die("usage: lockcheck -o FILE COMMAND [ARG]...");
	c.vmlinux = btf__load_vmlinux_btf();
	if (!c.vmlinux)
		die("the kernel's BTF: %s", strerror(errno));
	find_table(&c);
	find_kprobes(&c);
	c.options.start_ns = now_ns();
	c.options.offset_ns = clock_offset();
	scan(&c, true);
	if (!c.n_attached)
		die("vfslock has attached to no method");
	status = run(&c, &argv[3]);

	o.options = c.options;
	o.seconds = (double)(now_ns() - c.options.start_ns) / 1e9;
	o.attached = c.n_attached;
	o.refused = c.n_refused;
	o.kprobes = c.n_kprobes;
	o.missed = missed(&c);
	o.object = c.objects[0];
	if (outcome__write(&o, argv[2]))
		die("%s cannot be written", argv[2]);
	return status;
}
