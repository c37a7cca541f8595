// SPDX-License-Identifier: GPL-2.0-only
#include "kbtf.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct named_func {
	const char *name;
	int id;
};

/* One BTF object with its functions sorted by name: libbpf's own look-up is a scan of all types. */
struct btf_object {
	struct btf *btf;
	char name[64]; /* of the module; "" for vmlinux */
	int fd;
	struct named_func *funcs;
	int n_funcs;
};

struct kbtf {
	struct btf_object *objects; /* [0] is vmlinux */
	int n_objects;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named_func *)a)->name, ((const struct named_func *)b)->name);
}

static int index_functions(struct btf_object *o, int first)
{
	int n = (int)btf__type_cnt(o->btf), count = 0;

	for (int i = first; i < n; i++)
		count += btf_is_func(btf__type_by_id(o->btf, (__u32)i));
	o->funcs = calloc((size_t)count + 1, sizeof(*o->funcs));
	if (!o->funcs)
		return -ENOMEM;
	for (int i = first; i < n; i++) {
		const struct btf_type *t = btf__type_by_id(o->btf, (__u32)i);

		if (btf_is_func(t))
			o->funcs[o->n_funcs++] =
				(struct named_func){.name = btf__name_by_offset(o->btf, t->name_off), .id = i};
	}
	qsort(o->funcs, (size_t)o->n_funcs, sizeof(*o->funcs), by_name);
	return 0;
}

int kbtf__open(struct kbtf **out)
{
	struct kbtf *kb = calloc(1, sizeof(*kb));
	int err;

	if (!kb)
		return -ENOMEM;
	kb->objects = calloc(1, sizeof(*kb->objects));
	if (!kb->objects) {
		free(kb);
		return -ENOMEM;
	}
	kb->n_objects = 1;
	kb->objects[0].btf = btf__load_vmlinux_btf();
	if (!kb->objects[0].btf) {
		err = -errno;
		fprintf(stderr,
			"vfslock: this kernel's BTF (/sys/kernel/btf/vmlinux) cannot be read: %s. It needs "
			"CONFIG_DEBUG_INFO_BTF=y, as distribution kernels since 5.10 have.\n",
			strerror(-err));
		kbtf__free(kb);
		return err;
	}
	err = index_functions(&kb->objects[0], 1);
	if (err) {
		kbtf__free(kb);
		return err;
	}
	*out = kb;
	return 0;
}

void kbtf__free(struct kbtf *kb)
{
	if (!kb)
		return;
	for (int i = kb->n_objects - 1; i >= 0; i--) {
		free(kb->objects[i].funcs);
		btf__free(kb->objects[i].btf);
		if (kb->objects[i].fd > 0)
			close(kb->objects[i].fd);
	}
	free(kb->objects);
	free(kb);
}

static const struct btf_type *skip_modifiers(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* Finds @name among @t's members and those of its anonymous ones; adds its offset in bits. */
static const struct btf_member *find_member(const struct btf *btf, const struct btf_type *t, const char *name,
					    __u32 *bits)
{
	const struct btf_member *m = btf_members(t);

	for (int i = 0; i < btf_vlen(t); i++, m++) {
		const char *member = btf__name_by_offset(btf, m->name_off);
		const struct btf_type *inner = skip_modifiers(btf, m->type);

		if (!strcmp(member, name)) {
			*bits += btf_member_bit_offset(t, (__u32)i);
			return m;
		}
		if (!*member && btf_is_composite(inner)) {
			__u32 nested = *bits + btf_member_bit_offset(t, (__u32)i);
			const struct btf_member *found = find_member(btf, inner, name, &nested);

			if (found) {
				*bits = nested;
				return found;
			}
		}
	}
	return NULL;
}

static const struct btf_type *find_struct(struct kbtf *kb, const char *tag)
{
	int id = btf__find_by_name_kind(kb->objects[0].btf, tag, BTF_KIND_STRUCT);

	return id < 0 ? NULL : btf__type_by_id(kb->objects[0].btf, (__u32)id);
}

int kbtf__offset(struct kbtf *kb, const char *path)
{
	const struct btf *btf = kb->objects[0].btf;
	char *copy = strdup(path), *next, *part;
	const struct btf_type *t = NULL;
	__u32 bits = 0;
	int err = copy ? 0 : -ENOMEM;

	for (part = strtok_r(copy, ".", &next); part && !err; part = strtok_r(NULL, ".", &next)) {
		const struct btf_member *m;

		if (!t) {
			t = find_struct(kb, part);
			err = t ? 0 : -ENOENT;
			continue;
		}
		m = btf_is_composite(t) ? find_member(btf, t, part, &bits) : NULL;
		if (m)
			t = skip_modifiers(btf, m->type);
		else
			err = -ENOENT;
	}
	free(copy);
	return err ? err : (int)(bits / 8);
}

bool kbtf__has_struct(struct kbtf *kb, const char *tag)
{
	return find_struct(kb, tag) != NULL;
}

bool kbtf__has_member(struct kbtf *kb, const char *tag, const char *member)
{
	const struct btf_type *t = find_struct(kb, tag);
	__u32 bits = 0;

	return t && find_member(kb->objects[0].btf, t, member, &bits);
}

/* Module BTF has no name to open it by: all BTF objects of the kernel are asked for theirs. */
/* Not through libbpf, for which modules that may not be listed are none (libbpf_modules.c). */
static bool may_list_btf(void)
{
	union bpf_attr attr = {0};

	return !syscall(__NR_bpf, BPF_BTF_GET_NEXT_ID, &attr, sizeof(attr)) || errno != EPERM;
}

static int open_module(struct kbtf *kb, const char *module)
{
	struct btf_object *o;
	__u32 id = 0;
	void *p;

	while (!bpf_btf_get_next_id(id, &id)) {
		char name[64] = "";
		struct bpf_btf_info info = {.name = (__u64)(unsigned long)name, .name_len = sizeof(name)};
		__u32 len = sizeof(info);
		int fd = bpf_btf_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (bpf_obj_get_info_by_fd(fd, &info, &len) || !info.kernel_btf || strcmp(name, module) != 0) {
			close(fd);
			continue;
		}
		p = realloc(kb->objects, (size_t)(kb->n_objects + 1) * sizeof(*kb->objects));
		if (!p) {
			close(fd);
			return -ENOMEM;
		}
		kb->objects = p;
		o = &kb->objects[kb->n_objects];
		*o = (struct btf_object){.fd = fd};
		snprintf(o->name, sizeof(o->name), "%s", module);
		o->btf = btf__load_from_kernel_by_id_split(id, kb->objects[0].btf);
		if (!o->btf || index_functions(o, (int)btf__type_cnt(kb->objects[0].btf))) {
			btf__free(o->btf);
			close(fd);
			return -ENODATA;
		}
		return kb->n_objects++;
	}
	return may_list_btf() ? -ENODATA : -EPERM;
}

static int find_object(struct kbtf *kb, const char *module)
{
	for (int i = 0; i < kb->n_objects; i++)
		if (!strcmp(kb->objects[i].name, module ? module : ""))
			return i;
	return module ? open_module(kb, module) : -ENOENT;
}

int kbtf__func(struct kbtf *kb, const char *name, const char *module, struct kbtf_func *out)
{
	struct named_func key = {.name = name}, *found;
	const struct btf_type *proto;
	const struct btf_param *p;
	struct btf_object *o;
	int i = find_object(kb, module);

	if (i < 0)
		return i;
	o = &kb->objects[i];
	found = bsearch(&key, o->funcs, (size_t)o->n_funcs, sizeof(*o->funcs), by_name);
	if (!found)
		return -ENOENT;
	proto = btf__type_by_id(o->btf, btf__type_by_id(o->btf, (__u32)found->id)->type);
	*out = (struct kbtf_func){.id = found->id, .obj_fd = o->fd, .args = btf_vlen(proto)};
	p = btf_params(proto);
	for (int a = 0; a < out->args; a++)
		if (btf_is_composite(skip_modifiers(o->btf, p[a].type)))
			out->struct_by_value = true;
	return 0;
}

int kbtf__size(struct kbtf *kb, const char *tag)
{
	const struct btf_type *t = find_struct(kb, tag);

	return t ? (int)t->size : -ENOENT;
}

/* include/trace/bpf_probe.h: every tracepoint has a type of its own, for programs to be checked against. */
bool kbtf__has_tracepoint(struct kbtf *kb, const char *name)
{
	char type[128];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return btf__find_by_name_kind(kb->objects[0].btf, type, BTF_KIND_TYPEDEF) > 0;
}

bool kbtf__has_function(struct kbtf *kb, const char *name)
{
	struct kbtf_func f;

	return !kbtf__func(kb, name, NULL, &f);
}

int kbtf__arg_of_type(struct kbtf *kb, const char *function, const char *tag)
{
	const struct btf *btf = kb->objects[0].btf;
	const struct btf_type *proto;
	struct kbtf_func f;
	int err = kbtf__func(kb, function, NULL, &f);

	if (err)
		return err;
	proto = btf__type_by_id(btf, btf__type_by_id(btf, (__u32)f.id)->type);
	for (int a = 0; a < f.args; a++) {
		const struct btf_type *t = skip_modifiers(btf, btf_params(proto)[a].type);

		if (!t || !btf_is_ptr(t))
			continue;
		t = skip_modifiers(btf, t->type);
		if (t && btf_is_struct(t) && !strcmp(btf__name_by_offset(btf, t->name_off), tag))
			return a;
	}
	return -ENOENT;
}

enum vl_context_source kbtf__context_source(struct kbtf *kb)
{
	if (btf__find_by_name_kind(kb->objects[0].btf, "__preempt_count", BTF_KIND_VAR) > 0)
		return VL_CONTEXT_VARIABLE;
	return kbtf__has_member(kb, "pcpu_hot", "preempt_count") ? VL_CONTEXT_PCPU_HOT : VL_CONTEXT_UNKNOWN;
}

/* The prototype behind a member that is a pointer to a function, or NULL. */
static const struct btf_type *member_proto(const struct btf *btf, const struct btf_member *m)
{
	const struct btf_type *t = skip_modifiers(btf, m->type);

	if (!btf_is_ptr(t))
		return NULL;
	t = skip_modifiers(btf, t->type);
	return t && btf_is_func_proto(t) ? t : NULL;
}

int kbtf__each_method(struct kbtf *kb, const char *ops, int (*visit)(void *arg, const char *method, int offset),
		      void *arg)
{
	const struct btf *btf = kb->objects[0].btf;
	const struct btf_type *t = find_struct(kb, ops);
	const struct btf_member *m;

	if (!t)
		return -ENOENT;
	m = btf_members(t);
	for (int i = 0; i < btf_vlen(t); i++) {
		int err;

		if (!member_proto(btf, &m[i]))
			continue;
		err = visit(arg, btf__name_by_offset(btf, m[i].name_off), (int)btf_member_bit_offset(t, (__u32)i) / 8);
		if (err)
			return err;
	}
	return 0;
}

static bool param_fits(const struct btf *btf, const struct method_param *p, __u32 type)
{
	const struct btf_type *t = skip_modifiers(btf, type);
	int pointers = 0;

	for (; t && btf_is_ptr(t); pointers++)
		t = t->type ? skip_modifiers(btf, t->type) : NULL;
	if (!p->pointers)
		return !pointers && t && (btf_is_int(t) || btf_is_any_enum(t));
	if (pointers != p->pointers)
		return false;
	if (!p->tags[0])
		return true;
	for (int i = 0; i < 3 && p->tags[i]; i++)
		if (t && btf_is_struct(t) && !strcmp(btf__name_by_offset(btf, t->name_off), p->tags[i]))
			return true;
	return false;
}

int kbtf__method(struct kbtf *kb, const char *ops, const struct method *m, struct kbtf_method *out,
		 const char **missing)
{
	const struct btf *btf = kb->objects[0].btf;
	const struct btf_type *t = find_struct(kb, ops), *proto;
	const struct btf_member *member;
	const struct btf_param *params;
	__u32 bits = 0;
	int a = 0;

	*missing = NULL;
	member = t ? find_member(btf, t, m->name, &bits) : NULL;
	proto = member ? member_proto(btf, member) : NULL;
	if (!proto)
		return -ENOENT;
	*out = (struct kbtf_method){.name = m->name, .offset = (int)(bits / 8), .args = btf_vlen(proto)};
	memset(out->position, -1, sizeof(out->position));
	params = btf_params(proto);
	for (int p = 0; p < m->n_params && p < VL_ARG_RETURN; p++) {
		while (a < out->args && !param_fits(btf, &m->params[p], params[a].type))
			a++;
		if (a == out->args) {
			*missing = m->params[p].name;
			return -EINVAL;
		}
		out->position[p] = (signed char)a++;
	}
	return 0;
}
