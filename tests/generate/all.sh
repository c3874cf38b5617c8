#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes again with PyTorch 2.13 what the tests compare with: tests/data, the cases of tests/conformance and
# tests/training, and what examples 10 and 11 print. Where nothing has changed, git sees no difference on a CPU with
# AVX2; but some last digits are MKL's, whose path depends on the CPU.
#
#   tests/generate/all.sh [WORD]     only files with this word in their path
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
python=$(tests/generate/python.sh)
export PYTHON=$python OMP_NUM_THREADS=1 ATEN_CPU_CAPABILITY=avx2 PYTHONWARNINGS=ignore
word=${1-}

# write <path> <generator> [argument…]: its output becomes the file, whole or not at all
write() {
  local path=$1 generator=$2
  shift 2
  case $path in
  *"$word"*) ;;
  *) return 0 ;;
  esac
  echo "$path"
  "$python" "tests/generate/$generator.py" "$@" >"$path.new"
  mv "$path.new" "$path"
}

# fill <folder> <command…>: which writes into the folder that is its last argument
fill() {
  local folder=$1
  shift
  case $folder in
  *"$word"*) ;;
  *) return 0 ;;
  esac
  echo "$folder"
  "$@" "$folder"
}

data=tests/data
write $data/factory/ranges.txt ranges
write $data/linalg/decompositions.txt decompositions
write $data/linear/layers.txt linear
write $data/linear/vectors.txt vector_products
write $data/loader/epochs.txt loader
write $data/metrics/cases.txt metrics
write $data/operators/names.txt operators
write $data/optim/clip.txt clip
write $data/optim/lbfgs.txt lbfgs
write $data/optim/matrices.txt matrix_optimizers
write $data/optim/schedules.txt schedulers
write $data/optim/steps.txt optimizers
write $data/print/cases.txt print_cases
write $data/promotion/result_type.txt promotion
write $data/random/choices.txt random_choices
write $data/random/streams.txt random_streams
write $data/reductions/cases.txt reductions
write $data/sgd/steps.txt sgd
write $data/special/elementwise.txt special_values
write $data/special/points.txt special_points
write $data/sums/large.txt large_sums
write $data/sums/sums.txt sums
write $data/views/cases.txt views
for seed in -9223372036854775808 -1 0 1 2 3 4 42 123 1000 18446744073709551615; do
  write $data/tutorial/seed-$seed.txt tutorial "$seed"
done
write examples/expected/house_prices.txt houses prices
write examples/expected/predict_from_a_file.txt houses predict
fill $data/checkpoint "$python" tests/generate/checkpoints.py
fill $data/lab "$python" tests/generate/lab.py build/release/bin/reel
fill $data/losses "$python" tests/generate/losses.py
fill $data/npy "$python" tests/generate/npy.py
fill $data/pictures "$python" tests/generate/pictures.py
fill tests/conformance/cases tests/generate/conformance.sh --max 6
fill tests/training/cases "$python" tests/generate/training.py
fill tests/training/cases "$python" tests/generate/initial.py
