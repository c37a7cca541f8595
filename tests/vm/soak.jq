# jq -n -f soak.jq --arg kernel K --arg key KEY --argjson asked CALLS PART.json...: all parts together, build/soak.json.
#
# A part: {part, audits: [as soak-audit.jq makes them], complaints: [of the kernel], broken: [what ended a part too early]}

def sum: add // 0;
def lost_sum: map(.lost) | map(to_entries[]) | group_by(.key) | map({key: .[0].key, value: (map(.value) | sum)}) | from_entries;
# Audits, or rows, to one row.
def row: {audits: length, calls: (map(.calls) | sum), rules_exercised: ([.[].rules[] | select(.calls > 0).id] | unique | length),
  judged: ([.[].rules[].calls] | sum), kept: ([.[].rules[].kept] | sum), drift: ([.[].rules[].drift] | sum),
  violations: ([.[].rules[].violations] | sum), undecided: ([.[].rules[].undecided] | sum), direct: ([.[].rules[].direct] | sum),
  outside: ([.[].rules[].outside] | sum), lost: lost_sum, missed: (map(.missed) | sum)};

[inputs] as $parts
| [$parts[].audits[]] as $audits
| {version: 1, kernel: $kernel, release: ($audits[0].release // null), key: $key, asked: $asked, parts: ($parts | length),
   seconds: ($audits | map(.seconds) | sum),
   sum: ($audits | row),
   modes: ($audits | group_by(.mode) | map({key: .[0].mode, value: row}) | from_entries),
   # Functions that several filesystems have are told apart by the mounts of their audit only.
   calls_by_filesystem: ([$audits[].by_filesystem | to_entries[]] | group_by(.key) | map({key: .[0].key, value: (map(.value) | sum)}) | from_entries),
   table: ($audits | group_by([.filesystems, .load]) | map({filesystems: .[0].filesystems, load: .[0].load, modes: (map(.mode) | unique)} + row)),
   drift: ([$audits[].drift[]] | group_by([.rule, .because]) | map({rule: .[0].rule, because: .[0].because, functions: (map(.function) | unique), count: (map(.count) | sum)})),
   undecided: ([$audits[] | . as $a | .rules[] | select(.undecided > 0) | {part: $a.part, load: $a.load, filesystems: $a.filesystems, id, undecided}]),
   violations: [$audits[] | {part, load, mode, filesystems} as $where | .violations[] | $where + .],
   memory: {max_kib: ([$audits[].memory.max_kib] | max), growth_kib: ([$audits[].memory | select(.settled_seconds >= 30) | .second_half_kib - .first_half_kib] | max),
     map_bytes: ([$audits[].map_bytes] | max)},
   pages: ($audits | map(.pages | to_entries[]) | group_by(.key) | map({key: .[0].key, value: (map(.value) | sum)}) | from_entries),
   folios: {unlocked_later: ($audits | map(.folios.unlocked_later) | sum), not_yet: ($audits | map(.folios.not_yet) | sum)},
   complaints: [$parts[] | .part as $part | .complaints[] | {part: $part, line: .}],
   broken: [$parts[] | .part as $part | .broken[] | {part: $part, line: .}],
   skipped: ([$audits[].skipped[]] | unique),
   audits: $audits}
