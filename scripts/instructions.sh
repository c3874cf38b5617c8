#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# scripts/instructions.sh [--update]: counts the instructions of a step of W1, W2 and W6, of an
# activation's element, and of W2 by Clang, and compares them with bench/instructions.txt; fails
# where one has grown by more than a twentieth. Unlike times, they do not depend on what else the
# machine does. --update writes the file anew, for which Clang has to be there.
#
# valgrind's callgrind counts, which knows AVX2 but not AVX-512: so it is AVX2's kernels that count.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stored=bench/instructions.txt
build=build/instructions
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

if ! grep -qw avx2 /proc/cpuinfo; then
  echo "instructions: NOT counted, the counts in $stored are of AVX2's kernels and this CPU has none" >&2
  exit 1
fi
scripts/dependencies.sh valgrind
export OPENBLAS_CORETYPE=Haswell # AVX2's: else bench starts once more with it, which valgrind does not follow

# built <folder> <option>...: bench there.
built() {
  cmake -S . -B "$1" -D CMAKE_BUILD_TYPE=Release -D REEL_BUILD_TESTS=OFF -D REEL_BUILD_EXAMPLES=OFF \
    -D REEL_BUILD_CLI=OFF -D REEL_WITH_IO=OFF -D REEL_WITH_MPI=OFF -D REEL_BUILD_BENCH=ON -D REEL_BENCH_LIBTORCH=OFF \
    "-D REEL_BENCH_LIMIT_OPTIONS=-O2;-Wno-psabi" "${@:2}" >/dev/null
  cmake --build "$1" --target bench --parallel "$(getconf _NPROCESSORS_ONLN)" >/dev/null
}

# count <folder> <workload>: a line a way of doing the work: its name, and instructions for one unit.
count() {
  local out=$new/$2
  rm -f "$out".*
  REEL_CPU=avx2 valgrind --quiet --tool=callgrind --callgrind-out-file="$out" \
    --toggle-collect=counted_steps --dump-after=counted_steps "$1/bin/bench" "$2" --count \
    >"$out.names" 2>"$out.errors" || { cat "$out.errors" >&2; return 1; }
  find "$new" -name "$2.[0-9]*" | sort -V | xargs sed -n 's/^totals: //p' |
    paste "$out.names" - | awk -F '\t' '{ printf "%s\t%.2f\n", $1, $3 / $2 }'
}

built "$build"
for workload in W1 W2 W6 elementwise; do count "$build" "$workload"; done >"$new/counts"
cp "$stored" "$new/stored"
if command -v clang >/dev/null; then # what one compiler unrolls another may not
  built "$build-clang" -D CMAKE_C_COMPILER=clang
  count "$build-clang" W2 | sed 's/^/Clang, /' >>"$new/counts"
else
  echo "instructions: Clang's library NOT counted, there is no clang here" >&2
  [ "${1-}" != --update ] || exit 1
  sed -i.all '/^Clang/d' "$new/stored"
fi

if [ "${1-}" = --update ]; then
  cp "$new/counts" "$stored"
  cat "$stored"
  exit 0
fi
awk -F '\t' '
  NR == FNR { stored[$1] = $2; left++; next }
  !($1 in stored) { printf "%-30s %10.2f  is new: --update\n", $1, $2; failed = 1; next }
  {
    left--
    ratio = $2 / stored[$1]
    verdict = ratio > 1.05 ? "GREW" : ratio < 0.95 ? "shrank: --update" : ""
    failed = failed || ratio > 1.05
    printf "%-30s %10.2f  was %10.2f  x %.3f  %s\n", $1, $2, stored[$1], ratio, verdict
  }
  END { if (left) print "some lines of the stored counts are gone"; exit failed || left > 0 }
' "$new/stored" "$new/counts"
