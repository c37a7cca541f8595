# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# ramfs - a filesystem of nothing but the kernel's generic methods.
fs_modules=""
fs_programs=""

fs_setup() {
	mount -t ramfs ramfs "$MNT"
}

fs_work() {
	status=0
	every_call "$MNT/work" || status=1
	locks posix "$MNT/posix" || status=1
	locks lease "$MNT/lease" || status=1
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
}
