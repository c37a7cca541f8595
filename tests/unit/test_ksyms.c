/* SPDX-License-Identifier: GPL-2.0-only */
/* Unit tests of the kernel's symbol table, on a small one made up for the purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksyms.h"

static const char fixture[] = "0000000000000000 A fixed_percpu_data\n"
			      "ffffffff81000000 t first_static\n"
			      "ffffffff81000000 T _text\n"
			      "ffffffff81000000 D first_data\n"
			      "ffffffff81000000 W first_weak\n"
			      "ffffffff81000100 T vfs_open\n"
			      "ffffffff81000180 t __pfx_helper\n"
			      "ffffffff81000190 t helper\n"
			      "ffffffff81000200 t helper.isra.0\n"
			      "ffffffff81000280 t helper.constprop.0\n"
			      "ffffffff81000300 t helper\n"
			      "ffffffff81000310 t __cfi_last_text\n"
			      "ffffffff81000320 T last_text\n"
			      "ffffffff82000000 D init_task\n"
			      "ffffffff82002000 b counter\n"
			      "ffffffffc0200000 t ext4_open\t[ext4]\n"
			      "ffffffffc0200100 t helper\t[ext4]\n"
			      "ffffffffc0300000 t ext4_open\t[ext4_fake]\n"
			      "ffffffffc0300040 r table\t[ext4_fake]\n"
			      "ffffffffc0200080 T ext4_iget\t[ext4]\n"
			      "ffffffffc0400000 t bpf_prog_6deef7357e7b4530_sd_fw\t[bpf]\n"
			      "ffffffffc0401000 t bpf_trampoline_6442510000\t[bpf]\n";

/* Write @text to a temporary file, load it, remove the file. */
static int load_text(const char *text, struct ksyms **ks)
{
	char path[] = "/tmp/test_ksyms.XXXXXX";
	int fd = mkstemp(path), err;
	size_t len = strlen(text);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
	err = ksyms__load(path, ks);
	unlink(path);
	return err;
}

static int setup(void **state)
{
	struct ksyms *ks = NULL;

	if (load_text(fixture, &ks))
		return -1;
	*state = ks;
	return 0;
}

static int teardown(void **state)
{
	ksyms__free(*state);
	return 0;
}

static void check_format(const struct ksyms *ks, __u64 addr, const char *want)
{
	char buf[128];
	int len = ksyms__format(ks, addr, buf, sizeof(buf));

	assert_string_equal(buf, want);
	assert_int_equal(len, strlen(want));
}

static void test_lookup(void **state)
{
	const struct ksyms *ks = *state;
	struct ksym sym;

	assert_int_equal(ksyms__count(ks), 22);
	assert_int_equal(ksyms__lookup(ks, 0xffffffff81000112, &sym), 0);
	assert_string_equal(sym.name, "vfs_open");
	assert_null(sym.module);
	assert_true(sym.addr == 0xffffffff81000100);
	assert_int_equal(sym.offset, 0x12);
	assert_int_equal(sym.size, 0x80);
	assert_int_equal(sym.type, 'T');

	assert_int_equal(ksyms__lookup(ks, 0xffffffffc0200085, &sym), 0);
	assert_string_equal(sym.name, "ext4_iget"); /* the file is not sorted */
	assert_string_equal(sym.module, "ext4");

	assert_int_equal(ksyms__lookup(ks, 0xffffffff82000008, &sym), 0);
	assert_string_equal(sym.name, "init_task");
	assert_int_equal(sym.type, 'D');
}

static void test_lookup_nothing(void **state)
{
	const struct ksyms *ks = *state;
	struct ksym sym;

	/* Padding, and not part of vfs_open() either. */
	assert_int_equal(ksyms__lookup(ks, 0xffffffff81000180, &sym), -ENOENT);
	assert_int_equal(ksyms__lookup(ks, 0xffffffff81000188, &sym), -ENOENT);
	assert_int_equal(ksyms__lookup(ks, 0xffffffff81000318, &sym), -ENOENT);
	/* Far behind the last symbol of the kernel, of a module, of all. */
	assert_int_equal(ksyms__lookup(ks, 0xffffffff90000000, &sym), -ENOENT);
	assert_int_equal(ksyms__lookup(ks, 0xffffffffc0280000, &sym), -ENOENT);
	assert_int_equal(ksyms__lookup(ks, 0xffffffffffffffff, &sym), -ENOENT);
	assert_int_equal(ksyms__lookup(ks, 0x7fff12345678, &sym), -ENOENT);
}

static void test_aliases(void **state)
{
	const struct ksyms *ks = *state;
	struct ksym sym;

	assert_int_equal(ksyms__lookup(ks, 0xffffffff81000004, &sym), 0);
	assert_string_equal(sym.name, "_text");
	assert_int_equal(sym.size, 0x100);
}

static void test_names(void **state)
{
	const struct ksyms *ks = *state;
	__u64 addr = 0;

	assert_int_equal(ksyms__addr(ks, "vfs_open", NULL, &addr), 0);
	assert_true(addr == 0xffffffff81000100);
	assert_int_equal(ksyms__addr(ks, "ext4_open", "ext4", &addr), 0);
	assert_true(addr == 0xffffffffc0200000);
	assert_int_equal(ksyms__addr(ks, "ext4_open", "ext4_fake", &addr), 0);
	assert_true(addr == 0xffffffffc0300000);
	assert_int_equal(ksyms__addr(ks, "counter", NULL, &addr), 0);
	assert_true(addr == 0xffffffff82002000);
	assert_int_equal(ksyms__addr(ks, "helper.constprop.0", NULL, &addr), 0);
	assert_true(addr == 0xffffffff81000280);
	assert_int_equal(ksyms__addr(ks, "bpf_trampoline_6442510000", "bpf", &addr), 0);
	assert_int_equal(ksyms__addr(ks, "fixed_percpu_data", NULL, &addr), 0);
	assert_true(addr == 0);

	addr = 42;
	assert_int_equal(ksyms__addr(ks, "ext4_open", NULL, &addr), -ENOENT);
	assert_int_equal(ksyms__addr(ks, "vfs_open", "ext4", &addr), -ENOENT);
	assert_int_equal(ksyms__addr(ks, "vfs_open", "xfs", &addr), -ENOENT);
	assert_int_equal(ksyms__addr(ks, "vfs_ope", NULL, &addr), -ENOENT);
	assert_int_equal(ksyms__addr(ks, "", NULL, &addr), -ENOENT);
	assert_int_equal(addr, 42);
}

static void test_ambiguous(void **state)
{
	const struct ksyms *ks = *state;
	struct ksym sym;
	__u64 addr;

	assert_int_equal(ksyms__name_count(ks, "helper", NULL), 2);
	assert_int_equal(ksyms__name_count(ks, "helper", "ext4"), 1);
	assert_int_equal(ksyms__name_count(ks, "helper", "bpf"), 0);
	assert_int_equal(ksyms__name_count(ks, "helper", "xfs"), 0);
	assert_int_equal(ksyms__name_count(ks, "helper.isra.0", NULL), 1);

	assert_int_equal(ksyms__addr(ks, "helper", NULL, &addr), -ENOTUNIQ);
	assert_true(addr == 0xffffffff81000190);
	assert_int_equal(ksyms__named(ks, "helper", NULL, 1, &sym), 0);
	assert_true(sym.addr == 0xffffffff81000300);
	assert_int_equal(ksyms__named(ks, "helper", NULL, 2, &sym), -ENOENT);
	assert_int_equal(ksyms__addr(ks, "helper", "ext4", &addr), 0);
}

static void test_format(void **state)
{
	const struct ksyms *ks = *state;
	char tiny[5];

	check_format(ks, 0xffffffff81000112, "vfs_open+0x12/0x80");
	check_format(ks, 0xffffffff81000200, "helper.isra.0+0x0/0x80");
	check_format(ks, 0xffffffffc0200012, "ext4_open+0x12/0x80 [ext4]");
	check_format(ks, 0xffffffffc0400010, "bpf_prog_6deef7357e7b4530_sd_fw+0x10/0x1000 [bpf]");
	check_format(ks, 0xffffffff81000180, "0xffffffff81000180");
	check_format(NULL, 0x1234, "0x1234");
	assert_int_equal(ksyms__format(ks, 0xffffffff81000112, tiny, sizeof(tiny)), 18);
	assert_string_equal(tiny, "vfs_");
}

static void test_load_errors(void **state)
{
	struct ksyms *ks = NULL;

	(void)state;
	assert_int_equal(ksyms__load("/nonexistent/kallsyms", &ks), -ENOENT);
	assert_int_equal(ksyms__load("/tmp", &ks), -EISDIR);
	assert_int_equal(load_text("", &ks), -EINVAL);
	assert_int_equal(load_text("no symbols\nin here\n\n", &ks), -EINVAL);
	assert_int_equal(load_text("0000000000000000 T a\n0000000000000000 t b\t[c]\n", &ks), -EPERM);
	assert_null(ks);
}

static void test_malformed_lines(void **state)
{
	struct ksyms *ks = NULL;
	__u64 addr;

	(void)state;
	assert_int_equal(load_text("\n"
				   "ffffffff81000000\n"
				   "ffffffff81000000 T\n"
				   "ffffffff81000000 T \n"
				   "ffffffff81000000 T \tx\n"
				   "zz T a\n"
				   "10 T good\n"
				   "20 T odd\t[unclosed\n"
				   "30 T last\t[m]",
				   &ks),
			 0);
	assert_int_equal(ksyms__count(ks), 3);
	assert_int_equal(ksyms__addr(ks, "good", NULL, &addr), 0);
	assert_int_equal(ksyms__addr(ks, "odd", "unclosed", &addr), 0);
	assert_int_equal(ksyms__addr(ks, "last", "m", &addr), 0);
	assert_int_equal(addr, 0x30);
	ksyms__free(ks);
}

/* A module has come since: it is there then, and an error changes nothing. */
static void test_reload(void **state)
{
	char path[] = "/tmp/test_ksyms.XXXXXX";
	const char *more = "ffffffff81000000 T _text\nffffffffc0500000 t late_open\t[late]\n";
	int fd = mkstemp(path);
	struct ksyms *ks = NULL;
	__u64 addr;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, more, strlen(more)), strlen(more));
	close(fd);
	assert_int_equal(load_text(fixture, &ks), 0);
	assert_int_equal(ksyms__addr(ks, "late_open", "late", &addr), -ENOENT);
	assert_int_equal(ksyms__reload(ks, "/nonexistent/kallsyms"), -ENOENT);
	assert_int_equal(ksyms__addr(ks, "ext4_iget", "ext4", &addr), 0);
	assert_int_equal(ksyms__reload(ks, path), 0);
	unlink(path);
	assert_int_equal(ksyms__addr(ks, "late_open", "late", &addr), 0);
	assert_true(addr == 0xffffffffc0500000ULL);
	assert_int_equal(ksyms__addr(ks, "ext4_iget", "ext4", &addr), -ENOENT);
	ksyms__free(ks);
}

/* In place of what the file at @path has; the file stays the same one. */
static void rewrite(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* Read again from where it is open, whatever has become of its path and of the right to open it. */
static void test_keep_open(void **state)
{
	char path[] = "/tmp/test_ksyms.XXXXXX", other[64];
	int fd = mkstemp(path);
	struct ksyms *ks = NULL;
	struct ksym sym;
	__u64 addr;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	rewrite(path, "ffffffff81000000 T first\n");
	assert_int_equal(ksyms__load(path, &ks), 0);
	assert_int_equal(ksyms__keep_open(ks, path), 0);
	/* The same symbols are there again: it is read from its beginning each time. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ksyms__reload(ks, "/nonexistent/kallsyms"), 0);
		assert_int_equal(ksyms__count(ks), 1);
	}
	rewrite(path, "ffffffff81000000 T first\nffffffffc0500000 t late_open\t[late]\n");
	snprintf(other, sizeof(other), "%s.old", path);
	assert_int_equal(rename(path, other), 0);
	rewrite(path, "ffffffff82000000 T not_this\n");
	assert_int_equal(ksyms__reload(ks, path), 0);
	assert_int_equal(ksyms__count(ks), 2);
	assert_int_equal(ksyms__addr(ks, "late_open", "late", &addr), 0);
	assert_int_equal(ksyms__addr(ks, "not_this", NULL, &addr), -ENOENT);
	/* What the kernel shows to one who may not see addresses: an error, and all stays as it was. */
	rewrite(other, "0000000000000000 T first\n");
	assert_int_equal(ksyms__reload(ks, path), -EPERM);
	rewrite(other, "");
	assert_int_equal(ksyms__reload(ks, path), -EINVAL);
	assert_int_equal(ksyms__count(ks), 2);
	assert_int_equal(ksyms__lookup(ks, 0xffffffffc0500004ULL, &sym), 0);
	assert_string_equal(sym.name, "late_open");
	/* It is still open then. */
	rewrite(other, "ffffffff81000000 T first\nffffffffc0500000 t later_open\t[later]\n");
	assert_int_equal(unlink(other), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ksyms__reload(ks, path), 0);
	assert_int_equal(ksyms__addr(ks, "later_open", "later", &addr), 0);
	ksyms__free(ks);
}

/* The lowest descriptor that is free. */
static int next_fd(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return fd;
}

/* Whatever is opened is closed, and a file that cannot be opened leaves the path in force. */
static void test_keep_open_descriptors(void **state)
{
	char path[] = "/tmp/test_ksyms.XXXXXX";
	int fd = mkstemp(path), before;
	struct ksyms *ks = NULL;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	rewrite(path, "ffffffff81000000 T first\n");
	before = next_fd();
	assert_int_equal(ksyms__load(path, &ks), 0);
	assert_int_equal(next_fd(), before);
	assert_int_equal(ksyms__keep_open(ks, "/nonexistent/kallsyms"), -ENOENT);
	assert_int_equal(ksyms__reload(ks, "/nonexistent/kallsyms"), -ENOENT);
	assert_int_equal(ksyms__reload(ks, path), 0);
	assert_int_equal(next_fd(), before);
	assert_int_equal(ksyms__keep_open(ks, path), 0);
	assert_true(next_fd() > before);
	rewrite(path, "");
	assert_int_equal(ksyms__reload(ks, path), -EINVAL);
	/* Asked for again, it takes the place of the one that is open. */
	rewrite(path, "ffffffff81000000 T first\n");
	assert_int_equal(ksyms__keep_open(ks, path), 0);
	assert_int_equal(ksyms__reload(ks, path), 0);
	ksyms__free(ks);
	unlink(path);
	assert_int_equal(next_fd(), before);
}

/* As large as a real one, with more modules than a table starts with. */
static void test_large(void **state)
{
	const unsigned int n = 300000;
	char *text = NULL, name[32], module[32];
	struct ksyms *ks = NULL;
	unsigned int i;
	size_t len;
	__u64 addr;
	FILE *f;

	(void)state;
	f = open_memstream(&text, &len);
	assert_non_null(f);
	for (i = 0; i < n; i++)
		fprintf(f, "%016llx t sym_%u\t[mod_%u]\n", 0xffffffffc0000000ULL + (n - i) * 16ULL, i, i / 1000);
	fclose(f);
	assert_int_equal(load_text(text, &ks), 0);
	free(text);

	assert_int_equal(ksyms__count(ks), n);
	for (i = 0; i < n; i += 999) {
		snprintf(name, sizeof(name), "sym_%u", i);
		snprintf(module, sizeof(module), "mod_%u", i / 1000);
		assert_int_equal(ksyms__addr(ks, name, module, &addr), 0);
		assert_true(addr == 0xffffffffc0000000ULL + (n - i) * 16ULL);
	}
	ksyms__free(ks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lookup, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lookup_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_aliases, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ambiguous, setup, teardown),
		cmocka_unit_test_setup_teardown(test_format, setup, teardown),
		cmocka_unit_test(test_load_errors),
		cmocka_unit_test(test_malformed_lines),
		cmocka_unit_test(test_reload),
		cmocka_unit_test(test_keep_open),
		cmocka_unit_test(test_keep_open_descriptors),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
