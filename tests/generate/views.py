#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/views/cases.txt with PyTorch: views of small tensors.

A case is `case NAME BASE ARGUMENT…`, then its size, stride, values, and the gradient of
Σ view · (1, 2, 3, …) with respect to the base; or `error`.
"""
import torch

BASES = {
    "scalar": lambda x: x[:1].reshape(()),
    "flat": lambda x: x[:6],
    "block": lambda x: x.reshape(2, 3, 4),
    "turned": lambda x: x.reshape(2, 3, 4).permute(2, 0, 1),
    "columns": lambda x: x.reshape(4, 6)[:, 1:4],
    "ones": lambda x: x[:3].reshape(1, 3, 1),
    "repeated": lambda x: x[:3].reshape(3, 1).expand(3, 2),
    "empty": lambda x: x[:0].reshape(0, 3),
}
VIEWS = {
    "unsqueeze": lambda x, d: x.unsqueeze(d),
    "squeeze": lambda x, d: x.squeeze(d),
    "squeeze_all": lambda x: x.squeeze(),
    "reshape": lambda x, *s: x.reshape(s),
    "view": lambda x, *s: x.view(s),
    "flatten": lambda x, a, b: x.flatten(a, b),
    "transpose": lambda x, a, b: x.transpose(a, b),
    "t": lambda x: x.t(),
    "permute": lambda x, *o: x.permute(o),
    "select": lambda x, d, i: x.select(d, i),
    "narrow": lambda x, d, a, n: x.narrow(d, a, n),
    "expand": lambda x, *s: x.expand(s),
    "contiguous": lambda x: x.contiguous(),
    "clone": lambda x: x.clone(memory_format=torch.contiguous_format),
}


def record(*words, values=()):
    print(*words, "=", *map(int, values))


def case(name, base, *arguments):
    x = (torch.arange(24, dtype=torch.float64) + 1).requires_grad_()
    try:
        y = VIEWS[name](BASES[base](x), *arguments)
    except (RuntimeError, IndexError):
        record("case", name, base, *arguments)
        record("error")
        return
    record("case", name, base, *arguments)
    record("size", values=y.shape)
    record("stride", values=y.stride())
    record("values", values=y.flatten().tolist())
    (y.flatten() * (torch.arange(y.numel(), dtype=torch.float64) + 1)).sum().backward()
    record("gradient", values=x.grad.tolist())


print(f"# torch {torch.__version__}")
for base in BASES:
    n = len(BASES[base](torch.zeros(24)).shape)
    for d in range(-n - 2, n + 2):
        case("unsqueeze", base, d)
        case("squeeze", base, d)
    case("squeeze_all", base)
    case("t", base)
    case("contiguous", base)
    case("clone", base)
    for a, b in ((0, -1), (0, 0), (1, 2), (2, 1), (-2, -1), (0, 1)):
        case("flatten", base, a, b)
        case("transpose", base, a, b)
    for d in (0, 1, -1):
        for i in (0, 2, -1, 7):
            case("select", base, d, i)
        for a, length in ((0, 1), (1, 2), (-1, 1), (0, 0), (1, 9), (2, -1)):
            case("narrow", base, d, a, length)
for base, shapes in {
        "scalar": ((), (1,), (1, 1, 1), (-1,), (2,)),
        "flat": ((2, 3), (3, -1), (-1, -1), (1, 6, 1), (4,), (), (0,), (-1, 4), (-2, 3)),
        "block": ((24,), (6, 4), (2, 12), (2, -1, 2), (4, 3, 2), (2, 3, 2, 2), (5, -1)),
        "turned": ((24,), (4, 6), (4, 2, 3), (8, 3), (2, 2, 2, 3), (2, 2, 6), (4, 2, 1, 3)),
        "columns": ((12,), (4, 3, 1), (2, 2, 3), (1, 4, 3), (2, 6), (4, -1)),
        "ones": ((3,), (3, 1), (1, 1, 3), (-1,)),
        "repeated": ((6,), (3, 2, 1), (3, 1, 2), (2, 3)),
        "empty": ((0,), (3, 0), (0, 5), (-1, 3), (-1, 0), (2, 0, 7), (3,)),
}.items():
    for shape in shapes:
        case("reshape", base, *shape)
        case("view", base, *shape)
for base, orders in {
        "block": ((0, 1, 2), (2, 0, 1), (2, 1, 0), (-1, 0, 1), (0, 0, 1), (0, 1, 3)),
        "turned": ((1, 2, 0), (2, 1, 0), (0, 1, 2)), "scalar": ((),), "flat": ((0,), (-1,)), "empty": ((1, 0),),
}.items():
    for order in orders:
        case("permute", base, *order)
for base, shapes in {
        "scalar": ((), (3,), (2, 3), (0,)),
        "flat": ((6,), (-1,), (4, 6), (2, -1), (5,), (1,), (-1, 6)),
        "ones": ((2, 3, 4), (5, 1, 3, 2), (-1, -1, 5), (1, 4, 1), (0, 3, 1)),
        "repeated": ((2, 3, 2), (3, 2), (3, 4)),
        "empty": ((0, 3), (2, 0, 3), (1, 3)),
        "columns": ((2, 4, 3), (4, 3), (4, 6)),
}.items():
    for shape in shapes:
        case("expand", base, *shape)
