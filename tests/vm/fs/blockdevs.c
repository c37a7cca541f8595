// blockdevs DEVICE... - open each block device, ask it what every driver may answer to, and close it, some times over.
//
// Each question is asked by ioctl(2) and again as a 32-bit program would ask it, through the entry that those use, so
// that the drivers' ioctl, compat_ioctl and getgeo are called. What a driver does not know is no failure. Exit status
// 1 if a device cannot be opened. Needs root.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/hdreg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	ROUNDS = 5,
	COMPAT_IOCTL = 54,
	// <scsi/scsi_ioctl.h> and <linux/cdrom.h> have these; not every installation has them.
	GET_IDLUN = 0x5382,
	GET_CAPABILITY = 0x5331,
	LOOP_STATUS = 0x4C05,
};

// ioctl(2) of the 32-bit world. Its pointers have 32 bits, which `data` must fit into.
static int compat_ioctl(int fd, unsigned int request, void *data)
{
	long result = COMPAT_IOCTL;

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"((long)fd), "c"((long)request), "d"(data)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static int ask(const char *device, void *data)
{
	static const unsigned int requests[] = {BLKGETSIZE64, BLKROGET,       BLKSSZGET,   HDIO_GETGEO,
						GET_IDLUN,    GET_CAPABILITY, LOOP_STATUS, _IO('v', 250)};
	int fd = open(device, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "blockdevs: %s: %s\n", device, strerror(errno));
		return 1;
	}
	for (unsigned int i = 0; i < sizeof(requests) / sizeof(*requests); i++) {
		ioctl(fd, requests[i], data);
		compat_ioctl(fd, requests[i], data);
	}
	if (pread(fd, data, 4096, 0) < 0)
		fprintf(stderr, "blockdevs: read %s: %s\n", device, strerror(errno));
	close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	void *data = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	int status = 0;

	if (argc < 2 || data == MAP_FAILED) {
		fprintf(stderr, "usage: blockdevs DEVICE...\n");
		return 2;
	}
	for (int round = 0; round < ROUNDS; round++)
		for (int i = 1; i < argc; i++)
			status |= ask(argv[i], data);
	return status;
}
