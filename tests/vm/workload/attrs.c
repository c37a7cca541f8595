// Phases that change or read attributes: setattr, getattr, extended attributes, ACLs, flags, ioctl, leases and locks.
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char acl_access[] = "system.posix_acl_access";

static void setattr(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "setattr", 0);

	for (unsigned int i = 0; i < n; i++) {
		OK(fchmodat(p->dir, "setattr", i % 2 ? 0600 : 0640, 0));
		OK(fchownat(p->dir, "setattr", i % 2 ? 0 : 1000, i % 2 ? 0 : 1000, 0));
		OK(utimensat(p->dir, "setattr", NULL, 0));
		OK(ftruncate(fd, i % 2 ? 100 : 10000));
		OK(fchmod(fd, 0600));
		count("setattr", 5);
	}
	OK(close(fd));
	fd = open_file(p, "setattr", O_RDWR | O_TRUNC);
	count("setattr", 1);
	OK(close(fd));
	remove_file(p, "setattr");
	reach("dirty_inode");
}

static void getattr(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "getattr", 0);
	struct statx stx;
	struct stat st;

	for (unsigned int i = 0; i < n; i++) {
		OK(fstatat(p->dir, "getattr", &st, 0));
		OK(fstat(fd, &st));
		OK(statx(p->dir, "getattr", AT_STATX_FORCE_SYNC, STATX_ALL, &stx));
		OK(fstat(p->dir, &st));
		count("getattr", 4);
	}
	OK(close(fd));
	remove_file(p, "getattr");
}

static void xattr_one(int fd, const char *attr, const char *set, const char *get)
{
	char value[64];

	OK(fsetxattr(fd, attr, "one", 3, XATTR_CREATE));
	FAILS(fsetxattr(fd, attr, "one", 3, XATTR_CREATE), EEXIST);
	OK(fsetxattr(fd, attr, "two", 3, XATTR_REPLACE));
	count(set, 3);
	OK(fgetxattr(fd, attr, value, sizeof(value)));
	// The kernel reads security.* for its own purposes whenever it likes.
	if (get)
		count(get, 1);
	else
		reach("get@security");
	OK(flistxattr(fd, (char *)buffer, sizeof(buffer)));
	count("listxattr", 1);
	OK(fremovexattr(fd, attr));
	count(set, 1);
}

// Values of more than the room in the inode go to a block of their own.
static void xattr(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "xattr", 0);

	memset(buffer, 'x', sizeof(buffer));
	for (unsigned int i = 0; i < n; i++) {
		xattr_one(fd, "user.vfslock", "set@user", "get@user");
		xattr_one(fd, "trusted.vfslock", "set@trusted", "get@trusted");
		xattr_one(fd, "security.vfslock", "set@security", NULL);
		OK(fsetxattr(fd, "user.large", buffer, 800, 0));
		count("set@user", 1);
	}
	OK(close(fd));
	remove_file(p, "xattr");
}

// The ACL of struct posix_acl_xattr_header and entries: user::rw- user:1000:r-- group::--- mask::r-- other::---
static const struct {
	uint32_t version;
	struct {
		uint16_t tag, perm;
		uint32_t id;
	} entry[5];
} acl = {2, {{0x01, 6, -1u}, {0x02, 4, 1000}, {0x04, 0, -1u}, {0x10, 4, -1u}, {0x20, 0, -1u}}};

static void read_as_user(const struct place *p)
{
	int fd = (int)OK(openat(p->dir, "acl.file", O_RDONLY));

	OK(close(fd));
	FAILS(faccessat(p->dir, "acl.file", W_OK, 0), EACCES);
}

static void set_acl(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "acl.file", 0);

	for (unsigned int i = 0; i < n; i++) {
		OK(fsetxattr(fd, acl_access, &acl, sizeof(acl), 0));
		OK(fremovexattr(fd, acl_access));
		count("set_acl", 2);
		// Since 6.2 ACLs do not go through an xattr handler on their way in.
		if (!since(6, 2))
			count("set@posix_acl", 2);
	}
	OK(close(fd));
	remove_file(p, "acl.file");
}

// An ACL is cached with its inode: read it right after the inode came from disk, by its owner and by somebody else.
static void get_acl(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		int fd = create_file(p, "acl.file", 0);

		OK(fsetxattr(fd, acl_access, &acl, sizeof(acl), 0));
		count("set_acl", 1);
		if (!since(6, 2))
			count("set@posix_acl", 1);
		OK(close(fd));
		OK(syncfs(p->dir));
		reach("sync_fs");
		write_proc("/proc/sys/vm/drop_caches", "3");
		in_child(1000, read_as_user, p);
		count("open", 1);
		count("release", 1);
		fd = open_file(p, "acl.file", O_RDONLY);
		OK(fgetxattr(fd, acl_access, buffer, sizeof(buffer)));
		reach("get_inode_acl");
		OK(close(fd));
		remove_file(p, "acl.file");
	}
}

static void fileattr(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "fileattr", 0);
	struct fsxattr fsx;
	int flags;

	for (unsigned int i = 0; i < n; i++) {
		OK(ioctl(fd, FS_IOC_GETFLAGS, &flags));
		flags ^= FS_NODUMP_FL;
		OK(ioctl(fd, FS_IOC_SETFLAGS, &flags));
		OK(ioctl(fd, FS_IOC_FSGETXATTR, &fsx));
		OK(ioctl(fd, FS_IOC_FSSETXATTR, &fsx));
		// Each set reads first.
		if (since(5, 13)) {
			count("fileattr_get", 4);
			count("fileattr_set", 2);
		} else {
			count("unlocked_ioctl", 4);
		}
	}
	OK(close(fd));
	remove_file(p, "fileattr");
}

static void do_ioctl(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "ioctl", 0);
	int version;

	for (unsigned int i = 0; i < n; i++) {
		OK(ioctl(fd, FS_IOC_GETVERSION, &version));
		FAILS(ioctl(fd, TIOCGWINSZ, buffer), ENOTTY);
		count("unlocked_ioctl", 2);
	}
	OK(close(fd));
	remove_file(p, "ioctl");
}

#ifdef __x86_64__
// The 32-bit way into the kernel is open to 64-bit programs as well. Pointers must fit into 32 bits.
static long ioctl_32(int fd, unsigned long request, void *arg)
{
	long result = 54;

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"((long)fd), "c"(request), "d"(arg)
			 : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static void compat_ioctl(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "ioctl32", 0);
	void *low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		die("no memory below 2 GiB");
	for (unsigned int i = 0; i < n; i++) {
		long result = ioctl_32(fd, FS_IOC32_GETVERSION, low);

		if (result)
			die("32-bit ioctl(FS_IOC32_GETVERSION): %s", strerror((int)-result));
		count("compat_ioctl", 1);
	}
	OK(munmap(low, PAGE));
	OK(close(fd));
	remove_file(p, "ioctl32");
}
#endif

static void fiemap(const struct place *p, unsigned int n)
{
	int fd = create_filled(p, "fiemap", 4);
	struct fiemap *map = (struct fiemap *)buffer;
	int block;

	for (unsigned int i = 0; i < n; i++) {
		memset(map, 0, sizeof(*map));
		map->fm_length = FIEMAP_MAX_OFFSET;
		map->fm_flags = FIEMAP_FLAG_SYNC;
		map->fm_extent_count = 8;
		OK(ioctl(fd, FS_IOC_FIEMAP, map));
		count("fiemap", 1);
		block = 1;
		OK(ioctl(fd, FIBMAP, &block));
		reach("bmap");
	}
	reach("writepages");
	OK(close(fd));
	remove_file(p, "fiemap");
}

static void open_against_lease(const struct place *p)
{
	FAILS(openat(p->dir, "lease", O_WRONLY | O_NONBLOCK), EWOULDBLOCK);
}

// A lease is broken by another task's open, and given back.
static void lease(const struct place *p, unsigned int n)
{
	void (*before)(int) = signal(SIGIO, SIG_IGN);

	OK(close(create_file(p, "lease", 0)));
	for (unsigned int i = 0; i < n; i++) {
		int fd = open_file(p, "lease", O_RDONLY);

		OK(fcntl(fd, F_SETLEASE, F_RDLCK));
		count("lm_setup", 1);
		in_child(0, open_against_lease, p);
		count("lm_break", 1);
		OK(fcntl(fd, F_SETLEASE, F_UNLCK));
		reach("lm_change");
		OK(close(fd));
	}
	signal(SIGIO, before);
	remove_file(p, "lease");
}

static void locks(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "locks", 0);
	struct flock lock = {.l_whence = SEEK_SET, .l_len = 10};

	for (unsigned int i = 0; i < n; i++) {
		OK(flock(fd, LOCK_EX));
		OK(flock(fd, LOCK_UN));
		lock.l_type = F_WRLCK;
		OK(fcntl(fd, F_SETLK, &lock));
		lock.l_type = F_UNLCK;
		OK(fcntl(fd, F_SETLK, &lock));
	}
	OK(close(fd));
	remove_file(p, "locks");
}

const struct phase attr_phases[] = {
	{"setattr", setattr, 6, "chmod, chown, utimensat, ftruncate, fchmod a file N times"},
	{"getattr", getattr, 6, "stat a file by name and descriptor, and the directory, N times"},
	{"xattr", xattr, 4, "set, get, list and remove extended attributes N times"},
	{"setacl", set_acl, 4, "set and remove an ACL N times"},
	{"getacl", get_acl, 2, "read an uncached ACL N times"},
	{"fileattr", fileattr, 4, "get and set a file's flags N times"},
	{"ioctl", do_ioctl, 4, "two ioctls of the filesystem's own, N times"},
#ifdef __x86_64__
	{"compatioctl", compat_ioctl, 4, "a 32-bit ioctl, N times"},
#endif
	{"fiemap", fiemap, 4, "map a file's blocks N times"},
	{"lease", lease, 2, "break a lease N times"},
	{"locks", locks, 4, "flock and fcntl locks, N times"},
	{0},
};
