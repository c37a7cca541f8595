# jq -L DIRECTORY -n -f matrix.jq --argjson kernels [..] --argjson filesystems [..] --slurpfile cells C --slurpfile specs S
#   --rawfile reasons matrix-reasons --rawfile findings findings.md: the whole matrix, one document.

include "known";

($reasons | parse_reasons) as $reasons
| ($findings | parse_findings) as $findings
| def reason_for($id; $kernel): first($reasons[] | . as $r | select((.kernels | has_word($kernel)) and ($id | test($r.pattern | as_regex))).reason) // null;
  def known: . as $v | first($findings[] | . as $f | select(($v.rule | test($f.rule | as_regex)) and ($v.function | test($f.function | as_regex))
      and (.kernels | has_word($v.kernel)) and (.filesystems | has_word($v.filesystem))).what) // null;
  # What the reports of a kernel say that it does not let be decided. Of the rules of methods that no filesystem has, no report
  # speaks: where preempt_count cannot be read, they are all undecidable that ask whether the caller can sleep.
  def undecidable($kernel): [$cells[] | select(.kernel == $kernel).rules[]? | select(.status == "unverifiable")] as $told
    | (any($told[]; .reason | test("preempt_count"))) as $blind
    | [$told[].id] + [$specs[] | select($blind and .kernel == $kernel).rules[] | select(.mode == "yes").id] | unique;
  def promised($kernel): [$specs[] | select(.kernel == $kernel).rules[] | select(.status == "check" or .status == "drift").id];
  def checkable($kernel): promised($kernel) - undecidable($kernel);
  def exercised($kernel): [$cells[] | select(.kernel == $kernel).rules[]? | select(.verdict | IN("ok", "drift", "violation")).id] | unique;

{version: 1, kernels: $kernels, filesystems: $filesystems,
  cells: [$cells[] | . as $c
    | if .violations then .violations |= map({kernel: $c.kernel, filesystem: $c.filesystem} + . | .known = known) else . end
    | if .lost then .lost_reasons = (.lost | with_entries(select(.value > 0) | .value = reason_for("lost." + .key; $c.kernel))) else . end],
  rules_by_kernel: [$kernels[] as $kernel | checkable($kernel) as $all | exercised($kernel) as $done
    | {kernel: $kernel, promised: (promised($kernel) | length), checkable: ($all | length), exercised: (($all - ($all - $done)) | length),
       not_exercised: [($all - $done)[] | {id: ., reason: reason_for(.; $kernel)}],
       stale_reasons: [$reasons[] | . as $r | select((.kernels | has_word($kernel)) and (.pattern | startswith("lost.") | not))
         | {pattern, exercised: [$all[] | select(IN($done[]) and test($r.pattern | as_regex))]} | select(.exercised | length > 0)]}]}
