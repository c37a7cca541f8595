# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# fuse - a FUSE filesystem with write-back cache, access control lists and locks, served by a program of ours.
fs_modules="fuse"
fs_programs=""

fs_setup() {
	fuse-server "$MNT"
}

fs_work() {
	status=0
	every_call "$MNT/work" || status=1
	locks posix "$MNT/posix" || status=1
	locks flock "$MNT/flock" || status=1
	locks lease "$MNT/lease" || status=1
	fuse-server invalidate "$MNT/stale" || status=1
	# By force, for umount_begin: it ends the connection, and the server with it.
	umount -f "$MNT" || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount -f "$MNT"
}
