#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails where the tree breaks a rule that the compiler cannot see: an include that climbs out of its
# layer, a line too wide, a file too long to be read in one sitting.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failures=0
fail() {
  echo "$*"
  failures=$((failures + 1))
}

# check_length <lines> <file>...
check_length() {
  local limit=$1 file lines
  shift
  for file in "$@"; do
    lines=$(wc -l <"$file")
    [ "$lines" -le "$limit" ] || fail "$file: $lines lines, more than $limit"
  done
}

while IFS= read -r line; do
  fail "$line: an include may not leave its folder by ../"
done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<][^">]*\.\./' src include)

while IFS= read -r -d '' file; do
  check_length 600 "$file"
done < <(find src cli tests examples bench docs -type f \
  \( -name '*.[ch]' -o -name '*.def' -o -name '*.cpp' -o -name '*.sh' -o -name CMakeLists.txt \) -print0)
check_length 300 include/reel/*.h

# clang-format leaves comments as they were laid out. Without the bytes that go on with a character of UTF-8, each
# has one, whatever the locale; and the three files that scripts/page.sh makes are left out.
while IFS= read -r line; do
  fail "$line: over 100 columns"
done < <(find include src cli tests examples bench docs -name '*.[ch]' -o -name '*.cpp' |
  grep -vE '^src/(explain/page|lab/(worksheet|lessons_text))\.c$' | LC_ALL=C xargs awk '
    length > 100 { gsub(/[\200-\277]/, ""); if (length > 100) print FILENAME ":" FNR }')

# A file begins with what lives in it.
while IFS= read -r -d '' file; do
  case $(sed -n 2p "$file") in '/*'*) ;; *) fail "$file: its second line is no comment that says what it holds" ;; esac
done < <(find src cli -name '*.[ch]' -print0)

# macOS has bash 3.2, and BSD's tools.
while IFS= read -r line; do
  fail "$line: bash 3.2, or a BSD, does not know that"
done < <(grep -rnE '^[^#]*\b(mapfile|readarray|(declare|local) -[An]\b|head -[cn] ?-|grep -[a-z]*P|(sed -i|readlink -f|xargs -d) |(date|stat) -[dc] )' \
  scripts tests cli .ci --include='*.sh' --include='*.bash' --include=run | grep -v '^scripts/layout.sh')

# A name in a header leads to where it is made: the line of the definition has it, or the row of a macro.
public=$(grep -hoE '\breel_[a-zA-Z0-9_]+\(' <(cat include/reel/*.h | tr '\n' ' ' | grep -oE 'REEL_API [^;{]*') |
  tr -d '(' | sort -u)
made=$(grep -rhE '^[A-Za-z]' src --include='*.c' --include='*.def' | grep -oE '\breel_[a-zA-Z0-9_]+' | sort -u)
while IFS= read -r name; do
  fail "include: no line of src that begins a definition or a row has $name"
done < <(comm -23 <(echo "$public") <(echo "$made"))

pages=$(mktemp -d)
scripts/page.sh "$pages"
while IFS= read -r file; do
  cmp -s "$pages/$file" "src/$file" || fail "src/$file is not made of its text: scripts/page.sh makes it"
done < <(cd "$pages" && find . -name '*.c' | sed 's|^\./||')
rm -r "$pages"

[ "$failures" -eq 0 ] || exit 1
echo "layout: as it should be"
