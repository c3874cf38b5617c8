#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/operators/names.txt: what PyTorch's own database of operators calls them, without their variants.
tests/operators.sh looks that docs/operators.md says something of each."""
import sys
import types
import unittest
import warnings

warnings.filterwarnings("ignore")
sys.modules["expecttest"] = types.SimpleNamespace(TestCase=unittest.TestCase, ACCEPT=False)
import torch  # noqa: E402
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402

print(f"# torch {torch.__version__}")
print("\n".join(sorted({op.name for op in op_db})))
