#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tutorial on a Cortex-M3 with 256 KB of flash and 64 KB of RAM, without an operating system:
# PyTorch's digits for every recorded seed. QEMU is the board. Ends with 77 where a tool is missing.
#
#   tests/bare-metal/run.sh [all]     # all: on a Cortex-M4 and a Cortex-M7 with floating point, too
set -euo pipefail
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
  echo "bare-metal test: $*"
  exit 1
}
for tool in arm-none-eabi-gcc qemu-system-arm; do
  command -v "$tool" >/dev/null || { echo "bare-metal: NOT run, there is no $tool"; exit 77; }
done
echo '#include <stdio.h>' | arm-none-eabi-gcc -xc -fsyntax-only - 2>/dev/null ||
  { echo "bare-metal: NOT run, arm-none-eabi-gcc has no C library (newlib)"; exit 77; }

"$source_dir/scripts/amalgamate.sh" "$work/reel"
cp "$source_dir"/examples/bare-metal/* "$work"
cd "$work"

# on_board <QEMU's machine> <option of the compiler>...
on_board() {
  local machine=$1 seed number output
  shift
  local cc=(arm-none-eabi-gcc -mthumb "$@" -Os -ffunction-sections -fdata-sections -I. -Wall -Wextra -Werror)
  printf '\n-- %s: %s\n' "$machine" "${cc[*]}"
  "${cc[@]}" -c reel/reel.c -o reel.o
  "${cc[@]}" -D REPORT_MEMORY "$source_dir/examples/03_l1_tutorial.c" start.c reel.o -o tutorial \
    -nostartfiles -T memory.ld -Wl,--gc-sections -lm
  for seed in "$source_dir"/tests/data/tutorial/seed-*.txt; do
    number=$(basename "$seed" .txt | sed 's/seed-//')
    timeout 60 qemu-system-arm -M "$machine" -display none -serial none -monitor none \
      -semihosting-config "enable=on,target=native,arg=l1_tutorial,arg=$number" -kernel tutorial \
      >output 2>report </dev/null || { cat output report; die "$machine, seed $number: exit status $?"; }
    cmp output "$seed" || { diff output "$seed" | head; die "$machine, seed $number: other digits"; }
  done
  cat report
}

on_board lm3s6965evb -mcpu=cortex-m3 # has so much memory and no more
if [ "${1-}" = all ]; then
  on_board mps2-an386 -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard
  on_board mps2-an500 -mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard
fi
