#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/checkpoint: a PyTorch model's state_dict as Python's safetensors writes it (in three
dtypes), and what the model makes of an input.

    tests/generate/checkpoints.py tests/data/checkpoint
"""
import json
import os
import struct
import sys

import torch
from torch import nn

DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64"}


def save(path, tensors, metadata):
    """In the order of Python's safetensors: wide dtypes first, then by name."""
    header, data = {"__metadata__": metadata}, b""
    for name, t in sorted(tensors.items(), key=lambda it: (-it[1].element_size(), it[0])):
        bits = t.view(torch.int16) if t.dtype == torch.bfloat16 else t
        raw = bits.contiguous().numpy().tobytes()
        header[name] = {"dtype": DTYPES[t.dtype], "shape": list(t.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


torch.manual_seed(5)
model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2))
for _ in range(3):
    model(torch.randn(16, 3))
x = torch.randn(5, 3)
expected = {"x": x}
for dtype in (torch.float32, torch.float16, torch.bfloat16):
    word = DTYPES[dtype].lower()
    state = {k: v.to(dtype) if v.is_floating_point() else v for k, v in model.state_dict().items()}
    save(os.path.join(sys.argv[1], word + ".safetensors"), state, {"format": "pt"})
    model.load_state_dict(state)
    model.eval()
    expected["y." + word] = model(x).detach()
save(os.path.join(sys.argv[1], "expected.safetensors"), expected, {})
