#!/bin/sh
# suite-stream-guest.sh EVENTS - runs in the guest: takes the evidence of `vfslock watch` and `vfslock serve` that suite-stream
# judges. EVENTS violations are streamed one by one (0: only `serve`). Without the test module (other kernels) breaches come from a document that asks
# for more than any kernel does.
# shellcheck source=tests/vm/suite-guest-lib.sh
. /lib/suite-guest-lib.sh
v=/bin/vfslock
events=$1
control=/proc/vfslock_badlock
rules="--spec /etc/other-rules.rst"
url=http://127.0.0.1:9753
# One function: quickly attached.
lookups='*.lookup.i_rwsem.*'

mkdir -p /mnt /other
mount -t ext4 /dev/vda /mnt || exit 90
mkdir /mnt/bad /mnt/w /mnt/w2 /mnt/w3
ifconfig lo up || ip link set lo up
chmod 1777 /tmp
echo 'vfslock:x:999:999::/:/bin/sh' >>/etc/passwd
if [ -e /lib/modules/vfslock_badlock.ko ]; then
	insmod /lib/modules/vfslock_badlock.ko || exit 91
	rules=
fi

# breach NAME COUNT: that many lookups that break a rule, and nothing else that does
breach() {
	if [ -n "$rules" ]; then
		/bin/workload lookup /mnt/w "$2" >/dev/null
	else
		echo "lookup-unlocked /mnt/bad $1- $2" >$control
		cat $control >>/out/breaches
	fi
}

# begin NAME OPTIONS...: watch, in the background, until it says that it has begun; its process in $pid
begin() {
	name=$1
	shift
	# shellcheck disable=SC2086
	$v watch -q $rules "$@" /mnt >"/out/$name.out" 2>"/out/$name.err" &
	pid=$!
	for _ in $(seq 600); do
		grep -q 'Ctrl-C\|"start"' "/out/$name.out" && return
		kill -0 $pid || return
		sleep 0.2
	done
}

# finish: Ctrl-C, and the exit status
finish() {
	kill -INT "$pid"
	wait "$pid"
	echo $? >"/out/$name.rc"
	echo "$name: $(cat "/out/$name.rc") at $(cut -d ' ' -f 1 /proc/uptime) s"
}

# serve NAME OPTIONS...: in the background, until it answers; its process in $pid
serve() {
	name=$1
	shift
	# shellcheck disable=SC2086
	$v serve $rules "$@" >"/out/$name.log" 2>&1 &
	pid=$!
	for _ in $(seq 600); do
		wget -q -O /dev/null $url/healthz 2>/dev/null && return
		kill -0 $pid || return
		sleep 0.2
	done
}

# get PATH NAME: always an answer that is new, as one may be a second old
get() {
	sleep 1.2
	wget -q -O "/out/$2" "$url$1"
}

# stop SIGNAL: how long until it is gone, in hundredths of a second
stop() {
	before=$(cut -d ' ' -f 1 /proc/uptime | tr -d .)
	kill "-$1" $pid
	wait "$pid"
	echo $? >"/out/$name.rc"
	echo $(($(cut -d ' ' -f 1 /proc/uptime | tr -d .) - before)) >"/out/$name.ended"
}

watch_evidence() {
	begin text
	breach ta 25
	sleep 2
	breach tb 40
	finish

	begin fold --json --fold 1 --rule "$lookups"
	breach fa 17
	sleep 2.5
	breach fb 5
	sleep 2.5
	finish

	# Every call by itself, from two CPUs at once, to a disk that the host reads: a million lines are too much for a guest's memory.
	# shellcheck disable=SC2086
	$v watch -q $rules --json --fold 0 --rate 0 --rule "$lookups" --ring-size 65536 /mnt >/dev/vdb 2>/out/every.err &
	pid=$!
	for _ in $(seq 600); do
		head -c 4096 /dev/vdb | grep -q '"start"' && break
		sleep 0.2
	done
	part=$((events / 20))
	for i in $(seq 10); do
		breach "ea$i" $part &
		other=$!
		breach "eb$i" $part
		wait $other
		[ $((events > 200000)) = 1 ] && echo 2 >/proc/sys/vm/drop_caches
	done
	sleep 1
	kill -INT "$pid"
	wait "$pid"
	echo $? >/out/every.rc
	sync
	echo "every: at $(cut -d ' ' -f 1 /proc/uptime) s"

	# A ring buffer of one page while nobody reads it: notices are lost and counted, calls are counted all the same.
	begin tiny --json --fold 0 --rate 0 --ring-size 4 --rule "$lookups"
	kill -STOP $pid
	breach tr 3000
	kill -CONT $pid
	sleep 1
	finish

	# At most so many lines of one rule.
	begin rate --json --fold 0 --rate 2 --rule "$lookups"
	breach ra 500
	finish

	# Filters: only these tasks, only these rules.
	mkdir -p /sys/fs/cgroup
	mount -t cgroup2 none /sys/fs/cgroup
	mkdir -p /sys/fs/cgroup/a/b /sys/fs/cgroup/c
	cat >/tmp/in-cgroup.sh <<END
echo \$\$ >"\$1/cgroup.procs"
printf '%s' "\$2" >/proc/self/comm
if [ -e $control ]; then echo "lookup-unlocked /mnt/bad \$2-\$3- \$3" >$control; else /bin/workload lookup /mnt/w \$3 >/dev/null; fi
END
	task() { # CGROUP NAME COUNT
		sh /tmp/in-cgroup.sh /sys/fs/cgroup/"$1" "$2" "$3"
	}
	begin cgroup --json --cgroup /sys/fs/cgroup/a --rule "$lookups"
	task a/b deep 7
	task c beside 11
	task a here 3
	finish
	if [ -z "$rules" ]; then
		begin comm --json --comm wanted --comm other --rule "$lookups"
		task c wanted 5
		task c unwanted 13
		task c other 2
		finish
		begin pid --json --pid $$ --rule "$lookups"
		breach pa 6
		task c nobody 4
		finish
	fi
	begin rule --json --rule 'inode_operations.lookup.i_rwsem.dir'
	breach ru 9
	/bin/workload rename /mnt/w 5 >/dev/null
	finish
	begin ops --json --ops 'super_operations' --ops 'inode_operations.create'
	breach op 9
	finish

	# Suppressed, expired, wrong.
	cat >/tmp/suppress.conf <<END
# known
inode_operations.lookup.* *_lookup* never because the test says so
END
	begin suppress --json --suppress /tmp/suppress.conf --rule "$lookups"
	breach su 8
	finish
	echo 'inode_operations.lookup.* *_lookup* 2020-01-01 over' >/tmp/expired.conf
	begin expired --json --suppress /tmp/expired.conf --rule "$lookups"
	breach ex 8
	finish
	echo 'inode_operations.lookup.* *_lookup* someday over' >/tmp/wrong.conf
	run wrong $v watch --suppress /tmp/wrong.conf /mnt
	run usage-rule $v watch --rule nonsense /mnt
	run usage-ops $v watch --ops nonsense /mnt
	run usage-comm $v watch --comm 0123456789abcdefg /mnt
	run usage-cgroup $v watch --cgroup /tmp /mnt
	run usage-ring $v watch --ring-size 5 /mnt
	run usage-none $v watch
	nothing_left watch

	# A reader that goes away; the filesystem that goes away; kill -9.
	# shellcheck disable=SC2086
	{ $v watch -q $rules --json --fold 0 --rate 0 /mnt 2>/out/gone.err; echo $? >/out/gone.rc; } | head -n 1 >/out/gone.out &
	for _ in $(seq 300); do
		[ -s /out/gone.out ] && break
		sleep 0.2
	done
	breach go 5
	sleep 3
	breach gp 5
	wait
	begin unmount --json
	umount /mnt
	echo $? >/out/umount.rc
	wait "$pid"
	echo $? >/out/unmount.rc
	mount -t ext4 /dev/vda /mnt
	begin killed
	kill -9 $pid
	nothing_left killed
}

serve_evidence() {
	mkdir -p /small
	mount -t tmpfs -o size=4m none /small
	echo 'inode_operations.lookup.* *_lookup* never known' >/tmp/known.conf
	cat >/tmp/vfslock.conf <<END
mount /mnt
mount /other
textfile /small/vfslock.prom
textfile-interval 1
settle 6
user vfslock
END
	chown vfslock /small
	mkdir -p /other
	serve serve --config /tmp/vfslock.conf
	get /metrics start.prom
	breach sa 12
	/bin/workload create /mnt/w 40 >/out/serve-workload.json
	get /metrics before.prom
	get /violations violations.json
	get / page.html
	sleep 6
	grep '^Cap\|^Uid\|^NoNewPrivs' /proc/$pid/status >/out/serve.status
	breach sb 5
	get /metrics settled.prom
	# It goes, and comes back, to another device node even; the daemon keeps nothing busy.
	umount /mnt
	echo $? >/out/serve.umount
	get /metrics absent.prom
	wget -S -O - $url/healthz >/out/absent.health 2>&1
	mount -t ext4 /dev/vda /mnt
	sleep 2
	breach sc 4
	/bin/workload create /mnt/w2 10 >/dev/null
	get /metrics back.prom
	get /healthz back.health
	# From here on it is known.
	echo "suppress /tmp/known.conf" >>/tmp/vfslock.conf
	kill -HUP $pid
	sleep 1.5
	breach sd 7
	get /metrics suppressed.prom
	# The module that made the calls goes, and comes to another place: its old calls stay what they were.
	if [ -z "$rules" ]; then
		rmmod vfslock_badlock
		insmod /lib/modules/vfslock_badlock.ko
		breach se 3
	fi
	get /metrics reloaded.prom
	get /violations reloaded.json
	echo 'nonsense 1' >>/tmp/vfslock.conf
	kill -HUP $pid
	sleep 1
	get /metrics bad-reload.prom
	# No room for the textfile: the old one stays whole.
	cp /small/vfslock.prom /out/textfile.prom
	dd if=/dev/zero of=/small/filler bs=64k 2>/dev/null
	sleep 3
	ls -A /small >/out/full.list
	tail -n 1 /small/vfslock.prom >/out/full.tail
	get /healthz full.health || wget -S -O /dev/null $url/healthz 2>&1 | head -n 3 >/out/full.health
	rm /small/filler
	sleep 3
	get /healthz freed.health
	stop TERM
	nothing_left serve
	# Nothing is mounted there; an address that is taken; a unix socket.
	run serve-nothing $v serve /other
	run serve-usage $v serve
	run serve-no-web $v serve --no-web /mnt
	run serve-user $v serve --user nobody-of-this-name /mnt
	# In mid-load.
	serve shot --settle 0 /mnt --web.listen-address unix:/tmp/sock --web.listen-address 127.0.0.1:9753
	run taken $v serve /mnt
	/bin/workload all /mnt/w3 3 >/dev/null &
	load=$!
	sleep 0.5
	kill -9 $pid
	wait $load
	echo $? >/out/shot.load
	nothing_left shot
}

# ext4's driver mounts ext2, too, with the same functions. A third type comes when all else is attached.
types_evidence() {
	mkdir -p /ext2
	mount -t ext2 /dev/vdc /ext2 || exit 92
	umount /other
	serve types --settle 600 /mnt /ext2 /other
	/bin/workload mapread /ext2 1 >/dev/null # mappings and what is met by them
	get /metrics types-start.prom
	/bin/workload lookup /mnt/w 30 >/dev/null
	/bin/workload lookup /ext2 70 >/dev/null
	/bin/workload mapread /ext2 2 >/dev/null
	get /metrics types-before.prom
	mount -t tmpfs none /other
	for _ in $(seq 120); do
		get /metrics types-come.prom
		grep -q '^vfslock_method_duration_seconds_count{fs="tmpfs",.*method="lookup"' /out/types-come.prom && break
	done
	/bin/workload lookup /other 11 >/dev/null
	/bin/workload lookup /mnt/w 5 >/dev/null
	get /metrics types-after.prom
	stop TERM
	nothing_left types
	umount /ext2 /other
}

# with CAPS COMMAND...: as another user who has these capabilities, and no others
with() {
	caps=$1
	shift
	/usr/bin/setpriv --reuid 999 --regid 999 --clear-groups --bounding-set +all --inh-caps "$caps" --ambient-caps "$caps" "$@"
}

rights_evidence() {
	chmod 777 /mnt/w
	sysctl=/proc/sys/kernel/perf_event_paranoid
	echo 3 >$sysctl
	run paranoid with +bpf,+perfmon,+syslog $v report --json -q /mnt -- sleep 1
	echo 2 >$sysctl
	run three with +bpf,+perfmon,+syslog $v report --json -q /mnt -- sleep 1
	run no-syslog with +bpf,+perfmon $v report -d 1 /mnt
	run no-perfmon with +bpf,+syslog $v report -d 1 /mnt
	run no-bpf with +perfmon,+syslog $v report -d 1 /mnt
}

if [ "$events" != 0 ]; then
	rights_evidence
	watch_evidence
fi
serve_evidence
types_evidence
umount /mnt
echo "end at $(cut -d ' ' -f 1 /proc/uptime) s"
