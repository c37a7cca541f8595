#!/bin/sh
# demo-guest.sh LOCKS - runs in the guest: the demo's audit, with --locks=LOCKS. Its status is the report's.
mkdir -p /mnt
mount -t ext4 /dev/vda /mnt || exit 3
mkdir /mnt/work
# Twice, as the tables of symbolic links, special files and mappings are met in the first round; the umount ends the audit.
/bin/vfslock report -q --locks="$1" /mnt -- sh -c '/bin/workload all /mnt/work 1 && sleep 1 && /bin/workload all /mnt/work 4 && umount /mnt' \
	>/out/report.txt
