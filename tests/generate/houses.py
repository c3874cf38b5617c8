#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes the tables of examples/data, which docs/reel-fit.md and the manual pages use: houses that never were.

    tests/generate/houses.py examples/data
"""
import csv
import sys

import numpy as np

DISTRICTS = {"North": 0, "Harbour": 30000, "Hills": 45000, "Centre": 80000}
COLUMNS = ["area", "rooms", "built", "station", "district", "price"]


def house(rng):
    area = rng.gamma(9, 12) + 25
    rooms = max(1, round(area / 27 + rng.normal(0, 0.7)))
    built = int(rng.integers(1900, 2024))
    station = round(rng.gamma(2, 1.2), 1)
    district = rng.choice(list(DISTRICTS), p=[0.4, 0.25, 0.2, 0.15])
    worth = 30000 + 1900 * area + 6000 * rooms + 500 * (built - 1950) + DISTRICTS[district]
    worth += 70000 * np.exp(-station) - 4000 * station
    price = worth * np.exp(rng.normal(0, 0.08))
    return [round(area), rooms, built, station, district, int(round(price, -3))]


def write(path, columns, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def main(folder):
    rng = np.random.default_rng(2026)
    rows = [house(rng) for _ in range(400)]
    for i in rng.choice(len(rows), 11, replace=False):
        rows[i][2] = ""  # nobody knows when it was built
    for i in rng.choice(len(rows), 4, replace=False):
        rows[i][5] *= 10  # a zero too many
    write(f"{folder}/houses.csv", COLUMNS, rows)
    write(f"{folder}/houses-2026.csv", COLUMNS, [house(rng) for _ in range(100)])
    new = [house(rng)[:5] for _ in range(5)]
    new[1][2] = ""
    new[3][4] = "Airport"
    write(f"{folder}/new.csv", COLUMNS[:5], new)


if __name__ == "__main__":
    main(sys.argv[1])
