#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/linear/layers.txt with PyTorch: the parameters of nn.Linear, to the bit.

Of a long parameter the first four and the last twenty values.
"""
import sys

import torch


def record(*words, values):
    v = values.flatten().tolist()
    if len(v) > 40:
        v = v[:4] + v[-20:]
    print(*words, "=", *(float(x).hex() for x in v))


print(f"# torch {torch.__version__}: parameter seed in_features out_features bias dtype = values")
for seed in [int(word) for word in sys.argv[1:]] or (0, 1, 42, 12345, 2**40 + 7):
    for inputs, outputs, bias in ((1, 1, 1), (3, 2, 1), (2, 5, 0), (4, 4, 1), (17, 3, 1), (64, 10, 1), (1, 100, 1)):
        torch.manual_seed(seed)
        layer = torch.nn.Linear(inputs, outputs, bias=bool(bias))
        record("weight", seed, inputs, outputs, bias, "float32", values=layer.weight)
        if bias:
            record("bias", seed, inputs, outputs, bias, "float32", values=layer.bias)
        record("after", seed, inputs, outputs, bias, "float32", values=torch.rand(3))
