#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/data/fma/cases.txt: a b + c for floats and doubles, from exact fractions.

    tests/generate/fma.py > tests/data/fma/cases.txt
"""
import math
import random
from fractions import Fraction

FORMATS = {"float32": (24, -149, 128), "float64": (53, -1074, 1024)}  # digits, least, first too large


def rounded(x, digits, least, too_large):
    """The nearest number of the format to a fraction that is not 0, to even in a tie."""
    e = abs(x.numerator).bit_length() - x.denominator.bit_length() - digits
    e = max(e + (abs(x) >= Fraction(2) ** (e + digits)), least)
    result = round(x / Fraction(2) ** e) * Fraction(2) ** e  # Python's round is to even
    size = math.inf if abs(result) >= Fraction(2) ** too_large else float(abs(result))
    return size if x > 0 else -size


def fma(form, a, b, c):
    if not all(map(math.isfinite, (a, b, c))):
        product = math.nan if 0 in (a, b) and math.inf in (abs(a), abs(b)) else a * b
        return c if math.isfinite(a) and math.isfinite(b) else product + c
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if exact == 0:
        sign = math.copysign(1, a) * math.copysign(1, b)
        if (a == 0 or b == 0) and c == 0 and sign == math.copysign(1, c):
            return c
        return 0.0
    return rounded(exact, *FORMATS[form])


def number(form, rng):
    """A number with few or many digits, often near the ends of the range."""
    digits, least, too_large = FORMATS[form]
    m = rng.choice([1, 3, 2**digits - 1, 2 ** (digits - 1) + 1, 2 ** (digits // 2) + 1, rng.getrandbits(digits) | 1])
    e = rng.choice([0, 0, rng.randint(-digits, digits), rng.randint(least, too_large - digits)])
    return rng.choice([-1, 1]) * rounded(Fraction(m) * Fraction(2) ** (e - m.bit_length()), digits, least, too_large)


def hard(form, rng):
    """Products that an addend takes to a tie, nearly to one, or nearly to nothing."""
    digits, least, too_large = FORMATS[form]
    a, b = number(form, rng), number(form, rng)
    product = Fraction(a) * Fraction(b)
    near = rounded(product, digits, least, too_large) if product else 0.0
    if near == 0 or not math.isfinite(near):
        return a, b, number(form, rng)
    kind = rng.randrange(4)
    if kind == 0:
        return a, b, -near
    if kind == 1:
        return a, b, rounded(Fraction(-near) * (1 + Fraction(2) ** (1 - digits)), digits, least, too_large)
    top = abs(product).numerator.bit_length() - abs(product).denominator.bit_length()
    shift = rng.choice([digits - 1, digits, digits + 1, 2 * digits, 2 * digits + 1, -digits, -digits - 1])
    m = 2 ** (digits - 1) + rng.choice([0, 1, rng.getrandbits(digits - 1)])
    return a, b, rng.choice([-1, 1]) * rounded(Fraction(m) * Fraction(2) ** (top + shift - digits + 1), digits, least, too_large)


def small(form, rng):
    """Results among the subnormal numbers, which have fewer digits."""
    digits, least, too_large = FORMATS[form]
    def scaled(e):
        return rng.choice([-1, 1]) * rounded(Fraction(rng.getrandbits(digits) | 1) * Fraction(2) ** e, *FORMATS[form])
    half = least // 2
    a = scaled(half - digits // 2)
    b = scaled(half - digits // 2 - rng.randint(0, digits))
    return a, b, rng.choice([0.0, scaled(least), scaled(least - rng.randint(0, digits))])


def main():
    rng = random.Random(7)
    print("# dtype a b c = a b + c rounded once; written by tests/generate/fma.py")
    for form, (digits, least, too_large) in FORMATS.items():
        tiny, huge = 2.0**least, (2 - 2.0 ** (1 - digits)) * 2.0 ** (too_large - 1)
        u = 2.0 ** (1 - digits)
        cases = [
            (1 + u, 1 + u, -1.0), (1 + u, 1 - u, -1.0), (tiny, 0.5, 0.0), (tiny, 0.5, tiny), (tiny, -0.5, 0.0),
            (tiny, 0.5, -tiny), (3 * tiny, 0.5, 0.0), (tiny, tiny, 1.0), (tiny, tiny, -1.0), (tiny, -tiny, 0.0),
            (tiny, -tiny, -0.0), (huge, 2.0, -huge), (huge, 1 + u, -huge), (huge, 1.0, huge * u / 4), (huge, 1.0, huge * u / 2),
            (huge, huge, -math.inf), (0.0, math.inf, 1.0), (-0.0, 1.0, 0.0), (-0.0, 1.0, -0.0), (0.0, -3.0, -0.0),
            (1.0, 1.0, -1.0), (1.0, -1.0, 1.0), (math.nan, 1.0, 1.0), (math.inf, 1.0, -math.inf), (math.inf, -2.0, 5.0), (2.0, 3.0, -math.inf),
        ]
        cases += [hard(form, rng) for _ in range(300)]
        cases += [small(form, rng) for _ in range(100)]
        cases += [tuple(number(form, rng) for _ in range(3)) for _ in range(100)]
        for case in cases:
            if not any(math.isnan(x) for x in case[1:]):
                print(form, *(x.hex() for x in case), "=", fma(form, *case).hex())


main()
