#!/bin/sh
# soak-guest.sh SEED FORM AUDIT... - runs in the guest: audits of healthy filesystems under load, one after the other.
#
#   FORM      long: each filesystem gets all of the stressors, and the programs of an audit are gone when the next one begins.
#             short: the filesystems of an audit share the stressors, and it begins while those programs are let go of
#   AUDIT     LOAD[+LOAD]...:MODE:SECONDS:FILESYSTEM[+FILESYSTEM]...: one audit with --locks=MODE, while one load_LOAD after the
#             other runs for about SECONDS
#
# vda is an ext4, vdb an xfs, vdc a btrfs, vdd space to swap to; the overlayfs lies on the ext4 (below) and the xfs (above).
# What an audit leaves in /out/NUMBER is judged on the host (tests/vm/soak-*.jq):
#
#   report.json report.err report.status   of vfslock
#   memory                                 lines "SECONDS KIB": what vfslock itself took while it ran, swapped out or not
#   vmstat.before vmstat.after             the kernel's counts of pages reclaimed, swapped and written
#   skipped                                what the load could not do, a line each
#   remounted                              each filesystem that was remounted read-only, and back
#   wrong                                  what went wrong with the load, if anything
#
# busybox's shell takes its own applets first: what util-linux does better goes by its path.
# Called again as: load LOADS SECONDS SEED FORM OUT FILESYSTEM...
script=/run/guest/script
all="ext4 xfs btrfs tmpfs overlay"

# What a filesystem without some feature answers.
unsupported='Operation not supported|Inappropriate ioctl for device|Invalid argument|Operation not permitted|Function not implemented'

now() { cut -d . -f 1 /proc/uptime; }

mounted() { grep -q "^[^ ]* /mnt/$1 " /proc/mounts; }

mount_one() {
	mounted "$1" && return
	mkdir -p "/mnt/$1"
	case $1 in
	ext4)
		mount -t ext4 -o usrquota,grpquota /dev/vda /mnt/ext4 || return 1
		# Its quota is in files: the first time there are none.
		[ ! -e /mnt/ext4/aquota.user ] || quotaon /mnt/ext4
		;;
	xfs) mount -t xfs -o usrquota,grpquota /dev/vdb /mnt/xfs ;;
	btrfs) mount -t btrfs /dev/vdc /mnt/btrfs ;;
	tmpfs) mount -t tmpfs -o size=192M tmpfs /mnt/tmpfs ;;
	overlay)
		# A new upper layer each time, so that there is something to copy up.
		rm -rf /mnt/xfs/upper /mnt/xfs/overlay-work
		mkdir /mnt/xfs/upper /mnt/xfs/overlay-work
		mount -t overlay -o lowerdir=/mnt/ext4/lower,upperdir=/mnt/xfs/upper,workdir=/mnt/xfs/overlay-work overlay /mnt/overlay
		;;
	esac
}

mount_all() {
	! mounted overlay || umount /mnt/overlay || return 1
	for fs in $all; do
		mount_one "$fs" || return 1
		mkdir -p "/mnt/$fs/work" && seed "/mnt/$fs/seed" || return 1
	done
}

# One of each kind of file, which an audit looks at when it begins: the tables of a kind that it meets only later are attached
# while the load goes on. The first is mapped, until let_go.
seed() { # DIR
	mkdir -p "$1" || return 1
	if [ ! -e "$1/file" ]; then
		echo "some text" >"$1/file" && ln -s file "$1/short" && ln -s "$(printf './%.0s' $(seq 50))file" "$1/long" && mkfifo "$1/fifo" || return 1
	fi
	cat "$1/short" "$1/long" >/dev/null && ls -lR "$1" >/dev/null || return 1
	/bin/holdmap "$1/file" &
	echo $! >>/tmp/holders
}

let_go() {
	while read -r holder; do
		kill "$holder"
		# Its mappings are gone when its memory is.
		while [ -n "$(cat "/proc/$holder/maps" 2>/dev/null)" ]; do usleep 10000; done
	done </tmp/holders
	: >/tmp/holders
}

# The overlay's lower layer. Once, before there is an overlay.
make_lower() {
	mkdir -p /mnt/ext4/lower
	for dir in 0 1 2 3 4 5; do
		mkdir "/mnt/ext4/lower/$dir"
		for file in 0 1 2 3 4 5 6 7 8 9; do
			dd if=/bin/busybox of="/mnt/ext4/lower/$dir/$file" bs=4k count=$((file + 1)) 2>/dev/null
		done
		ln -s 0 "/mnt/ext4/lower/$dir/link"
	done
}

# A load that goes wrong says so here; the audit goes on.
wrong() { echo "$*" >>"$out/wrong"; }

# ---- The parts of a load. Each lasts about $seconds, on the filesystem $1.

# stress FILESYSTEM SECONDS OPTION...: all of the stressors at a time. What the filesystem or the kernel does not have, a stressor
# skips: it is told in `skipped`. A stressor that fails is wrong.
stress() {
	fs=$1 limit=$2
	shift 2
	if [ "$form" = short ]; then
		# shellcheck disable=SC2046 # the options are words
		set -- $(share "$fs" "$@")
		[ $# -gt 0 ] || return
	fi
	log=$out/stress.$fs
	mkdir -p "/mnt/$fs/work/stress"
	status=0
	stress-ng --temp-path "/mnt/$fs/work/stress" --timeout "$limit" --seed "$seed" --dentries 128 --dirdeep-inodes 256 --dirdeep-files 2 \
		--hdd-bytes 1M --iomix-bytes 1M --fallocate-bytes 1M --seek-size 1M --sendfile-size 256K --readahead-bytes 1M \
		--sync-file-bytes 1M --fiemap-bytes 1M --mmap-bytes 512K --mmap-file --msync-bytes 1M --open-max 200 "$@" >"$log" 2>&1 || status=$?
	sed -n 's/^stress-ng: info:  *\[[0-9]*\] \(.*skip.*\)$/\1/p' "$log" | sed "s|^|$fs: |" >>"$out/skipped"
	case $status in
	0 | 3 | 4) rm "$log" ;;
	*) wrong "stress-ng $* on $fs ended with status $status: $(grep -E 'fail|error' "$log" | head -n 5)" ;;
	esac
}

# share FILESYSTEM --STRESSOR N...: those that fall to this one of the filesystems, by turns.
share() {
	one=$1
	shift
	while [ $# -gt 0 ]; do
		for fs in $filesystems; do
			[ $# -gt 0 ] || break
			[ "$fs" != "$one" ] || echo "$1 $2"
			shift 2
		done
	done
}

soak_load() { # WHAT FILESYSTEM SECONDS PROCESSES
	/bin/soak-load "$1" "/mnt/$2/work/$1" "$3" "$4" || wrong "soak-load $1 on $2 ended with status $?"
}

# What of fio's engines a filesystem cannot do is none of its jobs: direct I/O of a tmpfs before Linux 6.6.
fio_jobs() { # FILESYSTEM SECONDS
	fio_dir=/mnt/$1/work/fio
	mkdir -p "$fio_dir"
	direct="--name=direct --ioengine=psync --direct=1 --rw=randrw --bs=4k --numjobs=1 --name=async --ioengine=libaio --direct=1 --iodepth=8 --rw=randrw --bs=4k"
	if [ "$1" = tmpfs ] && ! dd if=/dev/zero of=/mnt/tmpfs/direct bs=4k count=1 oflag=direct 2>/dev/null; then
		echo "tmpfs: fio's direct I/O skipped: this kernel's has none" >>"$out/skipped"
		direct=""
	fi
	# shellcheck disable=SC2086 # the options are words
	fio --directory="$fio_dir" --size=2M --time_based --runtime="$2" --thread --randseed="$seed" --fallocate=none \
		--name=buffered --ioengine=psync --rw=randrw --bs=1k --numjobs=2 --fsync=256 \
		--name=read --ioengine=psync --rw=randread --bs=512 \
		--name=mapped --ioengine=mmap --rw=randrw --bs=4k --fdatasync=64 $direct >"$out/fio.$1" 2>&1 || wrong "fio on $1: $(tail -n 5 "$out/fio.$1")"
}

# workload FILESYSTEM SECONDS: phases of the counting workload, in any order, each in a directory of its own.
workload() {
	until=$(($(now) + $2))
	log=/tmp/workload.$1
	while [ "$(now)" -lt $until ]; do
		for phase in $(shuf /tmp/phases); do
			[ "$(now)" -lt $until ] || break
			# A btrfs has a device number for each subvolume, and a file to swap to is one that is not copied on write. An xfs
			# knows no quota of somebody who has no file.
			case $1:$phase in btrfs:mountinfo | btrfs:swap | xfs:quota) continue ;; esac
			dir=/mnt/$1/work/$phase
			mkdir -p "$dir"
			if ! /bin/workload "$phase" "$dir" 4 >/dev/null 2>"$log"; then
				if grep -qE "$unsupported" "$log"; then
					echo "$1: workload $phase: $(sed 's/.*: //' "$log" | tail -n 1)" >>"$out/skipped"
				else
					wrong "workload $phase on $1: $(tail -n 1 "$log")"
				fi
			fi
			rm -rf "$dir"
		done
	done
}

# Files of the lower layer are copied up: by a write, a change of mode, a rename, a link, a truncation.
copy_up() { # SECONDS
	until=$(($(now) + $1))
	for dir in 0 1 2 3 4 5; do
		[ "$(now)" -lt $until ] || break
		copy_up_in "/mnt/overlay/$dir" || wrong "copying up in $dir failed"
		sleep 1
	done
}

copy_up_in() (
	set -e
	cd "$1"
	echo more >>./0
	chmod 600 ./1
	mv ./2 moved
	ln ./3 linked
	: >./4
	touch ./5
	rm ./6
	chown 1:1 ./7
	cat ./8 >/dev/null
	mv moved "../moved.$$"
	rm "../moved.$$" link
)

# Mounts and unmounts around the audited ones: a bind mount, the table read, remounts.
mounts() { # FILESYSTEM SECONDS
	until=$(($(now) + $2))
	mkdir -p "/tmp/bound.$1"
	while [ "$(now)" -lt $until ]; do
		if ! { mount --bind "/mnt/$1/work" "/tmp/bound.$1" && ls "/tmp/bound.$1" >/dev/null && umount "/tmp/bound.$1"; }; then
			wrong "bind mount of $1"
		fi
		cat /proc/self/mountinfo >/dev/null
		if ! { mount -o remount,noatime "/mnt/$1" && mount -o remount,relatime "/mnt/$1"; }; then wrong "remount of $1"; fi
		# Read-only it becomes if nobody writes at that moment.
		if mount -o remount,ro "/mnt/$1" 2>/dev/null; then
			mount -o remount,rw "/mnt/$1" || wrong "remount of $1, rw"
			echo "$1" >>"$out/remounted"
		fi
		usleep 300000
	done
}

freeze() { # FILESYSTEM SECONDS
	until=$(($(now) + $2))
	while [ "$(now)" -lt $until ]; do
		/usr/bin/fsfreeze -f "/mnt/$1" || wrong "fsfreeze -f of $1"
		usleep 100000
		/usr/bin/fsfreeze -u "/mnt/$1" || wrong "fsfreeze -u of $1"
		usleep 500000
	done
}

# quota FILESYSTEM SECONDS: limits set, asked for and met while quota is switched off and on.
quota() {
	until=$(($(now) + $2))
	mkdir -p "/mnt/$1/work/quota"
	chmod 777 "/mnt/$1/work/quota"
	round=0
	while [ "$(now)" -lt $until ]; do
		round=$((round + 1))
		setquota -u 3000 0 $((400 + round % 7)) 0 40 "/mnt/$1" || wrong "setquota -u on $1"
		setquota -g 3000 0 4000 0 400 "/mnt/$1" || wrong "setquota -g on $1"
		repquota -ugn "/mnt/$1" >"$out/repquota.$1" || wrong "repquota of $1"
		# The limit is met: this ends with an error.
		if /usr/bin/setpriv --reuid 3000 --regid 3000 --clear-groups dd if=/dev/zero of="/mnt/$1/work/quota/full" bs=4k count=400 2>/dev/null; then
			wrong "quota of $1 is not enforced in round $round"
		fi
		rm -f "/mnt/$1/work/quota/full"
		[ $((round % 4)) -eq 0 ] || continue
		quotaoff "/mnt/$1" 2>"$out/quotaoff.$1" || wrong "quotaoff of $1: $(cat "$out/quotaoff.$1")"
		quotaon "/mnt/$1" 2>"$out/quotaon.$1" || wrong "quotaon of $1: $(cat "$out/quotaon.$1")"
	done
}

# swap FILESYSTEM SECONDS: a file of the filesystem to swap to, while memory is short.
swap() {
	until=$(($(now) + $2))
	file=/mnt/$1/work/swapfile
	while [ "$(now)" -lt $until ]; do
		if ! { dd if=/dev/zero of="$file" bs=64k count=512 && chmod 600 "$file" && mkswap "$file"; } >/dev/null 2>&1; then
			wrong "no swap file on $1"
		fi
		if /usr/bin/swapon -p 10 "$file"; then
			sleep 4
			/usr/bin/swapoff "$file" || wrong "swapoff on $1"
		else
			wrong "swapon on $1"
		fi
		rm "$file"
	done
}

# Anonymous memory, more than there is left without swapping: the workers share it.
pressure() { # SECONDS
	stress-ng --timeout "$1" --seed "$seed" --vm 2 --vm-bytes "$(awk '/MemAvailable/ { print int($2 * 1.2) }' /proc/meminfo)K" --vm-populate --vm-method write64 \
		--mmapfork 1 --oom-avoid >"$out/pressure" 2>&1 || wrong "pressure: $(tail -n 3 "$out/pressure")"
}

drop_caches() { # SECONDS
	until=$(($(now) + $1))
	while [ "$(now)" -lt $until ]; do
		for what in 1 2 3; do
			echo $what >/proc/sys/vm/drop_caches
			sleep 1
		done
	done
}

# each COMMAND [ARGUMENT...]: COMMAND FILESYSTEM $seconds ARGUMENT... on all filesystems of the audit at a time.
each() {
	command=$1
	shift
	for fs in $filesystems; do "$command" "$fs" "$seconds" "$@" & done
}

has() { case " $filesystems " in *" $1 "*) ;; *) return 1 ;; esac; }

# ---- The loads.

load_names() {
	each stress --dentry 1 --dir 1 --dirdeep 1 --rename 1 --link 1 --symlink 1 --touch 1 --open 1 --filename 1 --inotify 1
	for fs in $filesystems; do soak_load renames "$fs" "$seconds" 3 & done
	! has overlay || copy_up "$seconds" &
	wait
}

load_attributes() {
	each stress --chmod 1 --chown 1 --utime 1 --xattr 1 --access 1 --file-ioctl 1 --fiemap 1 --getdent 1 --fstat 1 --flock 1 --lockf 1 --locka 1 \
		--lockofd 1 --lease 1 --inode-flags 1
	wait
}

load_data() {
	each stress --hdd 1 --seek 1 --sync-file 1 --fallocate 1 --copy-file 1 --iomix 1 --aio 1 --readahead 1 --sendfile 1 --splice 1 --mmap 1 \
		--msync 1 --fpunch 1
	for fs in $filesystems; do soak_load mapped "$fs" "$seconds" 2 & done
	wait
}

load_fio() {
	each fio_jobs
	wait
}

load_calls() {
	for fs in $filesystems; do soak_load calls "$fs" "$seconds" 4 & done
	wait
}

load_workload() {
	each workload
	drop_caches "$seconds" &
	wait
}

# Everything at a time, and too little memory.
load_pressure() {
	for fs in $filesystems; do
		soak_load mapped "$fs" "$seconds" 2 &
		soak_load calls "$fs" "$seconds" 2 &
	done
	each stress --hdd 1 --dentry 1 --readahead 1 --mmap 1 --rename 1
	pressure "$seconds" &
	drop_caches "$seconds" &
	for fs in ext4 xfs; do ! has $fs || swap $fs "$seconds" & done
	wait
}

# Quota and freezing, under writes.
load_quota() {
	for fs in $filesystems; do
		soak_load renames "$fs" "$seconds" 2 &
		case $fs in ext4 | xfs) quota "$fs" "$seconds" & ;; esac
		case $fs in ext4 | xfs | btrfs) freeze "$fs" "$seconds" & ;; esac
	done
	each stress --hdd 1 --dentry 1 --link 1
	wait
}

# Mounts of all kinds; then one audited mount after the other goes while the others are used, which ends the audit.
load_mounts() {
	for fs in $filesystems; do soak_load calls "$fs" "$seconds" 2 & done
	each mounts
	wait
	let_go
	seconds=3
	# The overlay before what it lies on.
	for gone in overlay btrfs tmpfs xfs ext4; do
		has $gone || continue
		filesystems=$(for fs in $filesystems; do [ "$fs" = "$gone" ] || printf '%s ' "$fs"; done)
		for fs in $filesystems; do soak_load renames "$fs" $seconds 2 & done
		umount "/mnt/$gone" || wrong "umount of $gone"
		# Again, in the middle of the audit: another super_block, which is not audited.
		if [ $gone = btrfs ]; then
			mount_one btrfs || wrong "btrfs could not be mounted again"
			soak_load renames btrfs 2 1
		fi
		wait
	done
}

# ---- The audits.

run_load() {
	loads=$1 seconds=$2 seed=$3 form=$4 out=$5
	shift 5
	filesystems=$*
	for load in $(echo "$loads" | tr + ' '); do
		"load_$load"
		for fs in $filesystems; do
			! mounted "$fs" || rm -rf "/mnt/$fs/work/"* || wrong "rm on $fs"
		done
	done
	[ ! -e "$out/wrong" ]
}

# watch_memory PID FILE
watch_memory() {
	while kill -0 "$1" 2>/dev/null; do
		echo "$(cut -d ' ' -f 1 /proc/uptime) $(awk '/^(RssAnon|VmSwap)/ { kib += $2 } END { print kib }' "/proc/$1/status" 2>/dev/null)" >>"$2"
		sleep 1
	done
}

audit() { # NAME LOADS MODE SECONDS FILESYSTEM[+FILESYSTEM]...
	out=/out/$1 loads=$2 mode=$3 seconds=$4
	filesystems=$(echo "$5" | tr + ' ')
	mkdir -p "$out"
	: >"$out/skipped"
	: >"$out/remounted"
	echo "$loads $mode $filesystems" >"$out/what"
	if ! mount_all >"$out/mount.log" 2>&1; then
		echo "the filesystems cannot be mounted: $(tail -n 1 "$out/mount.log")" >"$out/wrong"
		return
	fi
	began=$(now)
	cp /proc/vmstat "$out/vmstat.before"
	# A load that does not end is killed: the audit is to be reported all the same.
	more=""
	# What is left locked is to be noticed within the audit.
	[ "$form" = long ] || more="--unlock-timeout 30"
	# shellcheck disable=SC2046,SC2086 # as many words as mounts
	/bin/vfslock report --json -q "--locks=$mode" $more $(printf '/mnt/%s ' $filesystems) -- \
		timeout -s KILL $((seconds * 30 + 120)) sh $script load "$loads" "$seconds" "$seed" $form "$out" $filesystems \
		>"$out/report.json" 2>"$out/report.err" &
	pid=$!
	watch_memory $pid "$out/memory" &
	watcher=$!
	wait $pid
	echo $? >"$out/report.status"
	wait $watcher
	cp /proc/vmstat "$out/vmstat.after"
	let_go
	reported=$(now)
	# A child of it lets go of the programs. Until then calls go through them still.
	while [ "$form" = long ] && pidof vfslock >/dev/null; do usleep 200000; done
	echo "$loads, $filesystems, --locks=$mode: status $(cat "$out/report.status"), $((reported - began)) s and $(($(now) - reported)) s;" \
		"$(sed -n 's/^  "calls": \([0-9]*\),$/\1/p' "$out/report.json") calls; $(head -n 1 "$out/wrong" 2>/dev/null)"
}

set_up() {
	ln -s /proc/self/mounts /etc/mtab
	/bin/workload 2>&1 | awk 'seen && $1 != "all" { print $1 } /^usage/ { seen = 1 }' | grep -vx -e "" -e reclaim -e remount -e freeze -e unlink -e rmdir >/tmp/phases
	mkswap /dev/vdd >/dev/null && swapon /dev/vdd || return 1
	# A hung task is a finding, and it must be seen before the guest's time is over.
	echo 60 >/proc/sys/kernel/hung_task_timeout_secs
	mount_one ext4 && make_lower || return 1
	quotacheck -cugm /mnt/ext4 && quotaon /mnt/ext4
}

case $1 in
load)
	shift
	run_load "$@"
	;;
*)
	seed=$1 form=$2
	shift 2
	set_up || exit 3
	number=0
	for item in "$@"; do
		number=$((number + 1))
		# shellcheck disable=SC2046 # its words
		audit "$(printf '%02d' $number)" $(echo "$item" | tr : ' ')
	done
	cat /proc/sys/kernel/tainted >/out/tainted
	for fs in overlay ext4 xfs btrfs tmpfs; do ! mounted "$fs" || umount "/mnt/$fs" || echo "umount of $fs: $?" >>/out/left; done
	;;
esac
