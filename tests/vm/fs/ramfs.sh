# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# ramfs - a filesystem of nothing but the kernel's generic methods.
fs_modules=""
fs_programs=""

fs_setup() {
	mount -t ramfs ramfs "$MNT"
}

fs_work() {
	status=0
	mkdir "$MNT/work"
	for pass in 1 2 3; do
		everycall "$MNT/work" 2>"/tmp/everycall.$pass" || status=1
		sleep 2
	done
	locks posix "$MNT/posix" || status=1
	locks lease "$MNT/lease" || status=1
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
}
