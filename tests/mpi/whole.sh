#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Whether a safetensors file is whole: its header's length, and the end of its last tensor against its size.
#
#   tests/mpi/whole.sh <file>
set -euo pipefail
length=$(od -A n -t u8 -N 8 "$1" | tr -d ' ')
header=$(dd if="$1" bs=1 skip=8 count="$length" 2>/dev/null)
end=$(grep -o '"data_offsets": *\[[0-9]*, *[0-9]*' <<<"$header" | sed 's/.*[^0-9]//' | sort -n | tail -n 1)
[ "$(wc -c <"$1")" -eq $((8 + length + end)) ] || { echo "$1 is not whole"; exit 1; }
