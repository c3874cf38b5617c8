#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the tutorial on microcontrollers, which QEMU plays: a Cortex-M3, M4 and M7. Installs the
# compiler and the emulator where they are missing, on Debian and its like.
#
#   scripts/bare-metal.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/debian.sh
install_for arm-none-eabi-gcc gcc-arm-none-eabi libnewlib-arm-none-eabi
install_for qemu-system-arm qemu-system-arm
tests/bare-metal/run.sh all
