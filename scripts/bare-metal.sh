#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the tutorial on microcontrollers, which QEMU plays: a Cortex-M3, M4 and M7. Installs the
# compiler and the emulator where they are missing, on Debian and its like.
#
#   scripts/bare-metal.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing=()
command -v arm-none-eabi-gcc >/dev/null || missing+=(gcc-arm-none-eabi libnewlib-arm-none-eabi)
command -v qemu-system-arm >/dev/null || missing+=(qemu-system-arm)
if [ ${#missing[@]} -gt 0 ]; then
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(sudo -n)
  "${as_root[@]}" apt-get update >&2 &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      -o DPkg::Lock::Timeout=120 "${missing[@]}" >&2 ||
    {
      echo "bare-metal: please install Arm's GCC with newlib, and QEMU; on Debian: ${missing[*]}"
      exit 1
    }
fi
tests/bare-metal/run.sh all
