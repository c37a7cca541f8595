# jq -n -f bench.jq with what run-bench has collected: build/bench.json.

def of($name): map(select(.name == $name)) | first;
def per_call($result): ($result[0].typical - ($base | of("open-close")).typical) / 2 | round;
def quotient($tracking; $klockstat): if $klockstat < 100 then null else 100 * $tracking / $klockstat | round / 100 end;

# What is added to an iteration of a workload by tracking is more than to one that is audited without, if its lock is.
def locks: $lock_floor[] | .name as $name
  | {name: $name, what: .help, pairs: .pairs, alone: .alone, floor: (.floor - .alone),
     audited: ($audited | of($name)).typical, tracked: ($tracked | of($name)).typical,
     klockstat: (($klockstat | of($name)).typical - ($base | of($name)).typical)}
  | .tracking = .tracked - (if $name | startswith("reject") then .alone else .audited end);

# The mutex is what is left of record-three when two of record-write are taken away.
def mutex($three; $write): {name: "record-mutex", what: "record-three without its two i_rwsem, as record-write has one", pairs: 1}
  + ([ "floor", "tracking", "klockstat" ] | map({(.): ($three[.] - 2 * $write[.])}) | add);

def shown: .pairs as $pairs
  | {name, what, pairs} + ({floor, tracking, klockstat} | map_values(. / $pairs | round))
  | .beyond = .tracking - .floor;

[locks] as $locks
| {
  kernel: ($kernel | rtrimstr("\n")),
  lockdep_kernel: ($lockdep_kernel | rtrimstr("\n") | if . == "" then null else . end),
  floor_entry: ($floor[0].floor_entry | round),
  floor_pair: ($floor[0].floor_pair | round),
  entry: per_call($entry),
  pair: per_call($pair),
  workloads: [$base[] | select(.name as $name | $lock_floor | of($name) | not)
    | {name, base: (.typical | round)}
      + (.name as $name | {audited: $audited, tracked: $tracked, klockstat: $klockstat, lockdep: $lockdep}
        | map_values(of($name) | if . then .typical | round else null end))
    | .quotient = quotient(.tracked - .audited; .klockstat - .base)],
  locks: {
    rejected: [$locks[] | select(.name | startswith("reject")) | shown],
    recorded: [($locks[] | select(.name | startswith("record")) | shown),
                (mutex($locks | of("record-three"); $locks | of("record-write")) | shown)]
  }
}
