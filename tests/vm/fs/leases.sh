# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# leases - an ext4 whose files are locked and leased: the lock managers, and what closing a locked file does.
fs_modules=""
fs_programs="mkfs.ext4"

fs_setup() {
	if ! mkfs.ext4 -q -F "$DISK" || ! mount -t ext4 "$DISK" "$MNT"; then
		echo "ext4 cannot be mounted" >&2
		return 1
	fi
}

fs_work() {
	status=0
	locks posix "$MNT/posix" || status=1
	locks flock "$MNT/flock" || status=1
	locks lease "$MNT/lease" || status=1
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
}
