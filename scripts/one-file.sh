#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# reel.c by other compilers than the build's, each with every example that reads no file: Clang, GCC
# without optimisation and for size, TinyCC, GCC for 32-bit x86. Installs what is missing, on Debian
# and its like.
#
#   scripts/one-file.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/debian.sh

failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# by <packages> <compiler> [option]...
by() {
  local packages compiler=$2 outcome=passed
  read -ra packages <<<"$1"
  shift 2
  if ! install_for "$compiler" "${packages[@]}"; then
    outcome="NOT run"
    failed=1
  elif ! CC=$compiler CFLAGS=$* tests/amalgamation/run.sh >"$log" 2>&1; then
    cat "$log"
    outcome=FAILED
    failed=1
  fi
  echo "reel.c, $compiler $*: $outcome"
}

by clang clang -O2
by gcc gcc -O0
by gcc gcc -Os
by tcc tcc
by "gcc-i686-linux-gnu libc6-dev-i386-cross" i686-linux-gnu-gcc -O2 -static
exit "$failed"
