// Phases that change or look up names: inode_operations of directories, and reading directories.
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void create(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		OK(close(create_file(p, name("f%u", i), 0)));
}

static void do_unlink(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		remove_file(p, name("f%u", i));
}

static void do_mkdir(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		make_dir(p, name("d%u", i));
}

static void do_rmdir(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		remove_dir(p, name("d%u", i));
}

// A name that was never looked up reaches ->lookup once, and not a second time, because its absence is remembered.
static void lookup(const struct place *p, unsigned int n)
{
	static unsigned int unique;
	struct stat st;

	for (unsigned int i = 0; i < n; i++) {
		const char *absent = name("absent-%d-%u", getpid(), unique++);

		FAILS(fstatat(p->dir, absent, &st, 0), ENOENT);
		FAILS(fstatat(p->dir, absent, &st, 0), ENOENT);
	}
	count("lookup", n);
}

static void do_link(const struct place *p, unsigned int n)
{
	OK(close(create_file(p, "link.target", 0)));
	for (unsigned int i = 0; i < n; i++)
		OK(linkat(p->dir, "link.target", p->dir, name("link.%u", i), 0));
	count("link", n);
	for (unsigned int i = 0; i < n; i++)
		remove_file(p, name("link.%u", i));
	remove_file(p, "link.target");
}

// A target of more than 59 bytes stands in a block of its own, and only such a link has a method to read it.
static void do_symlink(const struct place *p, unsigned int n)
{
	char target[201], read_back[256];
	struct stat st;

	memset(target, 'x', sizeof(target) - 1);
	target[sizeof(target) - 1] = 0;
	for (unsigned int i = 0; i < n; i++) {
		const char *link = name("symlink.%u", i);

		OK(symlinkat(i % 2 ? "short" : target, p->dir, link));
		count("symlink", 1);
		OK(readlinkat(p->dir, link, read_back, sizeof(read_back)));
		if (i % 2 == 0)
			count("get_link", 1);
		OK(fstatat(p->dir, link, &st, AT_SYMLINK_NOFOLLOW));
		count("getattr", 1);
		remove_file(p, link);
	}
	reach("lookup");
}

// Follow a long link, first without the cache's help: the walk under RCU cannot read it and starts again.
static void follow(const struct place *p, unsigned int n)
{
	char target[512] = "";
	struct stat st;

	for (int i = 0; i < 40; i++)
		strcat(target, "./");
	strcat(target, "follow.file");
	OK(close(create_file(p, "follow.file", 0)));
	OK(symlinkat(target, p->dir, "follow.link"));
	count("symlink", 1);
	OK(syncfs(p->dir));
	reach("sync_fs");
	write_proc("/proc/sys/vm/drop_caches", "3");
	for (unsigned int i = 0; i < n; i++) {
		OK(fstatat(p->dir, "follow.link", &st, 0));
		count("getattr", 1);
	}
	reach("get_link");
	remove_file(p, "follow.link");
	remove_file(p, "follow.file");
}

static void do_mknod(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const char *node = name("node.%u", i);
		mode_t kind = (mode_t[]){S_IFIFO, S_IFCHR, S_IFBLK, S_IFSOCK}[i % 4];

		OK(mknodat(p->dir, node, kind | 0600, makedev(1, 3)));
		count("mknod", 1);
		reach("lookup");
		remove_file(p, node);
	}
}

static void move(int from, const char *old, int to, const char *new, unsigned int flags)
{
	// A zero-flag call goes through the old system call too, for the sake of its own path in the kernel.
	if (flags)
		OK(syscall(SYS_renameat2, from, old, to, new, flags));
	else
		OK(renameat(from, old, to, new));
	count("rename", 1);
	reach("lookup");
}

static void rename_files(const struct place *p, int sub)
{
	OK(close(create_file(p, "rename.a", 0)));
	OK(close(create_file(p, "rename.b", 0)));
	move(p->dir, "rename.a", p->dir, "rename.c", 0);
	move(p->dir, "rename.c", p->dir, "rename.a", RENAME_NOREPLACE);
	FAILS(syscall(SYS_renameat2, p->dir, "rename.a", p->dir, "rename.b", RENAME_NOREPLACE), EEXIST);
	move(p->dir, "rename.a", p->dir, "rename.b", RENAME_EXCHANGE);
	move(p->dir, "rename.a", sub, "a", 0);
	move(sub, "a", p->dir, "rename.b", RENAME_EXCHANGE);
	// Over an existing file, then with a whiteout (a character device 0,0) left behind.
	move(sub, "a", p->dir, "rename.b", 0);
	move(p->dir, "rename.b", p->dir, "rename.c", RENAME_WHITEOUT);
	remove_file(p, "rename.b");
	remove_file(p, "rename.c");
}

static void rename_dirs(const struct place *p, int sub)
{
	make_dir(p, "rename.d");
	make_dir(p, "rename.e");
	move(p->dir, "rename.d", p->dir, "rename.f", 0);
	move(p->dir, "rename.f", p->dir, "rename.e", 0);
	// Another parent: ".." changes, and the rename is serialised for the whole filesystem.
	move(p->dir, "rename.e", sub, "e", 0);
	make_dir(p, "rename.e");
	move(sub, "e", p->dir, "rename.e", RENAME_EXCHANGE);
	move(sub, "e", p->dir, "rename.e", 0);
	remove_dir(p, "rename.e");
}

static void do_rename(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		int sub;

		make_dir(p, "rename.sub");
		sub = open_dir(p, "rename.sub");
		rename_files(p, sub);
		rename_dirs(p, sub);
		OK(close(sub));
		remove_dir(p, "rename.sub");
	}
}

static void tmpfile_link(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		int fd = open_file(p, ".", O_TMPFILE | O_RDWR);

		count("tmpfile", 1);
		if (i % 2) {
			OK(linkat(AT_FDCWD, name("/proc/self/fd/%d", fd), p->dir, "tmpfile", AT_SYMLINK_FOLLOW));
			count("link", 1);
			reach("lookup");
			remove_file(p, "tmpfile");
		}
		OK(close(fd));
	}
}

static void readdir(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		int dir = open_dir(p, ".");
		long got;

		do {
			got = OK(syscall(SYS_getdents64, dir, buffer, sizeof(buffer)));
			count("iterate_shared", 1);
		} while (got);
		OK(lseek(dir, 0, SEEK_SET));
		count("llseek", 1);
		OK(fsync(dir));
		count("fsync", 1);
		OK(close(dir));
	}
}

// Enough names that the directory becomes an indexed tree, with lookups that read it from disk.
static void big_dir(const struct place *p, unsigned int n)
{
	struct place sub = {.path = p->path};
	struct stat st;

	make_dir(p, "big");
	sub.dir = open_dir(p, "big");
	for (unsigned int i = 0; i < n; i++)
		OK(close(create_file(&sub, name("a-rather-long-name-to-fill-the-blocks-sooner-%u", i), 0)));
	OK(syncfs(sub.dir));
	reach("sync_fs");
	write_proc("/proc/sys/vm/drop_caches", "3");
	for (unsigned int i = 0; i < n; i++) {
		OK(fstatat(sub.dir, name("a-rather-long-name-to-fill-the-blocks-sooner-%u", i), &st, 0));
		count("getattr", 1);
	}
	readdir(&sub, 1);
	for (unsigned int i = 0; i < n; i++)
		remove_file(&sub, name("a-rather-long-name-to-fill-the-blocks-sooner-%u", i));
	OK(close(sub.dir));
	remove_dir(p, "big");
}

const struct phase name_phases[] = {
	{"lookup", lookup, 20, "look up N names that do not exist"},
	{"create", create, 20, "create the files f0 ... and leave them"},
	{"readdir", readdir, 4, "read the directory N times"},
	{"unlink", do_unlink, 20, "remove the files f0 ... that create left"},
	{"mkdir", do_mkdir, 10, "make the directories d0 ... and leave them"},
	{"rmdir", do_rmdir, 10, "remove the directories d0 ... that mkdir left"},
	{"link", do_link, 10, "link a file N times"},
	{"symlink", do_symlink, 10, "make and read N symbolic links, every other one short"},
	{"follow", follow, 5, "follow a long symbolic link N times"},
	{"mknod", do_mknod, 8, "make N special files"},
	{"rename", do_rename, 3, "rename in all the ways there are, N times"},
	{"tmpfile", tmpfile_link, 4, "open N nameless files, and name every other one"},
	{"bigdir", big_dir, 150, "make, look up, list and remove N files in a directory"},
	{0},
};
