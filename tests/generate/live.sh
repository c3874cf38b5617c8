#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Asks PyTorch for other seeds than the tests have, and Reel for the same: random streams and choices, a layer's first
# weights, a loader's order. After ./scripts/test.sh; those of other modules are in tests/generate/training.py.
#
#   tests/generate/live.sh [SEED SEED SEED SEED SEED]     random ones without
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=$(tests/generate/python.sh)
[ $# -eq 5 ] || set -- 3 $RANDOM $((RANDOM << 15 | RANDOM)) $((RANDOM << 30 | RANDOM)) $((RANDOM << 45 | RANDOM))
echo "seeds $*"
REEL_TEST_DATA=$(mktemp -d)
trap 'rm -rf "$REEL_TEST_DATA"' EXIT
export REEL_TEST_DATA

# compare <test> <file> <generator> <seed…>
compare() {
  mkdir -p "$REEL_TEST_DATA/${2%/*}"
  "$python" -W ignore "tests/generate/$3.py" "${@:4}" >"$REEL_TEST_DATA/$2"
  "build/release/bin/tests/unit/$1"
}
compare random random/streams.txt random_streams "${@:1:4}"
compare random_choices random/choices.txt random_choices "$1" "$2"
compare nn linear/layers.txt linear "$@"
compare loader loader/epochs.txt loader "${@:3}"
