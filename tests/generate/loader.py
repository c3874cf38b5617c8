#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/loader/epochs.txt with PyTorch: the rows of its batches and subsets from a seed.

"""
import sys

import torch
from torch.utils.data import DataLoader, Subset, TensorDataset, random_split

SHOWN = 40
torch.set_num_threads(1)


def record(*words, values):
    """Of many rows the first and the last; all of them count by sum(place * row)."""
    check = sum((i + 1) * v for i, v in enumerate(values))
    shown = values if len(values) <= SHOWN else values[:SHOWN // 2] + values[-SHOWN // 2:]
    print(*map(str, words), len(values), check, "=", *shown)


def epochs(n, batch_size, shuffle, drop_last, count=3, rows=None):
    """Each epoch's rows, batch by batch, and what is drawn between two epochs."""
    data = TensorDataset(torch.arange(n))
    data = data if rows is None else Subset(data, rows)
    loader = DataLoader(data, batch_size=batch_size, shuffle=shuffle, drop_last=drop_last)
    for _ in range(count):
        batches = [b[0].tolist() for b in loader]
        assert len(batches) == len(loader)
        assert all(len(b) == batch_size for b in batches[:-1])
        record("epoch", n, batch_size, int(shuffle), int(drop_last), len(rows or []), len(batches),
               values=[row for b in batches for row in b])
        print("draw =", int(torch.randint(0, 2**31, (1,))))


print(f"# torch {torch.__version__}")
print("# epoch: rows, batch_size, shuffle, drop_last, rows chosen (the last ones, backwards), batches,"
      " rows handed out, sum of place * row = rows")
for seed in [int(word) for word in sys.argv[1:]] or (0, 1, 2**32 + 5):
    torch.manual_seed(seed)
    print("seed", seed, "=")
    for n in (1, 2, 7, 10, 1000, 20640):
        for batch_size in (1, 3, 256) if n < 1000 else (32, 256):
            for shuffle in (True, False):
                for drop_last in (True, False):
                    epochs(n, batch_size, shuffle, drop_last, 2 if n > 10 else 3)
    epochs(20, 4, True, False, rows=list(range(19, 6, -1)))
    epochs(20, 4, False, True, rows=list(range(19, 6, -1)))
    for lengths in ([3, 7], [10, 0], [1], [0], [4128, 16512], [700, 200, 100], [1, 1, 1, 1]):
        parts = random_split(range(sum(lengths)), lengths)
        record("split", *lengths, values=[i for p in parts for i in p.indices])
        print("draw =", int(torch.randint(0, 2**31, (1,))))
