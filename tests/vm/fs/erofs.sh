#!/bin/sh
# erofs, compressed.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules="erofs"
# shellcheck disable=SC2034 # and this
fs_programs=""

# On the host: the image FILE of the tree DIR.
fs_image() {
	mkfs.erofs -zlz4hc "$2" "$1"
}

fs_setup() {
	mount -t erofs -o loop,ro /images/erofs.img "$MNT" || return 1
	hold "$MNT"
}

fs_work() {
	read_only
}

fs_teardown() {
	umount_left "$MNT"
}
