#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Asks PyTorch for other seeds than the tests have, and Reel for the same: random streams and choices, a layer's first
# weights, a loader's order, printing, clipping; two times 144 trainings, and what optimizers remember after six steps; the
# tutorial. After ./scripts/test.sh. It takes some ten minutes.
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
compare print print/cases.txt print_cases "$@"
compare clip optim/clip.txt clip "$1"
for seed in "$1" "$2"; do
  "$python" -W ignore tests/generate/training.py "$REEL_TEST_DATA/runs-$seed" --seed "$seed"
  build/release/bin/trajectories "$REEL_TEST_DATA/runs-$seed"
done
"$python" -W ignore tests/generate/training.py "$REEL_TEST_DATA/optimizers" --seed "$2" --steps 6 --remembered --only optim-
build/release/bin/trajectories "$REEL_TEST_DATA/optimizers"
tests/generate/tutorial.sh "$@"
