#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What scripts/dependencies.sh says and does on machines that lack something, and that the build says the same.
# The machines are stand-ins: a folder of programs for PATH, and one of headers and libraries that CMake and
# pkg-config see instead of the system's. Nothing is installed, nothing is fetched.
#
#   tests/scripts/dependencies.sh <build folder>
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=$1/CMakeCache.txt
work=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$work"' EXIT
unset CC CXX CFLAGS CXXFLAGS LDFLAGS CMAKE_GENERATOR CMAKE_TOOLCHAIN_FILE CMAKE_PREFIX_PATH PKG_CONFIG_PATH
unset CMAKE_C_COMPILER_LAUNCHER CMAKE_CXX_COMPILER_LAUNCHER
failures=0
said=$work/said
generator=() # CMake's own, which is make; what there is, where there is none
command -v make >/dev/null || generator=(-G Ninja)

cached() { sed -n "s/^$1:[A-Z]*=//p" "$cache"; }

# A new machine: every program, no library, no header. Its only user is not root and cannot become it.
machine() {
  local folder
  rm -rf "$work/bin" "$work/root" "$work/modules"
  mkdir -p "$work/bin" "$work/root/usr/lib" "$work/root/usr/include" "$work/modules"
  tr ':' '\n' <<<"$PATH" | while read -r folder; do
    ln -s "$folder"/* "$work/bin" 2>/dev/null || true # the first one of a name counts
  done
  lacks_program sudo apt-get dnf brew
  program id 'echo 1000'
  cat >"$work/toolchain.cmake" <<END
set(CMAKE_FIND_ROOT_PATH "$work/root")
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
END
}

lacks_program() { (cd "$work/bin" && rm -f "$@"); }
# program <name> <script>: a program of that name, for that machine.
program() {
  rm -f "$work/bin/$1"
  printf '#!/bin/sh\n%s\n' "$2" >"$work/bin/$1"
  chmod +x "$work/bin/$1"
}
on_machine() {
  env PATH="$work/bin" PKG_CONFIG_LIBDIR="$work/modules" CMAKE_TOOLCHAIN_FILE="$work/toolchain.cmake" "$@"
}

# What this machine has, by the names of the cache's entries.
has_header() { ln -s "$(cached "REEL_$1_INCLUDE_DIR")"/*"$2"*.h "$work/root/usr/include"; }
has_library() { ln -s "$(cached "REEL_$1_LIBRARY")" "$work/root/usr/lib/lib$2.so"; }
# library <name> <C source>: another library of that name.
library() { "${REEL_TEST_CC:-cc}" -shared -fPIC -o "$work/root/usr/lib/lib$1.so" -xc - <<<"$2"; }
module() { printf 'Name: %s\nDescription: stale\nVersion: 9\nLibs: -L/nowhere -l%s\nCflags: -I/nowhere\n' "$1" "$1" \
  >"$work/modules/$1.pc"; }

# expect <status> <variable=value or argument>... <text that is said, or ! and one that is not>...
# asks <argument of dependencies.sh>...: remembers what it says, and its exit status.
asks() {
  status=0
  on_machine "$@" >"$said" 2>&1 || status=$?
}
dependencies=$source_dir/scripts/dependencies.sh
fail() {
  echo "FAILED: $title: $*"
  sed 's/^/    /' "$said"
  failures=$((failures + 1))
}
# expect <status> [<text that is said>]... [not <text that is not>]...
expect() {
  local wanted=$1 text sign=said
  shift
  [ "$status" -eq "$wanted" ] || fail "exit status $status, not $wanted"
  for text in "$@"; do
    if [ "$text" = not ]; then
      sign=not
    elif [ "$sign" = said ]; then
      grep -qF -- "$text" "$said" || fail "did not say: $text"
    else
      ! grep -qF -- "$text" "$said" || fail "said: $text"
    fi
  done
}
silent() { [ "$status" -eq 0 ] && ! [ -s "$said" ] || fail "not silent, or exit status $status"; }
title() {
  title=$*
  echo "-- $title"
}
# What the build itself says of that machine.
configure() {
  rm -rf "$work/build"
  status=0
  on_machine cmake "${generator[@]}" -S "$source_dir" -B "$work/build" -D REEL_BUILD_TESTS=OFF -D REEL_BUILD_EXAMPLES=OFF \
    -D REEL_BUILD_BENCH=ON "$@" >"$said" 2>&1 || status=$?
  tr -s ' \n' ' ' <"$said" >"$said.flat" # messages are broken into lines
  mv "$said.flat" "$said"
}

title "everything is there"
machine
has_header CBLAS blas
has_library CBLAS openblas
has_header CSV csv
has_library CSV csv
has_header ZIP zip
has_library ZIP zip
has_header PNG png
has_library PNG png16
has_header Z zlib
has_library Z z
has_header ZSTD zstd
has_library ZSTD zstd
has_header JANSSON jansson
has_library JANSSON jansson
asks "$dependencies"
silent
asks "$dependencies" tests
expect 1 not 'jansson ' libcsv 'Without'
configure
expect 0 'npz archives: ON' '.png: ON' not 'OpenBLAS is not here' 'Benchmarks are not built'

title "headers without their libraries, .pc files that outlived theirs, another BLAS"
machine
has_header CSV csv
has_header ZIP zip
has_header JANSSON jansson
has_header CBLAS blas
module jansson
module libzip
module openblas
library blas 'void cblas_sgemm(void) {} void cblas_dgemm(void) {}'
asks "$dependencies" tests
expect 1 'Without OpenBLAS' 'Without libzip' 'Without libpng' 'Without zlib' 'Without zstd' libcsv jansson 'apt-get install' libcsv-dev libjansson-dev
configure
expect 1 'libcsv was not found' 'scripts/dependencies.sh' 'OpenBLAS is not here'
configure -D REEL_WITH_IO=OFF
expect 0 'OpenBLAS is not here' 'Benchmarks are not built'
configure -D REEL_WITH_IO=OFF -D REEL_WITH_BLAS=ON
expect 1 'OpenBLAS was not found' 'REEL_WITH_BLAS=OFF'

title "libraries without their headers"
machine
has_library CBLAS openblas
has_library CSV csv
has_library ZIP zip
has_library JANSSON jansson
asks "$dependencies" tests
expect 1 'Without OpenBLAS and its cblas.h' 'Without libzip' libcsv jansson
configure -D REEL_WITH_IO=OFF # the benchmarks alone need the header
expect 0 'Benchmarks are not built' not 'OpenBLAS is not here'

title "the header of another BLAS beside OpenBLAS's library, other libraries by those names"
machine
echo 'void cblas_sgemm(void);' >"$work/root/usr/include/cblas.h"
has_library CBLAS openblas
has_header CSV csv
has_header ZIP zip
library csv 'int something;'
library zip 'int something;'
asks "$dependencies"
expect 1 'Without OpenBLAS and its cblas.h' 'Without libzip' libcsv

title "without OpenBLAS, libzip and libpng the build goes on"
machine
has_header CSV csv
has_library CSV csv
asks "$dependencies"
expect 0 'Without OpenBLAS' 'Without libzip' 'Without libpng' not 'administrator'

title "the tutorial needs a compiler, CMake and make alone"
machine
lacks_program pkg-config pkgconf gnuplot mandoc groff c++ g++
asks "$dependencies" tutorial
silent
configure -D REEL_WITH_IO=OFF -D REEL_BUILD_CLI=OFF -D REEL_BUILD_EXAMPLES=ON
expect 0

title "Ninja without make, and neither"
machine
lacks_program make gmake
if command -v ninja >/dev/null; then
  asks "$dependencies" tutorial
  silent
else
  echo "   there is no Ninja here: the first of these was NOT tried"
fi
lacks_program ninja
asks "$dependencies" tutorial
expect 1 'lacks: make' 'apt-get install make'
asks CMAKE_GENERATOR=Ninja "$dependencies" tutorial
expect 1 'lacks: ninja'

title "no CMake, or an old one"
machine
program cmake 'echo cmake version 3.18.4'
asks "$dependencies" tutorial
expect 1 'lacks: cmake' 'here is cmake version 3.18.4' 'pip install cmake'
lacks_program cmake
asks "$dependencies" tests
expect 1 'lacks: cmake' 'libcsv-dev' 'check'

title "CC: with an argument, with a space in its path, one that is not there, one for another machine"
machine
program launch 'exec "$@"'
mkdir "$work/a folder"
ln -s "$(command -v cc)" "$work/a folder/my cc"
asks CC="launch cc" "$dependencies" tutorial
silent
asks CC="$work/a folder/my cc" "$dependencies" tutorial
silent
asks CC=no-such-compiler "$dependencies" tutorial
expect 1 "CC='no-such-compiler'" 'does not make a program' 'CMake says' not administrator
program foreign-cc "
cc \"\$@\" || exit
while [ \$# -gt 0 ] && [ \"\$1\" != -o ]; do shift; done
case \${2-} in *.o | '') ;; *) printf '\\267' | dd of=\"\$2\" bs=1 seek=18 conv=notrunc 2>/dev/null ;; esac"
asks CC=foreign-cc "$dependencies"
expect 1 'libcsv' 'programs for another machine' not administrator

title "root, and no network: what is needed is named, what is not is left out"
machine
program id 'echo 0'
program apt-get 'echo "apt-get: Temporary failure resolving"; exit 100'
asks "$dependencies"
expect 1 'apt-get update failed; going on' 'lacks: libcsv' 'apt-get install'
has_header CSV csv
has_library CSV csv
asks "$dependencies"
expect 0 'apt-get update failed; going on' 'Without OpenBLAS' 'Without libzip'

title "root: one package that there is not does not keep the others away"
machine
program id 'echo 0'
program apt-get "
case \" \$* \" in
*' update '*) exit 0 ;;
*' libzip-dev '*) echo no libzip-dev; exit 100 ;;
*' libcsv-dev '*) ln -s '$(cached REEL_CSV_LIBRARY)' '$work/root/usr/lib/libcsv.so'
  ln -s '$(cached REEL_CSV_INCLUDE_DIR)/csv.h' '$work/root/usr/include' ;;
esac"
asks "$dependencies"
expect 0 'To be installed' 'no libzip-dev' 'Without libzip'
[ -e "$work/root/usr/lib/libcsv.so" ] || fail "did not install libcsv-dev"

title "sudo, without a password"
machine
program sudo '[ "$1" = -n ] && shift && echo "as root: $*"'
program apt-get 'exit 1'
asks "$dependencies"
expect 1 'as root: apt-get update' 'as root: env DEBIAN_FRONTEND=noninteractive apt-get install'

[ "$failures" -eq 0 ] || exit 1
echo "as it should be"
