# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# autofs - directories that are mounted when they are walked into: d_automount, and d_manage, which holds walkers up.
fs_modules="autofs4"
fs_programs=""

fs_setup() {
	automounter "$MNT"
}

fs_work() {
	status=0
	for pass in 1 2; do
		# Two at once: the second has to wait for what the first has asked for.
		ls "$MNT/one" &
		ls "$MNT/one" "$MNT/two" || status=1
		wait
		echo "$pass" >"$MNT/one/file"
		cat "$MNT/one/file" >/dev/null
		! ls "$MNT/no-such" 2>/dev/null || status=1
		ls -l "$MNT" >/dev/null
		everycall "$MNT" directories whole 2>"/tmp/everycall.$pass" || status=1
		# Whoever comes while it goes away is held up, and then has it mounted again.
		automounter expire "$MNT" || status=1
		ls "$MNT/three" || status=1
		automounter expire "$MNT" &
		ls "$MNT/three" || status=1
		wait
	done
	for mount in one two three; do
		! grep -q " $MNT/$mount " /proc/mounts || umount "$MNT/$mount" || status=1
	done
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	for mount in "$MNT"/*; do
		! grep -q " $mount " /proc/mounts || umount "$mount"
	done
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
}
