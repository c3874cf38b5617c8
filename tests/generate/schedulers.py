#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/optim/schedules.txt with PyTorch: the learning rates of two groups over 40 steps, by every
scheduler, and the momenta where those are cycled.

The cases are those of tests/unit/schedulers.c.
"""
import math
import warnings

import torch
from torch.optim import lr_scheduler as sched

warnings.filterwarnings("ignore")
STEPS = 40


def metric(step):
    return 1 / (1 + step) if step < 6 else 0.2 + 0.01 * (step % 3)


CASES = {
    "step": lambda o: sched.StepLR(o, 7),
    "step_gamma": lambda o: sched.StepLR(o, 3, gamma=0.7),
    "multi_step": lambda o: sched.MultiStepLR(o, [5, 11, 11, 30]),
    "multi_step_gamma": lambda o: sched.MultiStepLR(o, [2, 3], gamma=0.3),
    "exponential": lambda o: sched.ExponentialLR(o, 0.95),
    "constant": lambda o: sched.ConstantLR(o),
    "constant_factor": lambda o: sched.ConstantLR(o, factor=0.7, total_iters=12),
    "linear": lambda o: sched.LinearLR(o),
    "linear_factors": lambda o: sched.LinearLR(o, start_factor=0.9, end_factor=0.1, total_iters=17),
    "linear_to_zero": lambda o: sched.LinearLR(o, start_factor=0.9, end_factor=0.0, total_iters=17),
    "polynomial": lambda o: sched.PolynomialLR(o),
    "polynomial_power": lambda o: sched.PolynomialLR(o, total_iters=30, power=2.5),
    "cosine": lambda o: sched.CosineAnnealingLR(o, 13),
    "cosine_min": lambda o: sched.CosineAnnealingLR(o, 9, eta_min=0.01),
    "restarts": lambda o: sched.CosineAnnealingWarmRestarts(o, 6),
    "restarts_mult": lambda o: sched.CosineAnnealingWarmRestarts(o, 4, T_mult=2, eta_min=0.01),
    "one_cycle": lambda o: sched.OneCycleLR(o, 0.5, total_steps=40),
    "one_cycle_linear": lambda o: sched.OneCycleLR(
        o, [0.5, 0.7], epochs=9, steps_per_epoch=5, pct_start=0.4, anneal_strategy="linear", base_momentum=0.5,
        max_momentum=0.6, div_factor=10.0, final_div_factor=100.0),
    "one_cycle_three": lambda o: sched.OneCycleLR(o, 0.5, total_steps=41, three_phase=True),
    "one_cycle_lr": lambda o: sched.OneCycleLR(o, 0.5, total_steps=41, cycle_momentum=False),
    "cyclic": lambda o: sched.CyclicLR(o, 0.01, 0.1, step_size_up=5),
    "cyclic2": lambda o: sched.CyclicLR(o, [0.01, 0.02], [0.1, 0.3], step_size_up=5, step_size_down=3, mode="triangular2"),
    "cyclic_exp": lambda o: sched.CyclicLR(
        o, 0.01, 0.1, step_size_up=4, mode="exp_range", gamma=0.9, base_momentum=0.1, max_momentum=0.5),
    "cyclic_function": lambda o: sched.CyclicLR(
        o, 0.01, 0.1, step_size_up=4, scale_fn=lambda x: 0.5 / x, cycle_momentum=False),
    "plateau": lambda o: sched.ReduceLROnPlateau(o),
    "plateau_patience": lambda o: sched.ReduceLROnPlateau(o, factor=0.5, patience=2, cooldown=3, min_lr=[0.02, 0.001]),
    "plateau_max": lambda o: sched.ReduceLROnPlateau(
        o, mode="max", factor=0.5, patience=0, threshold=0.05, threshold_mode="abs"),
    "lambda": lambda o: sched.LambdaLR(o, [lambda epoch: 0.95 ** epoch, lambda epoch: 1 / (1 + epoch)]),
    "multiplicative": lambda o: sched.MultiplicativeLR(o, [lambda epoch: 0.95 ** epoch, lambda epoch: 1 / (1 + epoch)]),
    "chained": lambda o: sched.ChainedScheduler(
        [sched.ConstantLR(o, factor=0.1, total_iters=3), sched.ExponentialLR(o, 0.9), sched.StepLR(o, 4)]),
    "chained_cycles": lambda o: sched.ChainedScheduler([sched.CyclicLR(o, 0.01, 0.1, 5), sched.PolynomialLR(o, total_iters=12, power=2)]),
    "sequential_warm": lambda o: sched.SequentialLR(
        o, [sched.LinearLR(o, start_factor=0.1, total_iters=6), sched.CosineAnnealingLR(o, 20)], [6]),
    "sequential_three": lambda o: sched.SequentialLR(
        o, [sched.ConstantLR(o, factor=0.1, total_iters=3), sched.ExponentialLR(o, 0.9), sched.StepLR(o, 4)], [8, 20]),
    "sequential_restarts": lambda o: sched.SequentialLR(
        o, [sched.CosineAnnealingWarmRestarts(o, 5), sched.PolynomialLR(o, total_iters=12, power=2),
            sched.CosineAnnealingWarmRestarts(o, 3, T_mult=2)], [7, 22]),
    "sequential_cycles": lambda o: sched.SequentialLR(
        o, [sched.OneCycleLR(o, 0.5, total_steps=12), sched.MultiStepLR(o, [4, 9]),
            sched.CyclicLR(o, 0.01, 0.1, 5, cycle_momentum=False)], [12, 25]),
}

print(f"# torch {torch.__version__}: case what = 40 steps of two groups each")
for name, make in CASES.items():
    groups = [{"params": [torch.zeros(1)], "lr": 0.1}, {"params": [torch.zeros(1)], "lr": 0.04}]
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=0.3)
    scheduler = make(optimizer)
    rates, momenta = [], []
    for step in range(STEPS):
        rates += [group["lr"] for group in optimizer.param_groups]
        momenta += [group["momentum"] for group in optimizer.param_groups]
        optimizer.step()
        scheduler.step(*([metric(step)] if name.startswith("plateau") else []))
    print(name, "lr", "=", *(float(v).hex() for v in rates))
    if "cycl" in name:
        print(name, "momentum", "=", *(float(v).hex() for v in momenta))
