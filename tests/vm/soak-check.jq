# jq -r -f soak-check.jq --arg filesystems "EXT4 XFS..." soak.json: what is not as it should be, a line each.

# What vfslock may take, and what it may grow by when all tables that were met have been attached, half a minute or more ago.
def max_kib: 131072;
def max_growth_kib: 4096;

. as $s
| (.audits[] | "part \(.part), \(.load) on \(.filesystems | join(" ")), --locks=\(.mode)" as $where
  | (select(.status > 1) | "\($where): vfslock report ended with status \(.status)"),
    (.wrong[] | "\($where): load: \(.)"),
    (.malformed[] | "\($where): the report is not as described: \(.)"),
    (.violations[] | select(.known == null) | "\($where): violation of \(.rule) by \(.function), \(.count) calls: \(.observed)"),
    (select((.status == 1) != (.violations | length > 0)) | "\($where): exit status \(.status), but \(.violations | length) violations"),
    (.lost_reasons | to_entries[] | .key as $kind | select(.value == null) | "\($where): lost: \($kind), and tests/vm/matrix-reasons does not say why"),
    (select([.rules[].undecided] | add > 0) | select(.missed + ([.lost[]] | add) == 0) | "\($where): \([.rules[].undecided] | add) calls undecided, though nothing was missed"),
    (select(.calls == 0) | "\($where): no call was audited"),
    (.by_filesystem as $by | .filesystems[] | select(($by[.] // 0) == 0) | "\($where): no call of a function of \(.)"),
    (select(.memory.samples < 3) | "\($where): memory was not watched"),
    (.memory | select(.max_kib > max_kib) | "\($where): vfslock took \(.max_kib) KiB"),
    (.memory | select(.settled_seconds >= 30 and .second_half_kib - .first_half_kib > max_growth_kib)
      | "\($where): vfslock grew from \(.first_half_kib) to \(.second_half_kib) KiB"),
    (select(.load | test("pressure")) | select(.pages.reclaimed == 0 or .pages.swapped_out == 0 or .pages.written == 0) | "\($where): nothing was reclaimed, written or swapped"),
    (select(.load | test("mounts")) | select(.remounted == []) | "\($where): nothing could be remounted read-only"),
    (select(.load | test("mounts")) | select((.unmounted | length) != (.filesystems | length)) | "\($where): unmounted was only \(.unmounted | join(" "))")),
  (.complaints[] | "part \(.part): the kernel complained: \(.line)"),
  (.broken[] | "part \(.part): \(.line)"),
  ($filesystems | split(" ")[] | select(($s.calls_by_filesystem[.] // 0) == 0) | "no call of \(.) was audited"),
  (("word", "track") | . as $mode | select(($s.modes[$mode].calls // 0) == 0 and ($mode == "word" or $s.kernel != "5.10")) | "no call was audited with --locks=\($mode)"),
  (select(.sum.judged != .sum.kept + .sum.drift + .sum.violations) | "the judged calls do not add up"),
  (select(.sum.calls < .asked) | "\(.sum.calls) calls were audited, \(.asked) were asked for")
