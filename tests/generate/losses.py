#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/losses/elementwise.txt and classes.txt with PyTorch, in float64.

A record of the first: `name parameter reduction = input target value d(input) d(target) second`, four
elements each, with the gradients of Σ value and, as `second`, the gradient of Σ d(input)² with respect to the
input. PyTorch has no quantile and log-cosh loss: they are written out here.

A record of the second: `name shape reduction weighted ignore_index label_smoothing = x target weight value
d(x) second`; a target is of indices (`nll`, `ce`) or of x's shape (`probabilities`).

"""
import itertools
import sys

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(11)


def reduce(terms, reduction):
    return {"mean": terms.mean, "sum": terms.sum, "none": terms.clone}[reduction]()


def quantile_loss(x, t, q, reduction):
    return reduce(torch.max(q * (t - x), (q - 1) * (t - x)), reduction)


def log_cosh_loss(x, t, _, reduction):
    return reduce(torch.log(torch.cosh(x - t)), reduction)


ELEMENTWISE = [
    ("l1_loss", (0,), lambda x, t, p, r: F.l1_loss(x, t, reduction=r)),
    ("mse_loss", (0,), lambda x, t, p, r: F.mse_loss(x, t, reduction=r)),
    ("smooth_l1_loss", (0.5, 1, 2), lambda x, t, p, r: F.smooth_l1_loss(x, t, beta=p, reduction=r)),
    ("huber_loss", (0.5, 1, 2), lambda x, t, p, r: F.huber_loss(x, t, delta=p, reduction=r)),
    ("quantile_loss", (0.1, 0.5, 0.75), quantile_loss),
    ("log_cosh_loss", (0,), log_cosh_loss),
    ("kl_div", (0, 1), lambda x, t, p, r: F.kl_div(x, t, log_target=bool(p), reduction=r)),
    ("binary_cross_entropy", (0,), lambda x, t, p, r: F.binary_cross_entropy(x, t, reduction=r)),
    ("binary_cross_entropy_with_logits", (0,),
     lambda x, t, p, r: F.binary_cross_entropy_with_logits(x, t, reduction=r)),
    ("poisson_nll_loss", (0, 1, 2, 3),
     lambda x, t, p, r: F.poisson_nll_loss(x, t, log_input=p < 2, full=bool(p % 2), eps=1e-3, reduction=r)),
]


def second_of(dx, x):
    """The gradient of Σ dx² with respect to x; 0 where dx does not depend on x."""
    if not dx.requires_grad:
        return torch.zeros_like(x)
    second, = torch.autograd.grad(dx.square().sum(), [x], allow_unused=True)
    return torch.zeros_like(x) if second is None else second + 0.0


def line(words, *values):
    numbers = torch.cat([v.detach().to(torch.float64).flatten() for v in values]).tolist()
    return " ".join(str(w) for w in words) + " = " + " ".join(f"{v:.17g}" for v in numbers) + "\n"


def elementwise(file):
    for (name, parameters, f), reduction in itertools.product(ELEMENTWISE, ("mean", "sum", "none")):
        for parameter in parameters:
            x, t = torch.rand(4) * 0.9 + 0.05, torch.rand(4) * 0.9 + 0.05
            if name != "binary_cross_entropy":
                x, t = x * 3, t * (1 if name == "binary_cross_entropy_with_logits" else 4)
            x.requires_grad_(), t.requires_grad_()
            value = f(x, t, parameter, reduction)
            dx, dt = torch.autograd.grad(value.sum(), [x, t], create_graph=True)
            file.write(line((name, parameter, reduction), x, t, value, dx, dt, second_of(dx, x)))


def classes(file):
    shapes = {"5": (5,), "4x3": (4, 3), "2x3x2": (2, 3, 2)}
    options = itertools.product(("nll", "ce", "probabilities"), shapes, ("mean", "sum", "none"), (0, 1), (-100, 1),
                                (0, 0.25))
    for name, shape, reduction, weighted, ignore, smoothing in options:
        if (name == "nll" and smoothing) or (name == "probabilities" and ignore == 1):
            continue
        size = shapes[shape]
        count = size[0] if len(size) == 1 else size[1]
        x = (torch.randn(size) * 2).requires_grad_()
        weight = torch.rand(count) if weighted else torch.ones(count)
        keywords = {"weight": weight if weighted else None, "reduction": reduction}
        if name == "probabilities":
            target = torch.softmax(torch.randn(size), 0 if len(size) == 1 else 1)
        else:
            target = torch.randint(count, (size[:1] + size[2:]) if len(size) > 1 else ())
            keywords["ignore_index"] = ignore
            if target.dim():
                target.view(-1)[0] = ignore
                target.view(-1)[1] = 2
            else:
                target.fill_(2)
        if name != "nll":
            keywords["label_smoothing"] = smoothing
        value = (F.nll_loss if name == "nll" else F.cross_entropy)(x, target, **keywords)
        dx, = torch.autograd.grad(value.sum(), [x], create_graph=True)
        file.write(line((name, shape, reduction, weighted, ignore, smoothing), x, target, weight, value, dx,
                        second_of(dx, x)))


for filename, write in (("elementwise.txt", elementwise), ("classes.txt", classes)):
    with open(f"{sys.argv[1]}/{filename}", "w", encoding="utf-8") as out:
        out.write(f"# torch {torch.__version__}; see tests/generate/losses.py\n")
        write(out)
