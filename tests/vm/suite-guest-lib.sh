#!/bin/sh
# suite-guest-lib.sh - what the guests of the suites have in common. Sourced there (busybox sh). Every step leaves its exit
# status in /out/NAME.rc, so that one that goes wrong does not hide the others.

# run NAME COMMAND...: stdout, stderr and status to /out.
run() {
	name=$1
	shift
	"$@" >"/out/$name.out" 2>"/out/$name.err"
	echo $? >"/out/$name.rc"
	echo "$name: $(cat "/out/$name.rc") at $(cut -d ' ' -f 1 /proc/uptime) s"
}

# Programs are closed by a child after the report: the kernel takes its time for each.
wait_for_no_programs() {
	for _ in $(seq 1 120); do
		[ "$(bpftool prog list | wc -l)" -eq 0 ] && return 0
		sleep 1
	done
	return 1
}

# nothing_left NAME: what bpftool still lists goes to /out/NAME.left
nothing_left() {
	wait_for_no_programs
	bpftool prog list >"/out/$1.left" 2>&1
}
