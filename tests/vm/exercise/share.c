// Blocks that files share, and copies that the kernel makes.
#define _GNU_SOURCE
#include "exercise.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGES = 32 };

static void compare(int from, int to)
{
	struct {
		struct file_dedupe_range range;
		struct file_dedupe_range_info info;
	} request;

	memset(&request, 0, sizeof(request));
	request.range.src_length = 16 * PAGE;
	request.range.dest_count = 1;
	request.info.dest_fd = to;
	// Cold pages are read for the comparison.
	make_cold(from);
	make_cold(to);
	TRY(ioctl(from, FIDEDUPERANGE, &request));
}

void clone(void)
{
	int from = filled("clone.from", PAGES), to = filled("clone.to", PAGES), copy = filled("clone.copy", 0);
	struct file_clone_range range = {.src_fd = from, .src_length = 4 * PAGE, .dest_offset = 4 * PAGE};
	off_t in = 0, out = 0;

	OK(fsync(from));
	compare(from, to);
	TRY(ioctl(to, FICLONERANGE, &range));
	TRY(ioctl(copy, FICLONE, from));
	TRY(copy_file_range(from, &in, copy, &out, PAGES * PAGE, 0));
	// Not whole blocks: nothing to share, so that data is moved.
	in = 100;
	out = 50;
	TRY(copy_file_range(from, &in, copy, &out, 10000, 0));
	OK(fsync(copy));
	OK(close(from));
	OK(close(to));
	OK(close(copy));
	OK(unlink("clone.from"));
	OK(unlink("clone.to"));
	OK(unlink("clone.copy"));
}
