# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# mqueue - message queues, which are made and removed as files are.
fs_modules=""
fs_programs=""

fs_setup() {
	mount -t mqueue mqueue "$MNT"
}

fs_work() {
	status=0
	for pass in 1 2 3; do
		: >"$MNT/queue" || status=1
		: >"$MNT/other" || status=1
		cat "$MNT/queue" >/dev/null || status=1
		chmod 600 "$MNT/queue" || status=1
		ls -l "$MNT" >/dev/null || status=1
		! mv "$MNT/queue" "$MNT/moved" 2>/dev/null || status=1
		everycall "$MNT" directories whole 2>"/tmp/everycall.$pass" || status=1
		rm "$MNT/queue" "$MNT/other" || status=1
		sleep 1
	done
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
}
