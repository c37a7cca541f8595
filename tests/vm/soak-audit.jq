# jq -L DIRECTORY -f soak-audit.jq --arg kernel K --arg part N --arg what "LOADS MODE FILESYSTEM..." --arg status S --arg wrong TEXT
#   --arg skipped LINES --arg remounted LINES --arg memory LINES --arg before VMSTAT --arg after VMSTAT --arg malformed LINES
#   --rawfile findings findings.md --rawfile reasons matrix-reasons REPORT.json: one audit of the soak.

include "known";

def lines: [splits("\n") | select(. != "")];
def counts: [lines[] | split(" ") | {(.[0]): (.[1] | tonumber)}] | add;
def sum: add // 0;

($what | split(" ")) as $what
| $what[2:] as $filesystems
| ($findings | parse_findings) as $findings
| ($reasons | parse_reasons) as $reasons
| ($before | counts) as $before
| ($after | counts) as $after
| def paged($name): ($after | with_entries(select(.key | startswith($name))) | [.[]] | sum)
    - ($before | with_entries(select(.key | startswith($name))) | [.[]] | sum);
  # A breach is of one mount, or of several.
  def known: . as $v | ((.mount // "") | split("/") | last) as $fs
    | first($findings[] | . as $f | select(($v.rule | test($f.rule | as_regex)) and ($v.function | test($f.function | as_regex))
      and (.kernels | has_word($kernel)) and any(if $fs == null or $fs == "" then $filesystems[] else $fs end; . as $one | $f.filesystems | has_word($one))).what) // null;
  def lost_reason($kind): first($reasons[] | select((.kernels | has_word($kernel)) and (.pattern as $pattern | "lost." + $kind | test($pattern | as_regex))).reason) // null;
  # What vfslock took. Attaching takes memory: it is not to grow after the last table that was met has been attached.
  def taken: .duration_seconds as $duration
    | [$memory | lines[] | split(" ") | select(length == 2 and .[1] != "") | map(tonumber)] as $all
    | ($all[0][0] + .cost.attach_seconds) as $start
    | ([.coverage.learnt[].attached_seconds, 0] | max) as $last
    | [$all[] | select(.[0] >= $start + $last and .[0] <= $start + $duration)] as $settled
    | ($settled | length) as $n
    | {samples: ($all | length), max_kib: ([$all[][1]] | max),
       settled_seconds: (if $n > 0 then $settled[-1][0] - $settled[0][0] else 0 end),
       first_half_kib: ([$settled[:($n / 2 | ceil)][][1]] | max), second_half_kib: ([$settled[($n / 2 | ceil):][][1]] | max)};
{part: ($part | tonumber), load: $what[0], mode: $what[1], filesystems: $filesystems, release: .kernel,
  seconds: .duration_seconds, calls,
  by_filesystem: ([.methods[].functions[] | select(.calls > 0)
    | {key: (if .filesystems | test(",") then "several" else .filesystems end), value: .calls}]
    | group_by(.key) | map({key: .[0].key, value: (map(.value) | sum)}) | from_entries),
  rules: ([.methods[].rules[] | select(.status == "check" and .count + .undecided + .direct + .outside > 0)]
    | group_by(.id) | map({id: .[0].id, calls: (map(.count) | sum), kept: (map(.count - .violations - .drift) | sum), drift: (map(.drift) | sum),
      violations: (map(.violations) | sum), undecided: (map(.undecided) | sum), direct: (map(.direct) | sum), outside: (map(.outside) | sum)})),
  drift: [.drift[] | {rule, because, function, count}],
  violations: [.violations[] | {rule, function, mount, documented, condition, observed, lock_word, expected, count, task, stack, slept_at, held, holder} | .known = known],
  lost, lost_reasons: (.lost | with_entries(select(.value > 0) | .value = lost_reason(.key))),
  folios: {unlocked_later: ([.methods[].unlock.count // 0] | sum), not_yet: ([.methods[].still_locked] | sum)},
  missed: (.locks.missed_events // 0), not_known: (.locks.not_known // {}),
  unmounted: [.mounts[] | select(.unmounted).type],
  memory: taken, map_bytes: .cost.map_bytes, cpu_share: .cost.cpu_share,
  pages: {reclaimed: paged("pgsteal_"), written: paged("nr_written"), swapped_out: paged("pswpout"), swapped_in: paged("pswpin")},
  status: ($status | tonumber), wrong: ($wrong | lines), skipped: ($skipped | lines | unique), remounted: ($remounted | lines | unique),
  malformed: ($malformed | lines)}
