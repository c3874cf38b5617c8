#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/performance.sh [BUILD [ARGUMENT]...]: measures the tables of docs/performance.md and writes them
# into it, between the lines that mark them. BUILD is build/release if it is not given; further arguments
# go to bench: --seconds, --threads. For a machine that does nothing else meanwhile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bench=${1:-build/release}/bin/bench
shift || true
document=docs/performance.md
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

# replace <name> <file>: what is between the name's marks becomes the file.
replace() {
  awk -v name="$1" -v file="$2" '
    $0 == "<!-- end of " name " -->" { inside = 0 }
    !inside { print }
    $0 == "<!-- " name " -->" {
      inside = 1
      while ((getline line < file) > 0) print line
    }' "$document" >"$new/document"
  cp "$new/document" "$document"
}

"$bench" --markdown --seconds 4 "$@" 2>"$new/notes" >"$new/table"
cat "$new/notes" >&2
{
  echo "$(lscpu | sed -n 's/^Model name: *//p'), $(nproc) CPUs; $(${CC:-cc} --version | head -1);" \
    "$(tr '\n' ';' <"$new/notes" | sed 's/; *$//')."
} >"$new/machine"
"$bench" --levels --seconds 4 "$@" 2>/dev/null >"$new/levels"
replace "machine" "$new/machine"
replace "bench --markdown" "$new/table"
replace "bench --levels" "$new/levels"
echo "$document: written"
