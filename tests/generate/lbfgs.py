#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/optim/lbfgs.txt with PyTorch: L-BFGS on Rosenbrock's function of six numbers, four steps each.

The cases are those of tests/unit/lbfgs.c.
"""
import torch

CASES = {
    "plain": dict(lr=0.1),
    "short_history": dict(lr=0.1, max_iter=8, history_size=3),
    "wolfe": dict(line_search_fn="strong_wolfe"),
    "wolfe_history": dict(line_search_fn="strong_wolfe", max_iter=6, history_size=2, lr=0.5),
    "few_evaluations": dict(line_search_fn="strong_wolfe", max_eval=7),
    "tolerant": dict(line_search_fn="strong_wolfe", tolerance_grad=1.0, tolerance_change=1e-3),
}

print(f"# torch {torch.__version__}: case step = first loss, calls of the closure so far, parameters")
for name, options in CASES.items():
    x = torch.tensor([-1.2, 1.0, -0.5, 0.8, 1.5, -0.3], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([x], **options)
    calls = 0

    def closure():
        global calls
        calls += 1
        optimizer.zero_grad()
        head, tail = x[:-1], x[1:]
        loss = (100 * (tail - head.square()).square() + (1 - head).square()).sum()
        loss.backward()
        return loss

    for step in range(4):
        loss = optimizer.step(closure)
        print(name, step, "=", float(loss).hex(), calls, *(float(v).hex() for v in x))
