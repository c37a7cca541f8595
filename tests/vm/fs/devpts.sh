# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# devpts - terminals: the one filesystem whose remount_fs and mount methods outlived those of the disk filesystems.
fs_modules=""
fs_programs=""

fs_setup() {
	mount -t devpts -o newinstance,ptmxmode=0666 devpts "$MNT"
}

fs_work() {
	status=0
	for mode in 620 600 666; do
		# Opening it makes a terminal, closing it removes that.
		exec 3<>"$MNT/ptmx" || status=1
		ls -l "$MNT" >/dev/null || status=1
		mount -o remount,mode=$mode "$MNT" || status=1
		chmod 600 "$MNT/ptmx" || status=1
		! ls "$MNT/no-such" 2>/dev/null || status=1
		everycall "$MNT" directories whole 2>"/tmp/everycall.$mode" || status=1
		exec 3>&-
		sleep 1
	done
	# Another one of the same type, for ->mount.
	mkdir -p /tmp/devpts
	mount -t devpts -o newinstance devpts /tmp/devpts || status=1
	umount /tmp/devpts || status=1
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
}
