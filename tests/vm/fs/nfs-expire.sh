# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# nfs-expire - a client of NFSv4 that is not heard of any more: who wants its lock has it declared dead.
#
# Since 6.0 a server keeps such a client's state until somebody else wants what it holds. Older ones drop it anyway.
fs_modules="nfsd nfs nfsv4"
fs_programs="mkfs.ext4"

export_dir=/tmp/export

# The kernel lets go of an export some time after it has been told to, and of the client's mount when what was held there
# has been given up, which takes a new acquaintance with the server.
patient_umount() { # DIR
	tries=0
	until umount -f "$1" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 1
		usleep 100000
	done
}

fs_setup() {
	mkdir -p $export_dir
	if ! mkfs.ext4 -q -F "$DISK" || ! mount -t ext4 "$DISK" $export_dir; then
		echo "the ext4 to be exported cannot be mounted" >&2
		return 1
	fi
	AUDIT="$MNT $export_dir"
	nfs-server start $export_dir || return 1
	mount -t nfs4 -o vers=4.2,sec=sys,clientaddr=127.0.0.1,soft,timeo=20,retrans=1 127.0.0.1:/ "$MNT"
}

fs_work() {
	status=0
	# Without this the client also gets a delegation, whose recall has it expired before anybody sees the lock.
	echo 0 >/proc/sys/fs/leases-enable
	holder=$(locks hold "$MNT/file") || status=1
	# The client can no longer say that it is alive, which it had to within ten seconds.
	ip link set lo down
	locks take $export_dir/file || status=1
	ip link set lo up
	kill "$holder" || status=1
	echo 1 >/proc/sys/fs/leases-enable
	patient_umount "$MNT" || status=1
	nfs-server stop || status=1
	patient_umount $export_dir || status=1
	return $status
}

fs_teardown() {
	ip link set lo up
	echo 1 >/proc/sys/fs/leases-enable
	! grep -q " $MNT " /proc/mounts || patient_umount "$MNT"
	! grep -q " /proc/fs/nfsd " /proc/mounts || nfs-server stop
	! grep -q " $export_dir " /proc/mounts || patient_umount $export_dir
}
