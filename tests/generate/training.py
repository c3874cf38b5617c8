#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Trains with PyTorch and writes what bin/trajectories replays: one safetensors file a run.

    tests/generate/training.py [--seed N] [--count N] [--steps N] [--only TEXT] OUT

Every optimizer, scheduler, layer and loss has runs, and some nets for images, with hyperparameters drawn around usual ones, so that
each seed makes others. --count repeats the whole. A file has the tensors x, y, init.<name>, final.<name>, losses, lrs
and, of a float32 run, losses_f64: the same from the same weights in float64. Its metadata (JSON) say
what was trained.
"""
import argparse
import json
import os
import random
import struct

import numpy
import torch
from torch import nn
from torch.optim import lr_scheduler

DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int64: "I64"}


def save(path, tensors, metadata):
    header, data = {"__metadata__": metadata}, b""
    for name, t in tensors.items():
        raw = t.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": DTYPES[t.dtype], "shape": list(t.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def make(module, spec):
    """An object of the spec's type in the module, made with the spec's other entries."""
    return lambda *first: getattr(module, spec["type"])(*first, **{k: v for k, v in spec.items() if k != "type"})


class Net(nn.Sequential):
    """Layers one after the other, and among them markers: Save keeps a value, Add and Concat join it again,
    Take is the last step of a recurrent layer's output, or all of it."""

    def __init__(self, specs):
        super().__init__(*map(layer, specs))
        self.specs = specs

    def forward(self, x):
        kept = {}
        for module, spec in zip(self, self.specs):
            if spec["type"] == "Save":
                kept[spec["slot"]] = x
            elif spec["type"] == "Add":
                x = x + kept[spec["slot"]]
            elif spec["type"] == "Take":
                x = x[:, -1] if spec["what"] == "last" else x
            elif spec["type"] in ("RNN", "LSTM", "GRU"):
                x = module(x)[0]
            elif spec["type"] == "MultiheadAttention":
                x = module(x, x, x)[0]
            elif spec["type"] == "Concat":
                x = torch.cat([kept[spec["slot"]], x], spec["dim"])
            else:
                x = module(x)
        return x


def layer(spec):
    if spec["type"] in ("Save", "Add", "Concat", "Take"):
        return nn.Identity()
    if spec["type"] == "Linear":
        return nn.Linear(spec["in"], spec["out"], bias=spec.get("bias", True))
    if "size" in spec:
        rest = {k: v for k, v in spec.items() if k != "size"}
        return make(nn, rest)(spec["size"])
    return make(nn, spec)()


def target_of(kind, y, dtype):
    if kind in ("CrossEntropyLoss", "NLLLoss"):
        return y.argmax(1)
    if kind in ("BCELoss", "BCEWithLogitsLoss", "MultiLabelSoftMarginLoss"):
        return (y > 0).to(dtype)
    if kind in ("SoftMarginLoss", "HingeEmbeddingLoss"):
        return torch.where(y > 0, 1.0, -1.0).to(dtype)
    if kind == "PoissonNLLLoss":
        return y.abs().round()
    return y


def rows(run, numbers, dtype):
    inputs, outputs = run["model"][0]["in"], run["outputs"]
    count = run.get("rows", 48)
    x = torch.tensor(numbers.randn(count, inputs), dtype=dtype)
    weights = torch.tensor(numbers.randn(inputs, outputs), dtype=dtype)
    noise = torch.tensor(numbers.standard_t(3, size=(count, outputs)), dtype=dtype)
    return x, target_of(run["loss"]["type"], torch.sin(x) @ weights + 0.2 * noise, dtype)


def images(run, numbers, dtype):
    """Images, and a class for each or each of its places; of an autoencoder the images again."""
    x = torch.tensor(numbers.randn(*run["shape"]), dtype=dtype)
    if run["outputs"] is None:
        return x, x
    return x, torch.tensor(numbers.randint(0, run["outputs"], size=run["places"]))


def train(run, dtype):
    """Tensors of one run, from its description."""
    torch.manual_seed(run["seed"])
    model = Net(run["model"]).to(dtype)
    tensors = {"init." + k: v.clone() for k, v in model.state_dict().items()}
    numbers = numpy.random.RandomState(run["seed"] + 1)
    x, y = images(run, numbers, dtype) if "shape" in run else rows(run, numbers, dtype)
    criterion = make(nn, run["loss"])()
    optimizer = make(torch.optim, run["optimizer"])(model.parameters())
    scheduler = make(lr_scheduler, run["scheduler"])(optimizer) if run["scheduler"] else None
    losses, lrs = [], []

    def closure():
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        return loss

    for _ in range(run["steps"]):
        lrs.append(optimizer.param_groups[0]["lr"])
        if run["optimizer"]["type"] == "LBFGS":
            loss = optimizer.step(closure)
        else:
            loss = closure()
            if run["clip"]:
                nn.utils.clip_grad_norm_(model.parameters(), run["clip"])
            optimizer.step()
        losses.append(loss.item())
        if scheduler:
            scheduler.step(*([losses[-1]] if run["scheduler"]["type"] == "ReduceLROnPlateau" else []))
    tensors.update({"final." + k: v.clone() for k, v in model.state_dict().items()})
    for i, memory in optimizer.state_dict()["state"].items() if run.get("remembered") and run["optimizer"]["type"] != "LBFGS" else ():
        tensors.update({f"optim.{i}.{k}": torch.as_tensor(v, dtype=torch.float64).clone() for k, v in memory.items() if v is not None})
    tensors.update(x=x, **({} if y is x else {"y": y}), losses=torch.tensor(losses, dtype=torch.float64), lrs=torch.tensor(lrs, dtype=torch.float64))
    return tensors


def write(out, name, run, dtype, twice=True):
    """A run as a file; of float32 also the losses in float64, if it is to be done twice."""
    tensors = train(run, dtype)
    if dtype == torch.float32 and twice:
        tensors["losses_f64"] = train(run, torch.float64)["losses"]
    if not tensors["losses"].isfinite().all():
        print(f"{name}: left out, its loss is not finite")
        return 0
    metadata = {key: json.dumps(run[key]) for key in ("model", "loss", "optimizer", "scheduler")}
    metadata.update(seed=str(run["seed"]), steps=str(run["steps"]), clip_grad_norm=json.dumps(run["clip"]),
                    dtype=str(dtype).replace("torch.", ""), torch=torch.__version__)
    save(os.path.join(out, name + ".safetensors"), tensors, metadata)
    return 1


def optimizers(u, flip):
    """Every optimizer with its options drawn: u(a, b) is a number from a to b, flip() a bool."""
    adam = {"betas": [u(0.7, 0.95), u(0.9, 0.999)], "eps": u(1e-8, 1e-5), "weight_decay": u(0, 0.1)}
    return [
        {"type": "SGD", "lr": u(0.002, 0.03)},
        {"type": "SGD", "lr": u(0.002, 0.02), "momentum": u(0.5, 0.95), "nesterov": True, "weight_decay": u(0, 0.1)},
        {"type": "SGD", "lr": u(0.002, 0.02), "momentum": u(0.5, 0.95), "dampening": u(0, 0.5), "weight_decay": u(0, 0.1)},
        {"type": "Adam", "lr": u(0.002, 0.03)},
        {"type": "Adam", "lr": u(0.002, 0.03), "amsgrad": flip(), **adam},
        {"type": "AdamW", "lr": u(0.002, 0.03), "amsgrad": flip(), **adam},
        {"type": "Adamax", "lr": u(0.002, 0.03), **adam},
        {"type": "NAdam", "lr": u(0.002, 0.03), "momentum_decay": u(0.001, 0.01), **adam},
        {"type": "RAdam", "lr": u(0.002, 0.03), **adam},
        {"type": "RMSprop", "lr": u(0.001, 0.01), "alpha": u(0.9, 0.99), "weight_decay": u(0, 0.1)},
        {"type": "RMSprop", "lr": u(0.001, 0.005), "momentum": u(0.3, 0.9), "centered": flip()},
        {"type": "Adagrad", "lr": u(0.01, 0.1), "lr_decay": u(0, 0.05), "initial_accumulator_value": u(0, 0.5), "weight_decay": u(0, 0.1)},
        {"type": "Adadelta", "lr": u(0.3, 2), "rho": u(0.8, 0.95), "weight_decay": u(0, 0.1)},
        {"type": "ASGD", "lr": u(0.002, 0.03), "lambd": u(0, 0.001), "alpha": u(0.6, 0.9), "t0": float(round(u(5, 30))), "weight_decay": u(0, 0.1)},
        {"type": "Rprop", "lr": u(0.002, 0.02), "etas": [u(0.4, 0.6), u(1.1, 1.3)], "step_sizes": [1e-6, u(0.5, 10)]},
        {"type": "LBFGS", "lr": u(0.3, 0.8), "max_iter": random.randint(5, 12), "history_size": random.randint(3, 20)},
        {"type": "LBFGS", "lr": u(0.7, 1), "max_iter": random.randint(5, 20), "line_search_fn": "strong_wolfe"},
    ]


def schedulers(u, flip):
    n = random.randint
    return [
        {"type": "StepLR", "step_size": n(3, 15), "gamma": u(0.3, 0.9)},
        {"type": "MultiStepLR", "milestones": sorted(n(2, 40) for _ in range(3)), "gamma": u(0.2, 0.9)},
        {"type": "ExponentialLR", "gamma": u(0.9, 0.99)},
        {"type": "ConstantLR", "factor": u(0.2, 0.8), "total_iters": n(3, 20)},
        {"type": "LinearLR", "start_factor": u(0.1, 0.6), "end_factor": u(0.6, 1), "total_iters": n(5, 30)},
        {"type": "PolynomialLR", "total_iters": n(10, 40), "power": u(0.5, 3)},
        {"type": "CosineAnnealingLR", "T_max": n(5, 30), "eta_min": u(0, 0.002)},
        {"type": "CosineAnnealingWarmRestarts", "T_0": n(4, 12), "T_mult": n(1, 3), "eta_min": u(0, 0.002)},
        {"type": "OneCycleLR", "max_lr": u(0.01, 0.05), "total_steps": 60, "pct_start": u(0.1, 0.5),
         "anneal_strategy": random.choice(["cos", "linear"]), "three_phase": flip(), "div_factor": u(5, 30)},
        {"type": "CyclicLR", "base_lr": u(0.001, 0.004), "max_lr": u(0.005, 0.03), "step_size_up": n(3, 12), "step_size_down": n(3, 12),
         "mode": random.choice(["triangular", "triangular2"])},
        {"type": "CyclicLR", "base_lr": u(0.001, 0.004), "max_lr": u(0.005, 0.03), "step_size_up": n(3, 12), "mode": "exp_range", "gamma": u(0.95, 1),
         "cycle_momentum": flip()},
        {"type": "ReduceLROnPlateau", "patience": n(0, 4), "factor": u(0.3, 0.8), "threshold": u(1e-4, 1e-1),
         "threshold_mode": random.choice(["rel", "abs"]), "cooldown": n(0, 3), "min_lr": u(0, 0.001)},
    ]


def activations(u):
    # PyTorch rounds 1 / alpha to float32 in the gradient of a float64 CELU, so alpha is one that survives it.
    return [{"type": t} for t in ("ReLU", "ReLU6", "Tanh", "Sigmoid", "SELU", "SiLU", "Mish", "Softsign", "Hardswish", "LogSigmoid", "Tanhshrink", "Identity")] + [
        {"type": "GELU"}, {"type": "GELU", "approximate": "tanh"}, {"type": "LeakyReLU", "negative_slope": u(0.01, 0.3)},
        {"type": "ELU", "alpha": u(0.5, 2)}, {"type": "CELU", "alpha": random.choice([0.5, 1.0, 2.0])}, {"type": "Softplus", "beta": u(0.5, 2)},
        {"type": "LayerNorm", "size": 12}, {"type": "BatchNorm1d", "size": 12, "momentum": u(0.05, 0.3)}, {"type": "Softmax", "dim": 1}]


def losses(u):
    """Each with what the model ends with."""
    reduction = random.choice(["mean", "mean", "sum"])
    return [({"type": t, "reduction": reduction}, []) for t in ("L1Loss", "MSELoss", "SoftMarginLoss", "BCEWithLogitsLoss", "HingeEmbeddingLoss")] + [
        ({"type": "SmoothL1Loss", "beta": u(0.1, 2)}, []), ({"type": "HuberLoss", "delta": u(0.1, 2)}, []),
        ({"type": "PoissonNLLLoss"}, []), ({"type": "BCELoss"}, [{"type": "Sigmoid"}]),
        ({"type": "CrossEntropyLoss", "label_smoothing": u(0, 0.3)}, []), ({"type": "CrossEntropyLoss", "ignore_index": 0}, []),
        ({"type": "NLLLoss"}, [{"type": "LogSoftmax", "dim": 1}])]


def mlp(activation, outputs, bias=True):
    return [{"type": "Linear", "in": 5, "out": 12, "bias": bias}, activation, {"type": "Linear", "in": 12, "out": outputs}]


def conv(inputs, outputs, kernel=3, kind="Conv2d", **options):
    return {"type": kind, "in_channels": inputs, "out_channels": outputs, "kernel_size": kernel, **options}


def image_nets(u):
    """Name, model, shape of the images, how many classes (None: an autoencoder) and of what."""
    relu, flat = {"type": "ReLU"}, {"type": "Flatten"}
    pool, norm = {"type": "MaxPool2d", "kernel_size": 2}, {"type": "BatchNorm2d", "num_features": 6}
    shape, each = (8, 1, 8, 8), (8,)

    def classifier(*middle, last=96):
        return [conv(1, 6, padding=1), *middle, flat, {"type": "Linear", "in": last, "out": 3}]
    yield "conv", classifier({**norm, "momentum": u(0.05, 0.3)}, relu, pool), shape, 3, each
    yield "conv-groups", classifier({"type": "GroupNorm", "num_groups": 3, "num_channels": 6}, {"type": "SiLU"},
                                    conv(6, 6, groups=6, padding=1, bias=False), relu, {"type": "AvgPool2d", "kernel_size": 2}), shape, 3, each
    yield "conv-padding", [conv(1, 6, [3, 2], padding=1, padding_mode="circular", stride=2), {"type": "GELU"}, {"type": "ReflectionPad2d", "padding": 1},
                           conv(6, 4, 2, padding=1, padding_mode="reflect"), relu, conv(4, 4, padding=2, dilation=2, padding_mode="replicate"), relu,
                           {"type": "AdaptiveAvgPool2d", "output_size": [2, 3]}, flat, {"type": "Linear", "in": 24, "out": 3}], shape, 3, each
    yield "conv-norms", classifier({"type": "InstanceNorm2d", "num_features": 6, "affine": True, "track_running_stats": True}, relu,
                                   {"type": "LocalResponseNorm", "size": 3}, {"type": "LPPool2d", "norm_type": 2, "kernel_size": 2}, {"type": "Dropout2d", "p": 0.3}), shape, 3, each
    yield "autoencoder", [conv(1, 6, stride=2, padding=1), relu, flat, {"type": "Linear", "in": 96, "out": 12}, {"type": "Unflatten", "dim": 1, "unflattened_size": [3, 2, 2]},
                          conv(3, 6, kind="ConvTranspose2d", stride=2, padding=1, output_padding=1), relu,
                          conv(6, 1, 2, kind="ConvTranspose2d", stride=2)], shape, None, None
    yield "unet", [conv(2, 4, padding=1), relu, {"type": "Save", "slot": "a"}, pool, conv(4, 8, padding=1), relu, {"type": "Upsample", "scale_factor": 2, "mode": "bilinear"},
                   {"type": "Concat", "slot": "a", "dim": 1}, conv(12, 4, padding=1), relu, conv(4, 3, 1)], (2, 2, 8, 8), 3, (2, 8, 8)
    yield "shuffle", [conv(1, 8, padding=1), relu, {"type": "PixelUnshuffle", "downscale_factor": 2}, {"type": "Save", "slot": "a"}, conv(32, 32, 1), relu,
                      {"type": "Add", "slot": "a"}, {"type": "PixelShuffle", "upscale_factor": 2}, conv(8, 3, 1)], (2, 1, 8, 8), 3, (2, 8, 8)
    yield "conv1d", [conv(2, 6, kind="Conv1d", padding=1, dilation=2), {"type": "BatchNorm1d", "size": 6}, relu, {"type": "MaxPool1d", "kernel_size": 2}, flat,
                     {"type": "Linear", "in": 42, "out": 3}], (8, 2, 16), 3, each
    yield "conv3d", [conv(1, 4, kind="Conv3d", padding=1), {"type": "BatchNorm3d", "num_features": 4}, relu, {"type": "MaxPool3d", "kernel_size": 2}, flat,
                     {"type": "Linear", "in": 32, "out": 3}], (6, 1, 4, 4, 4), 3, (6,)
    def recurrent(kind, inputs, **options):
        return {"type": kind, "input_size": inputs, "hidden_size": 6, "batch_first": True, **options}
    last, head = {"type": "Take", "what": "last"}, {"type": "Linear", "in": 6, "out": 3}
    yield "rnn", [recurrent("RNN", 3, nonlinearity="relu"), {"type": "Take", "what": "all"}, recurrent("RNN", 6), last, head], (6, 5, 3), 3, (6,)
    yield "lstm", [recurrent("LSTM", 3, num_layers=2, bidirectional=True), last, {"type": "Linear", "in": 12, "out": 3}], (6, 5, 3), 3, (6,)
    yield "gru", [recurrent("GRU", 3, num_layers=2, bias=False), last, head], (6, 5, 3), 3, (6,)
    yield "attention", [{"type": "Save", "slot": "a"}, {"type": "MultiheadAttention", "embed_dim": 4, "num_heads": 2, "batch_first": True},
                        {"type": "Add", "slot": "a"}, {"type": "LayerNorm", "size": 4}, last, {"type": "Linear", "in": 4, "out": 3}], (6, 5, 4), 3, (6,)


def runs(u, flip, steps):
    """Names and descriptions of all runs."""
    def run(model, outputs, loss, optimizer, scheduler=None, clip=None, length=steps):
        return {"model": model, "outputs": outputs, "loss": loss, "optimizer": optimizer, "scheduler": scheduler, "clip": clip,
                "seed": random.randint(0, 2**31), "steps": length}
    l1, relu = {"type": "L1Loss"}, {"type": "ReLU"}
    for o in optimizers(u, flip):
        loss = random.choice([l1, {"type": "MSELoss"}])
        yield "optim-" + o["type"], run(mlp(relu, 1), 1, loss, o, length=min(steps, 20) if o["type"] == "LBFGS" else steps)
    for s in schedulers(u, flip):
        momentum = {"momentum": 0.9} if s["type"] in ("OneCycleLR", "CyclicLR") else {}
        yield "sched-" + s["type"], run(mlp(relu, 1), 1, l1, {"type": "SGD", "lr": u(0.005, 0.02), **momentum}, s, length=min(steps, 60))
    for a in activations(u):
        yield "layer-" + a["type"], run(mlp(a, 2, bias=flip()), 2, l1, {"type": "Adam", "lr": u(0.002, 0.02)})
    for l, end in losses(u):
        yield "loss-" + l["type"], run(mlp({"type": "Tanh"}, 3) + end, 3, l, {"type": "SGD", "lr": 0.0003 if l.get("reduction") == "sum" else u(0.01, 0.1)})
    yield "clip", run(mlp(relu, 1), 1, {"type": "MSELoss"}, {"type": "SGD", "lr": u(0.02, 0.06)}, clip=u(0.2, 2))
    for name, model, shape, classes, places in image_nets(u):
        loss = random.choice([l1, {"type": "MSELoss"}]) if classes is None else {"type": "CrossEntropyLoss"}
        yield "images-" + name, {**run(model, classes, loss, {"type": "Adam", "lr": u(0.002, 0.01)}, length=min(steps, 20)), "shape": shape, "places": places}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--remembered", action="store_true", help="also what optimizers remember in the end")
    parser.add_argument("--only", default="", help="runs with this in their name")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    random.seed(options.seed)
    written = 0
    for repeat in range(options.count):
        described = runs(random.uniform, lambda: random.random() < 0.5, options.steps)
        for i, (name, run) in enumerate(described):
            if options.only not in name:
                continue
            run["remembered"] = options.remembered
            for dtype in (torch.float32, torch.float64):
                place = f"{repeat:02d}-{i:02d}" if options.count > 1 else f"{i:02d}"
                written += write(options.out, f"{place}-{name}-{str(dtype)[-2:]}", run, dtype)
    print(f"{options.out}: {written} runs")


if __name__ == "__main__":
    main()
