#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Cases as conformance.py's for operators of images, sequences and boxes that PyTorch's OpInfo lacks, and for modules.

Inputs are drawn with a seed, the answers PyTorch's. A case of a module has "init", the constructor's keywords, and "state",
its parameters, which take gradients after args and kwargs; results are flattened. Boxes are torchvision's: without it
their files are left as they are. Run by conformance.sh.
"""
import argparse
import os

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence

from conformance import Case, CaseFile, tensors_in

try:
    import torchvision.ops as boxes_of
except (ImportError, RuntimeError):
    boxes_of = None


def maker(dtype):
    """g(shape) is normal and takes a gradient, g(shape, grad=False) takes none."""
    return lambda *shape, grad=True: torch.randn(*shape, dtype=dtype).requires_grad_(grad)


def functions(g):
    """Name, function, arguments and keywords."""
    for n, shape in ((1, (2, 3, 7)), (2, (2, 3, 7, 6)), (3, (2, 2, 4, 5, 4))):
        pool = getattr(F, f"lp_pool{n}d")
        yield f"nn.functional.lp_pool{n}d", pool, (g(*shape), 2.0, 2), {}
        yield f"nn.functional.lp_pool{n}d", pool, (g(*shape).detach().abs().requires_grad_(), 3.0, 3), {"stride": 2, "ceil_mode": True}
    yield "nn.functional.fold", F.fold, (g(2, 12, 12), (4, 5), (2, 2)), {}
    yield "nn.functional.fold", F.fold, (g(2, 12, 16), (4, 5), (3, 2)), {"padding": (1, 0)}
    yield "nn.functional.fold", F.fold, (g(8, 9), (7, 5), 2), {"stride": (2, 1), "dilation": (1, 2)}
    yield "nn.functional.affine_grid", F.affine_grid, (g(2, 2, 3), (2, 3, 4, 5)), {"align_corners": False}
    yield "nn.functional.affine_grid", F.affine_grid, (g(2, 3, 4), (2, 3, 2, 1, 4)), {"align_corners": True}
    yield "nn.utils.rnn.pad_sequence", pad_sequence, ([g(3, 2), g(1, 2), g(4, 2)],), {"batch_first": True, "padding_value": -1.5}


def boxes(g, dtype):
    def some(n):
        corner, size = 8 * torch.rand(n, 2, dtype=dtype), 0.5 + 5 * torch.rand(n, 2, dtype=dtype)
        return torch.cat([corner, corner + size], 1).requires_grad_()
    for name in ("box_iou", "generalized_box_iou", "distance_box_iou", "complete_box_iou"):
        yield name, (some(4), some(5)), {}
    for name in ("generalized_box_iou_loss", "distance_box_iou_loss", "complete_box_iou_loss"):
        for reduction in ("none", "mean", "sum"):
            yield name, (some(4), some(4)), {"reduction": reduction}
    yield "box_area", (some(5),), {}
    for source in ("xyxy", "xywh", "cxcywh"):
        for target in ("xyxy", "xywh", "cxcywh"):
            yield "box_convert", (some(3), source, target), {}
    yield "clip_boxes_to_image", (some(6), (7, 5)), {}
    yield "sigmoid_focal_loss", (g(4, 3), (torch.rand(4, 3) > 0.5).to(dtype)), {"reduction": "mean"}
    yield "sigmoid_focal_loss", (g(6), (torch.rand(6) > 0.5).to(dtype)), {"alpha": -1, "gamma": 1.5}


def packed(module, x, lengths, hx):
    sequence = pack_padded_sequence(x, lengths, batch_first=module.batch_first, enforce_sorted=False)
    y, state = module(sequence, hx)
    return pad_packed_sequence(y, batch_first=module.batch_first)[0], state


def call(module, *args, **kwargs):
    return module(*args, **kwargs)


def modules(g):
    """Name, how it is called, the constructor's keywords, arguments and keywords."""
    for kind in ("RNN", "LSTM", "GRU"):
        sizes = {"input_size": 3, "hidden_size": 4}
        more = {"RNN": {"nonlinearity": "relu"}, "LSTM": {"proj_size": 2}, "GRU": {"bias": False}}[kind]

        def state(*shape, small=4):
            return (g(*shape[:-1], small), g(*shape)) if kind == "LSTM" else g(*shape)
        yield f"nn.{kind}Cell", call, sizes, (g(3, 3), state(3, 4)), {}
        yield f"nn.{kind}Cell", call, {**sizes, "bias": False}, (g(3), state(4)), {}
        yield f"nn.{kind}", call, sizes, (g(4, 2, 3),), {}
        yield f"nn.{kind}", call, {**sizes, "num_layers": 2, "bidirectional": True, "batch_first": True}, (g(2, 4, 3), state(4, 2, 4)), {}
        yield f"nn.{kind}", call, {**sizes, **more}, (g(4, 3), state(1, 4, small=2 if kind == "LSTM" else 4)), {}
        yield f"nn.{kind}.packed", packed, {**sizes, "bidirectional": True}, (g(4, 3, 3), [4, 2, 3], state(2, 3, 4)), {}
        yield f"nn.{kind}.packed", packed, {**sizes, "batch_first": True}, (g(3, 4, 3), [1, 3, 2], state(1, 3, 4)), {}
    sizes, q, k = {"embed_dim": 6, "num_heads": 2}, (4, 2, 6), (5, 2, 6)
    mask, padding = torch.rand(4, 5) > 0.7, torch.tensor([[False] * 4 + [True], [False] * 5])
    mask[:, 0] = False
    yield "nn.MultiheadAttention", call, sizes, (g(*q), g(*k), g(*k)), {"attn_mask": mask, "key_padding_mask": padding}
    yield "nn.MultiheadAttention", call, {**sizes, "batch_first": True, "bias": False}, (g(2, 4, 6), g(2, 5, 6), g(2, 5, 6)), {"average_attn_weights": False}
    yield "nn.MultiheadAttention", call, {**sizes, "kdim": 3, "vdim": 5, "add_bias_kv": True, "add_zero_attn": True}, (g(*q), g(5, 2, 3), g(5, 2, 5)), {"need_weights": False}
    sizes = {"d_model": 6, "nhead": 2, "dim_feedforward": 8, "dropout": 0.0}
    yield "nn.TransformerEncoderLayer", call, sizes, (g(4, 2, 6),), {}
    yield "nn.TransformerEncoderLayer", call, {**sizes, "activation": "gelu", "batch_first": True, "norm_first": True}, (g(2, 4, 6),), {"src_mask": mask[:, :4]}


def strided(v):
    """The same values in memory with gaps."""
    if isinstance(v, torch.Tensor) and v.dim() > 0 and v.is_floating_point():
        wide = torch.empty(*v.shape, 2, dtype=v.dtype)
        wide[..., 0] = v.detach()
        return wide[..., 0].requires_grad_(v.requires_grad)
    return type(v)(map(strided, v)) if isinstance(v, (list, tuple)) else v


class Writer:
    def __init__(self, options):
        self.files, self.options = {}, options

    def add(self, name, dtype, function, args, kwargs, init=None, module=None):
        args = strided(args) if self.options.strided else args
        file = self.files.setdefault(name, CaseFile(name))
        case = Case(file)
        words = {"dtype": str(dtype).split(".")[-1], "args": case.value(list(args)), "kwargs": case.value(kwargs)}
        leaves = [t for t in tensors_in([*args, kwargs]) if t.requires_grad]
        if module is not None:
            state = dict(module.named_parameters())
            words.update(init=init, state=case.value(state))
            leaves += state.values()
            args = (module, *args)
        outputs = list(tensors_in(function(*args, **kwargs)))
        generator = torch.Generator().manual_seed(case.id)
        cotangents = [torch.randn(y.shape, generator=generator).to(y.dtype) for y in outputs]
        gradients = torch.autograd.grad(outputs, leaves, cotangents, allow_unused=True)
        words["outputs"] = [case.store(f"y{i}", y) for i, y in enumerate(outputs)]
        words["cotangents"] = [case.store(f"g{i}", y) for i, y in enumerate(cotangents)]
        words["grads"] = [d if d is None else case.store(f"d{i}", d) for i, d in enumerate(gradients)]
        case.keep(words)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--strided", action="store_true", help="non-contiguous inputs")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    writer = Writer(options)
    torch.manual_seed(options.seed)
    for dtype in (torch.float32, torch.float64):
        g = maker(dtype)
        for name, function, args, kwargs in functions(g):
            writer.add(name, dtype, function, args, kwargs)
        for name, how, init, args, kwargs in modules(g):
            made = getattr(nn, name.split(".")[1])(**init).to(dtype)
            writer.add(name, dtype, how, args, kwargs, init, made)
        for name, args, kwargs in boxes(g, dtype) if boxes_of else ():
            writer.add("torchvision.ops." + name, dtype, getattr(boxes_of, name), args, kwargs)
    for name, file in writer.files.items():
        file.write(os.path.join(options.folder, name + ".safetensors"))


main()
