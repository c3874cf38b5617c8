#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Asks PyTorch what it answers to the calls of its own operator database (OpInfo).

Nobody here chooses the inputs: they are the samples with which PyTorch tests itself, drawn with a
seed. One safetensors file an operator; its metadata has "op", "torch" (the version) and "cases", a
JSON list in which tensors are named:

    {"id": 3, "dtype": "float32", "args": [...], "kwargs": {...},
     "outputs": [names], "cotangents": [names or null], "grads": [names or null]}

Gradients are those of the sum of <output, cotangent>, for the tensors that require one in the order
of args, then kwargs. A case with "error" (PyTorch's words) has to be refused. "updated" names what keywords' tensors
hold after the call, where that changes them. "atol" is for float32, where PyTorch itself is further from its float64
answer than half of the usual tolerance of a tensor's smallest element: 4 times as far. Run by conformance.sh.
"""
import argparse
import json
import os
import random
import struct
import sys
import types
import unittest
import warnings

import numpy
import torch

warnings.filterwarnings("ignore")
# PyTorch's test modules import this package for golden files, which the samples do not need.
sys.modules["expecttest"] = types.SimpleNamespace(TestCase=unittest.TestCase, ACCEPT=False)
from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402
from torch.testing._internal.opinfo.core import SampleInput  # noqa: E402

FILE_DTYPES = {
    torch.float32: "F32", torch.float64: "F64", torch.int64: "I64",
    torch.int32: "I32", torch.bool: "BOOL", torch.uint8: "U8",
}
# Where a result lies is no part of a case, and no function of ours writes into a given tensor.
IGNORED_KEYWORDS = ("device", "layout")
MAX_DIMS = 8
LARGEST = 48000  # elements: a case with more of them is left out


class CannotBeWritten(Exception):
    """A value that case files have no words for: a complex number, a sparse tensor, a generator."""


class CaseFile:
    """The cases of one operator and their tensors."""

    def __init__(self, op):
        self.op, self.cases, self.tensors = op, [], {}

    def write(self, path):
        header = {"__metadata__": {"op": self.op, "torch": torch.__version__,
                                   "cases": json.dumps(self.cases, separators=(",", ":"))}}
        data = bytearray()
        for name, tensor in self.tensors.items():
            elements = tensor.detach().contiguous().numpy().tobytes()
            header[name] = {"dtype": FILE_DTYPES[tensor.dtype], "shape": list(tensor.shape),
                            "data_offsets": [len(data), len(data) + len(elements)]}
            data += elements
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + data)


class Case:
    """One call. Nothing reaches the file before all of it could be written."""

    def __init__(self, file):
        self.file, self.id, self.tensors, self.arguments = file, len(file.cases), {}, 0

    def store(self, role, tensor):
        if tensor.dtype not in FILE_DTYPES or tensor.layout != torch.strided or tensor.dim() > MAX_DIMS:
            raise CannotBeWritten(str(tensor.dtype))
        name = f"{self.id}.{role}"
        self.tensors[name] = tensor.detach().clone()  # as it is now: batch_norm changes arguments
        return name

    def tensor(self, t):
        """An argument; one that is not contiguous becomes the memory that it walks through."""
        role, self.arguments = f"a{self.arguments}", self.arguments + 1
        if t.is_contiguous() or t.numel() == 0:
            written = {"tensor": self.store(role, t)}
        else:
            span = 1 + sum((size - 1) * stride for size, stride in zip(t.shape, t.stride()))
            memory = t.detach().as_strided((span,), (1,), t.storage_offset()).clone()
            written = {"tensor": self.store(role, memory), "size": list(t.shape),
                       "stride": list(t.stride())}
        if t.requires_grad:
            written["requires_grad"] = True
        return written

    def value(self, v):
        if v is None or isinstance(v, (bool, str)):
            return v
        if isinstance(v, torch.Tensor):
            return self.tensor(v)
        if isinstance(v, (int, float)):
            return v if numpy.isfinite(v) else {"float": str(v)}
        if isinstance(v, (list, tuple)):  # torch.Size too
            return [self.value(item) for item in v]
        if isinstance(v, dict):
            return {key: self.value(item) for key, item in v.items()}
        if isinstance(v, torch.dtype):
            return {"dtype": str(v).split(".")[-1]}
        if isinstance(v, slice):
            return {"slice": [v.start, v.stop, v.step]}
        if v is Ellipsis:
            return {"ellipsis": True}
        raise CannotBeWritten(type(v).__name__)

    def call(self, sample):
        keywords = {k: v for k, v in sample.kwargs.items() if k not in IGNORED_KEYWORDS}
        return {"args": self.value([sample.input, *sample.args]), "kwargs": self.value(keywords)}

    def keep(self, words):
        self.file.cases.append({"id": self.id, **words})
        self.file.tensors.update(self.tensors)


def tensors_in(v):
    if isinstance(v, torch.Tensor):
        yield v
    elif isinstance(v, (list, tuple, dict)):
        for item in v.values() if isinstance(v, dict) else v:
            yield from tensors_in(item)


def answer(op, sample, seed):
    """The results of a call and, where PyTorch has some, what to multiply them with and the gradients."""
    result = op.op(sample.input, *sample.args, **sample.kwargs)
    outputs = list(tensors_in(torch.tensor(result) if isinstance(result, bool) else result))
    leaves = [t for t in tensors_in([sample.input, *sample.args, sample.kwargs]) if t.requires_grad]
    if not leaves or not any(y.requires_grad for y in outputs):
        return outputs, None, []
    generator = torch.Generator().manual_seed(seed)
    cotangents = [torch.randn(y.shape, generator=generator).to(y.dtype) if y.requires_grad else None for y in outputs]
    gradients = torch.autograd.grad([y for y in outputs if y.requires_grad], leaves,
                                    [g for g in cotangents if g is not None], allow_unused=True)
    return outputs, cotangents, list(gradients)


def in_double(t):
    """A float32 tensor as float64, a leaf of its own; anything else as it is."""
    if isinstance(t, torch.Tensor) and t.dtype == torch.float32:
        return t.detach().double().requires_grad_(t.requires_grad)
    return torch.float64 if t is torch.float32 else t


def own_tolerance(got, exact):
    """4 times the distance of float32 answers from the float64 ones; None where the usual tolerance does.

    How far a sum is off goes by its terms, not by what it comes to: so the furthest element of a tensor counts beside
    the smallest one, and at which of them it is off is PyTorch's order of adding and not another's."""
    furthest, needed = 0.0, False
    for a, b in zip(got, exact):
        if a is None or b is None or not a.is_floating_point() or a.shape != b.shape:
            continue
        off = (a.double() - b).abs()
        off, size = off[off.isfinite()], b.abs()[off.isfinite()]
        if off.numel() and off.max() > 0.01 * max(1, size.max()):
            return None  # another answer, not the same one rounded
        needed = needed or (off.numel() > 0 and float(off.max()) > 0.5 * (1e-5 + 1.3e-6 * float(size.min())))
        furthest = max(furthest, float(off.max()) if off.numel() else 0.0)
    return 4 * furthest if needed else None


def add_answer(file, op, sample, dtype):
    case = Case(file)
    twice = sample.transform(in_double) if dtype == torch.float32 else None
    words = {"dtype": str(dtype).split(".")[-1], **case.call(sample)}
    before = {k: v.clone() for k, v in sample.kwargs.items() if isinstance(v, torch.Tensor) and not v.requires_grad}
    outputs, cotangents, gradients = answer(op, sample, 1000 + case.id)
    words["outputs"] = [case.store(f"y{i}", y) for i, y in enumerate(outputs)]
    for name, old in before.items():
        if not torch.equal(old, sample.kwargs[name]) and not old.isnan().any():
            words.setdefault("updated", {})[name] = case.store("u." + name, sample.kwargs[name])
    if cotangents:
        words["cotangents"] = [g if g is None else case.store(f"g{i}", g) for i, g in enumerate(cotangents)]
        words["grads"] = [d if d is None else case.store(f"d{i}", d) for i, d in enumerate(gradients)]
    if twice:
        exact, _, exact_gradients = answer(op, twice, 1000 + case.id)
        atol = own_tolerance(outputs + gradients, exact + exact_gradients)
        if atol:
            words["atol"] = atol
    if sum(t.numel() for t in case.tensors.values()) <= LARGEST:
        case.keep(words)


def more_samples(name, dtype, wants_grad):
    """Calls that PyTorch's own samples lack: weights of a loss's terms, of which some are 0."""
    if name in ("nn.functional.l1_loss", "nn.functional.mse_loss", "nn.functional.huber_loss"):
        for shape in ((), (5,), (3, 4)):
            for reduction in ("mean", "sum", "none"):
                x, target = (torch.randn(shape, dtype=dtype, requires_grad=wants_grad) for _ in range(2))
                weight = torch.rand(shape, dtype=dtype) * (torch.rand(shape) > 0.3) + (0.0 if shape else 0.5)
                yield SampleInput(x, args=(target,), kwargs={"reduction": reduction, "weight": weight})


def add_answers(file, op, dtype, options):
    wants_grad = op.supports_autograd and dtype.is_floating_point
    for seed in (torch.manual_seed, random.seed, numpy.random.seed):
        seed(options.seed % 2**32)
    samples = []
    try:
        for sample in op.sample_inputs("cpu", dtype, requires_grad=wants_grad):
            samples.append(sample)
    except Exception as why:  # a sample that PyTorch itself cannot make ends the list
        print(f"{file.op}: {why!r}", file=sys.stderr)
    more = list(more_samples(file.op, dtype, wants_grad))
    for sample in samples[: options.max] + more:
        try:
            add_answer(file, op, sample.noncontiguous() if options.strided else sample, dtype)
        except Exception as why:
            print(f"{file.op}: a sample is left out: {why!r:.100}", file=sys.stderr)


def add_refusals(file, op):
    for it in op.error_inputs("cpu") if op.error_inputs_func else ():
        case = Case(file)
        if "out" in it.sample_input.kwargs:
            continue
        try:
            case.keep({**case.call(it.sample_input), "error": it.error_regex})
        except CannotBeWritten:
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ops", required=True, help="a file that names the operators")
    parser.add_argument("--dtypes", default="float32,float64", help="also int64, bool")
    parser.add_argument("--strided", action="store_true", help="non-contiguous inputs")
    parser.add_argument("--refusals", action="store_true", help="also what PyTorch refuses")
    parser.add_argument("--max", type=int, default=40, help="samples an operator and dtype")
    options = parser.parse_args()
    with open(options.ops) as names:
        wanted = set(names.read().split())
    os.makedirs(options.folder, exist_ok=True)
    for op in op_db:
        name = ".".join(filter(None, (op.name, op.variant_test_name)))
        if name not in wanted:
            continue
        file = CaseFile(name)
        for dtype in (getattr(torch, name) for name in options.dtypes.split(",")):
            if op.supports_dtype(dtype, "cpu"):
                add_answers(file, op, dtype, options)
        if options.refusals:
            add_refusals(file, op)
        if file.cases:
            file.write(os.path.join(options.folder, name + ".safetensors"))


if __name__ == "__main__":
    main()
