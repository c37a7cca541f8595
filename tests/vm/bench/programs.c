// Whether BPF programs run, and how often: the kernel counts that for whoever asks it to.
#include "bench.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MAX_PROGRAMS 1024

static int programs[MAX_PROGRAMS];
static unsigned int n_programs;

static void open_programs(void)
{
	__u32 id = 0;

	for (n_programs = 0; !bpf_prog_get_next_id(id, &id);) {
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0 && errno == ENOENT) // gone since
			continue;
		if (fd < 0)
			die("program %u cannot be opened: %s", id, strerror(errno));
		if (n_programs == MAX_PROGRAMS)
			die("more than %d programs are loaded", MAX_PROGRAMS);
		programs[n_programs++] = fd;
	}
}

static uint64_t total_runs(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < n_programs; i++) {
		struct bpf_prog_info info = {0};
		__u32 size = sizeof(info);

		OK(bpf_obj_get_info_by_fd(programs[i], &info, &size));
		sum += info.run_cnt;
	}
	return sum;
}

uint64_t programs_run(void (*work)(void), unsigned int calls)
{
	uint64_t counted, again, after;
	int stats;

	open_programs();
	stats = (int)OK(bpf_enable_stats(BPF_STATS_RUN_TIME));
	counted = total_runs();
	again = total_runs(); // asking takes locks: programs that watch those run
	for (unsigned int i = 0; i < calls; i++)
		work();
	after = total_runs();
	close(stats);
	while (n_programs)
		close(programs[--n_programs]);
	after -= again;
	again -= counted;
	return after > again ? after - again : 0;
}
