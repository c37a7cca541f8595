// SPDX-License-Identifier: GPL-2.0-only
#include "hooks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hook {
	const char *program;
	const char *functions[2]; /* the first that the kernel has is attached to */
	const char *of_type;      /* the argument at @position must be a pointer to this struct, or NULL */
	int position;
	const char *member_of, *member; /* without this member there is nothing to learn, or NULL */
	const char *learns;             /* what is not learnt without it; NULL: it is needed */
};

#define BUFFERS "functions that complete the I/O of buffers (b_end_io)"

static const struct hook all[] = {
	{.program = "unmounted", .functions = {"generic_shutdown_super"}},
	{.program = "learn_inode",
	 .functions = {"security_d_instantiate"},
	 .learns = "operations of kinds of inode that first appear"},
	{.program = "learn_mapping",
	 .functions = {"perf_event_mmap", "vma_set_page_prot"},
	 .of_type = "vm_area_struct",
	 .learns = "operations of mappings"},
	{.program = "learn_posix_lock",
	 .functions = {"vfs_lock_file"},
	 .of_type = "file_lock",
	 .position = 2,
	 .learns = "operations of posix locks"},
	{.program = "learn_local_lock",
	 .functions = {"locks_lock_inode_wait"},
	 .of_type = "file_lock",
	 .position = 1,
	 .learns = "operations of locks"},
	{.program = "learn_lease",
	 .functions = {"generic_setlease", "vfs_setlease"},
	 .of_type = "file",
	 .learns = "operations of leases"},
	{.program = "learn_buffer_second",
	 .functions = {"submit_bh_wbc", "submit_bh"},
	 .of_type = "buffer_head",
	 .position = 1,
	 .member_of = "buffer_head",
	 .member = "b_end_io",
	 .learns = BUFFERS},
	{.program = "learn_buffer_third",
	 .functions = {"submit_bh_wbc", "submit_bh"},
	 .of_type = "buffer_head",
	 .position = 2,
	 .member_of = "buffer_head",
	 .member = "b_end_io",
	 .learns = BUFFERS},
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
	for (size_t i = 0; i < N_HOOKS; i++)
		if (hooks->programs[i] && h->learns && all[i].learns && !strcmp(all[i].learns, h->learns))
			return false;
	/* Said once, with the last of those that could do it. */
	return h + 1 == all + N_HOOKS || !h[1].learns || !h->learns || strcmp(h->learns, h[1].learns) != 0;
}

static int choose(struct kbtf *kb, struct bpf_object *obj, const struct hook *h, bool wanted, struct bpf_program **out)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, h->program);
	const char *function = NULL;
	int err;

	if (wanted && (!h->member || kbtf__has_member(kb, h->member_of, h->member)))
		function = find_function(kb, h);

	if (!prog)
		return -ENOENT;
	bpf_program__set_autoload(prog, function != NULL);
	if (!function)
		return 0;
	err = bpf_program__set_attach_target(prog, 0, function);
	if (!err)
		*out = prog;
	return err;
}

int hooks__open(struct kbtf *kb, struct bpf_object *obj, bool learn, struct hooks **out)
{
	struct hooks *hooks = calloc(1, sizeof(*hooks));
	int err = 0;

	if (!hooks)
		return -ENOMEM;
	for (size_t i = 0; i < N_HOOKS && !err; i++)
		err = choose(kb, obj, &all[i], learn || !all[i].learns, &hooks->programs[i]);
	for (size_t i = 0; i < N_HOOKS && !err; i++) {
		if (hooks->programs[i] || (!learn && all[i].learns) || !is_missed(kb, &all[i], hooks))
			continue;
		if (!all[i].learns)
			err = -ENOTSUP;
		fprintf(stderr, "vfslock: this kernel has no %s() as expected: %s\n", all[i].functions[0],
			all[i].learns ? "some tables will not be learnt during the audit"
				      : "an unmount would not be noticed");
		if (all[i].learns)
			fprintf(stderr, "vfslock: not learnt: %s\n", all[i].learns);
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
			if (!all[i].learns)
				return err;
			fprintf(stderr, "vfslock: not learnt: %s\n", all[i].learns);
		}
	}
	return 0;
}
