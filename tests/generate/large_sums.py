#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/sums/large.txt with PyTorch: sums of so many terms that threads share them.

x = rand(n) - 0.5 and y = rand(n) after manual_seed(7). On one thread: PyTorch's own
threads would sum in another order.
"""
import torch
from torch.nn.functional import huber_loss, l1_loss

torch.set_num_threads(1)
print(f"# torch {torch.__version__}")
for dtype, most in ((torch.float32, 17000001), (torch.float64, 9000001)):
    for n in (131072, 131073, 139264, 1000003, 1049088, most):
        torch.manual_seed(7)
        x = torch.rand(n, dtype=dtype) - 0.5
        y = torch.rand(n, dtype=dtype)
        values = x.sum(), x.mean(), l1_loss(x, y), huber_loss(x, y, delta=0.25)
        print("sums", str(dtype)[6:], n, "=", *(float(v).hex() for v in values))
for rows, columns in ((1000, 140), (140, 1000), (3, 50000), (50000, 3), (5000, 37)):
    torch.manual_seed(7)
    x = torch.rand(rows, columns) - 0.5
    for dim, name in enumerate(("columns", "rows")):
        print(name, "float32", rows, columns, "=", *(float(v).hex() for v in x.sum(dim)[-40:]))
