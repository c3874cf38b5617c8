#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/promotion/result_type.txt with PyTorch: the dtype that two operands give.

An operand is a dtype with `dims`, a dtype with `none` (a tensor of no dims), or a Python number (`number 2`,
`number 2.5`).
"""
import torch

DTYPES = (torch.float32, torch.float64, torch.int64, torch.bool)
TENSORS = [(str(d)[6:], kind, torch.ones((2,) if kind == "dims" else (), dtype=d))
           for d in DTYPES for kind in ("dims", "none")]

print(f"# torch {torch.__version__}: two operands = their result_type, the dtype of a / b, of a < b")
for *a_words, a in TENSORS:
    for *b_words, b in TENSORS + [("number", "2", 2), ("number", "2.5", 2.5)]:
        dtypes = (torch.result_type(a, b), (a / b).dtype, (a < b).dtype)
        print(*a_words, *b_words, "=", *(str(d)[6:] for d in dtypes))
