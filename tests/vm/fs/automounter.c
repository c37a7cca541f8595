// automounter DIR - mount an autofs at DIR and leave a daemon behind that mounts a tmpfs on whatever name is looked up.
// automounter expire DIR - have the daemon unmount what nobody uses.
//
// Any name is as good as another, except those that begin with "no-": they do not exist. The daemon ends when the
// autofs is unmounted. Needs root.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/auto_fs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int failed(const char *what)
{
	fprintf(stderr, "automounter: %s: %s\n", what, strerror(errno));
	return 1;
}

// Make the directory of this name and mount something there.
static int provide(const char *root, const char *name)
{
	char path[512];

	if (!strncmp(name, "no-", 3))
		return -1;
	snprintf(path, sizeof(path), "%s/%s", root, name);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -1;
	return mount("automounted", path, "tmpfs", 0, "size=1m");
}

static int withdraw(const char *root, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	return umount(path) || rmdir(path) ? -1 : 0;
}

static void serve(int requests, const char *root)
{
	struct autofs_v5_packet packet;

	while (read(requests, &packet, sizeof(packet)) > 0) {
		int result = packet.hdr.type == autofs_ptype_missing_indirect ? provide(root, packet.name)
									      : withdraw(root, packet.name);
		// Open no longer than that, so that the autofs is not in use while nobody asks for anything.
		int control = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		ioctl(control, result ? AUTOFS_IOC_FAIL : AUTOFS_IOC_READY, packet.wait_queue_token);
		close(control);
	}
}

static int start(const char *root)
{
	char options[128];
	int requests[2];
	pid_t child;

	if (pipe2(requests, O_CLOEXEC))
		return failed("pipe");
	child = fork();
	if (child < 0)
		return failed("fork");
	if (!child) {
		// The autofs knows its daemon by the process group, for which nothing is mounted.
		setsid();
		close(requests[1]);
		for (int fd = 0; fd < 3; fd++)
			dup2(open("/dev/null", O_RDWR | O_CLOEXEC), fd);
		serve(requests[0], root);
		_exit(0);
	}
	// The group exists once the child has made it.
	while (getpgid(child) != child)
		usleep(1000);
	snprintf(options, sizeof(options), "fd=%d,pgrp=%d,minproto=5,maxproto=5,indirect", requests[1], (int)child);
	if (mount("automounter", root, "autofs", 0, options)) {
		failed(root);
		kill(child, SIGTERM);
		return 1;
	}
	return 0;
}

static int expire(const char *root)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), at_once = 1, done = 0;

	if (fd < 0)
		return failed(root);
	while (!ioctl(fd, AUTOFS_IOC_EXPIRE_MULTI, &at_once))
		done++;
	// Which is how it says that there is no more.
	if (errno != EAGAIN)
		return failed("expire");
	close(fd);
	return done ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 2)
		return start(argv[1]);
	if (argc == 3 && !strcmp(argv[1], "expire"))
		return expire(argv[2]);
	fprintf(stderr, "usage: automounter DIR | expire DIR\n");
	return 2;
}
