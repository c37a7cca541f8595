# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# cgroup2 - kernfs with directories that are made and removed by hand, and attributes that are waited for.
fs_modules=""
fs_programs=""

fs_setup() {
	mount -t cgroup2 cgroup2 "$MNT"
}

fs_work() {
	status=0
	for pass in 1 2 3; do
		mkdir "$MNT/one" "$MNT/one/two" || status=1
		ls -lR "$MNT" >/dev/null || status=1
		sleep 1 &
		echo $! >"$MNT/one/two/cgroup.procs" || status=1
		! rmdir "$MNT/one/two" 2>/dev/null || status=1
		cat "$MNT/one/cgroup.events" "$MNT/one/two/cgroup.procs" >/dev/null || status=1
		chmod 600 "$MNT/one/cgroup.procs" || status=1
		chown 1:1 "$MNT/one" || status=1
		# No cgroup moves.
		! mv "$MNT/one/two" "$MNT/one/moved" 2>/dev/null || status=1
		everycall "$MNT/one" directories whole extended 2>"/tmp/everycall.$pass" || status=1
		wait
		rmdir "$MNT/one/two" "$MNT/one" || status=1
		sleep 1
	done
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
}
