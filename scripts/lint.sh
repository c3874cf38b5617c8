#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The house style as far as programs can check it: the layout, clang-format of every C and C++ file,
# and clang-tidy over the library. Installs the two tools where they are missing, runs
# every check whichever fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=0
jobs=$(getconf _NPROCESSORS_ONLN)
scripts/dependencies.sh lint
scripts/layout.sh || failed=1

if find include src cli tests examples bench docs \( -name '*.[ch]' -o -name '*.cpp' \) -print0 |
  xargs -0 clang-format --dry-run -Werror; then
  echo "clang-format: nothing to change ($(clang-format --version))"
else
  failed=1
fi

# The dev preset's flags, so that assertions are on and tell the analyzer what cannot happen. What
# is compiled once for each level of CPU is read once for each.
# Flags that GCC alone knows would be errors to clang-tidy.
cmake --preset dev -B build/lint -D REEL_BUILD_TESTS=OFF >/dev/null
sed -i.gcc -E 's/ (--param=|-fno-tree-loop-distribute|-fvect-cost-model|-fno-schedule-insns|-fno-caller-saves)[^ "]*//g' build/lint/compile_commands.json
unread=none
if ! grep -q src/mpi/ build/lint/compile_commands.json; then
  unread=mpi
  echo "There is no MPI here: clang-tidy does NOT read src/mpi and cli/mpi"
fi
if find src cli -name '*.c' ! -path "*/$unread/*" -print0 |
  xargs -0 -n 1 -P "$jobs" clang-tidy --quiet -p build/lint 2> >(grep -v 'warnings\? generated' >&2); then
  echo "clang-tidy: no findings in $(find src cli -name '*.c' | wc -l) files"
else
  failed=1
fi
exit "$failed"
