// Phases that read and write files: file_operations, and the address_space_operations below them.
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

static void do_open(const struct place *p, unsigned int n)
{
	OK(close(create_file(p, "open", 0)));
	for (unsigned int i = 0; i < n; i++)
		OK(close(open_file(p, "open", i % 2 ? O_RDONLY : O_RDWR)));
	remove_file(p, "open");
}

// Each write stays within one page, so that it is one write_begin and one write_end.
static void do_write(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "write", 0);

	for (unsigned int i = 0; i < n; i++)
		OK(pwrite(fd, buffer, i % 2 ? PAGE : 100, (off_t)(i % 16) * PAGE));
	count("write_iter", n);
	count("write_begin", n);
	count("write_end", n);
	OK(close(fd));
	remove_file(p, "write");
}

static void append(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "append", O_APPEND);
	struct iovec parts[3] = {{buffer, 10}, {buffer, PAGE}, {buffer, 700}};

	for (unsigned int i = 0; i < n; i++) {
		OK(write(fd, buffer, 3000));
		OK(writev(fd, parts, 3));
		OK(pwritev2(fd, parts, 3, 0, RWF_DSYNC));
		count("write_iter", 3);
		// A synchronous write ends in the file's fsync.
		count("fsync", 1);
	}
	reach("write_begin");
	reach("write_end");
	reach("writepages");
	OK(close(fd));
	remove_file(p, "append");
}

static void do_read(const struct place *p, unsigned int n)
{
	int fd = create_filled(p, "read", 32);
	struct iovec parts[2] = {{buffer, 10}, {buffer + PAGE, PAGE}};

	for (unsigned int i = 0; i < n; i++) {
		make_cold(fd);
		OK(pread(fd, buffer, sizeof(buffer), 0));
		OK(preadv(fd, parts, 2, 100));
		OK(lseek(fd, 0, SEEK_END));
		OK(read(fd, buffer, 1));
		count("read_iter", 3);
		count("llseek", 1);
		reach("readahead");
		reach("release_folio");
		make_cold(fd);
		OK(readahead(fd, 0, 8 * PAGE));
	}
	OK(close(fd));
	remove_file(p, "read");
}

static void direct(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "direct", O_DIRECT);

	for (unsigned int i = 0; i < n; i++) {
		// Past the end, then over what is there: ext4 takes the lock in two different ways.
		OK(pwrite(fd, buffer, 4 * PAGE, (off_t)i * 4 * PAGE));
		OK(pwrite(fd, buffer, PAGE, (off_t)i * 4 * PAGE));
		OK(pread(fd, buffer, 4 * PAGE, (off_t)i * 4 * PAGE));
		count("write_iter", 2);
		count("read_iter", 1);
	}
	OK(close(fd));
	remove_file(p, "direct");
}

static void seek(const struct place *p, unsigned int n)
{
	int fd = create_filled(p, "seek", 1);

	OK(ftruncate(fd, 16 * PAGE));
	count("setattr", 1);
	for (unsigned int i = 0; i < n; i++) {
		OK(lseek(fd, 0, SEEK_SET));
		OK(lseek(fd, 0, SEEK_CUR));
		OK(lseek(fd, 0, SEEK_END));
		OK(lseek(fd, 0, SEEK_DATA));
		OK(lseek(fd, 0, SEEK_HOLE));
		FAILS(lseek(fd, 8 * PAGE, SEEK_DATA), ENXIO);
		OK(lseek(p->dir, 0, SEEK_SET));
		count("llseek", 7);
	}
	OK(close(fd));
	remove_file(p, "seek");
}

// Moving data without copying it to user space. One page at a time, so that the kernel's loop turns once.
static void splices(const struct place *p, unsigned int n)
{
	int from = create_filled(p, "splice.from", 8), to = create_file(p, "splice.to", 0), pipes[2];
	off_t offset;

	OK(pipe(pipes));
	for (unsigned int i = 0; i < n; i++) {
		off_t in = 0, out = 0;

		OK(splice(from, &in, pipes[1], NULL, PAGE, 0));
		OK(splice(pipes[0], NULL, to, &out, PAGE, 0));
		offset = PAGE;
		OK(lseek(to, PAGE, SEEK_SET));
		OK(sendfile(to, from, &offset, PAGE));
		in = out = 2 * PAGE;
		OK(copy_file_range(from, &in, to, &out, PAGE, 0));
		count("llseek", 1);
		count("splice_read", 3);
		count("splice_write", 3);
		// A splice to the file is written like any buffer. Until 6.5 reading works the same way.
		count("write_iter", 3);
		if (!since(6, 5))
			count("read_iter", 3);
		reach("write_begin");
		reach("write_end");
	}
	OK(close(pipes[0]));
	OK(close(pipes[1]));
	OK(close(from));
	OK(close(to));
	remove_file(p, "splice.from");
	remove_file(p, "splice.to");
}

static void sync_file(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "fsync", 0);

	for (unsigned int i = 0; i < n; i++) {
		OK(pwrite(fd, buffer, 5000, 0));
		OK(fdatasync(fd));
		OK(pwrite(fd, buffer, 5000, 5000));
		OK(fsync(fd));
		OK(pwrite(fd, buffer, 5000, 10000));
		OK(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
		count("write_iter", 3);
		count("fsync", 2);
		reach("write_begin");
		reach("write_end");
		reach("writepages");
	}
	OK(close(fd));
	remove_file(p, "fsync");
}

static void do_fallocate(const struct place *p, unsigned int n)
{
	int fd = create_filled(p, "fallocate", 32);

	for (unsigned int i = 0; i < n; i++) {
		OK(fallocate(fd, 0, 0, 40 * PAGE));
		OK(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 48 * PAGE));
		OK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 100, 3 * PAGE));
		OK(fallocate(fd, FALLOC_FL_ZERO_RANGE, 4 * PAGE + 10, 2 * PAGE));
		OK(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 8 * PAGE, 4 * PAGE));
		OK(fallocate(fd, FALLOC_FL_INSERT_RANGE, 8 * PAGE, 4 * PAGE));
		count("fallocate", 6);
		reach("invalidate_folio");
		reach("writepages");
	}
	OK(close(fd));
	remove_file(p, "fallocate");
}

// Cut a file whose pages are dirty, in the middle of a page: the rest is thrown away unwritten.
static void truncates(const struct place *p, unsigned int n)
{
	int fd = create_filled(p, "truncate", 16);

	for (unsigned int i = 0; i < n; i++) {
		OK(pwrite(fd, buffer, 16 * PAGE, 0));
		count("write_iter", 1);
		OK(ftruncate(fd, 2 * PAGE + 100));
		OK(ftruncate(fd, 64 * PAGE));
		count("setattr", 2);
		reach("write_begin");
		reach("write_end");
		reach("invalidate_folio");
	}
	OK(close(fd));
	remove_file(p, "truncate");
}

// With blocks smaller than a page, a page can be read in part: write one block of a cold page, read that block,
// which the page already has, then its neighbour, which has to be read from disk.
static void partial(const struct place *p, unsigned int n)
{
	struct statfs fs;
	int fd;

	OK(fstatfs(p->dir, &fs));
	count("statfs", 1);
	fd = create_filled(p, "partial", 4);
	for (unsigned int i = 0; i < n; i++) {
		make_cold(fd);
		OK(pwrite(fd, buffer, (size_t)fs.f_bsize, 0));
		OK(pread(fd, buffer, (size_t)fs.f_bsize, 0));
		OK(pread(fd, buffer, 100, PAGE - 100));
		count("write_iter", 1);
		count("read_iter", 2);
		reach("write_begin");
		reach("write_end");
		if (fs.f_bsize < PAGE) {
			reach("is_partially_uptodate");
			reach("read_folio");
		}
	}
	OK(close(fd));
	remove_file(p, "partial");
}

const struct phase data_phases[] = {
	{"open", do_open, 10, "open a file N times"},
	{"write", do_write, 20, "N writes within one page each"},
	{"append", append, 4, "append N times in three ways, one synchronous"},
	{"read", do_read, 3, "read a cold file N times"},
	{"direct", direct, 4, "N direct reads, direct writes and direct overwrites"},
	{"seek", seek, 4, "seven seeks, N times"},
	{"splice", splices, 4, "splice, sendfile, copy_file_range one page N times"},
	{"fsync", sync_file, 4, "fdatasync, fsync, sync_file_range N times"},
	{"fallocate", do_fallocate, 2, "the six ways of fallocate, N times"},
	{"truncate", truncates, 2, "cut and extend a dirty file N times"},
	{"partial", partial, 2, "read parts of a page N times"},
	{0},
};
