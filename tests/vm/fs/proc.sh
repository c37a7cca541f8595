#!/bin/sh
# A proc of its own.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules=""
# shellcheck disable=SC2034 # and this
fs_programs=""

fs_setup() {
	mount -t proc proc "$MNT"
}

fs_work() {
	failed=0
	/bin/exercise walk "$MNT" || failed=1
	sleep 5
	/bin/exercise walk "$MNT" || failed=1
	for pid in self 1 $$; do
		for file in maps smaps mountinfo environ cmdline stat status io limits; do
			cat "$MNT/$pid/$file" >/dev/null || failed=1
		done
		ls "$MNT/$pid/fd" "$MNT/$pid/fdinfo" "$MNT/$pid/ns" >/dev/null || failed=1
		for link in exe cwd root ns/net ns/mnt fd/1; do readlink "$MNT/$pid/$link" >/dev/null || failed=1; done
	done
	echo renamed >"$MNT/self/comm" || failed=1
	echo 1 >"$MNT/self/oom_score_adj" || failed=1
	swappiness=$(cat "$MNT/sys/vm/swappiness") || failed=1
	echo "$swappiness" >"$MNT/sys/vm/swappiness" || failed=1
	mount -o remount,hidepid=2 "$MNT" || failed=1
	# Processes that end take their directories with them.
	for i in 1 2 3 4 5 6 7 8; do
		sleep 1 &
		ls "$MNT/$!/task/$!" >/dev/null || failed=1
	done
	wait
	drop_caches
	umount "$MNT" || failed=1
	return $failed
}

fs_teardown() {
	umount_left "$MNT"
}
