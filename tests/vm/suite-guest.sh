#!/bin/sh
# Runs in the guest: takes all the evidence that tests/vm/suite judges on the host. Every step leaves its exit status in
# /out/NAME.rc, so that one that goes wrong does not hide the others. Attaching takes seconds: few audits, much in each.
# shellcheck source=tests/vm/suite-guest-lib.sh
. /lib/suite-guest-lib.sh
v=/bin/vfslock
w=/bin/workload

writes() { # sectors written to the disk so far
	awk '{ print $7 }' /sys/block/vda/stat
}

mkdir -p /mnt /other
mount -t ext4 /dev/vda /mnt || exit 90
mount -t ext4 /dev/vdb /other || exit 91
run features $v features --json
run features-text $v features

# What an audit writes: nothing. Another mount's work does not count.
sync
before=$(writes)
run idle $v report --json -q -d 1 /mnt
sync
echo "$before $(writes)" >/out/idle.writes
mkdir /mnt/w /other/w
run other $v report --json -q /mnt -- $w create /other/w 50
run plan $v plan /mnt
run plan-json $v plan --json /mnt
run plan-trampoline $v plan --json --attach trampoline /mnt
nothing_left other

# The healthy filesystem: tables are met while it runs, the last umount ends it.
run healthy $v report --json -q /mnt -- sh -c "$w all /mnt/w 1 >/out/primer.json && sleep 1 && $w all /mnt/w 2 >/out/workload.json"
# Now everything is cached, and a mapping exists: from the start all tables are known, and counts must be exact.
mkdir /mnt/warm
ln -s short /mnt/warm/short-link
ln -s "$(printf '%0100d' 0)" /mnt/warm/long-link
mknod /mnt/warm/fifo p
echo x >/mnt/warm/file
/bin/holdmap /mnt/warm/file &
holder=$!
sleep 1
run exact $v report --json -q /mnt -- sh -c "$w all /mnt/w 3 >/out/exact-workload.json"
kill $holder
run text $v report --latency all -d 2 /mnt -- $w rename /mnt/w 2
run other-rules $v report --json -q --spec /etc/other-rules.rst /mnt -- sh -c "$w lookup /mnt/w 20 && $w create /mnt/w 5 && $w unlink /mnt/w 5"
printf 'inode_operations\n================\n\nlocking rules:\n\n=== ===\nops i_rwsem(inode)\n=== ===\nlookup: wibbly\n=== ===\n' >/tmp/bad-rules.rst
run bad-rules $v report --spec /tmp/bad-rules.rst -d 1 /mnt
run usage-duration $v report -d x /mnt
run usage-latency $v report --latency nonsense /mnt
run usage-none $v report
run usage-attach $v report --attach magic /mnt
run usage-command $v nonsense
run no-mount $v report -d 1 /mnt/w
run no-path $v report -d 1 /nonexistent
run no-command $v report -q /mnt -- /nonexistent-command
nothing_left text

# Stacked: the upper layer's calls end in the lower one's. Created through the overlay, a file's first home is the work
# directory: one create below for each.
mkdir -p /mnt/lower/dir /mnt/upper /mnt/work /overlay
echo low >/mnt/lower/file
mount -t overlay overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work /overlay
run overlay-lower $v report --json -q /mnt -- sh -c "$w create /overlay 20 && echo more >>/overlay/file && ls -l /overlay"
run overlay-unlink $w unlink /overlay 20
run overlay $v report --json -q /overlay -- sh -c "$w create /overlay 20 && echo more >>/overlay/file && mv /overlay/dir /overlay/moved"
umount /overlay

# A module that breaks locks.
insmod /lib/modules/vfslock_badlock.ko || echo "insmod failed" >/out/badlock.err
mkdir /mnt/bad
cat >/tmp/break.sh <<'EOF'
control=/proc/vfslock_badlock
bad() { echo "$@" >$control && cat $control; }
bad lookup-unlocked /mnt/bad lu- 25
bad lookup-shared /mnt/bad ls- 5
bad lookup-locked /mnt/bad ll- 4
bad create-unlocked /mnt/bad cu- 17
bad create-shared /mnt/bad cs- 13
bad create-locked /mnt/bad cl- 9
# By now the first breaches are judged: further ones are counted by the fast way for suspicious signatures.
sleep 2
bad create-unlocked /mnt/bad cv- 40
bad lookup-unlocked /mnt/bad lv- 30
EOF
run badlock $v report --json -q /mnt -- sh /tmp/break.sh
run badlock-text $v report -q /mnt -- sh -c 'echo "create-unlocked /mnt/bad ct- 3" >/proc/vfslock_badlock'
nothing_left badlock

# Two mounts of one type in one audit: the breach is on one of them, and the other one's unmount does not end it.
mkdir /mnt/two /other/two /other/bad
cat >/tmp/two.sh <<'EOF'
/bin/workload create /mnt/two 10
/bin/workload create /other/two 7
echo "create-unlocked /other/bad co- 6" >/proc/vfslock_badlock
umount /other
/bin/workload create /mnt/bad 3
EOF
run two $v report --json -q /other /mnt -- sh /tmp/two.sh
mount -t ext4 /dev/vdb /other
run same $v report --json -q -d 1 /mnt /mnt

# Everything by kprobe must come to the same.
mkdir /mnt/k
cat >/tmp/kprobe.sh <<'EOF'
/bin/workload all /mnt/k 1 >/out/by-kprobe-workload.json
echo "create-unlocked /mnt/k ck- 19" >/proc/vfslock_badlock
echo "create-shared /mnt/k cq- 8" >/proc/vfslock_badlock
EOF
/bin/holdmap /mnt/warm/file &
holder=$!
sleep 1
run by-kprobe $v report --json -q --attach kprobe --latency all /mnt -- sh /tmp/kprobe.sh
kill $holder

# Ops of a module that is loaded after the start, learnt from a lease; without BTF, hence by kprobe.
echo leased >/mnt/leased
cat >/tmp/late.sh <<'EOF'
insmod /lib/modules/vfslock_lease.ko path=/mnt/leased
for i in $(seq 100); do
	bpftool prog list | grep -q vl_vfslock_leas && break
	sleep 0.5
done
sleep 1
echo break >>/mnt/leased
rmmod vfslock_lease
EOF
run late-module $v report --json -q /mnt -- sh /tmp/late.sh
nothing_left late-module

# Missing rights, missing BTF.
echo 'nobody::65534:65534::/:/bin/sh' >/etc/passwd
run unprivileged su -s /bin/sh nobody -c "$v report -d 1 /mnt"
mount -t tmpfs none /sys/kernel/btf
run no-btf $v report -d 1 /mnt
umount /sys/kernel/btf

# kill -9 in mid-audit, then an unmount in mid-audit. How long attaching takes is the machine's business: the audited command says
# when it is done.
audited() { # REPORT'S OPTIONS...: in the background, its process in $pid
	rm -f /tmp/audited
	$v report -q -d 200 "$@" /mnt -- sh -c 'touch /tmp/audited; exec sleep 200' &
	pid=$!
	while [ ! -e /tmp/audited ] && kill -0 $pid; do sleep 0.2; done
}
audited >/dev/null 2>&1
bpftool prog list | grep -c tracing >/out/killed.attached
kill -9 $pid
killall sleep
nothing_left killed
audited --json >/out/unmount.out 2>/out/unmount.err
$w create /mnt/w 10 >/dev/null
umount /mnt
echo $? >/out/umount.rc
wait $pid
echo $? >/out/unmount.rc
killall sleep
nothing_left unmount
umount /other
