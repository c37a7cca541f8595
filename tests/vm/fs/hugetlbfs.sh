# shellcheck shell=sh disable=SC2034 # what is set here is for whoever sources the file
# hugetlbfs - files of huge pages, whose mappings have methods for being inherited and cut.
fs_modules=""
fs_programs=""

fs_setup() {
	echo 16 >/proc/sys/vm/nr_hugepages
	mount -t hugetlbfs hugetlbfs "$MNT"
}

fs_work() {
	status=0
	mkdir "$MNT/work"
	for pass in 1 2 3; do
		hugemap "$MNT/work/huge" || status=1
		# Its files cannot be written, and are mapped by huge pages only.
		everycall "$MNT/work" names renames temporary attributes allocating whole directories removing \
			2>"/tmp/everycall.$pass" || status=1
		sleep 2
	done
	umount "$MNT" || status=1
	return $status
}

fs_teardown() {
	! grep -q " $MNT " /proc/mounts || umount "$MNT"
	echo 0 >/proc/sys/vm/nr_hugepages
}
