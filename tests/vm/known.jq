# What tests/findings.md and tests/vm/matrix-reasons know: a module for the other scripts here (jq -L tests/vm).

# "*" in a pattern stands for anything.
def as_regex: "^" + (gsub("\\."; "\\.") | gsub("\\*"; ".*")) + "$";
def has_word($word): . == "all" or (split(",") | index($word) != null);

# Lines "PATTERN KERNELS REASON".
def parse_reasons: [splits("\n") | select(test("^[^#\\s]")) | capture("^(?<pattern>\\S+)\\s+(?<kernels>\\S+)\\s+(?<reason>.*)$")];
# Rows "| `RULE` | KERNELS | FILESYSTEMS | `FUNCTION` | WHAT |".
def parse_findings: [splits("\n") | select(startswith("| `")) | split("|") | map(gsub("^[ `]+|[ `]+$"; ""))
  | {rule: .[1], kernels: (.[2] | gsub(" "; "")), filesystems: (.[3] | gsub(" "; "")), function: .[4], what: .[5]}];
