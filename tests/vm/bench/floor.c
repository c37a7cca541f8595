// What any program at a function's entry and return costs: the tracing machinery of the kernel around an empty one.
#include "bench.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

// Each is called once by the workload that is timed.
#define WORKLOAD "open-close"
static const char *const functions[] = {"ext4_file_open", "ext4_release_file"};
#define N_FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static int attach_empty(const char *function, enum bpf_attach_type type)
{
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type);
	int id = libbpf_find_vmlinux_btf_id(function, type), prog, link;

	if (id < 0)
		die("the kernel's BTF has no function %s: is ext4 built in?", function);
	opts.attach_btf_id = (__u32)id;
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "bench_floor", "GPL", nothing, sizeof(nothing) / sizeof(nothing[0]),
			     &opts);
	if (prog < 0)
		die("an empty program for %s cannot be loaded: %s", function, strerror(errno));
	link = bpf_link_create(prog, 0, type, NULL);
	if (link < 0)
		die("an empty program cannot be attached to %s: %s", function, strerror(errno));
	close(prog);
	return link;
}

struct lock_floor floor_of_locks(const struct workload *w, const char *dir, unsigned int iterations)
{
	int links[2 * MAX_LOCK_USES], n = 0;
	struct lock_floor f;

	workload_open(w, dir);
	f.alone = workload_measure(w, iterations).typical;
	for (const struct lock_use *use = w->locks; use < w->locks + MAX_LOCK_USES && use->pairs; use++) {
		links[n++] = attach_empty(use->take, BPF_TRACE_FEXIT);
		links[n++] = attach_empty(use->release, BPF_TRACE_FENTRY);
	}
	f.floor = workload_measure(w, iterations).typical;
	f.programs = workload_programs(w);
	while (n)
		close(links[--n]);
	workload_close();
	return f;
}

struct floors floor_measure(const char *dir, unsigned int iterations)
{
	static const enum bpf_attach_type types[] = {BPF_TRACE_FENTRY, BPF_TRACE_FEXIT};
	const struct workload *w = workload_named(WORKLOAD);
	int links[2 * N_FUNCTIONS], n = 0;
	double cost[3];

	workload_open(w, dir);
	cost[0] = workload_measure(w, iterations).typical;
	for (int t = 0; t < 2; t++) {
		for (unsigned int f = 0; f < N_FUNCTIONS; f++)
			links[n++] = attach_empty(functions[f], types[t]);
		cost[1 + t] = workload_measure(w, iterations).typical;
	}
	while (n)
		close(links[--n]);
	workload_close();
	return (struct floors){.entry = (cost[1] - cost[0]) / N_FUNCTIONS, .pair = (cost[2] - cost[0]) / N_FUNCTIONS};
}
