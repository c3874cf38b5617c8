#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""For how many steps Reel's losses are PyTorch's, and PyTorch's its own: the table of docs/pytorch.md.

    PYTHON=… tests/generate/divergence.sh [--seeds N] [--only WORDS]

Each training is done by PyTorch with AVX2 and one thread, by Reel, and by PyTorch with two threads, with AVX-512,
without vectors, and with the products that its BLAS computes on a CPU that has none of these. Printed is the first step whose loss is further from the first one's than 1e-6, 1e-4 and 1e-2 of it; of
several seeds the median step, – if that is never.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import torch  # noqa: E402
import training  # noqa: E402

STEPS = 2000
BOUNDS = (1e-6, 1e-4, 1e-2)
VARIANTS = {"2 threads": {"OMP_NUM_THREADS": "2"}, "AVX-512": {"ATEN_CPU_CAPABILITY": "avx512"}, "no vectors": {"ATEN_CPU_CAPABILITY": "default"},
            "another CPU's BLAS": {"MKL_CBWR": "COMPATIBLE"}}


def network(*sizes):
    layers = []
    for before, after in zip(sizes, sizes[1:]):
        layers += [{"type": "Linear", "in": before, "out": after}, {"type": "ReLU"}]
    return layers[:-1]


def runs(seed):
    l1, mse = {"type": "L1Loss"}, {"type": "MSELoss"}
    sgd, momentum = {"type": "SGD", "lr": 0.01}, {"type": "SGD", "lr": 0.01, "momentum": 0.9}
    adam, lbfgs = {"type": "Adam", "lr": 0.003}, {"type": "LBFGS", "lr": 1, "line_search_fn": "strong_wolfe"}
    for sizes, rows, loss, optimizer, dtype in (
            ((1, 1), 48, l1, sgd, "float32"), ((8, 1), 48, l1, sgd, "float32"), ((8, 1), 48, mse, adam, "float32"),
            ((8, 32, 1), 48, l1, sgd, "float32"), ((8, 32, 1), 48, mse, momentum, "float32"), ((8, 32, 1), 48, mse, adam, "float32"),
            ((8, 32, 1), 48, mse, adam, "float64"), ((8, 32, 1), 48, mse, lbfgs, "float64"),
            ((64, 512, 512, 1), 512, mse, momentum, "float32")):
        yield dict(model=network(*sizes), sizes=sizes, rows=rows, outputs=1, loss=loss, optimizer=optimizer, scheduler=None, clip=None,
                   seed=seed, steps=100 if optimizer is lbfgs or len(sizes) > 3 else STEPS, dtype=dtype)


def losses_of(run):
    return training.train(run, getattr(torch, run["dtype"]))["losses"].tolist()


def elsewhere(many, variables):
    """The losses of all runs by PyTorch in a process of its own."""
    out = subprocess.run([sys.executable, "-W", "ignore", __file__, "--run"], input=json.dumps(many), env={**os.environ, **variables},
                         stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(out.stdout)


def by_reel(run, binary):
    with tempfile.TemporaryDirectory() as folder:
        training.write(folder, "run", run, getattr(torch, run["dtype"]), twice=False)
        out = subprocess.run([binary, "--losses", os.path.join(folder, "run.safetensors")], capture_output=True, text=True)
    if out.returncode:
        sys.exit(out.stdout)
    return [float(word) for word in out.stdout.split()]


def until(ours, theirs):
    """For each bound the first step that is further away; infinity if none is."""
    steps = []
    for bound in BOUNDS:
        far = [k for k, (a, b) in enumerate(zip(ours, theirs)) if not abs(a - b) <= bound * abs(b)]
        steps.append(far[0] if far else math.inf)
    return steps, ours == theirs


def cell(found):
    """Of one seed or several."""
    if all(equal for _, equal in found):
        return "equal"
    middle = [sorted(steps)[len(found) // 2] for steps in zip(*(steps for steps, _ in found))]
    return " / ".join("–" if step == math.inf else str(step) for step in middle)


def name_of(run):
    words = f"{run['loss']['type']}, {run['optimizer']['type']}{' with momentum' if 'momentum' in run['optimizer'] else ''}, {run['dtype']}"
    return f"{'–'.join(map(str, run['sizes']))}, {run['rows']} | {words} | {run['steps']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="bin/trajectories")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", default="", help="rows with these words in them")
    options = parser.parse_args()
    base = {"OMP_NUM_THREADS": "1", "ATEN_CPU_CAPABILITY": "avx2"}
    wanted = [many for many in zip(*(runs(11 + k) for k in range(options.seeds))) if options.only in name_of(many[0])]
    every = [run for many in wanted for run in many]
    theirs = elsewhere(every, base)
    columns = [[by_reel(run, options.binary) for run in every]] + [elsewhere(every, {**base, **v}) for v in VARIANTS.values()]
    print(f"| model, rows | loss, optimizer, dtype | steps | Reel | PyTorch, {' | PyTorch, '.join(VARIANTS)} |")
    print("|---|---|---|---|" + "---|" * len(VARIANTS))
    for k, many in enumerate(wanted):
        places = range(k * options.seeds, (k + 1) * options.seeds)
        cells = [cell([until(column[i], theirs[i]) for i in places]) for column in columns]
        print("| " + " | ".join([name_of(many[0])] + cells) + " |")


if sys.argv[1] == "--run":
    print(json.dumps([losses_of(run) for run in json.load(sys.stdin)]))
else:
    main()
