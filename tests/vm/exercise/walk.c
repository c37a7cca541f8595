// Read everything below the current directory, in every way there is. What a file does not allow is left out.
#define _GNU_SOURCE
#include "exercise.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

// Files that are mapped and searched for holes as well: /proc has thousands.
enum { FULLY = 60, MOST = 6000 };

static unsigned int seen, opened;
static char buffer[64 * 1024];
static volatile char sink;

static void map(int fd, off_t size)
{
	size_t length = size > 64 * PAGE ? 64 * PAGE : (size_t)size;
	char *at;

	for (int pass = 0; pass < 2; pass++) {
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
		at = mmap(NULL, length, PROT_READ, pass ? MAP_SHARED : MAP_PRIVATE, fd, 0);
		if (at == MAP_FAILED)
			return;
		// Without read-ahead, each page is asked for by itself.
		if (!pass)
			madvise(at, length, MADV_RANDOM);
		for (size_t i = 0; i < length; i += PAGE)
			sink = at[i];
		munmap(at, length);
	}
}

static void move_within_kernel(int fd)
{
	int ends[2], null = (int)OK(open("/dev/null", O_WRONLY));
	off_t offset = 0;

	OK(pipe2(ends, O_NONBLOCK));
	if (splice(fd, &offset, ends[1], NULL, PAGE, SPLICE_F_NONBLOCK) > 0)
		OK(read(ends[0], buffer, PAGE));
	offset = 0;
	if (sendfile(null, fd, &offset, PAGE) < 0)
		sink = 0;
	close(null);
	close(ends[0]);
	close(ends[1]);
}

static void look_into(int fd, off_t size)
{
	struct fiemap *extents = (struct fiemap *)buffer;
	struct pollfd poll_for = {.fd = fd, .events = POLLIN};
	struct statfs fs;
	int value = 0;

	lseek(fd, 0, SEEK_DATA);
	lseek(fd, 0, SEEK_HOLE);
	lseek(fd, 0, SEEK_END);
	memset(extents, 0, sizeof(*extents));
	extents->fm_length = FIEMAP_MAX_OFFSET;
	extents->fm_extent_count = 16;
	ioctl(fd, FS_IOC_FIEMAP, extents);
	ioctl(fd, FIBMAP, &value);
	ioctl(fd, FS_IOC_GETFLAGS, &value);
	poll(&poll_for, 1, 0);
	flock(fd, LOCK_SH | LOCK_NB);
	flock(fd, LOCK_UN);
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED);
	fstatfs(fd, &fs);
	fsync(fd);
	if (size)
		map(fd, size);
	move_within_kernel(fd);
}

static void read_file(const char *path, off_t size)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return;
	opened++;
	for (int i = 0; i < 64 && read(fd, buffer, sizeof(buffer)) > 0; i++)
		;
	if (opened <= FULLY)
		look_into(fd, size);
	close(fd);
	fd = opened <= FULLY ? open(path, O_RDONLY | O_DIRECT | O_NONBLOCK | O_NOCTTY) : -1;
	if (fd >= 0) {
		static char aligned[PAGE] __attribute__((aligned(4096)));

		if (pread(fd, aligned, PAGE, 0) < 0)
			sink = 0;
		close(fd);
	}
}

static int visit(const char *path, const struct stat *st, int kind, struct FTW *where)
{
	struct stat again;
	struct statx stx;

	(void)where;
	seen++;
	stat(path, &again);
	statx(AT_FDCWD, path, AT_STATX_FORCE_SYNC | AT_SYMLINK_NOFOLLOW, STATX_ALL, &stx);
	if (kind == FTW_SL && readlink(path, buffer, sizeof(buffer)) < 0)
		sink = 0;
	if (seen < MOST) {
		llistxattr(path, buffer, sizeof(buffer));
		lgetxattr(path, "user.note", buffer, sizeof(buffer));
		lgetxattr(path, "security.selinux", buffer, sizeof(buffer));
		lgetxattr(path, "system.posix_acl_access", buffer, sizeof(buffer));
		access(path, X_OK);
	}
	if (kind == FTW_F && (S_ISREG(st->st_mode) || S_ISFIFO(st->st_mode)))
		read_file(path, st->st_size);
	return seen >= MOST;
}

static void fill(void)
{
	char name[64];

	OK(mkdir("sub", 0755));
	for (unsigned int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "%sfile-%u", i % 2 ? "sub/" : "", i);
		OK(close(filled(name, i)));
	}
	TRY(symlink("file-4", "link"));
}

static bool is_empty(void)
{
	DIR *dir = opendir(".");
	unsigned int n = 0;

	if (!dir)
		die("the directory cannot be read");
	while (readdir(dir))
		n++;
	seekdir(dir, 0);
	closedir(dir);
	return n <= 2;
}

void walk(void)
{
	if (is_empty())
		fill();
	sync();
	// Names and inodes are to come from the filesystem, not from the cache.
	int fd = (int)OK(open("/proc/sys/vm/drop_caches", O_WRONLY));
	OK(write(fd, "3", 1));
	OK(close(fd));
	nftw(".", visit, 20, FTW_PHYS);
	if (opened < 3)
		die("of %u files no three could be opened", seen);
}
