#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The runner must notice what is wrong: each case file here is damaged in one place, by as many bytes.
#
#   tests/conformance/runner/selftest.sh <folder of cases> [emulator]... <conformance program>
set -euo pipefail
export LC_ALL=C # bytes, not characters
cases=$1
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

"${program[@]}" "$cases/abs.safetensors" "$cases/nn.functional.l1_loss.safetensors"

sed 's/"op":"abs"/"op":"abz"/' "$cases/abs.safetensors" >"$work/operator"
fails_with "no such operator" "$work/operator"

# The last tensor of the file is the last case's gradient.
size=$(wc -c <"$cases/abs.safetensors")
head -c $((size - 4)) "$cases/abs.safetensors" >"$work/gradient"
printf '\x00\x00\xf0\x7f' >>"$work/gradient"
fails_with "gradient 0: 1 of" "$work/gradient"

loss=$cases/nn.functional.l1_loss.safetensors
sed 's/\\"reduction\\":\\"mean\\"/\\"reduction\\":\\"none\\"/' "$loss" >"$work/shape"
fails_with "result 0: float32 (" "$work/shape"

sed 's/\\"reduction\\":\\"abc\\"/\\"reduction\\":\\"sum\\"/' "$loss" >"$work/refusal"
fails_with "should be refused, and is not" "$work/refusal"

head -c 100 "$loss" >"$work/short"
fails_with "claims a header" "$work/short"

mkdir "$work/empty"
fails_with "no case files" "$work/empty"
fails_with "cannot be opened" "$work/nowhere"

echo "selftest: every damage was noticed"
