#!/bin/sh
# exFAT.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules="exfat nls_utf8"
# shellcheck disable=SC2034 # and this
fs_programs="mkfs.exfat"

fs_setup() {
	mkfs.exfat "$DISK" >/dev/null || return 1
	mount -t exfat "$DISK" "$MNT" || return 1
	seed "$MNT"
}

fs_work() {
	failed=0
	warm_up "$MNT" || failed=1
	# It has no holes to seek, and no permissions that a stressor could rely on or that let another user in.
	phases "$MNT" seek quota || failed=1
	exercises "$MNT" walk names fold memory poison || failed=1
	stress "$MNT" access || failed=1
	fio_jobs "$MNT" psync direct mmap || failed=1
	mount -o remount,dirsync "$MNT" || failed=1
	drop_caches
	umount "$MNT" || failed=1
	return $failed
}

fs_teardown() {
	umount_left "$MNT"
}
