#!/bin/sh
# Runs in the guest: takes the evidence on held locks (report --locks=track) that tests/vm/suite-locks judges on the host.
# Attaching takes seconds: few audits, much in each.
# shellcheck source=tests/vm/suite-guest-lib.sh
. /lib/suite-guest-lib.sh
v=/bin/vfslock
w=/bin/workload

# track NAME ARGUMENT...
track() {
	name=$1
	shift
	run "$name" $v report --locks=track --json -q "$@"
}

mkdir -p /mnt /other /small
mount -t ext4 /dev/vda /mnt || exit 90
mount -t ext4 /dev/vdb /other || exit 91
# Of few functions: for what needs no particular filesystem.
mount -t tmpfs small /small || exit 92
insmod /lib/modules/vfslock_badlock.ko || exit 93
insmod /lib/modules/vfslock_locks.ko || exit 94
mkdir /mnt/bad /mnt/handed /mnt/l /mnt/w /small/bad /small/w
: >/small/file
: >/mnt/l/file
: >/other/file
: >/tmp/file
# Each command's outcome goes to a file, so that one that failed is seen.
cat >/tmp/commands.sh <<'END'
take() { echo "$@" >/proc/vfslock_locks; cat /proc/vfslock_locks >>/out/commands; }
bad() { echo "$@" >/proc/vfslock_badlock; cat /proc/vfslock_badlock >>/out/commands; }
END

run usage-locks $v report --locks=nonsense /mnt
run usage-source $v report --locks=track --lock-source=nonsense /mnt
track no-lockdep --lock-source=tracepoints -d 1 /mnt

# Every way to take each lock; what looks like one; the same locks of filesystems that are not audited. Then inodes of the
# other disk are asked about, and refused, and inodes of the audited one get their addresses.
cat >/tmp/classes.sh <<'END'
. /tmp/commands.sh
take shared /mnt/l/file 101
take exclusive /mnt/l/file 57
take try-shared /mnt/l/file 43
take try-exclusive /mnt/l/file 41
take killable-shared /mnt/l/file 37
take killable-exclusive /mnt/l/file 31
take interruptible /mnt/l/file 29
take downgrade /mnt/l/file 23
take try-in-vain /mnt/l/file 5
take contended /mnt/l/file 4
take interrupted /mnt/l/file 3
take invalidate-shared /mnt/l/file 19
take invalidate-exclusive /mnt/l/file 17
take umount-shared /mnt/l/file 13
take rename-mutex /mnt/l/file 11
for what in alike-super-block alike-mmap alike-copy alike-mutex; do
	take $what /mnt/l/file 50
done
for what in shared exclusive try-shared killable-shared downgrade contended invalidate-shared umount-shared rename-mutex; do
	take $what /tmp/file 80
	take $what /other/file 70
done
# Every eighth inode stays, that the pages which they lie in stay with the inodes' cache: the allocator fills those first. How many
# it takes until some of the addresses come back is its own business, so files are made until they do.
mkdir /other/r
for i in $(seq 400); do : >/other/r/$i; done
chmod 600 /other/r/*
for i in $(seq 400); do echo "remember /other/r/$i 1" >/proc/vfslock_locks; done
for i in $(seq 400); do [ $((i % 8)) = 0 ] || rm /other/r/$i; done
sleep 1 # RCU frees them
mkdir /mnt/r
reused=0
made=0
while [ $reused -lt 100 ] && [ $made -lt 4000 ]; do
	for i in $(seq $((made + 1)) $((made + 200))); do
		: >/mnt/r/$i
		echo "was-remembered /mnt/r/$i 1" >/proc/vfslock_locks && reused=$((reused + 1))
	done 2>/dev/null
	made=$((made + 200))
done
chmod 600 /mnt/r/*
chmod 640 /mnt/r/*
echo $reused >/out/classes.reused
echo $made >/out/classes.made
END
track classes /mnt -- sh /tmp/classes.sh

# Who held what. Then, with another directory: taken by one task and released by another; left behind by one that ended;
# more than are kept; and right and wrong calls after that.
cat >/tmp/others.sh <<'END'
. /tmp/commands.sh
bad lookup-other $1 lo- 17
bad lookup-shared $1 ls- 9
bad create-other $1 co- 11
bad create-shared $1 cs- 13
bad create-locked $1 cl- 6
END
cat >/tmp/handed.sh <<'END'
. /tmp/commands.sh
take hand-shared /mnt/handed 5
take hand-exclusive /mnt/handed 7
take exit-shared /mnt/handed 3
take exit-exclusive /mnt/handed 2
take deep /mnt/handed 2
sleep 1
bad lookup-shared /mnt/handed hs- 6
bad lookup-other /mnt/handed ho- 4
bad lookup-handed /mnt/handed hh- 8
bad lookup-shared /mnt/handed ht- 5
bad create-locked /mnt/handed hc- 3
END
# In the dcache, which was dropped: what is looked up from here on is what the commands look up.
ls /mnt/bad /mnt/handed >/dev/null
track others /mnt -- sh -c 'sh /tmp/others.sh /mnt/bad; sh /tmp/handed.sh'
run others-word $v report --json -q /small -- sh /tmp/others.sh /small/bad

# The workload: once to fill caches, then counted. A mapping from before makes all tables known from the start.
run primer $w all /mnt/w
echo x >/mnt/mapped
/bin/holdmap /mnt/mapped &
holder=$!
sleep 1
track workload /mnt -- sh -c "$w all /mnt/w >/out/workload.json"
kill $holder

# kill -9 in mid-load.
cat >/tmp/load.sh <<'END'
while [ ! -e /tmp/stop ]; do /bin/workload create /small/w 50 && /bin/workload unlink /small/w 50 || exit 1; done >/dev/null
END
$v report --locks=track -q -d 100 /small -- sh -c 'touch /tmp/started; sleep 100' >/dev/null 2>&1 &
pid=$!
while [ ! -e /tmp/started ]; do sleep 0.2; done
sh /tmp/load.sh &
load=$!
sleep 2
bpftool prog list | grep -c tracing >/out/killed.attached
kill -9 $pid
sleep 3
touch /tmp/stop
wait $load
echo $? >/out/killed.load
nothing_left killed
run killed-locks sh -c '. /tmp/commands.sh; take exclusive /small/file 100; take contended /small/file 10'

# The report for people, of an audit that an unmount ends.
cat >/tmp/text.sh <<'END'
. /tmp/commands.sh
for what in shared invalidate-shared umount-shared rename-mutex; do take $what /small/file 33; done
bad create-shared /small/bad tx- 3
umount /small
echo $? >/out/umount.rc
sleep 20
END
run text $v report --locks=track -q /small -- sh /tmp/text.sh
nothing_left text
umount /other /mnt
