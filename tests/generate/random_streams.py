#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/random/streams.txt with PyTorch: what its CPU generator draws from a seed.

"""
import sys

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


def floats(name, make):
    for dtype in (torch.float32, torch.float64):
        for n in (1, 3, 15, 16, 17, 33, 1000, 4097):
            record(name, str(dtype)[6:], n, values=make(n, dtype=dtype))


print(f"# torch {torch.__version__}: operation, dtype, size, arguments = values")
for seed in [int(word) for word in sys.argv[1:]] or (0, 1, 42, 2**32 + 5):
    torch.manual_seed(seed)
    print("seed", seed, "=")
    floats("rand", torch.rand)
    floats("randn", torch.randn)
    for n in (0, 1, 10, 1000):
        record("randperm", "int64", n, values=torch.randperm(n))
    for dtype in (torch.int64, torch.float32, torch.float64):
        for low, high in ((0, 10), (-7, 5), (-3, 2**32 - 4), (-3, 2**32 - 3), (-(2**50), 2**51)):
            values = torch.randint(low, high, (6,), dtype=dtype)
            record("randint", str(dtype)[6:], 6, low, high, values=values)
    record("randint", "bool", 9, 0, 2, values=torch.randint(0, 2, (9,), dtype=torch.bool))
    record("randint", "int64", 5, -(2**63), 2**63 - 1, values=torch.randint(-(2**63), 2**63 - 1, (5,)))
    for low, high in ((2**24 - 1, 2**24 + 4), (2**30 + 1, 2**30 + 1000), (-(2**24) - 7, 5)):
        record("randint", "float32", 6, low, high, values=torch.randint(low, high, (6,), dtype=torch.float32))
    torch.randn(1)  # the pair's other value waits, and is dropped by the seed
