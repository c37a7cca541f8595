#!/bin/sh
# matrix-guest.sh LIMIT SLOT_MIB SLOT:NAME... - runs in the guest: one cell of the matrix after the other.
#
# Each runs in a session of its own, so that one that hangs can be killed with all that it started. What it leaves in
# /out/NAME goes at once to its slot of the second disk, and survives whatever the next one does to the kernel:
#
#   report.json report.log report.status   what `vfslock report` said, and its exit status
#   work.log work.status                   of the command that it ran
#   setup.log reason                       the reason, if there is no filesystem to audit
#   failed                                 why the cell is no result, if it is none
#   done                                   always; the seconds it took
#
# Called again as: cell NAME | work NAME | teardown NAME.

# limited SECONDS COMMAND...: 1 if it had to be killed.
limited() {
	limit_seconds=$1
	shift
	rm -f /tmp/killed
	setsid "$@" &
	pid=$!
	(
		sleep "$limit_seconds"
		: >/tmp/killed
		kill -TERM -$pid
		sleep 2
		kill -KILL -$pid
	) 2>/dev/null &
	dog=$!
	# Its status is in the files that it left.
	wait $pid
	kill $dog 2>/dev/null
	[ ! -e /tmp/killed ]
}

open_cell() {
	name=$1
	cell=/out/$name
	MNT=/mnt/$name
	DISK=/dev/vda
	AUDIT=${AUDIT:-$MNT}
	export MNT DISK AUDIT
	mkdir -p "$cell" "$MNT"
	# shellcheck source=tests/vm/matrix-lib.sh
	. /matrix/lib.sh
	# shellcheck disable=SC1090 # whichever it is
	. "/matrix/fs/$name.sh"
}

run_cell() {
	open_cell "$1"
	if ! fs_setup >"$cell/setup.log" 2>&1; then
		tail -n 1 "$cell/setup.log" >"$cell/reason"
		[ -s "$cell/reason" ] || echo "fs_setup failed without a word" >"$cell/failed"
		return
	fi
	status=0
	# shellcheck disable=SC2086 # several mount points are several words
	/bin/vfslock report --json -q $AUDIT -- sh "$0" work "$name" >"$cell/report.json" 2>"$cell/report.log" || status=$?
	echo $status >"$cell/report.status"
	[ $status -le 1 ] || echo "vfslock report ended with status $status: $(tail -n 1 "$cell/report.log")" >"$cell/failed"
}

run_work() {
	open_cell "$1"
	status=0
	fs_work >"$cell/work.log" 2>&1 </dev/null || status=$?
	echo $status >"$cell/work.status"
}

run_teardown() {
	open_cell "$1"
	fs_teardown >"$cell/teardown.log" 2>&1 || echo "fs_teardown failed: $(tail -n 1 "$cell/teardown.log")" >>"$cell/failed"
}

one_cell() {
	name=$1 slot=$2
	began=$(cut -d. -f1 /proc/uptime)
	echo "$name ..."
	limited "$limit" sh "$0" cell "$name" || echo "not finished within $limit s" >"/out/$name/failed"
	limited 60 sh "$0" teardown "$name" || echo "fs_teardown did not finish within 60 s" >>"/out/$name/failed"
	echo 3 >/proc/sys/vm/drop_caches
	echo $(($(cut -d. -f1 /proc/uptime) - began)) >"/out/$name/done"
	echo "$name: $(cat "/out/$name/done") s $(cat "/out/$name/reason" "/out/$name/failed" 2>/dev/null)"
	tar -cf "/tmp/slot.tar" -C "/out/$name" .
	dd if=/tmp/slot.tar of=/dev/vdb bs=1M seek=$((slot * slot_mib)) conv=fsync,notrunc 2>/dev/null
	rm -rf /tmp/slot.tar "/out/$name"
}

# Have one queue of each disk polled: without one, newer kernels refuse the reads and writes that ->iopoll is for.
poll_disks() {
	rmmod virtio_blk && insmod /lib/modules/virtio_blk.ko poll_queues=1
}

case $1 in
cell) run_cell "$2" ;;
work) run_work "$2" ;;
teardown) run_teardown "$2" ;;
*)
	limit=$1 slot_mib=$2
	shift 2
	poll_disks || echo "the disks cannot be polled"
	for word in "$@"; do one_cell "${word#*:}" "${word%%:*}"; done
	;;
esac
