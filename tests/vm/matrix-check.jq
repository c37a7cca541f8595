# jq -r -f matrix-check.jq --argjson whole BOOL matrix.json: what is wrong, a line each: "error: ..." or "warning: ...".
# Without all filesystems ($whole false) a rule that nothing exercised means nothing.

. as $m
| ($m.cells[] | "\(.kernel) \(.filesystem)" as $where
  | (select(.failed) | "error: \($where): \(.reason)"),
    (select((.reason // .calls) == null) | "error: \($where): empty without a reason"),
    (select((.work_status // 0) != 0) | "error: \($where): the workload ended with status \(.work_status): see its work.log"),
    (.malformed[]? | "error: \($where): its report is not as described: \(.)"),
    (.violations[]? | select(.known == null) | "error: \($where): violation of \(.rule) by \(.function) that tests/findings.md does not know"),
    (.lost // {} | to_entries[] | select(.value > 0) | .key as $k
      | select(($m.cells[] | select("\(.kernel) \(.filesystem)" == $where).lost_reasons[$k]) == null) | "error: \($where): lost: \(.key) \(.value)"),
    (select(.calls == 0) | "error: \($where): not one call was counted")),
  ($m.rules_by_kernel[] | .kernel as $k
  | (select($whole) | .not_exercised[] | select(.reason == null) | "error: \($k): nothing exercises \(.id), and tests/vm/matrix-reasons does not say why"),
    (.stale_reasons[] | "warning: \($k): the reason for \(.pattern) is stale: \(.exercised | join(", ")) was exercised"))
