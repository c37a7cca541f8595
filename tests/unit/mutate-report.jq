# jq -f mutate-report.jq CASES.json: the report that vfslock must make of these mutations, as far as compare.jq looks at it.

def shorts: {
  address_space_operations: "aops", block_device_operations: "bdev", buffer_head: "bh", dentry_operations: "dentry",
  dquot_operations: "dquot", file_lock_operations: "fl", file_operations: "file", file_system_type: "fstype",
  inode_operations: "inode", lock_manager_operations: "lm", super_operations: "super", vm_operations_struct: "vm",
  xattr_handler: "xattr"};
def two: if . < 10 then "0\(.)" else "\(.)" end;

def finding($c): . as $e | ($c.method | split(".")) as $m | shorts[$m[0]] as $s
  | {rule, verdict, ops: $m[0], method: $m[1], function: "faultfs_\($s)_\($m[1])", observed: .seen, evidence: "proof", count,
     stack: ["faultfs_\($s)_\($m[1])+0x5/0x10 [faultfs]", "call_\($s)_\($m[1])+0x7/0x20 [faultfs]", "faultfs_tag_\($c.tag | two)+0x9/0x30 [faultfs]"],
     slept_at: (if .seen == "slept" then ["__schedule+0x1/0x2", "schedule+0x3/0x4", "faultfs_\($s)_\($m[1])+0x5/0x10 [faultfs]"] else null end),
     held: $c.held.held, holder: (if .seen | IN("exclusive_other", "shared_by_others") then {comm: "lock-holder", held: [$c.held.holder // empty]} else null end)};

[.cases[] | . as $c | .expect[] | finding($c)] as $all
| {kernel: "\(.kernel).0",
   violations: [$all[] | select(.verdict == "violation")],
   # One sample stands for all.
   drift: [$all | map(select(.verdict == "drift")) | group_by([.rule, .observed])[] | .[0] + {count: (map(.count) | add)}],
   methods: [[.cases[].observed[]] | group_by(.rule)[] | {functions: [{state: "attached", via: "trampoline", programs: 2}],
     rules: [{id: .[0].rule, undecided: 0, outside: (map(select(.verdict == "outside").count) | add // 0),
     observed: (group_by(.seen) | map({key: .[0].seen, value: (map(.count) | add)}) | from_entries)}]}],
   lost: {stacks_full: 0, recursion: 0}}
