#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/factory/ranges.txt with PyTorch: arange and linspace.

"""
import torch

HEAD, SHOWN = 4, 24
torch.set_num_threads(1)


def text(x):
    return float(x).hex() if isinstance(x, float) else str(int(x))


def record(*words, values):
    v = values.tolist()
    if len(v) > 40:
        v = v[:HEAD] + v[-(SHOWN - HEAD):]
    print(*words, "=", *map(text, v))


print(f"# torch {torch.__version__}: operation, dtype, arguments = values")
for dtype in (torch.float32, torch.float64, torch.int64):
    name = str(dtype)[6:]
    for a, b, c in ((0, 10, 1), (5, 0, -2), (0, 0, 1), (1, 1, -1), (-3.3, 2.7, 1.5), (0.9, 5.9, 1.5),
                    (0, 1000, 7), (-2.0**53, 2.0**53, 2.0**50), (0, 1, 2)):
        record("arange", name, a, b, c, values=torch.arange(a, b, c, dtype=dtype))
    for a, b, n in ((0, 1, 0), (3, 7, 1), (0, 1, 2), (0, 10, 5), (-3.3, 2.7, 7), (-0.0, -1, 3), (1, 0, 15),
                    (0, 10, 16), (-10, 10.9, 33), (0.1, 5, 37), (-3.3, 2.7, 1001)):
        record("linspace", name, a, b, n, values=torch.linspace(a, b, n, dtype=dtype))
for dtype in (torch.float32, torch.float64):
    name = str(dtype)[6:]
    for a, b, c in ((0, 1, 0.1), (-3.3, 2.7, 0.013), (0.7, 5, 0.0037), (0, 1000, 0.3), (0, 5, float("inf"))):
        record("arange", name, a, b, c, values=torch.arange(a, b, c, dtype=dtype))
    record("linspace", name, 0, float("inf"), 9, values=torch.linspace(0, float("inf"), 9, dtype=dtype))
