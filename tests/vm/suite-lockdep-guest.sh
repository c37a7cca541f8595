#!/bin/sh
# Runs in the guest: takes all the evidence that tests/vm/suite-lockdep judges on the host. vda and vdb are equal.
#
#   suite-lockdep-guest.sh SECONDS     how long each stress lasts
seconds=$1

# shellcheck source=tests/vm/suite-guest-lib.sh
. /lib/suite-guest-lib.sh

# Without what a mount does later by itself, and without write-back at its own time.
mount_quiet() {
	mount -t ext4 -o noinit_itable,no_prefetch_block_bitmaps "$1" /mnt/ext4
}

# Every phase but those that drop all caches of the machine, whose size is not the same twice.
cat >/tmp/phases.sh <<'EOS'
/bin/workload 2>&1 | awk 'seen && $1 != "all" { print $1 } /^usage/ { seen = 1 }' | grep -vx -e "" -e reclaim -e follow -e bigdir -e getacl
EOS

cat >/tmp/same.sh <<'EOS'
while read -r phase; do
	/bin/workload "$phase" /mnt/ext4/work >/dev/null || echo "$phase" >>"$1"
done </tmp/phases
EOS

# Without locks, or with the wrong ones: first by the one module, then by the other, with what the kernel says of it.
cat >/tmp/breaches.sh <<'EOS'
bad() { echo "$@" >/proc/vfslock_badlock || echo "$*: $?"; }
mkdir /mnt/ext4/bad
bad lookup-unlocked /mnt/ext4/bad lu- 25
bad lookup-locked /mnt/ext4/bad ll- 4
bad create-unlocked /mnt/ext4/bad cu- 17
bad create-shared /mnt/ext4/bad cs- 13
bad create-locked /mnt/ext4/bad cl- 9
for command in setattr truncate unlink sync fault fault-other; do
	for round in 1 2 3; do
		echo data >/mnt/ext4/bad/file
		echo 1 >/sys/kernel/debug/clear_warn_once
		echo "begin $1 $command" >/dev/kmsg
		echo "$command /mnt/ext4/bad/file" >/proc/vfslock_asserts || echo "$command $round: $?"
		echo "end" >/dev/kmsg
	done
done
EOS

# The same once with each way to fill the table, on equal filesystems.
same() { # SOURCE DISK
	mount_quiet "$2"
	mkdir /mnt/ext4/work
	echo x >/mnt/ext4/file
	/bin/holdmap /mnt/ext4/file &
	holder=$!
	# What it caches is then cached both times.
	sh /tmp/same.sh /out/primer.failed
	sync
	run "same-$1" /bin/vfslock report --json -q --locks=track --lock-source "$1" /mnt/ext4 -- sh -c \
		"sh /tmp/same.sh /out/same-$1.failed && sh /tmp/breaches.sh $1 >/out/breaches-$1.failed 2>&1"
	kill $holder
	wait_for_no_programs
	umount /mnt/ext4
}

# Phases in any order until the time is over. A remount wants nobody else to write.
cat >/tmp/storm.sh <<'EOS'
dir=$1 end=$2
mkdir -p "$dir"
while [ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ]; do
	shuf /tmp/phases | while read -r phase; do
		[ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ] || break
		[ "$phase" != remount ] || continue
		if /bin/workload "$phase" "$dir" >/dev/null 2>>"/out/storm.err"; then echo "$phase"; fi
	done
done
EOS

# Several of them, what else there is, mounts, and too little memory.
cat >/tmp/stress.sh <<'EOS'
end=$(($(cut -d . -f 1 /proc/uptime) + $1))
echo release >/proc/vfslock_asserts
# Each of these is certain to come once.
for phase in freeze mountinfo; do
	/bin/workload $phase /mnt/ext4 1 >/dev/null
done
for dir in ext4/a ext4/b xfs/a overlay/a; do
	sh /tmp/storm.sh "/mnt/$dir" $end >>"/out/storm-$2.done" &
done
mkdir -p /mnt/ext4/more /mnt/xfs/more /tmp/bound
if [ -x /usr/bin/stress-ng ]; then
	stress-ng --temp-path /mnt/ext4/more --timeout "$1" --dir 1 --dir-dirs 64 --rename 1 --hdd 1 --hdd-bytes 1M --mmap 1 \
		--mmap-bytes 512K --mmap-file --flock 1 --fallocate 1 --fallocate-bytes 1M >/dev/null 2>&1 &
	stress-ng --temp-path /mnt/xfs/more --timeout "$1" --rename 1 --hdd 1 --hdd-bytes 1M >/dev/null 2>&1 &
fi
if [ -x /usr/bin/fio ]; then
	fio --name=mapped --directory=/mnt/ext4/more --ioengine=mmap --rw=randrw --size=2m --bs=4k --time_based --runtime="$1" \
		--thread >/dev/null 2>&1 &
fi
dd if=/dev/zero of=/dev/shm/fill bs=1M count="$3" 2>/dev/null &
while [ "$(cut -d . -f 1 /proc/uptime)" -lt "$end" ]; do
	mount --bind /mnt/ext4 /tmp/bound && umount /tmp/bound
	cat /proc/mounts >/dev/null
	echo 3 >/proc/sys/vm/drop_caches
	sleep 1
done
wait
rm /dev/shm/fill
EOS

stress() { # SOURCE
	mount -t ext4 /dev/vda /mnt/ext4
	mount -t xfs /dev/vdc /mnt/xfs
	mkdir -p /mnt/ext4/lower /mnt/ext4/upper /mnt/ext4/overlay-work
	mount -t overlay overlay -o lowerdir=/mnt/ext4/lower,upperdir=/mnt/ext4/upper,workdir=/mnt/ext4/overlay-work /mnt/overlay
	for fs in ext4 xfs overlay; do
		echo x >/mnt/$fs/file
		/bin/holdmap /mnt/$fs/file &
	done
	# Holds a lock since before the audit, and calls a method with it in the audit: the hold that nobody can have seen.
	echo x >/mnt/ext4/held
	(echo "hold /mnt/ext4/held" >/proc/vfslock_asserts) &
	sleep 1
	# Half of the memory goes to a file that cannot be reclaimed.
	fill=$(awk '/MemAvailable/ { print int($2 / 1024 * 0.5) }' /proc/meminfo)
	run "stress-$1" /bin/vfslock report --json -q --locks=track --lock-source "$1" /mnt/ext4 /mnt/xfs /mnt/overlay -- \
		/bin/lockcheck -o "/out/check-$1.json" sh /tmp/stress.sh "$seconds" "$1" "$fill"
	killall holdmap
	wait_for_no_programs
	umount /mnt/overlay /mnt/xfs /mnt/ext4
}

mkdir -p /mnt/ext4 /mnt/xfs /mnt/overlay
insmod /lib/modules/vfslock_badlock.ko || exit 91
insmod /lib/modules/vfslock_asserts.ko || exit 91
sh /tmp/phases.sh >/tmp/phases
echo 0 >/proc/sys/vm/dirty_writeback_centisecs
same hooks /dev/vda
same tracepoints /dev/vdb
echo 500 >/proc/sys/vm/dirty_writeback_centisecs
stress hooks
stress tracepoints
cp /proc/lockdep_stats /out/lockdep_stats
