#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/random/choices.txt: `name dtype seed argument = values`, what PyTorch draws, and the next
uniform number, so that as many were drawn."""
import sys

import torch


def probabilities(count, dtype):
    return (torch.arange(1, count + 1, dtype=dtype) / (count + 1)).reshape(-1)


def draw(name, dtype, argument):
    p = probabilities(24, dtype)
    if name == "bernoulli":
        return torch.bernoulli(p)
    if name == "multinomial":
        return torch.multinomial(p.reshape(2, 12), argument)
    if name == "multinomial_again":
        return torch.multinomial(p.reshape(2, 12), argument, True)
    if name == "normal":
        return torch.normal(p[:argument], p.flip(0)[:argument])
    if name == "normal_number":
        return torch.normal(p[:argument], 0.5)
    return torch.nn.functional.dropout(p, argument / 10)


ARGUMENTS = {"bernoulli": (0,), "multinomial": (1, 5, 12), "multinomial_again": (1, 20), "normal": (5, 24),
             "normal_number": (5, 24), "dropout": (0, 3, 10)}
for name, arguments in ARGUMENTS.items():
    for dtype in (torch.float32, torch.float64):
        for seed in [int(word) for word in sys.argv[1:]] or (0, 7):
            for argument in arguments:
                torch.manual_seed(seed)
                values = draw(name, dtype, argument).double().flatten().tolist() + [torch.rand(1).item()]
                print(name, str(dtype).split(".")[1], seed, argument, "=", *(f"{v:.17g}" for v in values))
