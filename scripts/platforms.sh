#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds Reel for other compilers and machines and runs the tests that can run here, under emulators where the
# machine is another.
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: scripts/platforms.sh [--quick] [--write] NAME...|all
       scripts/platforms.sh --list

Installs what each platform needs (packages of Debian, if it may), builds there in build/platforms/NAME, tests,
and says a line for each. The exit status is 0 if all tests passed, 3 if a platform could not be tried.

  --quick  the digits (examples, tutorial, PyTorch's cases and trainings) and a few unit tests
  --write  puts what was found into the table of docs/platforms.md
  --list   the platforms
USAGE
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
all=(gcc clang musl i386 i386-x87 aarch64 armhf riscv64 ppc64el s390x mingw wasm macos freebsd)
zig_version=0.17.1
jobs=$(getconf _NPROCESSORS_ONLN)

# The newest of Debian's packages <name>-<version>.
newest() {
  local package
  for package in $(apt-cache pkgnames "$1-" 2>/dev/null | grep -xE "$1-[0-9]+" | sort -rV); do
    if apt-cache policy "$package" | grep -qE 'Candidate: [0-9]'; then
      echo "$package"
      return
    fi
  done
  echo "$1"
}

# qemu <Debian's name of the architecture> <its triple> <CMake's name> <QEMU's>
qemu() {
  packages=("gcc-$2" "libc6-dev-$1-cross" qemu-user)
  compiler=$2-gcc
  runs="QEMU"
  configure=(-D CMAKE_SYSTEM_NAME=Linux -D "CMAKE_SYSTEM_PROCESSOR=$3")
  emulator=("qemu-$4" -L "/usr/$2")
  own_libraries=yes
  leave_out=unit/pool_internal
  why="which forks a process with threads"
}

# by_zig <CMake's name of the system> <Zig's name of a target>...
by_zig() {
  system=$1
  targets=("${@:2}")
  packages=(python3-pip)
  own_libraries=yes
  runs="–"
  mode=compile
}

# What a platform is: sets machine, packages, compiler, configure (CMake's arguments), runs and emulator (what its
# programs run under), own_libraries (not the system's), leave_out (tests that cannot run there, a regular
# expression) and why, and mode (run, compile, refuse).
describe() {
  packages=() configure=() emulator=() compiler=cc
  own_libraries="" leave_out="" why="" mode=run runs="itself"
  case $1 in
  gcc)
    machine="x86-64, Linux, GCC"
    compiler=$(newest gcc)
    packages=("$compiler" "${compiler/gcc/g++}")
    configure=(-D "CMAKE_CXX_COMPILER=${compiler/gcc/g++}")
    ;;
  clang)
    machine="x86-64, Linux, Clang"
    compiler=$(newest clang)
    packages=("$compiler")
    configure=(-D "CMAKE_CXX_COMPILER=${compiler/clang/clang++}")
    ;;
  musl)
    machine="x86-64, Linux, musl, static"
    compiler=musl-gcc
    packages=(musl-tools)
    configure=(-D CMAKE_EXE_LINKER_FLAGS=-static -D BUILD_SHARED_LIBS=OFF -D CMAKE_CXX_COMPILER=)
    own_libraries=yes
    ;;
  i386)
    machine="32-bit x86 with SSE2, Linux, static"
    compiler=i686-linux-gnu-gcc
    packages=(gcc-i686-linux-gnu libc6-dev-i386-cross)
    configure=(-D CMAKE_SYSTEM_NAME=Linux -D CMAKE_SYSTEM_PROCESSOR=i686 -D CMAKE_EXE_LINKER_FLAGS=-static
      -D BUILD_SHARED_LIBS=OFF)
    own_libraries=yes
    ;;
  i386-x87)
    machine="32-bit x86 without SSE2"
    compiler=i686-linux-gnu-gcc
    packages=(gcc-i686-linux-gnu libc6-dev-i386-cross)
    configure=(-D CMAKE_SYSTEM_NAME=Linux -D CMAKE_SYSTEM_PROCESSOR=i686 -D CMAKE_C_FLAGS=-mno-sse2
      -D REEL_WITH_IO=OFF -D REEL_WITH_BLAS=OFF)
    mode=refuse
    ;;
  aarch64)
    machine="64-bit ARM, Linux"
    qemu arm64 aarch64-linux-gnu aarch64 aarch64
    ;;
  armhf)
    machine="32-bit ARM (VFPv3), Linux"
    qemu armhf arm-linux-gnueabihf armv7 arm
    ;;
  riscv64)
    machine="64-bit RISC-V, Linux"
    qemu riscv64 riscv64-linux-gnu riscv64 riscv64
    ;;
  ppc64el)
    machine="64-bit POWER, little-endian, Linux"
    qemu ppc64el powerpc64le-linux-gnu ppc64le ppc64le
    ;;
  s390x)
    machine="IBM Z, big-endian, Linux"
    qemu s390x s390x-linux-gnu s390x s390x
    ;;
  mingw)
    machine="x86-64, Windows (mingw-w64), static"
    compiler=x86_64-w64-mingw32-gcc-posix
    packages=(gcc-mingw-w64-x86-64-posix g++-mingw-w64-x86-64-posix wine64)
    configure=(-D CMAKE_SYSTEM_NAME=Windows -D CMAKE_SYSTEM_PROCESSOR=x86_64
      -D CMAKE_CXX_COMPILER=x86_64-w64-mingw32-g++-posix
      -D CMAKE_EXE_LINKER_FLAGS=-static -D BUILD_SHARED_LIBS=OFF)
    runs="Wine"
    emulator=("$(command -v wine64 || echo /usr/lib/wine/wine64)")
    own_libraries=yes
    ;;
  wasm)
    machine="WebAssembly (Emscripten)"
    compiler=emcc
    packages=(emscripten nodejs)
    # -O1: each program's code is not optimised a second time when it is linked, which takes long.
    configure=(-D CMAKE_TOOLCHAIN_FILE=/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake
      -D "CMAKE_EXE_LINKER_FLAGS=-O1 -sNODERAWFS=1 -sALLOW_MEMORY_GROWTH=1 -sEXIT_RUNTIME=1"
      -D BUILD_SHARED_LIBS=OFF)
    runs="Node"
    leave_out="unit/print|unit/special_values_internal"
    why="there is no dup2, and relu(-0) is 0, because Clang 14 makes it a maximum"
    emulator=(node --no-experimental-fetch) # which Emscripten 3.1 would have load a file
    own_libraries=yes
    ;;
  macos)
    machine="ARM and x86-64, macOS"
    by_zig Darwin aarch64-macos x86_64-macos
    ;;
  freebsd)
    machine="x86-64, FreeBSD"
    by_zig FreeBSD x86_64-freebsd
    ;;
  *) return 1 ;;
  esac
}

# Installs those of the packages that are not there; false, and the reason in $missing, if that cannot be.
install_packages() {
  local package absent=() root_command=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q 'ok installed' || absent+=("$package")
  done
  [ ${#absent[@]} -gt 0 ] || return 0
  missing="${absent[*]} cannot be installed here"
  command -v apt-get >/dev/null || return 1
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || return 1
    root_command=(sudo)
  fi
  "${root_command[@]}" apt-get update >>"$log" 2>&1 || true
  "${root_command[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=120 "${absent[@]}" >>"$log" 2>&1 || return 1
}

# The sources of the libraries, unpacked in build/platforms/sources, by the lists of sources that belong to the
# lists of packages which apt has; nothing of the system's is changed.
fetch_sources() {
  local folder=$root/build/platforms/sources name archive
  local options=(-o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o "APT::Sandbox::User=$(id -un)")
  [ ! -e "$folder/complete" ] || return 0
  missing="the sources of Debian's packages jansson, libcsv and check cannot be had"
  rm -rf "$folder"
  mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
  apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null | sort -u |
    grep '/debian' | sed 's/^/deb-src /' >"$folder/sources.list"
  apt-get "${options[@]}" update >>"$log" 2>&1 || return 1
  (cd "$folder" && apt-get "${options[@]}" source --download-only jansson libcsv check) >>"$log" 2>&1 || return 1
  for name in jansson libcsv check; do
    mkdir "$folder/$name"
    archive=$(echo "$folder/${name}_"*.orig.tar.*)
    tar xf "$archive" -C "$folder/$name" --strip-components=1 || return 1
  done
  rm "$folder/libcsv/test_csv.c" # a program
  touch "$folder/complete"
}

# The libraries of tests/platforms, in build/platforms/<name>/prefix.
build_libraries() {
  [ ! -e "$build/prefix/complete" ] || return 0
  cmake -S tests/platforms -B "$build/libraries" -D "SOURCES=$root/build/platforms/sources" \
    -D "CMAKE_C_COMPILER=$compiler" "${configure[@]}" -D CMAKE_BUILD_TYPE=Release \
    -D "CMAKE_INSTALL_PREFIX=$build/prefix" -D CMAKE_INSTALL_LIBDIR=lib >>"$log" 2>&1 &&
    cmake --build "$build/libraries" --parallel "$jobs" >>"$log" 2>&1 &&
    cmake --install "$build/libraries" >>"$log" 2>&1 && touch "$build/prefix/complete"
}

configure_reel() {
  local arguments=(-D "CMAKE_C_COMPILER=$compiler" "${configure[@]}" -D CMAKE_BUILD_TYPE=Release -D REEL_WERROR=ON
    -D REEL_BUILD_BENCH=OFF "$@")
  if [ -n "$own_libraries" ]; then
    export PKG_CONFIG_LIBDIR=$build/prefix/lib/pkgconfig PKG_CONFIG_PATH=
    arguments+=(-D "CMAKE_FIND_ROOT_PATH=$build/prefix" -D "CMAKE_PREFIX_PATH=$build/prefix"
      -D CMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY -D CMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY
      -D CMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY -D REEL_WITH_BLAS=OFF -D REEL_WITH_NPZ=OFF -D REEL_WITH_PNG=OFF -D REEL_BUILD_CLI=OFF)
  fi
  if [ ${#emulator[@]} -gt 0 ]; then
    local IFS=';'
    arguments+=(-D "CMAKE_CROSSCOMPILING_EMULATOR=${emulator[*]}")
  fi
  cmake -B "$build/reel" "${arguments[@]}" >>"$log" 2>&1
}

# What of the unit tests differs from machine to machine: arithmetic, bytes, the C library's formats.
quick_units=(fma_internal npy safetensors print random special_values_internal tensor_internal)

# And what takes minutes under QEMU; the trainings are quick enough elsewhere.
too_long() {
  echo 'examples/(autoencoder|bounding_boxes|image_to_image)'
  [ "$runs" != QEMU ] || echo training
}

# The programs of --quick.
quick_targets() {
  local source name
  for source in examples/*.c; do
    name=$(basename "$source" .c)
    case $name in *autoencoder | *bounding_boxes | *image_to_image | *data_parallel) ;; *) echo "${name#*_}" ;; esac
  done
  for name in tutorial_in_cpp data_parallel; do # which take a C++ compiler, and MPI
    [ ! -d "$build/reel/examples/CMakeFiles/$name.dir" ] || echo "$name"
  done
  printf '%s\n' conformance trajectories "${quick_units[@]/#/test_unit_}"
}

build_reel() {
  local targets=()
  if [ -n "$quick" ]; then
    read -ra targets <<<"$(quick_targets | tr '\n' ' ')"
    targets=(--target "${targets[@]}")
  fi
  cmake --build "$build/reel" --parallel "$jobs" "${targets[@]}" >>"$log" 2>&1
}

test_reel() {
  local names='^(examples|conformance|training|unit|fault|train|fuzz|cli)/' out=${leave_out:-^$} units
  if [ -n "$quick" ]; then
    units=$(IFS='|' && echo "${quick_units[*]}")
    names="^((examples|conformance|training)/|unit/($units)\$)"
    out="$out|^($(too_long | tr '\n' '|')^\$)"
  fi
  CK_TIMEOUT_MULTIPLIER=10 WINEDEBUG=-all WINEPREFIX=$build/wine \
    ctest --test-dir "$build/reel" --parallel "$jobs" --no-tests=error --output-on-failure --timeout 1200 \
    -R "$names" -E "$out" >"$build/tests.log" 2>&1
}

# passed <regular expression of tests' names>: how many of them did.
passed() { grep -cE "Test +#[0-9]+: $1 \.* *Passed" "$build/tests.log" || true; }

# What the tests say in words; false where fewer ran than there are.
summary() {
  local log=$build/reel/Testing/Temporary/LastTest.log tests tutorials examples cases left_out enough=0
  tests=$(passed '(unit|fault|train|fuzz|cli)/[^ ]+')
  tutorials=$(passed 'examples/l1_tutorial-(-?[0-9]|no-seed)[^ ]*')
  examples=$(passed 'examples/[a-z0-9_]+')
  cases=$(grep -E '^[0-9]+ passed, 0 failed, 0 skipped.?$' "$log" | awk '{ n += $1 } END { print n + 0 }')
  printf 'tests passed (%s programs)' "$tests"
  printf ', digits equal (%s tutorials, %s examples, %s of PyTorch'\''s cases and trainings)' \
    "$tutorials" "$examples" "$cases"
  [ -z "$quick" ] || printf ', without %s' "$(too_long | paste -s -d , -)"
  [ -z "$leave_out" ] || printf '; without %s: %s' "${leave_out//|/ and }" "$why"
  left_out=$(printf '%s\n' "${quick_units[@]/#/unit/}" | grep -cxE "${leave_out:-^$}" || true)
  [ "$tests" -ge $((${#quick_units[@]} - left_out)) ] || enough=1
  [ "$tutorials" -gt "$(find tests/data/tutorial -name 'seed-*' | wc -l)" ] || enough=1
  [ "$examples" -ge "$(find examples/expected -name '*.txt' ! -name data_parallel.txt ${quick:+! -name autoencoder.txt ! -name bounding_boxes.txt ! -name image_to_image.txt} | wc -l)" ] || enough=1
  [ "$cases" -gt 6000 ] || enough=1
  return "$enough"
}

# Zig's C compiler is Clang, with the headers and the linker's lists of libraries of systems that Debian has nothing
# of. It is in PyPI as ziglang, and goes into build/platforms/zig.
fetch_zig() {
  local folder=$root/build/platforms/zig
  [ ! -x "$folder/ziglang/zig" ] || return 0
  missing="ziglang cannot be had from PyPI"
  python3 -m pip install --quiet --no-deps --target "$folder" "ziglang==$zig_version" >>"$log" 2>&1
}

# zig_tools <folder> <Zig's name of the target>: a cc, an ar and a ranlib.
zig_tools() {
  local tool arguments
  mkdir -p "$1"
  for tool in cc ar ranlib; do
    arguments=$tool
    [ "$tool" != cc ] || arguments="cc -target $2"
    printf '#!/bin/sh\nexport ZIG_GLOBAL_CACHE_DIR="%s"\nexec "%s" %s "$@"\n' "$root/build/platforms/zig/cache" \
      "$root/build/platforms/zig/ziglang/zig" "$arguments" >"$1/$tool"
    chmod +x "$1/$tool"
  done
}

# The library, the examples and the tests' programs for each of $targets, compiled and linked.
compile_by_zig() {
  local target whole=$build
  for target in "${targets[@]}"; do
    build=$whole/$target
    mkdir -p "$build"
    zig_tools "$build/tools" "$target"
    compiler=$build/tools/cc
    configure=(-D "CMAKE_SYSTEM_NAME=$system" -D "CMAKE_SYSTEM_PROCESSOR=${target%%-*}"
      -D "CMAKE_AR=$build/tools/ar" -D "CMAKE_RANLIB=$build/tools/ranlib" -D CMAKE_CXX_COMPILER=
      -D CMAKE_INSTALL_NAME_TOOL=true -D CMAKE_OSX_SYSROOT= -D CMAKE_OSX_DEPLOYMENT_TARGET=)
    build_libraries && configure_reel && build_reel || return 1
  done
}

# try <name>: $result in words; status 1 if a test failed or something does not compile, 3 if it cannot be tried.
try() {
  describe "$1"
  build=$root/build/platforms/$1
  log=$build/build.log
  mkdir -p "$build"
  : >"$log"
  missing="the build's log says why: ${log#"$root"/}"
  if ! install_packages cmake make pkg-config "${packages[@]}" ||
    { [ -n "$own_libraries" ] && ! fetch_sources; }; then
    result="not tried: $missing"
    return 3
  fi
  case $compiler in *clang*) version=Clang ;; emcc) version=Emscripten ;; *) version=GCC ;; esac
  version="$version $("$compiler" --version 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+\.[0-9]+|-posix)' | head -n 1)"
  case $mode in
  refuse)
    if configure_reel || ! grep -q 'does not round every operation' "$log"; then
      result="FAILED: it compiles, and its digits would be wrong"
      return 1
    fi
    result="refused: x87 rounds a float twice, so the digits would be wrong; CMake and the compiler say so"
    return
    ;;
  compile)
    if ! fetch_zig; then
      result="not tried: $missing"
      return 3
    fi
    version="Zig $zig_version (Clang)"
    result="library, examples and tests compile without a warning and link; missing is a machine to run them on"
    compile_by_zig && return
    ;;
  run)
    [ -n "$own_libraries" ] || scripts/dependencies.sh tests
    if { [ -z "$own_libraries" ] || build_libraries; } && configure_reel && build_reel; then
      if test_reel; then
        result=$(summary) && return
        result="FAILED: not all tests ran: $result"
      else
        result="FAILED: see ${build#"$root"/}/tests.log"
      fi
      return 1
    fi
    ;;
  esac
  result="FAILED: does not build, see ${log#"$root"/}"
  return 1
}

# Puts a row into the table of the document, in the place of the platform's old one.
write_row() {
  local document=docs/platforms.md row
  row="| \`$1\` | $machine | $version | $runs | $result |"
  awk -v name="\`$1\`" -v row="$row" '
    $2 == name { print row; done = 1; next }
    /^<!-- end of the table/ && !done { print row }
    { print }' "$document" >"$build/document"
  cp "$build/document" "$document"
}

# Sets quick, write and names from the arguments.
quick="" write="" names=()
read_arguments() {
  local argument name
  for argument in "$@"; do
    case $argument in
    --quick) quick=yes ;;
    --write) write=yes ;;
    --list)
      for name in "${all[@]}"; do
        describe "$name"
        printf '%-10s %s\n' "$name" "$machine"
      done
      exit
      ;;
    --help | -h)
      usage
      exit
      ;;
    all) names=("${all[@]}") ;;
    *)
      if ! describe "$argument"; then
        echo "platforms: no platform is called $argument; there are ${all[*]}" >&2
        exit 2
      fi
      names+=("$argument")
      ;;
    esac
  done
  if [ ${#names[@]} -eq 0 ]; then
    usage >&2
    exit 2
  fi
}

main() {
  local name started status failed=0 untried=0
  read_arguments "$@"
  exec </dev/null
  for name in "${names[@]}"; do
    started=$SECONDS status=0
    try "$name" || status=$?
    printf '%-10s %s: %s [%s s]\n' "$name" "$machine" "$result" "$((SECONDS - started))"
    case $status in 0) ;; 3) untried=3 ;; *) failed=1 ;; esac
    [ -z "$write" ] || [ "$status" -eq 3 ] || write_row "$name"
  done
  [ "$failed" -eq 0 ] || exit 1
  exit "$untried"
}

main "$@"
