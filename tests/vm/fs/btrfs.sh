#!/bin/sh
# btrfs; a file to swap to must not be copied on write, nor its directory.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules="btrfs"
# shellcheck disable=SC2034 # and this
fs_programs="mkfs.btrfs btrfs chattr"

fs_setup() {
	mkfs.btrfs -q -f "$DISK" || return 1
	mount -t btrfs "$DISK" "$MNT" || return 1
	mkdir "$MNT/plain" || return 1
	chattr +C "$MNT/plain" || return 1
	seed "$MNT"
}

fs_work() {
	failed=0
	warm_up "$MNT" || failed=1
	# Two phases know a filesystem by its device number, of which a btrfs has one for each subvolume.
	phases "$MNT" swap mountinfo remount || failed=1
	mount -o remount,ro "$MNT" && mount -o remount,rw "$MNT" || failed=1
	/bin/workload swap "$MNT/plain" >/dev/null || failed=1
	exercises "$MNT" walk clone names memory launder poison || failed=1
	uprobe "$MNT" || failed=1
	btrfs filesystem sync "$MNT" || failed=1
	btrfs subvolume create "$MNT/subvolume" >/dev/null || failed=1
	btrfs subvolume snapshot "$MNT/subvolume" "$MNT/snapshot" >/dev/null || failed=1
	stress "$MNT" || failed=1
	fio_jobs "$MNT" psync direct mmap libaio || failed=1
	# A link is read from its page: cold, too.
	drop_caches
	cat "$MNT/seed/long" "$MNT/seed/short" >/dev/null || failed=1
	drop_caches
	umount "$MNT" || failed=1
	return $failed
}

fs_teardown() {
	umount_left "$MNT"
}
