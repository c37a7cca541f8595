# jq -r -s -f table.jq COMPARED.json...: the tables of mutations (compare.jq), in markdown.

def count($v): map(select(.verdict == $v)) | length;
def row($name): "| \($name) | \(map(.id) | unique | length) | \(map(select(.wrong)) | length) | \(count("caught")) | \(count("missed"))"
  + " | \(map(select(.verdict == "wrong" and .wrong)) | length) | \(count("not_told")) | \(map(select(.wrong | not)) | length) | \(map(select(.verdict == "wrong" and (.wrong | not))) | length) |";
def head($what): "| \($what) | rules | wrong states tried | caught | missed | wrong | not to be told | right states tried | false findings |", "|---|---|---|---|---|---|---|---|---|";

.[] | .results as $r
| "\n### \(.kernel), \(.mode)\(if .filesystem then ", \(.filesystem)" else "" end)\n", head("ops"),
  ($r | group_by(.id | split(".")[0])[] | row("`\(.[0].id | split(".")[0])`")),
  ($r | row("all")),
  "", "| wrong state | rules | tried | caught | missed | wrong | not to be told |", "|---|---|---|---|---|---|---|",
  ([$r[] | select(.wrong) | .kind = (.state | sub("@.*"; ""))] | group_by(.kind)[]
    | "| \(.[0].kind) | \(map(.id) | unique | length) | \(length) | \(count("caught")) | \(count("missed")) | \(count("wrong")) | \(count("not_told")) |")
