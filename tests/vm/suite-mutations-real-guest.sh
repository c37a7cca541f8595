#!/bin/sh
# suite-mutations-real-guest.sh FILESYSTEM... - runs in the guest: per filesystem, which is on the next disk, one audit of it
# while faultreal is given the commands in /etc/cases.FILESYSTEM. What came of it goes to /out.
# shellcheck source=tests/vm/suite-guest-lib.sh
. /lib/suite-guest-lib.sh

# All commands, a line of outcome for each.
cat >/tmp/commands.sh <<'EOF'
while read -r line; do
	echo "$line" >/proc/faultreal || { echo "$line: refused"; continue; }
	read -r outcome </proc/faultreal
	echo "$outcome"
done <"$1" >"$2" 2>"$2.err"
EOF

audit() { # FILESYSTEM DISK
	mkdir -p "/mnt/$1"
	mount -t "$1" "$2" "/mnt/$1" || exit 91
	mkdir "/mnt/$1/faultreal" || exit 92
	# The objects that calls are about, so that they are cached.
	echo "file_operations.llseek 1 on=/mnt/$1/faultreal" >/proc/faultreal || exit 93
	# Mappings: one that calls are about, and one of another task.
	holdmap "/mnt/$1/faultreal/a/file" &
	holders=$!
	holdmap "/mnt/$1/faultreal/a/file" &
	holders="$holders $!"
	run "$1" /bin/vfslock report --json -q --no-cost --locks=track "/mnt/$1" -- sh /tmp/commands.sh "/etc/cases.$1" "/out/outcomes.$1"
	wait_for_no_programs
	# shellcheck disable=SC2086 # a word for each
	kill $holders
	# shellcheck disable=SC2086
	wait $holders
	umount "/mnt/$1" || exit 94
}

address=$(sed -n 's/^\([0-9a-f]*\) [bBdD] namespace_sem$/0x\1/p' /proc/kallsyms)
insmod /lib/modules/faultreal.ko namespace_sem="$address" || exit 90
echo methods >/proc/faultreal
cat /proc/faultreal >/out/methods.real
for filesystem in "$@"; do
	number=$((${number:-0} + 1))
	audit "$filesystem" "/dev/vd$(echo "$number" | tr 12345678 abcdefgh)"
done
rmmod faultreal || exit 95
