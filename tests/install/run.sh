#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs a finished build into an empty folder and uses it as a stranger would: by find_package,
# by pkg-config and by add_subdirectory, from C and from C++. Then looks at what was installed.
#
#   tests/install/run.sh [build folder]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$here/../.." && pwd)
build=$(cd "${1:-$source_dir/build/release}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jobs=$(getconf _NPROCESSORS_ONLN)
cc=${CC:-cc}
cxx=${CXX:-c++}

heading() { printf '\n-- %s\n' "$*"; }
die() {
  echo "install test: $*"
  exit 1
}
# Runs a command silently, but shows what it said where it fails.
quietly() { "$@" >"$work/log" 2>&1 || { cat "$work/log"; die "failed: $*"; }; }

# downstream <title> <project folder> <cmake argument>...: configures, builds and runs use_*.
downstream() {
  local title=$1 project=$2 out program
  shift 2
  heading "$title"
  out=$(mktemp -d "$work/build-XXXXXX")
  quietly cmake -S "$here/$project" -B "$out" "$@"
  quietly cmake --build "$out" --parallel "$jobs"
  for program in "$out"/use_*; do
    "$program" || die "$title: ${program##*/} failed"
  done
}

# exported <library>: the names that a library offers; on a Mac without their leading underscore.
exported() {
  if [ "$(uname)" = Darwin ]; then
    nm -gU "$1" | awk 'NF == 3 { sub(/^_/, "", $3); print $3 }'
  else
    nm "${@:2}" -g --defined-only "$1" | awk 'NF == 3 { print $3 }'
  fi
}

# check_names <pattern> <library> [nm option]
check_names() {
  local pattern=$1 names strays
  shift
  names=$(exported "$@")
  [ -n "$names" ] || die "$1 offers no names at all"
  strays=$(grep -vE "$pattern" <<<"$names" || true)
  [ -z "$strays" ] || die "$1 offers names without the prefix: $(tr '\n' ' ' <<<"$strays")"
  echo "${1##*/}: $(wc -l <<<"$names") names, all $pattern"
}

heading "install, and move what was installed"
quietly cmake --install "$build" --prefix "$work/first"
mv "$work/first" "$work/prefix"
prefix=$work/prefix
pc=$(find "$prefix" -name reel.pc)
lib=$(cd "$(dirname "$pc")/.." && pwd)
(cd "$prefix" && find . -type f -o -type l | sort)

heading "no path of this machine in what was installed"
grep -rnE "$source_dir|$build|$work|/openblas-|libopenblas\.(so|a|dylib)" "$lib/cmake" "$pc" &&
  die "these lines hold only here"
echo "none"

downstream "C, find_package, shared and static" downstream-c -D CMAKE_PREFIX_PATH="$prefix"
downstream "C++, find_package" downstream-cxx -D CMAKE_PREFIX_PATH="$prefix"
downstream "C, add_subdirectory" downstream-c -D REEL_SOURCE_DIR="$source_dir"

if [ -e "$lib/libreel_mpi.a" ]; then
  downstream "C, find_package, over MPI" downstream-mpi -D CMAKE_PREFIX_PATH="$prefix"
else
  echo "This build has no reel_mpi: it is NOT tried"
fi

heading "C, pkg-config"
export PKG_CONFIG_PATH="$lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
# shellcheck disable=SC2046
quietly "$cc" -std=c11 -o "$work/use_pkg_config" "$here/downstream-c/main.c" \
  $(pkg-config --cflags --libs reel) -Wl,-rpath,"$lib"
"$work/use_pkg_config"
if [ -e "$lib/libreel_mpi.a" ]; then
  # shellcheck disable=SC2046
  quietly "$cc" -std=c11 -o "$work/use_pkg_config_mpi" "$here/downstream-mpi/main.c" \
    $(pkg-config --cflags --libs reel-mpi) -Wl,-rpath,"$lib"
  "$work/use_pkg_config_mpi"
fi
version=$(pkg-config --modversion reel)
[ "$version" = "$(sed -n "s/^#define REEL_VERSION_[MP].* //p" "$prefix/include/reel/config.h" | paste -sd. -)" ] ||
  die "reel.pc is of version $version"

heading "the program, its manual pages and completions"
said=$("$prefix/bin/reel" --version | head -n 1)
[ "$said" = "reel $version" ] || die "reel --version says $said"
share=$prefix/share
for file in man/man1/reel{,-fit,-evaluate,-predict,-inspect}.1 zsh/site-functions/_reel \
  bash-completion/completions/reel fish/vendor_completions.d/reel.fish; do
  [ -s "$share/$file" ] || die "there is no share/$file"
done
echo "$said"

heading "names"
shared=$(find "$lib" -name 'libreel.so.?.?' -o -name 'libreel.?.?.dylib')
if [ "$(uname)" != Darwin ]; then
  soname=$(objdump -p "$shared" | awk '$1 == "SONAME" { print $2 }')
  [ "$soname" = "libreel.so.${version%.*}" ] || die "the soname is $soname: see docs/versions.md"
fi
check_names '^reel_' "$shared" -D
check_names '^reeli?_' "$lib/libreel.a"
[ ! -e "$lib/libreel_mpi.a" ] || check_names '^reeli?_mpi_' "$lib/libreel_mpi.a"

heading "size"
strip -x -o "$work/stripped" "$shared"
[ "$(uname)" = Darwin ] || strip -o "$work/stripped" "$shared"
size=$(wc -c <"$work/stripped")
echo "${shared##*/}, stripped: $size bytes"
case $(sed -n 's/^CMAKE_BUILD_TYPE:.*=//p' "$build/CMakeCache.txt") in
  Debug) echo "not optimised, so its size says nothing" ;;
  *) # a promise of ours, and no fault of a compiler that makes more of the same code
    [ "${CI-}" != true ] || [ "$size" -le 1048576 ] || die "more than the megabyte that docs/architecture.md says" ;;
esac

heading "each header alone"
for header in "$prefix"/include/reel/*.h; do
  name=reel/${header##*/}
  [ "$name" != reel/mpi.h ] || continue # the one that needs another library's
  for language in "$cc -xc -std=c11" "$cxx -xc++ -std=c++17"; do
    # shellcheck disable=SC2086
    $language -Wall -Wextra -Wpedantic -Werror -I"$prefix/include" -fsyntax-only - \
      <<<"#include <$name>"$'\nextern int something;' || die "$name does not compile alone by $language"
  done
  echo "$name"
done
