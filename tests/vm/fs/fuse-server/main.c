// fuse-server DIR - mount a FUSE filesystem at DIR whose files are in this program's memory, and leave it serving.
// fuse-server invalidate FILE - make a page of FILE dirty by a mapping, and have the server call it stale.
//
// The server speaks the kernel's protocol by itself, one request after the other: names, attributes, extended
// attributes, access control lists, record and whole-file locks (with waiting), and data that the kernel writes back.
// It ends when the filesystem is unmounted. What is removed stays in memory until then. Needs root and /dev/fuse.
#define _GNU_SOURCE
#include "server.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define STALE _IO('v', 1)

enum {
	MAX_NODES = 4096,
	MAX_ENTRIES = 4096,
	MAX_XATTRS = 256,
	MAX_WRITE = 128 * 1024,
	ROOM = MAX_WRITE + 4096,
	MAX_FILE = 16 * 1024 * 1024,
};

// A node's number is its place here; 1 is the root, as the protocol wants it.
static struct node nodes[MAX_NODES] = {
	[1] = {.attr = {.ino = FUSE_ROOT_ID, .mode = S_IFDIR | 0755, .nlink = 2, .blksize = 4096}}};
static unsigned int node_count = 2;

// An entry's place plus one is its offset in a directory, which therefore lives as long as the entry.
static struct entry {
	struct node *dir, *node;
	char name[256];
} entries[MAX_ENTRIES];
static unsigned int entry_count;

static struct {
	struct node *node;
	char name[256];
	char *value;
	size_t size;
} xattrs[MAX_XATTRS];

static int device;

static void touch(struct node *node)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	node->attr.mtime = node->attr.ctime = (uint64_t)now.tv_sec;
	node->attr.mtimensec = node->attr.ctimensec = (uint32_t)now.tv_nsec;
}

static struct node *new_node(const struct request *q, uint32_t mode, uint32_t rdev)
{
	struct node *node;

	if (node_count == MAX_NODES)
		return NULL;
	node = &nodes[node_count];
	node->attr = (struct fuse_attr){.ino = node_count++,
					.mode = mode,
					.nlink = S_ISDIR(mode) ? 2 : 1,
					.rdev = rdev,
					.uid = q->header->uid,
					.gid = q->header->gid,
					.blksize = 4096};
	touch(node);
	node->attr.atime = node->attr.mtime;
	return node;
}

static struct entry *find(const struct node *dir, const char *name)
{
	for (unsigned int i = 0; i < entry_count; i++)
		if (entries[i].dir == dir && !strcmp(entries[i].name, name))
			return &entries[i];
	return NULL;
}

static bool is_empty(const struct node *dir)
{
	for (unsigned int i = 0; i < entry_count; i++)
		if (entries[i].dir == dir)
			return false;
	return true;
}

static int add(struct node *dir, const char *name, struct node *node)
{
	struct entry *entry;

	if (!node || entry_count == MAX_ENTRIES)
		return -ENOSPC;
	if (strlen(name) >= sizeof(entry->name))
		return -ENAMETOOLONG;
	entry = &entries[entry_count++];
	entry->dir = dir;
	entry->node = node;
	strcpy(entry->name, name);
	touch(dir);
	return 0;
}

static void drop(struct entry *entry)
{
	if (S_ISDIR(entry->node->attr.mode))
		entry->node->attr.nlink = 0;
	else
		entry->node->attr.nlink--;
	touch(entry->dir);
	entry->dir = NULL;
}

static int resize(struct node *node, uint64_t size)
{
	char *data;

	if (size > MAX_FILE)
		return -EFBIG;
	if (size > node->room) {
		data = realloc(node->data, size);
		if (!data)
			return -ENOSPC;
		memset(data + node->room, 0, size - node->room);
		node->data = data;
		node->room = size;
	}
	if (size < node->attr.size)
		memset(node->data + size, 0, node->attr.size - size);
	node->attr.size = size;
	node->attr.blocks = (size + 511) / 512;
	touch(node);
	return 0;
}

static void fill_entry(struct fuse_entry_out *out, const struct node *node)
{
	*out = (struct fuse_entry_out){.nodeid = node->attr.ino, .entry_valid = 1, .attr_valid = 1, .attr = node->attr};
}

static int reply_entry(struct request *q, const struct node *node)
{
	fill_entry(q->out, node);
	return sizeof(struct fuse_entry_out);
}

static int do_init(struct request *q)
{
	const struct fuse_init_in *in = (const void *)q->in;
	const uint32_t wanted = FUSE_ASYNC_READ | FUSE_POSIX_LOCKS | FUSE_FLOCK_LOCKS | FUSE_BIG_WRITES |
				FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_ASYNC_DIO | FUSE_WRITEBACK_CACHE |
				FUSE_PARALLEL_DIROPS | FUSE_POSIX_ACL | FUSE_CACHE_SYMLINKS;
	struct fuse_init_out *out = q->out;

	*out = (struct fuse_init_out){.major = FUSE_KERNEL_VERSION,
				      .minor = FUSE_KERNEL_MINOR_VERSION,
				      .max_readahead = in->max_readahead,
				      .flags = in->flags & wanted,
				      .max_background = 16,
				      .congestion_threshold = 12,
				      .max_write = MAX_WRITE,
				      .time_gran = 1};
	return sizeof(*out);
}

static int do_lookup(struct request *q)
{
	const struct entry *entry = find(q->node, q->in);

	return entry ? reply_entry(q, entry->node) : -ENOENT;
}

static int reply_attr(struct request *q)
{
	struct fuse_attr_out *out = q->out;

	*out = (struct fuse_attr_out){.attr_valid = 1, .attr = q->node->attr};
	return sizeof(*out);
}

static int do_setattr(struct request *q)
{
	const struct fuse_setattr_in *in = (const void *)q->in;
	struct fuse_attr *attr = &q->node->attr;
	int error = 0;

	if (in->valid & FATTR_SIZE)
		error = resize(q->node, in->size);
	if (in->valid & FATTR_MODE)
		attr->mode = (attr->mode & S_IFMT) | (in->mode & 07777);
	if (in->valid & FATTR_UID)
		attr->uid = in->uid;
	if (in->valid & FATTR_GID)
		attr->gid = in->gid;
	if (in->valid & FATTR_ATIME)
		attr->atime = in->atime;
	if (in->valid & FATTR_MTIME)
		attr->mtime = in->mtime;
	return error ? error : reply_attr(q);
}

// Make a node of this name. `out` gets the entry.
static int create(struct request *q, const char *name, uint32_t mode, uint32_t rdev)
{
	struct node *node;
	int error;

	if (find(q->node, name))
		return -EEXIST;
	node = new_node(q, mode, rdev);
	error = add(q->node, name, node);
	return error ? error : reply_entry(q, node);
}

static int do_mknod(struct request *q)
{
	const struct fuse_mknod_in *in = (const void *)q->in;

	return create(q, q->in + sizeof(*in), in->mode & ~in->umask, in->rdev);
}

static int do_mkdir(struct request *q)
{
	const struct fuse_mkdir_in *in = (const void *)q->in;

	return create(q, q->in + sizeof(*in), S_IFDIR | (in->mode & ~in->umask), 0);
}

static int do_symlink(struct request *q)
{
	const char *to = q->in + strlen(q->in) + 1;
	int size = create(q, q->in, S_IFLNK | 0777, 0), error;
	struct node *node;

	if (size < 0)
		return size;
	node = &nodes[node_count - 1];
	error = resize(node, strlen(to));
	if (error)
		return error;
	memcpy(node->data, to, strlen(to));
	return reply_entry(q, node);
}

static int do_readlink(struct request *q)
{
	memcpy(q->out, q->node->data, q->node->attr.size);
	return (int)q->node->attr.size;
}

static int reply_open(struct request *q)
{
	memset(q->out, 0, sizeof(struct fuse_open_out));
	return sizeof(struct fuse_open_out);
}

static int do_create(struct request *q)
{
	const struct fuse_create_in *in = (const void *)q->in;
	int size = create(q, q->in + sizeof(*in), in->mode & ~in->umask, 0);

	if (size < 0)
		return size;
	memset((char *)q->out + size, 0, sizeof(struct fuse_open_out));
	return size + (int)sizeof(struct fuse_open_out);
}

// A file without a name, which a link may give one.
static int do_tmpfile(struct request *q)
{
	const struct fuse_create_in *in = (const void *)q->in;
	struct node *node = new_node(q, in->mode & ~in->umask, 0);
	int size;

	if (!node)
		return -ENOSPC;
	node->attr.nlink = 0;
	size = reply_entry(q, node);
	memset((char *)q->out + size, 0, sizeof(struct fuse_open_out));
	return size + (int)sizeof(struct fuse_open_out);
}

static int do_link(struct request *q)
{
	const struct fuse_link_in *in = (const void *)q->in;
	const char *name = q->in + sizeof(*in);
	struct node *node = &nodes[in->oldnodeid];
	int error = find(q->node, name) ? -EEXIST : add(q->node, name, node);

	if (error)
		return error;
	node->attr.nlink++;
	touch(node);
	return reply_entry(q, node);
}

static int do_unlink(struct request *q)
{
	struct entry *entry = find(q->node, q->in);

	if (!entry)
		return -ENOENT;
	if (S_ISDIR(entry->node->attr.mode) && !is_empty(entry->node))
		return -ENOTEMPTY;
	drop(entry);
	return 0;
}

static int move(struct request *q, uint64_t to, uint32_t flags, const char *old)
{
	struct entry *from = find(q->node, old), *over = find(&nodes[to], old + strlen(old) + 1);
	struct node *node;

	if (!from || (flags & RENAME_EXCHANGE && !over))
		return -ENOENT;
	if (over && flags & RENAME_NOREPLACE)
		return -EEXIST;
	node = from->node;
	if (flags & RENAME_EXCHANGE) {
		from->node = over->node;
		over->node = node;
		return 0;
	}
	if (over && S_ISDIR(over->node->attr.mode) && !is_empty(over->node))
		return -ENOTEMPTY;
	if (over)
		drop(over);
	from->dir = NULL;
	touch(q->node);
	return add(&nodes[to], old + strlen(old) + 1, node);
}

static int do_rename(struct request *q)
{
	const struct fuse_rename_in *in = (const void *)q->in;

	return move(q, in->newdir, 0, q->in + sizeof(*in));
}

static int do_rename2(struct request *q)
{
	const struct fuse_rename2_in *in = (const void *)q->in;

	return move(q, in->newdir, in->flags, q->in + sizeof(*in));
}

static int do_read(struct request *q)
{
	const struct fuse_read_in *in = (const void *)q->in;
	uint64_t size = q->node->attr.size, left = in->offset < size ? size - in->offset : 0;
	uint32_t length = left < in->size ? (uint32_t)left : in->size;

	if (length)
		memcpy(q->out, q->node->data + in->offset, length);
	return (int)length;
}

static int store(struct node *node, uint64_t offset, const char *from, uint32_t size)
{
	int error = offset + size > node->attr.size ? resize(node, offset + size) : 0;

	if (error)
		return error;
	if (size)
		memmove(node->data + offset, from, size);
	touch(node);
	return 0;
}

static int reply_written(struct request *q, uint32_t size)
{
	struct fuse_write_out *out = q->out;

	*out = (struct fuse_write_out){.size = size};
	return sizeof(*out);
}

static int do_write(struct request *q)
{
	const struct fuse_write_in *in = (const void *)q->in;
	int error = store(q->node, in->offset, q->in + sizeof(*in), in->size);

	return error ? error : reply_written(q, in->size);
}

static int do_copy(struct request *q)
{
	const struct fuse_copy_file_range_in *in = (const void *)q->in;
	uint64_t size = q->node->attr.size, left = in->off_in < size ? size - in->off_in : 0;
	uint32_t length = (uint32_t)(in->len < left ? in->len : left);
	struct node *to = &nodes[in->nodeid_out];
	int error = in->off_out + length > to->attr.size ? resize(to, in->off_out + length) : 0;

	if (!error)
		error = store(to, in->off_out, q->node->data + in->off_in, length);
	return error ? error : reply_written(q, length);
}

static int do_fallocate(struct request *q)
{
	const struct fuse_fallocate_in *in = (const void *)q->in;
	uint64_t end = in->offset + in->length, size = q->node->attr.size;

	if (in->mode & ~(uint32_t)(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	if (in->mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE) && in->offset < size)
		memset(q->node->data + in->offset, 0, (end < size ? end : size) - in->offset);
	return in->mode & FALLOC_FL_KEEP_SIZE || end <= size ? 0 : resize(q->node, end);
}

static int do_lseek(struct request *q)
{
	const struct fuse_lseek_in *in = (const void *)q->in;
	struct fuse_lseek_out *out = q->out;

	if (in->offset >= q->node->attr.size)
		return -ENXIO;
	out->offset = in->whence == SEEK_HOLE ? q->node->attr.size : in->offset;
	return sizeof(*out);
}

static int do_statfs(struct request *q)
{
	struct fuse_statfs_out *out = q->out;

	*out = (struct fuse_statfs_out){.st = {.blocks = 65536,
					       .bfree = 65536,
					       .bavail = 65536,
					       .files = MAX_NODES,
					       .bsize = 4096,
					       .namelen = 255}};
	return sizeof(*out);
}

static int read_dir(struct request *q, bool plus)
{
	const struct fuse_read_in *in = (const void *)q->in;
	size_t done = 0;

	for (unsigned int i = (unsigned int)in->offset; i < entry_count; i++) {
		size_t name = strlen(entries[i].name), head = plus ? sizeof(struct fuse_entry_out) : 0;
		struct fuse_dirent *dirent = (void *)((char *)q->out + done + head);
		size_t length = FUSE_DIRENT_ALIGN(head + FUSE_NAME_OFFSET + name);

		if (entries[i].dir != q->node)
			continue;
		if (done + length > in->size)
			break;
		memset((char *)q->out + done, 0, length);
		if (plus)
			fill_entry((void *)((char *)q->out + done), entries[i].node);
		dirent->ino = entries[i].node->attr.ino;
		dirent->off = i + 1;
		dirent->namelen = (uint32_t)name;
		dirent->type = IFTODT(entries[i].node->attr.mode);
		memcpy(dirent->name, entries[i].name, name);
		done += length;
	}
	return (int)done;
}

static int do_readdir(struct request *q)
{
	return read_dir(q, false);
}

static int do_readdirplus(struct request *q)
{
	return read_dir(q, true);
}

static int find_xattr(const struct node *node, const char *name)
{
	for (int i = 0; i < MAX_XATTRS; i++)
		if (xattrs[i].node == node && (!node || !strcmp(xattrs[i].name, name)))
			return i;
	return -1;
}

static int do_setxattr(struct request *q)
{
	const struct fuse_setxattr_in *in = (const void *)q->in;
	const char *name = q->in + FUSE_COMPAT_SETXATTR_IN_SIZE;
	int i = find_xattr(q->node, name);
	char *value;

	if (i >= 0 && in->flags & XATTR_CREATE)
		return -EEXIST;
	if (i < 0 && in->flags & XATTR_REPLACE)
		return -ENODATA;
	if (i < 0)
		i = find_xattr(NULL, NULL);
	value = i < 0 || strlen(name) >= sizeof(xattrs[0].name) ? NULL : malloc(in->size + 1);
	if (!value)
		return -ENOSPC;
	memcpy(value, name + strlen(name) + 1, in->size);
	free(xattrs[i].value);
	xattrs[i].node = q->node;
	strcpy(xattrs[i].name, name);
	xattrs[i].value = value;
	xattrs[i].size = in->size;
	return 0;
}

// A value of this size, or only its size if that is what was asked for.
static int reply_value(struct request *q, const char *value, size_t size)
{
	const struct fuse_getxattr_in *in = (const void *)q->in;
	struct fuse_getxattr_out *out = q->out;

	if (!in->size) {
		*out = (struct fuse_getxattr_out){.size = (uint32_t)size};
		return sizeof(*out);
	}
	if (size > in->size)
		return -ERANGE;
	memcpy(q->out, value, size);
	return (int)size;
}

static int do_getxattr(struct request *q)
{
	int i = find_xattr(q->node, q->in + sizeof(struct fuse_getxattr_in));

	return i < 0 ? -ENODATA : reply_value(q, xattrs[i].value, xattrs[i].size);
}

static int do_listxattr(struct request *q)
{
	char list[MAX_XATTRS * 64];
	size_t size = 0;

	for (int i = 0; i < MAX_XATTRS; i++) {
		if (xattrs[i].node != q->node || size + sizeof(xattrs[i].name) > sizeof(list))
			continue;
		strcpy(list + size, xattrs[i].name);
		size += strlen(xattrs[i].name) + 1;
	}
	return reply_value(q, list, size);
}

static int do_removexattr(struct request *q)
{
	int i = find_xattr(q->node, q->in);

	if (i < 0)
		return -ENODATA;
	xattrs[i].node = NULL;
	return 0;
}

void send_reply(uint64_t unique, int result, const void *out)
{
	size_t size = result > 0 ? (size_t)result : 0;
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + size), .error = result < 0 ? result : 0, .unique = unique};
	struct iovec parts[2] = {{&header, sizeof(header)}, {(void *)out, size}};

	// The kernel has forgotten a request that was interrupted, and all of them after a forced umount.
	if (writev(device, parts, 2) < 0 && errno != ENOENT && errno != ENODEV) {
		perror("fuse-server: reply");
		exit(1);
	}
}

// Tell the kernel that what it has of the file is stale. Its answer is to write back what is dirty, through the
// server, so that the server cannot wait for it: a child does.
static void tell_stale(const struct node *node)
{
	const struct {
		struct fuse_out_header header;
		struct fuse_notify_inval_inode_out out;
	} note = {{sizeof(note), FUSE_NOTIFY_INVAL_INODE, 0}, {node->attr.ino, 0, 0}};

	if (fork())
		return;
	if (write(device, &note, sizeof(note)) < 0)
		perror("fuse-server: notify");
	_exit(0);
}

static int do_ioctl(struct request *q)
{
	const struct fuse_ioctl_in *in = (const void *)q->in;
	struct fuse_ioctl_out *out = q->out;

	memset(out, 0, sizeof(*out) + in->out_size);
	switch (in->cmd) {
	case FS_IOC_GETFLAGS:
		memcpy(out + 1, &q->node->flags, sizeof(q->node->flags));
		return (int)(sizeof(*out) + in->out_size);
	case FS_IOC_SETFLAGS:
		memcpy(&q->node->flags, in + 1, sizeof(q->node->flags));
		return sizeof(*out);
	case FS_IOC_FSGETXATTR:
		return (int)(sizeof(*out) + in->out_size);
	case FS_IOC_FSSETXATTR:
		return sizeof(*out);
	case STALE:
		tell_stale(q->node);
		return sizeof(*out);
	default:
		return -ENOTTY;
	}
}

static int do_nothing(struct request *q)
{
	(void)q;
	return 0;
}

static int do_forget(struct request *q)
{
	(void)q;
	return NO_REPLY;
}

enum { OPERATIONS = FUSE_TMPFILE + 1 };

static int (*const operations[OPERATIONS])(struct request *) = {
	[FUSE_INIT] = do_init,
	[FUSE_LOOKUP] = do_lookup,
	[FUSE_FORGET] = do_forget,
	[FUSE_BATCH_FORGET] = do_forget,
	[FUSE_GETATTR] = reply_attr,
	[FUSE_SETATTR] = do_setattr,
	[FUSE_READLINK] = do_readlink,
	[FUSE_SYMLINK] = do_symlink,
	[FUSE_MKNOD] = do_mknod,
	[FUSE_MKDIR] = do_mkdir,
	[FUSE_UNLINK] = do_unlink,
	[FUSE_RMDIR] = do_unlink,
	[FUSE_RENAME] = do_rename,
	[FUSE_RENAME2] = do_rename2,
	[FUSE_LINK] = do_link,
	[FUSE_OPEN] = reply_open,
	[FUSE_OPENDIR] = reply_open,
	[FUSE_CREATE] = do_create,
	[FUSE_TMPFILE] = do_tmpfile,
	[FUSE_READ] = do_read,
	[FUSE_WRITE] = do_write,
	[FUSE_COPY_FILE_RANGE] = do_copy,
	[FUSE_FALLOCATE] = do_fallocate,
	[FUSE_LSEEK] = do_lseek,
	[FUSE_STATFS] = do_statfs,
	[FUSE_READDIR] = do_readdir,
	[FUSE_READDIRPLUS] = do_readdirplus,
	[FUSE_SETXATTR] = do_setxattr,
	[FUSE_GETXATTR] = do_getxattr,
	[FUSE_LISTXATTR] = do_listxattr,
	[FUSE_REMOVEXATTR] = do_removexattr,
	[FUSE_GETLK] = do_getlk,
	[FUSE_SETLK] = do_setlk,
	[FUSE_SETLKW] = do_setlk,
	[FUSE_INTERRUPT] = do_interrupt,
	[FUSE_IOCTL] = do_ioctl,
	[FUSE_FLUSH] = do_close,
	[FUSE_RELEASE] = do_close,
	[FUSE_RELEASEDIR] = do_nothing,
	[FUSE_FSYNC] = do_nothing,
	[FUSE_FSYNCDIR] = do_nothing,
	[FUSE_SYNCFS] = do_nothing,
	[FUSE_ACCESS] = do_nothing,
	[FUSE_DESTROY] = do_nothing,
};

__attribute__((noreturn)) static void serve(void)
{
	static char in[ROOM] __attribute__((aligned(8))), out[ROOM] __attribute__((aligned(8)));
	const struct fuse_in_header *header = (const void *)in;

	for (;;) {
		ssize_t got = read(device, in, sizeof(in));
		struct request q = {.header = header, .in = in + sizeof(*header), .out = out};
		int result = -ENOSYS;

		// Interrupted before it was read; or unmounted.
		if (got < 0 && (errno == ENOENT || errno == EINTR || errno == EAGAIN))
			continue;
		if (got < (ssize_t)sizeof(*header))
			exit(got < 0 && errno == ENODEV ? 0 : 1);
		q.in_size = (size_t)got - sizeof(*header);
		q.node = &nodes[header->nodeid < node_count ? header->nodeid : 0];
		if (header->opcode < OPERATIONS && operations[header->opcode])
			result = operations[header->opcode](&q);
		if (result != NO_REPLY)
			send_reply(header->unique, result, out);
		serve_waiters();
	}
}

static int start(const char *where)
{
	char options[128];
	pid_t child;

	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", device);
	if (device < 0 || mount("vfslock-test", where, "fuse", 0, options)) {
		fprintf(stderr, "fuse-server: %s: %s\n", device < 0 ? "/dev/fuse" : where, strerror(errno));
		return 1;
	}
	touch(&nodes[FUSE_ROOT_ID]);
	child = fork();
	if (child < 0) {
		perror("fuse-server: fork");
		return 1;
	}
	if (child)
		return 0;
	setsid();
	signal(SIGCHLD, SIG_IGN);
	// Whoever waits for the end of our output need not wait for this process.
	for (int fd = 0; fd < 3; fd++)
		dup2(open("/dev/null", O_RDWR | O_CLOEXEC), fd);
	serve();
}

static int invalidate(const char *path)
{
	int fd = open(path, O_CREAT | O_RDWR, 0644);
	volatile char *map;

	if (fd < 0 || ftruncate(fd, 4 * 4096))
		goto failed;
	map = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		goto failed;
	for (int i = 0; i < 3; i++) {
		map[4096 * i] = 'd';
		if (ioctl(fd, STALE))
			goto failed;
		// The kernel does its part when it likes.
		usleep(200000);
	}
	if (munmap((void *)map, 4 * 4096) || close(fd))
		goto failed;
	return 0;
failed:
	fprintf(stderr, "fuse-server: %s: %s\n", path, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "invalidate"))
		return invalidate(argv[2]);
	if (argc == 2)
		return start(argv[1]);
	fprintf(stderr, "usage: fuse-server DIR | invalidate FILE\n");
	return 2;
}
