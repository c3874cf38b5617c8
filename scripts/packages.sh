#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds Debian packages of the library, its headers, the program and the reference, to
# build/packages/packages. Installs what is missing for it, Doxygen among it.
#
#   scripts/packages.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
command -v apt-get >/dev/null || { echo "packages: this is for Debian and its like"; exit 1; }

scripts/dependencies.sh docs packages
scripts/reference.sh
cmake -S . -B build/packages -D CMAKE_BUILD_TYPE=Release -D CMAKE_INSTALL_PREFIX=/usr \
  -D REEL_REFERENCE="$PWD/build/reference" -D REEL_BUILD_TESTS=OFF -D REEL_BUILD_EXAMPLES=OFF \
  -D REEL_BUILD_BENCH=OFF >/dev/null
cmake --build build/packages --parallel "$(getconf _NPROCESSORS_ONLN)" >/dev/null
rm -rf build/packages/packages
(cd build/packages && cpack)
ls -l build/packages/packages
