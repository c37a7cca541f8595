#!/bin/sh
# ext4 with blocks smaller than a page, which can be read in part, and with data in the journal.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules=""
# shellcheck disable=SC2034 # and this
fs_programs="mkfs.ext4"

fs_setup() {
	mkfs.ext4 -q -F -b 1024 "$DISK" 200000 || return 1
	mount -t ext4 -o data=journal "$DISK" "$MNT" || return 1
	seed "$MNT"
}

fs_work() {
	failed=0
	warm_up "$MNT" || failed=1
	# A page that the journal holds on to cannot be moved.
	phases "$MNT" migrate || failed=1
	exercises "$MNT" walk names memory || failed=1
	fio_jobs "$MNT" psync mmap || failed=1
	umount "$MNT" || failed=1
	return $failed
}

fs_teardown() {
	umount_left "$MNT"
}
