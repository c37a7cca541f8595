# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# block - an ext4 on each of three drivers that have block device methods: sd (of a SCSI disk in memory), loop, zram.
#
# While they are mounted, their devices are opened and asked. A device that is mounted is not swapped onto, and its
# partitions are not looked for: that is done with a second zram and a second SCSI disk, which have the same methods.
# What the ext4 writes and reads of its metadata ends in the end_io of its buffers.
fs_modules="scsi_debug sd_mod lzo-rle zram"
fs_programs="mkfs.ext4"

loop_dir=/tmp/loop
zram_dir=/tmp/zram

# Print the devices of the SCSI disks. They appear a moment after their driver.
scsi_disks() {
	tries=0
	while [ $tries -lt 50 ]; do
		# shellcheck disable=SC2046 # they are words
		set -- $(cd /sys/block && echo sd*)
		if [ $# -eq 2 ]; then
			echo "/dev/$1 /dev/$2"
			return 0
		fi
		tries=$((tries + 1))
		usleep 100000
	done
	echo "scsi_debug has not two disks" >&2
	return 1
}

# Give the disk a partition that ends beyond it: the kernel then asks the driver for what the disk may hide.
partition_beyond_end() { # DEVICE
	printf '\0\0\0\0\203\0\0\0\0\010\0\0\0\0\0\020' | dd of="$1" bs=1 seek=446 conv=notrunc 2>/dev/null &&
		printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc 2>/dev/null && sync
}

make_ext4() { # DEVICE DIR
	mkdir -p "$2"
	if ! mkfs.ext4 -q -F "$1" || ! mount -t ext4 "$1" "$2"; then
		echo "an ext4 on $1 cannot be mounted" >&2
		return 1
	fi
}

fs_setup() {
	# Loaded without arguments it has 8 MiB, which is too small.
	rmmod scsi_debug
	insmod /lib/modules/scsi_debug.ko dev_size_mb=32 num_tgts=2 || return 1
	disks=$(scsi_disks) || return 1
	# Both disks are the same memory. An ext4 leaves alone what its device begins with.
	mkfs.ext4 -q -F "${disks% *}" || return 1
	partition_beyond_end "${disks#* }" || return 1
	mount -t ext4 "${disks% *}" "$MNT" || return 1

	truncate -s 32M /tmp/loop.img
	losetup /dev/loop7 /tmp/loop.img || return 1
	make_ext4 /dev/loop7 $loop_dir || return 1

	echo 32M >/sys/block/zram0/disksize || return 1
	make_ext4 /dev/zram0 $zram_dir || return 1
	AUDIT="$MNT $loop_dir $zram_dir"
}

# Write metadata, have it written back, forget it, and read it again.
metadata() { # DIR
	mkdir -p "$1/a/b/c"
	for i in 1 2 3 4 5 6 7 8 9; do
		echo "$i" >"$1/a/b/file.$i"
		ln -s "file.$i" "$1/a/b/link.$i"
	done
	sync
	echo 3 >/proc/sys/vm/drop_caches
	ls -lR "$1" >/dev/null
	rm -r "$1/a"
	sync
}

fs_work() {
	status=0
	disks=$(scsi_disks) || status=1
	for dir in "$MNT" $loop_dir $zram_dir; do metadata "$dir"; done
	blockdevs "${disks% *}" /dev/loop7 /dev/zram0 || status=1
	blockdev --rereadpt "${disks#* }" || status=1
	swap=$(cat /sys/class/zram-control/hot_add)
	echo 16M >"/sys/block/zram$swap/disksize"
	if mkswap "/dev/zram$swap" >/dev/null; then
		swapfile -d "/dev/zram$swap" || status=1
	else
		status=1
	fi
	echo "$swap" >/sys/class/zram-control/hot_remove
	for dir in $zram_dir $loop_dir "$MNT"; do umount "$dir" || status=1; done
	return $status
}

fs_teardown() {
	for dir in $zram_dir $loop_dir "$MNT"; do
		! grep -q " $dir " /proc/mounts || umount "$dir"
	done
	echo 1 >/sys/block/zram0/reset
	losetup -d /dev/loop7
	rm -f /tmp/loop.img
	rmmod scsi_debug
}
