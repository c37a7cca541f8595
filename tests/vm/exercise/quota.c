// The quota of the filesystem that the current directory is on.
#define _GNU_SOURCE
#include "exercise.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { SOMEBODY = 3000 };

// The block device of the filesystem, from the mount table. "" if there is none.
static void find_device(char device[256])
{
	unsigned int major, minor;
	char line[4096];
	FILE *mounts = fopen("/proc/self/mountinfo", "r");
	struct stat st;

	if (!mounts)
		die("no mount table: %s", strerror(errno));
	OK(stat(".", &st));
	device[0] = 0;
	while (!device[0] && fgets(line, sizeof(line), mounts)) {
		const char *rest = strstr(line, " - ");

		if (!rest || sscanf(line, "%*d %*d %u:%u", &major, &minor) != 2 || makedev(major, minor) != st.st_dev)
			continue;
		if (sscanf(rest, " - %*s %255s", device) != 1 || device[0] != '/')
			device[0] = 0;
	}
	fclose(mounts);
}

static void use(void)
{
	char page[PAGE] = "";
	int fd;

	OK(setresgid(SOMEBODY, SOMEBODY, SOMEBODY));
	OK(setresuid(SOMEBODY, SOMEBODY, SOMEBODY));
	fd = (int)OK(open("used", O_CREAT | O_RDWR, 0600));
	// Until the limit is met.
	for (int i = 0; i < 64; i++)
		if (write(fd, page, PAGE) < 0 && errno != EDQUOT)
			die("write: %s", strerror(errno));
	fsync(fd);
	close(fd);
	OK(unlink("used"));
}

void quota(void)
{
	char device[256];
	struct dqblk limits;

	find_device(device);
	OK(chmod(".", 0777));
	for (int type = USRQUOTA; type <= GRPQUOTA && device[0]; type++) {
		memset(&limits, 0, sizeof(limits));
		limits.dqb_bsoftlimit = 32;
		limits.dqb_bhardlimit = 128;
		limits.dqb_valid = QIF_BLIMITS;
		TRY(quotactl(QCMD(Q_SETQUOTA, type), device, SOMEBODY, (caddr_t)&limits));
		TRY(quotactl(QCMD(Q_GETQUOTA, type), device, SOMEBODY, (caddr_t)&limits));
	}
	in_child(true, use);
	for (int type = USRQUOTA; type <= GRPQUOTA && device[0]; type++) {
		struct dqinfo info = {.dqi_bgrace = 1000, .dqi_valid = IIF_BGRACE};
		char next[256];

		TRY(quotactl(QCMD(Q_SETINFO, type), device, 0, (caddr_t)&info));
		TRY(quotactl(QCMD(Q_GETINFO, type), device, 0, (caddr_t)&info));
		TRY(quotactl(QCMD(0x800009, type), device, 0, next)); // Q_GETNEXTQUOTA
		TRY(quotactl(QCMD(Q_SYNC, type), device, 0, NULL));
	}
}
