// Phases that map files: mmap, vm_operations_struct, and page-wise address_space_operations.
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAP_PAGES = 16 };

static volatile unsigned char sink;

static unsigned char *map(int fd, int protection, int flags, unsigned int pages)
{
	unsigned char *at = mmap(NULL, pages * PAGE, protection, flags, fd, 0);

	if (at == MAP_FAILED)
		die("mmap of %u pages: %s", pages, strerror(errno));
	count("mmap", 1);
	reach("get_unmapped_area");
	return at;
}

static void unmap(void *at, unsigned int pages)
{
	OK(munmap(at, pages * PAGE));
}

static void touch(const unsigned char *at, unsigned int pages)
{
	for (unsigned int i = 0; i < pages; i++)
		sink = at[i * PAGE];
}

// Cold pages read through a mapping: with read-ahead, and without it, which is the way to read_folio.
static void map_read(const struct place *p, unsigned int n)
{
	int fd = create_filled(p, "mapread", MAP_PAGES);

	for (unsigned int i = 0; i < n; i++) {
		unsigned char *at;

		make_cold(fd);
		at = map(fd, PROT_READ, i % 2 ? MAP_SHARED : MAP_PRIVATE, MAP_PAGES);
		touch(at, MAP_PAGES);
		unmap(at, MAP_PAGES);
		make_cold(fd);
		at = map(fd, PROT_READ, MAP_SHARED, MAP_PAGES);
		OK(madvise(at, MAP_PAGES * PAGE, MADV_RANDOM));
		touch(at, MAP_PAGES);
		unmap(at, MAP_PAGES);
		// Warm: the pages around the touched one are mapped along with it.
		at = map(fd, PROT_READ, MAP_SHARED, MAP_PAGES);
		touch(at, MAP_PAGES);
		unmap(at, MAP_PAGES);
		reach("fault");
		reach("map_pages");
		reach("readahead");
		reach("read_folio");
		reach("release_folio");
	}
	OK(close(fd));
	remove_file(p, "mapread");
}

// The first store to a page of a shared mapping, and again after each write-back.
static void map_write(const struct place *p, unsigned int n)
{
	int fd = create_filled(p, "mapwrite", MAP_PAGES);
	unsigned char *at = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, MAP_PAGES);

	OK(fsync(fd));
	count("fsync", 1);
	for (unsigned int i = 0; i < n; i++) {
		for (unsigned int page = 0; page < MAP_PAGES; page++)
			at[page * PAGE] = (unsigned char)i;
		OK(msync(at, MAP_PAGES * PAGE, i % 2 ? MS_ASYNC : MS_SYNC));
		// An asynchronous msync does nothing.
		count("fsync", i % 2 ? 1 : 2);
		OK(fsync(fd));
		reach("page_mkwrite");
		reach("writepages");
	}
	// Dirty when unmapped: the page's state moves from the page table to the page.
	at[0] = 'd';
	unmap(at, MAP_PAGES);
	reach("dirty_folio");
	reach("fault");
	OK(close(fd));
	remove_file(p, "mapwrite");
}

// Stores into a hole of a mapped file have to find room for a block.
static void map_hole(const struct place *p, unsigned int n)
{
	int fd = create_file(p, "maphole", 0);
	unsigned char *at;

	for (unsigned int i = 0; i < n; i++) {
		OK(ftruncate(fd, 0));
		OK(ftruncate(fd, MAP_PAGES * PAGE));
		count("setattr", 2);
		at = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, MAP_PAGES);
		for (unsigned int page = 0; page < MAP_PAGES; page += 2)
			at[page * PAGE] = 'h';
		reach("page_mkwrite");
		reach("fault");
		unmap(at, MAP_PAGES);
	}
	OK(close(fd));
	remove_file(p, "maphole");
}

static void map_private(const struct place *p, unsigned int n)
{
	int fd = create_filled(p, "mapprivate", MAP_PAGES);

	for (unsigned int i = 0; i < n; i++) {
		unsigned char *at = map(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE, MAP_PAGES);

		for (unsigned int page = 0; page < MAP_PAGES; page++)
			at[page * PAGE] = 'p';
		reach("fault");
		unmap(at, MAP_PAGES);
	}
	OK(close(fd));
	remove_file(p, "mapprivate");
}

// Move, grow and split a mapping, and share it with a child.
static void remap(const struct place *p, unsigned int n)
{
	int fd = create_filled(p, "remap", MAP_PAGES), status;

	for (unsigned int i = 0; i < n; i++) {
		unsigned char *at = map(fd, PROT_READ | PROT_WRITE, MAP_SHARED, MAP_PAGES / 2), *moved;
		pid_t child;

		moved = mremap(at, MAP_PAGES / 2 * PAGE, MAP_PAGES * PAGE, MREMAP_MAYMOVE);
		if (moved == MAP_FAILED)
			die("mremap: %s", strerror(errno));
		touch(moved, MAP_PAGES);
		OK(mprotect(moved + PAGE, PAGE, PROT_READ));
		child = (pid_t)OK(fork());
		if (!child) {
			moved[4 * PAGE] = 'c';
			touch(moved, MAP_PAGES);
			_exit(0);
		}
		OK(waitpid(child, &status, 0));
		if (status)
			die("the child that shares a mapping ended with wait status %#x", (unsigned int)status);
		OK(munmap(moved + 2 * PAGE, PAGE));
		OK(munmap(moved, 2 * PAGE));
		OK(munmap(moved + 3 * PAGE, (MAP_PAGES - 3) * PAGE));
		reach("fault");
		reach("page_mkwrite");
	}
	OK(close(fd));
	remove_file(p, "remap");
}

// Ask for the reclaim of a file's pages through its mapping.
static void page_out(const struct place *p, unsigned int n)
{
	int fd = create_filled(p, "pageout", MAP_PAGES);

	for (unsigned int i = 0; i < n; i++) {
		unsigned char *at;

		OK(fsync(fd));
		count("fsync", 1);
		at = map(fd, PROT_READ, MAP_SHARED, MAP_PAGES);
		touch(at, MAP_PAGES);
		OK(madvise(at, MAP_PAGES * PAGE, MADV_COLD));
		OK(madvise(at, MAP_PAGES * PAGE, MADV_PAGEOUT));
		touch(at, MAP_PAGES);
		OK(madvise(at, MAP_PAGES * PAGE, MADV_DONTNEED));
		OK(madvise(at, MAP_PAGES * PAGE, MADV_WILLNEED));
		unmap(at, MAP_PAGES);
		reach("fault");
		reach("release_folio");
		reach("readahead");
		reach("writepages");
	}
	OK(close(fd));
	remove_file(p, "pageout");
}

// The memory node that a mapped page is in, after an attempt to have it on `node` unless that is NULL.
static int page_node(void *at, const int *node)
{
	int status = -1;

	if (syscall(SYS_move_pages, 0, 1ul, &at, node, &status, MPOL_MF_MOVE))
		die("move_pages: %s", strerror(errno));
	return status;
}

// Move a file's pages to the other memory node and back. That is the sure way to migrate a page: compaction moves a
// given one or not as it pleases. With one node (run-guest makes two) there is nowhere to move to.
static void migrate(const struct place *p, unsigned int n)
{
	unsigned char *at;
	int fd;

	if (access("/sys/devices/system/node/node1", F_OK))
		return;
	fd = create_filled(p, "migrate", MAP_PAGES);
	at = map(fd, PROT_READ, MAP_SHARED, MAP_PAGES);
	OK(fsync(fd));
	count("fsync", 1);
	touch(at, MAP_PAGES);
	for (unsigned int i = 0; i < n; i++) {
		unsigned char *page = at + i % MAP_PAGES * PAGE;
		int node = !page_node(page, NULL);

		if (page_node(page, &node) != node)
			die("a page did not move to memory node %d", node);
		touch(page, 1);
	}
	count("migrate_folio", n);
	reach("map_pages");
	unmap(at, MAP_PAGES);
	OK(close(fd));
	remove_file(p, "migrate");
}

const struct phase map_phases[] = {
	{"mapread", map_read, 2, "read a cold file through mappings N times"},
	{"mapwrite", map_write, 2, "write a file through a shared mapping N times"},
	{"maphole", map_hole, 2, "write into the holes of a mapped file N times"},
	{"mapprivate", map_private, 2, "write to a private mapping N times"},
	{"remap", remap, 2, "grow, split and inherit a mapping N times"},
	{"migrate", migrate, 4, "move N pages to another memory node, if there are two"},
	{"pageout", page_out, 2, "reclaim a mapped file's pages N times"},
	{0},
};
