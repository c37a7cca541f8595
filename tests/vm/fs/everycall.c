// everycall DIR [STEP]... - use every kind of system call once or twice in DIR, whatever filesystem that stands on.
//
// All steps, in their order, or only those that are named; `everycall` alone lists them.
//
// What a filesystem refuses is no failure: each refusal is named on stderr and the next call is tried, since only the
// calls that the filesystem does take are of interest. Files are left behind where the filesystem does not remove
// them. Exit status 1 if DIR cannot be worked in at all. Needs root.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/falloc.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef RENAME_WHITEOUT
#define RENAME_WHITEOUT 4
#endif

enum { PAGE = 4096, PAGES = 32 };

static unsigned char buffer[PAGES * PAGE] __attribute__((aligned(PAGE)));

// Say on stderr what was refused, and pass the result on.
static long said(long result, const char *call)
{
	if (result < 0)
		fprintf(stderr, "everycall: %s: %s\n", call, strerror(errno));
	return result;
}
#define TRY(call) said((long)(call), #call)

static void drop_caches(const char *what)
{
	int fd = (int)TRY(open("/proc/sys/vm/drop_caches", O_WRONLY));

	if (fd < 0)
		return;
	TRY(write(fd, what, 1));
	TRY(close(fd));
}

static int make(const char *name, size_t length)
{
	int fd = (int)TRY(open(name, O_CREAT | O_RDWR, 0644));

	if (fd >= 0 && length)
		TRY(pwrite(fd, buffer, length, 0));
	return fd;
}

static void touch(const char *name)
{
	int fd = make(name, 100);

	if (fd >= 0)
		TRY(close(fd));
}

// Write the file's pages back and drop them from the cache.
static void make_cold(int fd)
{
	TRY(fsync(fd));
	errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (errno)
		TRY(-1);
}

static void names(void)
{
	char text[PAGE];
	struct stat st;
	int fd;

	TRY(mkdir("d1", 0755));
	TRY(mkdir("d2", 0755));
	TRY(mkdir("d1/sub", 0755));
	fd = (int)TRY(open("new", O_CREAT | O_EXCL | O_WRONLY, 0600));
	if (fd >= 0)
		TRY(close(fd));
	TRY(mknod("fifo", S_IFIFO | 0600, 0));
	TRY(mknod("regular", S_IFREG | 0600, 0));
	TRY(mknod("null", S_IFCHR | 0600, 0x103));
	TRY(symlink("new", "soft"));
	// Too long for a filesystem that keeps short ones in the inode.
	memset(text, 'l', 1000);
	text[1000] = 0;
	TRY(symlink(text, "soft.long"));
	TRY(link("new", "hard"));
	drop_caches("2");
	TRY(lstat("soft", &st));
	TRY(readlink("soft", text, sizeof(text)));
	TRY(readlink("soft.long", text, sizeof(text)));
	TRY(stat("soft", &st));
	stat("missing", &st);
	stat("missing", &st);
}

static void renames(void)
{
	touch("r1");
	touch("r2");
	TRY(rename("r1", "r3"));
	TRY(rename("r3", "d1/r3"));
	TRY(rename("d1/r3", "r2"));
	TRY(rename("d1/sub", "d2/sub"));
	TRY(mkdir("empty", 0755));
	TRY(rename("empty", "d2/sub"));
	touch("d1/x");
	TRY(renameat2(AT_FDCWD, "d1/x", AT_FDCWD, "r2", RENAME_EXCHANGE));
	TRY(renameat2(AT_FDCWD, "d1", AT_FDCWD, "d2/sub", RENAME_EXCHANGE));
	TRY(renameat2(AT_FDCWD, "r2", AT_FDCWD, "r4", RENAME_NOREPLACE));
	TRY(renameat2(AT_FDCWD, "r4", AT_FDCWD, "r5", RENAME_WHITEOUT));
}

static void temporary(void)
{
	int fd = (int)TRY(open(".", O_TMPFILE | O_RDWR, 0600));

	if (fd < 0)
		return;
	TRY(write(fd, buffer, 10));
	TRY(close(fd));
}

static void as_user(void)
{
	pid_t child = (pid_t)TRY(fork());
	char byte;
	int fd;

	if (child < 0)
		return;
	if (child) {
		TRY(waitpid(child, NULL, 0));
		return;
	}
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		_exit(1);
	TRY(access("attrs", R_OK));
	faccessat(AT_FDCWD, "attrs", W_OK, 0);
	fd = open("attrs", O_RDONLY);
	if (fd >= 0)
		TRY(read(fd, &byte, 1));
	_exit(0);
}

static void attributes(void)
{
	struct timespec times[2] = {{1, 0}, {2, 0}};
	struct statx stx;

	touch("attrs");
	TRY(chmod("attrs", 0640));
	TRY(chown("attrs", 1, 1));
	TRY(utimensat(AT_FDCWD, "attrs", times, 0));
	TRY(truncate("attrs", 5000));
	TRY(statx(AT_FDCWD, "attrs", AT_STATX_FORCE_SYNC, STATX_ALL, &stx));
	TRY(access("attrs", X_OK) < 0 ? 0 : -1);
	TRY(chmod("attrs", 0644));
	as_user();
}

// An access control list that lets user 65534 read, as setfacl -m u:65534:r writes it.
static void acls(const char *name)
{
	static const struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} entry[5];
	} acl = {2, {{1, 6, ~0u}, {2, 4, 65534}, {4, 4, ~0u}, {0x10, 4, ~0u}, {0x20, 0, ~0u}}};
	char got[256];

	if (TRY(setxattr(name, "system.posix_acl_access", &acl, sizeof(acl), 0)) < 0)
		return;
	TRY(getxattr(name, "system.posix_acl_access", got, sizeof(got)));
	drop_caches("2");
	as_user();
	TRY(removexattr(name, "system.posix_acl_access"));
	// The mode still has what the list's mask and its last entry let pass.
	TRY(chmod(name, 0755));
}

static void extended(void)
{
	static const char *const keys[] = {"user.key", "trusted.key", "security.key"};
	char got[1024];

	touch("attrs");
	for (unsigned int i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (TRY(setxattr("attrs", keys[i], "value", 5, XATTR_CREATE)) < 0)
			continue;
		TRY(setxattr("attrs", keys[i], "other", 5, XATTR_REPLACE));
		TRY(getxattr("attrs", keys[i], got, sizeof(got)));
		TRY(listxattr("attrs", got, sizeof(got)));
		TRY(removexattr("attrs", keys[i]));
	}
	TRY(listxattr("attrs", got, sizeof(got)));
	acls("attrs");
	acls("d2");
}

// ioctl(2) as a 32-bit program calls it, through the entry that those use.
static void compat_ioctl(int fd, unsigned int request)
{
	long result = 54;

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"((long)fd), "c"((long)request), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
}

static void ioctls(void)
{
	struct {
		struct fiemap map;
		struct fiemap_extent extents[4];
	} map = {.map = {.fm_length = FIEMAP_MAX_OFFSET, .fm_flags = FIEMAP_FLAG_SYNC, .fm_extent_count = 4}};
	int fd = make("ioctls", 3 * PAGE), value = 0;
	struct fsxattr fsx;

	if (fd < 0)
		return;
	TRY(ioctl(fd, FS_IOC_FIEMAP, &map));
	TRY(ioctl(fd, FIBMAP, &value));
	TRY(ioctl(fd, FIGETBSZ, &value));
	value = 0;
	TRY(ioctl(fd, FIOASYNC, &value));
	TRY(ioctl(fd, FIONREAD, &value));
	if (TRY(ioctl(fd, FS_IOC_GETFLAGS, &value)) == 0) {
		value |= FS_NOATIME_FL;
		TRY(ioctl(fd, FS_IOC_SETFLAGS, &value));
	}
	if (TRY(ioctl(fd, FS_IOC_FSGETXATTR, &fsx)) == 0)
		TRY(ioctl(fd, FS_IOC_FSSETXATTR, &fsx));
	// Nobody knows these, so that they go all the way to the filesystem.
	ioctl(fd, _IO('v', 250));
	compat_ioctl(fd, _IO('v', 250));
	TRY(close(fd));
}

static void reading(void)
{
	struct iovec parts[2] = {{buffer, 10}, {buffer + PAGE, PAGE}};
	int fd = make("data", sizeof(buffer));
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return;
	make_cold(fd);
	TRY(pread(fd, buffer, sizeof(buffer), 0));
	TRY(preadv(fd, parts, 2, 100));
	make_cold(fd);
	errno = posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	TRY(pread(fd, buffer, 100, 5 * PAGE));
	make_cold(fd);
	TRY(readahead(fd, 0, 8 * PAGE));
	TRY(poll(&poll_fd, 1, 0));
	TRY(ftruncate(fd, 64 * PAGE));
	TRY(lseek(fd, 0, SEEK_DATA));
	TRY(lseek(fd, 0, SEEK_HOLE));
	TRY(lseek(fd, -1, SEEK_END));
	// The rest of a page of which one part was written while it was not in the cache.
	make_cold(fd);
	TRY(pwrite(fd, buffer, 512, PAGE));
	TRY(pread(fd, buffer, 512, PAGE));
	TRY(pread(fd, buffer, 100, 2 * PAGE - 100));
	TRY(close(fd));
}

static void writing(void)
{
	int fd = (int)TRY(open("written", O_CREAT | O_RDWR | O_APPEND, 0644));

	if (fd < 0)
		return;
	TRY(write(fd, buffer, 3000));
	TRY(write(fd, buffer, 3000));
	TRY(fcntl(fd, F_SETFL, 0));
	TRY(pwrite(fd, buffer, 8 * PAGE, 100));
	TRY(fdatasync(fd));
	TRY(pwrite(fd, buffer, 100, PAGE));
	TRY(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
	// Over a network that is sent, but it need not be on the server's disk yet.
	errno = posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	TRY(pwrite(fd, buffer, 8 * PAGE, 0));
	// The dirty pages are cut off unwritten, one of them in its middle.
	TRY(ftruncate(fd, 2 * PAGE + 100));
	TRY(fsync(fd));
	TRY(close(fd));
	fd = (int)TRY(open("written", O_RDWR | O_DIRECT));
	if (fd < 0)
		return;
	TRY(pwrite(fd, buffer, 4 * PAGE, 0));
	TRY(pread(fd, buffer, 4 * PAGE, 0));
	TRY(close(fd));
}

static void moving(void)
{
	int from = make("from", 8 * PAGE), to = make("to", 0), pipes[2];
	struct file_clone_range clone = {.src_fd = from, .src_length = 0};
	off_t in = 0, out = 0;

	if (from < 0 || to < 0 || TRY(pipe(pipes)) < 0)
		return;
	TRY(splice(from, &in, pipes[1], NULL, PAGE, 0));
	TRY(splice(pipes[0], NULL, to, &out, PAGE, 0));
	in = 0;
	TRY(sendfile(to, from, &in, PAGE));
	in = 0;
	TRY(copy_file_range(from, &in, to, &out, 2 * PAGE, 0));
	TRY(ioctl(to, FICLONE, from));
	TRY(ioctl(to, FICLONERANGE, &clone));
	TRY(close(from));
	TRY(close(to));
	TRY(close(pipes[0]));
	TRY(close(pipes[1]));
}

static void allocating(void)
{
	int fd = make("allocated", sizeof(buffer));

	if (fd < 0)
		return;
	TRY(fallocate(fd, 0, 0, 40 * PAGE));
	TRY(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 48 * PAGE));
	TRY(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 3 * PAGE));
	TRY(fallocate(fd, FALLOC_FL_ZERO_RANGE, 4 * PAGE, 2 * PAGE));
	TRY(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 8 * PAGE, 4 * PAGE));
	TRY(fallocate(fd, FALLOC_FL_INSERT_RANGE, 8 * PAGE, 4 * PAGE));
	TRY(close(fd));
}

// Have the first pages moved to the other memory node, if there is one.
static void migrate(unsigned char *map)
{
	void *pages[4];
	int nodes[4] = {1, 1, 1, 1}, status[4];

	for (int i = 0; i < 4; i++)
		pages[i] = map + i * PAGE;
	TRY(syscall(SYS_move_pages, 0, 4, pages, nodes, status, 2));
	for (int i = 0; i < 4; i++)
		nodes[i] = 0;
	TRY(syscall(SYS_move_pages, 0, 4, pages, nodes, status, 2));
}

static void mapping(void)
{
	int fd = make("mapped", sizeof(buffer));
	volatile unsigned char *map;
	pid_t child;

	if (fd < 0)
		return;
	TRY(fsync(fd));
	map = mmap(NULL, sizeof(buffer), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (TRY(map == MAP_FAILED ? -1 : 0) < 0)
		goto out;
	buffer[0] = map[0];
	TRY(madvise((void *)map, sizeof(buffer), MADV_DONTNEED));
	// What is in the cache is mapped around the fault; then everything has to be read.
	buffer[0] = map[3 * PAGE];
	TRY(madvise((void *)map, sizeof(buffer), MADV_DONTNEED));
	make_cold(fd);
	buffer[0] = map[0];
	TRY(madvise((void *)map, sizeof(buffer), MADV_DONTNEED));
	make_cold(fd);
	// Without readahead a fault reads its page by itself.
	TRY(madvise((void *)map, sizeof(buffer), MADV_RANDOM));
	buffer[0] = map[8 * PAGE];
	for (int i = 0; i < PAGES; i += 2)
		map[i * PAGE] = 'm';
	TRY(msync((void *)map, sizeof(buffer), MS_SYNC));
	migrate((unsigned char *)map);
	map[PAGE] = 'n';
	child = (pid_t)TRY(fork());
	if (!child) {
		map[2 * PAGE] = 'c';
		_exit(0);
	}
	TRY(waitpid(child, NULL, 0));
	TRY(munmap((void *)map, sizeof(buffer) / 2));
	TRY(munmap((unsigned char *)map + sizeof(buffer) / 2, sizeof(buffer) / 2));
	// Dirty pages of a mapping, thrown away.
	map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED) {
		map[0] = 'd';
		TRY(ftruncate(fd, 0));
		TRY(munmap((void *)map, 4 * PAGE));
	}
out:
	TRY(close(fd));
}

// A direct write whose source is a mapping of the file itself: the kernel faults the page in on its own behalf.
static void self_copy(void)
{
	int fd = make("self", 8 * PAGE), direct;
	unsigned char *map;

	if (fd < 0)
		return;
	make_cold(fd);
	map = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	direct = (int)TRY(open("direct", O_CREAT | O_RDWR | O_DIRECT, 0644));
	if (map != MAP_FAILED && direct >= 0) {
		TRY(pwrite(direct, map, PAGE, 0));
		TRY(pread(direct, map + PAGE, PAGE, 0));
	}
	if (map != MAP_FAILED)
		TRY(munmap(map, 8 * PAGE));
	if (direct >= 0)
		TRY(close(direct));
	TRY(close(fd));
}

// Direct writes to, and truncations of, pages that another process makes dirty all the while: sooner or later one is
// dirty again when the cache is to be rid of it.
static void against_mapping(void)
{
	int fd = make("raced", 4 * PAGE), direct = (int)TRY(open("raced", O_RDWR | O_DIRECT));
	volatile unsigned char *map;
	pid_t child;

	if (fd < 0 || direct < 0)
		return;
	map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (TRY(map == MAP_FAILED ? -1 : 0) == 0) {
		child = (pid_t)TRY(fork());
		while (!child)
			map[0]++;
		for (int i = 0; i < 30; i++) {
			// The cache may be in use just then, which the kernel is free to say.
			if (pwrite(direct, buffer, 4 * PAGE, 0) < 0 && errno != EBUSY)
				TRY(-1);
			TRY(ftruncate(fd, 100));
		}
		if (child > 0) {
			TRY(kill(child, SIGKILL));
			TRY(waitpid(child, NULL, 0));
		}
		TRY(munmap((void *)map, 4 * PAGE));
	}
	TRY(close(direct));
	TRY(close(fd));
}

// Have the kernel believe that the memory below a page of the file is broken. That page of memory is lost. Where it is
// the only place of the data, the kernel kills who has it mapped: a child.
static void poison(void)
{
	int fd = make("poisoned", 4 * PAGE);
	volatile unsigned char *map;
	pid_t child;

	if (fd < 0)
		return;
	TRY(fsync(fd));
	child = (pid_t)TRY(fork());
	if (!child) {
		map = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
		if (TRY(map == MAP_FAILED ? -1 : 0) == 0) {
			buffer[0] = map[PAGE];
			TRY(madvise((unsigned char *)map + PAGE, PAGE, MADV_HWPOISON));
		}
		_exit(0);
	}
	TRY(waitpid(child, NULL, 0));
	TRY(close(fd));
}

static void locking(void)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 100};
	int fd = make("locked", 100);

	if (fd < 0)
		return;
	TRY(fcntl(fd, F_SETLK, &lock));
	TRY(fcntl(fd, F_GETLK, &lock));
	lock.l_type = F_UNLCK;
	TRY(fcntl(fd, F_SETLK, &lock));
	TRY(flock(fd, LOCK_EX));
	TRY(flock(fd, LOCK_UN));
	TRY(fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND));
	TRY(close(fd));
	fd = (int)TRY(open("locked", O_RDONLY));
	if (fd < 0)
		return;
	if (TRY(fcntl(fd, F_SETLEASE, F_RDLCK)) == 0)
		TRY(fcntl(fd, F_SETLEASE, F_UNLCK));
	TRY(close(fd));
}

static void directories(void)
{
	int fd = (int)TRY(open(".", O_RDONLY | O_DIRECTORY));
	DIR *dir;

	if (fd < 0)
		return;
	dir = fdopendir(fd);
	while (dir && readdir(dir))
		;
	TRY(lseek(fd, 0, SEEK_SET));
	while (dir && readdir(dir))
		;
	TRY(fsync(fd));
	// Methods that no call of a directory's own leads to.
	ioctl(fd, _IO('v', 250));
	compat_ioctl(fd, _IO('v', 250));
	if (read(fd, buffer, 1) >= 0)
		fprintf(stderr, "everycall: a directory was read\n");
	if (dir)
		closedir(dir);
}

static void whole(void)
{
	int fd = (int)TRY(open(".", O_RDONLY | O_DIRECTORY)), mounts;
	struct statfs fs;

	if (fd < 0)
		return;
	TRY(fstatfs(fd, &fs));
	mounts = (int)TRY(open("/proc/self/mountinfo", O_RDONLY));
	while (mounts >= 0 && read(mounts, buffer, sizeof(buffer)) > 0)
		;
	if (mounts >= 0)
		TRY(close(mounts));
	mounts = (int)TRY(open("/proc/self/mountstats", O_RDONLY));
	while (mounts >= 0 && read(mounts, buffer, sizeof(buffer)) > 0)
		;
	if (mounts >= 0)
		TRY(close(mounts));
	TRY(syncfs(fd));
	if (TRY(ioctl(fd, FIFREEZE, 0)) == 0)
		TRY(ioctl(fd, FITHAW, 0));
	TRY(close(fd));
	drop_caches("3");
}

static void removing(void)
{
	static const char *const files[] = {"new",    "fifo", "regular", "null",   "soft", "soft.long", "hard",    "r5",
					    "r4",     "r2",   "attrs",   "ioctls", "data", "written",   "from",    "to",
					    "mapped", "self", "direct",  "locked", "d1/x", "allocated", "d2/sub/x"};
	int fd = open("data", O_RDONLY);

	for (unsigned int i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (unlink(files[i]) && errno != ENOENT)
			fprintf(stderr, "everycall: unlink %s: %s\n", files[i], strerror(errno));
	// Removed while open.
	if (fd >= 0)
		TRY(close(fd));
	rmdir("d2/sub");
	rmdir("d1/sub");
	TRY(rmdir("d2"));
	TRY(rmdir("d1"));
}

static const struct {
	const char *name;
	void (*run)(void);
} steps[] = {{"names", names},
	     {"renames", renames},
	     {"temporary", temporary},
	     {"attributes", attributes},
	     {"extended", extended},
	     {"ioctls", ioctls},
	     {"reading", reading},
	     {"writing", writing},
	     {"moving", moving},
	     {"allocating", allocating},
	     {"mapping", mapping},
	     {"self_copy", self_copy},
	     {"against_mapping", against_mapping},
	     {"poison", poison},
	     {"locking", locking},
	     {"whole", whole},
	     {"directories", directories},
	     {"removing", removing}};
enum { STEPS = sizeof(steps) / sizeof(*steps) };

static bool wanted(const char *name, int count, char **names)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return count == 0;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: everycall DIR [STEP]...\nsteps:");
		for (int i = 0; i < STEPS; i++)
			fprintf(stderr, " %s", steps[i].name);
		fprintf(stderr, "\n");
		return 2;
	}
	if (TRY(chdir(argv[1])) < 0)
		return 1;
	for (int i = 0; i < STEPS; i++)
		if (wanted(steps[i].name, argc - 2, argv + 2))
			steps[i].run();
	return 0;
}
