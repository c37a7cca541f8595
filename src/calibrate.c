// SPDX-License-Identifier: GPL-2.0-only
#include "calibrate.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../bpf/calibrate.h"
#include "globals.h"
#include "objects.h"

static const struct {
	const char *constant, *function, *program;
	int args_min, args_max;
} watched[MEASURED_KINDS] = {
	[MEASURED_LOOKUP_RCU] = {"LOOKUP_RCU", "path_openat", "walk", 3, 3},
	[MEASURED_MAY_NOT_BLOCK] = {"MAY_NOT_BLOCK", "inode_permission", "check", 2, 3},
};

const char *measured__name(int kind)
{
	return watched[kind].constant;
}

static void unknown(struct measured_constant *c, const char *what)
{
	snprintf(c->why, sizeof(c->why), "%s", what);
}

/* Switches off what this kernel lacks; returns how many programs are left. */
static int select_programs(struct kbtf *kb, struct bpf_object *obj, __u32 *mask_arg, struct measured_constant *out)
{
	int n = 0;

	for (int i = 0; i < MEASURED_KINDS; i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, watched[i].program);
		struct kbtf_func f;
		bool fits = prog && !kbtf__func(kb, watched[i].function, NULL, &f) && f.args >= watched[i].args_min &&
			    f.args <= watched[i].args_max;

		if (fits && i == MEASURED_MAY_NOT_BLOCK)
			*mask_arg = (__u32)f.args - 1;
		if (!fits) {
			char why[96];

			snprintf(why, sizeof(why), "%s() is not in this kernel's BTF as expected", watched[i].function);
			unknown(&out[i], why);
		}
		if (prog)
			bpf_program__set_autoload(prog, fits);
		n += fits;
	}
	return n;
}

static void walk_a_path(struct vl_calibration *c)
{
	int fd;

	c->tid = (__u32)syscall(SYS_gettid);
	/* O_PATH: no permission is asked for the file itself, only for the directories on the way. */
	fd = open("/proc/self", O_PATH | O_CLOEXEC | O_NOFOLLOW);
	c->tid = 0;
	if (fd >= 0)
		close(fd);
}

static void take_bit(struct measured_constant *c, unsigned int value, unsigned int seen)
{
	if (c->why[0])
		return;
	if (!seen)
		unknown(c, "its function was not called in a path walk of our own");
	else if (!value || (value & (value - 1)))
		unknown(c, "the path walk did not show it as one flag");
	else
		c->value = value;
}

static int measure(struct bpf_object *obj, __u32 mask_arg, struct measured_constant *out)
{
	struct bpf_link *links[MEASURED_KINDS] = {NULL};
	struct vl_calibration *c;
	struct bpf_map *constants;
	int err;

	/* The only constant of the object. */
	constants = bpf_object__find_map_by_name(obj, ".rodata");
	if (!constants || bpf_map__set_initial_value(constants, &mask_arg, sizeof(mask_arg)))
		return -EINVAL;
	err = bpf_object__load(obj);
	if (err)
		return err;
	c = globals__map(obj, sizeof(*c));
	if (!c)
		return -errno;
	for (int i = 0; i < MEASURED_KINDS; i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, watched[i].program);

		if (bpf_program__autoload(prog))
			links[i] = bpf_program__attach(prog);
	}
	walk_a_path(c);
	for (int i = 0; i < MEASURED_KINDS; i++)
		bpf_link__destroy(links[i]);
	take_bit(&out[MEASURED_LOOKUP_RCU], c->lookup_rcu, c->walks);
	take_bit(&out[MEASURED_MAY_NOT_BLOCK], c->may_not_block, c->checks);
	globals__unmap(c, sizeof(*c));
	return 0;
}

void calibrate(struct kbtf *kb, struct measured_constant *out)
{
	struct bpf_object *obj;
	__u32 mask_arg = 0;
	int err;

	for (int i = 0; i < MEASURED_KINDS; i++)
		out[i] = (struct measured_constant){.name = watched[i].constant};
	obj = bpf_object__open_mem(calibrate_object, OBJECT_SIZE(calibrate_object), NULL);
	err = obj ? 0 : -errno;
	if (!err && select_programs(kb, obj, &mask_arg, out))
		err = measure(obj, mask_arg, out);
	for (int i = 0; err && i < MEASURED_KINDS; i++)
		unknown(&out[i], strerror(-err));
	bpf_object__close(obj);
}
