/* SPDX-License-Identifier: MIT */
/*
 * exp, tanh, log, log1p and erf of a float, and whole ones near it, written to be inlined into
 * loops of vectors: no branch, no call, no table. An element's place in its array makes no
 * difference to its bits; a CPU level without fused multiply-adds may. The coefficients are minimax
 * fits made for this file.
 */
#ifndef REELI_TRANSCENDENTAL_H
#define REELI_TRANSCENDENTAL_H

#include "compiler.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef HAS_FMA
#define PLUS_PRODUCT(c, a, b) FMAF(a, b, c)
#else
#define PLUS_PRODUCT(c, a, b) ((a) * (b) + (c))
#endif

static inline float float_of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline uint32_t bits_of_float(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/*
 * e^x = 2^n e^r with n = round(x / ln 2), |r| <= ln 2 / 2, and e^r = 1 + r + r² p(r), p of degree 5
 * to 5e-11. Within 1 ulp. Adding 1.5 2^23 rounds to a whole number and leaves it in the low bits.
 * 2^n is multiplied in two steps, so that results below the normal range are rounded as they should
 * be.
 */
static inline float exp_float(float x)
{
    const float shift = 0x1.8p23f;
    x = x < -104.0f ? -104.0f : x > 89.0f ? 89.0f : x;
    const float shifted = PLUS_PRODUCT(shift, x, 0x1.715476p0f), n = shifted - shift;
    /* ln 2 in two parts: n times the first is exact. */
    const float r = PLUS_PRODUCT(PLUS_PRODUCT(x, n, -0x1.63p-1f), n, 0x1.bd0106p-13f);
    float p = 0x1.9f0812p-13f;
    p = PLUS_PRODUCT(0x1.6d8db0p-10f, p, r);
    p = PLUS_PRODUCT(0x1.111272p-7f, p, r);
    p = PLUS_PRODUCT(0x1.55548ep-5f, p, r);
    p = PLUS_PRODUCT(0x1.555554p-3f, p, r);
    p = PLUS_PRODUCT(0.5f, p, r);
    const float e = PLUS_PRODUCT(r, p, r * r) + 1.0f;
    const int32_t whole = (int32_t)(bits_of_float(shifted) - bits_of_float(shift));
    const int32_t half = whole >> 1;
    return e * float_of_bits((uint32_t)(half + 127) << 23) *
           float_of_bits((uint32_t)(whole - half + 127) << 23);
}

/*
 * tanh x = x P(x²) / Q(x²) to 6e-10 for |x| <= 8.3; beyond that it is 1 to within 2 ulp, and 1
 * here. Within 7 ulp. Of a float, or of a vector of them: `each` makes a number such a vector,
 * least(a, b) is b where one is a NaN, as(y, x) is y, which has no sign, with that of x, and
 * plus_product(c, a, b) is a b + c.
 *
 *   tanh x = min(|x| P, Q) / ±Q with P and Q at min(x², 8.3²), and x's sign: beyond 8.3 |x| P is
 *   more than Q. What is limited, and given its sign, before the division is there sooner.
 */
#define TANH_OF(real, each, magnitude, least, as, plus_product)                                    \
    const real u = least(x * x, each(68.89f));                                                     \
    real p = each(-1.3822787352904367e-11f);                                                       \
    p = plus_product(each(3.268212653807628e-08f), p, u);                                          \
    p = plus_product(each(2.8856780450873215e-05f), p, u);                                         \
    p = plus_product(each(0.00390987440385598f), p, u);                                            \
    p = plus_product(each(0.13712945790585063f), p, u);                                            \
    p = plus_product(each(1.0f), p, u);                                                            \
    real q = each(1.3473895606284386e-06f);                                                        \
    q = plus_product(each(0.0004012253179300351f), q, u);                                          \
    q = plus_product(each(0.027397478719883756f), q, u);                                           \
    q = plus_product(each(0.47046278600940666f), q, u);                                            \
    q = plus_product(each(1.0f), q, u);                                                            \
    return least(q, magnitude(x) * p) / as(q, x);

#define NUMBER(x) (x)

static inline float least_float(float a, float b) { return a < b ? a : b; }

static inline float as_float(float y, float x)
{
    return float_of_bits(bits_of_float(y) | (bits_of_float(x) & 0x80000000));
}

static inline float tanh_float(float x)
{
    TANH_OF(float, NUMBER, fabsf, least_float, as_float, PLUS_PRODUCT)
}

/*
 * ln x = n ln 2 + ln m with x = 2^n m, √½ <= m < √2, and ln m = f + f² p(f), f = m - 1, p of degree
 * 8 to 4e-9. Within 1 ulp. Below the normal range x is scaled by 2^23 first.
 */
static inline float log_float(float x)
{
    const bool tiny = x < 0x1p-126f;
    const uint32_t bits = bits_of_float(tiny ? x * 0x1p23f : x);
    const int32_t n = (int32_t)(bits - bits_of_float(0x1.6a09e6p-1f)) >> 23;
    const float whole = (float)(tiny ? n - 23 : n);
    const float f = float_of_bits(bits - ((uint32_t)n << 23)) - 1.0f;
    float p = -0x1.383e14p-4f;
    p = PLUS_PRODUCT(0x1.084e78p-3f, p, f);
    p = PLUS_PRODUCT(-0x1.0f377ep-3f, p, f);
    p = PLUS_PRODUCT(0x1.227088p-3f, p, f);
    p = PLUS_PRODUCT(-0x1.542744p-3f, p, f);
    p = PLUS_PRODUCT(0x1.99a402p-3f, p, f);
    p = PLUS_PRODUCT(-0x1.000428p-2f, p, f);
    p = PLUS_PRODUCT(0x1.55555p-2f, p, f);
    p = PLUS_PRODUCT(-0x1.fffff8p-2f, p, f);
    /* ln 2 in two parts, as above. */
    const float low = PLUS_PRODUCT(f * f * p, whole, 0x1.7f7d1cp-20f);
    const float y = PLUS_PRODUCT(f + low, whole, 0x1.62e4p-1f);
    const float beyond = x == 0 ? -INFINITY : x > 0 ? x : NAN;
    return x > 0 && x < INFINITY ? y : beyond;
}

/* ln(1 + x) = ln u + (x - (u - 1)) / u with u = 1 + x as it was rounded. Within 2 ulp. */
static inline float log1p_float(float x)
{
    const float u = 1.0f + x, lost = x - (u - 1.0f);
    const float y = log_float(u) + (u > 0 && u < INFINITY ? lost / u : 0.0f);
    return x == 0 ? x : y;
}

/*
 * erf x = x + x p(x²) up to 1, p of degree 6 to 1e-9; beyond it ± (1 - e^-q(|x|)), q of degree 6 to
 * 1e-9 of the result; 1 from 4 on. Within 2 ulp.
 */
static inline float erf_float(float x)
{
    const float size = fabsf(x), a = size > 4.0f ? 4.0f : size, u = x * x;
    float p = 0x1.496a1cp-14f;
    p = PLUS_PRODUCT(-0x1.a3f6f8p-11f, p, u);
    p = PLUS_PRODUCT(0x1.5405bp-8f, p, u);
    p = PLUS_PRODUCT(-0x1.b7f90cp-6f, p, u);
    p = PLUS_PRODUCT(0x1.ce2cf8p-4f, p, u);
    p = PLUS_PRODUCT(-0x1.81273ep-2f, p, u);
    p = PLUS_PRODUCT(0x1.06eba8p-3f, p, u);
    float q = -0x1.86de3p-13f;
    q = PLUS_PRODUCT(0x1.825b6p-9f, q, a);
    q = PLUS_PRODUCT(-0x1.65cbaap-6f, q, a);
    q = PLUS_PRODUCT(0x1.a6535cp-4f, q, a);
    q = PLUS_PRODUCT(0x1.46bae8p-1f, q, a);
    q = PLUS_PRODUCT(0x1.2088ecp0f, q, a);
    q = PLUS_PRODUCT(0x1.6618fap-12f, q, a);
    const float outer = 1.0f - exp_float(-q), inner = PLUS_PRODUCT(x, x, p);
    return size < 1.0f ? inner : x < 0 ? -outer : outer;
}

/* From 2^23 on all floats are whole, and added to what is less it rounds that, half to even. NaN
 * stays, and the sign of 0. Exact, as what lies below. */
REELI_INLINE float nearest_float(float x)
{
    const float size = fabsf(x), whole = size + 0x1p23f - 0x1p23f;
    return size < 0x1p23f ? copysignf(whole, x) : x;
}

REELI_INLINE float floor_float(float x)
{
    const float whole = nearest_float(x);
    return whole - (float)(whole > x);
}

#endif
