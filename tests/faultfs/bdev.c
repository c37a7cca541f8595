// SPDX-License-Identifier: GPL-2.0
/*
 * The disk that faultfs is mounted on, its neighbour, and block_device_operations. They hold nothing: what is read is
 * zero, what is written is gone. I/O completes in the task that submits it.
 */
#include <linux/blkdev.h>
#include <linux/hdreg.h>
#include <linux/highmem.h>
#include <linux/module.h>

#include "faultfs.h"

#define DISK_SECTORS 32768

#if FAULTFS_SINCE(6, 5)
typedef blk_mode_t disk_mode_t;
#define READABLE BLK_OPEN_READ
#else
typedef fmode_t disk_mode_t;
#define READABLE FMODE_READ
#endif

#if FAULTFS_SINCE(6, 5)
#define OPENED struct gendisk *disk
#else
#define OPENED struct block_device *bdev
#endif

#if FAULTFS_SINCE(6, 18)
#define MEASURED struct gendisk *disk
#else
#define MEASURED struct block_device *bdev
#endif

static struct gendisk *disks[2];
static int major;

static void complete_bio(struct bio *bio)
{
	if (bio_data_dir(bio) == READ)
		zero_fill_bio(bio);
	bio_endio(bio);
}

#if FAULTFS_SINCE(5, 16)
static void disk_submit_bio(struct bio *bio)
{
	complete_bio(bio);
}
#else
static blk_qc_t disk_submit_bio(struct bio *bio)
{
	complete_bio(bio);
	return BLK_QC_T_NONE;
}
#endif

static struct gendisk *disk_of(struct scene *s)
{
	return s->sb->s_bdev->bd_disk;
}

/* What is held while the disk is opened and closed. */
#if FAULTFS_SINCE(5, 14)
#define OPEN_LOCK "open_mutex.disk"
static void *find_open_lock(struct scene *s, bool neighbour)
{
	return &(neighbour ? disks[1] : disk_of(s))->open_mutex;
}
#else
#define OPEN_LOCK "bd_mutex.bdev"
static struct block_device *spare_bdev;

static void *find_open_lock(struct scene *s, bool neighbour)
{
	return &(neighbour ? spare_bdev : s->sb->s_bdev)->bd_mutex;
}

static int get_spare_bdev(struct scene *s)
{
	spare_bdev = bdget_disk(disks[1], 0);
	return spare_bdev ? 0 : -ENOMEM;
}

static void put_spare_bdev(struct scene *s)
{
	if (spare_bdev)
		bdput(spare_bdev);
	spare_bdev = NULL;
}
#endif

static void *find_swap_lock(struct scene *s, bool neighbour)
{
	return neighbour ? NULL : faultfs_swap_lock();
}

static noinline int faultfs_bdev_open(OPENED, disk_mode_t mode)
{
	faultfs_stub();
	return 0;
}

static noinline int call_bdev_open(struct scene *s)
{
#if FAULTFS_SINCE(6, 5)
	int result = disk_of(s)->fops->open(disk_of(s), READABLE);
#else
	int result = disk_of(s)->fops->open(s->sb->s_bdev, READABLE);
#endif

	barrier();
	return result;
}

#if FAULTFS_SINCE(6, 5)
static noinline void faultfs_bdev_release(struct gendisk *disk)
#else
static noinline void faultfs_bdev_release(struct gendisk *disk, fmode_t mode)
#endif
{
	faultfs_stub();
	barrier();
}

static noinline int call_bdev_release(struct scene *s)
{
#if FAULTFS_SINCE(6, 5)
	disk_of(s)->fops->release(disk_of(s));
#else
	disk_of(s)->fops->release(disk_of(s), READABLE);
#endif
	barrier();
	return 0;
}

static noinline int faultfs_bdev_ioctl(struct block_device *bdev, disk_mode_t mode, unsigned int cmd, unsigned long arg)
{
	return faultfs_stub() ? 0 : -ENOTTY;
}

static noinline int call_bdev_ioctl(struct scene *s)
{
	int result = disk_of(s)->fops->ioctl(s->sb->s_bdev, READABLE, 0, 0);

	barrier();
	return result;
}

#ifdef CONFIG_COMPAT
static noinline int faultfs_bdev_compat_ioctl(struct block_device *bdev, disk_mode_t mode, unsigned int cmd,
					      unsigned long arg)
{
	return faultfs_stub() ? 0 : -ENOIOCTLCMD;
}

static noinline int call_bdev_compat_ioctl(struct scene *s)
{
	int result = disk_of(s)->fops->compat_ioctl(s->sb->s_bdev, READABLE, 0, 0);

	barrier();
	return result;
}
#endif

static noinline void faultfs_bdev_unlock_native_capacity(struct gendisk *disk)
{
	faultfs_stub();
	barrier();
}

static noinline int call_bdev_unlock_native_capacity(struct scene *s)
{
	disk_of(s)->fops->unlock_native_capacity(disk_of(s));
	barrier();
	return 0;
}

#if !FAULTFS_SINCE(5, 13)
static noinline int faultfs_bdev_revalidate_disk(struct gendisk *disk)
{
	faultfs_stub();
	return 0;
}

static noinline int call_bdev_revalidate_disk(struct scene *s)
{
	int result = disk_of(s)->fops->revalidate_disk(disk_of(s));

	barrier();
	return result;
}
#endif

static noinline int faultfs_bdev_getgeo(MEASURED, struct hd_geometry *geo)
{
	faultfs_stub();
	*geo = (struct hd_geometry){.heads = 4, .sectors = 16, .cylinders = DISK_SECTORS / (4 * 16)};
	return 0;
}

static noinline int call_bdev_getgeo(struct scene *s)
{
	struct hd_geometry geo;
#if FAULTFS_SINCE(6, 18)
	int result = disk_of(s)->fops->getgeo(disk_of(s), &geo);
#else
	int result = disk_of(s)->fops->getgeo(s->sb->s_bdev, &geo);
#endif

	barrier();
	return result;
}

static noinline void faultfs_bdev_swap_slot_free_notify(struct block_device *bdev, unsigned long offset)
{
	faultfs_stub();
	barrier();
}

static noinline int call_bdev_swap_slot_free_notify(struct scene *s)
{
	disk_of(s)->fops->swap_slot_free_notify(s->sb->s_bdev, 0);
	barrier();
	return 0;
}

static const struct block_device_operations faultfs_bdev_ops = {
	.owner = THIS_MODULE,
	.submit_bio = disk_submit_bio,
	.open = faultfs_bdev_open,
	.release = faultfs_bdev_release,
	.ioctl = faultfs_bdev_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl = faultfs_bdev_compat_ioctl,
#endif
	.unlock_native_capacity = faultfs_bdev_unlock_native_capacity,
#if !FAULTFS_SINCE(5, 13)
	.revalidate_disk = faultfs_bdev_revalidate_disk,
#endif
	.getgeo = faultfs_bdev_getgeo,
	.swap_slot_free_notify = faultfs_bdev_swap_slot_free_notify,
};

static struct gendisk *alloc_disk_and_queue(void)
{
#if FAULTFS_SINCE(6, 9)
	struct gendisk *disk = blk_alloc_disk(NULL, NUMA_NO_NODE);

	return IS_ERR(disk) ? NULL : disk;
#elif FAULTFS_SINCE(5, 14)
	return blk_alloc_disk(NUMA_NO_NODE);
#else
	struct request_queue *queue = blk_alloc_queue(NUMA_NO_NODE);
	struct gendisk *disk = queue ? alloc_disk(1) : NULL;

	if (disk)
		disk->queue = queue;
	else if (queue)
		blk_cleanup_queue(queue);
	return disk;
#endif
}

static void free_disk(struct gendisk *disk)
{
#if FAULTFS_SINCE(5, 19)
	put_disk(disk);
#elif FAULTFS_SINCE(5, 14)
	blk_cleanup_disk(disk);
#else
	blk_cleanup_queue(disk->queue);
	put_disk(disk);
#endif
}

static int make_disk(unsigned int number)
{
	struct gendisk *disk = alloc_disk_and_queue();
	int error = 0;

	if (!disk)
		return -ENOMEM;
	disk->major = major;
	disk->first_minor = number;
	disk->minors = 1;
	disk->fops = &faultfs_bdev_ops;
#if FAULTFS_SINCE(5, 17)
	disk->flags |= GENHD_FL_NO_PART;
#endif
	snprintf(disk->disk_name, sizeof(disk->disk_name), "faultdisk%u", number);
	set_capacity(disk, DISK_SECTORS);
#if FAULTFS_SINCE(5, 15)
	error = add_disk(disk);
	if (error) {
		free_disk(disk);
		return error;
	}
#else
	add_disk(disk);
#endif
	disks[number] = disk;
	return error;
}

int faultfs_disk_init(void)
{
	int error = 0;

	major = register_blkdev(0, "faultdisk");
	if (major < 0)
		return major;
	for (unsigned int i = 0; !error && i < ARRAY_SIZE(disks); i++)
		error = make_disk(i);
	if (error)
		faultfs_disk_exit();
	return error;
}

void faultfs_disk_exit(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(disks); i++) {
		if (!disks[i])
			continue;
		del_gendisk(disks[i]);
		free_disk(disks[i]);
		disks[i] = NULL;
	}
	unregister_blkdev(major, "faultdisk");
}

static const struct faultfs_lock open_locks[] = {
	{.name = OPEN_LOCK, .kind = FAULTFS_MUTEX, .find = find_open_lock},
	{},
};

static const struct faultfs_lock swap_locks[] = {
	{.name = OPEN_LOCK, .kind = FAULTFS_MUTEX, .find = find_open_lock},
	{.name = "swap_lock.swap", .kind = FAULTFS_SPIN, .find = find_swap_lock},
	{},
};

static const struct faultfs_method bdev_methods[] = {
	{.name = "open", .locks = open_locks, .call = call_bdev_open},
	{.name = "release", .locks = open_locks, .call = call_bdev_release},
	{.name = "ioctl", .locks = open_locks, .call = call_bdev_ioctl},
#ifdef CONFIG_COMPAT
	{.name = "compat_ioctl", .locks = open_locks, .call = call_bdev_compat_ioctl},
#endif
	{.name = "unlock_native_capacity", .locks = open_locks, .call = call_bdev_unlock_native_capacity},
#if !FAULTFS_SINCE(5, 13)
	{.name = "revalidate_disk", .locks = open_locks, .call = call_bdev_revalidate_disk},
#endif
	{.name = "getgeo", .locks = open_locks, .call = call_bdev_getgeo},
	{.name = "swap_slot_free_notify", .locks = swap_locks, .call = call_bdev_swap_slot_free_notify},
	{},
};

const struct faultfs_part faultfs_bdev_part = {
	.name = "block_device_operations",
	.methods = bdev_methods,
#if !FAULTFS_SINCE(5, 14)
	.setup = get_spare_bdev,
	.teardown = put_spare_bdev,
#endif
};
