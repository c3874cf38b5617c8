#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints the path of a Python with PyTorch 2.13 and torchvision: $PYTHON, or that of the virtual environment build/pytorch,
# which is made if there is none. That takes some gigabytes; the output of pip goes to standard error.
set -euo pipefail
if [ -n "${PYTHON-}" ]; then
  echo "$PYTHON"
  exit
fi
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/pytorch
if [ ! -e "$folder/complete" ]; then
  python3 -m venv "$folder" >&2
  "$folder/bin/python" -m pip install torch==2.13.0 torchvision==0.28.0 numpy==2.4.6 >&2
  touch "$folder/complete"
fi
echo "$folder/bin/python"
