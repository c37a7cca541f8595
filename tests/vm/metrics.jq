# What the exposition of /metrics says, for jq -L: include "metrics";

# The series of a metric in a text: [{labels: {fs: "ext4", …}, value: 1}]
def series($metric): [split("\n")[] | select(startswith($metric + "{") or startswith($metric + " "))
	| {labels: ([scan("([a-z_]+)=\"([^\"]*)\"") | {(.[0]): .[1]}] | add // {}), value: (split(" ") | last | tonumber)}];

# The histograms of a metric as {"ops.method": [{le, count}]}, cumulative, in order, filesystems together.
def histograms($metric): series($metric + "_bucket") | group_by([.labels.ops, .labels.method])
	| map({key: (.[0].labels | "\(.ops).\(.method)"), value: (group_by(.labels.le)
		| map({le: (.[0].labels.le | if . == "+Inf" then infinite else tonumber end), count: (map(.value) | add)}) | sort_by(.le))})
	| from_entries;

# What happened between two histograms.
def between($before): [., $before // (. | map(.count = 0))] | transpose | map({le: .[0].le, count: (.[0].count - .[1].count)});

# The index of the bucket with the quantile in it.
def bucket_of($quantile): (.[-1].count * $quantile) as $rank | [.[] | .count >= $rank] | index(true);

# The quantile as Prometheus interpolates it.
def quantile($quantile): (.[-1].count * $quantile) as $rank | bucket_of($quantile) as $at
	| if $at == length - 1 then .[-2].le else
		(if $at == 0 then {le: 0, count: 0} else .[$at - 1] end) as $below
		| $below.le + (.[$at].le - $below.le) * ($rank - $below.count) / (.[$at].count - $below.count) end;

# The histograms whose sum cannot be that of what is in their buckets, as [NAME{LABELS}, the least, the sum, the most]. One in a
# thousand is let pass: a call may be between its bucket and its sum.
def wrong_sums: . as $text
	| [$text | scan("(?m)^# TYPE ([a-z_]+) histogram$")[0]][] as $metric
	| ($text | series($metric + "_sum") | map({key: (.labels | tojson), value}) | from_entries) as $sums
	| $text | series($metric + "_bucket") | group_by(.labels | del(.le))[]
	| (map({le: (.labels.le | if . == "+Inf" then infinite else tonumber end), value}) | sort_by(.le)) as $b
	| (.[0].labels | del(.le) | tojson) as $labels
	| ([range($b | length) | ($b[.].value - (if . > 0 then $b[. - 1].value else 0 end)) as $n | select($n > 0)
		| {low: ($n * (if . > 0 then $b[. - 1].le else 0 end)), high: ($n * $b[.].le)}]) as $parts
	| [($parts | map(.low) | add // 0), $sums[$labels], ($parts | map(.high) | add // 0)]
	| select(.[1] == null or .[1] < .[0] * 0.999 or .[1] > .[2] * 1.001) | [$metric + $labels] + .;
