# jq -r -f matrix-md.jq matrix.json: the matrix for people to read.

def percent($part; $whole): if $whole == 0 then "-" else "\(1000 * $part / $whole | round / 10) %" end;
def cell: if . == null then "not run" elif .reason then .reason
  else "\(.coverage.exercised)/\(.coverage.checked), \(.violations | length) violations, \(.drift | length) drift" end;
def frames: [.stack[] | if type == "object" then (.symbol // .function // tostring) else tostring end | sub("\\+.*"; "")] | .[1:5] | join(" < ");
# The same function breaks the same rule in several cells: it is told once.
def findings: group_by([.rule, .function, .because]) | map(.[0] + {where: (map(.filesystem) | unique | join(", ")), sum: (map(.count) | add)})[]
  | "| `\(.rule)` | `\(.function)` | \(.where) | \(.sum) | \(.because // .known // "unexplained") | `\(frames)` |";
def finding_table($title): select(length > 0) | "\n\($title)\n\n| rule | function | filesystem | calls | why | called by |\n|---|---|---|---|---|---|", findings;

. as $m
| "# Conformance matrix\n",
  "Each cell: rules exercised / rules that can be checked of the methods of this filesystem on this kernel, violations, drift.\n",
  "| filesystem | \($m.kernels | join(" | ")) |", "|---|\($m.kernels | map("---|") | add)",
  ($m.filesystems[] as $f | "| \($f) | \([$m.kernels[] as $k | first(($m.cells[] | select(.kernel == $k and .filesystem == $f)), null) | cell] | join(" | ")) |"),
  ($m.rules_by_kernel[] | . as $r | [$m.cells[] | select(.kernel == $r.kernel)] as $cells
  | "\n## \(.kernel) (\([$cells[].release // empty] | unique | join(", ")))\n",
    "\(.exercised) of \(.checkable) rules that can be checked were exercised (\(percent(.exercised; .checkable))), in \([$cells[].calls // 0] | add) calls.",
    (select(.promised > .checkable) | "\(.promised - .checkable) more promise something that this kernel does not let be decided."),
    ([$cells[] | .filesystem as $f | .violations[]? | . + {filesystem: $f}] | finding_table("### Violations")),
    ([$cells[] | .filesystem as $f | .drift[]? | . + {filesystem: $f}] | finding_table("### Drift")),
    (.not_exercised | select(length > 0) | "\n### Not exercised\n\n| rule | why |\n|---|---|", (.[] | "| `\(.id)` | \(.reason // "unexplained") |")),
    ([$cells[].refused[]?] | unique_by([.function, .reason]) | select(length > 0)
      | "\n### Functions that no program could be attached to\n\n| reason | functions |\n|---|---|",
        (group_by(.reason)[] | "| \(.[0].reason) | \(map("`\(.function)`") | unique | join(", ")) |")))
