/* SPDX-License-Identifier: MIT */
/*
 * The derivatives of ln Γ, and the inverse of erf.
 *
 * Far from 0 the sums behind the former are given by Euler and Maclaurin's formula, whose terms
 * have Bernoulli's numbers B₂, B₄, … in them; nearer, terms are added one by one until they are
 * far.
 */
#include "special.h"

#include <math.h>

#define PI 3.14159265358979323846
enum { FAR = 12, TERMS = 8 };
static const double bernoulli[TERMS] = {1.0 / 6,  -1.0 / 30,     1.0 / 42, -1.0 / 30,
                                        5.0 / 66, -691.0 / 2730, 7.0 / 6,  -3617.0 / 510};

/* Σ (q + k)⁻ˢ over k ≥ 0, of q ≥ FAR + s: ∫ + ½ f + Σ B₂ᵢ / (2i)! s (s + 1) … (s + 2i - 2)
 * q^(1-s-2i) */
static double far_sum(double s, double q)
{
    const double first = pow(q, -s);
    double sum = pow(q, 1 - s) / (s - 1) + first / 2, term = first * s / q;
    for (int i = 0; i < TERMS; i++) {
        sum += term * bernoulli[i] / 2;
        term *= (s + 2 * i + 1) * (s + 2 * i + 2) / ((2 * i + 3) * (2 * i + 4) * q * q);
    }
    return sum;
}

/* The same of any q: ∞ where one of them is 0. Terms far below 0 are the difference of two such
 * sums, of their negatives. */
static double power_sum(double s, double q)
{
    const double far = FAR + s;
    double sum = 0;
    if (q <= 0 && q == floor(q)) {
        return (double)INFINITY;
    }
    if (q < -2 * far) {
        const double below = floor(-far - q) + 1, sign = fmod(s, 2) == 0 ? 1 : -1;
        sum = sign * (far_sum(s, 1 - q - below) - far_sum(s, 1 - q));
        q += below;
    }
    while (q < far) {
        sum += pow(q, -s);
        q += 1;
    }
    return sum + far_sum(s, q);
}

/* ψ(x) = ln x - 1 / (2x) - Σ B₂ᵢ / (2i x²ⁱ) where x is large. Below 0 it is ψ(1 - x) - π / tan πx,
 * of which the tangent needs what x has behind the point alone. */
static double digamma(double x)
{
    if (x == 0) {
        return copysign((double)INFINITY, -x);
    }
    if (x < 0 && x == floor(x)) {
        return (double)NAN;
    }
    double sum = x < 0 ? -PI / tan(PI * (x - trunc(x))) : 0;
    x = x < 0 ? 1 - x : x;
    while (x < FAR) {
        sum -= 1 / x;
        x += 1;
    }
    double power = 1, rest = 0;
    for (int i = 0; i < TERMS; i++) {
        power /= x * x;
        rest += bernoulli[i] / (2 * i + 2) * power;
    }
    return sum + log(x) - 0.5 / x - rest;
}

double reeli_polygamma_of(double n, double x)
{
    if (n == 0 || isnan(x)) {
        return n == 0 ? digamma(x) : x;
    }
    return (fmod(n, 2) == 0 ? -1 : 1) * tgamma(n + 1) * power_sum(n + 1, x);
}

/* Halley's steps, each of which has three times as many digits as the one before, from Winitzki's
 * approximation, which has three, or the tangent at 0. Near 1 what is left of y is compared, which
 * erfc has in full. */
double reeli_erfinv_of(double y)
{
    const double size = fabs(y), a = 0.147;
    if (!(size < 1)) {
        return size == 1 ? copysign((double)INFINITY, y) : (double)NAN;
    }
    const double l = log1p(-size * size), b = 2 / (PI * a) + l / 2;
    double x = size < 0.1 ? size * sqrt(PI) / 2 : sqrt(sqrt(b * b - l / a) - b);
    for (int i = 0; i < 3; i++) {
        const double off = size < 0.5 ? erf(x) - size : 1 - size - erfc(x);
        const double step = off / (2 / sqrt(PI) * exp(-x * x));
        x -= step / (1 + x * step);
    }
    return copysign(x, y);
}
