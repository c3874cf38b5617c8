#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/metrics/cases.txt with NumPy: what scikit-learn's formulas give in float64.
"""
import numpy as np

rng = np.random.default_rng(1)


def text(x):
    return " ".join(float(v).hex() for v in np.asarray(x, dtype=np.float64).ravel())


def case(name, dtype, p, t):
    """The inputs, rounded to the dtype, and the five metrics of what they have become."""
    p, t = np.asarray(p, dtype=dtype).astype(np.float64), np.asarray(t, dtype=dtype).astype(np.float64)
    e = p - t
    with np.errstate(all="ignore"):
        total = ((t - t.mean()) ** 2).sum()
        r2 = 1 - (e**2).sum() / total if total != 0 else float((e**2).sum() == 0)
        covered = np.nan if np.isnan(p).any() or np.isnan(t).any() else (t <= p).mean()
        metrics = [np.abs(e).mean(), np.sqrt((e**2).mean()), r2, np.median(np.abs(e)), covered]
    print(name, np.dtype(dtype).name, len(p), "=", text(p), text(t), text(metrics))


print(f"# numpy {np.__version__}: predictions, targets, MAE, RMSE, R2, median absolute error, coverage")
for dtype in (np.float32, np.float64, np.int64):
    for n in (1, 2, 3, 4, 7, 10, 33):
        t = rng.normal(size=n) * 10
        case("normal", dtype, t + rng.normal(size=n) * 3, t)
    case("equal", dtype, [1, 2, 3, 4], [1, 2, 3, 4])
    case("ties", dtype, [1, 2, 3, 4, 5, 6], [2, 2, 2, 5, 5, 5])
    case("constant-target", dtype, [1, 2, 3], [2, 2, 2])
    case("constant-both", dtype, [2, 2, 2], [2, 2, 2])
    case("large-mean", dtype, [1e6 + 1, 1e6 + 2, 1e6 + 4], [1e6, 1e6 + 3, 1e6 + 4])
for dtype in (np.float32, np.float64):
    case("nan-prediction", dtype, [1, np.nan, 3], [1, 2, 3])
    case("nan-target", dtype, [1, 2, 3], [1, 2, np.nan])
    case("infinite", dtype, [1, np.inf, 3, 4], [1, 2, 3.5, 5])
    case("tiny", dtype, [1e-30, 2e-30, 0, -0.0], [3e-30, 0, 1e-40, 0])
case("overflow", np.float64, [1e308, -1e308, 0], [-1e308, 1e308, 0])
