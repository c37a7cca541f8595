# jq -f report-schema.jq REPORT.json: prints what is missing or of a wrong type, and nothing if the document is as described.
def is($types): type as $t | any($types | split("|")[]; . == $t);
def fields($where; $f):
  . as $o | $f | to_entries[] | .key as $k | .value as $types
  | if ($o | has($k) | not) then "\($where): no \($k)"
    elif ($o[$k] | is($types) | not) then "\($where): \($k) is \($o[$k] | type), not \($types)"
    else empty end;

def latency: select(.latency != null) | .latency
  | fields("latency"; {count: "number", p50_ns: "number|null", p90_ns: "number|null", p99_ns: "number|null", max_ns: "number|null"});
def rule: fields("rule \(.id)"; {id: "string", lock: "string", subject: "string|null", documented: "string", where: "string",
    condition: "string|null", expected: "string", phase: "string", status: "string", observed: "object", verdict: "string|null",
    evidence: "string|null", count: "number", violations: "number", drift: "number", direct: "number", outside: "number",
    undecided: "number", suppressed: "number", reason: "string|null"}),
  (select(.observed | [.[]] | all(type == "number") | not) | "rule \(.id): observed is not all numbers"),
  (select(.verdict != null and (.verdict | IN("ok", "violation", "drift", "unverifiable", "not_exercised") | not)) | "rule \(.id): verdict \(.verdict)"),
  (select(.verdict == "unverifiable" and .reason == null) | "rule \(.id): unverifiable without a reason"),
  (select(.verdict == "ok" and (.evidence | IN("proof", "likely") | not)) | "rule \(.id): ok without evidence");
def method: fields("method \(.method)"; {ops: "string", method: "string", functions: "array", calls: "number", latency: "object|null",
    unlock: "object|null", still_locked: "number", rules: "array"}),
  latency, ({latency: .unlock} | latency), (.rules[] | rule),
  (.functions[] | fields("function \(.function)"; {function: "string", module: "string|null", found_on: "string", filesystems: "string", via: "string|null", typed: "boolean", state: "string",
    reason: "string|null", programs: "number", calls: "number", latency: "object|null"}),
    (select(.state == "refused" and .reason == null) | "function \(.function): refused without a reason"), latency);
def held($where): .[]? | fields($where; {class: "string", mode: "string", age_ns: "number", place: "string|null", contended: "boolean"}),
  (select(.mode | IN("shared", "exclusive") | not) | "\($where): mode \(.mode)");
def finding: fields("finding \(.rule)"; {rule: "string", ops: "string", method: "string", function: "string", module: "string|null",
    mount: "string|null", documented: "string", where: "string", condition: "string|null", lock: "string", expected: "string", observed: "string", lock_word: "string",
    evidence: "string", because: "string|null", count: "number", task: "object", first_seen_ns: "number", last_seen_ns: "number",
    first_seen_seconds: "number", last_seen_seconds: "number", stack: "array",
    slept_at: "array|null", held: "array|null", held_at: "string|null", holder: "object|null"}),
  (select((.observed == "slept") != (.slept_at != null)) | "finding \(.rule): slept_at does not go with what was observed"),
  (.rule as $rule | .held | held("held of \($rule)")),
  (.holder | select(. != null) | fields("holder"; {pid: "number", tgid: "number", comm: "string", held: "array|null"}), (.held | held("held by the holder"))),
  (.task | fields("task"; {pid: "number", tgid: "number", comm: "string", cpu: "number"})),
  (select(.stack | length == 0) | "finding \(.rule): empty stack");

def site: fields("site \(.place)"; {place: "string|null", mode: "string", taken: "number", contended: "number", wait_ns: "number", wait_max_ns: "number",
  hold_ns: "number", hold_max_ns: "number"});
def lock_class: fields("class \(.class)"; {class: "string", taken: "number|null", contended: "number", wait: "object", hold: "object|null", sites: "array"}),
  ({latency: .wait}, {latency: .hold} | latency), (.sites[] | site),
  (select(.taken != null and .hold.count != .taken) | "class \(.class): holds are not as many as takes"),
  (select(.contended != .wait.count) | "class \(.class): waits are not as many as contended");
def locks: fields("locks"; {mode: "string"}),
  (select(.mode == "track") | fields("locks"; {source: "string", classes: "array", held_at_end: "number", missed_events: "number", not_known: "object", hooks: "array"}),
    (.not_known | fields("not_known"; {slots_full: "number", too_deep: "number", mms_full: "number", readers_full: "number", unseen: "number", handed_over: "number",
      stale: "number", exited: "number", sites_full: "number"})),
    (.hooks[] | fields("hook"; {on: "string", program: "string", reason: "string|null"})),
    (.classes[] | lock_class)),
  (select(.mode | IN("track", "word") | not) | "locks: mode \(.mode)");

fields("report"; {version: "number", kernel: "string", spec: "string|null", mounts: "array", started: "string", started_monotonic_ns: "number",
  duration_seconds: "number", calls: "number", methods: "array", violations: "array", drift: "array", suppressed: "array", coverage: "object",
  locks: "object", lost: "object", cost: "object"}),
(.locks | locks),
(select(.version != 1) | "report: version \(.version)"),
(.mounts[] | fields("mount"; {path: "string", type: "string", source: "string", id: "string", unmounted: "boolean"})),
(.methods[] | method),
(.violations[], .drift[] | finding),
(.coverage | fields("coverage"; {rules: "number", checked: "number", exercised: "number", not_exercised: "number", unverifiable: "number",
  not_attached: "number", methods_exercised: "number", functions: "number", functions_attached: "number", functions_entry_only: "number", functions_by_kprobe: "number", functions_refused: "number",
  functions_undocumented: "number", learnt: "array", undocumented: "array", without_probe: "array"}),
  (select(.rules != .checked + .unverifiable + .not_attached) | "coverage: rules do not add up"),
  (select(.checked != .exercised + .not_exercised) | "coverage: checked do not add up")),
(.lost | fields("lost"; {signatures_full: "number", stacks_full: "number", ring_full: "number", frames_full: "number",
  unmatched: "number", tables_full: "number", no_stack: "number", follow_full: "number", follow_span: "number", recursion: "number", unreturned: "number"})),
(.coverage.learnt[] | fields("learnt"; {mount: "string", ops: "string", found_on: "string", met_seconds: "number", attached_seconds: "number"})),
(.cost | fields("cost"; {programs: "number", attach_seconds: "number", cpu_seconds: "number", map_bytes: "number",
  sampled_seconds: "number", sampled_runs: "number", ns_per_run: "number|null", cpu_share: "number|null"})),
(select(.calls != ([.methods[].calls] | add)) | "report: calls is not the sum over methods")
