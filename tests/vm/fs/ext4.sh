#!/bin/sh
# ext4, with quota and project quota; on kernels that know it, a directory whose names ignore case.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules="quota_v2"
# shellcheck disable=SC2034 # and this
fs_programs="mkfs.ext4 chattr"

fs_setup() {
	casefold=""
	# The table of letters is a part of the kernel, which not every kernel has.
	if [ -e /sys/fs/ext4/features/casefold ]; then casefold=",casefold"; fi
	mkfs.ext4 -q -F -b 4096 -O "quota,project$casefold" "$DISK" || return 1
	mount -t ext4 -o usrquota,grpquota,prjquota,acl,user_xattr "$DISK" "$MNT" || return 1
	mkdir "$MNT/work" "$MNT/folded" || return 1
	if [ -n "$casefold" ]; then chattr +F "$MNT/folded" || return 1; fi
	seed "$MNT"
}

fs_work() {
	failed=0
	warm_up "$MNT" || failed=1
	/bin/workload all "$MNT/work" >/dev/null || failed=1
	exercises "$MNT" walk clone names memory quota || failed=1
	exercise fold "$MNT/folded" || failed=1
	uprobe "$MNT" || failed=1
	stress "$MNT" || failed=1
	fio_jobs "$MNT" psync direct mmap libaio iopoll || failed=1
	exercises "$MNT" poison || failed=1
	drop_caches
	umount "$MNT" || failed=1
	return $failed
}

fs_teardown() {
	umount_left "$MNT"
}
