# shellcheck shell=bash
# What the suites that judge a guest's evidence have in common: source it after tests/lib.sh, with $here and $out set.
: "${here:?}" "${out:?}"

make_disk() { # FILE: everything written at once, so that the filesystem has nothing to initialise later
	rm -f "$1"
	truncate -s 160M "$1"
	mkfs.ext4 -q -F -b 4096 -E lazy_itable_init=0,lazy_journal_init=0,nodiscard "$1"
}

bpftool_binary() { command -v bpftool || echo /usr/sbin/bpftool; }

status() { cat "$out/$1.rc"; }
# value FILE FILTER: what jq makes of a report
value() { jq -r "$2" "$out/$1.out"; }
calls() { value "$1" "[.methods[] | select(.method == \"$2\") | .calls] | add // 0"; }
function_calls() { value "$1" "[.methods[].functions[] | select(.function == \"$2\") | .calls] | add // 0"; }

# message NAME STATUS TEXT: the exit status and a part of the message on stderr
message() {
	equal "$1: exit status" "$2" "$(status "$1")"
	if grep -qF -- "$3" "$out/$1.err"; then
		pass "$1: says '$3'"
	else
		fail "$1: says '$3'" "stderr:" "$(cat "$out/$1.err")"
	fi
}

# breach REPORT RULE OBSERVED CALLER COUNT: calls of a rule's violations with this caller on the stack
breach() {
	equal "$1: $4 breaks ${2##*operations.} ($3), exactly" "$5" "$(value "$1" "[.violations[] |
		select(.rule == \"$2\" and (.observed | startswith(\"$3\")) and any(.stack[]; startswith(\"$4+\"))) | .count] | add")"
}

has_every_field() { # REPORT...
	local report
	for report in "$@"; do
		equal "$report: has every field, of its type" "" "$(jq -r -f "$here/report-schema.jq" "$out/$report.out" 2>&1 | head -n 20)"
	done
}
