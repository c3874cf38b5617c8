#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Random programs, run by PyTorch and by Reel: values, refusals, gradients, gradients of gradients.

    tests/fuzz/differential/run.sh --seed 1 --count 1000 [--special] [--float32]

A program is a few leaves and some calls of operators that the conformance runner binds, so that a new one is in it with
its row, of some that work in place, and of operations of the user's own (custom.c, custom.py). The calls are samples of PyTorch's operator database; where one takes a tensor it is given, most often, a
result of a call before, which is brought to the shape. Disagreements are reduced to the calls that they need, and those
which EXPLAINED has a reason for are counted apart; any other ends the run with status 1.

With --write FILE the programs that agree are kept: tests/fuzz/differential/programs.safetensors, which the tests run
without PyTorch, is of --seed 20 --count 40 --steps 4.
"""
import argparse
import collections
import fnmatch
import itertools
import math
import os
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../generate"))
import conformance as cases  # noqa: E402
import custom  # noqa: E402
import torch  # noqa: E402

from torch.testing._internal import common_utils  # noqa: E402
from torch.testing._internal.opinfo import core  # noqa: E402


def seed_all(seed):
    """As PyTorch's before each of its samples, for the CPU alone: the others', and the test's name, take a minute."""
    torch.default_generator.manual_seed(seed), random.seed(seed), cases.numpy.random.seed(seed)


common_utils.set_rng_seed, common_utils.extract_test_fn, core.extract_test_fn = seed_all, lambda: None, lambda: None
torch.set_num_threads(1)
HERE = os.path.dirname(os.path.abspath(__file__))
IN_PLACE = re.findall(r'ROW\("(\w+)",\s*"([^"]*)"', open(os.path.join(HERE, "in_place.def")).read())
LARGEST, LARGEST_VALUE = 300, 1e6
# Whose last digits are not PyTorch's: see docs/pytorch.md.
INEXACT = re.compile("custom|exp|log|sin|cos|tan|erf|pow|sigmoid|mish|gelu|silu|elu|softplus|softm|mm|mv|matmul|addr|dot|linear|conv|norm|"
                     "dist|cov|corr|einsum|inner|hypot|interpolate|pool|response|loss|entropy|div|linalg|quantile|std|var")
SUMS = re.compile("linalg|cov|corr|mm|mv|matmul|addr|dot|linear|conv|einsum|inner|interpolate|pool|norm|dist|var|std")  # by the largest term
ROUNDED = re.compile("corr|cosine|normalize")  # which may round to a 1 that the other misses
SLOPES_BY_FLOATS = {"nn.functional.hardsigmoid", "nn.functional.celu"}  # in which PyTorch rounds doubles on the way
DOUBLE, SINGLE = torch.float64, torch.float32
DIGIT = 2.5e-16
NUDGES = (1e-12, -1e-12, DIGIT, -DIGIT)

# What differs on purpose: what is reported, the operators to blame, what their call is given, and the report.
EXPLAINED = []
with open(os.path.join(HERE, "explained.txt")) as lines:
    for line in lines:
        if line.strip() and not line.startswith("#"):
            kind, names, given, words, _ = (part.strip() for part in line.split(" | "))
            EXPLAINED.append((kind.split(), names.split(), given.split(), re.compile(words), line))


class Program:
    """Leaves are tensors, steps are (name, args, kwargs, number of results); in args Ref(i) is the i-th value."""

    def __init__(self):
        self.leaves, self.steps, self.run = [], [], None


class Ref:
    def __init__(self, i):
        self.i = i


def swap(v, f):
    """v with f applied to the tensors and references in it."""
    if isinstance(v, (torch.Tensor, Ref)):
        return f(v)
    if isinstance(v, (list, tuple)):
        return type(v)(swap(x, f) for x in v) if type(v) in (list, tuple) else [swap(x, f) for x in v]
    if isinstance(v, dict):
        return {k: swap(x, f) for k, x in v.items()}
    return v


def function_of(name):
    if name in custom.OPERATIONS:
        return custom.OPERATIONS[name][0].op
    return OPS[name].op if name in OPS else getattr(torch.Tensor, name)


def results_of(name, args, kwargs):
    y = function_of(name)(*args, **kwargs)
    return list(cases.tensors_in(torch.tensor(y) if isinstance(y, bool) else y))


# --- operators and their samples --------------------------------------------------------------------------------------
OPS, SAMPLES, PARAMETERS = {}, {}, {}


def is_bound(sample, parameters):
    return set(sample.kwargs) <= {*parameters, *cases.IGNORED_KEYWORDS} and len(sample.args) < len(parameters)


def is_small(sample):
    tensors = list(cases.tensors_in([sample.input, *sample.args, sample.kwargs]))
    fits = all(t.numel() <= 64 and t.dim() <= 5 and t.dtype in cases.FILE_DTYPES and t.layout == torch.strided for t in tensors)
    return fits and not {"out", "generator"} & set(sample.kwargs)


def is_determined(op, sample):
    """Whether two runs give the same, and random numbers are not drawn."""
    state = torch.get_rng_state()
    op.op(sample.input, *sample.args, **sample.kwargs)
    return torch.equal(state, torch.get_rng_state())


def collect(bound, most):
    for op in cases.op_db:
        name = ".".join(filter(None, (op.name, op.variant_test_name)))
        if name not in bound or op.op is None:
            continue
        found = []
        for dtype in (DOUBLE, torch.int64, torch.bool):
            if not op.supports_dtype(dtype, "cpu"):
                continue
            seed_all(0)
            try:
                samples = [s for s in op.sample_inputs("cpu", dtype) if is_small(s) and is_bound(s, bound[name])]
                random.shuffle(samples)
                found += [s for s in samples[: most if dtype == DOUBLE else most // 5] if is_determined(op, s)]
            except Exception:  # a sample that PyTorch itself cannot make
                continue
        if found and not name.startswith(("empty", "new_empty")):
            OPS[name], SAMPLES[name] = op, found


# --- making programs --------------------------------------------------------------------------------------------------
class Maker:
    def __init__(self, rng, options):
        self.rng, self.options = rng, options
        self.program, self.values, self.made = Program(), {}, []
        self.errors, self.is_run = {}, True  # whether its values are what the program gives

    def leaf(self, t, wanted=None):
        """A new leaf of t's values, or of others of its shape."""
        rng = self.rng
        if t.is_floating_point():
            dtype = SINGLE if self.options.float32 and rng.random() < 0.4 else DOUBLE
            q = rng.random()
            if q < 0.3:
                values = [rng.choice([-2, -1.5, -1, -0.5, 0, 0, 0.5, 1, 1, 1.5, 2, 3]) for _ in range(t.numel())]
                t = torch.tensor(values, dtype=DOUBLE).reshape(t.shape)
            t = t.detach().to(dtype).clone(memory_format=torch.contiguous_format)
            if self.options.special and q > 0.7:
                large, small = (1e300, 1e-310) if dtype == DOUBLE else (1e30, 1e-40)
                for k in range(t.numel()):
                    if rng.random() < 0.15:
                        t.view(-1)[k] = rng.choice([math.inf, -math.inf, math.nan, -0.0, large, small])
            t.requires_grad_(rng.random() < 0.8 if wanted is None else wanted)
        else:
            t = t.detach().clone(memory_format=torch.contiguous_format)
        return self.keep(t)

    def keep(self, t):
        i = ("leaf", len(self.program.leaves))
        self.program.leaves.append(t.detach().clone().requires_grad_(t.requires_grad))
        self.values[i] = t
        return Ref(i)

    def step(self, name, args, kwargs):
        """Adds a call: its results' references; none where PyTorch refuses it; None where it is not to be kept."""
        real = swap(args, lambda r: self.values[r.i] if isinstance(r, Ref) else r)
        named = swap(kwargs, lambda r: self.values[r.i] if isinstance(r, Ref) else r)
        given = list(cases.tensors_in([real, named]))
        before = [t._version for t in given]
        refs = self.call(name, args, kwargs, real, named)
        self.is_run = self.is_run and (refs is not None or before == [t._version for t in given])
        return refs

    def call(self, name, args, kwargs, real, named):
        at = len(self.program.steps)
        try:
            out = results_of(name, real, named)
        except Exception as why:
            if not isinstance(why, (RuntimeError, ValueError, IndexError)) or re.search("not implemented|derivative for|not differentiable", str(why)):
                return None  # PyTorch lacks a kernel or a derivative: it does not refuse the values
            self.errors[at] = str(why)
            self.program.steps.append((name, args, kwargs, None))
            return []
        if any(t.numel() > LARGEST or t.dtype not in cases.FILE_DTYPES or t.dim() > cases.MAX_DIMS or t.layout != torch.strided for t in out):
            return None
        large = any(t.is_floating_point() and t.numel() and t.detach().nan_to_num(0, 0, 0).abs().max() > LARGEST_VALUE for t in out)
        if large and not self.options.special and not name.endswith("_"):
            return None
        if any(t.dtype in (torch.int32, torch.uint8) for t in out):
            return None
        refs = []
        for k, t in enumerate(out):
            self.values[("step", at, k)] = t
            refs.append(Ref(("step", at, k)))
        self.program.steps.append((name, args, kwargs, len(out)))
        self.made += [r.i for r in refs if self.values[r.i].is_floating_point()]
        return refs

    def argument(self, t):
        rng = self.rng
        if not t.is_floating_point():
            return self.leaf(t)
        if not self.made or rng.random() < 0.3 or t.numel() == 0:
            return self.leaf(t)
        i = self.made[int(len(self.made) * rng.random() ** 0.6)]
        value = self.values[i]
        if value.shape == t.shape:
            return Ref(i)
        if value.numel() == 0:
            return self.leaf(t)
        return self.brought(Ref(i), value, t.shape) or self.leaf(t)

    def brought(self, ref, value, shape):
        """Its elements, repeated or left out, in this shape."""
        places = torch.tensor([(k * 7 + 3) % value.numel() for k in range(math.prod(shape))])
        for name, *more in (("reshape", [-1]), ("index_select", 0, self.keep(places)), ("reshape", list(shape))):
            made = self.step(name, [ref, *more], {})
            if not made:
                return None
            ref = made[0]
        return ref

    def in_place(self):
        name, parameters = self.rng.choice(IN_PLACE)
        alone = [i for i in self.made if self.may_change(i)]
        if not alone:
            return
        x = Ref(self.rng.choice(alone))
        others = [self.leaf(torch.rand(self.values[x.i].shape, dtype=self.values[x.i].dtype)) for _ in parameters.split(",")[1:]]
        if any(self.values[o.i].dtype != self.values[x.i].dtype for o in others):
            return
        self.step(name, [x, *others], {})

    def custom(self):
        """An operation of the user's own, in custom.c and custom.py."""
        name = self.rng.choice(sorted(custom.OPERATIONS))
        shape = self.rng.choice(custom.SHAPES)
        self.step(name, [self.argument(torch.rand(shape, dtype=DOUBLE)) for _ in range(custom.OPERATIONS[name][1])], {})

    def may_change(self, i):
        """Whether it is a result that nothing is a view of, nor it of anything."""
        t = self.values[i]
        return t._base is None and not t.is_leaf and t.is_contiguous() and not any(v._base is t or (v is t and j != i) for j, v in self.values.items())

    def make(self):
        rng, names = self.rng, sorted(OPS)
        wanted = rng.randint(3, self.options.steps)
        for _ in range(4 * wanted):
            if len(self.program.steps) >= 3 * wanted:
                break
            if rng.random() < 0.08:
                self.in_place()
                continue
            if rng.random() < 0.08:
                self.custom()
                continue
            name = rng.choice(names)
            sample = rng.choice(SAMPLES[name])
            call = [sample.input, *sample.args], {k: v for k, v in sample.kwargs.items() if k not in cases.IGNORED_KEYWORDS}
            args, kwargs = swap(call[0], self.argument), swap(call[1], self.argument)
            self.step(name, args, kwargs)
        self.program.run = Run.of(self) if self.is_run and self.program.steps else None
        return self.program


# --- running them -----------------------------------------------------------------------------------------------------
def weights(shape, k):
    n = math.prod(shape)
    return torch.tensor([math.cos(1.3 * i + 0.7 * k + 0.2) for i in range(n)], dtype=DOUBLE).reshape(shape)


def factors(t, nudge, k=0):
    """What nudges its elements, each by another part, or each by its last digit, up or down."""
    wave = torch.cos(k + torch.arange(t.numel(), dtype=t.dtype)).reshape(t.shape)
    return 1 + nudge * (wave if abs(nudge) > DIGIT else wave.sign())


class Run:
    """What PyTorch makes of a program that is nudged: its leaves, results that are rounded, and the gradients that come back to
    each argument. By one digit leaves are not, which all have alike: that shows what hangs on whether two numbers are equal."""

    def __init__(self, program, nudge=0.0, upto=None):
        values = {("leaf", k): self.fresh(t, nudge) for k, t in enumerate(program.leaves)}
        self.leaves = [values[("leaf", k)] for k in range(len(program.leaves))]
        self.errors, self.order, self.made = {}, list(values), {}
        for at, (name, args, kwargs, count) in enumerate(program.steps[:upto]):
            edges = itertools.count(1)

            def real(r):
                if not isinstance(r, Ref):
                    return r
                return self.edge(values[r.i], nudge, at + next(edges)) if nudge and not name.endswith("_") else values[r.i]
            try:
                out = results_of(name, swap(args, real), swap(kwargs, real))
            except KeyError:
                raise
            except Exception as why:
                self.errors[at] = str(why)
                continue
            for k, t in enumerate(out):
                if nudge and INEXACT.search(name) and (name.endswith("_") or not any(memory(t) == memory(v) for v in values.values())):
                    self.move(name, t, nudge)
                values[("step", at, k)] = t
                self.made[("step", at, k)] = t.detach().clone(memory_format=torch.contiguous_format)
                self.order.append(("step", at, k))
        self.values = values
        if upto is None:
            self.differentiate()

    @classmethod
    def of(cls, maker):
        """That of the program just made, whose calls were made while it was."""
        run, leaves, steps = cls.__new__(cls), [], []
        for i in maker.values:
            (leaves if i[0] == "leaf" else steps).append(i)
        run.values, run.order, run.errors = maker.values, leaves + steps, maker.errors
        run.leaves = [run.values[i] for i in leaves]
        run.differentiate()
        return run

    @staticmethod
    def fresh(t, nudge):
        x = t.detach().clone()
        if abs(nudge) > DIGIT and x.is_floating_point():
            x = x * factors(x, nudge)
        return x.requires_grad_(t.requires_grad)

    @staticmethod
    def edge(t, nudge, k):
        """An argument, of which comes back a gradient with other last digits: so it shows what cancels where they are added."""
        if not (t.is_floating_point() and t.requires_grad):
            return t
        argument = t.view_as(t)
        argument.register_hook(lambda g: None if g is None else g * factors(g, nudge, k))
        return argument

    @staticmethod
    def move(name, t, nudge):
        """Another last digit for a result, unless it is a number that everybody has; of sums, the largest's."""
        if t.is_floating_point():
            x = t.data
            known = (x * 2 == (x * 2).round()) & (ROUNDED.search(name) is None)
            size = size_of(x) if SUMS.search(name) else x
            x.add_(torch.where(known, torch.zeros_like(x), size * (factors(x, nudge) - 1)))

    def differentiate(self):
        wanted = [t for t in self.leaves if t.requires_grad]
        self.sinks = [k for k, i in enumerate(self.order) if i[0] == "step" and self.values[i].requires_grad]
        self.grads, self.second, self.second_sinks, self.refused = None, None, [], None
        if not wanted or not self.sinks:
            return
        loss = sum((self.values[self.order[k]] * weights(self.values[self.order[k]].shape, n)).sum() for n, k in enumerate(self.sinks))
        try:
            self.grads = list(torch.autograd.grad(loss, wanted, create_graph=True, allow_unused=True))
            self.second_sinks = [k for k, g in enumerate(self.grads) if g is not None and g.requires_grad]
            terms = [(self.grads[k] * weights(self.grads[k].shape, n)).sum() for n, k in enumerate(self.second_sinks)]
            self.second = list(torch.autograd.grad(sum(terms), wanted, allow_unused=True)) if terms else [None] * len(wanted)
        except (RuntimeError, NotImplementedError) as why:
            self.refused = str(why)
            self.second = self.second if self.second else [None] * len(wanted)


def memory(t):
    """Where its elements lie: a view lies where what it is of does."""
    return t.untyped_storage().data_ptr()


def size_of(t):
    """Its largest number's."""
    t = t.detach().to(DOUBLE).abs()
    t = t[t.isfinite()]
    return t.max().item() if t.numel() else 0.0


def rounding(ours, doubles):
    """How far a float32 answer is from that of doubles, where that has one of its shape."""
    if doubles is None or ours is None or ours.shape != doubles.shape or ours.dtype != SINGLE:
        return 0.0
    return size_of(ours.detach().to(DOUBLE) - doubles.detach().to(DOUBLE))


def tolerance(ours, *others):
    """For a tensor, from how far the nudges move it; None where another answer comes of one."""
    if ours is None or any(t is None or t.shape != ours.shape for t in others):
        return None
    if not ours.is_floating_point():
        return 1e-300 if all(torch.equal(ours, t) for t in others) else None
    moved, x, finite = 0.0, ours.detach().to(DOUBLE), ours.detach().isfinite()
    for y in (t.detach().to(DOUBLE) for t in others):
        if not torch.equal(x[~finite].nan_to_num(7), y[~finite].nan_to_num(7)) or not torch.equal(finite, y.isfinite()):
            return None
        moved = max(moved, size_of(x[finite] - y[finite]))
    return (1e-4 if ours.dtype == SINGLE else 1e-9) * max(1.0, size_of(ours)) + 1000 * moved


def in_doubles(program):
    """What PyTorch makes of it where nothing is a float32; None where it makes nothing."""
    other = Program()
    other.leaves = [t.detach().to(DOUBLE if t.dtype == SINGLE else t.dtype).requires_grad_(t.requires_grad) for t in program.leaves]
    other.steps = program.steps
    try:
        return Run(other)
    except (KeyError, RuntimeError):
        return None


class Written(cases.Case):
    """A program as a case file has it."""

    def tensor(self, t):
        return super().tensor(t) if isinstance(t, torch.Tensor) else {"result": t}


def write(file, program, nudge):
    """Without nudges no tolerance is wider, and what agrees would agree with them, too."""
    run = program.run = program.run or Run(program)
    case = Written(file)
    place = {i: k for k, i in enumerate(run.order)}
    words = {"leaves": [case.tensor(t) for t in program.leaves], "steps": []}

    def value(v):
        if isinstance(v, Ref):
            return {"result": place[v.i]}
        if isinstance(v, (list, tuple)):
            return [value(x) for x in v]
        return case.value(v)
    for at, (name, args, kwargs, count) in enumerate(program.steps):
        step = {"op": name, "args": [value(v) for v in args], "kwargs": {k: value(v) for k, v in kwargs.items()}}
        if at in run.errors:
            step["error"] = run.errors[at][:80]
        else:
            step["results"] = sum(i[:2] == ("step", at) for i in run.order)
        words["steps"].append(step)
    single = any(t.dtype == SINGLE for t in run.values.values())
    nudged = [Run(program, by) for by in ((1e-7, -1e-7) if single else NUDGES)] if nudge else []
    doubles = in_doubles(program) if nudge and single else None

    def put(role, tensors, exact, *others):
        found = [tolerance(*each) for each in zip(tensors, *others)]
        if exact and len(exact) == len(tensors):
            found = [None if f is None else f + 10 * rounding(*each) for f, *each in zip(found, tensors, exact)]
        by_floats = single or SLOPES_BY_FLOATS & {name for name, *_ in program.steps}
        if by_floats and any(t is not None and t.dtype == DOUBLE for t in tensors):
            found = [None if f is None else f + 1e-5 for f in found]
        names = [None if t is None else case.store(f"{role}{k}", t) for k, t in enumerate(tensors)]
        return names, found
    words["outputs"], words["atols"] = put("y", [run.values[i] for i in run.order], doubles and [doubles.values.get(i) for i in run.order], *([other.values.get(i) for i in run.order] for other in nudged))
    if run.grads is not None and (run.second is not None):
        words["sinks"], words["second_sinks"] = run.sinks, run.second_sinks
        words["grads"], words["grad_atols"] = put("d", run.grads, doubles and doubles.grads, *(other.grads or [None] * len(run.grads) for other in nudged))
        words["second"], words["second_atols"] = put("h", run.second, doubles and doubles.second, *(other.second or [None] * len(run.second) for other in nudged))
    case.keep(words)


class Reel:
    """bin/fuzz_programs, which reads the names of files; started again where one ends it."""

    def __init__(self, binary):
        self.binary, self.process = binary, None
        self.path = os.path.join(tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None), "program")

    def answer(self, file):
        """What it says of a file of programs."""
        file.write(self.path)
        if not self.process:
            self.errors = tempfile.TemporaryFile("w+", errors="replace")
            self.process = subprocess.Popen([self.binary, "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                            text=True, errors="replace")
        self.process.stdin.write(self.path + "\n")
        self.process.stdin.flush()
        said = []
        for line in self.process.stdout:
            if re.match(r"\d+ programs by PyTorch", line):
                return "".join(said)
            said.append(line)
        status = self.process.wait()
        self.errors.seek(0)
        self.process = None
        return f"FAIL 0: crash: status {status}: {self.errors.read()[-300:]!r}\n"


def ask(reel, programs):
    """{number: what Reel says}, of those that disagree: a line, and one for each element that does; and how many ran.
    Programs that PyTorch itself gives up are left out."""
    found, ran = {}, 0
    for n, program in programs:
        said = None
        for nudge in (False, True):
            file = cases.CaseFile("programs")
            try:
                write(file, program, nudge)
            except (KeyError, cases.CannotBeWritten, RuntimeError):
                said = None
                ran -= nudge
                break
            ran += not nudge
            said = re.search(r"^FAIL \d+: (.*\n(?: .*\n)*)", reel.answer(file), re.M)
            if not said:
                break
        program.run = None  # with its graph
        if said:
            found[n] = said[1].rstrip()
    return found, ran


def drop_refused(options):
    """Leaves out samples of integers and bools that Reel refuses on purpose: behind such a call nothing would run."""
    programs, owners = [], {}
    for name, samples in SAMPLES.items():
        for sample in samples:
            if any(t.dtype in (DOUBLE, SINGLE) for t in cases.tensors_in([sample.input, *sample.args])):
                continue
            maker = Maker(random.Random(0), options)
            kwargs = {k: v for k, v in sample.kwargs.items() if k not in cases.IGNORED_KEYWORDS}
            if maker.step(name, swap([sample.input, *sample.args], maker.leaf), swap(kwargs, maker.leaf)):
                owners[len(programs)] = name, sample
                programs.append((len(programs), maker.program))
    found, _ = ask(options.reel, programs)
    for k, said in found.items():
        if k in owners and is_explained(dict(programs)[k], said):
            name, sample = owners[k]
            SAMPLES[name] = [s for s in SAMPLES[name] if s is not sample]
            if not SAMPLES[name]:
                del SAMPLES[name], OPS[name]


def kind_of(said):
    return said.split()[0].rstrip(":")


def without(program, at):
    """The program without a call and all that needs its results."""
    gone, kept = {at}, Program()
    kept.leaves = program.leaves
    renumbered = {}
    for k, (name, args, kwargs, count) in enumerate(program.steps):
        needs = set()
        swap([args, kwargs], lambda r: needs.add(r.i[1]) if isinstance(r, Ref) and r.i[0] == "step" else None)
        if k in gone or needs & gone:
            gone.add(k)
            continue
        renumbered[k] = len(kept.steps)

        def moved(r):
            return Ref(("step", renumbered[r.i[1]], r.i[2])) if isinstance(r, Ref) and r.i[0] == "step" else r
        kept.steps.append((name, swap(args, moved), swap(kwargs, moved), count))
    return kept


def as_leaf(program, at):
    """The program with a call's results as leaves."""
    try:
        run = Run(program)
    except Exception:
        return None
    if at in run.errors or program.steps[at][0].endswith("_"):
        return None
    kept, leaf = Program(), {}
    kept.leaves = list(program.leaves)
    for i in run.order:
        if i[:2] == ("step", at):
            leaf[i] = Ref(("leaf", len(kept.leaves)))
            kept.leaves.append(run.made[i].requires_grad_(run.values[i].requires_grad))

    def moved(r):
        if not isinstance(r, Ref) or r.i[0] == "leaf":
            return r
        return leaf.get(r.i) or (Ref(("step", r.i[1] - (r.i[1] > at), r.i[2])))
    kept.steps = [(n, swap(a, moved), swap(k, moved), c) for j, (n, a, k, c) in enumerate(program.steps) if j != at]
    return kept


def alone(program, at):
    """One call of it, of what it is given there; None where that has no numbers of its own."""
    try:
        values = Run(program, upto=at).values
    except Exception:
        return None
    one, leaf = Program(), {}
    name, args, kwargs, count = program.steps[at]

    def given(r):
        if not isinstance(r, Ref):
            return r
        if r.i not in leaf:
            t = values[r.i]
            leaf[r.i] = Ref(("leaf", len(one.leaves)))
            one.leaves.append(t.detach().clone(memory_format=torch.contiguous_format).requires_grad_(t.requires_grad))
        return leaf[r.i]
    if name.endswith("_"):
        return None
    try:
        one.steps = [(name, swap(args, given), swap(kwargs, given), count)]
    except KeyError:
        return None
    return one


def reduced(reel, program, said):
    for at in reversed(range(len(program.steps))):
        other = alone(program, at)
        found = other and ask(reel, [(0, other)])[0].get(0)
        if found and kind_of(found) == kind_of(said):
            return other, found
    changed = True
    while changed:
        changed = False
        for at in reversed(range(len(program.steps))):
            if at >= len(program.steps):
                continue
            for other in (without(program, at), as_leaf(program, at)):
                if other is None or not other.steps:
                    continue
                found = ask(reel, [(0, other)])[0].get(0)
                if found and kind_of(found) == kind_of(said):
                    program, said, changed = other, found, True
                    break
    return program, said


def show(program):
    used = set()
    swap([s[1:3] for s in program.steps], lambda r: used.add(r.i) if isinstance(r, Ref) else None)

    def text(r):
        return f"x{r.i[1]}" if isinstance(r, Ref) and r.i[0] == "leaf" else "y%d.%d" % r.i[1:] if isinstance(r, Ref) else r
    for k, t in enumerate(program.leaves):
        if ("leaf", k) in used:
            print(f"    x{k} = {t.tolist()} {str(t.dtype)[6:]}{' wants a gradient' if t.requires_grad else ''}"[:400])
    for k, (name, args, kwargs, count) in enumerate(program.steps):
        print(f"    y{k} = {name}({swap(args, text)}, {swap(kwargs, text)})"[:300])


# --- explaining them --------------------------------------------------------------------------------------------------
def number_in(call, name):
    """A keyword's number, or that of the parameter's place; None where it is not given."""
    found = call["kwargs"].get(name)
    place = PARAMETERS.get(call["name"], []).index(name) if name in PARAMETERS.get(call["name"], []) else len(call["args"])
    found = call["args"][place] if found is None and place < len(call["args"]) else found
    return float(found) if isinstance(found, (int, float, bool)) else None


def any_in(call, test):
    return any(test(t.detach()).any().item() for t in call["tensors"] if t.is_floating_point() and t.numel())


def repeats(call):
    """Whether an element is equal to another one, of the same tensor or of another."""
    every = [x for t in call["tensors"] if t.is_floating_point() for x in t.detach().flatten().tolist()]
    return len(set(every)) < len(every)


def singular_values(call):
    """Of each matrix that the call is given, the largest first, as parts of that."""
    for t in call["tensors"]:
        if t.is_floating_point() and t.dim() >= 2 and t.numel() and t.isfinite().all():
            for matrix in t.detach().to(DOUBLE).reshape(-1, *t.shape[-2:]):
                s = torch.linalg.svdvals(matrix)
                yield s / s[0].clamp_min(1e-300)


GIVEN = {
    "two-dtypes": lambda c: {DOUBLE, SINGLE} <= {t.dtype for t in c["tensors"]},
    "no-floats": lambda c: not all(t.is_floating_point() for t in c["tensors"]) or not c["tensors"],
    "nan": lambda c: any_in(c, torch.isnan),
    "infinite": lambda c: any_in(c, torch.isinf),
    "not-finite": lambda c: any_in(c, lambda t: ~t.isfinite()),
    "huge": lambda c: any_in(c, lambda t: ~(t.abs() < (1e150 if t.dtype == DOUBLE else 1e18))),
    "exp-overflows": lambda c: any_in(c, lambda t: ~(t.abs() < (700 if t.dtype == DOUBLE else 80))),
    "exp-of-product-overflows": lambda c: math.prod(size_of(t) if t.isfinite().all() else math.inf for t in c["tensors"]) > 80,
    "zero": lambda c: any_in(c, lambda t: t == 0),
    "equal": repeats,
    "tiny": lambda c: any_in(c, lambda t: (t != 0) & (t.abs() < (1e-150 if t.dtype == DOUBLE else 1e-18))),
    "at-edges": lambda c: any_in(c, lambda t: (t <= 1e-3) | (t >= 1 - 1e-3)),
    "singular": lambda c: any(s[-1] < 1e-12 for s in singular_values(c)),
    "equal-singular-values": lambda c: any((s.diff().abs() < 1e-7).any() for s in singular_values(c)),
    "low-rank": lambda c: any((s > 1e-9).sum() <= len(s) - 2 for s in singular_values(c)),
    "negative": lambda c: any_in(c, lambda t: t < 0),
    "at-one": lambda c: any_in(c, lambda t: (t.abs() - 1).abs() < 1e-6),
    "above-10": lambda c: any_in(c, lambda t: t > 10),
    "behind-rounding": lambda c: c["behind rounding"],
    "behind-constant-norm": lambda c: c["behind constant norm"],
    "numbers": lambda c: all(t.dim() == 0 for t in c["tensors"]),
    "negative-whole": lambda c: any_in(c, lambda t: (t < 0) & (t == t.floor())),
    "halves-are-lost": lambda c: any_in(c, lambda t: t - 0.5 == t + 0.5),
    "float32": lambda c: any(t.dtype == SINGLE for t in c["tensors"]),
    "padded": lambda c: any(number_in(c, k) != 0 for k in ["padding"]),
    "weighs-zero": lambda c: isinstance(c["kwargs"].get("weight"), torch.Tensor) and bool((c["kwargs"]["weight"] == 0).any()),
    "unsorted": lambda c: any(t.dim() == 1 and t.numel() > 1 and not (t.diff() >= 0).all() for t in c["args"][1:] if isinstance(t, torch.Tensor)),
    "not-contiguous": lambda c: any(not t.is_contiguous() for t in c["tensors"]),
    "empty": lambda c: any(t.numel() == 0 for t in c["tensors"]),
    "twice": lambda c: len({t.data_ptr() for t in c["tensors"] if t.numel()}) < sum(t.numel() > 0 for t in c["tensors"]),
    "constant": lambda c: any(t.is_floating_point() and t.numel() and any(t.size(d) > 1 and (t.detach().amax(d) == t.detach().amin(d)).any() for d in range(t.dim()))
                              for t in c["tensors"]),
    "behind-not-finite": lambda c: c["behind"],
    "in-place": lambda c: c["in place"],
}


def is_given(call, condition):
    """A word of GIVEN, or a comparison of a parameter with a number: alpha=0, eps<0."""
    if condition in GIVEN:
        return GIVEN[condition](call)
    name, sign, number = re.fullmatch(r"(\w+)([=<])(-?[\w.]+)", condition).groups()
    value = number_in(call, name)
    return value is not None and (value == float(number) if sign == "=" else value < float(number))


def calls_of(program):
    """Of each call what an explanation asks for."""
    run, found = Run(program), []
    behind = any(t is not None and t.is_floating_point() and not t.isfinite().all() for t in [*run.values.values(), *(run.grads or [])])
    in_place, constant, rounded = any(name.endswith("_") for name, *_ in program.steps), False, False
    for name, args, kwargs, _ in program.steps:
        real = swap([args, kwargs], lambda r: run.values.get(r.i) if isinstance(r, Ref) else r)
        constant = constant or ("_norm" in name and GIVEN["constant"]({"tensors": list(cases.tensors_in(real))[:1]}))
        found.append({"name": name, "behind constant norm": constant, "behind rounding": rounded, "args": real[0], "kwargs": real[1], "behind": behind, "in place": in_place, "tensors": list(cases.tensors_in(real))})
        rounded = rounded or INEXACT.search(name) is not None
    return found


def changed_by(name):
    """What a report calls a running mean, which its call changes."""
    return "leaf" if name in ("nn.functional.batch_norm", "nn.functional.instance_norm") else name


def blamed(program, said, line):
    """The calls that the line explains; none if the report is another."""
    kinds, names, given, words, _ = line
    if not {kind_of(said), "behind"} & set(kinds) or not all(words.search(line) for line in said.split("\n")):
        return []
    made_by = "behind" not in kinds and re.match(r"(?:value \d+|refusal) \(([^)]*)\)", said)
    return [at for at, call in enumerate(calls_of(program))
            if any(fnmatch.fnmatchcase(call["name"], name) for name in names) and (not made_by or call["name"].endswith("_") or made_by[1] in (call["name"], changed_by(call["name"])))
            and all(is_given(call, condition) for condition in given if condition != "-")]


def explained(reel, program, said):
    """The lines that explain it: after each the calls that it blames are replaced by what PyTorch has there, and the
    rest must agree, or be explained, too. None where no line does."""
    found = []
    while True:
        small, report = reduced(reel, program, said)
        line = next((line for line in EXPLAINED if blamed(small, report, line)), None)
        if not line:
            return None, (small, report)
        found.append(line[4])
        places = blamed(program, said, (line[0], line[1], line[2], re.compile(""), line[4])) or blamed(program, said, line)
        if not places:  # the reduced program's call is another one's: what it does is not told from the rest
            return found, None
        for at in reversed(places):
            program = as_leaf(program, at) or without(program, at)
        said = ask(reel, [(0, program)])[0].get(0) if program.steps else None
        if not said:
            return found, None


def is_explained(program, said):
    return any(blamed(program, said, line) for line in EXPLAINED)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", help="bin/fuzz_programs")
    parser.add_argument("operators", help="what bin/conformance --list prints")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--steps", type=int, default=8, help="at most so many calls, beside those that bring shapes together")
    parser.add_argument("--samples", type=int, default=40, help="of each operator")
    parser.add_argument("--special", action="store_true", help="infinities, NaN, -0, very large and very small numbers")
    parser.add_argument("--float32", action="store_true", help="float32 leaves, too")
    parser.add_argument("--program", type=int, action="append", help="only this one, by the number that is printed")
    parser.add_argument("--write", help="keeps those that agree in this file")
    parser.add_argument("--show", type=int, default=2, help="of each kind of disagreement")
    options = parser.parse_args()
    with open(options.operators) as names:
        found = re.findall(r"^(\S+)\((.*)\)$", names.read(), re.M)
        PARAMETERS.update({name: parameters.split(", ") for name, parameters in found})
        collect(PARAMETERS, options.samples)
    options.reel = Reel(options.binary)
    drop_refused(options)
    used, counted, groups = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    ran, kept = 0, cases.CaseFile("programs")
    for k in options.program or range(options.count):
        program = Maker(random.Random(options.seed * 1000003 + k), options).make()
        if not program.steps:
            continue
        used.update(s[0] for s in program.steps)
        found, count = ask(options.reel, [(k, program)])
        ran += count
        if k in found:
            lines, left = explained(options.reel, program, found[k])
            if left:
                groups[kind_of(left[1]), "+".join(sorted({s[0] for s in left[0].steps}))].append((k, *left))
                print(f"program {k}:", left[1].split("\n")[0], file=sys.stderr)
            else:
                counted[lines[0]] += 1
        elif options.write and count:
            write(kept, program, nudge=True)
        if (k + 1) % 1000 == 0:
            print(f"{ran} programs, {sum(map(len, groups.values()))} not explained", file=sys.stderr)
    report(options, f"{ran} programs, {sum(used.values())} calls of {len(used)} operators", counted, groups)
    if options.write:
        kept.write(options.write)
    sys.exit(bool(groups))


def report(options, ran, counted, groups):
    explained, left = sum(counted.values()), sum(map(len, groups.values()))
    print(f"seed {options.seed}: {ran}: {explained + left} disagree, {explained} of them explained")
    for line, times in counted.most_common():
        print(f"  {times} x {line.strip()}"[:200])
    for group, members in sorted(groups.items(), key=lambda it: -len(it[1])):
        print("==", *group, f"x{len(members)}")
        for k, program, said in members[: options.show]:
            print(f"  program {k}: " + "; ".join(said.split("\n")[:6]))
            show(program)


if __name__ == "__main__":
    main()
