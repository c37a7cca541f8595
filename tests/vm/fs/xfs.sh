#!/bin/sh
# xfs, with blocks smaller than a page.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules="xfs"
# shellcheck disable=SC2034 # and this
fs_programs="mkfs.xfs"

fs_setup() {
	mkfs.xfs -q -f -b size=1024 "$DISK" || return 1
	mount -t xfs -o usrquota,strictatime "$DISK" "$MNT" || return 1
	seed "$MNT"
}

fs_work() {
	failed=0
	warm_up "$MNT" || failed=1
	phases "$MNT" || failed=1
	exercises "$MNT" walk clone names memory poison || failed=1
	uprobe "$MNT" || failed=1
	stress "$MNT" || failed=1
	fio_jobs "$MNT" psync direct mmap libaio iopoll || failed=1
	# Times that are written when the filesystem is synced, in kernels that can.
	mount -o remount,lazytime "$MNT" || failed=1
	exercises "$MNT" walk || failed=1
	sync
	drop_caches
	umount "$MNT" || failed=1
	return $failed
}

fs_teardown() {
	umount_left "$MNT"
}
