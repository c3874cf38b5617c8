#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/optim/matrices.txt with PyTorch: parameters of several shapes after 1 and 6 steps of Adafactor
and Muon. The gradients are those of tests/generate/optimizers.py, of as many elements as there are; the cases are those
of tests/unit/matrix_optimizers.c."""
import torch

ADAFACTOR = {
    "adafactor": {},
    "adafactor_all": dict(lr=0.3, beta2_decay=-0.5, eps=(1e-3, 0.1), d=1.5, weight_decay=0.1, maximize=True),
}
MUON = {
    "muon": dict(lr=0.05),
    "muon_all": dict(lr=0.1, weight_decay=0.2, momentum=0.8, nesterov=False, ns_coefficients=(3.0, -4.0, 2.0), ns_steps=3,
                     eps=1e-5, adjust_lr_fn="match_rms_adamw"),
}
RUNS = [("Adafactor", ADAFACTOR, [(7,), (3, 4), (2, 3, 5)]), ("Muon", MUON, [(3, 5), (5, 3), (4, 4)])]


def ramp(shape, step, dtype):
    count = torch.Size(shape).numel()
    return torch.tensor([((7 * i + 5 * step) % 11 - 5) / 4 for i in range(count)], dtype=dtype).reshape(shape)


print(f"# torch {torch.__version__}: case dtype shape steps = parameters")
for kind, cases, shapes in RUNS:
    for name, options in cases.items():
        for dtype in (torch.float32, torch.float64):
            for shape in shapes:
                p = (ramp(shape, 3, dtype) / 2).requires_grad_()
                optimizer = getattr(torch.optim, kind)([p], **options)
                for step in range(6):
                    p.grad = ramp(shape, step, dtype)
                    optimizer.step()
                    if step in (0, 5):
                        print(name, str(dtype)[6:], "x".join(map(str, shape)), step + 1, "=",
                              *(f"{v:.17g}" for v in p.detach().flatten().tolist()))
