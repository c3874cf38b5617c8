#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/sgd/steps.txt with PyTorch: three parameters under SGD, with every option.

The loss is Σ p² + Σ p / 2; the first record of each run is after one step, and there are four.
"""
import itertools

import torch

print(f"# torch {torch.__version__}: dtype lr momentum dampening weight_decay nesterov maximize step = parameters")
for dtype, momentum, dampening, decay, nesterov, maximize in itertools.product(
        (torch.float32, torch.float64), (0, 0.9), (0, 0.5), (0, 0.01), (0, 1), (0, 1)):
    if nesterov and (momentum == 0 or dampening != 0):
        continue
    p = torch.tensor([1.0, -0.7, 1e-3], dtype=dtype, requires_grad=True)
    options = dict(momentum=momentum, dampening=dampening, weight_decay=decay)
    sgd = torch.optim.SGD([p], lr=0.1, nesterov=bool(nesterov), maximize=bool(maximize), **options)
    for step in range(4):
        loss = (p * p).sum() + (p * 0.5).sum()
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        print(str(dtype)[6:], 0.1, *options.values(), nesterov, maximize, step, "=", *(float(v).hex() for v in p))
