#!/bin/sh
# vfat: no links, names that ignore case, direct I/O by its own method.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules="vfat nls_cp437 nls_ascii nls_iso8859-1 nls_utf8"
# shellcheck disable=SC2034 # and this
fs_programs="mkfs.vfat"

fs_setup() {
	mkfs.vfat -F 32 "$DISK" >/dev/null || return 1
	mount -t vfat -o quiet "$DISK" "$MNT" || return 1
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
	mount -o remount,flush "$MNT" || failed=1
	drop_caches
	umount "$MNT" || failed=1
	return $failed
}

fs_teardown() {
	umount_left "$MNT"
}
