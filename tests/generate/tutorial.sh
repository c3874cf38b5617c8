#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tutorial by PyTorch beside the tutorial by Reel, byte for byte, from each seed: 30 of them if none is given.
#
#   tests/generate/tutorial.sh [SEED…]     after ./scripts/test.sh has built build/release
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=$(tests/generate/python.sh)
seeds=("$@")
if [ $# -eq 0 ]; then
  seeds=(-1 -9223372036854775808 18446744073709551615 $((1 << 32)) $((1 << 62)))
  for i in {0..24}; do
    seeds+=($((i * i * i * 1009 + i)))
  done
fi
failed=0
for seed in "${seeds[@]}"; do
  if ! cmp <(build/release/bin/l1_tutorial "$seed") <("$python" tests/generate/tutorial.py "$seed"); then
    echo "seed $seed differs"
    failed=$((failed + 1))
  fi
done
echo "${#seeds[@]} seeds, $failed differ"
[ $failed -eq 0 ]
