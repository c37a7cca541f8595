// soak-load WHAT DIR SECONDS PROCESSES - load that takes little of the machine for each call of a method.
//
//   calls     what a machine does most: paths walked, stat, access, open, small reads, seeks, listings, links read; the
//             names are shared by all processes, and one of them keeps renaming directories of the paths
//   renames   files and directories between directories, over each other, in exchange, without replacing
//   mapped    a mapping that the others map, write to, sync and cut off, with direct reads and writes of the same file
//
// A call may fail as calls do whose names and files others change at the same time. One that fails otherwise is named
// on stderr, and the exit status is 1. Needs root.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DIRECTORIES = 6, FILES = 24, PAGE = 4096, MAPPED_PAGES = 16, MAX_PROCESSES = 64 };

static unsigned int state;
static char buffer[16 * PAGE] __attribute__((aligned(PAGE)));
static struct timespec end;

static void die(const char *what)
{
	fprintf(stderr, "soak-load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned int pick(unsigned int n)
{
	state = state * 1103515245 + 12345;
	return (state >> 16) % n;
}

static bool time_is_up(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec >= end.tv_nsec);
}

// What comes of names that others rename and remove at the same time, and of what a filesystem does not do: ENXIO is a
// whiteout's answer to be opened, EXDEV is overlayfs's answer to the rename of a directory that has a lower layer,
// EROFS that of one remounted read-only.
static long tolerate(long result, const char *what)
{
	if (result < 0 && errno != ENOENT && errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR &&
	    errno != EISDIR && errno != EINVAL && errno != EXDEV && errno != ESTALE && errno != ELOOP &&
	    errno != ENXIO && errno != EROFS)
		die(what);
	return result;
}

static void make_tree(void)
{
	char name[64];
	int fd;

	for (int d = 0; d < DIRECTORIES; d++) {
		snprintf(name, sizeof(name), "d%d", d);
		tolerate(mkdir(name, 0755), name);
		snprintf(name, sizeof(name), "d%d/inner", d);
		tolerate(mkdir(name, 0755), name);
		for (int f = 0; f < FILES / DIRECTORIES; f++) {
			snprintf(name, sizeof(name), "d%d/inner/f%d", d, f);
			fd = open(name, O_RDWR | O_CREAT, 0644);
			if (tolerate(fd, name) < 0)
				continue;
			if (pwrite(fd, buffer, 3 * PAGE, 0) != 3 * PAGE)
				die(name);
			close(fd);
		}
		snprintf(name, sizeof(name), "d%d/link", d);
		tolerate(symlink("inner/f0", name), name);
	}
}

static void read_file(const char *name)
{
	int fd = (int)tolerate(open(name, O_RDONLY), "open");

	if (fd < 0)
		return;
	for (int i = 0; i < 24; i++) {
		tolerate(pread(fd, buffer, 64, pick(3 * PAGE)), "pread");
		tolerate(lseek(fd, pick(3 * PAGE), i & 1 ? SEEK_SET : SEEK_END), "lseek");
		tolerate(read(fd, buffer, 16), "read");
	}
	if (lseek(fd, 0, SEEK_DATA) < 0 && errno != ENXIO && errno != EROFS)
		tolerate(-1, "lseek for data");
	close(fd);
}

static void list(const char *name)
{
	int fd = (int)tolerate(open(name, O_RDONLY | O_DIRECTORY), "open");

	if (fd < 0)
		return;
	while (tolerate(syscall(SYS_getdents64, fd, buffer, 1024), "getdents64") > 0)
		;
	close(fd);
}

static void look(void)
{
	char name[64], absent[96];
	struct stat st;

	snprintf(name, sizeof(name), "d%u/inner/f%u", pick(DIRECTORIES), pick(FILES / DIRECTORIES));
	for (int i = 0; i < 24; i++) {
		tolerate(stat(name, &st), "stat");
		tolerate(access(name, i & 1 ? R_OK : W_OK), "access");
	}
	snprintf(absent, sizeof(absent), "%s.%u", name, pick(4096));
	tolerate(stat(absent, &st), "stat");
	snprintf(absent, sizeof(absent), "%s/below", name);
	tolerate(stat(absent, &st), "stat");
	read_file(name);
	snprintf(name, sizeof(name), "d%u/link", pick(DIRECTORIES));
	tolerate(readlink(name, buffer, sizeof(buffer)), "readlink");
	tolerate(stat(name, &st), "stat");
	name[2] = 0;
	list(name);
}

// Paths whose middle moves away: a walk without locks is then taken up again with them.
static void disturb(void)
{
	char from[64], to[80];

	snprintf(from, sizeof(from), "d%u/inner", pick(DIRECTORIES));
	snprintf(to, sizeof(to), "%s.away", from);
	if (!tolerate(rename(from, to), "rename"))
		tolerate(rename(to, from), "rename");
	usleep(20000);
}

static void calls(int number)
{
	while (!time_is_up()) {
		if (number)
			look();
		else
			disturb();
	}
}

static void random_name(char *name, size_t size)
{
	unsigned int d = pick(DIRECTORIES), n = pick(FILES);

	if (pick(3))
		snprintf(name, size, "r%u/n%u", d, n);
	else
		snprintf(name, size, "r%u/sub/n%u", d, n);
}

static void make_again(const char *name, int number)
{
	char inside[96];
	int fd;

	if (pick(4)) {
		fd = (int)tolerate(open(name, O_RDWR | O_CREAT | (pick(2) ? O_EXCL : 0), 0644), "create");
		if (fd >= 0)
			close(fd);
		return;
	}
	if (tolerate(mkdir(name, 0755), "mkdir"))
		return;
	snprintf(inside, sizeof(inside), "%s/of%d", name, number);
	if (pick(2))
		tolerate(mkdir(inside, 0755), "mkdir");
}

static void clear(const char *name)
{
	char inside[320];
	struct dirent *entry;
	DIR *dir;

	if (!tolerate(unlink(name), "unlink") || !tolerate(rmdir(name), "rmdir"))
		return;
	dir = opendir(name);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		snprintf(inside, sizeof(inside), "%s/%.200s", name, entry->d_name);
		if (entry->d_name[0] != '.' && unlink(inside))
			tolerate(rmdir(inside), "rmdir");
	}
	closedir(dir);
}

static void renames(int number)
{
	static const unsigned int flags[] = {
		0, 0, 0, RENAME_EXCHANGE, RENAME_EXCHANGE, RENAME_NOREPLACE, RENAME_WHITEOUT};
	char from[64], to[64], name[64];

	for (int d = 0; d < DIRECTORIES; d++) {
		snprintf(name, sizeof(name), "r%d", d);
		tolerate(mkdir(name, 0755), "mkdir");
		snprintf(name, sizeof(name), "r%d/sub", d);
		tolerate(mkdir(name, 0755), "mkdir");
	}
	for (unsigned int round = 0; !time_is_up(); round++) {
		random_name(from, sizeof(from));
		random_name(to, sizeof(to));
		tolerate(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags[pick(7)]), "renameat2");
		if (round % 3 == 0)
			make_again(from, number);
		if (round % 31 == 0)
			clear(to);
		// A directory has no second link.
		if (round % 17 == 0 && link(from, to) && errno != EPERM)
			tolerate(-1, "link");
		if (round % 23 == 0) {
			// Whole directories, with all that is in them.
			snprintf(from, sizeof(from), "r%u/sub", pick(DIRECTORIES));
			snprintf(to, sizeof(to), "r%u/sub", pick(DIRECTORIES));
			tolerate(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE), "renameat2");
		}
	}
}

static sigjmp_buf cut_off;

static void on_bus_error(int signal)
{
	(void)signal;
	siglongjmp(cut_off, 1);
}

static void map_once(int fd)
{
	char *at = mmap(NULL, MAPPED_PAGES * PAGE, PROT_READ | PROT_WRITE, pick(4) ? MAP_SHARED : MAP_PRIVATE, fd, 0);

	if (at == MAP_FAILED)
		die("mmap");
	// A page beyond the end that another process has set meanwhile is a bus error.
	if (!sigsetjmp(cut_off, 1)) {
		for (int i = 0; i < MAPPED_PAGES; i++)
			at[pick(MAPPED_PAGES) * PAGE + pick(PAGE)]++;
		msync(at, MAPPED_PAGES * PAGE, pick(2) ? MS_SYNC : MS_ASYNC);
		if (pick(2))
			madvise(at, MAPPED_PAGES * PAGE, MADV_DONTNEED);
	}
	munmap(at, MAPPED_PAGES * PAGE);
}

static void mapped(int number)
{
	int fd = open("mapped", O_RDWR | O_CREAT, 0644), direct = open("mapped", O_RDWR | O_DIRECT);

	// Not every filesystem has direct I/O.
	if (fd < 0 || (direct < 0 && errno != EINVAL))
		die("mapped");
	signal(SIGBUS, on_bus_error);
	tolerate(ftruncate(fd, MAPPED_PAGES * PAGE), "ftruncate");
	for (unsigned int round = (unsigned int)number; !time_is_up(); round++) {
		map_once(fd);
		if (round % 5 == 0) {
			tolerate(ftruncate(fd, pick(MAPPED_PAGES * PAGE)), "ftruncate");
			tolerate(ftruncate(fd, MAPPED_PAGES * PAGE), "ftruncate");
		}
		if (direct >= 0 && round % 3 == 0) {
			// EIO: a mapping has made pages dirty again that the direct write had to throw away.
			if (pwrite(direct, buffer, PAGE, pick(MAPPED_PAGES) * PAGE) < 0 && errno != EIO)
				die("direct write");
			if (pread(direct, buffer, PAGE, pick(MAPPED_PAGES) * PAGE) < 0)
				die("direct read");
		}
		if (round % 7 == 0)
			posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	}
}

int main(int argc, char **argv)
{
	int processes = argc == 5 ? atoi(argv[4]) : 0, status, failed = 0;
	void (*run)(int) = NULL;

	if (argc == 5 && !strcmp(argv[1], "calls"))
		run = calls;
	else if (argc == 5 && !strcmp(argv[1], "renames"))
		run = renames;
	else if (argc == 5 && !strcmp(argv[1], "mapped"))
		run = mapped;
	if (!run || processes < 1 || processes > MAX_PROCESSES) {
		fprintf(stderr, "usage: soak-load calls|renames|mapped DIR SECONDS PROCESSES\n");
		return 2;
	}
	if ((mkdir(argv[2], 0755) && errno != EEXIST) || chdir(argv[2]))
		die(argv[2]);
	if (run == calls)
		make_tree();
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += atoi(argv[3]);
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (!pid) {
			state = (unsigned int)(i * 7919 + end.tv_nsec);
			run(i);
			_exit(0);
		}
	}
	while (wait(&status) > 0)
		failed |= !WIFEXITED(status) || WEXITSTATUS(status);
	return failed;
}
