#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Random programs against PyTorch 2.13: builds what runs them and calls fuzz.py, whose options follow. PYTHON is one with
# PyTorch; without, build/pytorch is made, see tests/generate/python.sh.
#
#   tests/fuzz/differential/run.sh --seed 1 --count 1000
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$here/../../..
build=$root/build/${REEL_PRESET:-release}
python=$("$root/tests/generate/python.sh")
[ -e "$build/CMakeCache.txt" ] || (cd "$root" && cmake --preset "${REEL_PRESET:-release}" >/dev/null)
cmake --build "$build" --target fuzz_programs --target conformance >/dev/null
operators=$(mktemp)
trap 'rm -f "$operators"' EXIT
"$build/bin/conformance" --list >"$operators"
"$python" -W ignore "$here/fuzz.py" "$build/bin/fuzz_programs" "$operators" "$@"
