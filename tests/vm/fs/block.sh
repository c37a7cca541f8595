# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# block - an ext4 on each of three drivers that have block device methods: sd (of a SCSI disk in memory), loop, zram.
#
# While they are mounted, their devices are opened and asked; a second zram is swapped onto. What the ext4 writes and
# reads of its metadata ends in the end_io of its buffers.
fs_modules="scsi_debug sd_mod lzo-rle zram"
fs_programs="mkfs.ext4"

loop_dir=/tmp/loop
zram_dir=/tmp/zram

# Print the device of the SCSI disk in memory. It appears a moment after its driver.
scsi_disk() {
	tries=0
	while [ $tries -lt 50 ]; do
		for disk in /sys/block/sd*; do
			[ -e "$disk" ] || continue
			echo "/dev/${disk##*/}"
			return 0
		done
		tries=$((tries + 1))
		usleep 100000
	done
	echo "scsi_debug has no disk" >&2
	return 1
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
	insmod /lib/modules/scsi_debug.ko dev_size_mb=32 || return 1
	scsi=$(scsi_disk) || return 1
	make_ext4 "$scsi" "$MNT" || return 1

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
	scsi=$(scsi_disk) || status=1
	for dir in "$MNT" $loop_dir $zram_dir; do metadata "$dir"; done
	blockdevs "$scsi" /dev/loop7 /dev/zram0 || status=1
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
