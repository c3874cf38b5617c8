#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes what examples 10 and 11 are to print with PyTorch: the same trainings, from the same seed.

`houses.py prices` is example 10, `houses.py predict` is example 11.
"""
import csv
import os
import sys

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/data")
l1_loss = nn.L1Loss()


def read(path):
    """Columns by name: numbers as float32, NaN where there is none, or texts."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        try:
            columns[name] = np.array([float(v) if v else np.nan for v in values], dtype=np.float32)
        except ValueError:
            columns[name] = np.array(values)
    return columns


class Encoder:
    """Medians, means and deviations of the rows, texts in order; all in float64."""

    def __init__(self, columns, target, rows):
        self.target, self.numbers, self.texts, self.names = target, {}, {}, []
        for name, values in columns.items():
            if values.dtype.kind == "U":
                self.texts[name] = sorted(set(values[rows]))
                self.names += [f"{name}={text}" for text in self.texts[name]]
                continue
            x = values[rows].astype(np.float64)
            median = np.nanmedian(x)
            x[np.isnan(x)] = median
            self.numbers[name] = (median, x.mean(), x.std())
            if name != target:
                self.names.append(name)

    def number(self, columns, name, rows):
        median, mean, scale = self.numbers[name]
        x = columns[name][rows].astype(np.float64)
        x[np.isnan(x)] = median
        return (x - mean) / scale

    def features(self, columns, rows):
        features = []
        for name in columns:
            if name in self.texts:
                features += [(columns[name][rows] == text).astype(np.float64) for text in self.texts[name]]
            elif name != self.target:
                features.append(self.number(columns, name, rows))
        return torch.tensor(np.stack(features, 1), dtype=torch.float32)

    def targets(self, columns, rows):
        return torch.tensor(self.number(columns, self.target, rows), dtype=torch.float32).unsqueeze(1)

    def decode(self, y):
        _, mean, scale = self.numbers[self.target]
        return (y.detach().double() * scale + mean).float().double()


def train_epoch(model, loader, adam, scheduler=None):
    for x, y in loader:
        loss = l1_loss(model(x), y)
        adam.zero_grad()
        loss.backward()
        adam.step()
        if scheduler:
            scheduler.step()


def prices(path=os.path.join(DATA, "houses.csv"), target="price"):
    """Example 10, also on another table."""
    columns = read(path)
    n = len(columns[target])
    parts = [p.indices for p in random_split(range(n), [n - n // 10 - n // 5, n // 10, n // 5])]
    encoder = Encoder(columns, target, parts[0])
    x = [encoder.features(columns, p) for p in parts]
    y = [encoder.targets(columns, p) for p in parts]
    model = nn.Sequential(nn.Linear(x[0].shape[1], 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
    print(len(parts[0]), "rows to train on, their features:", *encoder.names)
    loader = DataLoader(TensorDataset(x[0], y[0]), batch_size=32, shuffle=True)
    adam = torch.optim.Adam(model.parameters())

    def errors(part):
        t = encoder.decode(y[part])
        return encoder.decode(model(x[part])) - t, t

    best, best_epoch, state = float("inf"), 0, None
    for epoch in range(1, 101):
        train_epoch(model, loader, adam)
        error = errors(1)[0].abs().mean().item()
        if epoch % 10 == 0:
            print(f"epoch {epoch:3d}: validation error {error:.0f}")
        if error < best:
            best, best_epoch = error, epoch
            state = {k: v.clone() for k, v in model.state_dict().items()}
        if epoch - best_epoch == 20:
            break
    model.load_state_dict(state)
    print(f"the best was epoch {best_epoch}: {best:.0f}")
    e, t = errors(2)
    r2 = 1 - (e**2).sum() / ((t - t.mean()) ** 2).sum()
    print(f"on {len(t)} other rows: mean absolute error {e.abs().mean():.0f},"
          f" median {np.median(e.abs()):.0f}, R² {r2:.2f}")


def linear(columns, rows):
    encoder = Encoder(columns, "price", rows)
    layer = nn.Linear(len(encoder.names), 1)
    data = TensorDataset(encoder.features(columns, rows), encoder.targets(columns, rows))
    loader = DataLoader(data, batch_size=16, shuffle=True)
    adam = torch.optim.Adam(layer.parameters(), lr=0.01)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(adam, T_max=30 * len(loader))
    for _ in range(30):
        train_epoch(layer, loader, adam, decay)
    return encoder, layer


def predict():
    """Example 11."""
    columns, folds, first = read(os.path.join(DATA, "houses.csv")), 5, 0
    n = len(columns["price"])
    order, medians = torch.randperm(n).numpy(), []
    for k in range(folds):
        size = n // folds + (k < n % folds)
        test, first = np.sort(order[first:first + size]), first + size
        encoder, layer = linear(columns, np.setdiff1d(np.arange(n), test))
        error = encoder.decode(layer(encoder.features(columns, test))).numpy()[:, 0] - columns["price"][test]
        medians.append(f"{np.median(np.abs(error)) / 1000:.1f}")
    print("median error of rows not trained on, in thousands:", *medians)
    encoder, layer = linear(columns, np.arange(n))
    new = read(os.path.join(DATA, "new.csv"))
    answers = encoder.decode(layer(encoder.features(new, np.arange(len(new["area"])))))
    for row, price in enumerate(answers[:, 0].tolist()):
        print(f"house {row + 1}: price {price:.0f}")


torch.manual_seed(0)
{"prices": prices, "predict": predict}[sys.argv[1]](*sys.argv[2:])
