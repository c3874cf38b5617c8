#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The documents do not drift from the code: README's C is the tutorial example's and its Python the
# tutorial script's, line for line and in order; add-an-op.md's C is the library's and tables.md's two
# examples'; and every file that a document links to is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failures=0
fail() {
  echo "$*"
  failures=$((failures + 1))
}

# block <language> <document>: the lines of its fenced blocks in that language, unindented.
block() {
  sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$2" | grep -v '^```' | sed 's/^ *//; s/ *$//; /^$/d'
}

# in_order <language> <document> <source>
in_order() {
  local line wanted=() found=0
  while IFS= read -r line; do wanted+=("$line"); done < <(block "$1" "$2")
  [ "${#wanted[@]}" -gt 10 ] || fail "$2: found only ${#wanted[@]} lines of $1"
  while IFS= read -r line; do
    line=$(sed 's/^ *//; s/ *$//' <<<"$line")
    if [ "$found" -lt "${#wanted[@]}" ] && [ "$line" = "${wanted[$found]}" ]; then
      found=$((found + 1))
    fi
  done <"$3"
  [ "$found" -eq "${#wanted[@]}" ] || fail "$2: not in $3, or not in this order: ${wanted[$found]}"
}

in_order c README.md examples/03_l1_tutorial.c
in_order python README.md tests/generate/tutorial.py

# lines_of <document> <source>...: columns may be aligned in the source and not in the document.
lines_of() {
  local document=$1 sources line
  shift
  sources=$(cat "$@" | tr -s ' ' | sed 's/^ //; s/( /(/g')
  while IFS= read -r line; do
    grep -qxF -- "$line" <<<"$sources" || fail "$document: no line of its sources is: $line"
  done < <(block c "$document")
}

lines_of docs/add-an-op.md src/*/*.[ch] src/*/*.def include/reel/*.h
lines_of docs/one-file.md examples/13_fixed_memory.c
lines_of docs/tables.md examples/10_house_prices.c examples/11_predict_from_a_file.c tests/unit/model.c

for document in *.md docs/*.md docs/course/*.md docs/course/*/*.md; do
  while IFS= read -r link; do
    [ -e "$(dirname "$document")/$link" ] || fail "$document: there is no $link"
  done < <(grep -oE '\]\([^)#]+' "$document" | sed 's/^](//' | grep -v '^http' || true)
done

for example in examples/*.c examples/*.cpp; do
  grep -qF "($example)" README.md || fail "README.md: $example is missing from the course"
done

[ "$failures" -eq 0 ] || exit 1
echo "documents: as they should be"
