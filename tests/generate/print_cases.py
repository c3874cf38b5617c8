#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/print/cases.txt with PyTorch: tensors, and the text that it prints for them.

A case is a line `dtype size… = value…`, whose values repeat until the tensor is full (after `linear`:
start and step), and its text, each line after a bar. With seeds there are 200 more for each, drawn.
"""
import math
import random
import sys

import torch

inf, nan = math.inf, math.nan


def write(dtype, size, words, flat):
    t = torch.tensor(flat, dtype=dtype).reshape(size)
    print(str(dtype)[6:], *size, "=", *words)
    print("".join(f"|{line}\n" for line in repr(t).split("\n")))


def case(dtype, size, *values):
    n = math.prod(size)
    flat = [values[i % len(values)] for i in range(n)]
    write(dtype, size, [float(v).hex() if isinstance(v, float) else str(int(v)) for v in values], flat)


def linear(dtype, size, start, step):
    flat = [start + i * step for i in range(math.prod(size))]
    words = ["linear"] + [float(v).hex() if dtype.is_floating_point else str(v) for v in (start, step)]
    write(dtype, size, words, flat)


f32, f64, i64, b = torch.float32, torch.float64, torch.int64, torch.bool
print(f"# torch {torch.__version__}\n")
case(f32, [2], 2.5, 0.0)
case(f32, [], 3.0)
case(f32, [], 3.14159)
case(f32, [], -0.0)
case(f32, [], nan)
case(f32, [], -inf)
case(f32, [], 1e-5)
case(f64, [], 0.1)
case(i64, [], 7)
case(i64, [], -(2**63))
case(b, [], True)
case(b, [], False)
case(f32, [0], 0.0)
case(f64, [0], 0.0)
case(i64, [0], 0)
case(b, [0], 0)
case(f32, [0, 3], 0.0)
case(i64, [2, 0, 4], 0)
case(f64, [0, 0, 0, 0, 0, 0, 0, 0], 0.0)
case(f32, [5], 1.0, 2.0, 3.0)
case(f32, [4], 1.0, -2.0, 30.0, -0.0)
case(f32, [4], 0.0)
case(f32, [3], nan, inf, -inf)
case(f32, [4], nan, 1.0, inf, -2.0)
case(f32, [4], nan, 1.5, -inf, 0.0)
case(f32, [3], 1e8, 2e5, 1e5)
case(f32, [3], 1.00000008e8, 1e8, 1e7)
case(f32, [2], 1000.0, 1.0)
case(f32, [2], 1001.0, 1.0)
case(f32, [2], 1000.5, 1.0)
case(f32, [3], 1000.5, 1.0, 0.0)
case(f32, [2], 1e-4, 2e-4)
case(f64, [2], 1e-4, 2e-4)
case(f64, [2], 9.9e-5, 2e-4)
case(f32, [4], 1e-39, nan, -inf, 0.0)
case(f64, [3], 1e300, -1e-300, 5e-324)
case(f32, [3], 3.4028234663852886e38, 1.0, -1.0)
case(f32, [4], 0.00005, 0.12345, 0.99995, 0.33335)
case(f64, [4], 0.12345, 0.00015, 0.99999, 2.0)
case(f32, [3], 123456.7, 99999.99, 12345.678)
case(f32, [2], -1234.5, 1234.5)
case(i64, [3], 1, -20, 300)
case(i64, [2], 2**63 - 1, -(2**63))
case(b, [3], True, False, True)
case(b, [2, 2], True, False, False)
case(f32, [2, 3], 1.0, 2.5, -3.0)
case(f64, [2, 3], 1.0, 2.5, -3.0)
case(f32, [1, 1], 4.0)
case(f32, [3, 1, 2], 1.25, 2.0)
case(i64, [2, 2, 2, 2], 1, 2, 3)
linear(i64, [2, 1, 2, 1, 2, 1, 2, 2], -5, 3)
linear(f32, [1, 1, 1, 1, 1, 1, 1, 1], 0.5, 1.0)
linear(f32, [40], 0.0, 0.25)
linear(i64, [30], 0, 1)
linear(f64, [9], -1.0, 0.3)
linear(f64, [8], -1.0, 0.3)
linear(f64, [7], -1.0, 0.3)
linear(f64, [6], -1000.0, 10.25)
linear(f32, [3, 20], 0.0, 0.5)
linear(f32, [1000], 0.0, 1.0)
linear(f32, [1001], 0.0, 1.0)
linear(f32, [1001], 0.0, 0.5)
linear(i64, [5000], -2500, 1)
linear(f64, [2000], 0.0, 1e-3)
linear(f32, [40, 30], 0.0, 1.0)
linear(f32, [6, 200], 0.0, 1.0)
linear(f32, [7, 200], 0.0, 1.0)
linear(f32, [200, 6], 0.0, 1.0)
linear(f32, [10, 11, 12], 0.0, 0.125)
linear(i64, [7, 1, 8, 30], 0, 1)
linear(f32, [3, 3, 3, 3, 3, 5], 0.0, 1.0)
linear(f64, [1, 2, 1, 2, 1, 7, 8, 9], 1.0, 1.0)
case(b, [1200], True, False)
case(b, [20], False)
case(f32, [1, 1001], 1.0, nan, 1e9)
case(f32, [17], 1e10, -1.0)
case(f32, [2, 9], nan)
case(f64, [2, 2, 8], 1e-7, 12.5)
case(i64, [12], 123456789012345678)
case(i64, [3, 4], -9876543210987654)


def number(dtype, kind):
    """One of a kind: from -10 to 10, of any size, whole, or among those that are none."""
    if dtype == b:
        return random.random() < 0.5
    if dtype == i64:
        return random.randint(-(10 ** kind * 10), 10 ** kind * 10)
    if kind == 3 and random.random() < 0.3:
        return random.choice([nan, inf, -inf, -0.0])
    sizes = random.uniform(-10, 10), random.choice([-1, 1]) * 10 ** random.uniform(-9, 9), float(random.randint(-2000, 2000))
    return torch.tensor(random.choice(sizes) if kind == 3 else sizes[kind], dtype=dtype).item()


for seed in sys.argv[1:]:
    random.seed(int(seed))
    for _ in range(200):
        dtype, kind = random.choice([f32, f32, f64, f64, i64, b]), random.randint(0, 3)
        size = [random.choice([0, 1, 1, 2, 3, 5, 8, 40]) if random.random() < 0.9 else 300 for _ in range(random.randint(0, 4))]
        if math.prod(size) <= 20000:
            case(dtype, size, *(number(dtype, kind) for _ in range(20)))
