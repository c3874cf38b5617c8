/* SPDX-License-Identifier: MIT */
/*
 * A fused multiply-add of doubles, for machines that have no instruction for it. Mostly the product
 * and the sums are taken apart into doubles and what they lack (in_doubles); at the ends of the
 * range, where that would lose bits, in integers.
 *
 * There a number is m 2^e with a whole m. The product's m has up to 106 bits; it and the addend
 * are written with 128 bits and the highest of them in the same place, the smaller number is
 * shifted to the larger one's exponent, and the sum is rounded. Bits that a shift loses leave a 1
 * in the last place. That stands for all of them as long as rounding cuts off further left, which
 * it does: a number loses bits only where it is shifted by more than 20 places, and then the sum
 * has at most one leading bit less than the larger number.
 *
 * Source: Boldo and Melquiond, Emulation of a FMA and correctly rounded sums, IEEE Transactions on
 * Computers, 2008, for the doubles; Veltkamp and Dekker for the product's error.
 */
#include "fma.h"

#include "compiler.h"

#include <stdbool.h>

enum { FRACTION = 52, EXPONENT = 2047, LEAST = -1074 };

typedef struct wide {
    uint64_t high, low;
} wide;

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static bool is_finite(double x) { return (bits_of(x) >> FRACTION & EXPONENT) != EXPONENT; }

/* |x| = m 2^e for a finite x that is not 0. */
static uint64_t split(double x, int *e)
{
    const uint64_t bits = bits_of(x), fraction = bits & (((uint64_t)1 << FRACTION) - 1);
    const int exponent = (int)(bits >> FRACTION & EXPONENT);
    *e = (exponent ? exponent - 1 : 0) + LEAST;
    return exponent ? fraction | (uint64_t)1 << FRACTION : fraction;
}

static wide product_of(uint64_t a, uint64_t b)
{
    const uint64_t half = UINT32_MAX, a1 = a >> 32, a0 = a & half, b1 = b >> 32, b0 = b & half;
    const uint64_t middle = a1 * b0 + (a0 * b0 >> 32), other = a0 * b1 + (middle & half);
    return (wide){a1 * b1 + (middle >> 32) + (other >> 32), other << 32 | (a0 * b0 & half)};
}

/* x / 2^n for n >= 0, with a 1 in the last place for what is lost. */
static wide shifted_right(wide x, int n)
{
    if (n >= 128) {
        return (wide){0, x.high || x.low};
    }
    uint64_t lost = 0;
    if (n >= 64) {
        lost = x.low;
        x = (wide){0, x.high};
        n -= 64;
    }
    if (n > 0) {
        lost |= x.low << (64 - n);
        x = (wide){x.high >> n, x.high << (64 - n) | x.low >> n};
    }
    x.low |= lost != 0;
    return x;
}

/* Shifts x, which is not 0, until its highest bit is the one below the top; *e goes along. */
static wide normalized(wide x, int *e)
{
    if (x.high == 0) {
        x = (wide){x.low, 0};
        *e -= 64;
    }
    const int n = 63 - reeli_bits(x.high);
    *e -= n;
    return n < 0   ? shifted_right(x, 1)
           : n > 0 ? (wide){x.high << n | x.low >> (64 - n), x.low << n}
                   : x;
}

/* x 2^e to the nearest double, to the even one of two; x is normalized. */
static double rounded(wide x, int e, bool negative)
{
    const uint64_t top = x.high << 1 | x.low >> 63; /* its highest bit is set */
    const bool rest = x.low << 1 != 0;
    int cut = 63 - FRACTION; /* bits to round away; more, where the result has fewer */
    e += 63;                 /* top's */
    cut = e + cut < LEAST ? LEAST - e : cut;
    if (cut > 64) {
        return negative ? -0.0 : 0.0; /* less than half of the least double */
    }
    const int exponent = e + cut - LEAST;
    if (exponent >= EXPONENT - 1) {
        return negative ? -HUGE_VAL : HUGE_VAL;
    }
    const uint64_t kept = cut < 64 ? top >> cut : 0, half = (uint64_t)1 << (cut - 1);
    const uint64_t below = cut < 64 ? top & (((uint64_t)1 << cut) - 1) : top;
    const bool up = below > half || (below == half && (rest || (kept & 1)));
    /* The highest bit of what is kept, or one that it rounds up to, counts the exponent up. */
    const uint64_t bits = ((uint64_t)exponent << FRACTION) + kept + up + ((uint64_t)negative << 63);
    double result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

/* p 2^e plus or minus q 2^f, both normalized. */
static double sum_of(wide p, int e, wide q, int f, bool opposite, bool negative)
{
    if (e < f || (e == f && (p.high < q.high || (p.high == q.high && p.low < q.low)))) {
        const wide other = p;
        p = q;
        q = other;
        const int exponent = e;
        e = f;
        f = exponent;
        negative ^= opposite;
    }
    q = shifted_right(q, e - f);
    if (opposite) {
        p = (wide){p.high - q.high - (p.low < q.low), p.low - q.low};
    } else {
        p.low += q.low;
        p.high += q.high + (p.low < q.low);
    }
    if (p.high == 0 && p.low == 0) {
        return 0;
    }
    p = normalized(p, &e);
    return rounded(p, e, negative);
}

/* The rounding error of sum = x + y. */
static inline double error_of(double sum, double x, double y)
{
    const double back = sum - x;
    return (x - (sum - back)) + (y - back);
}

/* x in two halves, the upper one of 26 bits: their products are exact. */
static inline double upper_half(double x)
{
    const double shifted = 0x1p27 * x;
    return shifted - (shifted - x);
}

/* ab + c = (h + l) + c. Added up from the small end, all errors kept; the small ones' sum is
 * rounded to odd, as in reeli_fmaf_in_software, so that the last addition rounds as if once. */
static double in_doubles(double a, double b, double c)
{
    const double h = a * b, a1 = upper_half(a), a0 = a - a1, b1 = upper_half(b), b0 = b - b1;
    const double l = ((a1 * b1 - h) + a1 * b0 + a0 * b1) + a0 * b0;
    const double lower = c + l, lower_error = error_of(lower, c, l);
    const double upper = h + lower, upper_error = error_of(upper, h, lower);
    return upper +
           reeli_round_to_odd(lower_error + upper_error,
                              error_of(lower_error + upper_error, lower_error, upper_error));
}

double reeli_fma_in_software(double a, double b, double c)
{
    const double size = fabs(a * b);
    if (size > 0x1p-900 && size < 0x1p900 && fabs(a) < 0x1p900 && fabs(b) < 0x1p900 &&
        fabs(c) < 0x1p900) {
        return in_doubles(a, b, c);
    }
    if (!is_finite(a) || !is_finite(b) || a == 0 || b == 0) {
        return a * b + c; /* nothing is rounded */
    }
    if (c == 0 || !is_finite(c)) {
        return c == 0 ? a * b : c; /* without + c, which would lose the sign of a -0 */
    }
    int e, f, g;
    const uint64_t x = split(a, &e), y = split(b, &f), z = split(c, &g);
    const bool negative = (a < 0) != (b < 0);
    e += f;
    const wide p = normalized(product_of(x, y), &e), q = normalized((wide){0, z}, &g);
    return sum_of(p, e, q, g, negative != (c < 0), negative);
}
