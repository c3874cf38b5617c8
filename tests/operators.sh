#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# docs/operators.md says something of each operator that PyTorch's database names, once; and what it and
# docs/from-pytorch.md call by name is in the headers.
#
#   tests/operators.sh [document]...     other documents, to try this script
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
table=${1:-docs/operators.md}
[ $# -gt 0 ] || set -- "$table" docs/from-pytorch.md
failed=0

say() {
  echo "operators: $*"
  failed=1
}

# What stands in backticks first in a row, or in the paragraphs of what is left out.
named=$(awk '
  /^## Left out/ { left = 1 }
  !left && /^\| `/ { split($0, part, "`"); print part[2] }
  left && /^`/ { n = split($0, part, "`"); for (i = 2; i <= n; i += 2) print part[i] }
' "$table" | sort)
known=$(grep -v '^#' tests/data/operators/names.txt | sort)
for name in $(comm -13 <(uniq <<<"$named") <(echo "$known")); do
  say "$table says nothing of $name"
done
for name in $(comm -23 <(uniq <<<"$named") <(echo "$known")); do
  say "$table has $name, which PyTorch's database has not"
done
for name in $(uniq -d <<<"$named"); do
  say "$table says of $name more than one thing"
done

headers=$(grep -ohE '\b(reel|REEL)_[A-Za-z0-9_]+' include/reel/*.h | sort -u)
for document; do
  for name in $(grep -ohE '\b(reel|REEL)_[A-Za-z0-9_]*[A-Za-z0-9_]' "$document" | sort -u | comm -23 - <(echo "$headers")); do
    say "$document calls $name, which is in no header"
  done
done
[ "$failed" -eq 0 ] || exit 1
echo "operators: $(wc -l <<<"$known") operators, each in its place"
