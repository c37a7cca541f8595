// locks SCENARIO FILE [LOCAL] - lock, lease and wait on files in the ways that
// reach the kernel's lock managers.
//
//   posix   record locks: split, unlocked in the middle, upgraded, waited for,
//   held by a descriptor, left to close flock   whole-file locks: shared,
//   exclusive, waited for, left to close lease   leases that another open
//   breaks: given up, downgraded, and ignored until they time out hold    take
//   a record lock and leave a process behind that keeps it; its number is
//   printed take    ask for that lock again and again, until it is to be had or
//   half a minute is over cross   FILE over the network against LOCAL, the same
//   file of the server: waits, tests and delegations
//
// What is refused is named on stderr, and the scenario goes on. FILE and LOCAL
// are made if need be. A child does what another process has to do. Exit status
// 1 if FILE cannot be opened or a child fails. Needs root.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE = 60 };

static long said(long result, const char *call)
{
	if (result < 0)
		fprintf(stderr, "locks: %s: %s\n", call, strerror(errno));
	return result;
}
#define TRY(call) said((long)(call), #call)

static int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd >= 0)
		return fd;
	fprintf(stderr, "locks: %s: %s\n", path, strerror(errno));
	exit(1);
}

static int record(int fd, int command, int type, off_t from, off_t length)
{
	struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = from, .l_len = length};

	return fcntl(fd, command, &lock);
}

static void nap(int milliseconds)
{
	poll(NULL, 0, milliseconds);
}

// Run the function in a child and return its process.
static pid_t start(void (*run)(const char *), const char *path)
{
	pid_t child = fork();

	if (child < 0) {
		perror("locks: fork");
		exit(1);
	}
	if (child)
		return child;
	run(path);
	_exit(0);
}

static void finish(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child || status) {
		fprintf(stderr, "locks: a child failed\n");
		exit(1);
	}
}

static void wait_for_record(const char *path)
{
	int fd = open_or_die(path, O_RDWR);

	TRY(record(fd, F_SETLKW, F_WRLCK, 0, 10));
	TRY(record(fd, F_SETLK, F_UNLCK, 0, 0));
	close(fd);
}

static void posix_locks(const char *path)
{
	int fd = open_or_die(path, O_CREAT | O_RDWR);
	pid_t child;

	TRY(record(fd, F_SETLK, F_WRLCK, 0, 1000));
	// Two locks are left of one, each with a copy of what the filesystem keeps
	// with it.
	TRY(record(fd, F_SETLK, F_UNLCK, 400, 100));
	TRY(record(fd, F_SETLK, F_RDLCK, 100, 50));
	TRY(record(fd, F_SETLK, F_WRLCK, 0, 2000));
	TRY(record(fd, F_SETLK, F_RDLCK, 0, 0));
	TRY(record(fd, F_SETLK, F_WRLCK, 500, 10));
	TRY(record(fd, F_GETLK, F_WRLCK, 0, 0));
	child = start(wait_for_record, path);
	nap(300);
	TRY(record(fd, F_SETLK, F_UNLCK, 0, 0));
	finish(child);
	TRY(record(fd, F_OFD_SETLK, F_WRLCK, 0, 100));
	TRY(record(fd, F_OFD_GETLK, F_WRLCK, 0, 100));
	TRY(record(fd, F_OFD_SETLK, F_UNLCK, 30, 10));
	TRY(record(fd, F_OFD_SETLK, F_UNLCK, 0, 0));
	TRY(record(fd, F_SETLK, F_WRLCK, 0, 100));
	// Closing any descriptor of the file gives all its record locks up.
	close(fd);
}

static void wait_for_flock(const char *path)
{
	int fd = open_or_die(path, O_RDWR);

	TRY(flock(fd, LOCK_EX));
	close(fd);
}

static void flocks(const char *path)
{
	int fd = open_or_die(path, O_CREAT | O_RDWR), other = open_or_die(path, O_RDWR);
	pid_t child;

	TRY(flock(fd, LOCK_SH));
	TRY(flock(other, LOCK_SH));
	TRY(flock(other, LOCK_UN));
	TRY(flock(fd, LOCK_EX));
	if (!flock(other, LOCK_SH | LOCK_NB))
		fprintf(stderr, "locks: two flocks at once\n");
	child = start(wait_for_flock, path);
	nap(300);
	TRY(flock(fd, LOCK_UN));
	finish(child);
	TRY(flock(fd, LOCK_EX));
	close(fd);
	close(other);
}

static void open_for_writing(const char *path)
{
	int fd = open(path, O_WRONLY | O_NONBLOCK);

	if (fd >= 0)
		close(fd);
	fd = (int)TRY(open(path, O_WRONLY));
	if (fd >= 0)
		close(fd);
}

static void open_for_reading(const char *path)
{
	int fd = (int)TRY(open(path, O_RDONLY));

	if (fd >= 0)
		close(fd);
}

static void cut(const char *path)
{
	TRY(truncate(path, 10));
}

// Take a lease of `type`, have it broken by `breaker`, and answer with
// `answer`; -1 never answers.
static void lease(const char *path, int mode, int type, void (*breaker)(const char *), int answer)
{
	int fd = open_or_die(path, O_CREAT | mode);
	pid_t child;

	if (TRY(fcntl(fd, F_SETLEASE, type)) == 0) {
		child = start(breaker, path);
		nap(200);
		TRY(fcntl(fd, F_GETLEASE));
		if (answer >= 0)
			TRY(fcntl(fd, F_SETLEASE, answer));
		finish(child);
		// What was downgraded is still there, and goes with the file.
	}
	close(fd);
}

static void set_break_time(const char *seconds)
{
	int fd = open_or_die("/proc/sys/fs/lease-break-time", O_WRONLY);

	TRY(write(fd, seconds, strlen(seconds)));
	close(fd);
}

static void leases(const char *path)
{
	// How long the kernel waits for those that are never given up.
	set_break_time("1");
	// The lease-break signal: its default action ends the process.
	signal(SIGIO, SIG_IGN);
	lease(path, O_RDONLY, F_RDLCK, open_for_writing, F_UNLCK);
	lease(path, O_RDWR, F_WRLCK, open_for_reading, F_RDLCK);
	lease(path, O_RDWR, F_WRLCK, open_for_writing, F_UNLCK);
	lease(path, O_RDONLY, F_RDLCK, cut, F_UNLCK);
	lease(path, O_RDONLY, F_RDLCK, open_for_writing, -1);
	lease(path, O_RDWR, F_WRLCK, open_for_reading, -1);
	set_break_time("45");
}

static const char *local_path;

// The server's own process stands in the way of a client, and then lets go.
static void hold_locally(const char *path)
{
	int fd = open_or_die(path, O_RDWR);

	TRY(record(fd, F_SETLK, F_WRLCK, 0, 100));
	nap(1500);
	TRY(record(fd, F_SETLK, F_UNLCK, 0, 0));
	close(fd);
}

// The client holds the range, so that neither call may get it; being asked is
// what matters.
static void ask_locally(const char *path)
{
	int fd = open_or_die(path, O_RDWR);

	TRY(record(fd, F_GETLK, F_WRLCK, 0, 100));
	if (!record(fd, F_SETLK, F_WRLCK, 0, 100))
		fprintf(stderr, "locks: the server does not know of the client's lock\n");
	close(fd);
}

static void interrupt(int signal)
{
	(void)signal;
}

static void lock_across(const char *path)
{
	// Without SA_RESTART, so that it ends the wait.
	struct sigaction action = {.sa_handler = interrupt}, before;
	int fd = open_or_die(path, O_CREAT | O_RDWR);
	pid_t child;

	child = start(hold_locally, local_path);
	nap(500);
	// From 6.7 to 6.12 the server tells no client of an ext4's lock that has
	// become free. The client then asks again in half a minute.
	sigaction(SIGALRM, &action, &before);
	alarm(5);
	if (record(fd, F_SETLKW, F_WRLCK, 0, 100)) {
		fprintf(stderr, "locks: the server does not tell the client that the lock is free\n");
		TRY(record(fd, F_SETLK, F_WRLCK, 0, 100));
	}
	sigaction(SIGALRM, &before, NULL);
	alarm(PATIENCE);
	finish(child);
	finish(start(ask_locally, local_path));
	TRY(record(fd, F_SETLK, F_UNLCK, 0, 0));
	close(fd);
}

// A file that is open for reading is delegated to the client. Another's writing
// recalls that.
static void delegation(const char *path, void (*breaker)(const char *))
{
	int fd, again;
	char byte;

	fd = open_or_die(path, O_RDONLY);
	TRY(pread(fd, &byte, 1, 0));
	// Locks and a second open are the client's own while it has the delegation,
	// and are told on its recall.
	again = open_or_die(path, O_RDONLY);
	TRY(record(fd, F_SETLK, F_RDLCK, 0, 100));
	finish(start(breaker, local_path));
	nap(300);
	TRY(record(fd, F_SETLK, F_UNLCK, 50, 10));
	close(again);
	close(fd);
}

static void remove_file(const char *path)
{
	TRY(unlink(path));
}

static void cross(const char *path)
{
	int fd;

	lock_across(path);
	delegation(path, open_for_writing);
	delegation(path, cut);
	// By the client itself, which owns the lease that it breaks.
	fd = open_or_die(path, O_RDONLY);
	TRY(fchmod(fd, 0600));
	open_for_writing(path);
	close(fd);
	delegation(path, remove_file);
}

static void hold(const char *path)
{
	int ready[2], fd;
	char byte = 0;
	pid_t child;

	if (pipe2(ready, O_CLOEXEC) || (child = fork()) < 0) {
		perror("locks: hold");
		exit(1);
	}
	if (child) {
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			exit(1);
		printf("%d\n", (int)child);
		return;
	}
	fd = open_or_die(path, O_CREAT | O_RDWR);
	if (TRY(record(fd, F_SETLKW, F_WRLCK, 0, 100)) < 0)
		_exit(1);
	// Whoever reads our output is not to wait for this process.
	dup2(open("/dev/null", O_RDWR | O_CLOEXEC), 1);
	TRY(write(ready[1], &byte, 1));
	alarm(PATIENCE);
	pause();
}

static void take(const char *path)
{
	int fd = open_or_die(path, O_RDWR);

	for (int i = 0; i < 30; i++) {
		if (!record(fd, F_SETLK, F_WRLCK, 0, 100))
			return;
		nap(1000);
	}
	fprintf(stderr, "locks: %s: nobody gives up the lock\n", path);
	exit(1);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(const char *);
		int arguments;
	} scenarios[] = {{"posix", posix_locks, 3}, {"flock", flocks, 3}, {"lease", leases, 3},
			 {"hold", hold, 3},         {"take", take, 3},    {"cross", cross, 4}};

	// A lock that never comes is a failure, not a guest that hangs.
	alarm(PATIENCE);
	for (unsigned int i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++) {
		if (argc < 2 || strcmp(argv[1], scenarios[i].name) || argc != scenarios[i].arguments)
			continue;
		local_path = argv[argc - 1];
		scenarios[i].run(argv[2]);
		return 0;
	}
	fprintf(stderr, "usage: locks posix|flock|lease|hold|take FILE | locks cross "
			"FILE LOCAL\n");
	return 2;
}
