// SPDX-License-Identifier: GPL-2.0-only
#include "discover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The walk over cached inodes is not locked: it is a first look, bounded; what it misses is learnt live. */
#define MAX_CACHED_INODES 20000
/* Names looked at below the mount point, to meet the kinds of inode that are not cached. */
#define MAX_NAMES 256
#define MAX_XATTR_HANDLERS 32
#define MAX_LOCKS 64

/* Offsets in the running kernel. */
#define OFFSETS(X)                                                                                                     \
	X(task_files, "task_struct.files")                                                                             \
	X(files_fdt, "files_struct.fdt")                                                                               \
	X(fdt_fd, "fdtable.fd")                                                                                        \
	X(file_inode, "file.f_inode")                                                                                  \
	X(inode_sb, "inode.i_sb")                                                                                      \
	X(inode_mode, "inode.i_mode")                                                                                  \
	X(inode_op, "inode.i_op")                                                                                      \
	X(inode_fop, "inode.i_fop")                                                                                    \
	X(inode_mapping, "inode.i_mapping")                                                                            \
	X(inode_sb_list, "inode.i_sb_list")                                                                            \
	X(inode_dentry, "inode.i_dentry.first")                                                                        \
	X(inode_flctx, "inode.i_flctx")                                                                                \
	X(dentry_op, "dentry.d_op")                                                                                    \
	X(flctx_posix, "file_lock_context.flc_posix")                                                                  \
	X(flctx_lease, "file_lock_context.flc_lease")                                                                  \
	X(mapping_a_ops, "address_space.a_ops")                                                                        \
	X(mapping_i_mmap, "address_space.i_mmap.rb_root.rb_node")                                                      \
	X(vma_rb, "vm_area_struct.shared.rb")                                                                          \
	X(vma_ops, "vm_area_struct.vm_ops")                                                                            \
	X(sb_inodes, "super_block.s_inodes")                                                                           \
	X(sb_op, "super_block.s_op")                                                                                   \
	X(sb_xattr, "super_block.s_xattr")                                                                             \
	X(sb_id, "super_block.s_id")                                                                                   \
	X(sb_type, "super_block.s_type")                                                                               \
	X(type_name, "file_system_type.name")

struct discovery {
	struct kbtf *kb;
	struct kmem *km;
	struct {
#define X(name, path) int name;
		OFFSETS(X)
#undef X
	} at;
	int alias; /* of the link in a dentry that its inode's list goes through, or -ENOENT */
	struct lock_offsets {
		int list, ops, manager_ops; /* in a lock or lease, or -ENOENT */
		enum table_kind manager_kind;
	} lock, lease;
};

int ops_struct__find(const char *name)
{
	for (int i = 0; i < n_ops_structs; i++)
		if (!strcmp(ops_structs[i].name, name))
			return i;
	return -1;
}

/* The first of @paths that this kernel has. */
static int first_offset(struct kbtf *kb, const char *const *paths)
{
	int at = -ENOENT;

	for (; *paths && at < 0; paths++)
		at = kbtf__offset(kb, *paths);
	return at;
}

/* Members that moved between kernels. */
static void find_late_members(struct discovery *d)
{
	static const char *const alias[] = {"dentry.d_u.d_alias", "dentry.d_alias", NULL};
	/* 6.9 put what locks and leases have in common into a struct file_lock_core. */
	static const char *const list[] = {"file_lock.fl_list", "file_lock.c.flc_list", NULL};
	static const char *const lease_list[] = {"file_lease.c.flc_list", "file_lock.fl_list", NULL};
	static const char *const lease_ops[] = {"file_lease.fl_lmops", "file_lock.fl_lmops", NULL};

	d->alias = first_offset(d->kb, alias);
	d->lock = (struct lock_offsets){.list = first_offset(d->kb, list),
					.ops = kbtf__offset(d->kb, "file_lock.fl_ops"),
					.manager_ops = kbtf__offset(d->kb, "file_lock.fl_lmops")};
	d->lease = (struct lock_offsets){
		.list = first_offset(d->kb, lease_list),
		.ops = -ENOENT,
		.manager_ops = first_offset(d->kb, lease_ops),
		.manager_kind = kbtf__has_struct(d->kb, "lease_manager_operations") ? TABLE_ALSO : TABLE_OPS,
	};
}

int discovery__open(struct kbtf *kb, struct kmem *km, struct discovery **out)
{
	struct discovery *d = calloc(1, sizeof(*d));

	if (!d)
		return -ENOMEM;
	d->kb = kb;
	d->km = km;
#define X(name, path)                                                                                                  \
	d->at.name = kbtf__offset(kb, path);                                                                           \
	if (d->at.name < 0) {                                                                                          \
		fprintf(stderr, "vfslock: this kernel's BTF has no %s: filesystems cannot be discovered on it\n",      \
			path);                                                                                         \
		free(d);                                                                                               \
		return -ENOTSUP;                                                                                       \
	}
	OFFSETS(X)
#undef X
	find_late_members(d);
	*out = d;
	return 0;
}

void discovery__free(struct discovery *d)
{
	free(d);
}

void target__free(struct target *t)
{
	free(t->tables);
	t->tables = NULL;
	t->n_tables = 0;
}

int discover__add_table(struct target *t, int ops, enum table_kind kind, __u64 addr, const char *found)
{
	void *p;

	if (ops < 0 || !addr)
		return 0;
	for (int i = 0; i < t->n_tables; i++)
		if (t->tables[i].ops == ops && t->tables[i].kind == kind && t->tables[i].addr == addr)
			return 0;
	p = realloc(t->tables, (size_t)(t->n_tables + 1) * sizeof(*t->tables));
	if (!p)
		return -ENOMEM;
	t->tables = p;
	t->tables[t->n_tables] = (struct ops_table){.ops = ops, .kind = kind, .addr = addr};
	snprintf(t->tables[t->n_tables++].found, sizeof(t->tables->found), "%s", found);
	return 1;
}

static const char *inode_kind(unsigned int mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "directory";
	case S_IFREG:
		return "regular file";
	case S_IFLNK:
		return "symlink";
	default:
		return "special file";
	}
}

const char *ops_struct__found_on(int ops)
{
	static const char *const found[][2] = {
		{"vm_operations_struct", "mapping"}, {"file_lock_operations", "lock"},
		{"lock_manager_operations", "lock"}, {"buffer_head", "buffer"},
		{"dentry_operations", "dentry"},
	};

	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++)
		if (!strcmp(ops_structs[ops].name, found[i][0]))
			return found[i][1];
	return "object";
}

static int add(struct target *t, const char *ops, __u64 addr, const char *found)
{
	return discover__add_table(t, ops_struct__find(ops), TABLE_OPS, addr, found);
}

int discover__inode_tables(struct target *t, unsigned int mode, __u64 i_op, __u64 i_fop, __u64 a_ops, __u64 d_op)
{
	const char *kind = inode_kind(mode);
	int added = add(t, "inode_operations", i_op, kind);

	/* The i_fop of a fifo, a device or a socket is not the filesystem's; a symlink is never opened. */
	if (S_ISDIR(mode) || S_ISREG(mode))
		added += add(t, "file_operations", i_fop, kind);
	if (S_ISDIR(mode) || S_ISREG(mode) || S_ISLNK(mode))
		added += add(t, "address_space_operations", a_ops, kind);
	added += add(t, "dentry_operations", d_op, "dentry");
	return added;
}

static __u64 inode_of_fd(struct discovery *d, int fd)
{
	__u64 task, files, fdt, array, file;

	if (kmem__current(d->km, &task) || !task)
		return 0;
	files = kmem__pointer(d->km, task, d->at.task_files);
	fdt = kmem__pointer(d->km, files, d->at.files_fdt);
	array = kmem__pointer(d->km, fdt, d->at.fdt_fd);
	file = kmem__pointer(d->km, array, fd * (int)sizeof(__u64));
	return kmem__pointer(d->km, file, d->at.file_inode);
}

static void look_at_lock_list(struct discovery *d, struct target *t, __u64 head, const struct lock_offsets *at)
{
	__u64 next = kmem__pointer(d->km, head, 0);

	for (int i = 0; at->list >= 0 && next && next != head && i < MAX_LOCKS; i++) {
		__u64 lock = next - (__u64)at->list;

		add(t, "file_lock_operations", kmem__pointer(d->km, lock, at->ops), "lock");
		discover__add_table(t, ops_struct__find("lock_manager_operations"), at->manager_kind,
				    kmem__pointer(d->km, lock, at->manager_ops), "lock");
		next = kmem__pointer(d->km, next, 0);
	}
}

/* Locks and leases that are there already. */
static void look_at_locks(struct discovery *d, struct target *t, __u64 inode)
{
	__u64 flctx = kmem__pointer(d->km, inode, d->at.inode_flctx);

	if (!flctx)
		return;
	look_at_lock_list(d, t, flctx + (__u64)d->at.flctx_posix, &d->lock);
	look_at_lock_list(d, t, flctx + (__u64)d->at.flctx_lease, &d->lease);
}

/* The tables of one inode of the target, and those of one mapping of it. False: not (or no longer) one of its inodes.
 */
static bool look_at_inode(struct discovery *d, struct target *t, __u64 inode)
{
	__u64 mapping, node, alias;
	__u16 mode = 0;

	if (kmem__pointer(d->km, inode, d->at.inode_sb) != t->super_block ||
	    kmem__read(d->km, inode + (__u64)d->at.inode_mode, &mode, sizeof(mode)))
		return false;
	mapping = kmem__pointer(d->km, inode, d->at.inode_mapping);
	alias = d->alias < 0 ? 0 : kmem__pointer(d->km, inode, d->at.inode_dentry);
	discover__inode_tables(t, mode, kmem__pointer(d->km, inode, d->at.inode_op),
			       kmem__pointer(d->km, inode, d->at.inode_fop),
			       kmem__pointer(d->km, mapping, d->at.mapping_a_ops),
			       alias ? kmem__pointer(d->km, alias - (__u64)d->alias, d->at.dentry_op) : 0);
	look_at_locks(d, t, inode);
	node = S_ISREG(mode) ? kmem__pointer(d->km, mapping, d->at.mapping_i_mmap) : 0;
	if (node)
		add(t, "vm_operations_struct", kmem__pointer(d->km, node - (__u64)d->at.vma_rb, d->at.vma_ops),
		    "mapping");
	return true;
}

static void look_at_cached_inodes(struct discovery *d, struct target *t)
{
	__u64 head = t->super_block + (__u64)d->at.sb_inodes, at = head;

	for (int i = 0; i < MAX_CACHED_INODES; i++) {
		at = kmem__pointer(d->km, at, 0);
		if (!at || at == head || !look_at_inode(d, t, at - (__u64)d->at.inode_sb_list))
			return;
	}
}

/* Tables that not every kernel's super_block has, or not under this name (7.2: __s_d_op). */
static void look_at_optional_tables(struct discovery *d, struct target *t)
{
	static const struct {
		const char *ops, *path;
	} tables[] = {
		{"dentry_operations", "super_block.s_d_op"},
		{"dentry_operations", "super_block.__s_d_op"},
		{"dquot_operations", "super_block.dq_op"},
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		add(t, tables[i].ops, kmem__pointer(d->km, t->super_block, kbtf__offset(d->kb, tables[i].path)),
		    "super_block");
}

/* The disk that the filesystem lies on, if it lies on one. */
static void look_at_disk(struct discovery *d, struct target *t)
{
	__u64 bdev = kmem__pointer(d->km, t->super_block, kbtf__offset(d->kb, "super_block.s_bdev"));

	t->disk = bdev ? kmem__pointer(d->km, bdev, kbtf__offset(d->kb, "block_device.bd_disk")) : 0;
	if (t->disk)
		kmem__string(d->km, t->disk + (__u64)kbtf__offset(d->kb, "gendisk.disk_name"), t->disk_name,
			     sizeof(t->disk_name));
	if (t->disk)
		add(t, "block_device_operations", kmem__pointer(d->km, t->disk, kbtf__offset(d->kb, "gendisk.fops")),
		    "disk");
}

static void look_at_super_block(struct discovery *d, struct target *t)
{
	__u64 handlers;

	t->type = kmem__pointer(d->km, t->super_block, d->at.sb_type);
	kmem__string(d->km, kmem__pointer(d->km, t->type, d->at.type_name), t->fs_type, sizeof(t->fs_type));
	kmem__string(d->km, t->super_block + (__u64)d->at.sb_id, t->id, sizeof(t->id));
	add(t, "super_operations", kmem__pointer(d->km, t->super_block, d->at.sb_op), "super_block");
	/* The struct that describes the filesystem's type is a table of methods, too. */
	add(t, "file_system_type", t->type, "filesystem type");
	look_at_optional_tables(d, t);
	look_at_disk(d, t);
	handlers = kmem__pointer(d->km, t->super_block, d->at.sb_xattr);
	for (int i = 0; handlers && i < MAX_XATTR_HANDLERS; i++) {
		__u64 handler = kmem__pointer(d->km, handlers, i * (int)sizeof(__u64));

		if (!handler)
			return;
		add(t, "xattr_handler", handler, "super_block");
	}
}

/*
 * Looks up some names without opening anything but directories (no ->open of a file, no access time), so that the
 * tables of kinds of inode that nobody has used yet are known before the first call.
 */
static void look_at_names(struct discovery *d, struct target *t, int dir_fd, dev_t dev, int depth, int *left)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_NOATIME | O_CLOEXEC);
	struct dirent *e;
	DIR *dir;

	if (fd < 0)
		return;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return;
	}
	while (*left > 0 && (e = readdir(dir))) {
		struct stat st;
		int child;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		(*left)--;
		child = openat(fd, e->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0)
			continue;
		if (!fstatat(child, "", &st, AT_EMPTY_PATH | AT_NO_AUTOMOUNT) && st.st_dev == dev) {
			look_at_inode(d, t, inode_of_fd(d, child));
			if (S_ISDIR(st.st_mode) && depth > 0)
				look_at_names(d, t, child, dev, depth - 1, left);
		}
		close(child);
	}
	closedir(dir);
}

/* The last mount at this path wins, as it hides the others. */
static void read_source(struct target *t, const char *path)
{
	char *real = realpath(path, NULL), *line = NULL;
	FILE *f = fopen("/proc/self/mountinfo", "r");
	size_t size = 0;

	while (real && f && getline(&line, &size, f) > 0) {
		char where[512], source[128];
		char *sep = strstr(line, " - ");

		if (sep && sscanf(line, "%*s %*s %*s %*s %511s", where) == 1 && !strcmp(where, real) &&
		    sscanf(sep, " - %*s %127s", source) == 1)
			snprintf(t->source, sizeof(t->source), "%s", source);
	}
	free(line);
	free(real);
	if (f)
		fclose(f);
}

static int check_mount_point(int fd, const char *path)
{
	struct statx sx;

	if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MODE, &sx)) {
		int err = -errno;

		fprintf(stderr, "vfslock: %s: %s\n", path, strerror(-err));
		return err;
	}
	if (!discover__is_mount_root(&sx)) {
		fprintf(stderr,
			"vfslock: %s is not a mount point. Give the mount point of its filesystem: "
			"'findmnt -n -o TARGET -T %s' prints it.\n",
			path, path);
		return -ENOTBLK;
	}
	return 0;
}

int discover__probe(struct discovery *d, const char *path, struct mounted_fs *out)
{
	int fd = open(path, O_PATH | O_CLOEXEC), err = 0;
	struct statx sx;
	__u64 type;

	*out = (struct mounted_fs){0};
	if (fd < 0)
		return -errno;
	if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, STATX_MODE, &sx))
		err = -errno;
	else if (!discover__is_mount_root(&sx))
		err = -ENOTBLK;
	if (!err) {
		out->super_block = kmem__pointer(d->km, inode_of_fd(d, fd), d->at.inode_sb);
		type = kmem__pointer(d->km, out->super_block, d->at.sb_type);
		kmem__string(d->km, kmem__pointer(d->km, type, d->at.type_name), out->fs_type, sizeof(out->fs_type));
		err = out->super_block ? 0 : -EFAULT;
	}
	close(fd);
	return err;
}

int discover__mount(struct discovery *d, const char *path, struct target *out)
{
	int fd = open(path, O_PATH | O_CLOEXEC), left = MAX_NAMES, err;
	struct stat st;
	__u64 inode;

	*out = (struct target){0};
	if (fd < 0) {
		err = -errno;
		fprintf(stderr, "vfslock: %s: %s\n", path, strerror(-err));
		return err;
	}
	err = check_mount_point(fd, path);
	if (err)
		goto out;
	snprintf(out->path, sizeof(out->path), "%s", path);
	inode = inode_of_fd(d, fd);
	out->super_block = kmem__pointer(d->km, inode, d->at.inode_sb);
	if (!out->super_block || fstat(fd, &st)) {
		fprintf(stderr,
			"vfslock: %s: its super_block cannot be read from kernel memory (see 'vfslock features')\n",
			path);
		err = -EFAULT;
		goto out;
	}
	look_at_super_block(d, out);
	look_at_inode(d, out, inode);
	look_at_cached_inodes(d, out);
	look_at_names(d, out, fd, st.st_dev, 1, &left);
	read_source(out, path);
out:
	close(fd);
	return err;
}
