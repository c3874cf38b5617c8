#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The exercises of the course: builds a chapter's exercise.c and says what is right, what is not yet, and why.
# A C compiler, CMake and make or Ninja are all it needs.
#
#   scripts/course.sh            # the chapters
#   scripts/course.sh 3          # chapter 3
#   scripts/course.sh 3 FILE     # another file than its exercise.c
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/build_folder.sh

if [ $# -eq 0 ]; then
  for folder in docs/course/[0-9]*; do
    printf '%s: %s\n' "$(basename "$folder" | sed 's/^0*\([0-9]*\)-.*/\1/')" "$(sed -n '1s/^# *//p' "$folder/README.md")"
  done
  exit 0
fi
number=$(printf '%02d' "$((10#${1//[^0-9]/}))" 2>/dev/null) || number=
folder=$(echo docs/course/"$number"-*)
if ! [ -f "$folder/check.c" ]; then
  echo "There is no chapter $1; scripts/course.sh alone lists them." >&2
  exit 2
fi
file=${2:-$folder/exercise.c}
case $file in /*) ;; *) [ -f "$file" ] || file=$OLDPWD/$file ;; esac
[ -f "$file" ] || { echo "There is no file $2." >&2; exit 2; }

build=$(build_folder release)
{
  if ! is_configured "$build"; then
    scripts/dependencies.sh tutorial
    configure release "$build" -D REEL_WITH_IO=OFF -D REEL_BUILD_CLI=OFF -D REEL_BUILD_TESTS=OFF -D REEL_BUILD_BENCH=OFF
  fi
  cmake --build "$build" --target reel_static --parallel "$(getconf _NPROCESSORS_ONLN)"
} >"${TMPDIR:-/tmp}/reel-course-$$.log" 2>&1 </dev/null || { cat "${TMPDIR:-/tmp}/reel-course-$$.log"; exit 1; }
rm -f "${TMPDIR:-/tmp}/reel-course-$$.log"

program=$build/course-$number
"${CC:-cc}" -std=c11 -Wall -Wextra -O1 -g -I "$folder" -I docs/course -I "$build/include" -I include \
  "$file" "$folder/check.c" "$build/libreel.a" -lm -ldl -lpthread -o "$program"
echo "Chapter $((10#$number)): $(sed -n '1s/^# *//p' "$folder/README.md")"
exec "$program"
