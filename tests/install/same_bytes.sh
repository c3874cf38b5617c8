#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Both libraries and the program are byte for byte the same, whichever folders the sources lie and are built in.
# Builds twice, so it is no part of scripts/test.sh.
#
#   tests/install/same_bytes.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
folders=("$work/a" "$work/another folder/with a longer name")
for folder in "${folders[@]}"; do
  mkdir -p "$folder"
  git ls-files -z | tar -cf - --null -T - | tar -xf - -C "$folder"
  (cd "$folder" && cmake --preset install && cmake --build build/install --parallel "$(getconf _NPROCESSORS_ONLN)") \
    >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
done
for file in libreel.a "$(cd "${folders[0]}/build/install" && ls libreel.so.?.?.?)" bin/reel; do
  cmp "${folders[0]}/build/install/$file" "${folders[1]}/build/install/$file"
  echo "$file: the same"
done
