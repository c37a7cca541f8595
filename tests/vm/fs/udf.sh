#!/bin/sh
# UDF on a disk that can be rewritten.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules="udf nls_utf8"
# shellcheck disable=SC2034 # and this
fs_programs="mkudffs"

fs_setup() {
	mkudffs --media-type=hd --blocksize=512 "$DISK" >/dev/null || return 1
	mount -t udf "$DISK" "$MNT" || return 1
	seed "$MNT"
}

fs_work() {
	failed=0
	warm_up "$MNT" || failed=1
	# Holes are not told.
	phases "$MNT" seek || failed=1
	exercises "$MNT" walk names memory || failed=1
	fio_jobs "$MNT" psync direct mmap || failed=1
	mount -o remount,ro "$MNT" || failed=1
	drop_caches
	umount "$MNT" || failed=1
	return $failed
}

fs_teardown() {
	umount_left "$MNT"
}
