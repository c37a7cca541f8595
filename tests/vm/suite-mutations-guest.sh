#!/bin/sh
# suite-mutations-guest.sh MODE... - runs in the guest: per mode (track, word, kprobe) one audit of a faultfs while it is
# given the commands in /etc/cases.MODE. What came of it goes to /out. /etc/parameters names the module's parameters.
# shellcheck source=tests/vm/suite-guest-lib.sh
. /lib/suite-guest-lib.sh

# The locks that the kernel exports to nobody are the module's parameters.
lock_addresses() {
	while read -r lock; do
		address=$(sed -n "s/^\([0-9a-f]*\) [bBdD] $lock\$/0x\1/p" /proc/kallsyms | head -n 1)
		[ -z "$address" ] || echo "$lock=$address"
	done </etc/parameters
}

# Some methods become known by a call, and are attached some time later. Then all commands, a line of outcome for each, with
# a pause before what is never unlocked, for the judge. That a folio is not unlocked is looked at every second, and believed
# after some times.
cat >/tmp/commands.sh <<'EOF'
is_attached() { # METHOD
	grep -q "^faultfs_[a-z]*_${1##*.} " /sys/kernel/debug/tracing/enabled_functions
}
wait_for() { # METHOD
	for _ in $(seq 1 120); do
		is_attached "$1" && return 0
		sleep 0.5
	done
	echo "$1 was not attached after a call of it"
	return 1
}
while read -r line; do
	echo "$line" >/proc/faultfs
	wait_for "${line%% *}" || exit 1
done </etc/prelude 2>"$2.err"
sleep 1
began=""
while read -r line; do
	case $began:$line in
	:*after=never*)
		sleep 2
		began=$(cut -d . -f 1 /proc/uptime)
		;;
	esac
	echo "$line" >/proc/faultfs || { echo "$line: refused"; continue; }
	read -r outcome </proc/faultfs
	echo "$outcome"
done <"$1" >"$2" 2>>"$2.err"
while [ -n "$began" ] && [ "$(cut -d . -f 1 /proc/uptime)" -lt $((began + 10)) ]; do sleep 0.5; done
EOF

# audit MODE MODULE OPTION...
audit() {
	mode=$1
	module=$2
	shift 2
	# shellcheck disable=SC2046 # a word for each
	insmod "/lib/modules/$module.ko" $(lock_addresses) || exit 91
	mount -t faultfs /dev/faultdisk0 /mnt || exit 92
	# A folio that is never unlocked is only told of a disk that is known to be idle: those without requests need not count.
	echo 1 >/sys/block/faultdisk0/queue/iostats
	# Mappings: one that calls are about, and one of another task.
	holdmap /mnt/a/file &
	holders=$!
	holdmap /mnt/a/file &
	holders="$holders $!"
	echo methods >/proc/faultfs
	cat /proc/faultfs >"/out/methods.$mode"
	# Of folios that are never unlocked.
	grep -q 'after=never' "/etc/cases.$mode" && set -- --unlock-timeout 2 "$@"
	run "$mode" /bin/vfslock report --json -q --no-cost "$@" /mnt -- sh /tmp/commands.sh "/etc/cases.$mode" "/out/outcomes.$mode"
	echo settle >/proc/faultfs
	wait_for_no_programs
	# shellcheck disable=SC2086
	kill $holders
	# shellcheck disable=SC2086
	wait $holders
	umount /mnt || exit 93
	rmmod faultfs || exit 94
}

mkdir -p /mnt
for mode in "$@"; do
	case $mode in
	track) audit track faultfs --locks=track ;;
	word) audit word faultfs --locks=word ;;
	kprobe) audit kprobe faultfs-nobtf --locks=word --attach kprobe ;;
	esac
done
