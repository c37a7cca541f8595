/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's symbols; see ksyms.h.
 *
 * There are 200,000 of them, so: the file is read in one go, names stay in that one buffer, a
 * symbol takes 16 bytes, and two sorted arrays (by address, by name) answer everything.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* qsort_r() */
#endif
#include "ksyms.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "index.h"

#define KSYMS_FIRST_READ (16UL << 20) /* more than a usual file; grows where it is not */
#define KSYMS_MAX_READ (1UL << 30)    /* names are addressed with 32 bits */
#define KSYMS_MAX_MODULE 0xffff

/*
 * The last symbol of an object has no successor that bounds it, and the next one in memory may be
 * gigabytes away. Beyond KSYMS_MAX_SIZE a gap is taken for such an end, and KSYMS_TAIL is how
 * much of it is still believed to belong to the symbol.
 */
#define KSYMS_MAX_SIZE (16ULL << 20)
#define KSYMS_TAIL (64ULL << 10)

struct ksym_entry {
	__u64 addr;
	__u32 name;   /* offset in buf */
	__u16 module; /* index in modules */
	char type;
	__u8 rank; /* the lowest is preferred among aliases */
};

_Static_assert(sizeof(struct ksym_entry) == 16, "compact");

#define KSYM_RANK_PADDING 9

struct ksyms {
	char *buf; /* all names, each terminated */
	size_t buf_len;
	struct ksym_entry *syms; /* by address, then rank */
	__u32 *by_name;          /* indices in syms, by name, module, address */
	size_t count, cap;
	__u32 *modules; /* names, as offsets in buf; [0] is the kernel proper, which has none */
	size_t nmodules, cap_modules;
	int fd;       /* see ksyms__keep_open(), or -1 */
	__u64 loaded; /* hash of /proc/modules as it was before the symbols were read */
};

/* The whole file, terminated, into *@buf. procfs knows no sizes, so read until the end. */
static int read_file(int fd, char **buf, size_t *len)
{
	size_t cap = KSYMS_FIRST_READ, used = 0;
	char *data, *more;
	int err = 0;
	ssize_t n;

	data = malloc(cap);
	while (data) {
		n = read(fd, data + used, cap - used - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err = n < 0 ? -errno : 0;
			break;
		}
		used += (size_t)n;
		if (used < cap - 1)
			continue;
		if (cap >= KSYMS_MAX_READ) {
			err = -E2BIG;
			break;
		}
		cap *= 2;
		more = realloc(data, cap);
		if (!more)
			free(data);
		data = more;
	}
	if (!data)
		return -ENOMEM;
	if (err) {
		free(data);
		return err;
	}
	data[used] = '\0';
	*buf = data;
	*len = used;
	return 0;
}

static bool is_padding(const char *name)
{
	return !strncmp(name, "__pfx_", 6) || !strncmp(name, "__cfi_", 6);
}

static __u8 alias_rank(char type, const char *name)
{
	static const char order[] = "TWVwvt"; /* before all data */
	const char *p = strchr(order, type);

	if (is_padding(name))
		return KSYM_RANK_PADDING;
	if (p)
		return (__u8)(p - order);
	return isupper((unsigned char)type) ? 7 : 8;
}

/* "ffffffff81000000 T name\t[module]" without its line break, taken apart in place. */
struct ksym_line {
	__u64 addr;
	char type;
	char *name;
	char *module; /* NULL: none */
};

static bool parse_line(char *line, struct ksym_line *out)
{
	char *end;

	if (!isxdigit((unsigned char)*line))
		return false;
	out->addr = strtoull(line, &end, 16);
	if (end[0] != ' ' || !end[1] || end[2] != ' ' || !end[3])
		return false;
	out->type = end[1];
	out->name = end + 3;
	out->module = NULL;

	end = out->name + strcspn(out->name, "\t ");
	if (end == out->name)
		return false;
	if (!*end)
		return true;
	*end++ = '\0';
	end += strspn(end, "\t ");
	if (*end == '[') {
		out->module = end + 1;
		out->module[strcspn(out->module, "]")] = '\0';
	}
	return true;
}

/*
 * Store @s at the front of the buffer, over lines that were parsed already: a name is always
 * behind what is kept of the lines before it. Returns its offset.
 */
static __u32 keep_string(struct ksyms *ks, const char *s)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): the kernel proper, the only NULL, is never added */
	size_t len = strlen(s) + 1, offset = ks->buf_len;

	memmove(ks->buf + offset, s, len);
	ks->buf_len += len;
	return (__u32)offset;
}

/* Index of @module, NULL being the kernel proper; false if no symbol belongs to it. */
static bool find_module(const struct ksyms *ks, const char *module, __u16 *index)
{
	size_t i;

	*index = 0;
	if (!module)
		return true;
	/* Modules come in blocks, so while reading, the last one is the usual hit. */
	for (i = ks->nmodules; i-- > 1;) {
		if (!strcmp(ks->buf + ks->modules[i], module)) {
			*index = (__u16)i;
			return true;
		}
	}
	return false;
}

static int add_module(struct ksyms *ks, const char *module, __u16 *index)
{
	__u32 *modules;
	size_t cap;

	if (ks->nmodules > KSYMS_MAX_MODULE)
		return -E2BIG;
	if (ks->nmodules == ks->cap_modules) {
		cap = ks->cap_modules ? 2 * ks->cap_modules : 128;
		modules = reallocarray(ks->modules, cap, sizeof(*modules));
		if (!modules)
			return -ENOMEM;
		ks->modules = modules;
		ks->cap_modules = cap;
	}
	if (!ks->nmodules)
		ks->modules[ks->nmodules++] = 0; /* never read: the kernel proper */
	*index = (__u16)ks->nmodules;
	ks->modules[ks->nmodules++] = keep_string(ks, module);
	return 0;
}

static int add_symbol(struct ksyms *ks, const struct ksym_line *line)
{
	struct ksym_entry *sym;
	size_t cap;

	if (ks->count == ks->cap) {
		cap = ks->cap ? 2 * ks->cap : 1 << 18;
		sym = reallocarray(ks->syms, cap, sizeof(*sym));
		if (!sym)
			return -ENOMEM;
		ks->syms = sym;
		ks->cap = cap;
	}
	sym = &ks->syms[ks->count++];
	sym->addr = line->addr;
	sym->type = line->type;
	sym->rank = alias_rank(line->type, line->name);
	sym->name = keep_string(ks, line->name);
	if (find_module(ks, line->module, &sym->module))
		return 0;
	return add_module(ks, line->module, &sym->module);
}

/* Fill ks->syms from ks->buf, in the order of the file. */
static int parse(struct ksyms *ks, size_t len)
{
	char *line = ks->buf, *end = ks->buf + len, *next;
	struct ksym_line parsed;
	bool visible = false;
	int err = 0;

	for (; !err && line < end; line = next) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (next)
			*next++ = '\0';
		else
			next = end;
		if (!parse_line(line, &parsed))
			continue;
		visible |= parsed.addr != 0;
		err = add_symbol(ks, &parsed);
	}
	if (err)
		return err;
	if (!ks->count)
		return -EINVAL;
	return visible ? 0 : -EPERM;
}

static int compare_addr(const void *a, const void *b)
{
	const struct ksym_entry *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	/* Names lie in the order of the file, which is as good as any and makes it stable. */
	return x->name < y->name ? -1 : x->name > y->name;
}

static int compare_name(const void *a, const void *b, void *arg)
{
	__u32 i = *(const __u32 *)a, j = *(const __u32 *)b;
	const struct ksyms *ks = arg;
	const struct ksym_entry *x = &ks->syms[i], *y = &ks->syms[j];
	int diff = strcmp(ks->buf + x->name, ks->buf + y->name);

	if (diff)
		return diff;
	if (x->module != y->module)
		return x->module < y->module ? -1 : 1;
	return i < j ? -1 : i > j; /* by address, as syms is */
}

/* Give back what was over-allocated. A failure to shrink is none. */
static void *shrink(void *p, size_t size)
{
	void *smaller = realloc(p, size);

	return smaller ? smaller : p; /* cppcheck-suppress memleak */
}

static int build_index(struct ksyms *ks)
{
	size_t i;

	ks->syms = shrink(ks->syms, ks->count * sizeof(*ks->syms));
	qsort(ks->syms, ks->count, sizeof(*ks->syms), compare_addr);

	ks->by_name = malloc(ks->count * sizeof(*ks->by_name));
	if (!ks->by_name)
		return -ENOMEM;
	for (i = 0; i < ks->count; i++)
		ks->by_name[i] = (__u32)i;
	qsort_r(ks->by_name, ks->count, sizeof(*ks->by_name), compare_name, ks);
	return 0;
}

/* What is loaded now, as a hash (FNV-1a); 0 where that cannot be told. */
static __u64 hash_modules(void)
{
	FILE *f = fopen("/proc/modules", "re");
	char part[4096];
	__u64 hash = 0;
	size_t n;

	if (!f)
		return 0;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		hash = index__hash(part, n, hash);
	fclose(f);
	return hash;
}

bool ksyms__outdated(const struct ksyms *ks)
{
	return hash_modules() != ks->loaded;
}

/* NULL: *@err says why. */
static struct ksyms *load(int fd, int *err)
{
	struct ksyms *ks = calloc(1, sizeof(*ks));
	size_t len = 0;

	*err = -ENOMEM;
	if (!ks)
		return NULL;
	ks->fd = -1;
	ks->loaded = hash_modules();
	*err = read_file(fd, &ks->buf, &len);
	if (!*err)
		*err = parse(ks, len);
	if (!*err) {
		ks->buf = shrink(ks->buf, ks->buf_len);
		*err = build_index(ks);
	}
	if (!*err)
		return ks;
	ksyms__free(ks);
	return NULL;
}

int ksyms__load(const char *path, struct ksyms **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	*out = load(fd, &err);
	close(fd);
	return err;
}

int ksyms__keep_open(struct ksyms *ks, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (ks->fd >= 0)
		close(ks->fd);
	ks->fd = fd;
	return 0;
}

static void release(struct ksyms *ks)
{
	free(ks->by_name);
	free(ks->modules);
	free(ks->syms);
	free(ks->buf);
}

int ksyms__reload(struct ksyms *ks, const char *path)
{
	int kept = ks->fd, fd = kept < 0 ? open(path, O_RDONLY | O_CLOEXEC) : kept, err;
	struct ksyms *fresh;

	if (fd < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	fresh = load(fd, &err);
	if (kept < 0)
		close(fd);
	if (!fresh)
		return err;
	release(ks);
	*ks = *fresh;
	ks->fd = kept;
	free(fresh);
	return 0;
}

void ksyms__free(struct ksyms *ks)
{
	if (!ks)
		return;
	if (ks->fd >= 0)
		close(ks->fd);
	release(ks);
	free(ks);
}

size_t ksyms__count(const struct ksyms *ks)
{
	return ks->count;
}

/* First symbol whose address is not below (@after: is above) @addr; ks->count if there is none. */
static size_t addr_bound(const struct ksyms *ks, __u64 addr, bool after)
{
	size_t lo = 0, hi = ks->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		__u64 at = ks->syms[mid].addr;

		if (at < addr || (after && at == addr))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static __u64 symbol_size(const struct ksyms *ks, const struct ksym_entry *sym)
{
	size_t next = addr_bound(ks, sym->addr, true);
	__u64 gap;

	if (next == ks->count)
		return KSYMS_TAIL;
	gap = ks->syms[next].addr - sym->addr;
	if (gap > KSYMS_MAX_SIZE || (gap > KSYMS_TAIL && ks->syms[next].module != sym->module))
		return KSYMS_TAIL;
	return gap;
}

static void fill_symbol(const struct ksyms *ks, size_t i, __u64 addr, struct ksym *out)
{
	const struct ksym_entry *sym = &ks->syms[i];

	out->name = ks->buf + sym->name;
	out->module = sym->module ? ks->buf + ks->modules[sym->module] : NULL;
	out->addr = sym->addr;
	out->size = symbol_size(ks, sym);
	out->offset = addr - sym->addr;
	out->type = sym->type;
}

int ksyms__lookup(const struct ksyms *ks, __u64 addr, struct ksym *sym)
{
	size_t i = addr_bound(ks, addr, true);

	if (!i)
		return -ENOENT;
	/* The preferred one of those that start at the same address. */
	i = addr_bound(ks, ks->syms[i - 1].addr, false);
	if (ks->syms[i].rank == KSYM_RANK_PADDING)
		return -ENOENT;
	fill_symbol(ks, i, addr, sym);
	return sym->offset < sym->size ? 0 : -ENOENT;
}

/* First place in by_name that is not before (@after: is behind) all symbols of this name. */
static size_t name_bound(const struct ksyms *ks, const char *name, __u16 module, bool after)
{
	size_t lo = 0, hi = ks->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct ksym_entry *sym = &ks->syms[ks->by_name[mid]];
		int diff = strcmp(ks->buf + sym->name, name);

		if (!diff)
			diff = (int)sym->module - (int)module;
		if (diff < 0 || (after && !diff))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

size_t ksyms__name_count(const struct ksyms *ks, const char *name, const char *module)
{
	__u16 index;

	if (!find_module(ks, module, &index))
		return 0;
	return name_bound(ks, name, index, true) - name_bound(ks, name, index, false);
}

int ksyms__named(const struct ksyms *ks, const char *name, const char *module, size_t i, struct ksym *sym)
{
	size_t at;
	__u16 index;

	if (i >= ksyms__name_count(ks, name, module) || !find_module(ks, module, &index))
		return -ENOENT;
	at = ks->by_name[name_bound(ks, name, index, false) + i];
	fill_symbol(ks, at, ks->syms[at].addr, sym);
	return 0;
}

int ksyms__addr(const struct ksyms *ks, const char *name, const char *module, __u64 *addr)
{
	struct ksym sym;

	if (ksyms__named(ks, name, module, 0, &sym))
		return -ENOENT;
	*addr = sym.addr;
	return ksyms__name_count(ks, name, module) > 1 ? -ENOTUNIQ : 0;
}

int ksyms__format(const struct ksyms *ks, __u64 addr, char *buf, size_t len)
{
	struct ksym sym;

	if (!ks || ksyms__lookup(ks, addr, &sym))
		return snprintf(buf, len, "0x%" PRIx64, (uint64_t)addr);
	return snprintf(buf, len, "%s+0x%" PRIx64 "/0x%" PRIx64 "%s%s%s", sym.name, (uint64_t)sym.offset,
			(uint64_t)sym.size, sym.module ? " [" : "", sym.module ? sym.module : "",
			sym.module ? "]" : "");
}
