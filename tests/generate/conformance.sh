#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes PyTorch's answers for every operator into OUT/ops (with what it refuses) and, on
# non-contiguous inputs, OUT/ops-strided. Then: build/release/bin/conformance OUT/ops OUT/ops-strided
# The cases in tests/conformance/cases are those of seed 0, the first 6 samples of each operator and
# dtype (2 of the non-contiguous ones); without --max there are up to 40.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

usage() {
  echo "usage: tests/generate/conformance.sh [--seed N] [--max SAMPLES] [--dtypes LIST] OUT"
  echo "Needs Debian's or Ubuntu's python3-torch and python3-numpy."
}

options=()
while [ $# -gt 0 ]; do
  case $1 in
  --help | -h)
    usage
    exit 0
    ;;
  --seed | --max | --dtypes)
    options+=("$1" "${2?$(usage)}")
    shift 2
    ;;
  *) break ;;
  esac
done
if [ $# -ne 1 ] || [ "${1#-}" != "$1" ]; then
  usage >&2
  exit 2
fi

python=${PYTHON:-/usr/bin/python3}
names=$here/../conformance/operators.txt
"$python" "$here/conformance.py" "$1/ops" --ops "$names" --refusals ${options[@]+"${options[@]}"}
"$python" "$here/conformance.py" "$1/ops-strided" --ops "$names" --strided ${options[@]+"${options[@]}"}
echo "$1: $(find "$1" -name '*.safetensors' | wc -l) files"
