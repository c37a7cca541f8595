# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# configfs - objects of the kernel that directories make and remove: d_iput, and inode methods above no disk.
fs_modules="netconsole"
fs_programs=""

fs_setup() {
	mount -t configfs configfs "$MNT"
}

fs_work() {
	status=0
	for pass in 1 2 3; do
		mkdir "$MNT/netconsole/target" || status=1
		ls -lR "$MNT" >/dev/null || status=1
		cat "$MNT/netconsole/target/enabled" >/dev/null || status=1
		echo eth1 >"$MNT/netconsole/target/dev_name" || status=1
		chmod 600 "$MNT/netconsole/target/dev_name" || status=1
		# No such link, file or name is wanted there.
		! ln -s "$MNT/netconsole" "$MNT/netconsole/target/link" 2>/dev/null || status=1
		! rmdir "$MNT/netconsole" 2>/dev/null || status=1
		rmdir "$MNT/netconsole/target" || status=1
		everycall "$MNT" directories whole 2>"/tmp/everycall.$pass" || status=1
		echo "pass $pass of configfs"
		sleep 1
	done
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
}
