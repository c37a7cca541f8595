// Workloads of one lock and hardly more: what it costs to be asked about a lock that is nobody's who is audited, and to
// record one. No iteration calls a method of the filesystem that checks a rule.
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// Of this program itself, which maps no file of the directory to work in.
static unsigned char own[4096] __attribute__((aligned(4096)));

static void must_fail(int result, int with, const char *call)
{
	if (!result || errno != with)
		die("%s did not fail as it should have", call);
}

static void touch_own(void)
{
	own[0] = 1;
}

// To a page of the same protection: it ends when that is found.
static void protect(void)
{
	OK(mprotect(own, sizeof(own), PROT_READ | PROT_WRITE));
}

static void look_up_pages(void)
{
	unsigned char in_core;

	OK(mincore(own, sizeof(own), &in_core));
}

static void prepare_pipe(void)
{
	int ends[2];

	OK(pipe(ends));
	OK(close(ends[1]));
	prepare_with(ends[0]);
}

static void ask_pipe(void)
{
	OK(fcntl(prepared(), F_GETPIPE_SZ));
}

static void seek_data(void)
{
	OK(lseek(prepared(), 0, SEEK_DATA));
}

static void prepare_directories(void)
{
	OK(mkdir("a", 0700));
	OK(mkdir("b", 0700));
}

static void make_again(void)
{
	must_fail(mkdir("a", 0700), EEXIST, "mkdir");
}

static void rename_nothing(void)
{
	must_fail(rename("a/nothing", "b/nothing"), ENOENT, "rename");
}

const struct workload lock_workloads[] = {
	{"reject-read", touch_own, look_up_pages, 0, "mincore: own mmap_lock, shared", {{"down_read", "up_read", 1}}},
	{"reject-write",
	 touch_own,
	 protect,
	 0,
	 "mprotect: own mmap_lock, exclusive",
	 {{"down_write_killable", "up_write", 1}}},
	{"reject-mutex",
	 prepare_pipe,
	 ask_pipe,
	 0,
	 "F_GETPIPE_SZ: a pipe's mutex",
	 {{"mutex_lock", "mutex_unlock", 1}}},
	{"record-read",
	 prepare_file,
	 seek_data,
	 0,
	 "SEEK_DATA: a file's i_rwsem, shared",
	 {{"down_read", "up_read", 1}}},
	{"record-write",
	 prepare_directories,
	 make_again,
	 0,
	 "mkdir of what exists: a directory's i_rwsem, exclusive",
	 {{"down_write", "up_write", 1}}},
	{"record-three",
	 prepare_directories,
	 rename_nothing,
	 0,
	 "rename of nothing: two i_rwsem, exclusive, and s_vfs_rename_mutex",
	 {{"down_write", "up_write", 2}, {"mutex_lock", "mutex_unlock", 1}}},
	{0},
};
