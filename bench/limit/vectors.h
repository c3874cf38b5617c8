/* SPDX-License-Identifier: MIT */
/* Vectors of 64 bytes, whatever the machine has, and what the limits do with them. */
#ifndef LIMIT_VECTORS_H
#define LIMIT_VECTORS_H

#include <math.h>
#include <stdint.h>
#include <string.h>
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

enum { LANES = 16 };
typedef float vec __attribute__((vector_size(64)));
typedef int32_t ivec __attribute__((vector_size(64)));
typedef int8_t bytes __attribute__((vector_size(LANES)));
typedef float unaligned_vec __attribute__((vector_size(64), aligned(4), may_alias));

static inline vec splat(float value) { return value - (vec){0}; }
static inline vec load(const float *x) { return *(const unaligned_vec *)x; }
static inline void store(float *x, vec v) { *(unaligned_vec *)x = v; }

/* x in the lanes whose bits are set, 0 elsewhere. */
static inline vec keep(vec x, ivec mask)
{
    ivec bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= mask;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline vec positive_only(vec x, vec where)
{
#if defined(__AVX512F__)
    const __mmask16 positive = _mm512_cmp_ps_mask((__m512)where, _mm512_setzero_ps(), _CMP_GT_OQ);
    return (vec)_mm512_maskz_mov_ps(positive, (__m512)x);
#else
    return keep(x, where > 0.0f);
#endif
}

/* x in the lanes where the bytes are `value`. */
static inline vec where_equal(vec x, bytes at, int8_t value)
{
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__)
    return (vec)_mm512_maskz_mov_ps(_mm_cmpeq_epi8_mask((__m128i)at, _mm_set1_epi8(value)),
                                    (__m512)x);
#else
    return keep(x, __builtin_convertvector(at, ivec) == value);
#endif
}

static inline vec larger(vec a, vec b)
{
#if defined(__AVX512F__)
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#else
    return keep(a, a > b) + keep(b, ~(a > b));
#endif
}

static inline float sum_lanes(vec x)
{
    float sum = 0.0f;
    for (int i = 0; i < LANES; i++) {
        sum += x[i];
    }
    return sum;
}

/* Adam with PyTorch's defaults: betas 0.9 and 0.999, eps 1e-8, lr 0.001. */
typedef struct limit_adam {
    double beta1_power, beta2_power; /* 1 at first */
} limit_adam;

/* One step of n parameters, the gradient being a + b; b may be NULL. */
static inline void adam_step(limit_adam *s, int n, float *restrict w, float *restrict m,
                             float *restrict v, const float *restrict a, const float *restrict b)
{
    s->beta1_power *= 0.9;
    s->beta2_power *= 0.999;
    const float rate = (float)(1e-3 / (1.0 - s->beta1_power));
    const float root = (float)(1.0 / sqrt(1.0 - s->beta2_power));
    for (int i = 0; i < n; i++) {
        const float g = b ? a[i] + b[i] : a[i];
        m[i] = 0.9f * m[i] + 0.1f * g;
        v[i] = 0.999f * v[i] + 0.001f * g * g;
        w[i] -= rate * m[i] / (sqrtf(v[i]) * root + 1e-8f);
    }
}

#endif
