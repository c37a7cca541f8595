#!/usr/bin/env bash
# test_spec.sh BUILD - `vfslock spec`: show, explain, diff and numbers. No kernel is needed.
#
# The documents are made here from the compiled rules and then broken in one place each, so that every difference that
# diff must find is known. The kernel's own documents are compared too where they are: in ../shared/locking-rst, or in the
# directory named by VFSLOCK_DOCUMENTS, as VERSION.rst.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
v=${1:-build}/vfslock
# shellcheck source=tests/lib.sh
. tests/lib.sh
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

kernels="5.10 6.1 6.12 7.2"

status_of() { # COMMAND...: its exit status; output in $dir/out, errors in $dir/err
	local status=0
	"$@" >"$dir/out" 2>"$dir/err" || status=$?
	echo "$status"
}

# The tables of a document of KERNEL, written from what `spec show --json` says.
make_document() { # KERNEL
	"$v" spec show --kernel "$1" --json | jq -r '
		def pad($n): . + (" " * ($n - length));
		. as $s | [.columns[].ops] | unique[] | . as $ops
		| [$s.columns[] | select(.ops == $ops)] as $columns
		| [$s.rules[] | select(.ops == $ops and .in_table)] as $cells
		| ([$cells[].method] | reduce .[] as $m ([]; if index([$m]) then . else . + [$m] end)) as $methods
		| ("=" * 30) as $first
		| ([$first] + [$columns[] | "=" * 60] | join(" ")) as $border
		| $ops, ("=" * ($ops | length)), "", "locking rules:", "", $border,
		  (["ops" | pad(30)] + [$columns[].header | pad(60)] | join(" ")), $border,
		  ($methods[] | . as $m | [("\($m):" | pad(30))] + [$columns[] | .lock as $l
			| ([$cells[] | select(.method == $m and .lock == $l) | .documented] | first // "") | pad(60)] | join(" ")),
		  $border, ""'
}

# differences FILE [KERNEL]: diff's lines about cells, rows and columns; that the made document has no prototypes and prose is known
differences() {
	local status=0
	"$v" spec diff --kernel "${2:-6.1}" "$1" >"$dir/diff" 2>"$dir/err" || status=$?
	grep -vE "the document has not$" "$dir/diff" || [ $? -eq 1 ]
	return $((status > 1))
}

# breaks NAME EXPECTED SED: the made document with one edit has exactly the difference EXPECTED
breaks() {
	sed "$3" "$dir/6.1.rst" >"$dir/edited.rst"
	if cmp -s "$dir/6.1.rst" "$dir/edited.rst"; then
		fail "diff: $1" "the edit changed nothing"
		return
	fi
	equal "diff: $1" "$2" "$(differences "$dir/edited.rst" | sed 's/^[^:]*:[0-9:]* //')"
}

test_show() {
	local k
	for k in $kernels; do
		equal "show $k: exit status" 0 "$(status_of "$v" spec show --kernel "$k")"
		equal "show $k: every rule has every field" true "$("$v" spec show --kernel "$k" --json | jq '[.rules[] |
			(.id, .ops, .method, .lock, .documented, .mode, .phase, .status, .where | type == "string")
			and (has("subject") and has("condition") and has("reason") and has("since") and has("until"))
			and (.status | IN("check", "drift", "no_promise", "unverifiable"))
			and ((.status == "unverifiable" or .status == "drift") == (.reason != null))] | all and length > 100')"
		equal "show $k: ids are unique" true \
			"$("$v" spec show --kernel "$k" --json | jq '[.rules[].id] | length == (unique | length)')"
	done
	equal "show --ops: only that one" '["inode_operations"]' \
		"$("$v" spec show --kernel 6.1 --ops inode_operations --json | jq -c '[.rules[].ops] | unique')"
	equal "show: no such ops struct" 2 "$(status_of "$v" spec show --kernel 6.1 --ops nonsense)"
	equal "show: no such version" 2 "$(status_of "$v" spec show --kernel x.y)"
	equal "numbers: exit status" 0 "$(status_of "$v" spec numbers)"
	equal "no command" 2 "$(status_of "$v" spec)"
}

test_explain() {
	local method failed=""
	while read -r method; do
		[ "$(status_of "$v" spec explain "$method")" = 0 ] || failed+=" $method"
	done < <(for k in $kernels; do "$v" spec show --kernel "$k" --json | jq -r '.rules[] | "\(.ops).\(.method)"'; done | sort -u)
	equal "explain: every method that any document names" "" "$failed"
	status_of "$v" spec explain inode_operations.rename >/dev/null
	check "explain: tells the condition" grep -q "old_dir != new_dir" "$dir/out"
	status_of "$v" spec explain address_space_operations.read_folio >/dev/null
	check "explain: follows a renamed method" grep -q "address_space_operations.readpage" "$dir/out"
	equal "explain: no such method" 2 "$(status_of "$v" spec explain inode_operations.nonsense)"
	equal "explain: no method" 2 "$(status_of "$v" spec explain)"
}

test_diff() {
	local k
	for k in $kernels; do
		make_document "$k" >"$dir/$k.rst"
		equal "diff $k: the rules agree with their own tables" "" "$(differences "$dir/$k.rst" "$k")"
	done
	breaks "a cell says something else" \
		"inode_operations.lookup, column 'i_rwsem(inode)': the document says 'exclusive', the rules say 'shared'" \
		'/^lookup:/s/shared   /exclusive/'
	breaks "a cell is empty" \
		"inode_operations.lookup, column 'i_rwsem(inode)': the document says '', the rules say 'shared'" '/^lookup:/s/shared/      /'
	breaks "a row is new" "inode_operations.frobnicate: the rules have no such method" \
		'/^lookup:/{p;s/^lookup:    /frobnicate:/}'
	breaks "a column has another name" "inode_operations: the rules know no column 'i_mutex(inode)'" \
		'/^inode_operations/,/^lookup/s/i_rwsem(inode)/i_mutex(inode)/'
	sed '/^lookup:/d' "$dir/6.1.rst" >"$dir/edited.rst"
	status_of "$v" spec diff --kernel 6.1 "$dir/edited.rst" >/dev/null
	check "diff: a row is missing" grep -q "inode_operations.lookup: the rules have a row of the table that the document has not" "$dir/out"
	sed '/^lookup:/s/shared   /wibbly   /' "$dir/6.1.rst" >"$dir/edited.rst"
	status_of "$v" spec diff --kernel 6.1 "$dir/edited.rst" >/dev/null
	check "diff: words that are not understood are told with file and line" \
		grep -qE "^$dir/edited.rst:[0-9]+: inode_operations.lookup, column 'i_rwsem\(inode\)': 'wibbly' is not understood" "$dir/out"
	equal "diff: exit status with differences" 1 "$(status_of "$v" spec diff --kernel 6.1 "$dir/edited.rst")"
	equal "diff: no such file" 3 "$(status_of "$v" spec diff --kernel 6.1 "$dir/none.rst")"
}

test_documents() {
	local k directory=${VFSLOCK_DOCUMENTS:-../shared/locking-rst}
	for k in $kernels; do
		if [ -e "$directory/$k.rst" ]; then
			status_of "$v" spec diff --kernel "$k" "$directory/$k.rst" >/dev/null
			equal "diff: the kernel's own document of $k" "" "$(cat "$dir/out")"
		else
			skip "diff: the kernel's own document of $k" "no $directory/$k.rst"
		fi
	done
}

test_show
test_explain
test_diff
test_documents
tap_done
