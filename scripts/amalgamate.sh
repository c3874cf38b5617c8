#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes of the whole library, but for what reads and writes files, two files to be copied into any
# project: reel.c and reel.h. Needs nothing but a shell and awk.
#
#   scripts/amalgamate.sh [FOLDER]     # dist, if none is named
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:-dist}

version=$(sed -n 's/^#define REEL_VERSION_[MP].* //p' include/reel/config.h | paste -sd. -)
# What CMakeLists.txt builds with REEL_WITH_IO=OFF: the layers, and of these not the sources that
# macro(reel_layer) takes out then.
layers=$(sed -n 's/^reel_layer(\([a-z]*\).*/\1/p' CMakeLists.txt)
without=$(sed -n '/^macro(reel_layer/,/^endmacro/ s/.*EXCLUDE REGEX "\(.*\)").*/\1/p' CMakeLists.txt |
  sed 's/\\\\/\\/g')
folders=src/kernel/cpu
for layer in $layers; do
  folders="src/$layer $folders"
done

# The sources of a layer, one a line.
sources() {
  find "src/$1" -maxdepth 1 -name '*.c' | grep -vE "$without" | LC_ALL=C sort
}

# unit <file> <suffix of its names>: names start with the file's name, and where two files have that,
# with their folder's too.
unit() {
  local name=${1##*/} place=${1%/*}
  name=${name%.c}
  [ "$(find src -name "$name.c" | wc -l)" -eq 1 ] || name=${place##*/}_$name
  echo "unit $1 $name$2"
}

# What one CPU level may use, in GCC's words and in Clang's.
features() {
  case $1 in
  avx2) echo avx2,fma ;;
  avx512) echo avx512f,avx512dq,avx512bw,avx512vl,avx2,fma ;;
  esac
}

text() { sed 's/^/text /'; }

# level <name>: the kernels for one level of CPU, in functions that the compiler is told may use it.
level() {
  local file
  if [ "$1" != portable ]; then
    text <<END

#ifdef REELI_X86
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("$(features "$1")"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("$(features "$1")$([ "$1" = avx2 ] || echo ,prefer-vector-width=256)")
#endif
END
  fi
  echo "text #define REELI_CPU $1"
  for file in $(sources kernel/cpu); do
    case $1:$file in
    avx*:*/i64.c | avx512:*/f64.c | avx512:*/normal.c) ;; # as cpu_level.c has it
    *) unit "$file" "_$1" ;;
    esac
  done
  echo "text #undef REELI_CPU"
  if [ "$1" != portable ]; then
    text <<'END'
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
END
  fi
}

# The list for amalgamate.awk.
list() {
  local layer file
  for layer in $layers; do
    for file in $(sources "$layer"); do unit "$file" ""; done
  done
  text <<'END'

/* The kernels, once for each level of CPU. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__) && !defined(__OPTIMIZE_SIZE__)
#pragma GCC optimize("tree-vectorize", "vect-cost-model=dynamic", "no-trapping-math", "no-schedule-insns")
#endif
#if defined(__GNUC__) && !defined(__cplusplus) /* nobody asks for errno: a root is an instruction */
__attribute__((const)) double(sqrt)(double);
__attribute__((const)) float(sqrtf)(float);
#endif
END
  echo own
  level portable
  level avx2
  level avx512
}

heading() {
  printf '/* Reel %s in one file, made by scripts/amalgamate.sh of its sources.%s\n *\n' "$version" "$1"
  sed 's/^/ * /; s/ *$//' LICENSE
  echo ' */'
}

# The public headers that the sources use, and those that these use, each after what it includes.
header_order() {
  local file
  for file in "$@"; do
    case " $ordered " in *" $file "*) continue ;; esac
    # shellcheck disable=SC2046
    header_order $(sed -n 's/^#include <\(reel\/.*\)>/include\/\1/p' "$file")
    ordered="$ordered $file"
  done
}

mkdir -p "$folder"
list >"$folder/list"

ordered=
used=$(for layer in $layers; do find "src/$layer" -name '*.[ch]'; done | grep -vE "${without//\\.c/\\.[ch]}" |
  xargs sed -n 's/^#include <\(reel\/.*\)>/include\/\1/p' | LC_ALL=C sort -u)
header_order $used
{
  heading ' reel.c goes with it.'
  printf '#ifndef REEL_REEL_H\n#define REEL_REEL_H\n'
  for file in $ordered; do
    grep -vE '^#include <reel/|^/\* SPDX' "$file" | sed 's/^\(#define REEL_HAS_[A-Z]*\) 1/\1 0/'
  done
  printf '\n#endif\n'
} >"$folder/reel.h"

{
  heading '
 *     cc -O2 program.c reel.c -lm'
  cat scripts/amalgamate.h
  awk -v folders="$folders" -f scripts/amalgamate.awk "$folder/list"
} >"$folder/reel.c"
rm "$folder/list"
for file in reel.c reel.h; do
  echo "$folder/$file: $(wc -l <"$folder/$file") lines, $(wc -c <"$folder/$file") bytes"
done
