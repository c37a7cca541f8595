#!/bin/sh
# Runs in a guest: storms on the i_rwsem of one directory, audited with --locks=track. tests/vm/suite-locks judges what it
# leaves.
# shellcheck source=tests/vm/suite-guest-lib.sh
. /lib/suite-guest-lib.sh
v=/bin/vfslock

mkdir -p /mnt /small
mount -t ext4 /dev/vda /mnt || exit 90
mount -t tmpfs small /small || exit 92
insmod /lib/modules/vfslock_locks.ko || exit 91
mkdir /mnt/storm /mnt/listed
for i in $(seq 50); do : >"/mnt/listed/$i"; done

# What a step of the storm took goes to /out/storm.times.
cat >/tmp/storm.sh <<'END'
at() { echo "$(cut -d ' ' -f 1 /proc/uptime) $*" >>/out/storm.times; }
at begin
# 10,000 tasks that all wait at once, and then take turns.
/bin/storm once /mnt/storm 4 2500 &
once=$!
while [ ! -e /tmp/storm-ready ]; do sleep 0.1; done
echo "crowd /mnt/storm 10000" >/proc/vfslock_locks &
crowd=$!
sleep 1
at crowd
: >/tmp/storm-go
wait $once
echo $? >/out/storm.once
wait $crowd
echo $? >/out/storm.crowd
at once

# Killed anywhere.
/bin/storm victims /mnt/storm 8 40 >/out/storm.refused
echo $? >/out/storm.victims
at victims

# Killed while they wait killably: they leave without having had the lock, which is held until the last of them has left.
/bin/storm readers /mnt/listed 4 50 &
readers=$!
echo "deserted /mnt/listed 200" >/proc/vfslock_locks &
deserted=$!
sleep 4
kill $readers
wait $readers
echo $? >/out/storm.readers
wait $deserted
echo $? >/out/storm.deserted
at deserted
END
run storm $v report --locks=track --json -q /mnt -- sh /tmp/storm.sh

# Preempted anywhere: a program that the one of another task interrupts on its CPU is skipped, which must be told.
echo full >/sys/kernel/debug/sched/preempt 2>/dev/null
cat /sys/kernel/debug/sched/preempt >/out/preempt.mode 2>/dev/null
run preempt $v report --locks=track --json -q /small -- /bin/storm victims /small 8 40
nothing_left preempt
run storm-locks sh -c 'echo "contended /mnt/storm 20" >/proc/vfslock_locks && cat /proc/vfslock_locks'
umount /mnt
echo $? >/out/storm.umount
