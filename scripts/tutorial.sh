#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
set -euo pipefail

usage() {
  cat <<'USAGE'
usage: scripts/tutorial.sh [SEED]

Builds the L1 loss tutorial in build/release and runs it. SEED is what PyTorch's
torch.manual_seed takes, a whole number; 0 if none. Standard output is the
tutorial's alone, everything else goes to standard error.
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
{
  scripts/dependencies.sh
  # Once configured, the build itself notices what has changed. The tests would need Check.
  if ! [ -e build/release/Makefile ] && ! [ -e build/release/build.ninja ]; then
    cmake --preset release -D REEL_BUILD_TESTS=OFF
  fi
  cmake --build build/release --target l1_tutorial --parallel "$(getconf _NPROCESSORS_ONLN)"
} >&2 </dev/null
exec build/release/bin/l1_tutorial "$@"
