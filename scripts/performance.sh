#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Measures every workload, and writes docs/performance-NAME.md, the page of the CPU at hand: what its own kernels do, those
# of lower levels, and AVX2's beside limits that are compiled for AVX2. Takes a quarter of an hour of a machine that does
# nothing else meanwhile.
#
#   scripts/performance.sh NAME [ARGUMENT]...     # as zen-4; the arguments go to bench: --seconds, --threads
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
name=${1:?the name of the page: scripts/performance.sh zen-4}
shift
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

# built <folder> <option>...: bench in a folder of build.
built() {
  cmake --preset release -B "build/$1" "${@:2}" >/dev/null
  cmake --build "build/$1" --target bench --parallel >/dev/null
}

built release
build/release/bin/bench --markdown --seconds 4 "$@" 2>"$new/notes" >"$new/own"
build/release/bin/bench --levels --seconds 4 "$@" 2>/dev/null >"$new/levels"
if grep -q avx512f /proc/cpuinfo; then # else AVX2's kernels are this CPU's own
  built avx2 -D REEL_BENCH_LIMIT_COMPILER=clang -D REEL_BENCH_LIMIT_OPTIONS="-O3;-march=haswell;-ffast-math"
  REEL_CPU=avx2 build/avx2/bin/bench --markdown --seconds 4 "$@" W1 W2 W3 W4 W4h W5 W6 W7 W8 W9 2>/dev/null >"$new/avx2"
fi
cat "$new/notes" >&2
{
  echo "# Performance on $(tr - " " <<<"$name" | sed 's/\b./\U&/g')"
  echo
  lscpu | awk -F': *' '$1 == "Model name" { model = $2 } $1 == "CPU family" { family = $2 } $1 == "Model" { number = $2 }
    /^L[23] cache/ { caches = caches ", " $1 " " $2 }
    END { printf "%s, family %s, model %s%s;\n", model, family, number, caches }'
  echo "$(nproc) CPUs; $(${CC:-cc} --version | head -n 1); $(tr '\n' ';' <"$new/notes" | sed 's/; *$//')."
  [ -e "$new/avx2" ] || echo "Limits by $(clang --version 2>/dev/null | head -n 1)."
  echo '[performance.md](performance.md) says what is measured, and how.'
  echo
  cat "$new/own"
  echo
  echo 'bandwidth and optimizers are beside a copy that moves the same bytes; "ratio" is then of rates, and more is better.'
  echo 'Matrix products are beside the bare OpenBLAS call.'
  printf '\n## Levels\n\n'
  echo "The same workloads with the kernels of lower levels (\`REEL_CPU\`), the time as a multiple of this CPU's own:"
  echo
  cat "$new/levels"
  if [ -e "$new/avx2" ]; then
    printf '\n## With AVX2 alone\n\n'
    echo '`REEL_CPU=avx2`, beside limits compiled for AVX2, and OpenBLAS and libtorch as on a CPU that has no more:'
    echo
    cat "$new/avx2"
  fi
} >"docs/performance-$name.md"
echo "docs/performance-$name.md: written"
