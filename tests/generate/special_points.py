#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/special/points.txt with PyTorch: values, gradients and gradients of gradients where functions of
whole tensors are at a kink, at 0, at infinity, of one element or of none, and where what they ignore is not finite.

Where PyTorch has NaN though there is a value or a derivative, as where it multiplies by 0 what is to be ignored, the
line has PyTorch's answer to the same function written so that nothing of that enters (RIGHT); `# PyTorch` is its own.

A `case NAME` has its inputs, `input SIZE… =`, its `value`, and of each input the `gradient` of Σ value · (1, 2, 3, …)
and the `second` one: that of Σ k times the k-th gradient · (1, 2, 3, …). Where PyTorch has none there is no line.
"""
import torch
import torch.nn.functional as F

INF, NAN = float("inf"), float("nan")
MATRICES = {
    "zeros": [[0.0, 0.0, 0.0], [0.0, 0.0, -0.0]],
    "mixed": [[0.0, -0.0, 1.0], [2.0, 2.0, -2.0]],
    "plain": [[0.5, -1.5, 2.0], [3.0, 0.25, -0.75]],
    "infinite": [[INF, 1.0, 0.0], [-INF, 2.0, 3.0]],
    "one": [[0.0]],
    "another": [[-1.5]],
    "empty": [[], []],
}
ONE = {
    **{f"norm{p}": lambda x, p=p: x.norm(p) for p in (0.5, 1, 1.5, 2, 3, INF)},
    **{f"normalize{p}": lambda x, p=p: F.normalize(x, p=p, dim=1) for p in (1, 2, 3)},
    **{f"pow{p}": lambda x, p=p: x.pow(p) for p in (0, 1, 2, 3, 4, 0.5, 1.5, 2.5, -1, -0.5, -2)},
    "polynomial": lambda x: 1 * x.pow(0) + 2 * x.pow(1) + 3 * x.pow(2),
    "sum": lambda x: x.sum(1), "mean": lambda x: x.mean(1), "prod": lambda x: x.prod(1), "prod_all": lambda x: x.prod(),
    "var": lambda x: x.var(1), "var0": lambda x: x.var(1, correction=0),
    "std": lambda x: x.std(1), "std0": lambda x: x.std(1, correction=0),
    "logsumexp": lambda x: x.logsumexp(1), "softmax": lambda x: x.softmax(1), "log_softmax": lambda x: x.log_softmax(1),
    "cumsum": lambda x: x.cumsum(1), "cumprod": lambda x: x.cumprod(1),
    "amax": lambda x: x.amax(1), "amin": lambda x: x.amin(1), "max": lambda x: x.max(1)[0], "median": lambda x: x.median(1)[0],
    "sort": lambda x: x.sort(dim=1, stable=True)[0],
    "layer_norm": lambda x: F.layer_norm(x, x.shape[1:]),
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "batch_norm_of_rows": lambda x: F.batch_norm(x.unsqueeze(2).repeat(1, 1, 8), None, None, training=True),
    "clamp": lambda x: x.clamp(0, 2), "leaky_relu": lambda x: F.leaky_relu(x, 0.0), "celu": lambda x: F.celu(x, 0.5),
    "selu": F.selu, "relu6": F.relu6, "glu": lambda x: F.glu(x, 0), "softmin": lambda x: F.softmin(x, 1),
    "trace": lambda x: x.trace(), "logit": lambda x: torch.logit(x, 0.25), "transposed_mm": lambda x: x @ x.T,
}
EYE = torch.eye


def square(x):
    return x @ x.T


def regular(x):
    return square(x) + EYE(len(x), dtype=x.dtype)


ONE.update({
    "logcumsumexp": lambda x: x.logcumsumexp(1), "cummax": lambda x: x.cummax(1)[0], "cummin": lambda x: x.cummin(1)[0],
    "min": lambda x: x.min(1)[0], "max_all": lambda x: x.max(), "min_all": lambda x: x.min(), "median_all": lambda x: x.median(),
    "topk": lambda x: x.topk(1, 1)[0], "max_pool1d": lambda x: F.max_pool1d(x.unsqueeze(0), 2, 1, 1).squeeze(0),
    "bmm": lambda x: torch.bmm(x.unsqueeze(0), x.T.unsqueeze(0)), "linear": lambda x: F.linear(x, x),
    "det": lambda x: torch.linalg.det(square(x)), "slogdet": lambda x: torch.linalg.slogdet(regular(x))[1],
    "inv": lambda x: torch.linalg.inv(regular(x)), "cholesky": lambda x: torch.linalg.cholesky(regular(x)),
    "solve": lambda x: torch.linalg.solve(regular(x), x), "qr": lambda x: torch.linalg.qr(regular(x))[1],
    "solve_triangular": lambda x: torch.linalg.solve_triangular(regular(x).tril(), x, upper=False),
    "eigvalsh": lambda x: torch.linalg.eigvalsh(regular(x)), "svdvals": lambda x: torch.linalg.svdvals(regular(x)),
    "pinv": lambda x: torch.linalg.pinv(regular(x)),
})
ALGEBRA = ("det", "slogdet", "inv", "cholesky", "solve", "qr", "solve_triangular", "eigvalsh", "svdvals", "pinv")
PAIRS = {
    "equal": ([[1.0, 2.0]], [[1.0, 2.0]]),
    "one_equal": ([[1.0, 2.0], [0.0, 0.0]], [[1.0, 3.5], [0.0, -1.0]]),
    "zeros": ([[0.0, 0.0]], [[0.0, -0.0]]),
    "apart": ([[1.0, -2.0]], [[-0.5, 1.0]]),
    "infinite": ([[INF, 1.0]], [[0.0, 1.0]]),
    "one": ([[0.5]], [[0.5]]),
    "empty": ([[], []], [[], []]),
}
TWO = {
    **{f"distance{p}": lambda a, b, p=p: F.pairwise_distance(a, b, p=p, eps=0) for p in (0.5, 1, 1.5, 2, 3, INF)},
    "distance_eps": lambda a, b: F.pairwise_distance(a, b),
    "cosine": lambda a, b: F.cosine_similarity(a, b, dim=1), "mm": lambda a, b: a @ b.T,
    "l1": lambda a, b: F.l1_loss(a, b, reduction="none"), "mse": lambda a, b: F.mse_loss(a, b, reduction="sum"),
    "smooth_l1": lambda a, b: F.smooth_l1_loss(a, b, beta=1.5, reduction="none"),
    "huber": lambda a, b: F.huber_loss(a, b, delta=1.5, reduction="none"),
    "margin_ranking": lambda a, b: F.margin_ranking_loss(a, b, torch.ones_like(a), reduction="none"),
    "cosine_embedding": lambda a, b: F.cosine_embedding_loss(a, b, -torch.ones(len(a)), margin=0.5, reduction="none"),
    "cosine_embedding_same": lambda a, b: F.cosine_embedding_loss(a, b, torch.ones(len(a)), reduction="none"),
    "triplet": lambda a, b: F.triplet_margin_loss(a, b, 2 * b + 1, margin=9, eps=0, reduction="none"),
    "triplet_swap": lambda a, b: F.triplet_margin_loss(a, b, a, margin=9, eps=0, swap=True, reduction="none"),
    "hypot": torch.hypot, "logaddexp": torch.logaddexp, "maximum": torch.maximum, "fmin": torch.fmin,
    "soft_margin": lambda a, b: F.soft_margin_loss(a, torch.where(b > 0, 1.0, -1.0) + 0 * b.detach(), reduction="none"),
    "hinge_embedding": lambda a, b: F.hinge_embedding_loss(a, torch.where(b.detach() > 0, 1.0, -1.0), reduction="none"),
}
# An input and a target with what a target of 0 or 1, or a weight of 0, takes out.
TARGETS = {
    "kl_div": (lambda a, t: F.kl_div(a, t.detach(), reduction="none"), [-INF, 0.5, -2.0, -INF], [0.0, 0.0, 1.0, 0.5]),
    "kl_div_log": (lambda a, t: F.kl_div(a, t, log_target=True, reduction="none"), [-INF, 0.5, -2.0], [-INF, -INF, 0.0]),
    "bce": (lambda a, t: F.binary_cross_entropy(a, t, reduction="none"), [0.0, 1.0, 0.0, 1.0, 0.5], [0.0, 1.0, 1.0, 0.0, 0.25]),
    "bce_logits": (lambda a, t: F.binary_cross_entropy_with_logits(a, t, reduction="none"),
                   [INF, -INF, INF, -INF, 0.0, 800.0], [0.0, 0.0, 1.0, 1.0, 0.5, 1.0]),
    "bce_logits_pos": (lambda a, t: F.binary_cross_entropy_with_logits(
        a, t.detach(), pos_weight=torch.tensor(2.0, dtype=a.dtype), reduction="none"),
        [INF, -INF, INF, -INF, 0.0, 800.0], [0.0, 0.0, 1.0, 1.0, 0.5, 1.0]),
    "poisson": (lambda a, t: F.poisson_nll_loss(a, t, reduction="none"), [-INF, 0.0, 2.0, -INF], [0.0, 0.0, 0.0, 1.0]),
    "poisson_rate": (lambda a, t: F.poisson_nll_loss(a, t.detach(), log_input=False, eps=0.0, reduction="none"),
                     [0.0, 0.5, 0.0], [0.0, 0.0, 1.0]),
    "poisson_full": (lambda a, t: F.poisson_nll_loss(a, t, full=True, reduction="none"), [0.5, 0.5, 1.0], [0.0, 1.0, 3.0]),
    "xlogy": (torch.xlogy, [0.0, 0.0, 1.0, 0.0], [0.0, 2.0, 0.0, -1.0]),
}

CLASSES = torch.tensor([-100, 2, 0])
WEIGHT = torch.tensor([1.0, 0.0, 2.0], dtype=torch.float64)
SHARES = torch.tensor([[0.0, 0.25, 0.75], [1.0, 0.0, 0.0], [0.5, 0.5, 0.0]], dtype=torch.float64)
ROWS = {
    "ignored": [[-INF, NAN, INF], [0.5, -1.0, 2.0], [0.0, 0.0, 0.0]],
    "far": [[1.0, 2.0, 3.0], [-INF, 0.0, 1.0], [800.0, 0.0, -800.0]],
    "kinks": [[0.0, 1.0, 1.0], [2.0, 1.0, 2.0], [1.0, 0.0, 2.0]],
}
OF_CLASSES = {
    "nll": lambda x: F.nll_loss(x, CLASSES, reduction="none"), "nll_mean": lambda x: F.nll_loss(x, CLASSES),
    "nll_weight": lambda x: F.nll_loss(x, torch.tensor([1, 2, 0]), WEIGHT),
    "ce": lambda x: F.cross_entropy(x, CLASSES, reduction="none"), "ce_mean": lambda x: F.cross_entropy(x, CLASSES),
    "ce_weight": lambda x: F.cross_entropy(x, torch.tensor([1, 2, 0]), WEIGHT),
    "ce_smoothed": lambda x: F.cross_entropy(x, CLASSES, label_smoothing=0.1),
    "ce_smoothed_weight": lambda x: F.cross_entropy(x, CLASSES, WEIGHT, label_smoothing=0.1, reduction="none"),
    "ce_shares": lambda x: F.cross_entropy(x, SHARES, reduction="none"),
    "multi_margin": lambda x: F.multi_margin_loss(x, torch.tensor([1, 2, 0]), reduction="none"),
    "multi_margin2": lambda x: F.multi_margin_loss(x, torch.tensor([1, 2, 0]), p=2, weight=WEIGHT, reduction="none"),
    "multilabel_margin": lambda x: F.multilabel_margin_loss(x, torch.tensor([[1, -1, 0], [2, 0, -1], [-1, 0, 1]]), reduction="none"),
    "multilabel_soft_margin": lambda x: F.multilabel_soft_margin_loss(x, (SHARES > 0.4).double(), WEIGHT, reduction="none"),
}

# A product has no derivatives that are quotients, and what is no number hides nothing else; nor are there roots of -0 and -infinity.
LEFT_OUT = {(name, "infinite") for name in ("prod", "prod_all", "cumprod", "norm0.5", "norm1.5")} | {
    (name, base) for name in ONE if name.startswith("pow") and "." in name for base in ("infinite", "zeros", "mixed")} | {
    (name, "infinite") for name in ("distance0.5", "distance1.5")} | {
    (name, "ignored") for name in ("multi_margin", "multilabel_margin")} | {
    (name, "infinite") for name in ALGEBRA} | {  # refused; and of equal values there is no derivative
    ("eigvalsh", "zeros"), ("svdvals", "zeros")}

# Beside an infinity norms and distances have no derivatives.
PYTORCHS = {(name, "infinite") for name in ("norm2", "normalize2", "distance2", "hypot", "triplet", "triplet_swap")}


def choose(mask, other, x):
    """x, and a constant where the mask holds: of what is not chosen no derivative is taken."""
    return torch.where(mask, torch.tensor(other, dtype=x.dtype), x)


def norm(x, p, *dim):
    none = x == 0
    powers = x * x if p == 2 else choose(none, 0.0, choose(none, 1.0, x.abs()).pow(p))
    powers = powers.sum(*dim)
    none = powers == 0
    return choose(none, 0.0, choose(none, 1.0, powers).pow(1 / p))


def direction(x):
    square = (x * x).sum(1, keepdim=True)
    return x / choose(square < 1e-16, 1e-8, choose(square < 1e-16, 1.0, square).sqrt())


def hypot(a, b):
    return norm(torch.stack([a, b]), 2, 0)


def logaddexp(a, b):
    """The larger one, and next to an infinity nothing more."""
    far = a.isinf() | b.isinf()
    apart = choose(far, 0.0, (a - b).abs())
    return torch.maximum(a, b) + choose(far, 0.0, torch.log1p((-apart).exp()))


def triplet(a, b, c, swap=False):
    far = norm(a - c, 2, 1)
    far = torch.minimum(far, norm(b - c, 2, 1)) if swap else far
    return (norm(a - b, 2, 1) - far + 9).clamp(min=0)


def without(rows, x):
    return choose(torch.tensor(rows).unsqueeze(1), 0.0, x)


def soft_margin(a, b):
    far, sign = a.isinf(), torch.where(b > 0, 1.0, -1.0)
    return torch.where(far, -sign * a, F.soft_margin_loss(choose(far, 0.0, a), sign, reduction="none")) * (sign * a != INF)


def kl_div(a, t):
    none = t.detach() == 0
    return choose(none, 0.0, F.kl_div(choose(none, 0.0, a), t.detach(), reduction="none"))


def kl_div_log(a, t):
    none = t == -INF
    return choose(none, 0.0, F.kl_div(choose(none, 0.0, a), choose(none, 0.0, t), log_target=True, reduction="none"))


def bce_logits(a, t, pos=1.0):
    """Far out it is a line."""
    def minus_log_sigmoid(x):
        return torch.where(x < -700, -x, -F.logsigmoid(choose(x < -700, 0.0, x)))
    none, all_ = t == 0, t == 1
    return choose(none, 0.0, pos * t * minus_log_sigmoid(choose(none, 0.0, a))) + choose(
        all_, 0.0, (1 - t) * minus_log_sigmoid(-choose(all_, 0.0, a)))


def poisson(a, t):
    return a.exp() - choose(t == 0, 0.0, t * choose(t == 0, 0.0, a))


def poisson_rate(a, t):
    none = t.detach() == 0
    return a - choose(none, 0.0, t.detach() * choose(none, 1.0, a).log())


def poisson_full(a, t):
    large = t > 1
    t1 = choose(~large, 2.0, t)
    return a.exp() - t * a + choose(~large, 0.0, t1 * t1.log() - t1 + (2 * torch.pi * t1).log() / 2)


def determinant(x):
    m = square(x)
    return m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0] if len(m) > 1 else m[0, 0]


def logcumsumexp(x):
    """From an infinity on, that; and the first is x itself, -infinity too, which adds nothing to the others."""
    far = (x == INF).any(1, keepdim=True)
    rest = choose(far | (x == -INF), -1000.0, x).logcumsumexp(1)
    return torch.where(far, x.cummax(1)[0], torch.cat([x[:, :1], rest[:, 1:]], 1))


IGNORED, WEIGHTLESS = [True, False, False], [True, False, False]
RIGHT = {
    "det": determinant, "logcumsumexp": logcumsumexp,
    **{f"norm{p}": lambda x, p=p: norm(x, p) for p in (0.5, 1.5, 2)},
    "normalize2": lambda x: x / norm(x, 2, 1).clamp(min=1e-12).unsqueeze(1),
    "logit": lambda x: torch.logit(choose((x < 0.25) | (x > 0.75), 0.5, x)) + choose((x < 0.25) | (x > 0.75), 0.0, 0 * x)
    + torch.where(x < 0.25, -1.0, torch.where(x > 0.75, 1.0, 0.0)).double() * torch.tensor(3.0, dtype=x.dtype).log(),
    **{f"distance{p}": lambda a, b, p=p: norm(a - b, p, 1) for p in (0.5, 1.5, 2)},
    "cosine": lambda a, b: (direction(a) * direction(b)).sum(1),
    "triplet": lambda a, b: triplet(a, b, 2 * b + 1), "triplet_swap": lambda a, b: triplet(a, b, a, True),
    "hypot": hypot, "logaddexp": logaddexp, "soft_margin": soft_margin,
    "kl_div": kl_div, "kl_div_log": kl_div_log, "bce_logits": bce_logits, "bce_logits_pos": lambda a, t: bce_logits(a, t, 2.0),
    "poisson": poisson, "poisson_rate": poisson_rate, "poisson_full": poisson_full,
    **{name: lambda x, name=name: OF_CLASSES[name](without(IGNORED, x)) for name in ("ce", "ce_mean", "ce_smoothed", "ce_smoothed_weight")},
    **{name: lambda x, name=name: OF_CLASSES[name](without(WEIGHTLESS, x)) for name in ("nll_weight", "ce_weight")},
    "multilabel_soft_margin": lambda x: (bce_logits(choose(WEIGHT == 0, 0.0, x), (SHARES > 0.4).double()) * WEIGHT).mean(1),
}


def plain(t):
    return [repr(v) for v in t.detach().flatten().tolist()]


def weighted(t):
    return (t * (torch.arange(t.numel(), dtype=t.dtype) + 1).reshape(t.shape)).sum()


def derivatives(y, inputs):
    if not y.requires_grad:
        return [torch.zeros_like(x) for x in inputs]
    found = torch.autograd.grad(y, inputs, create_graph=True, allow_unused=True)
    return [torch.zeros_like(x) if g is None or g._is_zerotensor() else g for x, g in zip(inputs, found)]


def answers(f, values):
    """The lines of a case, value, gradients and second ones."""
    inputs = [torch.tensor(v, dtype=torch.float64).requires_grad_() for v in values]
    y = f(*inputs)
    lines = ["value " + " ".join([*map(str, y.shape), "=", *plain(y)])]
    gradients = derivatives(weighted(y), inputs)
    lines += [f"gradient {k} = " + " ".join(plain(g)) for k, g in enumerate(gradients)]
    try:
        second = derivatives(sum(k * weighted(g) for k, g in enumerate(gradients, 1)), inputs)
    except RuntimeError:  # PyTorch has none
        return lines
    return lines + [f"second {k} = " + " ".join(plain(h)) for k, h in enumerate(second)]


def filled_in(theirs, right):
    """A line of PyTorch's with its NaN replaced by what the other has there."""
    head, values = theirs.split("=")
    return head + "= " + " ".join(r if v == "nan" else v for v, r in zip(values.split(), right.split("=")[1].split()))


def case(name, base, f, *values):
    if (name, base) in LEFT_OUT:
        return
    try:
        lines = answers(f, values)
    except (RuntimeError, IndexError, ValueError):
        return
    print("case", name, "=")
    for v in values:
        x = torch.tensor(v, dtype=torch.float64)
        print("input", *x.shape, "=", *plain(x))
    right = answers(RIGHT[name], values) if name in RIGHT and (name, base) not in PYTORCHS else lines
    for theirs, other in zip(lines, right):
        line = filled_in(theirs, other)
        if line.split() != theirs.split():
            print("# PyTorch:", theirs)
        print(line)


print(f"# torch {torch.__version__}")
for name, f in ONE.items():
    for base, matrix in MATRICES.items():
        case(name, base, f, matrix)
for name, f in TWO.items():
    for base, pair in PAIRS.items():
        case(name, base, f, *pair)
for name, f in OF_CLASSES.items():
    for base, rows in ROWS.items():
        case(name, base, f, rows)
for name, (f, *pair) in TARGETS.items():
    case(name, "targets", f, *pair)
