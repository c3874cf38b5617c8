/* SPDX-License-Identifier: MIT */
/* Normal random floats of uniform ones: the same bits at each level of CPU. */
#include "kernels.h"
#include "level.h"

#include <string.h>

#define NORMAL_(cpu) reeli_normal_##cpu
#define NORMAL(cpu) NORMAL_(cpu)

enum { BLOCK = 16, HALF = 8 };

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/*
 * PyTorch's float path takes logarithm, sine and cosine from the single-precision polynomials of
 * the Cephes library, fused multiply-adds included. They are repeated here, as libm's differ in the
 * last digit, without a branch and choosing by bits, so that the loops over them are vectorised.
 * Source: Moshier, Methods and Programs for Mathematical Functions, 1989.
 */

#ifdef REELI_FOR_SIZE
static float fused(float a, float b, float c) { return FMAF(a, b, c); }
#else
#define fused(a, b, c) FMAF(a, b, c)
#endif

/* All bits set where `condition`. */
static inline uint32_t mask(bool condition) { return -(uint32_t)condition; }

static inline float choose(uint32_t where, float a, float b)
{
    return of_bits((bits_of(a) & where) | (bits_of(b) & ~where));
}

/* ln x for a normal x: x = 2^e (1 + m) with 1 + m in [sqrt(1/2), sqrt 2), and a polynomial in m. */
static inline float log_f32(float x)
{
    uint32_t bits = bits_of(x);
    uint32_t half = (bits & 0x007fffffU) | 0x3f000000U; /* x's fraction in [1/2, 1) */
    uint32_t small = mask(half < 0x3f3504f3U);          /* less than sqrt(1/2) */
    float e = (float)((int32_t)(bits >> 23) - 126 + (int32_t)small);
    float m = of_bits(half) - 1.0F + of_bits(half & small);
    float square = m * m, y = fused(7.0376836292E-2F, m, -1.1514610310E-1F);
    y = fused(y, m, 1.1676998740E-1F);
    y = fused(y, m, -1.2420140846E-1F);
    y = fused(y, m, 1.4249322787E-1F);
    y = fused(y, m, -1.6668057665E-1F);
    y = fused(y, m, 2.0000714765E-1F);
    y = fused(y, m, -2.4999993993E-1F);
    y = fused(y, m, 3.3333331174E-1F);
    y = fused(y * m, square, e * -2.12194440E-4F);
    y = fused(-0.5F, square, y);
    return fused(e, 0.693359375F, m + y); /* ln 2 in two parts, the larger one exact */
}

/* sin x and cos x for 0 <= x < 2^13: x less a multiple of pi/4, and a polynomial for each. */
static inline void sincos_f32(float x, float *sine, float *cosine)
{
    int32_t octant = ((int32_t)(x * 1.27323954473516F) + 1) & ~1; /* 4 / pi */
    float k = (float)octant;
    x = fused(k, -0.78515625F, x); /* pi / 4 in three parts */
    x = fused(k, -2.4187564849853515625E-4F, x);
    x = fused(k, -3.77489497744594108E-8F, x);
    float z = x * x;
    float c = fused(2.443315711809948E-5F, z, -1.388731625493765E-3F);
    c = fused(c, z, 4.166664568298827E-2F);
    c = fused(c * z, z, -0.5F * z) + 1.0F;
    float s = fused(-1.9515295891E-4F, z, 8.3321608736E-3F);
    s = fused(s, z, -1.6666654611E-1F);
    s = fused(s * z, x, x);
    uint32_t swap = -(((uint32_t)octant >> 1) & 1U);
    uint32_t sine_sign = ((uint32_t)octant & 4U) << 29;
    uint32_t cosine_sign = (~((uint32_t)octant - 2U) & 4U) << 29;
    *sine = of_bits(bits_of(choose(swap, c, s)) ^ sine_sign);
    *cosine = of_bits(bits_of(choose(swap, s, c)) ^ cosine_sign);
}

/* Box and Muller: the uniforms j and j + 8 become a pair of normals. */
static inline void transform(float *x, float mean, float std)
{
    float radius[HALF], u[HALF], sine[HALF], cosine[HALF];
    memcpy(radius, x, sizeof radius);
    memcpy(u, x + HALF, sizeof u);
    for (int j = 0; j < HALF; j++) {
        radius[j] = sqrtf(-2.0F * log_f32(1.0F - radius[j]));
    }
    for (int j = 0; j < HALF; j++) {
        sincos_f32(6.283185307179586F * u[j], &sine[j], &cosine[j]);
    }
    for (int j = 0; j < HALF; j++) {
        x[j] = fused(radius[j] * cosine[j], std, mean);
        x[j + HALF] = fused(radius[j] * sine[j], std, mean);
    }
}

reeli_normal_loop NORMAL(REELI_CPU);
void NORMAL(REELI_CPU)(int64_t n, float *x, float mean, float std)
{
    for (int64_t i = 0; i + BLOCK <= n; i += BLOCK) {
        transform(x + i, mean, std);
    }
}
