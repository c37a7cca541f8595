#!/bin/sh
# Runs in the guest: one audit of a healthy ext4, tmpfs and xfs (a module), which the umounts end.
for fs in ext4 tmpfs xfs; do
	mkdir -p /mnt/$fs
done
mount -t ext4 /dev/vda /mnt/ext4 || exit 3
mount -t tmpfs none /mnt/tmpfs || exit 3
mount -t xfs /dev/vdb /mnt/xfs || exit 3
for fs in ext4 tmpfs xfs; do
	mkdir /mnt/$fs/work
done
cat >/tmp/work.sh <<'END'
for fs in ext4 xfs; do
	/bin/workload all /mnt/$fs/work 2 >/out/$fs.json || echo "workload on $fs: status $?" >>/out/failed
done
# Not every phase is for a tmpfs.
for phase in create readdir unlink mkdir rmdir link symlink rename write read mapwrite; do
	/bin/workload $phase /mnt/tmpfs/work >>/out/tmpfs.json || echo "$phase on tmpfs: status $?" >>/out/failed
done
umount /mnt/xfs /mnt/tmpfs /mnt/ext4
END
/bin/vfslock report --json -q /mnt/ext4 /mnt/tmpfs /mnt/xfs -- sh /tmp/work.sh >/out/report.json || exit $?
# By rules that no kernel keeps: breaches whose callers must be found, in a method whose return is watched.
mount -t ext4 /dev/vda /mnt/ext4
/bin/vfslock report --json -q --latency all --spec /etc/other-rules.rst /mnt/ext4 -- /bin/workload lookup /mnt/ext4/work 20 >/out/other.json
echo $? >/out/other.status
# Who holds what.
mount -t xfs /dev/vdb /mnt/xfs
/bin/vfslock report --json -q --locks=track /mnt/ext4 /mnt/xfs -- sh -c '/bin/workload all /mnt/ext4/work 1 >/dev/null && /bin/workload all /mnt/xfs/work 1 >/dev/null' \
	>/out/track.json 2>/out/track.err
echo $? >/out/track.status
umount /mnt/ext4 /mnt/xfs
