#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/reductions/cases.txt with PyTorch: reductions, scans and sorting of 3 x 4 tensors
with zeros, equal elements, NaNs and infinities, which random samples do not have.

`base NAME` gives a tensor's elements. `case NAME BASE DIM` has the values, `indices` where elements
were picked, `gradient` that of y · (1, 2, 3, …) and `second` that of gradient · (1, 2, 3, …). DIM 9
stands for all dims.
"""
import torch

INF, NAN = float("inf"), float("nan")
BASES = {
    "plain": [0.3, -1.2, 2.5, 0.8, -0.7, 1.9, -2.2, 0.1, 1.1, -0.4, 0.6, -3.0],
    "equal": [2, -1, 2, 1, -1, -1, 2, 2, 0.5, 0.5, 0.5, 0.5],
    "zeros": [0, -1.2, 2.5, 0.8, 0, 1.9, 0, 0.1, 0, 0, 0, 0],
    "nan": [0.3, NAN, 2.5, NAN, -0.7, 1.9, -2.2, 0.1, NAN, NAN, NAN, NAN],
    "infinite": [INF, -1.2, 2.5, 0.8, -INF, 1.9, -2.2, 0.1, -INF, -INF, -INF, -INF],
}
DIM = {
    "sum": lambda x, d: x.sum(d),
    "mean": lambda x, d: x.mean(d),
    "nansum": lambda x, d: x.nansum(d),
    "prod": lambda x, d: x.prod(d),
    "logsumexp": lambda x, d: x.logsumexp(d),
    "amax": lambda x, d: x.amax(d),
    "amin": lambda x, d: x.amin(d),
    "max": lambda x, d: x.max(d),
    "min": lambda x, d: x.min(d),
    "var": lambda x, d: x.var(d),
    "std": lambda x, d: x.std(d),
    "norm0.5": lambda x, d: x.norm(0.5, d),
    "norm1": lambda x, d: x.norm(1, d),
    "norm1.5": lambda x, d: x.norm(1.5, d),
    "norm2": lambda x, d: x.norm(2, d),
    "norm3": lambda x, d: x.norm(3, d),
    "norminf": lambda x, d: x.norm(INF, d),
    "norm-inf": lambda x, d: x.norm(-INF, d),
    "cumsum": lambda x, d: x.cumsum(d),
    "cumprod": lambda x, d: x.cumprod(d),
    "softmax": lambda x, d: x.softmax(d),
    "log_softmax": lambda x, d: x.log_softmax(d),
    "sort": lambda x, d: x.sort(dim=d, stable=True),
    "sort_descending": lambda x, d: x.sort(dim=d, descending=True, stable=True),
    "quantile": lambda x, d: x.quantile(0.3, d),
}
ALL = {
    "sum": lambda x: x.sum(),
    "nansum": lambda x: x.nansum(),
    "prod": lambda x: x.prod(),
    "max": lambda x: x.max(),
    "min": lambda x: x.min(),
    "median": lambda x: x.median(),
    "std": lambda x: x.std(),
    "norm2": lambda x: x.norm(2),
}
# Here the derivatives of a product are the products of the others; PyTorch divides by the element.
FINITE_ONLY = {"prod", "cumprod", "var", "std"}


def record(*words, values=()):
    print(*words, "=", *values)


def plain(t):
    return [repr(v) for v in (torch.zeros(t.shape) if t._is_zerotensor() else t.detach()).flatten().tolist()]


def weighted(t):
    return (t * (torch.arange(t.numel(), dtype=t.dtype) + 1).reshape(t.shape)).sum()


def case(name, base, f, dim):
    x = torch.tensor(BASES[base], dtype=torch.float64).reshape(3, 4).requires_grad_()
    y = f(x)
    indices = None
    if not isinstance(y, torch.Tensor):
        y, indices = y
    record("case", name, base, dim, values=plain(y))
    if indices is not None:
        record("indices", values=plain(indices))
    (g,) = torch.autograd.grad(weighted(y), x, create_graph=True)
    record("gradient", values=plain(g))
    if g.requires_grad and not (name.startswith("norm") and base == "zeros"):  # that is one of special_points.py
        (h,) = torch.autograd.grad(weighted(g), x, allow_unused=True)
        record("second", values=plain(torch.zeros(3, 4) if h is None else h))


print(f"# torch {torch.__version__}")
for base, elements in BASES.items():
    record("base", base, values=map(float, elements))
for base in BASES:
    for name, f in DIM.items():
        if base not in ("nan", "infinite") or name not in FINITE_ONLY:
            for dim in 0, 1:
                case(name, base, lambda x: f(x, dim), dim)
    for name, f in ALL.items():
        if base not in ("nan", "infinite") or name not in FINITE_ONLY:
            case(name, base, f, 9)
