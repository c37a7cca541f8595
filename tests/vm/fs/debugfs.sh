# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# debugfs - the tracing directory in it is mounted when it is walked into, and names in it come and go with the kernel's.
fs_modules=""
fs_programs=""

fs_setup() {
	mount -t debugfs debugfs "$MNT"
}

fs_work() {
	status=0
	for pass in 1 2 3; do
		ls "$MNT/tracing" >/dev/null || status=1
		! grep -q " $MNT/tracing " /proc/mounts || umount "$MNT/tracing" || status=1
		ls -lR "$MNT/block" "$MNT/bdi" "$MNT/x86" >"/tmp/debugfs.$pass" 2>&1
		cat "$MNT/gpio" "$MNT/clk/clk_summary" "$MNT/suspend_stats" >"/tmp/debugfs.$pass" 2>&1
		mount -o remount,mode=700 "$MNT" || status=1
		everycall "$MNT" directories whole 2>"/tmp/everycall.$pass" || status=1
		sleep 1
	done
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
}
