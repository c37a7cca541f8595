#!/bin/sh
# xfs on memory that keeps its contents (a part of the guest's, named on the kernel's command line), mapped without a cache.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules="xfs nd_e820 nd_pmem"
# shellcheck disable=SC2034 # and this
fs_programs="mkfs.xfs"
# shellcheck disable=SC2034 # and this
fs_arguments="memmap=320M!1G"

fs_setup() {
	[ -b /dev/pmem0 ] || complain "the kernel made no /dev/pmem0 of memmap=" || return 1
	mkfs.xfs -q -f -m reflink=0 /dev/pmem0 || return 1
	mount -t xfs -o dax=always /dev/pmem0 "$MNT" || return 1
	seed "$MNT"
}

fs_work() {
	failed=0
	warm_up "$MNT" || failed=1
	# Memory that is not cached is not moved either.
	phases "$MNT" migrate || failed=1
	exercises "$MNT" walk clone names memory || failed=1
	fio_jobs "$MNT" psync mmap || failed=1
	drop_caches
	umount "$MNT" || failed=1
	return $failed
}

fs_teardown() {
	umount_left "$MNT"
}
