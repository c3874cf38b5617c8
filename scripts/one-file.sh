#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# reel.c by other compilers than the build's, each with every example that reads no file: Clang, GCC without optimisation,
# TinyCC, GCC for 32-bit x86; scripts/bare-metal.sh compiles it for size. Installs what is missing, on Debian and its like.
#
#   scripts/one-file.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/batches.sh
. scripts/debian.sh

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed=0
compilers=()

# by <packages> <compiler> [option]...: to be tried, if it is there or can be installed
by() {
  local packages
  read -ra packages <<<"$1"
  shift
  if install_for "$1" "${packages[@]}"; then
    compilers+=("$*")
  else
    echo "reel.c, $*: NOT run"
    failed=1
  fi
}

by clang clang -O2
by gcc gcc -O0
by tcc tcc
by "gcc-i686-linux-gnu libc6-dev-i386-cross" i686-linux-gnu-gcc -O2 -static

# try "<compiler> [option]..."
try() {
  local outcome=passed compiler options log
  read -r compiler options <<<"$1"
  log=$(mktemp -p "$logs")
  if ! CC=$compiler CFLAGS=$options tests/amalgamation/run.sh >"$log" 2>&1; then
    cat "$log"
    outcome=FAILED
  fi
  echo "reel.c, $compiler $options: $outcome"
  [ "$outcome" = passed ]
}

in_batches try "${compilers[@]}" || failed=1

# Small code for ARM, where there are no vectors: compiled only, for not every machine could run it.
scripts/amalgamate.sh "$logs/reel" >/dev/null
if install_for aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross &&
  aarch64-linux-gnu-gcc -Os -Wall -Wextra -Werror -c -o "$logs/reel.o" "$logs/reel/reel.c"; then
  echo "reel.c, aarch64-linux-gnu-gcc -Os: compiled"
else
  echo "reel.c, aarch64-linux-gnu-gcc -Os: FAILED"
  failed=1
fi
exit "$failed"
