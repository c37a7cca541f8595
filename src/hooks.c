// SPDX-License-Identifier: GPL-2.0-only
#include "hooks.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hook {
	const char *program;
	const char *functions[2]; /* the first that the kernel has is attached to */
	const char *of_type;      /* the argument at @position must be a pointer to this struct, or NULL */
	int position;
	bool newer;                     /* older kernels lack nothing without it */
	const char *member_of, *member; /* without this member there is nothing to learn, or NULL */
	const char *tracepoint;         /* it is attached to this tracepoint, and to no function */
	const char *lacking;            /* what an audit lacks without it; NULL: it is needed */
};

#define BUFFERS "functions that complete the I/O of buffers (b_end_io) are not learnt"
#define UNLOCKS "that a folio is unlocked after the return is not seen"

static const struct hook all[] = {
	{.program = "unmounted", .functions = {"generic_shutdown_super"}},
	{.program = "learn_inode",
	 .functions = {"security_d_instantiate"},
	 .lacking = "operations of kinds of inode that first appear are not learnt"},
	{.program = "learn_mapping",
	 .functions = {"perf_event_mmap", "vma_set_page_prot"},
	 .of_type = "vm_area_struct",
	 .lacking = "operations of mappings are not learnt"},
	{.program = "learn_posix_lock",
	 .functions = {"vfs_lock_file"},
	 .of_type = "file_lock",
	 .position = 2,
	 .lacking = "operations of posix locks are not learnt"},
	{.program = "learn_local_lock",
	 .functions = {"locks_lock_inode_wait"},
	 .of_type = "file_lock",
	 .position = 1,
	 .lacking = "operations of locks are not learnt"},
	{.program = "learn_lease",
	 .functions = {"generic_setlease", "vfs_setlease"},
	 .of_type = "file",
	 .lacking = "operations of leases are not learnt"},
	{.program = "learn_buffer_second",
	 .functions = {"submit_bh_wbc", "submit_bh"},
	 .of_type = "buffer_head",
	 .position = 1,
	 .member_of = "buffer_head",
	 .member = "b_end_io",
	 .lacking = BUFFERS},
	{.program = "learn_buffer_third",
	 .functions = {"submit_bh_wbc", "submit_bh"},
	 .of_type = "buffer_head",
	 .position = 2,
	 .member_of = "buffer_head",
	 .member = "b_end_io",
	 .lacking = BUFFERS},
	{.program = "task_sleeps", .tracepoint = "sched_switch", .lacking = "where a task slept is not seen"},
	{.program = "folio_is_unlocked", .functions = {"folio_unlock", "unlock_page"}, .lacking = UNLOCKS},
	{.program = "folio_is_read", .functions = {"folio_end_read"}, .lacking = UNLOCKS, .newer = true},
};

#define N_HOOKS (sizeof(all) / sizeof(all[0]))

struct hooks {
	struct bpf_program *programs[N_HOOKS]; /* NULL: not on this kernel */
	struct bpf_link *links[N_HOOKS];
};

/* The function to attach to, or NULL. */
static const char *find_function(struct kbtf *kb, const struct hook *h)
{
	for (int i = 0; i < 2 && h->functions[i]; i++) {
		if (!kbtf__has_function(kb, h->functions[i]))
			continue;
		if (!h->of_type || kbtf__arg_of_type(kb, h->functions[i], h->of_type) == h->position)
			return h->functions[i];
	}
	return NULL;
}

/* A hook that another program stands for on this kernel is not missed. */
static bool is_missed(struct kbtf *kb, const struct hook *h, const struct hooks *hooks)
{
	if (h->member && !kbtf__has_member(kb, h->member_of, h->member))
		return false;
	if (h->newer)
		return false;
	for (size_t i = 0; i < N_HOOKS; i++)
		if (hooks->programs[i] && h->lacking && all[i].lacking && !strcmp(all[i].lacking, h->lacking))
			return false;
	/* Said once, with the last of those that could do it. */
	return h + 1 == all + N_HOOKS || !h[1].lacking || !h->lacking || strcmp(h->lacking, h[1].lacking) != 0;
}

static bool kernel_has(struct kbtf *kb, const struct hook *h, const char **function)
{
	*function = NULL;
	if (h->member && !kbtf__has_member(kb, h->member_of, h->member))
		return false;
	if (h->tracepoint)
		return kbtf__has_tracepoint(kb, h->tracepoint);
	*function = find_function(kb, h);
	return *function;
}

static int choose(struct kbtf *kb, struct bpf_object *obj, const struct hook *h, bool wanted, struct bpf_program **out)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, h->program);
	const char *function;
	int err = 0;

	if (!prog)
		return -ENOENT;
	wanted = wanted && kernel_has(kb, h, &function);
	bpf_program__set_autoload(prog, wanted);
	if (!wanted)
		return 0;
	if (function)
		err = bpf_program__set_attach_target(prog, 0, function);
	if (!err)
		*out = prog;
	return err;
}

int hooks__open(struct kbtf *kb, struct bpf_object *obj, bool all_of_them, struct hooks **out)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));
	int err = 0;

	if (!hooks)
		return -ENOMEM;
	for (size_t i = 0; i < N_HOOKS && !err; i++)
		err = choose(kb, obj, &all[i], all_of_them || !all[i].lacking, &hooks->programs[i]);
	for (size_t i = 0; i < N_HOOKS && !err; i++) {
		if (hooks->programs[i] || (!all_of_them && all[i].lacking) || !is_missed(kb, &all[i], hooks))
			continue;
		if (!all[i].lacking)
			err = -ENOTSUP;
		fprintf(stderr, "vfslock: this kernel has no %s%s as expected: %s\n",
			all[i].tracepoint ? all[i].tracepoint : all[i].functions[0], all[i].tracepoint ? "" : "()",
			all[i].lacking ? all[i].lacking : "an unmount would not be noticed");
	}
	if (err) {
		hooks__free(hooks);
		return err;
	}
	*out = hooks;
	return 0;
}

void hooks__free(struct hooks *h)
{
	for (size_t i = 0; h && i < N_HOOKS; i++)
		bpf_link__destroy(h->links[i]);
	free(h);
}

int hooks__attach(struct hooks *h)
{
	for (size_t i = 0; i < N_HOOKS; i++) {
		if (!h->programs[i])
			continue;
		h->links[i] = bpf_program__attach(h->programs[i]);
		if (!h->links[i]) {
			int err = -errno;

			fprintf(stderr, "vfslock: hook %s (%s) cannot be attached: %s (see 'vfslock features')\n",
				all[i].program, bpf_program__section_name(h->programs[i]), strerror(-err));
			if (!all[i].lacking)
				return err;
			fprintf(stderr, "vfslock: so %s\n", all[i].lacking);
		}
	}
	return 0;
}

__u64 hooks__missed(const struct hooks *h, const char *program)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	for (size_t i = 0; h && i < N_HOOKS; i++)
		if (h->programs[i] && !strcmp(all[i].program, program) &&
		    !bpf_obj_get_info_by_fd(bpf_program__fd(h->programs[i]), &info, &len))
			return info.recursion_misses;
	return 0;
}
