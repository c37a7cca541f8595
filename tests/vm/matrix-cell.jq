# jq -f matrix-cell.jq --arg kernel K --arg filesystem F --arg release R --arg work STATUS
#   --arg malformed "LINES OF report-schema.jq" REPORT.json: one cell of the matrix.

# What a rule came to if several methods tables or mounts speak of it: the worst that was seen.
def worth: {"violation": 0, "drift": 1, "ok": 2, "not_exercised": 3, "unverifiable": 4}[.] // 5;

def finding: {rule, ops, method, function, "module": .module, observed, lock_word, expected, evidence, because, count,
  task: .task.comm, stack};

{kernel: $kernel, filesystem: $filesystem, release: $release, mounts: [.mounts[] | {path, type}], calls,
  seconds: .duration_seconds,
  coverage: (.coverage | del(.learnt, .undocumented, .without_probe)),
  without_probe: .coverage.without_probe,
  violations: [.violations[] | finding],
  drift: [.drift[] | finding],
  lost,
  work_status: ($work | tonumber),
  malformed: [$malformed | splits("\n") | select(. != "")],
  rules: ([.methods[] | .ops as $ops | .method as $method | .rules[] | select(.status != "other_kernel" and .verdict != null)
      | {id, ops: $ops, method: $method, calls: .count, status, verdict, evidence, reason}]
    | group_by(.id) | map(sort_by(.verdict | worth) as $all | $all[0] | .calls = ([$all[].calls] | add))),
  refused: ([.methods[] | .ops as $ops | .method as $method | .functions[] | select(.state == "refused")
      | {ops: $ops, method: $method, function, "module": .module, reason}] | unique)}
