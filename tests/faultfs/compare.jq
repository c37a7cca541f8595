# jq -n -f compare.jq --slurpfile cases CASES.json --slurpfile report REPORT.json --rawfile outcomes OUTCOMES --rawfile methods METHODS
#
# What vfslock found of the mutations (mutate.jq), against what it had to find. CASES.json: what mutate.jq made; REPORT.json:
# the audit while they were made; OUTCOMES: a line for each command, as faultfs tells it; METHODS: its list of methods.
# faultreal tells with each outcome what function the method is.
#
# Output: {kernel, mode, results, troubles}. A result: id, state, wrong, expected, got, verdict: caught, missed, kept (right,
# and nothing was found), not_told (wrong, but not to be told in this mode, and nothing was found) or wrong. A trouble is
# whatever else is not as it has to be.

def shorts: {
  address_space_operations: "aops", block_device_operations: "bdev", buffer_head: "bh", dentry_operations: "dentry",
  dquot_operations: "dquot", file_lock_operations: "fl", file_operations: "file", file_system_type: "fstype",
  inode_operations: "inode", lock_manager_operations: "lm", super_operations: "super", vm_operations_struct: "vm",
  xattr_handler: "xattr"};

def nothing: {verdict: "none", seen: null, count: 0};

# Findings that say the same of the same rule are one: the signature of a call may differ in what the rule does not ask.
def summed: group_by([.rule, .verdict, .seen]) | map({rule: .[0].rule, verdict: .[0].verdict, seen: .[0].seen, count: (map(.count) | add)});

def one($list): if $list == [] then nothing elif ($list | length) == 1 then $list[0] | {verdict, seen, count} else $list | map({verdict, seen, count}) end;

def function_of: sub("[+].*"; "");

# The names of a method's stub and of what calls it end so.
def named: shorts[.ops] as $s | if .name | startswith("\($s)_") then .name else "\($s)_\(.name)" end;

# Variants may have a way of their own from the call to the method, but through no other one's stub at the end.
def caller_trouble($case): (.stack | map(function_of)) as $stack | "call_\(named)" as $call
  | if $stack[1] == $call then empty
    elif $case.call.variant != "plain" and ($stack | index([$call])) != null and ($stack[1] | startswith("faultfs_") | not) then empty
    else "called by \($stack[1])" end;

def tag_of: [.stack[] | capture("^faultfs_tag_(?<n>[0-9]+)[+]").n | tonumber] | .[0];

# The method's stub, what calls it, and further out the mutation's tag.
def stack_trouble($functions): (.stack | map(function_of)) as $stack | ($functions["\(.ops).\(.method) \(tag_of)"] // "faultfs_\({ops, name: .method} | named)") as $stub
  | if $stack[0] != $stub then "stack begins with \($stack[0])"
    elif .function != $stack[0] then "function is \(.function), stack begins with \($stack[0])"
    elif .evidence != "proof" then "evidence is \(.evidence)"
    else empty end;

# Where it slept: in the scheduler, in the method.
def slept_trouble: (.slept_at // [] | map(function_of)) as $at | .stack[0] as $stub
  | if .observed != "slept" then empty
    elif $at[0] != "__schedule" then "slept in \($at[0])"
    elif $at | index([$stub | function_of]) then empty
    else "did not sleep in \($stub)" end;

# The locks of the task, and of who held it instead, as a finding names them (report --locks=track).
def held_trouble($case): . as $f
  | if $case.held == null or (.seen == "not_unlocked" and .held == null) then empty # That is known some time later.
    else ([.held[]? | {class, mode}] | sort) as $got | ($case.held.held | sort) as $want
      | (if $f.held == null and $want != [] then "nothing held is named" else empty end),
        (if $want - $got != [] then "held is not named: \($want - $got | tojson)" else empty end),
        (if ($got | length) > ($want + $case.held.perhaps | length) or $got - $want - $case.held.perhaps != [] then "named as held: \($got | tojson)" else empty end),
        (select($case.held.holder != null and $f.verdict == "violation" and (.seen | IN("exclusive_other", "shared_by_others")))
          | if .holder.comm != "lock-holder" then "the holder is \(.holder.comm)"
            elif [.holder.held[]? | {class, mode}] != [$case.held.holder] then "the holder held \([.holder.held[]? | {class, mode}] | tojson)"
            else empty end)
    end;

# Real methods call others, or are called by others, of the same filesystem: those breaches are told apart, but all are observed.
def besides($rule; $told_outside; $functions): $rule.id as $id
  | $rule.direct + if $functions == {} then 0 else $rule.outside - ([$told_outside[] | select(.rule == $id).count][0] // 0) end;

$cases[0] as $c | $report[0] as $report
| ($outcomes | split("\n") | map(select(length > 0))) as $outcomes
| ([$c.cases | to_entries[] | .value as $case | ($outcomes[.key] // "" | capture(" function=(?<name>[^ ]+)").name)
   | {key: "\($case.method) \($case.tag)", value: .}] | from_entries) as $functions
| [($report.violations[] | .verdict = "violation"), ($report.drift[] | .verdict = "drift")
   | {name: .method, ops, method: "\(.ops).\(.method)", rule, verdict, seen: .observed, count, tag: tag_of, slept_at, trouble: [stack_trouble($functions), slept_trouble], held, holder, stack}] as $findings
| ($findings | group_by([.method, .tag]) | map({key: "\(.[0].method) \(.[0].tag)", value: .}) | from_entries) as $by_case
| [$c.cases | to_entries[] | .key as $n | .value
   | . as $case
   | .outcome = $outcomes[$n]
   | .ran = (($outcomes[$n] // "" | sub(" function=.*"; "")) == "\(.method) calls=\(.count) error=0")
   | .found = ($by_case["\($case.method) \($case.tag)"] // [])
   | .trouble = ([.found[] | .trouble[], caller_trouble($case), held_trouble($case)] | unique)] as $ran
# A known drift is told by one sample for all calls that look the same: only their sum is known.
| ([$ran[].expect[] | select(.verdict == "drift")] | summed) as $drift_expected
| ([$findings[] | select(.verdict == "drift" and .tag != null)] | summed) as $drift_got
| [$ran[]
   | (.found | map(select(.verdict == "violation")) | summed) as $violations
   | .got = ($violations + [.expect[] | select(.verdict == "drift") | . as $e
       | select(($drift_expected | map(select(.rule == $e.rule and .seen == $e.seen)))
         == ($drift_got | map(select(.rule == $e.rule and .seen == $e.seen))))])
   | .expect |= map({rule, verdict, seen, count})
   | .exact = (.ran and .trouble == [] and ((.got | sort) == (.expect | sort)))] as $judged
| [$judged[] | . as $case | .covers[] | .id as $id
   | one($case.expect | map(select(.rule == $id))) as $e | one($case.got | map(select(.rule == $id))) as $g
   | {id, state, wrong, kernel: $c.kernel, mode: $c.mode, command: $case.command, expected: $e, got: $g,
      verdict: (if $case.exact and .wrong and $e.verdict != "none" then "caught"
        elif $case.exact and .wrong then "not_told"
        elif $case.exact then "kept"
        elif $case.ran and $e.verdict != "none" and $g.verdict == "none" then "missed"
        else "wrong" end)}] as $results
| ($report.methods | map(.rules[]) | map({key: .id, value: .}) | from_entries) as $report_rules
| ($judged | map({key: "\(.method) \(.tag)", value: true}) | from_entries) as $known
# By kprobe, without its return, a method that must unlock its folio is followed from the entry on, and not in each call.
| [$report.methods[] | select([.functions[] | select(.state == "attached")] | length > 0 and all(.[]; .via == "kprobe" and .programs == 1))
   | .rules[] | select(.phase == "after").id] as $sampled
| ([$ran[].observed[] | select(.verdict == "outside")] | group_by(.rule) | map({rule: .[0].rule, count: (map(.count) | add)})) as $told_outside
| [ ($c.problems[]),
    (select(($outcomes | length) != ($c.cases | length)) | "\($c.cases | length) commands, \($outcomes | length) outcomes"),
    ($judged[] | select(.ran | not) | "\(.command): \(.outcome)"),
    ($judged[] | select(.ran and (.exact | not))
      | "\(.command): expected \(.expect | sort | tojson), got \(.got | sort | tojson)\(if .trouble == [] then "" else ", \(.trouble | join(", "))" end)"),
    ($findings[] | select($known["\(.method) \(.tag)"] | not) | "of no command: \({rule, verdict, seen, count, tag} | tojson)"),
    ($drift_got[] | . as $d | select(all($drift_expected[]; . != $d)) | "drift that is not expected so: \($d | tojson)"),
    # All calls that were made must have been seen as what they were; the kernel itself makes right ones, too.
    (select(all($ran[]; .ran)) | [$ran[].observed[]] | group_by([.rule, .seen])[] | {rule: .[0].rule, seen: .[0].seen, broken: (.[0].verdict != "none"), count: (map(.count) | add)}
      | . as $o | select($sampled | index([$o.rule]) | not) | ($report_rules[.rule].observed[.seen] // 0) as $n
      | select($n < .count or (.broken and $n > .count + besides($report_rules[$o.rule]; $told_outside; $functions))) | "observed: \(.rule) \(.seen): \(.count) calls, \($n) seen"),
    ([$ran[].observed[].rule | select(. as $r | $sampled | index([$r]))] | unique[]
      | select(($report_rules[.].observed.followed // 0) == 0) | "observed: \(.): no call was followed"),
    ($told_outside[] | select($report_rules[.rule].outside < .count or ($functions == {} and $report_rules[.rule].outside > .count)) | "outside: \(.rule): \(.count) calls, told of \($report_rules[.rule].outside)"),
    ($report.methods[].rules[] | select(.undecided > 0) | "undecided: \(.id): \(.undecided)"),
    ($report.lost | to_entries[] | select(.value > 0) | "lost: \(.key) \(.value)"),
    ([$c.cases[].method] | unique[] | . as $m | select($methods | split("\n") | any(startswith("\($m) ")) | not) | "faultfs has no method \($m)")
  ] as $troubles
| {kernel: $report.kernel, version: $c.kernel, mode: $c.mode, results: $results, unmutated: $c.unmutated, troubles: $troubles}
