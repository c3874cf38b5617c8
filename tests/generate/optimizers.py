#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/optim/steps.txt with PyTorch: eleven parameters after 1, 2 and 8 steps of every optimizer.

The gradients are given, small multiples of a quarter that turn round now and then, so that the optimizers alone
are looked at. Square roots are taken by NumPy, correctly rounded: those of PyTorch's wheels are MKL's, and up to
one in the last place off. The cases are those of tests/unit/optimizers.c.
"""
import numpy
import torch

CASES = {
    "adam": ("Adam", {}),
    "adam_decay": ("Adam", dict(lr=0.02, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.01, maximize=True)),
    "adam_amsgrad": ("Adam", dict(lr=0.1, betas=(0.0, 0.5), amsgrad=True)),
    "adam_decoupled": ("Adam", dict(lr=0.05, weight_decay=0.1, decoupled_weight_decay=True)),
    "adamw": ("AdamW", {}),
    "adamw_amsgrad": ("AdamW", dict(lr=0.05, weight_decay=0.1, amsgrad=True, maximize=True)),
    "adamw_no_decay": ("AdamW", dict(weight_decay=0)),
    "adamax": ("Adamax", {}),
    "adamax_decay": ("Adamax", dict(lr=0.1, betas=(0.7, 0.9), weight_decay=0.05, maximize=True)),
    "nadam": ("NAdam", {}),
    "nadam_decay": ("NAdam", dict(lr=0.1, betas=(0.8, 0.9), weight_decay=0.1, momentum_decay=0.05)),
    "nadam_decoupled": ("NAdam", dict(lr=0.1, weight_decay=0.1, decoupled_weight_decay=True, maximize=True)),
    "radam": ("RAdam", {}),
    "radam_decay": ("RAdam", dict(lr=0.1, betas=(0.8, 0.99), eps=1e-5, weight_decay=0.1)),
    "radam_decoupled": ("RAdam", dict(lr=0.1, betas=(0.8, 0.99), weight_decay=0.1, decoupled_weight_decay=True, maximize=True)),
    "rmsprop": ("RMSprop", {}),
    "rmsprop_momentum": ("RMSprop", dict(lr=0.05, momentum=0.9, weight_decay=0.1)),
    "rmsprop_centered": ("RMSprop", dict(alpha=0.5, centered=True, maximize=True)),
    "rmsprop_both": ("RMSprop", dict(alpha=0.9, centered=True, momentum=0.5, eps=1e-3)),
    "adagrad": ("Adagrad", {}),
    "adagrad_decay": ("Adagrad", dict(lr=0.1, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.5, maximize=True)),
    "adadelta": ("Adadelta", {}),
    "adadelta_decay": ("Adadelta", dict(lr=0.5, rho=0.8, eps=1e-3, weight_decay=0.1, maximize=True)),
    "asgd": ("ASGD", {}),
    "asgd_averaging": ("ASGD", dict(lr=0.1, lambd=0.01, alpha=0.5, t0=2, weight_decay=0.1, maximize=True)),
    "rprop": ("Rprop", {}),
    "rprop_bounds": ("Rprop", dict(lr=0.3, etas=(0.3, 1.5), step_sizes=(0.1, 0.5), maximize=True)),
    "sgd_nesterov": ("SGD", dict(lr=0.1, momentum=0.9, nesterov=True)),
}
COUNT = 11
torch.Tensor.sqrt = lambda t: torch.from_numpy(numpy.sqrt(t.detach().numpy()))
torch.Tensor.sqrt_ = lambda t: t.copy_(t.sqrt())


def gradient(step, dtype):
    return torch.tensor([((7 * i + 5 * step) % 11 - 5) / 4 for i in range(COUNT)], dtype=dtype)


print(f"# torch {torch.__version__}: case dtype steps = parameters")
for dtype in (torch.float32, torch.float64):
    for name, (kind, options) in CASES.items():
        p = torch.tensor([(i - 5) / 8 for i in range(COUNT)], dtype=dtype, requires_grad=True)
        lr = {"lr": 0.1} if kind == "SGD" else {}
        optimizer = getattr(torch.optim, kind)([p], **{**lr, **options})
        for step in range(8):
            p.grad = gradient(step, dtype)
            optimizer.step()
            if step in (0, 1, 7):
                print(name, str(dtype)[6:], step + 1, "=", *(float(v).hex() for v in p))
        if name.startswith("asgd"):
            print(name + "_ax", str(dtype)[6:], 8, "=", *(float(v).hex() for v in optimizer.state[p]["ax"]))
