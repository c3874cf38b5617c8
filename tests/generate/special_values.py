#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What PyTorch makes of NaN, infinities, zeros and edges, elementwise: values and gradients.

A line is a row of elementwise.def, "y" or the input whose gradient it is ("a2": that of Σ k times the k-th gradient), and
the results in double over the grid of all inputs, the last one changing first. Parameters are those of tests/samples.h.
Each place is computed for as many copies as fill PyTorch's vectors, whose loops give other answers at NaN and at
edges than what it does with the elements behind the last whole vector.
"""
import itertools
import torch
import torch.nn.functional as F

aten = torch.ops.aten
nan, inf = float("nan"), float("inf")
GRIDS = {
    1: [nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 0.7, -0.7, 1.2, 0.5, -2.5],
    2: [nan, inf, -inf, 0.0, -0.0, 1.0, -1.0, 2.5],
    3: [nan, inf, 0.0, -0.0, -1.5],
}
P, Q, S = 0.7, 1.2, 0.6
COPIES = 64

UNARY = {
    "neg": torch.neg, "abs": torch.abs, "square": torch.square, "cube": lambda x: torch.pow(x, 3),
    "sqrt": torch.sqrt, "rsqrt": torch.rsqrt,
    "reciprocal": torch.reciprocal, "exp": torch.exp, "log": torch.log, "tanh": torch.tanh,
    "sigmoid": torch.sigmoid, "relu": torch.relu, "leaky_relu": lambda x: F.leaky_relu(x, P),
    "elu": lambda x: aten.elu(x, P / Q, Q, S), "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu,
    "softplus": lambda x: F.softplus(x, P, Q), "clamp": lambda x: torch.clamp(x, P, Q),
    "sign": torch.sign, "exp2": torch.exp2, "expm1": torch.expm1, "log1p": torch.log1p,
    "log2": torch.log2, "log10": torch.log10, "sin": torch.sin, "cos": torch.cos, "tan": torch.tan,
    "asin": torch.asin, "acos": torch.acos, "atan": torch.atan, "sinh": torch.sinh, "cosh": torch.cosh,
    "asinh": torch.asinh, "acosh": torch.acosh, "atanh": torch.atanh, "erf": torch.erf,
    "erfc": torch.erfc, "erfinv": torch.erfinv, "lgamma": torch.lgamma, "digamma": torch.digamma,
    "polygamma": lambda x: torch.polygamma(2, x), "logit": torch.logit, "ceil": torch.ceil, "floor": torch.floor,
    "trunc": torch.trunc, "round": torch.round, "round_decimals": lambda x: torch.round(x, decimals=2),
    "frac": torch.frac, "mish": F.mish, "softsign": F.softsign,
    "hardtanh": lambda x: F.hardtanh(x, P, Q), "hardsigmoid": F.hardsigmoid, "hardswish": F.hardswish,
    "logsigmoid": F.logsigmoid, "tanhshrink": F.tanhshrink, "softshrink": lambda x: F.softshrink(x, P),
    "hardshrink": lambda x: F.hardshrink(x, P), "threshold": lambda x: F.threshold(x, P, Q),
    "logical_not": torch.logical_not, "isnan": torch.isnan, "isinf": torch.isinf,
    "isfinite": torch.isfinite,
}
BINARY = {
    "add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "maximum": torch.maximum,
    "minimum": torch.minimum, "add_alpha": lambda a, b: torch.add(a, b, alpha=P),
    "div_trunc": lambda a, b: torch.div(a, b, rounding_mode="trunc"),
    "div_floor": lambda a, b: torch.div(a, b, rounding_mode="floor"), "fmod": torch.fmod,
    "remainder": torch.remainder, "pow": torch.pow, "fmax": torch.fmax, "fmin": torch.fmin,
    "clamp_min": lambda a, b: torch.clamp(a, min=b), "clamp_max": lambda a, b: torch.clamp(a, max=b),
    "atan2": torch.atan2, "hypot": torch.hypot, "copysign": torch.copysign, "xlogy": torch.xlogy,
    "logaddexp": torch.logaddexp,
    "prelu": lambda a, b: F.prelu(a.unsqueeze(0), b).squeeze(0),
    "odds_slope": lambda a, b: aten.binary_cross_entropy_backward(torch.ones_like(a), a, b, None, 0),
    "eq": torch.eq, "ne": torch.ne, "lt": torch.lt, "le": torch.le, "gt": torch.gt, "ge": torch.ge,
    "logical_and": torch.logical_and, "logical_or": torch.logical_or, "logical_xor": torch.logical_xor,
}
LOSSES = {
    "l1_loss": F.l1_loss, "mse_loss": F.mse_loss, "smooth_l1_loss": lambda a, b, **k: F.smooth_l1_loss(a, b, beta=P, **k),
    "huber_loss": lambda a, b, **k: F.huber_loss(a, b, delta=P, **k),
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
    "soft_margin_loss": F.soft_margin_loss,
    "hinge_embedding_loss": lambda a, b, **k: F.hinge_embedding_loss(a, b, margin=P, **k),
    "kl_div": F.kl_div, "kl_div_log": lambda a, b, **k: F.kl_div(a, b, log_target=True, **k),
    "poisson_nll_loss": lambda a, b, **k: F.poisson_nll_loss(a, b, log_input=False, eps=P, **k),
    "poisson_nll_loss_log": F.poisson_nll_loss,
}
NO_GRADIENT_OF_TARGETS = ("soft_margin_loss", "hinge_embedding_loss")
for name, loss in LOSSES.items():
    known = name in NO_GRADIENT_OF_TARGETS
    BINARY[name] = lambda a, b, loss=loss, known=known: loss(a, b.detach() if known else b, reduction="none")
TERNARY = {
    "lerp": torch.lerp, "addcmul": lambda a, b, c: torch.addcmul(a, b, c, value=P),
    "addcdiv": lambda a, b, c: torch.addcdiv(a, b, c, value=P), "clamp_between": torch.clamp,
}


def derivatives(y, inputs):
    """Of Σ y, with respect to each; zeros where it does not depend on them."""
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in inputs]
    found = torch.autograd.grad(y.sum(), inputs, create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if g is None or g._is_zerotensor() else g for x, g in zip(inputs, found)]


def line(name, what, t):
    print(name, what, "=", *(repr(float(v)) for v in t.detach()[::COPIES]))


print(f"# torch {torch.__version__}")
for inputs, table in ((1, UNARY), (2, BINARY), (3, TERNARY)):
    columns = zip(*itertools.product(GRIDS[inputs], repeat=inputs))
    grid = [torch.tensor(c, dtype=torch.float64).repeat_interleave(COPIES).requires_grad_() for c in columns]
    for name, function in table.items():
        y = function(*grid)
        line(name, "y", y)
        if y.dtype != torch.float64 or not y.requires_grad:
            continue
        gradients = derivatives(y, grid)
        for what, g in zip("a" if name in NO_GRADIENT_OF_TARGETS else "abc", gradients):
            line(name, what, g)
        if name in (*NO_GRADIENT_OF_TARGETS, "odds_slope"):  # whose own is the second one
            continue
        try:
            second = derivatives(sum(k * g for k, g in enumerate(gradients, 1)), grid)
        except RuntimeError:  # PyTorch has none
            continue
        for what, h in zip("abc", second):
            line(name, what + "2", h)
