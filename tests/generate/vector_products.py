#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/linear/vectors.txt with PyTorch: matrices times vectors, and vectors times matrices, to the bit.

The elements are those of tests/unit/vector_products.c. On a CPU of AMD's: the order of MKL's sums depends on the maker.
"""
import torch

torch.set_num_threads(1)
print(f"# torch {torch.__version__}: dtype rows depth = x w, wᵀ xᵀ of rows side by side")
for dtype in (torch.float32, torch.float64):
    for rows, depth in ((4, 8), (8, 9), (48, 8), (12, 10), (12, 33), (4, 100), (4, 120)):
        x = (torch.tensor([i * 7 % 23 - 11 for i in range(rows * depth)], dtype=dtype) / 7).reshape(rows, depth)
        w = torch.tensor([i * 5 % 19 - 9 for i in range(depth)], dtype=dtype) / 3
        v = torch.tensor([i * 5 % 19 - 9 for i in range(rows)], dtype=dtype) / 3
        for name, y in (("dots", x @ w), ("sums", v @ x)):
            print(name, str(dtype)[6:], rows, depth, "=", *(float(e).hex() for e in y[:24]))
