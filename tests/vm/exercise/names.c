// Names, as far as any filesystem goes: files and directories, no links.
#define _GNU_SOURCE
#include "exercise.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int rename_with(const char *from, const char *to, unsigned int flags)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void rename_files(void)
{
	OK(close(filled("a", 1)));
	OK(close(filled("b", 1)));
	OK(rename("a", "c"));
	OK(rename("c", "sub/a"));
	OK(rename("sub/a", "b"));
	OK(close(filled("a", 0)));
	TRY(rename_with("a", "b", RENAME_EXCHANGE));
	TRY(rename_with("a", "sub/new", RENAME_NOREPLACE));
	TRY(rename_with("b", "sub/whiteout", RENAME_WHITEOUT));
}

static void rename_directories(void)
{
	OK(mkdir("d", 0755));
	OK(mkdir("e", 0755));
	OK(close(filled("d/inside", 1)));
	OK(rename("d", "sub/d"));
	// Over one that is empty; then a file and a directory change places, each from another parent.
	OK(rename("sub/d", "e"));
	OK(close(filled("sub/file", 1)));
	TRY(rename_with("e", "sub/file", RENAME_EXCHANGE));
}

static void open_and_removed(void)
{
	int fd = filled("removed", 4);

	OK(unlink("removed"));
	OK(pwrite(fd, "x", 1, PAGE));
	OK(ftruncate(fd, 100));
	OK(close(fd));
}

static void as_somebody(void)
{
	struct stat st;

	OK(setresgid(1000, 1000, 1000));
	OK(setresuid(1000, 1000, 1000));
	for (int i = 0; i < 20; i++) {
		stat("sub/deep/er/file", &st);
		access("sub/deep/er/file", R_OK | W_OK);
		access("sub/absent", F_OK);
	}
}

static void attributes(void)
{
	int fd = filled("attributes", 3);
	struct stat st;

	TRY(fchmod(fd, 0600));
	TRY(fchown(fd, 0, 0));
	TRY(futimens(fd, NULL));
	OK(ftruncate(fd, 10));
	OK(fstat(fd, &st));
	OK(close(fd));
	// The time of the access is written when it is older than that of the change.
	const struct timespec old[2] = {{1000, 0}, {2000, 0}};
	TRY(utimensat(AT_FDCWD, "attributes", old, 0));
	fd = (int)OK(open("attributes", O_RDWR));
	OK(read(fd, &st, 5));
	OK(write(fd, "x", 1));
	OK(close(fd));
}

static void linger(const char *name)
{
	struct stat st;
	int fd;

	OK(close(filled(name, 2)));
	sync();
	fd = (int)OK(open("/proc/sys/vm/drop_caches", O_WRONLY));
	OK(write(fd, "3", 1));
	OK(close(fd));
	// First found on disk, then in the cache.
	OK(stat(name, &st));
	OK(stat(name, &st));
	OK(unlink(name));
	if (!stat(name, &st))
		die("%s is still there", name);
}

void names(void)
{
	OK(mkdir("sub", 0755));
	OK(mkdir("sub/deep", 0755));
	OK(mkdir("sub/deep/er", 0755));
	OK(close(filled("sub/deep/er/file", 1)));
	rename_files();
	rename_directories();
	open_and_removed();
	in_child(true, as_somebody);
	attributes();
	linger("lingering");
}

void fold(void)
{
	char made[32], asked[32];
	struct stat st;

	for (int i = 0; i < 20; i++) {
		snprintf(made, sizeof(made), "Some Name %d", i);
		snprintf(asked, sizeof(asked), "sOME nAME %d", i);
		OK(close(filled(made, 0)));
		stat(asked, &st);
		stat(made, &st);
		access("NOT THERE", F_OK);
	}
	if (!stat("SOME NAME 3", &st)) {
		OK(unlink("some name 3"));
		OK(rename("some name 4", "SOME NAME 4"));
		OK(rename("some name 4", "OTHER NAME"));
	}
}
