# jq -f real.jq --arg filesystem ext4 --arg on DIR --rawfile unreal unreal CASES.json
#
# The cases of the mutations (mutate.jq) that are tried on a real filesystem: all but what the table `unreal` leaves out.
# Output: as it comes; left out are the same as `unmutated`. A line of the table that leaves out nothing is a problem.

def lines: split("\n") | map(sub("#.*"; "") | sub("[ \t]+$"; "") | select(length > 0));
def glob($pattern): test("^" + ($pattern | gsub("[.]"; "[.]") | gsub("[*]"; ".*")) + "$");
def of_line($line): . as $method | any($line.method[]; . as $p | $p[:1] != "-" and ($method | glob($p)))
  and all($line.method[]; . as $p | $p[:1] != "-" or ($method | glob($p[1:]) | not));

def table: $unreal | lines
  | map(capture("^(?<method>[^ ]+) +(?<what>[^ ]+) +(?<filesystems>[^ ]+) +(?<reason>.*)$")
    | .method |= split(",") | .what |= split(",") | .filesystems |= split(",")
    | select(.filesystems | any(IN("*", $filesystem))));

# All that a line may say of a case.
def traits: ["*", "variant=\(.call.variant)"]
  + (if .call.context == "task" then [] else ["context", "context=\(.call.context)"] end)
  + (if .call.body == "nothing" then [] else ["body"] end)
  + (if .call.exit == {} then [] else ["exit"] end)
  + (if all(.call.after[]; . == "now") then [] else ["after"] end)
  + [.covers[] | "\(.id | split(".")[2:4] | join("."))=\(.state)"];

table as $table
| .cases |= map(. as $case | traits as $traits
    | .line = first(($table | to_entries[] | select(.value as $line
        | ($case.method | of_line($line)) and any($line.what[]; IN($traits[])))), null)
    | .command |= sub(" tag="; " on=\($on) tag="))
| ([.cases[].line | values | .key] | unique) as $needed
| .unmutated += [.cases[] | select(.line).line.value.reason as $reason | .covers[] | {id, state, wrong, reason: $reason}]
| .problems += [$table | to_entries[] | select(.key | IN($needed[]) | not).value | "unreal leaves out nothing: \(.method | join(",")) \(.what | join(","))"]
| .cases |= map(select(.line == null) | del(.line))
