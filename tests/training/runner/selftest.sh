#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The runner must notice what is wrong: each run here is damaged in one place, by as many bytes.
#
#   tests/training/runner/selftest.sh <folder of runs> [emulator]... <trajectories program>
set -euo pipefail
export LC_ALL=C # bytes, not characters
runs=$1
shift
program=("$@")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fails_with <text> <file or folder>
fails_with() {
  local text=$1 status=0
  "${program[@]}" "$2" >"$work/output" || status=$?
  if [ "$status" -ne 1 ] || ! grep -qF -- "$text" "$work/output"; then
    echo "expected exit status 1 and \"$text\", but the status is $status:"
    cat "$work/output"
    exit 1
  fi
}

# damaged <sed expression> <run>: the run with the change, in $work/run
damaged() {
  sed "$1" "$runs/$2.safetensors" >"$work/run"
  if cmp -s "$work/run" "$runs/$2.safetensors"; then
    echo "nothing was damaged by $1 in $2"
    exit 1
  fi
}

"${program[@]}" "$runs/04-optim-Adam-64.safetensors" "$runs/17-sched-StepLR-32.safetensors"

damaged 's/"seed":"[0-9]/"seed":"x/; s/"seed":"x/"seed":"0/' 04-optim-Adam-64
fails_with "init.0.weight differs at element 0" "$work/run"
damaged 's/init.0.bias/init.0.bigs/' 04-optim-Adam-64
fails_with "PyTorch's model has no 0.bias" "$work/run"
damaged 's/"final.0.bias/"finel.0.bias/' 04-optim-Adam-64
fails_with "the model has 4 tensors, PyTorch's has 3" "$work/run"
damaged 's/\\"lr\\": 0.00/\\"lr\\": 0.01/; s/\\"lr\\": 0.02/\\"lr\\": 0.03/' 04-optim-Adam-64
fails_with "the learning rate of step 0 is 0.0" "$work/run"
damaged 's/Adam/Adax/' 04-optim-Adam-64
fails_with "no such optimizer as 'Adax'" "$work/run"
damaged 's/amsgrad/amxgrad/' 04-optim-Adam-64
fails_with "Adam has no option 'amxgrad'" "$work/run"
damaged 's/L1Loss/L2Loss/; s/MSELoss/SSELoss/' 04-optim-Adam-64
fails_with "no such layer or loss as '" "$work/run"
damaged 's/L1Loss/MSELoss/; s/"steps":/"step":/' 29-layer-ReLU-64
fails_with "$work/run" "$work/run"
damaged 's/\\"gamma\\": 0../\\"gamma\\": 0.1/' 17-sched-StepLR-32
fails_with "the learning rate of step " "$work/run"
damaged 's/\\"delta\\": [01]./\\"delta\\": 2./' 56-loss-HuberLoss-64
fails_with "the loss of step 0 is" "$work/run"
damaged 's/\\"weight_decay\\": 0.0/\\"weight_decay\\": 0.1/' 04-optim-Adam-64
fails_with "the loss of step" "$work/run"

head -c 100 "$runs/17-sched-StepLR-32.safetensors" >"$work/short"
fails_with "claims a header" "$work/short"
mkdir "$work/empty"
fails_with "no runs" "$work/empty"
fails_with "cannot be opened" "$work/nowhere"

echo "selftest: every damage was noticed"
