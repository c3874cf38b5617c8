#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The house style as far as programs can check it: the layout, clang-format over every C and C++
# file, and clang-tidy over the library. Installs the two tools where they are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jobs=$(getconf _NPROCESSORS_ONLN)
scripts/dependencies.sh lint
scripts/layout.sh

find include src tests examples bench \( -name '*.[ch]' -o -name '*.cpp' \) -print0 |
  xargs -0 clang-format --dry-run -Werror
echo "clang-format: nothing to change ($(clang-format --version))"

cmake --preset dev -D REEL_BUILD_TESTS=OFF -B build/lint >/dev/null
find src -name '*.c' -print0 | xargs -0 -n 1 -P "$jobs" clang-tidy --quiet -p build/lint
echo "clang-tidy: no findings in $(find src -name '*.c' | wc -l) files"
