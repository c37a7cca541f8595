# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# proc - links that the filesystem itself follows: readlink, and d_revalidate and d_delete of names that come and go.
fs_modules=""
fs_programs=""

fs_setup() {
	mount -t proc proc "$MNT"
}

fs_work() {
	status=0
	for pass in 1 2 3; do
		ls -lR "$MNT/self/" >/dev/null 2>"/tmp/proc.$pass"
		for name in ns/net exe cwd fd/0; do readlink "$MNT/self/$name" >/dev/null || status=1; done
		cat "$MNT/self/status" "$MNT/self/maps" "$MNT/self/mountinfo" "$MNT/meminfo" >/dev/null || status=1
		cat "$MNT/sys/vm/swappiness" >/tmp/swappiness || status=1
		cat /tmp/swappiness >"$MNT/sys/vm/swappiness" || status=1
		echo 0 >"$MNT/self/oom_score_adj" || status=1
		# Names of a process that ends while they are known.
		sleep 1 &
		ls -l "$MNT/$!/fd" >/dev/null || status=1
		wait
		! ls "$MNT/$!/fd" 2>/dev/null || status=1
		nobody_may=$(setuidgid nobody cat "$MNT/1/environ" 2>/dev/null)
		[ -z "$nobody_may" ] || status=1
		exercise "$MNT" directories whole 2>"/tmp/exercise.$pass" || status=1
	done
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
}
