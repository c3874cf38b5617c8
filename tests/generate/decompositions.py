#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/linalg/decompositions.txt with PyTorch, in float64: `name shape = x results gradient`, the gradient
of the results' sum, weighted by the ramp below. Of singular vectors magnitudes are taken: their signs are free."""
import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(3)
L = torch.linalg
NORMS = {"fro": "fro", "nuc": "nuc", "1": 1, "-1": -1, "2": 2, "-2": -2, "inf": float("inf"), "-inf": -float("inf")}
SHAPES = [(3, 3), (4, 3), (3, 4), (2, 4, 2), (1, 5), (5, 1)]


def svd(a):
    u, s, vh = L.svd(a, full_matrices=False)
    return [u.abs(), s, vh.abs()]


def eigh(a, side):
    values, vectors = L.eigh(a, UPLO=side)
    return [values, vectors.abs()]


def lstsq(a):
    return [L.lstsq(a, ramp(a.shape[:-1] + (2,)), driver="gelsd").solution]


def ramp(shape):
    return (torch.arange(torch.Size(shape).numel()) * 5 % 7 - 3).reshape(shape) / 3


def line(name, a, f):
    x = a.clone().requires_grad_()
    results = f(x)
    gradient, = torch.autograd.grad(sum((y * ramp(y.shape)).sum() for y in results), x)
    numbers = torch.cat([v.detach().flatten() for v in [x, *results, gradient]]).tolist()
    print(name, "x".join(map(str, a.shape)), "=", *(f"{v:.17g}" for v in numbers))


print(f"# torch {torch.__version__}; see tests/generate/decompositions.py")
for shape in SHAPES:
    a = torch.randn(shape)
    line("qr", a, lambda x: list(L.qr(x)))
    line("svd", a, svd)
    line("pinv", a, lambda x: [L.pinv(x)])
    if shape[-2] >= shape[-1]:
        line("lstsq", a, lstsq)
    for name, order in NORMS.items():
        line("norm_" + name, a, lambda x, order=order: [L.matrix_norm(x, order)])
    if shape[-2] == shape[-1]:
        line("eigh_lower", a, lambda x: eigh(x, "L"))
        line("eigh_upper", a, lambda x: eigh(x, "U"))
    low = a[..., :1] @ a[..., :1, :]
    line("pinv", low, lambda x: [L.pinv(x)])
