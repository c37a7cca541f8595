#!/bin/sh
# ISO 9660 with Rock Ridge, mounted so that names ignore case.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules="isofs"
# shellcheck disable=SC2034 # and this
fs_programs=""

# On the host: the image FILE of the tree DIR.
fs_image() {
	xorriso -as mkisofs -quiet -R -J -joliet-long -o "$2" "$1"
}

fs_setup() {
	mount -t iso9660 -o loop,ro,check=relaxed /images/isofs.img "$MNT" || return 1
	hold "$MNT"
}

fs_work() {
	read_only
}

fs_teardown() {
	umount_left "$MNT"
}
