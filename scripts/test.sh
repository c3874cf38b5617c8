#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds and runs every test. Arguments go to ctest; REEL_PRESET takes another preset than release, REEL_BUILD_DIR
# another folder to build in than build:
#
#   scripts/test.sh
#   scripts/test.sh -L unit
#   REEL_PRESET=asan-ubsan scripts/test.sh -R fault
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/build_folder.sh

preset=${REEL_PRESET:-release}
jobs=$(getconf _NPROCESSORS_ONLN)
scripts/dependencies.sh tests
build=$(build_folder "$preset")
configure "$preset" "$build"
cmake --build "$build" --parallel "$jobs"
# One more than there are processors, for some tests wait more than they work.
exec ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$((jobs + 1))" "$@"
