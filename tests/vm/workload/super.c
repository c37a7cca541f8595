// Phases for the filesystem as a whole: super_operations, quota, swap, and what the kernel does to its memory.
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/membarrier.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

static void do_statfs(const struct place *p, unsigned int n)
{
	struct statfs fs;

	for (unsigned int i = 0; i < n; i++) {
		OK(statfs(p->path, &fs));
		OK(fstatfs(p->dir, &fs));
		count("statfs", 2);
	}
}

// The mount point of the filesystem that `p` is on. Good until the next call.
static const char *mount_point(const struct place *p)
{
	static char line[4096], where[1024];
	unsigned int major, minor;
	struct stat st;
	FILE *mounts;

	OK(fstat(p->dir, &st));
	count("getattr", 1);
	mounts = fopen("/proc/self/mountinfo", "r");
	if (!mounts)
		die("cannot open /proc/self/mountinfo: %s: is /proc mounted?", strerror(errno));
	while (fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*d %*d %u:%u / %1023s", &major, &minor, where) != 3)
			continue;
		if (makedev(major, minor) == st.st_dev) {
			fclose(mounts);
			reach("show_options");
			return where;
		}
	}
	die("%s: the root of its filesystem is not mounted anywhere", p->path);
}

static void show_options(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		mount_point(p);
}

static void syncs(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		int fd = create_filled(p, "syncs", 2);

		OK(syncfs(fd));
		OK(close(fd));
		remove_file(p, "syncs");
		sync();
		// Both ask twice, first without waiting.
		count("sync_fs", 4);
		reach("writepages");
		reach("write_inode");
	}
}

static void freeze(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		OK(ioctl(p->dir, FIFREEZE, 0));
		OK(ioctl(p->dir, FITHAW, 0));
		count("freeze_fs", 1);
		count("unfreeze_fs", 1);
		reach("sync_fs");
	}
}

static void remount(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const char *where = mount_point(p);

		OK(mount(NULL, where, NULL, MS_REMOUNT | MS_RDONLY, NULL));
		FAILS(openat(p->dir, "remount", O_CREAT | O_WRONLY, 0600), EROFS);
		OK(mount(NULL, where, NULL, MS_REMOUNT, NULL));
		reach("lookup");
		reach("sync_fs");
		reach("init_fs_context");
	}
}

// What the shrinkers and the compaction do to a filesystem's caches.
static void reclaim(const struct place *p, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		int fd = create_filled(p, "reclaim", 32);

		OK(syncfs(fd));
		OK(close(fd));
		write_proc("/proc/sys/vm/compact_memory", "1");
		write_proc("/proc/sys/vm/drop_caches", "1");
		write_proc("/proc/sys/vm/drop_caches", "2");
		write_proc("/proc/sys/vm/drop_caches", "3");
		remove_file(p, "reclaim");
		reach("sync_fs");
		reach("writepages");
		reach("release_folio");
		reach("alloc_inode");
		// Inodes are freed after a grace period, which is what this waits for.
		OK(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
		OK(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0));
		reach("free_inode");
		blur("migrate_folio");
		reach("destroy_inode");
		reach("drop_inode");
	}
}

// Swapping onto a file asks for its blocks. The header is the one that mkswap writes.
static void swap(const struct place *p, unsigned int n)
{
	const unsigned int pages = 64;
	const uint32_t version = 1, last_page = pages - 1;
	char *path;

	if (asprintf(&path, "%s/swapfile", p->path) < 0)
		die("out of memory");
	for (unsigned int i = 0; i < n; i++) {
		int fd = create_filled(p, "swapfile", pages);

		memset(buffer, 0, PAGE);
		memcpy(buffer + 1024, &version, sizeof(version));
		memcpy(buffer + 1028, &last_page, sizeof(last_page));
		memcpy(buffer + PAGE - 10, "SWAPSPACE2", 10);
		OK(pwrite(fd, buffer, PAGE, 0));
		count("write_iter", 1);
		OK(fsync(fd));
		count("fsync", 1);
		OK(close(fd));
		OK(swapon(path, 0));
		OK(swapoff(path));
		// Which writes the file back, whoever did that before.
		count("swap_activate", 1);
		count("fsync", 1);
		// Each of the two opens the file by itself.
		count("open", 2);
		count("release", 2);
		remove_file(p, "swapfile");
	}
	free(path);
}

static void write_as_user(const struct place *p)
{
	int fd = (int)OK(openat(p->dir, "quota/file", O_CREAT | O_RDWR, 0600));

	OK(write(fd, buffer, 2 * PAGE));
	OK(close(fd));
	OK(unlinkat(p->dir, "quota/file", 0));
}

// Files of a user of its own. On a filesystem with quota (mkfs.ext4 -O quota) that goes through dquot_operations.
static void quota(const struct place *p, unsigned int n)
{
	struct if_dqinfo {
		uint64_t block_grace, inode_grace;
		uint32_t flags, valid;
	} info;
	bool enabled = since(5, 14) && !syscall(SYS_quotactl_fd, p->dir, QCMD(Q_GETINFO, USRQUOTA), 0, &info);

	make_dir(p, "quota");
	OK(fchmodat(p->dir, "quota", 0777, 0));
	count("setattr", 1);
	for (unsigned int i = 0; i < n; i++) {
		in_child(2000 + i, write_as_user, p);
		count("create", 1);
		count("open", 1);
		count("release", 1);
		count("write_iter", 1);
		count("unlink", 1);
		if (!enabled)
			continue;
		memset(buffer, 0, 256);
		OK(syscall(SYS_quotactl_fd, p->dir, QCMD(Q_GETQUOTA, USRQUOTA), 2000 + i, buffer));
		OK(syscall(SYS_quotactl_fd, p->dir, QCMD(Q_SETQUOTA, USRQUOTA), 2000 + i, buffer));
		OK(syscall(SYS_quotactl_fd, p->dir, QCMD(Q_GETNEXTQUOTA, USRQUOTA), 0, buffer));
		OK(syscall(SYS_quotactl_fd, p->dir, QCMD(Q_SYNC, USRQUOTA), 0, NULL));
		reach("acquire_dquot");
		reach("alloc_dquot");
		reach("mark_dirty");
		reach("write_dquot");
		reach("get_reserved_space");
		reach("get_dquots");
		reach("get_next_id");
		reach("quota_read");
		reach("quota_write");
	}
	remove_dir(p, "quota");
}

const struct phase super_phases[] = {
	{"statfs", do_statfs, 4, "statfs and fstatfs N times"},
	{"mountinfo", show_options, 2, "read the mount table N times"},
	{"sync", syncs, 2, "syncfs and sync N times"},
	{"freeze", freeze, 2, "freeze and thaw N times"},
	{"remount", remount, 2, "remount read-only and back N times"},
	{"swap", swap, 1, "swap onto a file N times"},
	{"quota", quota, 2, "write as N users"},
	{"reclaim", reclaim, 1, "drop caches and compact memory N times"},
	{0},
};
