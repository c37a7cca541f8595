#!/bin/bash
# Runs in the Debian guest, as a service at the end of its boot: installs vfslock's package, has a real Prometheus watch the
# daemon while it is loaded, killed, reloaded and starved, and takes the evidence that tests/vm/suite-daemon judges on the
# host. A step leaves its exit status in /out/NAME.rc, so that one that goes wrong does not hide the others.
# shellcheck source=tests/vm/suite-guest-lib.sh
. /usr/lib/suite/suite-guest-lib.sh
suite=/usr/lib/suite
w=$suite/workload
web=http://127.0.0.1:9753
api=http://127.0.0.1:9090/api/v1
config=/etc/vfslock/vfslock.conf

uptime_ms() { awk '{ print $1 * 1000 }' /proc/uptime; }

# wait_for SECONDS COMMAND...: until it succeeds
wait_for() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 1
	done
}

# snapshot NAME: /metrics as /out/NAME.prom. The daemon keeps a page for a second, but only for who asks in the same words.
snapshot() { curl -sS --max-time 60 "$web/metrics?$1" >"/out/$1.prom" 2>>/out/curl.err; }

# metric NAME [LABEL]: the sum of the series that have the label, now
metric() {
	curl -sS --max-time 60 $web/metrics 2>>/out/curl.err | awk -v name="$1" -v label="${2-}" '
		(index($0, name "{") == 1 || index($0, name " ") == 1) && (label == "" || index($0, label)) { sum += $NF }
		END { printf "%.0f\n", sum }'
}

# metric_is NAME LABEL VALUE
metric_is() { [ "$(metric "$1" "$2")" = "$3" ]; }

# query EXPRESSION: the API's answer
query() { curl -sS --max-time 60 --get --data-urlencode "query=$1" $api/query 2>>/out/curl.err; }

# result EXPRESSION: the value of a query that gives one
result() { query "$1" | jq -r '.data.result[0].value[1] // "none"'; }
result_is() { [ "$(result "$1")" = "$2" ]; }

# daemon_is_not PID: it runs, as another process
daemon_is_not() {
	local pid
	pid=$(main_pid)
	[ "$pid" != 0 ] && [ "$pid" != "$1" ] && [ "$(systemctl is-active vfslock)" = active ]
}
main_pid() { systemctl show -p MainPID --value vfslock; }
# Of all programs those that audit: systemd has some of its own.
programs() { bpftool prog list -j | jq -r '.[] | select(.type | IN("tracing", "kprobe", "raw_tracepoint")).id'; }
no_programs() { [ -z "$(programs)" ]; }

# Until no more are attached for three seconds.
programs_settle() {
	local before="" now
	for _ in $(seq 40); do
		now=$(metric vfslock_programs)
		[ "$now" != "$before" ] || return 0
		before=$now
		sleep 3
	done
	return 1
}

mount_data() {
	mkdir -p /data
	mount -t ext4 /dev/vda /data && mkdir -p /data/w /data/bad /data/stress
}

install_package() {
	run install dpkg -i $suite/vfslock.deb
	run enabled systemctl is-enabled vfslock
	run installed systemctl is-active vfslock
	snapshot installed
	run verify systemd-analyze verify --man=no /lib/systemd/system/vfslock.service
	run conffiles dpkg-query -W -f "\${Conffiles}" vfslock
	cp $config /out/shipped.conf
	cat >$config <<-END
		mount /data
		locks track
		settle 40
		suppress /etc/vfslock/suppress.conf
	END
}

# The shipped job, scraped as often as a short test needs.
start_prometheus() {
	{
		printf 'global:\n  scrape_interval: 4s\n  scrape_timeout: 4s\n  evaluation_interval: 4s\n'
		sed '/scrape_interval:/d' $suite/scrape.yml
	} >/etc/prometheus/prometheus.yml
	cp $suite/vfslock-alerts.yml /etc/prometheus
	run promtool-config promtool check config /etc/prometheus/prometheus.yml
	systemctl start prometheus
	wait_for 60 curl -sf -o /dev/null http://127.0.0.1:9090/-/ready
}

# The daemon of the shipped configuration is killed in mid-load. systemd starts another one, of the test's configuration.
kill_daemon() {
	local pid
	pid=$(main_pid)
	programs | sort >/out/killed.before
	mkdir -p /var/tmp/load
	$w create /var/tmp/load 2000 >/dev/null &
	kill -9 "$pid"
	wait
	wait_for 240 daemon_is_not "$pid" # RestartSec=30, and then it attaches
	started=$SECONDS
	run restarted systemctl show -p ActiveState,NRestarts,Result vfslock
	programs | sort >/out/killed.after
	systemctl show vfslock >/out/unit.show
	snapshot first
}

# Lets the tables be met that exist with open files alone.
prime() {
	$w all /data/w 1 >/dev/null
	programs_settle
}

check_formats() {
	local accept
	accept='application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
	curl -sS -D /out/text.head -o /out/text.prom $web/metrics
	curl -sS -D /out/openmetrics.head -o /out/openmetrics.txt -H "Accept: $accept" $web/metrics
	run promtool-metrics sh -c "promtool check metrics </out/text.prom"
	run healthz curl -sS -i $web/healthz
	run post curl -sS -o /dev/null -w '%{http_code}\n' -X POST $web/metrics
	run nothing-there curl -sS -o /dev/null -w '%{http_code}\n' $web/nothing
}

# The report and the daemon at the same time, over the same calls, which the workload counts, too: the snapshots stand around
# what is audited.
compare_with_report() {
	cat >/root/compared.sh <<-END
		sync
		curl -sS $web/metrics?report-before >/out/report-before.prom
		$w all /data/w 2 >/out/report-workload.json
		curl -sS $web/metrics?report-after >/out/report-after.prom
	END
	run report vfslock report --json -q /data -- sh /root/compared.sh
}

# 125 breaches, see suite-guest.sh, amid the load of a healthy filesystem.
break_rules() {
	insmod $suite/vfslock_badlock.ko || echo "insmod failed" >/out/breaches.err
	stress-ng --quiet --temp-path /data/stress --hdd 1 --hdd-bytes 8M --dentry 1 --dentries 200 --rename 1 --timeout 20s &
	sleep 3
	breach lookup-unlocked lu- 25
	breach lookup-shared ls- 5
	breach lookup-locked ll- 4
	breach create-unlocked cu- 17
	breach create-shared cs- 13
	breach create-locked cl- 9
	sleep 2
	breach create-unlocked cv- 40
	breach lookup-unlocked lv- 30
	wait
	sync
}

breach() { # COMMAND PREFIX COUNT
	echo "$1 /data/bad $2 $3" >/proc/vfslock_badlock
	cat /proc/vfslock_badlock >>/out/breaches
}

alert_fires() {
	curl -sS $api/rules | jq -e '.data.groups[].rules[] | select(.name == "VfslockViolation") | .state == "firing"' >/dev/null
}

# Asks each query of a list, "NAME<tab>EXPRESSION" a line on stdin, and leaves the answer in /out/NAME.json. One curl for all: an
# emulated processor starts a program in a quarter of a second.
ask_all() {
	local name expression separator=""
	while IFS=$'\t' read -r name expression; do
		expression=${expression//\\/\\\\}
		printf '%ssilent\nget\nurl = "%s/query"\noutput = "/out/%s.json"\ndata-urlencode = "query=%s"\n' \
			"$separator" "$api" "$name" "${expression//\"/\\\"}"
		separator=$'next\n'
	done >/tmp/queries
	[ ! -s /tmp/queries ] || curl --config /tmp/queries
}

# What the dashboard asks, "TITLE<tab>EXPRESSION" a line of $suite/panels; asked again until there was an answer to show.
ask_panels() {
	local expression number=0 answered=""
	[ ! -e /out/panel-0.json ] ||
		answered=$(jq -r 'select(.data.result | any(.value[1] != "NaN")) | input_filename' /out/panel-*.json)
	while IFS=$'\t' read -r _ expression; do
		[[ $answered == *"/panel-$number.json"* ]] || printf 'panel-%d\t%s\n' $number "$expression"
		number=$((number + 1))
	done <$suite/panels | ask_all
}

# Panels that are empty as long as all is 0.
ask_bare_panels() {
	local expression number=0
	while IFS=$'\t' read -r _ expression; do
		[ "$expression" = "${expression% > 0}" ] || printf 'bare-%d\t%s\n' $number "${expression% > 0}"
		number=$((number + 1))
	done <$suite/panels | ask_all
}

ask_prometheus() {
	wait_for 40 result_is 'sum(vfslock_violations_total)' 125
	result 'sum(vfslock_violations_total)' >/out/violations.prometheus
	wait_for 60 alert_fires
	curl -sS $api/alerts >/out/alerts.json
	curl -sS $api/rules >/out/rules.json
	curl -sS $api/targets >/out/targets.json
	ask_panels
	ask_bare_panels
	# What does not change between the snapshots is known to Prometheus as it stands there.
	sync
	snapshot quantile-before
	sleep 8
	for quantile in 0.5 0.99; do
		query "histogram_quantile($quantile, sum by (ops, method, le) (vfslock_method_duration_seconds_bucket))" >"/out/quantile-$quantile.json"
	done
	snapshot quantile-after
}

save_pages() {
	curl -sS -o /out/page.html $web/
	curl -sS -o /out/violations.json $web/violations
	curl -sS -o /out/page-metrics.txt $web/metrics
}

# The daemon keeps nothing busy, and goes on with the filesystem when it is back.
unmount_and_back() {
	run umount umount /data
	wait_for 20 metric_is vfslock_mounts 'state="audited"' 0
	snapshot unmounted
	mount_data
	wait_for 30 metric_is vfslock_mounts 'state="audited"' 1
	snapshot remounted
	$w create /data/w 12 >/dev/null
	snapshot remounted-created
	$w unlink /data/w 12 >/dev/null
}

reload_with_suppression() {
	local pid
	pid=$(main_pid)
	snapshot reload-before
	echo 'inode_operations.create.i_rwsem.dir badlock_create_unlocked never made by the test' >>/etc/vfslock/suppress.conf
	run reload systemctl reload vfslock
	wait_for 10 metric_is vfslock_config_last_reload_successful "" 1
	sleep 2
	breach create-unlocked sa- 7
	breach create-shared sb- 3
	wait_for 10 metric_is vfslock_suppressed_total "" 7
	wait_for 10 metric_is vfslock_violations_total "" 128
	snapshot reload-after
	sleep 5
	ask_panels
	# One that cannot be read: the daemon goes on with what it has, and says so.
	echo 'no such thing' >>/etc/vfslock/suppress.conf
	run reload-bad systemctl reload vfslock
	wait_for 10 metric_is vfslock_config_last_reload_successful "" 0
	snapshot reload-failed
	sed -i '$d' /etc/vfslock/suppress.conf
	systemctl reload vfslock
	wait_for 10 metric_is vfslock_config_last_reload_successful "" 1
	snapshot reload-mended
	[ "$pid" = "$(main_pid)" ]
	echo $? >/out/reload-same.rc
	sleep 5
	# No series ever went down since the start. The name goes with resets(): it is kept as a label.
	query "resets(label_replace({__name__=~\"vfslock_.*_(total|bucket|count|sum)\"}, \"series\", \"\$1\", \"__name__\", \"(.+)\")[$((SECONDS - started))s:4s]) > 0" >/out/resets.json
}

check_rights() {
	local pid
	pid=$(main_pid)
	wait_for 60 metric_is vfslock_can_attach "" 0
	snapshot settled
	cat "/proc/$pid/status" >/out/process.status
	ps -o user= -o group= -p "$pid" >/out/process.user
	systemctl show -p StatusText --value vfslock >/out/process.says
}

# Another start: a ring that holds next to nothing, and a textfile on a disk that will be full. What the former one leaves to
# its child is still being closed.
restart_daemon() {
	mkdir -p /textfile
	mount -t tmpfs -o size=2M,mode=755,uid="$(id -u vfslock)",gid="$(id -g vfslock)" textfile /textfile
	mkdir -p /etc/systemd/system/vfslock.service.d
	printf '[Service]\nReadWritePaths=/textfile\n' >/etc/systemd/system/vfslock.service.d/textfile.conf
	systemctl daemon-reload
	printf 'ring-size 4\ntextfile /textfile/vfslock.prom\ntextfile-interval 1\n' >>$config
	run restart systemctl restart vfslock
	run restart-active systemctl is-active vfslock
}

# Notices are lost, calls are not.
starve() {
	$w all /data/w 1 >/dev/null
	programs_settle
	sync
	snapshot ring-before
	$w all /data/w 1 >/out/ring-workload.json
	snapshot ring-between
	breach create-unlocked ra- 400
	breach create-shared rb- 300
	breach lookup-unlocked rc- 500
	wait_for 10 metric_is vfslock_violations_total "" 800
	snapshot ring-after
	sleep 5
	ask_panels
}

alone_there() { [ "$(find /textfile -type f)" = /textfile/vfslock.prom ]; }

fill_disk() {
	wait_for 10 test -s /textfile/vfslock.prom
	run textfile promtool check metrics </textfile/vfslock.prom
	dd if=/dev/zero of=/textfile/fill bs=4k >/out/fill.out 2>&1
	sleep 3
	stat -c '%Y %i' /textfile/vfslock.prom >/out/textfile.before
	sleep 3
	stat -c '%Y %i' /textfile/vfslock.prom >/out/textfile.full
	run textfile-full promtool check metrics </textfile/vfslock.prom
	run full-active systemctl is-active vfslock
	snapshot full
	curl -sS -i $web/healthz >/out/full-healthz
	find /textfile -type f -printf '%f\n' | sort >/out/textfile.files
	rm /textfile/fill
	sleep 3
	stat -c '%Y %i' /textfile/vfslock.prom >/out/textfile.after
	# One may just be being written.
	wait_for 10 alone_there
	find /textfile -type f -printf '%f\n' | sort >/out/textfile.files-after
}

stop_daemon() {
	local begin
	programs | wc -l >/out/stop.attached
	begin=$(uptime_ms)
	run stop systemctl stop vfslock
	echo $(($(uptime_ms) - begin)) >/out/stop.ms
	run stopped systemctl show -p ActiveState,Result vfslock
	# Each look takes an emulated processor half a second, which closing them needs, too.
	for _ in $(seq 30); do
		no_programs && break
		sleep 4
	done
	bpftool prog list >/out/stop.left
	wait_for 10 sh -c '! pgrep -x vfslock'
	pgrep -a -x vfslock >/out/stop.processes
	run purge dpkg --purge vfslock
	find /etc /lib/systemd /usr/bin -path '*vfslock*' ! -path '*/vfslock.service.d*' ! -path '*prometheus*' >/out/purge.left
}

# What Prometheus has stored, for pictures.
save_history() {
	systemctl stop prometheus
	tar -czf /out/prometheus.tar.gz -C /var/lib/prometheus .
}

step() {
	"$@"
	echo "$1: done at $(cut -d ' ' -f 1 /proc/uptime) s"
}

step mount_data
step install_package
step start_prometheus
step kill_daemon
step prime
step check_formats
step break_rules
step ask_prometheus
step save_pages
step compare_with_report
step unmount_and_back
step reload_with_suppression
step check_rights
step restart_daemon
step starve
step fill_disk
step stop_daemon
step save_history
umount /data /textfile
