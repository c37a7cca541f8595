#!/bin/sh
# tmpfs. The disk is swap space for it, without which its pages are never written.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules=""
# shellcheck disable=SC2034 # and this
fs_programs=""

fs_setup() {
	mkswap "$DISK" >/dev/null || return 1
	swapon "$DISK" || return 1
	mount -t tmpfs -o size=300M tmpfs "$MNT" || return 1
	seed "$MNT"
}

fs_work() {
	failed=0
	warm_up "$MNT" || failed=1
	phases "$MNT" || failed=1
	exercises "$MNT" walk clone names memory swapout poison || failed=1
	uprobe "$MNT" || failed=1
	stress "$MNT" || failed=1
	fio_jobs "$MNT" psync mmap || failed=1
	mount -o remount,size=320M "$MNT" || failed=1
	drop_caches
	umount "$MNT" || failed=1
	return $failed
}

fs_teardown() {
	umount_left "$MNT" || return 1
	swapoff "$DISK"
}
