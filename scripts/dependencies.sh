#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what the build needs and the machine lacks; silent where nothing is missing. What is missing is
# what the build would not find: the project cmake/missing is configured, in the environment as it is (CC,
# CXX, CMAKE_PREFIX_PATH, …), and answers. Says everything on standard error.
#
#   scripts/dependencies.sh [tutorial] [tests] [lint] [fuzz] [valgrind] [docs] [packages]
#
# The tutorial needs a C compiler, CMake, and make or Ninja, and nothing else. Without OpenBLAS, libzip, libpng, zlib or
# zstd the library is built and has less, so a build goes on; where anything else is missing and cannot be installed,
# the exit status is 1.
set -euo pipefail
exec >&2 </dev/null
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/build_folder.sh

for what in "$@"; do
  case $what in
  tutorial | tests | lint | fuzz | valgrind | docs | packages) ;;
  *)
    echo "usage: scripts/dependencies.sh [tutorial] [tests] [lint] [fuzz] [valgrind] [docs] [packages]"
    exit 2
    ;;
  esac
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake_is_new_enough() {
  local version major minor
  has cmake || return 1
  read -r _ _ version <<<"$(cmake --version)"
  IFS=. read -r major minor _ <<<"$version"
  [ "$major" -gt 3 ] || { [ "$major" -eq 3 ] && [ "$minor" -ge 21 ]; }
}

# What the build looks for besides a compiler, all of it.
build_needs() {
  case " $* " in
  *' tutorial '*) ;;
  *) echo openblas libcsv libzip libpng zlib zstd argp ;;
  esac
  case " $* " in *' tests '*) echo jansson check pkg-config c++ gnuplot mpi protobuf-c ;; esac
}

# Which of those the build would not find, as words. Where it cannot be asked, all of them.
missing_to_build() {
  local asked=library
  case " $* " in *' tutorial '*) asked= ;; esac
  case " $* " in *' tests '*) asked="$asked;tests" ;; esac
  cmake_is_new_enough || echo cmake
  has_build_tool || case ${CMAKE_GENERATOR-} in Ninja*) echo ninja ;; *) echo make ;; esac
  if ! cmake_is_new_enough || ! has_build_tool; then
    has cc || has gcc || has clang || [ -n "${CC-}" ] || echo compiler
    build_needs "$@"
    return
  fi
  rm -rf "$work/asked"
  if cmake -S cmake/missing -B "$work/asked" -D "REEL_ASK=$asked" >"$work/log" 2>&1; then
    cat "$work/asked/missing.txt"
  elif [ -n "${CC-}${CMAKE_TOOLCHAIN_FILE-}" ]; then
    echo chosen-compiler # which nobody but the user can mend
  else
    echo compiler
    build_needs "$@"
  fi
}

# And which tools.
missing_tools() {
  local what
  for what in "$@"; do
    case $what in
    tests)
      has mandoc || has groff || echo mandoc
      has ps || echo procps
      ;;
    lint)
      has clang-format || echo clang-format
      has clang-tidy || echo clang-tidy
      ;;
    fuzz)
      has clang && clang -fsanitize=fuzzer -xc -o /dev/null - 2>/dev/null \
        <<<'int LLVMFuzzerTestOneInput(void) { return 0; }' || echo fuzzer
      ;;
    valgrind) has valgrind || echo valgrind ;;
    docs) has doxygen || echo doxygen ;;
    packages)
      has dpkg-shlibdeps || echo dpkg-dev
      has debootstrap || echo debootstrap
      ;;
    esac
  done
}

missing() { { missing_to_build "$@"; missing_tools "$@"; } | tr '\n' ' '; }

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
    apt-get:libpng) echo libpng-dev ;;
    apt-get:mpi) echo libopenmpi-dev openmpi-bin ;;
    apt-get:protobuf-c) echo libprotobuf-c-dev protobuf-c-compiler protobuf-compiler ;;
    apt-get:zlib) echo zlib1g-dev ;;
    apt-get:zstd) echo libzstd-dev ;;
    apt-get:ninja | dnf:ninja) echo ninja-build ;;
    apt-get:gnuplot) echo gnuplot-nox ;;
    dnf:procps) echo procps-ng ;;
    apt-get:argp) echo libc6-dev ;;
    apt-get:fuzzer) echo clang libclang-rt-dev ;;
    dnf:compiler) echo gcc glibc-devel ;;
    dnf:c++) echo gcc-c++ ;;
    dnf:openblas) echo openblas-devel ;;
    dnf:jansson) echo jansson-devel ;;
    dnf:libcsv) echo libcsv-devel ;;
    dnf:libzip) echo libzip-devel ;;
    dnf:libpng) echo libpng-devel ;;
    dnf:mpi) echo openmpi-devel ;;
    brew:mpi) echo open-mpi ;;
    dnf:protobuf-c) echo protobuf-c-devel protobuf-c-compiler protobuf-compiler ;;
    brew:protobuf-c) echo protobuf-c protobuf ;;
    dnf:zlib) echo zlib-devel ;;
    dnf:zstd) echo libzstd-devel ;;
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

# What is said of them where they stay missing.
say_what_to_install() {
  echo "Please install, as an administrator:"
  echo "  Debian, Ubuntu   apt-get install $(package_names apt-get "$@")"
  echo "  Fedora           dnf install $(package_names dnf "$@")"
  echo "  macOS            xcode-select --install; brew install $(package_names brew "$@")" | sed 's/; brew install *$//'
  echo "  elsewhere        $*"
  case " $* " in
  *' cmake '*)
    echo "CMake has to be 3.21 or newer$(! has cmake || echo "; here is $(cmake --version | head -n 1)")."
    echo "Newer ones than the system's: https://cmake.org/download, or pip install cmake."
    ;;
  esac
}

# Runs a command as root; never asks for a password.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}
may_be_root() { [ "$(id -u)" -eq 0 ] || { has sudo && sudo -n true 2>/dev/null; }; }

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=120 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 "$@"
}

# One that the archive does not have, or does not give, is not to keep the others away.
install_packages() {
  local manager=$1 package
  shift
  case $manager in
  apt-get)
    as_root apt-get update -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 ||
      echo "apt-get update failed; going on with the lists that are there"
    apt_install "$@" || for package in "$@"; do apt_install "$package" || true; done
    ;;
  dnf) as_root dnf install -y "$@" || for package in "$@"; do as_root dnf install -y "$package" || true; done ;;
  brew) brew install "$@" || true ;;
  esac
}

manager=
if has apt-get && may_be_root; then
  manager=apt-get
elif has dnf && may_be_root; then
  manager=dnf
elif has brew; then
  manager=brew
fi

# Needs and packages are words without spaces.
# shellcheck disable=SC2046,SC2086
{
  needs=$(missing "$@")
  packages=$(package_names "${manager:-apt-get}" $needs)
  case $needs in *chosen-compiler*) packages= ;; esac
  if [ -n "$manager" ] && [ -n "${packages// /}" ] && ! [ -e "$work/asked/machine.txt" ]; then
    echo "Reel needs what this machine lacks: ${needs% }. To be installed: $packages"
    install_packages "$manager" $packages
    needs=$(missing "$@")
  fi

  required=
  for need in $needs; do
    case $need in
    openblas) echo "Without OpenBLAS and its cblas.h: Reel's own loops compute all products; no benchmarks." ;;
    libzip) echo "Without libzip: no .npz archives." ;;
    libpng) echo "Without libpng: no .png pictures." ;;
    mpi) echo "There is no MPI: the library reel_mpi is neither built nor tested." ;;
    protobuf-c) echo "There is no protobuf-c, or no protoc: reel export writes no ONNX files." ;;
    zlib) echo "Without zlib: no tables that gzip has compressed." ;;
    zstd) echo "Without zstd: no tables that zstd has compressed." ;;
    chosen-compiler)
      echo "The compiler that was chosen (CC='${CC-}'${CMAKE_TOOLCHAIN_FILE:+, $CMAKE_TOOLCHAIN_FILE}) does not" \
        "make a program. CMake says:"
      sed -n '/^CMake Error/,$p' "$work/log" | sed -n '/./p' | head -n 20
      exit 1
      ;;
    *) required="$required $need" ;;
    esac
  done
  [ -n "$required" ] || exit 0
  echo "Reel needs what this machine lacks:$required"
  if [ -e "$work/asked/machine.txt" ]; then
    echo "The compiler makes programs for another machine, $(cat "$work/asked/machine.txt"): what they are linked" \
      "with has to be that machine's, where CMAKE_PREFIX_PATH or CMAKE_TOOLCHAIN_FILE says."
  else
    say_what_to_install $needs
  fi
  exit 1
}
