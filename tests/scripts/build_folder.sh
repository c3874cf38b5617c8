#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Where scripts/tutorial.sh and scripts/test.sh build: in build; where REEL_BUILD_DIR says; where the sources cannot
# be written to in a cache. And that another compiler than last time is noticed.
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$work"' EXIT
unset REEL_BUILD_DIR CC CXX CFLAGS CXXFLAGS LDFLAGS CMAKE_GENERATOR CMAKE_TOOLCHAIN_FILE
export HOME=$work/home XDG_CACHE_HOME= TMPDIR=$work/tmp
sources="$work/sources of Übung"
mkdir -p "$sources/scripts" "$HOME" "$TMPDIR"
cp "$source_dir/scripts/build_folder.sh" "$sources/scripts"

# in_sources <command>: as a script there would, called from elsewhere.
in_sources() {
  (cd "$work" && cd "$sources" && . scripts/build_folder.sh && eval "$1")
}
# same <what> <expected>
same() { [ "$1" = "$2" ] || { echo "build_folder: '$1', not '$2'"; exit 1; }; }

same "$(in_sources 'build_folder release')" build/release
[ -d "$sources/build/release" ] || { echo "build_folder: not made"; exit 1; }
same "$(REEL_BUILD_DIR=$work/at in_sources 'build_folder dev')" "$work/at/dev"
same "$(REEL_BUILD_DIR="a folder" in_sources 'build_folder dev')" "$work/a folder/dev"

# A file in its way cannot be written to either, and stops root, too.
rm -r "$sources/build"
touch "$sources/build"
case $(in_sources 'build_folder release' 2>"$work/said") in
"$HOME"/.cache/reel-*/release) grep -q 'cannot be written to: building in' "$work/said" ;;
*) echo "build_folder: not in the user's cache"; exit 1 ;;
esac
rm -r "$HOME"
touch "$HOME"
case $(in_sources 'build_folder release' 2>/dev/null) in
"$TMPDIR"/reel-*/release) ;;
*) echo "build_folder: not in the folder for what is temporary"; exit 1 ;;
esac
rm -r "$TMPDIR"
touch "$TMPDIR"
if in_sources 'build_folder release' 2>"$work/said"; then
  echo "build_folder: there is no folder"
  exit 1
fi
grep -q 'set REEL_BUILD_DIR' "$work/said"

# Configured by hand it is left alone; by the scripts, until something else is asked for.
cmake() { # a stand-in
  same "$1 $2 $3" "--preset release -B"
  touch "$4/CMakeCache.txt" "$4/Makefile"
}
export -f cmake same
folder=$work/configured
mkdir "$folder"
touch "$folder/Makefile" "$folder/CMakeCache.txt"
in_sources "is_configured '$folder'"
in_sources "configure release '$folder'"
in_sources "is_configured '$folder'"
echo kept >"$folder/CMakeCache.txt"
in_sources "configure release '$folder'"
same "$(cat "$folder/CMakeCache.txt")" kept
if CC=clang in_sources "is_configured '$folder'"; then
  echo "build_folder: another compiler was not noticed"
  exit 1
fi
CC=clang in_sources "configure release '$folder'"
same "$(cat "$folder/CMakeCache.txt")" ""
echo "as it should be"
