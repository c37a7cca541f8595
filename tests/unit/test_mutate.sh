#!/usr/bin/env bash
# test_mutate.sh BUILD - the mutations of the rules (tests/faultfs/mutate.jq), without a guest: every rule that can be
# checked has states that keep it and states that break it, or tests/faultfs/unmutated says why not.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
v=${1:-build}/vfslock
# shellcheck source=tests/lib.sh
. tests/lib.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

kernels="5.10 6.1 6.12 7.2"

mutate() { # KERNEL MODE LENGTH SPEC
	jq --arg kernel "$1" --arg mode "$2" --arg length "$3" --rawfile variants tests/faultfs/variants \
		--rawfile unmutated tests/faultfs/unmutated -f tests/faultfs/mutate.jq "$4"
}

# of FILE FILTER
of() { jq -r "$2" "$1"; }

# Of the rules that can be checked, those without a case of a state that FILTER lets through, nor one that is left out.
without() { # CASES SPEC FILTER
	jq -r --slurpfile spec "$2" '[(.cases[].covers[], .unmutated[]) | select('"$3"').id] as $there
		| [$spec[0].rules[] | select((.status | IN("check", "drift")) and (.mode | IN("any", "none", "maybe") | not)).id] - $there | .[]' "$1"
}

# The wrong states that break nothing.
# shellcheck disable=SC2016 # jq's variables
harmless='[.unmutated[] | "\(.id) \(.state)"] as $untold | [.cases[] | .expect as $expect | .covers[]
	| select(.wrong and (.id | IN($expect[].rule) | not))] | map(select(["\(.id) \(.state)"] - $untold != []))[]'

test_kernel() { # KERNEL
	local k=$1 mode length
	"$v" spec show --kernel "$k" --json >"$dir/$k.json"
	for mode in track.full word.full track.short; do
		length=${mode#*.}
		mutate "$k" "${mode%.*}" "$length" "$dir/$k.json" >"$dir/$k.$mode"
		equal "$k, $mode: every rule can be broken, or is left out for a reason" "" "$(of "$dir/$k.$mode" '.problems[]')"
		equal "$k, $mode: every rule has a right state" "" "$(without "$dir/$k.$mode" "$dir/$k.json" '.wrong | not')"
		equal "$k, $mode: every rule has a wrong state" "" "$(without "$dir/$k.$mode" "$dir/$k.json" .wrong)"
		equal "$k, $mode: tag and count tell the cases of a method apart" "" "$(of "$dir/$k.$mode" '
			.cases | group_by(.method)[] | select(any(.[]; .tag > 63) or (map(.tag) | unique | length) != length
				or (map(.count) | unique | length) != length)[0].method')"
	done
	equal "$k: a right call breaks nothing" "" "$(of "$dir/$k.track.full" '.cases[] | select(all(.covers[]; .wrong | not) and .expect != []).command')"
	equal "$k: every wrong state breaks its rule, where locks are tracked" "" "$(of "$dir/$k.track.full" "$harmless | \"\(.id) \(.state)\"")"
	equal "$k: by words, all but the shared holds of others" "other-shared" "$(of "$dir/$k.word.full" "[$harmless | .state] | unique | join(\" \")")"
}

# problem NAME EXPECTED EDIT: the edited rules of 6.1 cannot all be broken
problem() {
	jq "$3" "$dir/6.1.json" >"$dir/edited.json"
	equal "$1" "$2" "$(mutate 6.1 track full "$dir/edited.json" | jq -r '.problems[]')"
}

test_new_rules() {
	local new='.rules += [.rules[] | select(.id == "inode_operations.create.i_rwsem.dir")'
	problem "a new rule about an unknown lock is told" "inode_operations.create.x_lock.dir: nothing says what kind of lock x_lock is" "$new | .id = \"inode_operations.create.x_lock.dir\" | .lock = \"x_lock\"]"
	problem "a new rule with a condition is told" "inode_operations.create.i_rwsem.dir.new: nothing says in which variants the condition holds: excl" \
		"$new | .id = \"inode_operations.create.i_rwsem.dir.new\" | .condition = \"excl\"]"
	problem "a new drift by a condition is told" "inode_operations.create.i_rwsem.dir: nothing says in which variants it drifts: excl" \
		'(.rules[] | select(.id == "inode_operations.create.i_rwsem.dir").drifts) = [{condition: "excl", via: null, because: "x"}]'
	problem "a new rule in a phase that nothing leads to is told" "inode_operations.create.i_rwsem.dir.during: no state is known for mode exclusive, phase during" \
		"$new | .id = \"inode_operations.create.i_rwsem.dir.during\" | .phase = \"during\"]"
	# It needs a method, or a lock, that the module must have: the guest tells.
	jq "$new"' | .id = "inode_operations.brandnew.i_rwsem.dir" | .method = "brandnew"]' "$dir/6.1.json" >"$dir/edited.json"
	mutate 6.1 word full "$dir/edited.json" >"$dir/brandnew"
	equal "a new method is called for" 6 "$(of "$dir/brandnew" '[.cases[] | select(.method == "inode_operations.brandnew")] | length')"
}

compare() { # REPORT OUTCOMES
	jq -n -f tests/faultfs/compare.jq --slurpfile cases "$dir/cases" --slurpfile report "$1" --rawfile outcomes "$2" --rawfile methods "$dir/methods"
}

# told NAME EXPECTED EDIT [OUTCOMES]: verdicts other than that all is well, and troubles, of a report that is edited
told() {
	jq "$3" "$dir/report" >"$dir/edited"
	compare "$dir/edited" "${4:-$dir/outcomes}" >"$dir/compared"
	equal "compared: $1" "$2" "$(of "$dir/compared" '(.results[] | select(.verdict | IN("missed", "wrong")) | "\(.verdict) \(.id) \(.state)"), (.troubles[] | gsub(" *[{].*"; ""))')"
}

test_compare() {
	local create=inode_operations.create free one
	jq '.rules |= map(select(.ops == "inode_operations"))' "$dir/6.1.json" >"$dir/some.json"
	mutate 6.1 track full "$dir/some.json" >"$dir/cases"
	jq -f tests/unit/mutate-report.jq "$dir/cases" >"$dir/report"
	of "$dir/cases" '.cases[] | "\(.method) calls=\(.count) error=0"' >"$dir/outcomes"
	of "$dir/cases" '[.cases[].method] | unique[] | "\(.) variants=plain"' >"$dir/methods"
	told "all as it has to be" "" .
	# Its command, and the place of its findings in the report.
	one=$(of "$dir/cases" ".cases[] | select(.method == \"$create\" and .covers[0].state == \"missing\").command")
	free="(.violations[] | select(.rule == \"$create.i_rwsem.dir\" and .observed == \"free\" and (.stack[2] | startswith(\"faultfs_tag_$(
		sed 's/.*tag=\([0-9]*\).*/\1/; s/^.$/0&/' <<<"$one")+\"))))"
	told "nothing found" "missed $create.i_rwsem.dir missing
$one: expected [" "del$free"
	told "one call less" "wrong $create.i_rwsem.dir missing
$one: expected [" "$free.count -= 1"
	told "seen as something else" "wrong $create.i_rwsem.dir missing
$one: expected [" "$free.observed = \"shared\""
	told "known as drift" "missed $create.i_rwsem.dir missing
$one: expected [
drift that is not expected so:" "$free as \$v | del$free | .drift += [\$v]"
	told "found at another function" "wrong $create.i_rwsem.dir missing
$one: expected [" "$free.stack[0] = \"ext4_create+0x5/0x10\""
	told "a lock that was not held is named" "wrong $create.i_rwsem.dir missing
$one: expected [" "$free.held = [{class: \"i_rwsem\", mode: \"shared\"}]"
	told "another rule is broken, too" "wrong $create.i_rwsem.dir missing
$one: expected [" "$free as \$v | .violations += [\$v + {rule: \"$create.may_block.task\"}]"
	told "a finding that no command asked for" "of no command:" ".violations += [.violations[0] + {stack: .violations[0].stack[:2]}]"
	told "a call was not seen" "observed: $create.i_rwsem.dir exclusive: $(of "$dir/report" ".methods[].rules[] | select(.id == \"$create.i_rwsem.dir\")
		| .observed.exclusive | \"\(.) calls, \(. - 1) seen\"")" "(.methods[].rules[] | select(.id == \"$create.i_rwsem.dir\").observed.exclusive) -= 1"
	told "something was lost" "lost: recursion 1" '.lost.recursion = 1'
	told "something was not decided" "undecided: $create.i_rwsem.dir: 3" "(.methods[].rules[] | select(.id == \"$create.i_rwsem.dir\").undecided) = 3"
	for one in '["__schedule+0x1/0x2", "elsewhere+0x3/0x4"]' '["elsewhere+0x1/0x2", "faultfs_inode_permission+0x3/0x4"]' '[]'; do
		jq "(.violations[] | select(.observed == \"slept\").slept_at) = $one" "$dir/report" >"$dir/edited"
		equal "compared: it did not sleep there: $one" true "$(compare "$dir/edited" "$dir/outcomes" \
			| jq '[.results[] | select(.verdict == "wrong").id] | length > 0 and all(. == "inode_operations.permission.may_block.task.during")')"
	done
	sed "0,/^$create calls/s//$create refused calls/" "$dir/outcomes" >"$dir/refused"
	equal "compared: a command was refused" true "$(compare "$dir/report" "$dir/refused" | jq '[.results[] | select(.verdict == "wrong").id] == ["inode_operations.create.i_rwsem.dir"]
		or ([.results[] | select(.verdict == "wrong").id | startswith("inode_operations.create.")] | length > 0 and all)')"
	sed -i '/^inode_operations.create /d' "$dir/methods"
	told "a method is not there" "faultfs has no method $create" .
}

real() { # FILESYSTEM CASES
	jq --arg filesystem "$1" --arg on /d --rawfile unreal tests/faultfs/unreal -f tests/faultfs/real.jq "$2"
}

test_real() {
	local name
	mutate 6.1 track full "$dir/6.1.json" >"$dir/all"
	for name in ext4 xfs; do
		real $name "$dir/all" >"$dir/real"
		equal "$name: every line of unreal leaves something out" "" "$(of "$dir/real" '.problems[]')"
		equal "$name: what is not tried is left out for a reason" "" "$(jq -r --slurpfile all "$dir/all" '[(.cases[].covers[], .unmutated[]) | "\(.id) \(.state)"] as $there
			| $all[0].cases[].covers[] | "\(.id) \(.state)" | select(IN($there[]) | not)' "$dir/real")"
		equal "$name: all commands name the directory" "" "$(of "$dir/real" '.cases[].command | select(contains(" on=/d ") | not)')"
	done
	# A new method has to be offered, or be left out for a reason: the guest tells.
	jq '.cases += [first(.cases[] | select(.method == "inode_operations.create" and .call.context == "task" and .call.body == "nothing")) | .method = "inode_operations.brandnew"]' "$dir/all" >"$dir/new"
	equal "a new method is called for, of real filesystems, too" 1 "$(real ext4 "$dir/new" | jq '[.cases[] | select(.method == "inode_operations.brandnew")] | length')"
}

# Lines that nothing needs any more.
test_tables() {
	local file
	for k in $kernels; do
		jq -r '.rules[].id' "$dir/$k.json"
	done | sort -u >"$dir/ids"
	for file in variants unmutated; do
		equal "$file: every line is about rules that there are" "" "$(sed 's/#.*//' tests/faultfs/$file | awk 'NF { print $1 }' | sort -u | while read -r id; do
			pattern=$(sed 's/[.]/[.]/g; s/[*]/.*/g' <<<"$id")
			grep -qE "^$pattern(\$|[.])" "$dir/ids" || echo "$id"
		done)"
	done
	equal "unmutated: every line leaves something out" "" "$(jq -n -r --rawfile lines tests/faultfs/unmutated '[inputs | .kernel as $k | .unmutated[] + {kernel: $k}] as $all
		| $lines | split("\n")[] | select(test("^[^#]")) | . as $line | split(" ") | . as [$rule, $states, $kernels]
		| ($rule | gsub("[.]"; "[.]") | gsub("[*]"; ".*")) as $pattern
		| select(all($all[]; (.id | test("^" + $pattern + "$") | not) or (.state as $s | $states | split(",") | any(IN("*", "~*", $s, "~" + $s)) | not)
			or (.kernel as $k | $kernels | split(",") | any(IN("*", $k)) | not))) | $line' "$dir"/*.track.full)"
}

for k in $kernels; do
	test_kernel "$k"
done
test_new_rules
test_compare
test_tables
test_real
tap_done
