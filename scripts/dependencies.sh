#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what the build needs and the machine lacks; silent and quick where nothing is missing.
# Says everything on standard error.
#
#   scripts/dependencies.sh [tests] [lint] [fuzz] [valgrind] [docs] [packages]
set -euo pipefail
exec >&2 </dev/null

if [ "$(uname)" = Darwin ]; then # Homebrew keeps its packages, and OpenBLAS apart from them, out of the default paths
  export CPATH="/opt/homebrew/include${CPATH:+:$CPATH}"
  export PKG_CONFIG_PATH="/opt/homebrew/opt/openblas/lib/pkgconfig:/usr/local/opt/openblas/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
fi

c_compiler=${CC:-cc}
cxx_compiler=${CXX:-c++}
has() { command -v "$1" >/dev/null; }
compiles() { $c_compiler -xc -fsyntax-only - 2>/dev/null; }

cmake_is_new_enough() {
  local version
  has cmake || return 1
  read -r _ _ version <<<"$(cmake --version)"
  IFS=. read -r major minor _ <<<"$version"
  [ "$major" -gt 3 ] || { [ "$major" -eq 3 ] && [ "$minor" -ge 21 ]; }
}

# Names the needs that are not met, one a line.
missing() {
  compiles <<<'#include <math.h>' || echo compiler
  cmake_is_new_enough || echo cmake
  has make || has ninja || echo make
  has pkg-config || echo pkg-config
  { has pkg-config && pkg-config --exists openblas; } || compiles <<<'#include <cblas.h>' ||
    echo openblas
  { has pkg-config && pkg-config --exists jansson; } || compiles <<<'#include <jansson.h>' ||
    echo jansson
  compiles <<<$'#include <csv.h>\nstruct csv_parser parser;' || echo libcsv
  { has pkg-config && pkg-config --exists libzip; } || compiles <<<'#include <zip.h>' || echo libzip
  # glibc has it.
  compiles <<<'#include <argp.h>' || { has brew && brew list argp-standalone >/dev/null 2>&1; } || echo argp
  for extra in "$@"; do
    case $extra in
    tests)
      { has pkg-config && pkg-config --exists check; } || echo check
      has "$cxx_compiler" || echo c++
      has gnuplot || echo gnuplot
      has mandoc || has groff || echo mandoc
      ;;
    fuzz) has clang && clang -fsanitize=fuzzer -xc -o /dev/null - 2>/dev/null \
      <<<'int LLVMFuzzerTestOneInput(void) { return 0; }' || echo fuzzer ;;
    valgrind) has valgrind || echo valgrind ;;
    docs) has doxygen || echo doxygen ;;
    packages)
      has dpkg-shlibdeps || echo dpkg-dev
      has debootstrap || echo debootstrap
      ;;
    lint)
      has clang-format || echo clang-format
      has clang-tidy || echo clang-tidy
      ;;
    esac
  done
}

# package_names <apt-get|dnf|brew> <need>...: what each need is called there.
package_names() {
  local manager=$1 need
  shift
  for need in "$@"; do
    case $manager:$need in
    apt-get:compiler) echo gcc libc6-dev ;;
    apt-get:c++) echo g++ ;;
    apt-get:openblas) echo libopenblas-dev ;;
    apt-get:jansson) echo libjansson-dev ;;
    apt-get:libcsv) echo libcsv-dev ;;
    apt-get:libzip) echo libzip-dev ;;
    apt-get:gnuplot) echo gnuplot-nox ;;
    apt-get:argp) echo libc6-dev ;;
    apt-get:fuzzer) echo clang libclang-rt-dev ;;
    dnf:compiler) echo gcc glibc-devel ;;
    dnf:c++) echo gcc-c++ ;;
    dnf:openblas) echo openblas-devel ;;
    dnf:jansson) echo jansson-devel ;;
    dnf:libcsv) echo libcsv-devel ;;
    dnf:libzip) echo libzip-devel ;;
    dnf:argp) echo glibc-devel ;;
    dnf:fuzzer) echo clang compiler-rt ;;
    dnf:check) echo check-devel ;;
    dnf:pkg-config) echo pkgconf-pkg-config ;;
    dnf:clang-*) echo clang-tools-extra ;;
    brew:clang-* | brew:fuzzer) echo llvm ;;
    brew:pkg-config) echo pkgconf ;;
    brew:argp) echo argp-standalone ;;
    brew:compiler | brew:c++ | brew:make) ;; # Apple's, by xcode-select --install
    *) echo "$need" ;;
    esac
  done | tr ' ' '\n' | sort -u | tr '\n' ' '
}

say_what_to_install() {
  echo "Reel needs what this machine lacks: $*"
  echo "Please install, as an administrator:"
  echo "  Debian, Ubuntu   apt-get install $(package_names apt-get "$@")"
  echo "  Fedora           dnf install $(package_names dnf "$@")"
  echo "  macOS            xcode-select --install; brew install $(package_names brew "$@")"
  echo "  elsewhere        a C11 compiler, make, pkg-config, OpenBLAS with cblas.h, Jansson, libcsv, libzip;
 for the tests Check, a C++ compiler, gnuplot and mandoc"
  case " $* " in
  *' cmake '*)
    echo "CMake has to be 3.21 or newer$(has cmake && echo "; here is $(cmake --version | head -n 1)")."
    echo "Newer ones than the system's: https://cmake.org/download, or pip install cmake."
    ;;
  esac
  exit 1
}

# Runs a command as root; never asks for a password.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}
may_be_root() { [ "$(id -u)" -eq 0 ] || { has sudo && sudo -n true 2>/dev/null; }; }

install_packages() {
  local packages
  if has apt-get && may_be_root; then
    read -ra packages <<<"$(package_names apt-get "$@")"
    as_root apt-get update || echo "apt-get update failed; going on with the lists that are there"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      -o DPkg::Lock::Timeout=120 "${packages[@]}"
  elif has dnf && may_be_root; then
    read -ra packages <<<"$(package_names dnf "$@")"
    as_root dnf install -y "${packages[@]}"
  elif has brew; then
    read -ra packages <<<"$(package_names brew "$@")"
    [ ${#packages[@]} -eq 0 ] || brew install "${packages[@]}"
  else
    return 1
  fi
}

for extra in "$@"; do
  case $extra in
  tests | lint | fuzz | valgrind | docs | packages) ;;
  *)
    echo "usage: scripts/dependencies.sh [tests] [lint] [fuzz] [valgrind] [docs] [packages]"
    exit 2
    ;;
  esac
done

read -ra needs <<<"$(missing "$@" | tr '\n' ' ')"
[ ${#needs[@]} -gt 0 ] || exit 0
install_packages "${needs[@]}" || say_what_to_install "${needs[@]}"
read -ra needs <<<"$(missing "$@" | tr '\n' ' ')"
[ ${#needs[@]} -eq 0 ] || say_what_to_install "${needs[@]}"
