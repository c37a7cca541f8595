# shellcheck shell=bash
# Test results in TAP, for the shell suites: source it, call pass, fail, skip or check, and end with tap_done.

tap_number=0
tap_failed=0

pass() {
	tap_number=$((tap_number + 1))
	echo "ok $tap_number - $1"
}

# fail NAME [DETAIL...]
fail() {
	tap_number=$((tap_number + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_number - $1"
	shift
	for line in "$@"; do
		echo "#   $line"
	done
}

# skip NAME REASON: never counts as passed.
skip() {
	tap_number=$((tap_number + 1))
	echo "ok $tap_number - $1 # SKIP $2"
}

# equal NAME EXPECTED GOT
equal() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "expected: $2" "got:      $3"
	fi
}

# check NAME COMMAND...: passes if the command succeeds; shows its output if it does not.
check() {
	local name=$1 output
	shift
	if output=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name" "$* failed:" "$(printf '%s\n' "$output" | tail -n 20)"
	fi
}

tap_done() {
	echo "1..$tap_number"
	[ "$tap_failed" -eq 0 ]
}
