#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/sums/sums.txt with PyTorch: sums whose last bit depends on their order.

The terms are x = rand(20000) - 0.5 after manual_seed(7), or the first of them; `columns` and `rows` see
them as a matrix and sum over its first or last dim. On one thread.
"""
import torch

torch.set_num_threads(1)
LARGE = (250, 255, 256, 257, 300, 511, 512, 513, 600, 777, 1000, 1023, 1024, 1025, 1500, 2047, 2048, 2049, 3000, 4095,
         4096, 4097, 5000, 6001, 7777, 8191, 8192, 8193, 9999, 10000, 12345, 16383, 16384, 16385, 19999, 20000)


def record(*words, values):
    print(*words, "=", *(float(v).hex() for v in values))


print(f"# torch {torch.__version__}")
for dtype, sizes in ((torch.float32, (*range(201), *LARGE)), (torch.float64, (*range(0, 201, 7), *LARGE))):
    torch.manual_seed(7)
    x = torch.rand(20000, dtype=dtype) - 0.5
    name = str(dtype)[6:]
    for n in sizes:
        record("sum", name, n, values=[x[:n].sum()])
        record("mean", name, n, values=[x[:n].mean()])
        record("l1_loss", name, n, values=[torch.nn.functional.l1_loss(x[:n], torch.zeros(n, dtype=dtype))])
    for rows, columns in ((2, 3), (5, 1), (1, 5), (7, 8), (40, 9), (100, 12), (300, 20), (1000, 20), (3, 40), (20, 33)):
        m = x[:rows * columns].reshape(rows, columns)
        record("columns", name, rows, columns, values=m.sum(0))
        record("rows", name, rows, columns, values=m.sum(1)[:64])
