# shellcheck shell=sh disable=SC2034,SC2154 # what is set here is for who sources the file, who sets the rest
# nfs3 - NFSv3 over the loopback interface, and the ext4 that the same machine's nfsd exports.
#
# Both are audited: lockd is the lock manager of the ext4's files on behalf of the client, and the client's own locks,
# taken by NLM, belong to the NFS mount.
fs_modules="nfsd nfs nfsv3"
fs_programs="mkfs.ext4"

fs_setup() {
	AUDIT="$MNT $export_dir"
	serve_export below || return 1
	mount -t nfs -o vers=3,sec=sys,proto=tcp,port=2049,acl 127.0.0.1:/ "$MNT"
}

fs_work() {
	status=0
	every_call "$MNT/work" || status=1
	ls -l "$MNT/below" || status=1
	locks posix "$MNT/posix" || status=1
	locks flock "$MNT/flock" || status=1
	locks cross "$MNT/cross" "$export_dir/cross" || status=1
	swapfile "$MNT/swap" || status=1
	umount -f "$MNT" || status=1
	nfs-server stop || status=1
	umount_export || status=1
	return $status
}

fs_teardown() {
	stop_export
}
