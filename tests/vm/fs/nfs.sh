# shellcheck shell=sh disable=SC2034,SC2154 # what is set here is for who sources the file, who sets the rest
# nfs - NFSv4.2 over the loopback interface, and the ext4 that the same machine's nfsd exports.
#
# Both are audited: what nfsd does as a lock manager (leases for delegations, locks of clients) is done to the files of
# the ext4, and the client's own locks belong to the NFS mount.
fs_modules="nfsd nfs nfsv4"
fs_programs="mkfs.ext4"

fs_setup() {
	AUDIT="$MNT $export_dir"
	serve_export below || return 1
	mount -t nfs4 -o vers=4.2,sec=sys,clientaddr=127.0.0.1 127.0.0.1:/ "$MNT"
}

fs_work() {
	status=0
	every_call "$MNT/work" || status=1
	ls -l "$MNT/below" || status=1
	locks posix "$MNT/posix" || status=1
	locks flock "$MNT/flock" || status=1
	locks cross "$MNT/cross" "$export_dir/cross" || status=1
	swapfile "$MNT/swap" || status=1
	umount "$MNT" || status=1
	nfs-server stop || status=1
	umount_export || status=1
	return $status
}

fs_teardown() {
	stop_export
}
