#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/optim/clip.txt with PyTorch: two gradients clipped by norm, and averages of a parameter.

The cases are those of tests/unit/clip.c; with a seed the norms and their bounds are drawn.
"""
import math
import random
import sys

import torch
from torch.optim.swa_utils import AveragedModel

NORMS = [(1.0, 2.0), (100.0, 2.0), (0.5, 1.0), (2.0, 3.0), (0.7, math.inf)]
if sys.argv[1:]:
    random.seed(int(sys.argv[1]))
    NORMS = [(10 ** random.uniform(-3, 2), p) for p in (1.0, 2.0, math.inf, random.uniform(0.5, 2), random.uniform(2, 9))]
print(f"# torch {torch.__version__}: norm dtype max_norm norm_type = norm, gradients")
for dtype in (torch.float32, torch.float64):
    for max_norm, norm_type in NORMS:
        a = torch.tensor([0.0] * 3, dtype=dtype, requires_grad=True)
        b = torch.tensor([0.0] * 4, dtype=dtype, requires_grad=True)
        a.grad = torch.tensor([3.0, -0.1, 0.7], dtype=dtype)
        b.grad = torch.tensor([1e-3, 5.5, -2.2, 0.0], dtype=dtype)
        norm = torch.nn.utils.clip_grad_norm_([a, b], max_norm, norm_type)
        values = [norm, *a.grad, *b.grad]
        print("norm", str(dtype)[6:], max_norm, norm_type, "=", *(float(v).hex() for v in values))

for name, average in (("mean", None), ("decay", lambda mean, p, n: torch.lerp(mean, p, 1 - 0.75))):
    model = torch.nn.Linear(1, 3, bias=False).double()
    averaged = AveragedModel(model, avg_fn=average)
    for step in range(5):
        with torch.no_grad():
            model.weight.copy_(torch.tensor([[step * step], [1.0 / (1 + step)], [-0.3 * step]]))
        averaged.update_parameters(model)
        print(name, step, "=", *(float(v).hex() for v in averaged.module.weight.flatten()))
