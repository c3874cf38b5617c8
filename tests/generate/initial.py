#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Initial weights of PyTorch's modules, and what functions of torch.nn.init draw, from a seed; with the number that
comes next, so that who draws as PyTorch does draws as many. usage: initial.py FOLDER (tests/training/cases)"""
import json
import os
import sys

import torch
from training import save

RNN = [{"input_size": 3, "hidden_size": 4}, {"input_size": 2, "hidden_size": 3, "num_layers": 2, "bidirectional": True}]
CELL = [{"input_size": 3, "hidden_size": 4}, {"input_size": 3, "hidden_size": 4, "bias": False}]
MODULES = {
    "Linear": [{"in_features": 3, "out_features": 4}, {"in_features": 5, "out_features": 2, "bias": False}],
    "Bilinear": [{"in1_features": 3, "in2_features": 4, "out_features": 2}],
    "Conv1d": [{"in_channels": 4, "out_channels": 4, "kernel_size": 2, "groups": 2, "bias": False}],
    "Conv2d": [{"in_channels": 1, "out_channels": 4, "kernel_size": 3},
               {"in_channels": 6, "out_channels": 6, "kernel_size": [3, 2], "groups": 3}],
    "Conv3d": [{"in_channels": 2, "out_channels": 3, "kernel_size": 2}],
    "ConvTranspose1d": [{"in_channels": 3, "out_channels": 4, "kernel_size": 3}],
    "ConvTranspose2d": [{"in_channels": 4, "out_channels": 6, "kernel_size": [3, 2], "groups": 2}],
    "ConvTranspose3d": [{"in_channels": 2, "out_channels": 3, "kernel_size": 2, "bias": False}],
    "BatchNorm2d": [{"num_features": 5}],
    "GroupNorm": [{"num_groups": 2, "num_channels": 6}],
    "InstanceNorm2d": [{"num_features": 5}, {"num_features": 5, "affine": True, "track_running_stats": True}],
    "LayerNorm": [{"normalized_shape": [3, 4]}],
    "PReLU": [{"num_parameters": 3}],
    "Embedding": [{"num_embeddings": 7, "embedding_dim": 5}],
    "RNN": RNN,
    "GRU": RNN,
    "LSTM": RNN + [{"input_size": 3, "hidden_size": 4, "proj_size": 2}],
    "RNNCell": CELL,
    "GRUCell": CELL,
    "LSTMCell": CELL,
    "MultiheadAttention": [{"embed_dim": 8, "num_heads": 2}, {"embed_dim": 8, "num_heads": 2, "kdim": 6, "vdim": 5},
                           {"embed_dim": 8, "num_heads": 2, "add_bias_kv": True},
                           {"embed_dim": 8, "num_heads": 4, "bias": False}],
    "TransformerEncoderLayer": [{"d_model": 8, "nhead": 2, "dim_feedforward": 12}],
}
FUNCTIONS = [
    ("xavier_uniform_", [4, 3, 3, 2], {}), ("xavier_normal_", [4, 3, 3, 2], {"gain": 1.5}),
    ("kaiming_uniform_", [2, 3, 2, 2, 2], {}), ("kaiming_normal_", [4, 3, 3, 2], {"a": 0.2}),
    ("kaiming_normal_", [6, 1, 3, 3], {"mode": "fan_out", "nonlinearity": "relu"}),
    ("orthogonal_", [5, 3], {}), ("orthogonal_", [3, 5], {"gain": 2.0}), ("orthogonal_", [4, 2, 3, 3], {}),
    ("dirac_", [4, 3, 3], {}), ("dirac_", [6, 2, 3, 4], {"groups": 2}), ("dirac_", [3, 3, 2, 3, 3], {}),
    ("trunc_normal_", [4, 6], {}), ("trunc_normal_", [4, 6], {"std": 2.0, "a": -1.0, "b": 3.0}),
    ("trunc_normal_", [5, 5], {"a": 2.0, "b": 5.0}), ("normal_", [4, 5], {"mean": 1.0, "std": 0.1}),
    ("uniform_", [4, 5], {"a": -2.0, "b": 3.0}), ("sparse_", [6, 4], {"sparsity": 0.4}), ("eye_", [3, 4], {}),
]


def write(folder, number, name, cases, tensors, **more):
    metadata = {"torch": torch.__version__.split("+")[0], "cases": json.dumps(cases, separators=(",", ":")), **more}
    save(os.path.join(folder, "%02d-initial-%s.safetensors" % (number, name)), tensors, metadata)


def main(folder, first=76, seed=3):
    for number, (name, keywords) in enumerate(MODULES.items(), first):
        cases, tensors = [], {}
        for i, options in enumerate(keywords):
            torch.manual_seed(seed + i)
            state = getattr(torch.nn, name)(**options).state_dict()
            cases.append({"id": i, "seed": seed + i, "init": options, "state": list(state)})
            tensors.update({"%d.%s" % (i, key): value for key, value in state.items()})
            tensors["%d.next" % i] = torch.rand(1)
        write(folder, number, name, cases, tensors, module=name)
    cases, tensors = [], {}
    for i, (function, shape, options) in enumerate(FUNCTIONS):
        torch.manual_seed(seed)
        tensors["%d.weight" % i] = getattr(torch.nn.init, function)(torch.empty(shape), **options)
        tensors["%d.next" % i] = torch.rand(1)
        cases.append({"id": i, "seed": seed, "function": function, "shape": shape, "kwargs": options})
    write(folder, first + len(MODULES), "functions", cases, tensors)


main(sys.argv[1])
