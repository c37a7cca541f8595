# jq -r -f soak-table.jq soak.json: the table, tab-separated, and the rest for people to read.

def lost: to_entries | map(select(.value > 0) | "\(.key) \(.value)") | if . == [] then "0" else join(", ") end;
def cells: [.calls, .rules_exercised, .judged, .kept, .drift, .violations, .undecided, (.lost | lost), .missed];
def line: map(tostring) | join("\t");

(["filesystem", "load", "audits", "calls", "rules", "judged", "kept", "drift", "violations", "undecided", "lost", "missed"] | line),
(.table[] | [(.filesystems | if length == 5 then "all five" else join(" ") end), .load, .audits] + cells | line),
(.modes | to_entries[] | ["--locks=\(.key)", "", .value.audits] + (.value | cells) | line),
(["sum", "", .sum.audits] + (.sum | cells) | line),
"",
"\(.release): \(.parts) guests, \(.audits | length) audits, \(.seconds | floor) s audited",
"calls by filesystem: \(.calls_by_filesystem | to_entries | sort_by(-.value) | map("\(.key) \(.value)") | join(", ")) (several: functions that more than one of an audit has)",
"calls that rules do not speak of: \(.sum.direct) by the filesystem itself, \(.sum.outside) where the rule is not meant",
"vfslock: at most \(.memory.max_kib) KiB of its own, \(.memory.map_bytes) bytes of tables; after the last table was attached it grew by at most \(.memory.growth_kib // "-") KiB",
"pages: \(.pages.reclaimed) reclaimed, \(.pages.written) written, \(.pages.swapped_out) swapped out, \(.pages.swapped_in) swapped in",
"folios still locked at a return: \(.folios.unlocked_later) unlocked later, \(.folios.not_yet) not yet when their audit ended",
(.drift[] | "drift: \(.rule), \(.count) calls of \(.functions | join(" ")): \(.because)"),
(.undecided[] | "undecided: part \(.part), \(.load): \(.id) \(.undecided)"),
(.skipped[] | "skipped: \(.)"),
(.violations[] | "violation\(if .known then " (known)" else "" end): part \(.part), \(.load) on \(.filesystems | join(" ")): \(.rule), \(.count) calls of \(.function): \(.observed); \(.stack[1:5] | join(" < "))")
