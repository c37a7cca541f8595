// storm WHAT DIR PROCESSES THREADS - very many threads that want the i_rwsem of one directory.
//
//   once      every thread creates, looks up, renames and removes a file of its own in DIR: once, so that the calls are
//             known. When all threads are ready, /tmp/storm-ready appears, and they begin when /tmp/storm-go does
//   victims   every thread lists, creates, renames and removes in DIR, and reads and writes a file there without
//   waiting,
//             until its process is killed by SIGKILL, 6 times over
//   readers   every thread lists DIR until this process gets SIGTERM, and then its processes are killed by SIGKILL
//
// The first call that fails as it should not is named on stderr, and the exit status is 1. Needs root.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_PROCESSES = 64, VICTIM_ROUNDS = 6, STACK = 16384, BLOCK = 4096, SECTOR = 512, NAMES = 32 };

// What all processes share.
static struct {
	atomic_int ready, go, nowait_refused;
} * shared;

static const char *dir_path;
static int dir_fd, process_number, n_threads;

static void fail(const char *what)
{
	fprintf(stderr, "storm: %s: %s\n", what, strerror(errno));
	_exit(1);
}

// The call went well, or failed as names do that others create and remove.
static void tolerate(long result, const char *what)
{
	if (result < 0 && errno != ENOENT && errno != EEXIST)
		fail(what);
}

static void wait_for_go(void)
{
	atomic_fetch_add(&shared->ready, 1);
	while (!atomic_load(&shared->go))
		if (syscall(SYS_futex, &shared->go, 0 /* FUTEX_WAIT */, 0, NULL, NULL, 0) < 0 && errno != EAGAIN &&
		    errno != EINTR)
			fail("futex");
}

static void *once(void *number)
{
	char name[64], renamed[64];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "o%d-%d", process_number, (int)(long)number);
	snprintf(renamed, sizeof(renamed), "r%d-%d", process_number, (int)(long)number);
	wait_for_go();
	fd = openat(dir_fd, name, O_CREAT | O_EXCL | O_WRONLY, 0600);
	if (fd < 0 || close(fd))
		fail("create");
	if (!fstatat(dir_fd, renamed, &st, 0) || errno != ENOENT)
		fail("lookup");
	if (renameat(dir_fd, name, dir_fd, renamed))
		fail("rename");
	if (unlinkat(dir_fd, renamed, 0))
		fail("unlink");
	return NULL;
}

static void list(void)
{
	char buffer[2048];
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY);

	if (fd < 0)
		fail("open the directory");
	while (syscall(SYS_getdents64, fd, buffer, sizeof(buffer)) > 0)
		;
	close(fd);
}

// The i_rwsem of the file: direct reads try it, and direct writes of less than a block hold it until the disk has them.
static void read_without_waiting(void *block)
{
	struct iovec iov = {.iov_base = block, .iov_len = BLOCK};
	int fd = openat(dir_fd, "data", O_RDWR | O_DIRECT);

	if (fd < 0 && errno == EINVAL) /* a filesystem without direct I/O */
		return;
	if (fd < 0)
		fail("open data");
	if (preadv2(fd, &iov, 1, 0, RWF_NOWAIT) < 0) {
		if (errno != EAGAIN)
			fail("read data");
		atomic_fetch_add(&shared->nowait_refused, 1);
	}
	if (pwrite(fd, block, SECTOR, SECTOR) != SECTOR)
		fail("write data");
	close(fd);
}

static void *victim(void *number)
{
	unsigned int seed = (unsigned int)(long)number * 64 + (unsigned int)process_number;
	void *block = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char a[64], b[64];
	struct stat st;
	int fd;

	if (block == MAP_FAILED)
		fail("mmap");
	for (;;) {
		snprintf(a, sizeof(a), "v%d", rand_r(&seed) % NAMES);
		snprintf(b, sizeof(b), "v%d", rand_r(&seed) % NAMES);
		switch (rand_r(&seed) % 6) {
		case 0:
			fd = openat(dir_fd, a, O_CREAT | O_WRONLY, 0600);
			tolerate(fd, "create");
			close(fd);
			break;
		case 1:
			tolerate(unlinkat(dir_fd, a, 0), "unlink");
			break;
		case 2:
			tolerate(renameat(dir_fd, a, dir_fd, b), "rename");
			break;
		case 3:
			tolerate(fstatat(dir_fd, a, &st, 0), "lookup");
			break;
		case 4:
			read_without_waiting(block);
			break;
		default:
			list();
		}
	}
	return NULL;
}

static void *reader(void *unused)
{
	(void)unused;
	for (;;)
		list();
	return NULL;
}

// One process: all of its threads, and itself as the last of them.
static void run_threads(void *(*what)(void *))
{
	pthread_t *threads = calloc((size_t)n_threads, sizeof(*threads));
	pthread_attr_t attr;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK);
	for (int i = 1; threads && i < n_threads; i++) {
		errno = pthread_create(&threads[i], &attr, what, (void *)(long)i);
		if (errno)
			fail("pthread_create");
	}
	what(NULL);
	for (int i = 1; threads && i < n_threads; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

static pid_t start(int number, void *(*what)(void *))
{
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	process_number = number;
	if (!pid)
		run_threads(what);
	return pid;
}

// Whether a process ended as it should: by itself, or by SIGKILL.
static void reap(pid_t pid, bool killed)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		fail("waitpid");
	if (killed && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return;
	if (!killed && WIFEXITED(status) && !WEXITSTATUS(status))
		return;
	fprintf(stderr, "storm: a process ended with status 0x%x\n", (unsigned int)status);
	_exit(1);
}

static void touch(const char *path)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	if (fd < 0)
		fail(path);
	close(fd);
}

static void run_once(int processes)
{
	pid_t pids[MAX_PROCESSES];

	for (int i = 0; i < processes; i++)
		pids[i] = start(i, once);
	while (atomic_load(&shared->ready) < processes * n_threads)
		usleep(10000);
	touch("/tmp/storm-ready");
	while (access("/tmp/storm-go", F_OK))
		usleep(10000);
	atomic_store(&shared->go, 1);
	syscall(SYS_futex, &shared->go, 1 /* FUTEX_WAKE */, 1 << 30, NULL, NULL, 0);
	for (int i = 0; i < processes; i++)
		reap(pids[i], false);
}

static void run_victims(int processes)
{
	pid_t pids[MAX_PROCESSES];
	char zeros[BLOCK] = "";
	unsigned int seed = 1;
	int fd = openat(dir_fd, "data", O_CREAT | O_WRONLY, 0600);

	if (fd < 0 || write(fd, zeros, BLOCK) != BLOCK || fsync(fd) || close(fd))
		fail("data");
	for (int i = 0; i < processes; i++)
		pids[i] = start(i, victim);
	for (int i = 0; i < VICTIM_ROUNDS; i++) {
		int which = i % processes;

		usleep(100000 + (unsigned int)(rand_r(&seed) % 200000));
		kill(pids[which], SIGKILL);
		reap(pids[which], true);
		pids[which] = start(which, victim);
	}
	for (int i = 0; i < processes; i++) {
		kill(pids[i], SIGKILL);
		reap(pids[i], true);
	}
	printf("refused to wait: %d\n", atomic_load(&shared->nowait_refused));
}

static void run_readers(int processes)
{
	pid_t pids[MAX_PROCESSES];
	sigset_t set;
	int signal_number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (int i = 0; i < processes; i++)
		pids[i] = start(i, reader);
	sigwait(&set, &signal_number);
	for (int i = 0; i < processes; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < processes; i++)
		reap(pids[i], true);
}

int main(int argc, char **argv)
{
	int processes;

	if (argc != 5) {
		fputs("usage: storm once|victims|readers DIR PROCESSES THREADS\n", stderr);
		return 2;
	}
	dir_path = argv[2];
	processes = atoi(argv[3]);
	n_threads = atoi(argv[4]);
	if (processes < 1 || processes > MAX_PROCESSES || n_threads < 1) {
		fputs("storm: how many processes, how many threads in each?\n", stderr);
		return 2;
	}
	dir_fd = open(dir_path, O_RDONLY | O_DIRECTORY);
	if (dir_fd < 0)
		fail(dir_path);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		fail("mmap");
	if (!strcmp(argv[1], "once"))
		run_once(processes);
	else if (!strcmp(argv[1], "victims"))
		run_victims(processes);
	else
		run_readers(processes);
	return 0;
}
