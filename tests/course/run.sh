#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The exercises of the course: each chapter's right.c is right; exercise.c, as a student finds it, compiles and
# is not; and each mistake of wrong.txt, made in right.c, is found, with the sentence that stands beside it.
#
#   tests/course/run.sh COMPILER LIBRARY INCLUDE...
set -euo pipefail
compiler=$1 library=$2
shift 2
cd "$(dirname "${BASH_SOURCE[0]}")/../../docs/course"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() {
  echo "$*"
  failures=$((failures + 1))
}

flags=(-std=c11 -Wall -Wextra -Wno-unused-parameter -Wno-unused-variable -O0 "$@")

# check <folder> <file> [flag]...: the exit status of the chapter's check of the file; what it says is in $work/said.
check() {
  local folder=$1 file=$2
  shift 2
  "$compiler" "${flags[@]}" "$@" -I "$folder" -I . "$file" "$work/check.o" "$library" -lm -ldl -lpthread \
    -o "$work/program" >"$work/said" 2>&1 || return 99
  timeout 20 "$work/program" >"$work/said" 2>/dev/null
}

mistakes=0
for folder in [0-9]*; do
  "$compiler" "${flags[@]}" -Werror -I "$folder" -I . -c "$folder/check.c" -o "$work/check.o"
  status=0
  check "$folder" "$folder/right.c" -Werror || status=$?
  [ "$status" -eq 0 ] || { fail "$folder: right.c is not right ($status)"; cat "$work/said"; }
  status=0
  check "$folder" "$folder/exercise.c" -Werror || status=$?
  [ "$status" -eq 1 ] || { fail "$folder: exercise.c ends with $status"; head -n 5 "$work/said"; }
  grep -q 'NOT YET' "$work/said" || fail "$folder: exercise.c is right already"
  while IFS= read -r line; do
    sed "${line%% | *}" "$folder/right.c" >"$work/wrong.c"
    cmp -s "$work/wrong.c" "$folder/right.c" && fail "$folder: this changes nothing: $line"
    status=0
    check "$folder" "$work/wrong.c" || status=$?
    [ "$status" -eq 1 ] || { fail "$folder: status $status of: $line"; head -n 5 "$work/said"; }
    grep -A 1 'NOT YET' "$work/said" | grep -qF -- "${line#* | }" || { fail "$folder: not said of: $line"; cat "$work/said"; }
    mistakes=$((mistakes + 1))
  done <"$folder/wrong.txt"
  sed -n '1s/^# .*/yes/p' "$folder/README.md" | grep -q yes || fail "$folder: README.md has no title"
done
[ "$mistakes" -ge 20 ] || fail "only $mistakes mistakes"
echo "$mistakes mistakes in $(ls -d [0-9]* | wc -l) chapters, $failures failures"
[ "$failures" -eq 0 ]
