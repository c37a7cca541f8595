#!/bin/sh
# Runs in the guest: one audit of a healthy ext4, which the umount ends.
mkdir -p /mnt
mount -t ext4 /dev/vda /mnt || exit 3
mkdir /mnt/work
/bin/vfslock report --json -q /mnt -- sh -c '/bin/workload all /mnt/work 2 >/out/workload.json && umount /mnt' >/out/report.json
