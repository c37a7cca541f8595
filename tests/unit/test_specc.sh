#!/usr/bin/env bash
# test_specc.sh [BUILD] - tests of the spec compiler BUILD/specc: what it accepts, what it refuses and with which words,
# what it emits, and that the ids of the real rules stay what they are.
set -euo pipefail
root=$(dirname "$(dirname "$(dirname "$(readlink -f "$0")")")")
build=$(readlink -f "${1:-$root/build}")
specc=$build/specc
golden=$root/tests/unit/rule-ids.txt
# The compiler lives for one build and never frees: that is not what a sanitized one is asked for.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} LC_ALL=C

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
# shellcheck source=tests/lib.sh
. "$root/tests/lib.sh"

# result NAME [WHY]: passed if there is no WHY.
result() {
	local lines
	mapfile -t lines <<<"${2:-}"
	if [ -z "${2:-}" ]; then
		pass "$1"
	else
		fail "$1" "${lines[@]}"
	fi
}

# run ARGUMENT...: sets $status, $out and $err.
run() {
	status=0
	"$specc" "$@" >out 2>err || status=$?
	out=$(tr '\0' '@' <out)
	err=$(cat err)
}

# accepts NAME FILE...: compiles without a word.
accepts() {
	local name=$1
	shift
	run --check "$@"
	equal "$name" "status 0, nothing said" "status $status, ${out}${err:-nothing said}"
}

# refuses NAME MESSAGE FILE...: exit status 1, MESSAGE and no more on stderr, nothing on stdout. A MESSAGE without line
# and column is compared without them.
refuses() {
	local name=$1 message=$2
	shift 2
	run --check "$@"
	[[ $message =~ :[0-9]+:[0-9]+: ]] || err=$(sed -E '1s/:[0-9]+:[0-9]+:/:/' <<<"$err")
	equal "$name" "status 1: $message" "status $status: $out$err"
}

# bad NAME MESSAGE: the spec file is on stdin and called bad.spec. @ in MESSAGE stands for "bad.spec:".
bad() {
	cat >bad.spec
	refuses "$1" "${2/@/bad.spec:}" types.spec bad.spec
}

# bad_rule NAME MESSAGE RULE...: the rules are lines 3 and following, of the method m(struct inode *dir, int flags).
bad_rule() {
	local name=$1 message=$2
	shift 2
	bad "$name" "$message" < <(
		printf '%s\n' 'ops a_operations place "table"' 'method m(struct inode *dir, int flags)' "$@"
	)
}

cat >types.spec <<'END'
# Every kind of lock.
type struct inode *  super_block { it->i_sb }
type struct file *   super_block { it->f_inode->i_sb }
lock i_rwsem    rwsem  in struct inode *  { &it->i_rwsem }  field inode.i_rwsem
lock i_mutex    mutex  in struct inode *  { &it->i_mutex }
lock i_lock     spin   in struct inode *  { &it->i_lock }
lock folio_lock bit    in struct folio *  { it }
lock all_sem    rwsem  global all_sem
lock may_block  context
END

cat >good.spec <<'END'
ops a_operations
	place "a_operations: table"

every method
	rule task may_block yes  says "all may block"  place "line above"

method lookup(struct inode *dir, const struct file *file, unsigned int flags) since 5.10 until 7.0
	hot
	rule dir i_rwsem { dir } shared  says "shared"
	rule dir i_rwsem { dir } exclusive  as creating  if { flags &
		O_CREAT }  since 6.1  says "exclusive if \ creating"
	rule victim i_rwsem { file->f_inode } exclusive exit  if { ret == 0 }  says "exclusive"
	rule all all_sem shared  inside lookup, release  says "read"
		drift if { !file } because "a.c:f"
		drift via a_worker because "a.c:a_worker"

method release(struct file|kiocb *file, struct folio **foliop, int mask)
	super_block { file->f_inode->i_sb }
	without task
	select { mask & MEASURED(NOT_A_MASK) }
	rule task may_block yes  if { !(mask & MEASURED(MAY_NOT_BLOCK)) }  says "may block"
	rule task may_block no during  if { mask & MEASURED(MAY_NOT_BLOCK) }  says "may not"
	rule folio folio_lock { *foliop } held  says "yes, unlocks"
	rule folio folio_lock { *foliop } free after  says "yes, unlocks"  unverifiable because "I/O completion"
	cell i_rwsem none  says "no"

method check(int flags)
	super_block none because "the only argument is an integer"
	cell i_rwsem maybe  says "maybe"
END

# The real spec as the Makefile names it: probes.h has the names in its comments.
real_specs() {
	echo spec/types.spec
	(cd "$root" && printf '%s\n' spec/*.spec) | grep -v '/types\.spec$'
}

# The ids of all rules in a rules.c, in its order.
ids() {
	sed -n 's/.*\.id = "\([^"]*\)".*/\1/p' "$1"
}

# shows NAME FILE TEXT: the file has TEXT somewhere.
shows() {
	local why=
	grep -qF -- "$3" "$2" || why="$2 does not have: $3"
	result "$1" "$why"
}

test_good() {
	accepts "a spec with every statement" types.spec good.spec
	accepts "types alone" types.spec
	printf 'ops a_operations place "p"\n# nothing else' >empty.spec
	accepts "an ops struct without methods, a comment without line end" types.spec empty.spec
	tr '\n' ' ' <good.spec >one-line.spec
	accepts "white space means nothing" types.spec one-line.spec
	mapfile -t real < <(real_specs)
	accepts "the real spec" "${real[@]/#/$root/}"
}

statement="expected 'method', 'every', 'rule', 'cell' or another statement of a method"
clause="expected a clause of the rule or another statement"
modes="expected exclusive, shared, held, free, yes, no, none, maybe or any"

test_words() {
	bad_rule "unknown lock" "@3:11: unknown lock 'j_rwsem', expected one that spec/types.spec declares" \
		' rule dir j_rwsem { dir } shared  says "x"'
	bad_rule "unknown lock of a cell" "@3:7: unknown lock 'nowhere', expected one that spec/types.spec declares" \
		' cell nowhere none  says "x"'
	bad_rule "unknown mode" \
		"@3:27: unknown mode 'write', $modes" \
		' rule dir i_rwsem { dir } write  says "x"'
	bad_rule "missing mode" \
		"@3:27: unknown mode 'says', $modes" \
		' rule dir i_rwsem { dir } says "x"'
	bad_rule "missing says" "@3:7: rule without words, expected a says clause" ' rule dir i_rwsem { dir } shared'
	bad_rule "missing says of a cell" "@3:7: rule without words, expected a says clause" ' cell i_rwsem none'
	bad_rule "says without a string" "@3:39: unexpected 'x', expected the cell's words in quotes" \
		' rule dir i_rwsem { dir } shared says x'
	bad_rule "missing subject" "@4:1: unexpected 'end of file', expected the rule's subject, a name without '.'" ' rule'
	bad_rule "unknown statement" \
		"@3:2: unexpected 'rules', $statement" \
		' rules dir i_rwsem { dir } shared  says "x"'
	bad_rule "second phase" "@3:43: unexpected 'exit', $clause" ' rule dir i_rwsem { dir } exclusive entry exit  says "x"'
	bad_rule "unknown clause" \
		"@3:44: unexpected 'when', $clause" \
		' rule dir i_rwsem { dir } shared  says "x" when { dir }'
	bad "unknown statement before ops" "@1:1: unexpected 'method', expected 'ops', 'type' or 'lock'" \
		<<<'method m(struct inode *dir)'
	bad "missing place" "@2:1: unexpected 'method', expected 'place' and where in the document it stands" \
		<<<$'ops a_operations\nmethod m(struct inode *dir)'
	bad "place without a string" "@1:24: unexpected 'table', expected a place in quotes" \
		<<<'ops a_operations place table'
	bad "every without method" "@1:34: unexpected 'rule', expected 'method' after 'every'" \
		<<<'ops a_operations place "p" every rule dir i_rwsem { dir } shared says "x"'
	bad "every method of a cell" "@2:2: unexpected 'cell', expected a rule: 'every method' takes rules only" \
		<<<$'ops a_operations place "p" every method\n cell i_rwsem none says "x"'
	bad "every method of a rule and a cell" \
		"@3:2: unexpected 'cell', expected a rule: 'every method' takes rules only" \
		<<<$'ops a_operations place "p" every method\n rule task may_block yes says "x"\n cell i_rwsem none says "x"'
	bad "every method of a statement" "@1:41: unexpected 'hot', expected a rule: 'every method' takes rules only" \
		<<<'ops a_operations place "p" every method hot'
}

test_lexer() {
	bad_rule "unclosed string" "@3:39: string is not closed, expected '\"' on the same line" \
		' rule dir i_rwsem { dir } shared says "x' ' "'
	bad_rule "unclosed brace" "@3:19: C text is not closed, expected '}'" ' rule dir i_rwsem { dir shared says "x"'
	bad_rule "unclosed inner brace" "@3:19: C text is not closed, expected '}'" \
		' rule dir i_rwsem { ({ dir; ) } shared says "x"'
	bad_rule "empty braces" "@3:19: empty C text, expected an expression between '{' and '}'" \
		' rule dir i_rwsem {  } shared says "x"'
	bad_rule "a brace too many" \
		"@3:44: unexpected '}', $clause" \
		' rule dir i_rwsem { dir } shared  says "x" }'
	bad_rule "lines are counted within braces" \
		"@6:3: unknown mode 'write', $modes" \
		' rule dir i_rwsem # }' '{' ' dir }' '  write'
	printf 'ops a_operations place "p"\n\0method' >nul.spec
	refuses "NUL byte" "nul.spec: contains a NUL byte, expected text" types.spec nul.spec
	refuses "missing file" "absent.spec: cannot be read: No such file or directory" types.spec absent.spec
	mkdir -p directory.spec
	refuses "directory" "directory.spec: cannot be read: Is a directory" types.spec directory.spec
}

test_versions() {
	local version
	for version in 6 6.1.2 six 6. .1 6.x 100.1 6.256 -1 0.0 4294967302.1; do
		bad_rule "version $version" "@3:41: unexpected '${version/-1/-}', expected a kernel version like 6.1" \
			" rule dir i_rwsem { dir } shared  since $version  says \"x\""
	done
	bad_rule "empty range" "@3:7: range since 6.1 until 5.10 is empty, expected since < until" \
		' rule dir i_rwsem { dir } shared  since 6.1 until 5.10  says "x"'
	bad_rule "range of no kernel" "@3:7: range since 6.1 until 6.1 is empty, expected since < until" \
		' rule dir i_rwsem { dir } shared  until 6.1 says "x" since 6.1'
	bad_rule "empty range of a cell" "@3:7: range since 6.1 until 5.10 is empty, expected since < until" \
		' cell i_rwsem none  since 6.1 until 5.10  says "x"'
	bad_rule "empty range of an unverifiable rule" \
		"@3:7: range since 6.1 until 6.1 is empty, expected since < until" \
		' rule dir i_rwsem { dir } shared  since 6.1 until 6.1  says "x"  unverifiable because "y"'
	bad_rule "empty range of a method" "@3:8: range since 6.1 until 6.0 is empty, expected since < until" \
		'method n(struct inode *dir) since 6.1 until 6.0'
}

test_methods() {
	bad_rule "duplicate method" "@3:8: method 'm' is already described in line 2, expected ranges (since, until) that do not overlap" \
		'method m(struct inode *dir)'
	bad_rule "ops struct in two files" \
		"@3:5: ops struct 'a_operations' has a file already, expected one file each" \
		'ops a_operations place "p"'
	bad "no super_block derivable" \
		"@2:8: method m has no argument that leads to a super_block, expected a super_block statement" \
		<<<$'ops a_operations place "p"\nmethod m(struct nothing *x, int flags)'
	bad "super_block none without a reason" "@2:46: unexpected 'end', expected 'because' and a reason" \
		<<<$'ops a_operations place "p"\nmethod m(struct nothing *x) super_block none end'
	bad "method without parameters" "@1:37: unexpected 'hot', expected '(' before the parameters" \
		<<<'ops a_operations place "p" method m hot'
	bad "unclosed parameters" "@1:55: unexpected 'hot', expected ')' or ',' after a parameter" \
		<<<'ops a_operations place "p" method m(struct inode *dir hot'
	bad "parameter without name" "@1:51: unexpected ')', expected a parameter's name" \
		<<<'ops a_operations place "p" method m(struct inode *)'
	bad "parameter without type" "@1:37: unexpected 'dir', expected a C type" \
		<<<'ops a_operations place "p" method m(dir)'
	bad "struct by value" "@1:50: unexpected 'dir', expected '*': no method takes a struct by value" \
		<<<'ops a_operations place "p" method m(struct inode dir)'
	bad "method that is a number" "@1:35: unexpected '5', expected a method's name" \
		<<<'ops a_operations place "p" method 5(struct inode *dir)'
	bad "parameter that is a number" "@1:51: unexpected '7', expected a parameter's name" \
		<<<'ops a_operations place "p" method m(struct inode *7)'
	bad "two parameters of one name" "@1:60: second parameter 'dir', expected another name" \
		<<<'ops a_operations place "p" method m(struct inode *dir, int dir)'
	bad "ops struct with a dot" "@1:5: unexpected 'a.operations', expected the name of an ops struct" \
		<<<'ops a.operations place "p"'
	bad "| on scalars" "@1:40: unexpected '|', expected a parameter's name: alternatives are for struct types" \
		<<<'ops a_operations place "p" method m(int|long x)'
	bad "too many alternatives" "@1:49: unexpected '|', expected at most 3 struct types" \
		<<<'ops a_operations place "p" method m(struct a|b|c|d *x)'
	bad_rule "without a subject of no rule" \
		"@3:10: unknown subject 'task' after 'without', expected one of an 'every method' rule" ' without task'
	printf '%s\n' 'ops a_operations place "p"' 'method m(struct inode *dir) without task' \
		'every method rule task may_block yes  says "x"' >before.spec
	accepts "without, before 'every method'" types.spec before.spec
	bad "also, without a struct" "@1:23: unexpected '12', expected the struct that holds the same methods on other kernels" \
		<<<'ops a_operations also 12 place "p"'
	bad "more arguments at the return than a frame keeps" \
		"@2:8: method m uses 4 arguments and numbers at its return, expected at most 3" <<-'END'
			ops a_operations place "p"
			method m(struct inode *a, struct inode *b, struct inode *c, struct inode *d)
				rule a i_rwsem { a } shared exit  says "x"
				rule b i_rwsem { b } shared exit  if { c != d }  says "x"
		END
}

# twice STATEMENT: refused the second time, in line 4.
twice() {
	bad_rule "second $1" "@4:2: second '${1%% *}', expected one" " $1" " $1"
}

# twice_in_rule CLAUSE: the same for the clauses of a rule.
twice_in_rule() {
	bad_rule "second ${1%% *} of a rule" "@4:2: second '${1%% *}', expected one" \
		" rule dir i_rwsem { dir } shared  $1" " $1"
}

test_twice() {
	twice 'select { flags }'
	twice 'super_block { dir->i_sb }'
	twice 'super_block none because "x"'
	twice 'hot'
	bad_rule "super_block, and none" "@4:2: second 'super_block', expected one" \
		' super_block { dir->i_sb }' ' super_block none because "x"'
	twice_in_rule 'says "x"'
	twice_in_rule 'as one'
	twice_in_rule 'since 5.10'
	twice_in_rule 'until 6.1'
	twice_in_rule 'place "x"'
	twice_in_rule 'unverifiable because "x"'
	bad "second since of a method" "@2:40: second 'since', expected one" \
		<<<$'ops a_operations place "p"\nmethod m(struct inode *dir) since 5.10 since 6.1'
}

test_declarations() {
	bad "lock declared twice" "@1:6: lock 'i_rwsem' is already declared, expected a new name" \
		<<<'lock i_rwsem rwsem global other'
	bad "unknown kind of lock" "@1:11: unknown kind 'futex', expected rwsem, mutex, spin, seqlock, bit, context or words" \
		<<<'lock here futex global other'
	bad "lock that lies nowhere" "@2:1: unexpected 'end of file', expected 'in TYPE { C }' or 'global SYMBOL'" \
		<<<'lock here rwsem'
	bad "context in an object" "@1:19: unexpected 'in', expected nothing: a context has no word" \
		<<<'lock here context in struct inode * { it }'
	bad "context with a symbol" "@1:19: unexpected 'global', expected nothing: a context has no word" \
		<<<'lock here context global here'
	local kind
	bad "seqlock in an object" "@1:19: unexpected 'in', expected 'global SYMBOL': a seqlock is read by its symbol only" \
		<<<'lock here seqlock in struct inode * { it }'
	for kind in mutex bit; do
		bad "$kind with a symbol" \
			"@ unexpected 'global', expected 'in TYPE { C }': a $kind is not read by its symbol" \
			<<<"lock here $kind global here"
	done
	bad "field of nothing" "@1:58: unexpected '.i_rwsem', expected STRUCT.MEMBER after 'field'" \
		<<<'lock here rwsem in struct inode * { &it->i_rwsem } field .i_rwsem'
	bad "field without a dot" "@1:58: unexpected 'i_rwsem', expected STRUCT.MEMBER after 'field'" \
		<<<'lock here rwsem in struct inode * { &it->i_rwsem } field i_rwsem'
	bad "type that is no pointer" "@1:19: unexpected 'super_block', expected '*' after the struct's tag" \
		<<<'type struct inode super_block { it->i_sb }'
}

kinds='expected exclusive or shared (rwsem), exclusive (mutex), held or free (spin, seqlock, bit), '
kinds+='yes at entry or no during (context)'

# bad_fit KIND MODE RULE: a mode that does not go with the kind of lock.
bad_fit() {
	bad_rule "a $1 that is $2" "@3:7: a $1 does not go with mode '${2% at *}' at ${2#* at }, $kinds" \
		" rule $3 says \"x\""
}

test_fit() {
	bad_fit rwsem "held at entry" 'dir i_rwsem { dir } held'
	bad_fit rwsem "free at exit" 'dir i_rwsem { dir } free exit'
	bad_fit rwsem "yes at entry" 'dir i_rwsem { dir } yes'
	bad_fit mutex "shared at entry" 'dir i_mutex { dir } shared'
	bad_fit mutex "held at entry" 'dir i_mutex { dir } held'
	bad_fit spin "exclusive at entry" 'dir i_lock { dir } exclusive'
	bad_fit bit "shared at entry" 'dir folio_lock { dir } shared'
	bad_fit context "exclusive at entry" 'task may_block exclusive'
	bad_fit context "yes at exit" 'task may_block yes exit'
	bad_fit context "no at entry" 'task may_block no'
	bad_rule "lock without an object" "@3:7: lock i_rwsem has no subject, expected { C } of type struct inode *" \
		' rule dir i_rwsem shared  says "x"'
	bad_rule "object of a global lock" "@3:7: lock all_sem is not part of an object, expected no { C }" \
		' rule dir all_sem { dir } shared  says "x"'
	bad_rule "cell that promises" \
		"@3:7: a cell with mode 'shared', expected none, maybe or any: use 'rule' for a promise" \
		' cell i_rwsem shared  says "x"'
	bad_rule "phase after, verifiable" \
		"@3:7: phase 'after' of a spin cannot be observed, expected an 'unverifiable because' clause" \
		' rule dir i_lock { dir } free after  says "x"'
	bad_rule "a rwsem during" \
		"@3:7: phase 'during' of a rwsem cannot be observed, expected an 'unverifiable because' clause" \
		' rule dir i_rwsem { dir } exclusive during  says "x"'
	bad_rule "subject with a dot" "@3:7: unexpected 'a.b', expected the rule's subject, a name without '.'" \
		' rule a.b i_rwsem { dir } shared  says "x"'
	bad_rule "alias with a dot" "@3:38: unexpected 'a.b', expected a name without '.' after 'as'" \
		' rule dir i_rwsem { dir } shared  as a.b  says "x"'
	bad_rule "ret at entry" "@3:7: the return value 'ret' is not known yet, expected phase exit" \
		' rule dir i_rwsem { dir } shared  if { ret & 1 }  says "x"'
	bad_rule "ret in the object at entry" "@3:7: the return value 'ret' is not known yet, expected phase exit" \
		' rule dir i_rwsem { ret } shared  says "x"'
	bad_rule "ret compared at entry" "@3:7: the return value 'ret' is not known yet, expected phase exit" \
		' rule dir i_rwsem { dir } shared  if { flags >ret }  says "x"'
	bad_rule "ret in a drift at entry" "@4:2: the return value 'ret' is not known yet, expected phase exit" \
		' rule dir i_rwsem { dir } shared  says "x"' ' drift if { ret } because "y"'
	bad_rule "ret in select" "@3:9: the return value 'ret' is not known yet, expected a condition on arguments" \
		' select { ret == 0 }'
	printf '%s\n' 'ops a_operations place "p"' 'method m(struct inode *dir)' \
		' rule dir i_rwsem { dir->ret } shared  if { dir-> ret && dir.ret && a_ret }  says "x"' >member.spec
	accepts "a member called ret" types.spec member.spec
}

apart="expected an 'as NAME' clause that tells them apart"

test_clauses() {
	bad_rule "unknown method after inside" \
		"@3:7: unknown method 'truncate' after 'inside', expected one that spec/ describes" \
		' rule dir i_rwsem { dir } shared  inside m, truncate  says "x"'
	bad_rule "second if" "@3:48: second 'if', expected one: join them with &&" \
		' rule dir i_rwsem { dir } shared  if { flags } if { dir }  says "x"'
	bad_rule "if without C" "@3:38: unexpected 'flags', expected { C } after 'if'" \
		' rule dir i_rwsem { dir } shared  if flags  says "x"'
	bad_rule "drift without because" \
		"@3:58: unexpected 'says', expected 'because' and a reason: no rule drifts without one" \
		' rule dir i_rwsem { dir } shared  drift via some_worker  says "x"'
	bad_rule "drift of no kind" "@3:42: unexpected 'because', expected 'if { C }', 'via FUNCTION' or 'always' after 'drift'" \
		' rule dir i_rwsem { dir } shared  drift  because "y"  says "x"'
	bad_rule "drift of an unverifiable rule" \
		"@4:2: drift of a rule that is unverifiable, expected none: it is never judged" \
		' rule dir i_rwsem { dir } shared  says "x"' ' drift if { dir } because "y"  unverifiable because "z"'
	bad_rule "drift of a rule that promises nothing" \
		"@4:2: drift of a rule that promises nothing, expected none: it is never judged" \
		' rule dir i_rwsem { dir } maybe  says "x"' ' drift via a_worker because "y"'
	bad_rule "drift of a cell" \
		"@3:30: drift of a rule that promises nothing, expected none: it is never judged" \
		' cell i_rwsem any  says "x"  drift if { dir } because "y"'
	bad_rule "unverifiable without because" "@3:49: unexpected 'says', expected 'because' and a reason" \
		' rule dir i_rwsem { dir } shared  unverifiable  says "x"'
	bad_rule "duplicate id" \
		"@4:7: a second rule has the id a_operations.m.i_rwsem.dir, $apart" \
		' rule dir i_rwsem { dir } shared  says "x"' ' rule dir i_rwsem { dir } exclusive  says "x"'
	bad_rule "duplicate id of a cell" \
		"@4:7: a second rule has the id a_operations.m.i_rwsem, $apart" \
		' cell i_rwsem none  says "x"' ' cell i_rwsem maybe  says "x"'
	bad_rule "alias that is another's phase" \
		"@4:7: a second rule has the id a_operations.m.i_rwsem.dir.exit, $apart" \
		' rule dir i_rwsem { dir } shared exit  says "x"' ' rule dir i_rwsem { dir } shared  as exit  says "x"'
}

# bad_measured NAME MESSAGE C: a condition that is refused.
bad_measured() {
	bad_rule "$1" "@3:38: $2" " rule dir i_rwsem { dir } shared  if { $3 }  says \"x\""
}

nowhere="unexpected MEASURED, expected it in 'if', 'drift if' and 'select' only"
constant="MEASURED without a constant, expected MEASURED(NAME) in upper case"

test_measured() {
	bad_measured "measured in lower case" "$constant" 'flags & MEASURED(lower)'
	bad_measured "measured in mixed case" "$constant" 'flags & MEASURED(FOo)'
	bad_measured "measured number" "$constant" 'flags & MEASURED(1A)'
	bad_measured "measured nothing" "$constant" 'MEASURED(A) & MEASURED( )'
	bad_measured "measured expression" "$constant" 'flags & MEASURED(A | B)'
	bad_measured "measured without parentheses" "$constant" 'flags & MEASURED'
	bad_rule "measured in an unverifiable rule" "@3:38: $constant" \
		' rule dir i_rwsem { dir } shared  if { MEASURED(a) }  says "x"  unverifiable because "y"'
	bad_rule "measured, badly, in a drift" "@4:11: $constant" ' rule dir i_rwsem { dir } shared  says "x"' \
		' drift if { MEASURED(a) } because "y"'
	bad_rule "measured, badly, in select" "@3:9: $constant" ' select { MEASURED(a) }'
	bad_rule "measured object" "@3:19: $nowhere" ' rule dir i_rwsem { dir + MEASURED(A) } shared  says "x"'
	bad_rule "measured super_block" "@3:14: $nowhere" ' super_block { dir + MEASURED(A) }'
	bad "measured lock word" "@1:34: $nowhere" <<<'lock here spin in struct inode * { it + MEASURED(A) }'
	mapfile -t rules < <(numbered 9 ' rule dir i_rwsem { dir } shared  as n#  if { MEASURED(A#) }  says "x"')
	bad_rule "more than 8 constants" "@11:7: more than 8 constants are measured, expected fewer" "${rules[@]}"
}

# masks FILE: the masks of the constants that the rules of a rules.c need.
masks() {
	sed -n 's/.*\.measured = \([0-9]*\),.*/\1/p' "$1" | tr '\n' ' '
}

test_measured_output() {
	mkdir -p measured
	cat >measured.spec <<-'END'
		ops a_operations place "p"
		method m(struct inode *dir, int flags)
			rule dir i_rwsem { dir } shared  as one  if { flags & MEASURED( A_1 ) || MEASURED(A_1) }  says "x"
			rule dir i_rwsem { dir } shared  as two  says "x"
				drift if { flags & MEASURED (A_10) } because "y"
			rule dir i_rwsem { dir } shared  as three  if { flags & MEASURED(A_10) + MEASURED(A_1) }  says "x"
			rule dir i_rwsem { dir } shared  as four  if { MY_MEASURED(A_2) }  says "x"
		method n(struct inode *dir, int flags)
			select { flags & MEASURED(A_3) }
			rule dir i_rwsem { dir } shared  says "x"
			cell i_rwsem any  says "x"
	END
	run measured types.spec measured.spec
	equal "a rule needs the constants of its conditions, drifts and method" "0 1 2 3 0 4 0 " \
		"$status $(masks measured/rules.c)"
	equal "every constant has a number" "A_1 = 0 A_10 = 1 A_3 = 2 " \
		"$(sed -n 's/.*VL_MEASURED_\(.*\),/\1/p' measured/ids.h | tr '\n' ' ')"
}

# marked CODE: how the probes read CODE, the condition of a rule.
marked() {
	printf '%s\n' 'ops a_operations also b_operations place "p"' 'method m(struct inode *dir, int flags)' \
		" rule dir i_rwsem { dir } shared  if { $1 }  says \"x\"" >steps.spec
	run steps types.spec steps.spec
	sed -n 's/^\tif (\(.*\))$/\1/p' steps/probes.h | grep -v '^!vl_audited\|^vl_plan(VL_PLAN_\(FILTER\|TYPES\))\|^vl_slot_wanted\|^it$'
}

test_steps() {
	mkdir -p steps
	equal "one step" "VL_GET(dir->i_mode)" "$(marked 'dir->i_mode')"
	equal "several, through members" "VL_GET(VL_GET(dir->a.b)->c.d.e)" "$(marked 'dir->a.b->c.d.e')"
	equal "in a macro's argument, and after it" "VL_GET(M(VL_GET(dir->a))->b)" "$(marked 'M(dir->a)->b')"
	equal "from a cast" "VL_GET(((struct x *)dir)->b)" "$(marked '((struct x *)dir)->b')"
	equal "an address is not read" "f(&dir->a)" "$(marked 'f(&dir->a)')"
	equal "but what leads to it" "f(&VL_GET(dir->a)->b)" "$(marked 'f(&dir->a->b)')"
	equal "a binary & takes no address" "flags & VL_GET(dir->a)" "$(marked 'flags & dir->a')"
	equal "a logical one neither" "flags && VL_GET(dir->a) && !VL_GET(dir->b)" "$(marked 'flags && dir->a && !dir->b')"
	shows "the other struct of the same methods" steps/rules.c '.also = "b_operations"'
}

# What is kept from the entry to the return, and locks that are followed from there.
test_after() {
	mkdir -p after
	cat >after.spec <<-'END'
		ops a_operations place "p"
		method m(struct address_space *mapping, unsigned int flags, struct folio *folio)
			super_block { mapping->s }
			keep first { mapping->a }
			keep last { flags }
			rule folio folio_lock { folio } held exit  says "x"
			rule folio folio_lock { folio } free after  if { ret != last && first }  says "x"
			rule other folio_lock { EACH(first) } free after  says "x"
	END
	run after types.spec after.spec
	equal "phase after: accepted" 0 "$status"
	shows "phase after: a slot of its own among those of the return" after/rules.c \
		'.phase = RULE_AT_after, .slot = 1,'
	shows "phase after: a third" after/rules.c '.phase = RULE_AT_after, .slot = 2,'
	shows "phase after: followed, if the condition holds" after/probes.h \
		'if (vl_slot_wanted(1) && (ret != last && first))'
	shows "phase after: by the lock's own function" after/probes.h \
		'sig |= vl_follow_folio_lock(folio, ctx, frame, VL_ROOM(3), &words[2]) << 36;'
	shows "keep: read at the entry" after/probes.h 'frame->args[1] = (__u64)(VL_GET(mapping->a));'
	shows "keep: known at the return" after/probes.h '__u64 last = frame->args[2];'
	shows "keep: beside the arguments" after/probes.h 'frame->args[0] = vl_arg(ctx, 2);'
	bad_rule "keep without a name" "@3:7: unexpected 'dir', expected a name after 'keep'" ' keep { dir }'
	bad_rule "keep without C" "@4:2: unexpected 'hot', expected { C } after the name" ' keep n' ' hot'
	bad_rule "keep of a constant that is measured" \
		"@3:9: unexpected MEASURED, expected it in 'if', 'drift if' and 'select' only" ' keep n { MEASURED(A) }'
	bad_rule "a fourth keep" "@6:7: one 'keep' too many, expected at most 3" \
		' keep a { dir }' ' keep b { dir }' ' keep c { dir }' ' keep d { dir }'
}

# Each method numbers its own conditions.
test_every_drift() {
	mkdir -p every
	cat >every.spec <<-'END'
		ops a_operations place "p"
		every method
			rule task may_block yes  says "x"
				drift if { dir->i_state } because "y"
				drift via a_worker because "z"
		method m(struct inode *dir)
		method n(struct inode *dir, int flags)
			rule dir i_rwsem { dir } shared  if { flags }  says "x"
		method o(struct inode *dir)
			rule task i_lock { dir } held  unverifiable because "x"  says "x"
	END
	run every types.spec every.spec
	equal "drifts of every method" "0 0 1 0 " "$status $(
		sed -n 's/.*\.condition = \([0-9]*\), .condition_text = "dir->i_state", .because = "y".*/\1/p' \
			every/rules.c | tr '\n' ' '
	)"
	equal "their condition is no function" "" "$(grep -F '.via = "{' every/rules.c || [ $? -eq 1 ])"
	equal "their functions" "3" "$(grep -c '.condition = -1, .via = "a_worker", .because = "z"' every/rules.c)"
}

# numbered N FORMAT: FORMAT with every # replaced by 1 to N.
numbered() {
	for ((i = 1; i <= $1; i++)); do
		echo "${2//#/$i}"
	done
}

# limit NAME MOST MESSAGE RULE: MOST rules fit into a method, one more does not.
limit() {
	local rules
	mapfile -t rules < <(numbered "$2" "$4")
	printf '%s\n' 'ops a_operations place "p"' 'method m(struct inode *dir, int flags)' "${rules[@]}" >full.spec
	accepts "$2 $1" types.spec full.spec
	mapfile -t rules < <(numbered "$(($2 + 1))" "$4")
	bad_rule "more than $2 $1" "@$(($2 + 3)):7: $3, expected fewer" "${rules[@]}"
}

test_limits() {
	limit "locks at entry" 8 "method m reads more than 8 locks at entry" \
		' rule dir# i_rwsem { dir + # } shared  says "x"'
	limit "locks at exit" 4 "method m reads more than 4 locks at exit" \
		' rule dir# i_rwsem { dir + # } shared exit  says "x"'
	limit "conditions" 10 "method m has more than 10 conditions" \
		' rule dir i_rwsem { dir } shared  as n#  if { flags & # }  says "x"'
	mapfile -t rules < <(numbered 10 ' rule dir i_rwsem { dir } shared  as n#  if { flags & # }  says "x"')
	bad_rule "10 conditions and select" "@3:9: method m has more than 10 conditions, expected fewer" \
		' select { flags }' "${rules[@]}"
	bad_rule "10 conditions and a drift" "@13:44: method m has more than 10 conditions, expected fewer" "${rules[@]}" \
		' rule dir i_rwsem { dir } shared  says "x" drift if { flags } because "y"'
}

test_usage() {
	run
	equal "no arguments" "2 usage: specc OUTDIR|--check FILE.spec..." "$status $err"
	run --check
	equal "no file" "2 usage: specc OUTDIR|--check FILE.spec..." "$status $err"
	run absent types.spec
	equal "no such output directory" "1 specc: absent/rules.c cannot be written: No such file or directory" \
		"$status $(head -n 1 <<<"$err")"
	mkdir -p none
	run none types.spec bad.spec
	equal "nothing is written for a spec that is refused" "1 " "$status $(ls none)"
}

test_output() {
	mkdir -p one two
	run one types.spec good.spec
	equal "compiles without a word" "0 " "$status $out$err"
	equal "writes its three files" "ids.h probes.h rules.c" "$(cd one && echo *)"
	run two types.spec good.spec
	result "the same spec yields the same files" "$(diff -r one two)"
	result "rules.c compiles without warnings" \
		"$("${CC:-gcc}" -std=gnu11 -Wall -Wextra -Werror -fsyntax-only "-I$root/src" one/rules.c 2>&1)"
	equal "ids" "a_operations.lookup.i_rwsem.dir a_operations.lookup.i_rwsem.dir.creating \
a_operations.lookup.i_rwsem.victim.exit a_operations.lookup.all_sem.all a_operations.lookup.may_block.task \
a_operations.release.may_block.task a_operations.release.may_block.task.during \
a_operations.release.folio_lock.folio a_operations.release.folio_lock.folio.after a_operations.release.i_rwsem \
a_operations.check.i_rwsem a_operations.check.may_block.task" "$(ids one/rules.c | tr '\n' ' ' | sed 's/ $//')"
}

# Needs the files that test_output made.
test_probes() {
	shows "white space of a condition is folded" one/rules.c '.condition_text = "flags & O_CREAT"'
	shows "words are quoted for C" one/rules.c '.says = "exclusive if \\ creating"'
	shows "a version is major and minor" one/rules.c ".since = $((6 << 8 | 1)), .until = 0"
	shows "inside becomes the methods' numbers" one/rules.c '.inside = (const short[]){ 0, 1, -1 }'
	shows "a drift condition has a flag of its own" one/rules.c '{ .condition = 2, .condition_text = "!file"'
	shows "alternative types" one/rules.c '.tags = { "file", "kiocb", }'
	shows "measured constants are numbered" one/ids.h 'VL_MEASURED_MAY_NOT_BLOCK = 0,'
	shows "arguments are counted as in the declaration" one/probes.h '(unsigned int)vl_arg(ctx, 2);'
	shows "pointers to pointers are copied" one/probes.h '(struct folio **)vl_arg_copy(ctx, 1);'
	shows "entry slots" one/probes.h 'sig |= vl_read_rwsem(&it->i_rwsem, me, &words[0], vl_track_wanted(0)) << 0;'
	shows "exit slots" one/probes.h \
		'sig |= vl_read_rwsem(&it->i_rwsem, me, &words[4], vl_track_wanted(2)) << 32;'
	shows "global locks" one/probes.h \
		'sig |= vl_read_global_rwsem((void *)vl_plan(VL_PLAN_GLOBAL + 0), me, &words[2], vl_track_wanted(1)) << 4;'
	shows "a step through a pointer is marked" one/probes.h 'vl_audited(VL_GET(VL_GET(file->f_inode)->i_sb), owner)'
	shows "an argument used at the return is kept at the entry" one/probes.h 'frame->args[0] = vl_arg(ctx, 1);'
	shows "and found there" one/probes.h '(struct file *)VL_ARG_AT_EXIT(vl_arg, ctx, frame, 1, 0);'
	equal "conditions" $'\tif (flags & O_CREAT)\n\t\tsig |= 1ULL << (VL_SIG_CONDITION + 0);' \
		"$(grep -A 1 'if (flags & O_CREAT)' one/probes.h)"
	equal "no probe without a super_block" "2" "$(grep -c '^VL_PROGRAMS' one/probes.h)"
}

test_one_line() {
	mkdir -p more
	sed '/^method release/i\	rule dir i_mutex { dir } exclusive  says "new"' good.spec >more.spec
	run more types.spec more.spec
	equal "one line more compiles" "0 " "$status $out$err"
	equal "one id more, and no other change of ids" "> a_operations.lookup.i_mutex.dir" \
		"$(diff <(ids one/rules.c | sort) <(ids more/rules.c | sort) | grep '^[<>]')"
	equal "one read more, of its lock" "vl_read_mutex(&it->i_mutex, me, &words[4], vl_track_wanted(2)) << 8;" \
		"$(grep -o 'vl_read_mutex.*' more/probes.h)"
	equal "no read of it before" "0" "$(grep -c vl_read_mutex one/probes.h || [ $? -eq 1 ])"
	shows "the reader knows that there is one more" more/probes.h '#define vl_entry_slots_0 3'
}

# Ids stand in reports, metrics and exemptions: they are the users'.
test_real_ids() {
	local names gone new newline=$'\n'
	mkdir -p real
	mapfile -t names < <(real_specs)
	(cd "$root" && "$specc" "$tmp/real" "${names[@]}")
	result "build/gen is what the spec says" "$(for f in rules.c ids.h probes.h; do
		cmp "real/$f" "$build/gen/$f" 2>&1 || [ $? -eq 1 ]
	done)"
	ids "$build/gen/rules.c" >built
	equal "every rule has an id" "$(grep -c '^	{ \.method = ' "$build/gen/rules.c")" "$(wc -l <built)"
	equal "every id is unique" "" "$(sort built | uniq -d)"
	equal "rule-ids.txt is sorted, each id once" "" "$(sort -u "$golden" | diff "$golden" - | head -n 4)"
	gone=$(sort built | comm -13 - "$golden")
	new=$(sort built | comm -23 - "$golden")
	result "no id has changed or vanished" "${gone:+ids never change or vanish, but these are gone:$newline$gone}"
	result "every new id is listed" "${new:+add to tests/unit/rule-ids.txt, in sorted order:$newline$new}"
}

test_good
test_words
test_lexer
test_versions
test_methods
test_twice
test_declarations
test_fit
test_clauses
test_measured
test_measured_output
test_steps
test_after
test_every_drift
test_limits
test_usage
test_output
test_probes
test_one_line
test_real_ids

status=0
tap_done || status=1
echo "$((tap_number - tap_failed)) passed, $tap_failed failed"
exit "$status"
