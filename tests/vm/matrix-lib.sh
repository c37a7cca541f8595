#!/bin/sh
# matrix-lib.sh - what the files in tests/vm/fs have in common. Sourced in the guest before each of them (busybox sh).
#
# Such a file, tests/vm/fs/NAME.sh, describes one filesystem of the matrix:
#
#   fs_modules     modules of the kernel to load; a kernel that lacks one has an empty cell
#   fs_programs    programs of the host that the guest needs
#                  (a program of the filesystem's own, NAME.c or all of NAME/ beside it, is there as /bin/NAME)
#   fs_arguments   words for the kernel's command line, if any
#   fs_image       if defined: run on the host by bash, once, as fs_image TREE FILE: makes the image FILE of the directory TREE
#                  (see matrix-tree), which the guest finds as /images/NAME.img
#   fs_setup       mounts the filesystem at $MNT, with the blank disk $DISK (512 MiB) if it needs one, and may append more mount
#                  points to $AUDIT. If it cannot: one line on stderr that says why, and 1
#   fs_work        the audited command, in a shell of its own: reaches as many methods as it can, and umounts $MNT at the end.
#                  Any status but 0 is an error of the matrix
#   fs_teardown    umounts and stops what is left
#
# fs_setup, fs_work and fs_teardown are each called in a process of their own.

# What a filesystem without some feature answers.
unsupported='Operation not supported|Inappropriate ioctl for device|Invalid argument|Operation not permitted|Function not implemented'

# Say what goes wrong, so that it is the last line of the log, and return 1.
complain() {
	echo "$*" >&2
	return 1
}

# phases DIR [PHASE...]: each phase of the workload in a directory of its own below DIR, but those named. One that ends
# because the filesystem lacks a feature is no error; 1 if one ended for another reason.
phases() {
	top=$1
	shift
	wrong=0
	for phase in $(/bin/workload 2>&1 | awk '$1 != "usage:" && $1 != "all" { print $1 }'); do
		case " $* " in *" $phase "*) continue ;; esac
		# These two take turns: the one leaves what the other removes.
		case $phase in unlink | rmdir) continue ;; esac
		mkdir "$top/$phase" || return 1
		if ! phase "$phase"; then wrong=1; fi
		rm -rf "${top:?}/$phase" || wrong=1
	done
	return $wrong
}

phase() {
	/bin/workload "$1" "$top/$1" >/dev/null 2>/tmp/phase.log && return 0
	cat /tmp/phase.log
	grep -qE "$unsupported" /tmp/phase.log
}

# exercise WHAT... DIR: the parts of the exerciser, in a directory of its own.
exercise() {
	mkdir -p "$2/exercise.$1" || return 1
	/bin/exercise "$1" "$2/exercise.$1" || return 1
	rm -rf "${2:?}/exercise.$1"
}

# exercises DIR WHAT...: 1 if one of them failed.
exercises() {
	top=$1
	shift
	wrong=0
	for what in "$@"; do exercise "$what" "$top" || wrong=1; done
	return $wrong
}

# stress DIR [STRESSOR...]: stress-ng's stressors of filesystems, a few operations each, several at a time: the two processors compete for
# the same directories. But those named. What a filesystem cannot do, a stressor skips (status 3 and 4).
stress() {
	mkdir -p "$1/stress" || return 1
	wrong=0
	top=$1
	shift
	without=$*
	set -- "$top"
	stress_some "$1/stress" dir:20 rename:60 link:10 symlink:10 dentry:128 || wrong=1
	stress_some "$1/stress" chmod:20 chown:20 access:20 utime:20 xattr:4 getdent:20 fstat:20 || wrong=1
	stress_some "$1/stress" fallocate:4 aio:40 seek:40 sendfile:20 splice:40 readahead:40 || wrong=1
	stress_some "$1/stress" lease:40 lockf:40 locka:40 flock:40 file-ioctl:10 fiemap:4 sync-file:4 || wrong=1
	rm -rf "${1:?}/stress" || wrong=1
	return $wrong
}

# stress_some DIR STRESSOR:OPERATIONS...
stress_some() {
	temporary=$1
	shift
	options=""
	for item in "$@"; do
		case " $without " in *" ${item%%:*} "*) continue ;; esac
		options="$options --${item%%:*} 1 --${item%%:*}-ops ${item##*:}"
	done
	status=0
	# The sizes are for those that write a file of their own.
	# shellcheck disable=SC2086 # the options are words
	stress-ng --quiet --temp-path "$temporary" --timeout 8 --fallocate-bytes 1M --seek-size 1M \
		--sendfile-size 256K --readahead-bytes 1M --sync-file-bytes 1M --fiemap-bytes 1M $options || status=$?
	case $status in
	0 | 3 | 4) return 0 ;;
	esac
	complain "stress-ng$options ended with status $status"
}

# fio_jobs DIR [ENGINE...]: a few MiB by each way of doing I/O: buffered, direct, mapped, asynchronous.
fio_jobs() {
	top=$1
	shift
	wrong=0
	mkdir -p "$top/fio" || return 1
	[ $# -gt 0 ] || set -- psync direct mmap libaio
	for engine in "$@"; do
		more="--ioengine=$engine"
		case $engine in
		direct) more="--ioengine=psync --direct=1" ;;
		libaio) more="--ioengine=libaio --direct=1 --iodepth=8" ;;
		iopoll) more="--ioengine=io_uring --direct=1 --hipri --iodepth=4" ;;
		esac
		# shellcheck disable=SC2086 # the options are words
		fio --name="$engine" --directory="$top/fio" --rw=randrw --size=1M --bs=4k --io_size=1M --fsync=32 --fallocate=none \
			--thread --output=/tmp/fio.log $more >/dev/null 2>&1 && continue
		grep -qE "$unsupported" /tmp/fio.log && continue
		tail -n 3 /tmp/fio.log
		wrong=1
	done
	rm -rf "${top:?}/fio" || wrong=1
	return $wrong
}

# Load a filesystem's caches with nothing, so that the next access reads.
drop_caches() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
}

# Unmount what is still mounted at the directories given, the last first.
umount_left() {
	let_go
	for at in "$@"; do
		while grep -q " $at " /proc/mounts; do
			umount "$at" 2>/dev/null || umount -l "$at" || return 1
		done
	done
}

# seed DIR: one of each kind of file, which an audit looks at when it begins. The tables of a kind that it meets only later
# are attached while the workload goes on, and the calls until then are not counted.
seed() {
	mkdir "$1/seed" || return 1
	echo "some text" >"$1/seed/file" || return 1
	cat "$1/seed/file" >/dev/null
	# Not every filesystem has them.
	ln -s file "$1/seed/short" 2>/dev/null && cat "$1/seed/short" >/dev/null
	ln -s "$(printf './%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32)file" "$1/seed/long" \
		2>/dev/null && cat "$1/seed/long" >/dev/null
	mkfifo "$1/seed/fifo" 2>/dev/null
	ls -lR "$1/seed" >/dev/null
	hold "$1/seed"
}

# hold DIR: a process that has the file named file there mapped, because an audit looks for mappings when it begins, too.
hold() {
	/bin/exercise hold "$1" &
	echo $! >>/tmp/holders
}

# let_go: end the processes that hold a mapping.
let_go() {
	[ -e /tmp/holders ] || return 0
	while read -r holder; do
		kill "$holder" || continue
		# Its mappings are gone when its memory is.
		while [ -n "$(cat "/proc/$holder/maps" 2>/dev/null)" ]; do usleep 10000; done
	done </tmp/holders
	rm /tmp/holders
}

# warm_up DIR: a first round, for the tables that only use brings to light, and the time it takes to attach them.
warm_up() {
	let_go
	exercises "$1" walk memory || return 1
	sleep 3
}

# every_call DIR: whatever a system call can ask of the files in DIR. A file's methods are known when it was met, and those
# of its mappings when those were: the third time has all.
every_call() {
	wrong=0
	mkdir -p "$1" || return 1
	for pass in 1 2 3; do
		everycall "$1" 2>"/tmp/everycall.$pass" || wrong=1
		sleep 2
	done
	cat /tmp/everycall.3 >&2
	return $wrong
}

# Where the filesystems that are reached over the network are served from.
export_dir=/tmp/export

# An ext4 on $DISK, exported by this machine's own nfsd. With "below", another mount lies in it: a mount point of the
# server becomes one of the client when it is walked into.
serve_export() { # [below]
	mkdir -p $export_dir
	if ! mkfs.ext4 -q -F "$DISK" || ! mount -t ext4 "$DISK" $export_dir; then
		complain "the ext4 to be exported cannot be mounted"
		return 1
	fi
	if [ $# -eq 1 ]; then
		mkdir $export_dir/below
		mount -t tmpfs below $export_dir/below || return 1
	fi
	nfs-server start $export_dir ${1:+$export_dir/below}
}

# The kernel lets go of an export some time after it has been told to, and of a client's mount when what was held there has
# been given up.
umount_patiently() { # DIR
	tries=0
	while grep -q " $1 " /proc/mounts; do
		umount "$1" 2>/dev/null || umount -f "$1" 2>/dev/null
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 1
		usleep 100000
	done
}

umount_export() {
	umount_patiently $export_dir/below && umount_patiently $export_dir
}

# What is left of a filesystem over the network, and of its server.
stop_export() {
	umount_patiently "$MNT" || return 1
	! grep -q " /proc/fs/nfsd " /proc/mounts || nfs-server stop || return 1
	umount_export
}

# uprobe DIR: put a breakpoint into a program of this filesystem and run it: the kernel reads the page by itself.
uprobe() {
	events=/sys/kernel/tracing/uprobe_events
	[ -e $events ] || return 0
	cp /bin/exercise "$1/probed" || return 1
	sync
	echo 1 >/proc/sys/vm/drop_caches
	# The program is linked to 0x400000, and its entry stands at byte 24.
	entry=$(hexdump -s 24 -n 4 -e '"%u"' "$1/probed")
	echo "p:matrix/entry $1/probed:$((entry - 0x400000))" >$events || return 1
	echo 1 >/sys/kernel/tracing/events/matrix/enable
	"$1/probed" >/dev/null 2>&1
	echo 0 >/sys/kernel/tracing/events/matrix/enable
	echo "-:matrix/entry" >>$events || return 1
	rm "$1/probed"
}

# read_only: the work on a filesystem that cannot be written to, mounted at $MNT.
read_only() {
	failed=0
	let_go
	/bin/exercise walk "$MNT" || failed=1
	sleep 3
	/bin/exercise walk "$MNT" || failed=1
	# Names that are not there.
	ls "$MNT"/absent-1 "$MNT"/sub/absent-2 2>/dev/null
	ls -lR "$MNT" >/dev/null || failed=1
	df "$MNT" >/dev/null || failed=1
	cat /proc/self/mountinfo >/dev/null
	fio --name=read --filename="$MNT/text" --readonly --rw=randread --bs=4k --size=128k --ioengine=mmap --thread --output=/tmp/fio.log \
		>/dev/null || failed=1
	cat "$MNT/text" >/dev/null &
	cat "$MNT/noise" >/dev/null
	wait
	mount -o remount,ro "$MNT" || failed=1
	drop_caches
	umount "$MNT" || failed=1
	return $failed
}
