# jq -f mutate.jq --arg kernel 6.1 --arg mode track --arg length full --rawfile variants variants --rawfile unmutated unmutated SPEC.json
#
# The mutations: of every rule that promises something and can be checked, each state of its lock, right and wrong, as a
# command for faultfs and what vfslock must find. SPEC.json is what `vfslock spec show --kernel V --json` prints. What is
# expected comes from the small model below, of which states keep which rule, and never from vfslock's judge.
#
#   mode     track, word, or kprobe (by words, too)
#   length   full: all states; short: one wrong state and the right one of each rule
#
# Output: {kernel, mode, problems, prelude, cases, unmutated}. A problem is a rule that nothing here knows how to break.
# The prelude: commands that have to come first. A case: method, tag, count, command; covers: the rules and states that it is about; expect: the findings, all of them;
# observed: what must be seen, of every rule of the method; held: the locks that findings must name (null: none).

def lines: split("\n") | map(sub("#.*"; "") | sub("[ \t]+$"; "") | select(length > 0));
def words: [splits("[ \t]+")] | map(select(length > 0));
def glob($pattern): test("^" + ($pattern | gsub("[.]"; "[.]") | gsub("[*]"; ".*")) + "$");

# --- The two tables -------------------------------------------------------------------------------------------------

# What the lines are is said there.
def variant_lines: $variants | lines | map(words | {subject: .[0], verb: .[1], variants: .[2:]});

# RULE-PATTERN STATE,... KERNEL,... REASON
def unmutated_lines: $unmutated | lines
  | map(capture("^(?<rule>[^ ]+) +(?<states>[^ ]+) +(?<kernels>[^ ]+) +(?<reason>.*)$")
    | .states |= split(",") | .kernels |= split(","));

# --- Locks and states -----------------------------------------------------------------------------------------------

# owned: the word names who holds it exclusively. bare: the word says that it is held. sleeps: who holds it may sleep.
def kinds: {
  i_rwsem: "rwsem", invalidate_lock: "rwsem", s_umount: "rwsem", mmap_lock: "rwsem", namespace_sem: "rwsem", dqio_sem: "rwsem",
  s_vfs_rename_mutex: "mutex", f_pos_lock: "mutex", open_mutex: "mutex", bd_mutex: "mutex",
  i_lock: "spin", d_lock: "spin", flc_lock: "spin", blocked_lock_lock: "spin", swap_lock: "spin", rename_lock: "spin",
  folio_lock: "bit", buffer_lock: "bit", may_block: "context"};

def interrupt: IN("hardirq", "softirq");
def place: "\(.lock).\(.subject)";
def held($mode): {mode: $mode, who: "self"};
def by($mode; $who): {mode: $mode, who: $who};

# A state: what it changes in a call that is right otherwise.
def right($name; $set): {state: $name, wrong: false, set: $set};
def wrong($name; $set): {state: $name, wrong: true, set: $set};
def lock($p; $held): {locks: {($p): $held}};

def states: (place) as $p | kinds[.lock] as $kind
  | if .mode == "yes" then
      right("task"; {}), (["preempt_off", "bh_off", "spin", "hardirq", "softirq"][] | wrong(.; {context: .}))
    elif .mode == "no" then
      wrong("sleep"; {body: "sleep"}), wrong("nested"; {body: "nested"}), right("nothing"; {}), right("preempted"; {body: "preempt"})
    elif .phase == "after" then
      wrong("never"; {after: {($p): "never"}}), right("now"; {after: {($p): "now"}}), right("later"; {after: {($p): "later"}})
    elif .phase == "exit" and .mode == "held" then
      wrong("unlocked"; {exit: {($p): "none"}}), right("held"; {exit: {($p): "held"}})
    elif .phase == "exit" and .mode == "exclusive" then
      wrong("unlocked"; {exit: {($p): "none"}}), wrong("shared"; {exit: {($p): "shared"}}), right("exclusive"; {exit: {($p): "exclusive"}})
    elif .phase != "entry" then
      empty
    elif .mode == "held" then
      wrong("missing"; lock($p; null)), wrong("neighbour"; lock($p; by("held"; "neighbour"))),
      wrong("other"; lock($p; by("held"; "other"))), right("held"; lock($p; held("held")))
    elif .mode == "exclusive" and $kind == "rwsem" then
      wrong("missing"; lock($p; null)), wrong("shared"; lock($p; held("shared"))),
      wrong("other-exclusive"; lock($p; by("exclusive"; "other"))), wrong("other-shared"; lock($p; by("shared"; "other"))),
      wrong("neighbour"; lock($p; by("exclusive"; "neighbour"))), right("exclusive"; lock($p; held("exclusive")))
    elif .mode == "exclusive" and $kind == "mutex" then
      wrong("missing"; lock($p; null)), wrong("other-exclusive"; lock($p; by("exclusive"; "other"))),
      wrong("neighbour"; lock($p; by("exclusive"; "neighbour"))), right("exclusive"; lock($p; held("exclusive")))
    elif .mode == "shared" and $kind == "rwsem" then
      wrong("missing"; lock($p; null)), wrong("other-exclusive"; lock($p; by("exclusive"; "other"))),
      wrong("other-shared"; lock($p; by("shared"; "other"))), wrong("neighbour"; lock($p; by("shared"; "neighbour"))),
      right("shared"; lock($p; held("shared"))), right("exclusive"; lock($p; held("exclusive")))
    else empty end;

# --- The model: what is to be seen of a rule in a call, and whether that keeps it -------------------------------------

# The table of held locks is asked about rwsems of which some rule of the method promises a shared hold.
def in_table: IN("i_rwsem", "invalidate_lock", "s_umount", "mmap_lock", "namespace_sem", "dqio_sem");
def asked($rules): (place) as $p | $mode == "track" and any($rules[]; place == $p and .phase == "entry" and .mode == "shared");

def seen_shared($who; $rules):
  if asked($rules) and (.lock | in_table) then if $who == "self" then "shared_by_self" else "shared_by_others" end
  elif asked($rules) or $who != "self" then "shared"
  else "shared_last_by_self" end;

def seen($call; $rules): . as $r | (place) as $p | kinds[.lock] as $kind
  | if any(.left_out[]; .states == ["~*"]) then
      null # Nobody can tell.
    elif .mode == "yes" then
      if $call.context != "task" or any($call.locks | to_entries[] | select(.value.who == "self").key | split(".")[0]; kinds[.] == "spin")
      then "atomic" else "can_sleep" end
    elif .mode == "no" then
      if $call.context | interrupt then null elif $call.body | IN("sleep", "nested") then "slept" else "no_sleep" end
    elif .phase == "after" then
      if $call.after[$p] == "never" then "not_unlocked"
      elif $call.after[$p] == "later" then "followed"
      elif $call.after[$p] == "now" or $call.exit[$p] == "none" then "free"
      # What the method locks is left to its caller; what came locked by it is unlocked, but not by others' holds.
      elif any($rules[]; place == $p and .phase == "exit") or $call.locks[$p].who == "other" then "followed"
      else "free" end
    elif .phase == "exit" then
      # What comes locked goes on as it came.
      ($call.exit[$p] // (if any($rules[]; place == $p and .phase == "entry") then ($call.locks[$p] | if . == null or .who == "neighbour" then "none" else .mode end)
        else .mode end)) | if . == "none" then "free" elif . == "shared" then "shared_last_by_self" else . end
    else $call.locks[$p] as $held
      | if $held == null or $held.who == "neighbour" then "free"
        elif $held.mode == "held" then "held"
        elif $held.mode == "shared" then seen_shared($held.who; $rules)
        elif $held.who == "other" then "exclusive_other"
        else "exclusive" end
    end;

def keeps($seen): $seen == null or
  if .phase == "after" then $seen != "not_unlocked"
  elif .mode == "exclusive" then $seen == "exclusive"
  elif .mode == "shared" then $seen | IN("exclusive", "shared", "shared_by_self", "shared_last_by_self")
  elif .mode == "held" then $seen != "free"
  elif .mode == "yes" then $seen == "can_sleep"
  elif .mode == "no" then $seen == "no_sleep"
  else error("no model of mode \(.mode): \(.id)") end;

# --- Which rules there are in a variant of a method -------------------------------------------------------------------

def has_promise: .mode | IN("any", "none", "maybe") | not;
def is_checkable: has_promise and (.status | IN("check", "drift"));

# Rules with what the tables say of them: the lines about them, and in which variants they apply, or drift (null: in all;
# []: in none).
def with_variants($table; $left_out):
  . as $r | "\(.ops).\(.method)" as $method
  | ($table | map(select(.subject == $r.id or .subject == $method))) as $lines
  | ($lines | map(select(.verb == "applies").variants[])) as $applies
  | ($lines | map(select(.verb == "drifts").variants[])) as $drifts
  | . + {
      lines: $lines,
      left_out: ($left_out | map(select(.rule as $p | $r.id | glob($p)))),
      outside: ($lines | map(select(.verb == "outside").variants[])),
      applies: (if .condition == null and $applies == [] then null else $applies end),
      drifts_in: (if any(.drifts[]; .condition == null and .via == null) then null else $drifts end)};

def applies_in($v): .applies == null or (.applies | index([$v]) != null);
def drifts_in($v): .drifts_in == null or (.drifts_in | index([$v]) != null);

# The one in which the rule is taken apart: the method's, or the first in which it applies and does not drift.
def base: . as $r
  | ([.lines[] | select(.verb == "base").variants[]] | .[0]) // "plain"
  | if . as $v | $r | applies_in($v) then . else $r.applies[0] end;

def stronger($a; $b): if $a == "exclusive" or $b == "exclusive" then "exclusive" else $b end;

# A call in which everything is right; @rules: all of the method.
def right_call($rules; $v):
  {variant: $v, context: "task", body: "nothing", exit: {}, after: {},
   locks: (reduce ($rules[] | select(applies_in($v))) as $r ({};
     ($r | place) as $p
     | if $r.lock == "may_block" then .
       elif $r.phase == "entry" then .[$p] = held(stronger(.[$p].mode; $r.mode))
       elif $r.phase == "after" and all($rules[]; place != $p or .phase != "exit") then .[$p] = (.[$p] // held("held"))
       else . end))};

def changed($set): . as $call
  | . + ($set | del(.locks))
  | reduce ($set.locks // {} | to_entries[]) as $e (.; if $e.value == null then del(.locks[$e.key]) else .locks[$e.key] = $e.value end);

# --- The calls of a rule ----------------------------------------------------------------------------------------------

def mutations($rules): . as $r
  | base as $base
  | right_call($rules; $base) as $call
  | [states | . as $s | . + {call: ($call | changed($s.set)), id: $r.id}] as $all
  | ($all | map(.call.variant = $base)[]),
    # Where the rule does not hold, and where breaking it is known of the kernel.
    ([$all[] | select(.wrong)][0] | select(. != null) | . as $first
     | ($r.lines | map(select(.subject == $r.id and (.verb | IN("applies", "drifts", "spared", "outside")))) | [.[].variants[]] | unique - [$base])[] as $v
     | {id: $r.id, state: "\($first.state)@\($v)", wrong: ($r | applies_in($v)), set: $first.set,
        call: (right_call($rules; $v) | changed($first.set))});

# The line by which the state of a rule is left out, if there is one.
def left_out($rule): .state as $state
  | first(($rule.left_out[] | select(.states | any(IN("*", "~*", $state, "~" + $state, ($state | sub("@.*"; "")))))), null);
# Tried all the same: it cannot be told, and nothing must be.
def is_tried($state): any(.states[]; IN("~*", "~" + $state));
def is_left_out: any(.left_out[]; .states | index(["*"]) != null);

# --- A command --------------------------------------------------------------------------------------------------------

def lock_words: to_entries | sort_by(.key)[] | "\(.key)=\(.value.mode)\(if .value.who == "self" then "" else ":\(.value.who)" end)";
def call_words:
  (select(.variant != "plain") | "variant=\(.variant)"), (.locks | lock_words),
  (select(.context != "task") | "context=\(.context)"), (select(.body != "nothing") | "body=\(.body)"),
  (.exit | to_entries[] | "\(.key).exit=\(.value)"), (.after | to_entries[] | "\(.key).after=\(.value)");

# By kprobe, a stack is taken at the entry unless calls with such an entry were good: what breaks a rule at the return comes
# before all that does not.
def is_wrong: any(.covers[]; .wrong);
def is_never: any(.call.after[]; . == "never");
def rank: if .call.exit | length > 0 then 0 elif is_never then 1 elif .call.body != "nothing" then 2 else 3 end
  + if is_wrong or is_never then 0 else 4 end;
# Of all methods: what is never unlocked has to be so for some time. Before it comes what is unlocked at once, so that the
# judge knows such an entry to be good: a stack must be had all the same.
def is_now: any(.call.after[]; . == "now");
def first_of_all: if is_wrong and (.call.exit | length > 0) then 0 elif is_now and (is_wrong | not) then 1 elif is_never then 2 else 3 end;

def expected($rules): . as $case
  | [$rules[] | (.outside | index([$case.call.variant]) != null) as $outside | select($outside or applies_in($case.call.variant)) | . as $r | {rule: .id, seen: seen($case.call; $rules)} | select(.seen != null)
     | . + {count: $case.count, verdict: (if .seen as $s | $r | keeps($s) then "none" elif $outside then "outside"
         elif $r | drifts_in($case.call.variant) then "drift" else "violation" end)}];

# What a finding must name: the locks of the caller that are tracked, and who held the lock in its place. Those of the
# neighbours are perhaps of another filesystem.
def in_held: in_table or IN("s_vfs_rename_mutex", "open_mutex");
def holders($rules; $table): . as $case |
  [.call.locks | to_entries[] | {class: (.key | split(".")[0]), mode: .value.mode, who: .value.who} | select(.class | in_held)]
  | {held: map(select(.who == "self") | {class, mode}),
     holder: (map(select(.who == "other") | {class, mode})[0]),
     # What a method leaves locked is held at its return, and what faultfs takes of its own accord.
     perhaps: (map(select(.who == "neighbour") | {class, mode})
       + [$rules[] | select(.phase == "exit" and (.lock | in_held)) | {class: .lock, mode: ($case.call.exit[place] // .mode)}]
       + [$table[] | select(.verb == "holds" and .subject == $case.method and (.variants[1:] | index([$case.call.variant]) != null))
          .variants[0] | split("=") | {class: .[0], mode: .[1]}])};

def cases($rules; $table): # of one method, from its mutations
  group_by([.call | call_words]) | map({call: .[0].call, covers: map({id, state, wrong})})
  | sort_by([rank, (.call | [call_words])]) | to_entries | map(.key as $tag | .value
    | .tag = $tag | .count = 3 + $tag | .method = "\($rules[0].ops).\($rules[0].method)"
    | .command = ([.method, "\(.count)", "tag=\(.tag)", (.call | call_words)] | join(" "))
    | .held = (if $mode == "track" and (.call.context | interrupt | not) then holders($rules; $table) else null end)
    | expected($rules) as $e
    | .observed = $e
    | .expect = ($e | map(select(.verdict | IN("violation", "drift")))));

# The wrong state of a short list is the first that can be told.
def short: [group_by(.id)[] | ([.[] | select(.wrong and .reason == null and (.state | test("@") | not))][0]), ([.[] | select(.wrong | not)][0]) | select(. != null)];

# --- All together -----------------------------------------------------------------------------------------------------

variant_lines as $table | (unmutated_lines | map(select(.kernels | any(IN("*", $kernel))))) as $left_out
| [.rules[] | select(is_checkable) | with_variants($table; $left_out)] as $rules
| ($rules | group_by([.ops, .method])) as $methods
| [$methods[] | . as $all | .[] | . as $r | select($r.applies != []) | mutations($all)
   | . + {ops: $r.ops, method: $r.method}
   | . as $m | left_out($r) as $line
   | . + {reason: $line.reason, tried: ($line == null or ($line | is_tried($m.state)))}] as $mutations
| ($mutations | group_by(.id) | map({key: .[0].id, value: .}) | from_entries) as $of
| [$rules[] | ($of[.id] // []) as $m
   | ([.drifts[].condition // empty]) as $drifts
   | if is_left_out then empty
     elif kinds[.lock] == null then "\(.id): nothing says what kind of lock \(.lock) is"
     elif .applies == [] then "\(.id): nothing says in which variants the condition holds: \(.condition)"
     elif .drifts_in != null and (.drifts_in | length) < ($drifts | length) then "\(.id): nothing says in which variants it drifts: \($drifts | join(", "))"
     elif $m == [] then "\(.id): no state is known for mode \(.mode), phase \(.phase)"
     elif all($m[]; .wrong | not) then "\(.id): no wrong state"
     else empty end] as $problems
| {kernel: $kernel, mode: $mode, length: $length, problems: $problems,
   prelude: [$methods[] | . as $all | .[0].lines[] | select(.verb == "learnt")
     | "\(.subject) 1 \([right_call($all; .variants[0]) | call_words] | join(" "))"],
   unmutated: ([$mutations[] | select(.reason != null) | {id, state, wrong, reason}]),
   cases: [$methods[] | . as $all | [.[].id as $id | $of[$id][]? | select(.tried)] | if $length == "short" then short else . end
     | select(. != []) | cases($all; $table)[]] | sort_by(first_of_all)}
