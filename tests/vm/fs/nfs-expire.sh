# shellcheck shell=sh disable=SC2034,SC2154 # what is set here is for who sources the file, who sets the rest
# nfs-expire - a client of NFSv4 that is not heard of any more: who wants its lock has it declared dead.
#
# Since 6.0 a server keeps such a client's state until somebody else wants what it holds. Older ones drop it anyway.
fs_modules="nfsd nfs nfsv4"
fs_programs="mkfs.ext4"

fs_setup() {
	AUDIT="$MNT $export_dir"
	serve_export || return 1
	mount -t nfs4 -o vers=4.2,sec=sys,clientaddr=127.0.0.1,soft,timeo=20,retrans=1 127.0.0.1:/ "$MNT"
}

fs_work() {
	status=0
	# Without this the client also gets a delegation, whose recall has it expired before anybody sees the lock.
	echo 0 >/proc/sys/fs/leases-enable
	holder=$(locks hold "$MNT/file") || status=1
	# The client can no longer say that it is alive, which it had to within ten seconds.
	ip link set lo down
	locks take "$export_dir/file" || status=1
	ip link set lo up
	kill "$holder" || status=1
	echo 1 >/proc/sys/fs/leases-enable
	umount_patiently "$MNT" || status=1
	nfs-server stop || status=1
	umount_export || status=1
	return $status
}

fs_teardown() {
	ip link set lo up
	echo 1 >/proc/sys/fs/leases-enable
	stop_export
}
