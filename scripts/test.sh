#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs every test. Arguments go to ctest; REEL_PRESET takes another preset than release:
#
#   scripts/test.sh
#   scripts/test.sh -L unit
#   REEL_PRESET=asan-ubsan scripts/test.sh -R fault
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=${REEL_PRESET:-release}
jobs=$(getconf _NPROCESSORS_ONLN)
scripts/dependencies.sh tests
cmake --preset "$preset"
cmake --build "build/$preset" --parallel "$jobs"
exec ctest --test-dir "build/$preset" --output-on-failure --no-tests=error --parallel "$jobs" "$@"
