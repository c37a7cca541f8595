// SPDX-License-Identifier: GPL-2.0-only
/* The records of an object's .BTF.ext section: functions, source lines and CO-RE relocations. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As libbpf documents it (Documentation/bpf/btf.rst); offsets count from the header's end. */
struct ext_header {
	__u16 magic;
	__u8 version, flags;
	__u32 hdr_len, func_info_off, func_info_len, line_info_off, line_info_len, core_relo_off, core_relo_len;
};

struct ext_section {
	__u32 name, n;
};

typedef int (*add_record)(struct records *r, __u32 section, const void *record);

static void *grown(void *array, size_t n, size_t size)
{
	/* Doubled at every power of two. */
	return n & (n - 1) ? array : realloc(array, (n ? 2 * n : 1) * size);
}

static const char *string_at(const struct records *r, __u32 offset)
{
	const char *s = btf__name_by_offset(r->btf, offset);

	return s ? s : "?";
}

static int add_function(struct records *r, __u32 section, const void *record)
{
	const struct bpf_func_info *f = record;
	const struct btf_type *t = btf__type_by_id(r->btf, f->type_id);
	void *p = grown(r->functions, r->n_functions, sizeof(*r->functions));

	if (!p || !t)
		return p ? -EINVAL : -ENOMEM;
	r->functions = p;
	r->functions[r->n_functions++] =
		(struct function_start){.section = section, .insn = f->insn_off / 8, .name = string_at(r, t->name_off)};
	return 0;
}

static int add_line(struct records *r, __u32 section, const void *record)
{
	const struct bpf_line_info *l = record;
	void *p = grown(r->lines, r->n_lines, sizeof(*r->lines));

	if (!p)
		return -ENOMEM;
	r->lines = p;
	r->lines[r->n_lines++] = (struct source_line){.section = section,
						      .insn = l->insn_off / 8,
						      .line = BPF_LINE_INFO_LINE_NUM(l->line_col),
						      .file = string_at(r, l->file_name_off)};
	return 0;
}

static int add_relocation(struct records *r, __u32 section, const void *record)
{
	const struct bpf_core_relo *c = record;
	void *p = grown(r->relocations, r->n_relocations, sizeof(*r->relocations));

	if (!p)
		return -ENOMEM;
	r->relocations = p;
	r->relocations[r->n_relocations++] = (struct relocation){.section = section,
								 .insn = c->insn_off / 8,
								 .type = c->type_id,
								 .access = string_at(r, c->access_str_off),
								 .kind = c->kind};
	return 0;
}

/* One part: the size of a record, then for each section its name, the number of its records, and those. */
static int read_part(struct records *r, const char *data, size_t len, size_t least, add_record add)
{
	const char *at = data + sizeof(__u32), *end = data + len;
	struct ext_section s;
	__u32 size;

	if (!len)
		return 0;
	if (len < sizeof(size))
		return -EINVAL;
	memcpy(&size, data, sizeof(size));
	if (size < least || size % 4)
		return -EINVAL;
	while (at < end) {
		if ((size_t)(end - at) < sizeof(s))
			return -EINVAL;
		memcpy(&s, at, sizeof(s));
		at += sizeof(s);
		if ((size_t)(end - at) < (size_t)s.n * size)
			return -EINVAL;
		for (__u32 i = 0; i < s.n; i++, at += size) {
			int err = add(r, s.name, at);

			if (err)
				return err;
		}
	}
	return 0;
}

static int read_parts(struct records *r, const char *section, size_t size)
{
	const struct ext_header *h = (const struct ext_header *)section;
	const char *data;
	int err;

	if (size < sizeof(*h) || h->hdr_len < sizeof(*h) || h->hdr_len > size)
		return -EINVAL;
	data = section + h->hdr_len;
	size -= h->hdr_len;
	if ((__u64)h->func_info_off + h->func_info_len > size || (__u64)h->line_info_off + h->line_info_len > size ||
	    (__u64)h->core_relo_off + h->core_relo_len > size)
		return -EINVAL;
	err = read_part(r, data + h->func_info_off, h->func_info_len, sizeof(struct bpf_func_info), add_function);
	if (!err)
		err = read_part(r, data + h->line_info_off, h->line_info_len, sizeof(struct bpf_line_info), add_line);
	if (!err)
		err = read_part(r, data + h->core_relo_off, h->core_relo_len, sizeof(struct bpf_core_relo),
				add_relocation);
	return err;
}

/* libbpf reads this section, too, but its releases differ in the name of the function that hands it out. */
static int read_section(struct records *r, Elf *elf)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr header;
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return -EINVAL;
	while ((scn = elf_nextscn(elf, scn))) {
		Elf_Data *data = elf_getdata(scn, NULL);
		const char *name = gelf_getshdr(scn, &header) ? elf_strptr(elf, names, header.sh_name) : NULL;

		if (name && !strcmp(name, ".BTF.ext"))
			return data ? read_parts(r, data->d_buf, data->d_size) : -EINVAL;
	}
	return -ENODATA;
}

int records__read(const char *path, struct records *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;
	Elf *elf;

	*out = (struct records){0};
	if (fd < 0)
		return -errno;
	out->btf = btf__parse_elf(path, NULL);
	err = out->btf ? 0 : -errno;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!err)
		err = read_section(out, elf);
	elf_end(elf);
	close(fd);
	if (err)
		records__free(out);
	return err;
}

void records__free(struct records *r)
{
	btf__free(r->btf);
	free(r->relocations);
	free(r->functions);
	free(r->lines);
	*r = (struct records){0};
}

const struct function_start *records__function(const struct records *r, const char *name)
{
	for (size_t i = 0; i < r->n_functions; i++)
		if (!strcmp(r->functions[i].name, name))
			return &r->functions[i];
	return NULL;
}

const struct source_line *records__line(const struct records *r, __u32 section, __u32 insn)
{
	const struct source_line *found = NULL;

	for (size_t i = 0; i < r->n_lines; i++) {
		const struct source_line *l = &r->lines[i];

		if (l->section == section && l->insn <= insn && (!found || l->insn >= found->insn))
			found = l;
	}
	return found;
}

static const struct btf_type *unmodified(const struct btf *btf, const struct btf_type *t)
{
	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static void __attribute__((format(printf, 3, 4))) append(char *out, size_t size, const char *fmt, ...)
{
	size_t n = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + n, size - n, fmt, ap);
	va_end(ap);
}

static const char *type_prefix(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_STRUCT:
		return "struct ";
	case BTF_KIND_UNION:
		return "union ";
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return "enum ";
	default:
		return "";
	}
}

/* The name without "___flavour". */
static void append_name(char *out, size_t size, const char *name)
{
	const char *flavour = strstr(name, "___");

	append(out, size, "%.*s", flavour && flavour > name ? (int)(flavour - name) : (int)strlen(name), name);
}

static void append_members(const struct btf *btf, const struct btf_type *t, const char *access, char *out, size_t size)
{
	for (access = strchr(access, ':'); access; access = strchr(access + 1, ':')) {
		unsigned long i = strtoul(access + 1, NULL, 10);

		t = unmodified(btf, t);
		if (t && btf_is_array(t)) {
			append(out, size, "[%lu]", i);
			t = btf__type_by_id(btf, btf_array(t)->type);
		} else if (t && btf_is_composite(t) && i < btf_vlen(t)) {
			const char *name = btf__name_by_offset(btf, btf_members(t)[i].name_off);

			/* Anonymous ones are looked through, here as by libbpf. */
			append(out, size, "%s%s", *name ? "." : "", name);
			t = btf__type_by_id(btf, btf_members(t)[i].type);
		} else {
			return;
		}
	}
}

void records__describe(const struct records *r, const struct relocation *relo, char *out, size_t size)
{
	const struct btf_type *t = btf__type_by_id(r->btf, relo->type);
	unsigned long i = strtoul(relo->access, NULL, 10);
	const char *name;

	*out = 0;
	if (!t)
		return;
	/* A struct without a tag goes by the name of its typedef. */
	while (btf_is_mod(t))
		t = btf__type_by_id(r->btf, t->type);
	append(out, size, "%s", type_prefix(t));
	append_name(out, size, btf__name_by_offset(r->btf, t->name_off));
	if (relo->kind <= BPF_CORE_FIELD_RSHIFT_U64) {
		append_members(r->btf, t, relo->access, out, size);
	} else if (relo->kind >= BPF_CORE_ENUMVAL_EXISTS && relo->kind <= BPF_CORE_ENUMVAL_VALUE) {
		t = unmodified(r->btf, t);
		name = "?";
		if (btf_is_enum(t) && i < btf_vlen(t))
			name = btf__name_by_offset(r->btf, btf_enum(t)[i].name_off);
		else if (btf_is_enum64(t) && i < btf_vlen(t))
			name = btf__name_by_offset(r->btf, btf_enum64(t)[i].name_off);
		append(out, size, ".");
		append_name(out, size, name);
	}
}
