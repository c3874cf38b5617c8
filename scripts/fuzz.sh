#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs every fuzz target for so many seconds each, under the address and undefined behaviour sanitizers:
#
#   scripts/fuzz.sh [SECONDS [NAME...]]      60 if none are given, and all of them
#
# api makes calls of all public functions, the others read a file's bytes; scripts/fuzz.sh 3600 api is an hour of it.
# With Clang's libFuzzer the inputs are guided by coverage; where that is not installed and cannot be, they are
# damaged copies of the corpus, drawn blindly, and a line says so. What makes a target fail is left in
# build/fuzz/found; bin/fuzz_<name> of any build runs it again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/batches.sh

seconds=${1-60}
[ $# -eq 0 ] || shift
wanted=" $* "
sanitizers=address,undefined
build=build/fuzz
found=$PWD/$build/found
jobs=$(getconf _NPROCESSORS_ONLN)
scripts/dependencies.sh fuzz || true

has_libfuzzer() {
  local folder status=0
  folder=$(mktemp -d)
  printf '%s\n' '#include <stddef.h>' '#include <stdint.h>' \
    'int LLVMFuzzerTestOneInput(const uint8_t *, size_t);' \
    'int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n) { (void)d; return n > (size_t)-2; }' \
    >"$folder/probe.c"
  clang -fsanitize=fuzzer,$sanitizers -o "$folder/probe" "$folder/probe.c" 2>/dev/null || status=1
  rm -r "$folder"
  return $status
}

# build <compiler> <flag>...
build() {
  local compiler=$1
  shift
  cmake -B "$build" -D CMAKE_C_COMPILER="$compiler" -D CMAKE_BUILD_TYPE=RelWithDebInfo \
    -D CMAKE_C_FLAGS_RELWITHDEBINFO="-O2 -g1 -DNDEBUG" \
    -D CMAKE_C_FLAGS="-fno-sanitize-recover=all -fno-omit-frame-pointer $*" -D REEL_FUZZ="$guided" \
    -D REEL_BUILD_BENCH=OFF -D REEL_BUILD_EXAMPLES=OFF >/dev/null
  local targets=()
  for name in "${names[@]}"; do targets+=("fuzz_$name"); done
  if ! cmake --build "$build" --parallel "$jobs" --target "${targets[@]}" >"$build/build.log" 2>&1; then
    tail -n 40 "$build/build.log"
    return 1
  fi
}

names=()
for source in tests/fuzz/*.c; do
  name=$(basename "$source" .c)
  [ $# -eq 0 ] || [[ $wanted = *" $name "* ]] || continue
  if [ "$name" = npz ] && ! printf '#include <zip.h>\n' | ${CC:-cc} -xc -fsyntax-only - 2>/dev/null; then
    echo "fuzz: npz is left out, libzip is not installed"
    continue
  fi
  names+=("$name")
done

guided=OFF
if command -v clang >/dev/null && has_libfuzzer; then
  guided=ON
  build clang "-fsanitize=fuzzer-no-link,$sanitizers"
else
  echo "fuzz: Clang's libFuzzer is NOT installed: the inputs are drawn blindly, without coverage"
  build "${CC:-cc}" "-fsanitize=$sanitizers"
fi

# Leaks are left to the tests: the leak sanitizer does not work in every container.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1
mkdir -p "$found"

# run <name>: and says what its log says in short.
run() {
  local name=$1 program=$build/bin/fuzz_$1 corpus longest=8192 folders status=0
  if [ "$guided" = ON ]; then
    corpus=$build/corpus/$name # what is found new stays out of the repository
    [ "$name" != api ] || longest=512
    mkdir -p "$corpus"
    folders=("$corpus")
    [ ! -d "tests/fuzz/corpus/$name" ] || folders+=("tests/fuzz/corpus/$name")
    "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len="$longest" \
      -print_final_stats=1 -verbosity=0 -artifact_prefix="$found/$name-" \
      "${folders[@]}" >"$build/$name.log" 2>&1 || status=1
    grep -E 'number_of_executed_units|average_exec_per_sec|peak_rss_mb|ERROR|SUMMARY' "$build/$name.log" |
      sed "s/^/fuzz $name: /" || true
    return "$status"
  elif [ "$name" = api ]; then
    "$program" --seed "$RANDOM" --runs 1000000000 --seconds "$seconds" >"$build/$name.log" 2>&1 || status=1
  else
    "$program" --mutate 1000000000 "$seconds" tests/fuzz/corpus/"$name"/* >"$build/$name.log" 2>&1 || status=1
  fi
  sed "s/^/fuzz $name: /" "$build/$name.log" | tail -n 20
  return "$status"
}

failed=0
in_batches run "${names[@]}" || failed=1
[ "$failed" -eq 0 ] || echo "fuzz: FAILED, see $build/*.log and $found"
exit "$failed"
