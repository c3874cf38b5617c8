#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every public header compiles alone in C++11, 14, 17 and 20, and so do every struct and macro of
# theirs, the example, and a program with these headers and with the amalgamation's one; all without a
# warning. By the compilers named, else by CXX or c++, and by clang++ where it is.
#
#   tests/headers.sh [compiler]...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ $# -eq 0 ]; then
  set -- "${CXX:-c++}"
  [ "$1" = clang++ ] || ! command -v clang++ >/dev/null || set -- "$1" clang++
fi

# A header is a source file here, so a function in it may be one that nobody calls.
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wno-unused-function -Werror)
for header in include/reel/*.h; do
  echo "#include <reel/${header##*/}>" >"$work/$(basename "$header" .h).cpp"
done
# Every struct and enum from all zero, which is the way to PyTorch's defaults, and every number that
# a macro stands for.
{
  printf '#include <reel/reel.h>\nvoid use();\nvoid use()\n{\n'
  sed -nE 's/^\} (reel_[a-z0-9_]+);$/    { \1 zero = {}; (void)zero; }/p' include/reel/*.h
  sed -nE '/_H$|REEL_API|SHAPE/d; s/^#define (REEL_[A-Z0-9_]+) .*/    { auto value = \1; (void)value; }/p' \
    include/reel/*.h
  echo '}'
} >"$work/all.cpp"
mkdir -p "$work/one/reel"
scripts/amalgamate.sh "$work/one/reel" >/dev/null
for compiler in "$@"; do
  for standard in c++11 c++14 c++17 c++20; do
    # shellcheck disable=SC2086
    $compiler -std=$standard "${warnings[@]}" -Iinclude -fsyntax-only \
      "$work"/*.cpp tests/install/downstream-cxx/main.cpp examples/*.cpp ||
      { echo "headers: not $standard by $compiler"; exit 1; }
    # shellcheck disable=SC2086
    $compiler -std=$standard "${warnings[@]}" -I"$work/one" -fsyntax-only \
      tests/install/downstream-cxx/main.cpp ||
      { echo "headers: reel.h of the amalgamation is not $standard by $compiler"; exit 1; }
  done
  echo "$compiler: C++11, 14, 17 and 20"
done
