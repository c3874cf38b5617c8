#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes PyTorch's answers for every operator into OUT/ops (with what it refuses) and, on
# non-contiguous inputs, OUT/ops-strided. Then: build/release/bin/conformance OUT/ops OUT/ops-strided
# --max is of samples of each operator and dtype, 40 without it; of non-contiguous ones a third. The cases in
# tests/conformance/cases are those of seed 0 and --max 6.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  echo "usage: tests/generate/conformance.sh [--seed N] [--max SAMPLES] [--dtypes LIST] OUT"
  echo "PYTHON is one with PyTorch; without, build/pytorch is made, see python.sh."
}

options=()
seed=()
max=40
while [ $# -gt 0 ]; do
  case $1 in
  --help | -h)
    usage
    exit 0
    ;;
  --max)
    max=${2?$(usage)}
    shift 2
    ;;
  --seed | --dtypes)
    options+=("$1" "${2?$(usage)}")
    [ "$1" = --dtypes ] || seed=(--seed "$2")
    shift 2
    ;;
  *) break ;;
  esac
done
if [ $# -ne 1 ] || [ "${1#-}" != "$1" ]; then
  usage >&2
  exit 2
fi

python=$("$here/python.sh")
names=$here/../conformance/operators.txt
"$python" "$here/conformance.py" "$1/ops" --ops "$names" --max "$max" --refusals ${options[@]+"${options[@]}"}
"$python" "$here/conformance.py" "$1/ops-strided" --ops "$names" --max $(((max + 2) / 3)) --strided ${options[@]+"${options[@]}"}
"$python" "$here/conformance_images.py" "$1/ops" ${seed[@]+"${seed[@]}"}
"$python" "$here/conformance_images.py" "$1/ops-strided" --strided ${seed[@]+"${seed[@]}"}
echo "$1: $(find "$1" -name '*.safetensors' | wc -l) files"
