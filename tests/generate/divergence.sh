#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints the table of docs/pytorch.md that says for how many steps losses are PyTorch's. After ./scripts/test.sh. The
# options are divergence.py's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
"$(tests/generate/python.sh)" -W ignore tests/generate/divergence.py build/release/bin/trajectories "$@"
