# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# nfs3 - NFSv3 over the loopback interface, and the ext4 that the same machine's nfsd exports.
#
# Both are audited: lockd is the lock manager of the ext4's files on behalf of the client, and the client's own locks,
# taken by NLM, belong to the NFS mount.
fs_modules="nfsd nfs nfsv3"
fs_programs="mkfs.ext4"

export_dir=/tmp/export

# The kernel lets go of an export some time after it has been told to.
umount_export() {
	tries=0
	until umount $export_dir/below $export_dir 2>/dev/null || umount $export_dir 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 1
		usleep 50000
	done
}

fs_setup() {
	mkdir -p $export_dir
	if ! mkfs.ext4 -q -F "$DISK" || ! mount -t ext4 "$DISK" $export_dir; then
		echo "the ext4 to be exported cannot be mounted" >&2
		return 1
	fi
	# A mount point of the server becomes one of the client when it is walked into.
	mkdir $export_dir/below
	mount -t tmpfs below $export_dir/below || return 1
	AUDIT="$MNT $export_dir"
	nfs-server start $export_dir $export_dir/below || return 1
	mount -t nfs -o vers=3,sec=sys,proto=tcp,port=2049,acl 127.0.0.1:/ "$MNT"
}

fs_work() {
	status=0
	mkdir "$MNT/work"
	# A file's methods are known when it was met, and those of its mappings when those were: the third time has all.
	for pass in 1 2 3; do
		everycall "$MNT/work" 2>"/tmp/everycall.$pass" || status=1
		sleep 2
	done
	cat /tmp/everycall.3 >&2
	ls -l "$MNT/below" || status=1
	locks posix "$MNT/posix" || status=1
	locks flock "$MNT/flock" || status=1
	locks cross "$MNT/cross" $export_dir/cross || status=1
	swapfile "$MNT/swap" || status=1
	umount -f "$MNT" || status=1
	nfs-server stop || status=1
	umount_export || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount -f "$MNT"
	! grep -q " /proc/fs/nfsd " /proc/mounts || nfs-server stop
	! grep -q " $export_dir " /proc/mounts || umount_export
}
