#!/bin/sh
# squashfs.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules="squashfs"
# shellcheck disable=SC2034 # and this
fs_programs=""

# On the host: the image FILE of the tree DIR.
fs_image() {
	mksquashfs "$1" "$2" -quiet -no-progress -comp gzip
}

fs_setup() {
	mount -t squashfs -o loop,ro /images/squashfs.img "$MNT" || return 1
	hold "$MNT"
}

fs_work() {
	read_only
}

fs_teardown() {
	umount_left "$MNT"
}
