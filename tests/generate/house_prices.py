#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes examples/expected/house_prices.txt with PyTorch: the same training, from the same seed.

Run with PyTorch 1.13: python3 tests/generate/house_prices.py > examples/expected/house_prices.txt
"""
import csv
import os
import sys

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

HERE = os.path.dirname(os.path.abspath(__file__))
path, target = sys.argv[1:] or (os.path.join(HERE, "../../examples/data/houses.csv"), "price")

torch.manual_seed(0)
with open(path, newline="") as file:
    rows = list(csv.DictReader(file))
n = len(rows)
parts = [p.indices for p in random_split(rows, [n - n // 10 - n // 5, n // 10, n // 5])]

# The encoder: medians, means and deviations of the training rows, texts in order.
features, names = [], []
for name in rows[0]:
    values = [row[name] for row in rows]
    try:
        x = np.array([float(v) if v else np.nan for v in values], dtype=np.float32).astype(np.float64)
    except ValueError:
        for text in sorted(set(values[i] for i in parts[0])):
            features.append(np.array([v == text for v in values], dtype=np.float64))
            names.append(f"{name}={text}")
        continue
    x[np.isnan(x)] = np.nanmedian(x[parts[0]])
    mean, scale = x[parts[0]].mean(), x[parts[0]].std()
    if name == target:
        y, target_mean, target_scale = (x - mean) / scale, mean, scale
    else:
        features.append((x - mean) / scale)
        names.append(name)

x = [torch.tensor(np.stack(features, 1)[p], dtype=torch.float32) for p in parts]
y = [torch.tensor(y[p], dtype=torch.float32).unsqueeze(1) for p in parts]
model = nn.Sequential(nn.Linear(len(names), 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
print(len(parts[0]), "rows to train on, their features:", *names)

loader = DataLoader(TensorDataset(x[0], y[0]), batch_size=32, shuffle=True)
adam = torch.optim.Adam(model.parameters())
l1_loss = nn.L1Loss()


@torch.no_grad()
def errors(part):
    """Predictions and targets in the target's units."""
    p, t = ((v.double() * target_scale + target_mean).float().double() for v in (model(x[part]), y[part]))
    return p - t, t


best, best_epoch, wait, state = float("inf"), 0, 0, None
for epoch in range(1, 101):
    for inputs, targets in loader:
        loss = l1_loss(model(inputs), targets)
        adam.zero_grad()
        loss.backward()
        adam.step()
    error = errors(1)[0].abs().mean().item()
    if epoch % 10 == 0:
        print(f"epoch {epoch:3d}: validation error {error:.0f}")
    wait += 1
    if error < best:
        best, best_epoch, wait = error, epoch, 0
        state = {k: v.clone() for k, v in model.state_dict().items()}
    if wait == 20:
        break
model.load_state_dict(state)
print(f"the best was epoch {best_epoch}: {best:.0f}")
e, t = errors(2)
r2 = 1 - (e**2).sum() / ((t - t.mean()) ** 2).sum()
print(f"on {len(t)} other rows: mean absolute error {e.abs().mean():.0f},"
      f" median {np.median(e.abs()):.0f}, R² {r2:.2f}")
