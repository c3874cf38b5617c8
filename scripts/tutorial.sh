#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: scripts/tutorial.sh [SEED]

Builds the L1 loss tutorial in build/release and runs it; a C compiler, CMake
and make or Ninja are all it needs. SEED is what PyTorch's torch.manual_seed
takes, a whole number; 0 if none. Standard output is the tutorial's alone,
everything else goes to standard error. In the environment, REEL_BUILD_DIR is
a folder to build in instead of build.
USAGE
}

if [ "${1-}" = --help ] || [ "${1-}" = -h ]; then
  usage
  exit 0
fi
if [ $# -gt 1 ] || ! [[ ${1-0} =~ ^-?[0-9]{1,20}$ ]]; then
  usage >&2
  exit 2
fi

cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/build_folder.sh
build=$(build_folder release)
{
  # Once configured, the build itself notices what has changed.
  if ! is_configured "$build"; then
    scripts/dependencies.sh tutorial
    configure release "$build" -D REEL_WITH_IO=OFF -D REEL_BUILD_CLI=OFF -D REEL_BUILD_TESTS=OFF \
      -D REEL_BUILD_BENCH=OFF
  fi
  cmake --build "$build" --target l1_tutorial --parallel "$(getconf _NPROCESSORS_ONLN)"
} >&2 </dev/null
exec "$build/bin/l1_tutorial" "$@"
