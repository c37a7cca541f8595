#!/bin/sh
# overlayfs over an ext4; the ext4 is audited, too.
# shellcheck disable=SC2034 # tests/vm/matrix reads it
fs_modules="overlay"
# shellcheck disable=SC2034 # and this
fs_programs="mkfs.ext4"

below=/mnt/overlay.below

fs_setup() {
	mkdir -p "$below"
	mkfs.ext4 -q -F "$DISK" || return 1
	mount -t ext4 "$DISK" "$below" || return 1
	mkdir "$below/lower" "$below/upper" "$below/work" || return 1
	seed "$below/lower"
	cp /bin/exercise "$below/lower/program" || return 1
	mount -t overlay -o "lowerdir=$below/lower,upperdir=$below/upper,workdir=$below/work" overlay "$MNT" || return 1
	mkdir "$MNT/upper"
	seed "$MNT/upper" || return 1
	AUDIT="$AUDIT $below"
}

fs_work() {
	failed=0
	warm_up "$MNT" || failed=1
	# Files of the lower layer: read there, copied up by a write, hidden by a removal.
	cat "$MNT/seed/short" "$MNT/seed/long" >/dev/null || failed=1
	"$MNT/program" >/dev/null 2>&1
	uprobe "$MNT" || failed=1
	echo more >>"$MNT/seed/file" || failed=1
	rm "$MNT/seed/short" || failed=1
	mv "$MNT/seed/long" "$MNT/moved" || failed=1
	# remount asks that nothing be open for writing in the whole filesystem.
	phases "$MNT" || failed=1
	exercises "$MNT" walk clone names memory || failed=1
	stress "$MNT" || failed=1
	fio_jobs "$MNT" psync direct mmap || failed=1
	cd "$MNT" && ls . >/dev/null && cd /
	drop_caches
	umount "$MNT" && umount "$below" || failed=1
	return $failed
}

fs_teardown() {
	umount_left "$MNT" "$below"
}
