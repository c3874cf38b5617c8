#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes reel.c and reel.h and uses them as a stranger would: every example that reads no file is built
# from them, and prints what it should, at every level of CPU that there is. CC and CFLAGS are taken
# from the environment, as is RUN, what is to run a program (an emulator).
#
#   tests/amalgamation/run.sh
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
read -ra cc <<<"${CC:-cc}"
read -ra flags <<<"${CFLAGS--O2}"
read -ra run <<<"${RUN-}"
cd "$work"

heading() { printf '\n-- %s\n' "$*"; }
die() {
  echo "amalgamation test: $*"
  exit 1
}
silently() {
  "$@" >log 2>&1 || { cat log; die "failed: $*"; }
  [ ! -s log ] || { cat log; die "not silent: $*"; }
}

heading "reel.c and reel.h"
"$source_dir/scripts/amalgamate.sh" "$work/reel"
warnings=()
if "${cc[@]}" --version 2>/dev/null | grep -qiE 'gcc|clang|free software foundation'; then
  warnings=(-Wall -Wextra -Wpedantic)
fi

heading "${cc[*]} ${flags[*]} ${warnings[*]} reel.c"
started=$(date +%s)
silently "${cc[@]}" "${flags[@]}" "${warnings[@]}" -c reel/reel.c -o reel.o
echo "$(($(date +%s) - started)) s; $(size reel.o | awk 'END { print $1 + $2 }') bytes of code and constants"

if strays=$(nm -g --defined-only reel.o 2>/dev/null |
  awk 'NF == 3 && $3 !~ /^_?reeli?_/ && $3 !~ /^__x86[.]get_pc_thunk/ { print $3 }') &&
  [ -n "$strays" ]; then
  die "names without the prefix: $strays"
fi

# at_each_level <program> [argument]: its output, at the level of CPU that there is and at each below.
levels=("" portable avx2)
at_each_level() {
  local level
  for level in "${levels[@]}"; do
    REEL_CPU=$level "${run[@]}" "$@" >"output$level" 2>errors ||
      { cat "output$level" errors; die "$*: exit status $?${level:+ with REEL_CPU=$level}"; }
  done
}

# compare <expected file> <program> [argument]
compare() {
  local expected=$1 level
  shift
  at_each_level "$@"
  for level in "${levels[@]}"; do
    cmp "$expected" "output$level" || die "$*: not what is expected${level:+ with REEL_CPU=$level}"
  done
}

heading "examples"
grep -LE 'EXAMPLES_DATA|reel_save_images|reel_npy_load' "$source_dir"/examples/*.c >names
while read -r example; do
  name=$(basename "$example" .c)
  name=${name#*_}
  silently "${cc[@]}" "${flags[@]}" -I. "$example" reel.o -o "$name" -lm
  if [ "$name" = l1_tutorial ]; then
    for seed in "$source_dir"/tests/data/tutorial/seed-*.txt; do
      compare "$seed" "./$name" "$(basename "$seed" .txt | sed 's/seed-//')"
    done
  else
    compare "$source_dir/examples/expected/$name.txt" "./$name"
  fi
  echo "$name"
done <names

roundings() {
  silently "${cc[@]}" "${flags[@]}" -I. "$source_dir/tests/amalgamation/roundings.c" "$1" -o roundings -lm
  at_each_level ./roundings
}
heading "a product and a sum are two roundings"
roundings reel.o
native=(-march=native)
takes() { "${cc[@]}" "$@" -fsyntax-only -xc - </dev/null 2>/dev/null; }
takes -march=native -mfpmath=sse && native+=(-mfpmath=sse) # which 32-bit x86 does not do by itself
if [ -z "${RUN-}" ] && takes "${native[@]}"; then
  silently "${cc[@]}" -O1 "${native[@]}" -D REEL_NO_LEVELS "${warnings[@]}" -c reel/reel.c -o native.o
  roundings native.o
fi

heading "every function that reel.h declares is in reel.c"
sed -n '/REEL_API/,/;/p' reel/reel.h | tr '\n' ' ' | tr ';' '\n' |
  sed -nE 's/^.*REEL_API[^(]*[ *](reel_[a-z0-9_]+)\(.*/\1/p' | sort -u >functions
[ "$(wc -l <functions)" -gt 400 ] || die "only $(wc -l <functions) functions found in reel.h"
{
  echo '#include <reel/reel.h>'
  echo 'void (*volatile functions[])(void) = {'
  sed 's/.*/(void (*)(void))&,/' functions
  echo '}; int main(void) { return functions[0] == 0; }'
} >all.c
silently "${cc[@]}" -I. all.c reel.o -o all -lm
wc -l <functions

heading "what would give other digits is refused"
for flag in -ffast-math -Ofast -funsafe-math-optimizations; do
  macros=$("${cc[@]}" "$flag" -dM -E - </dev/null 2>/dev/null || true)
  if grep -qE '__(FAST|ASSOCIATIVE)_MATH__' <<<"$macros"; then
    "${cc[@]}" "$flag" -fsyntax-only reel/reel.c >log 2>&1 && die "$flag compiles"
    grep -q 'arithmetic as it is written' log || { cat log; die "$flag: another reason"; }
    echo "$flag"
  fi
done
