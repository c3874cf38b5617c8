/* SPDX-License-Identifier: MIT */
/*
 * W6: 1,000 operations on values of size M, 1 or 16: x = x w, x = x + b, x = tanh(x), repeated 333
 * times, and one more x = x w; loss = sum x. All three of x, w and b want gradients.
 *
 *   T  rounds, 333     x_i  the value before round i, u = x_i w + b, x_{i+1} = tanh(u)
 *
 *   Backward, from g = w after the last product and dw = x_T: at each round
 *   g = g (1 - x_{i+1}^2), dw += g x_i, db += g, g = g w.
 *
 * Only the x_i are kept. The time is a chain of latencies, so that tanh is most of it: libm's, or
 * u P(z) / Q(z) with z = u^2, which minimises the relative error on |u| <= 9.02 (2.1e-8 before
 * rounding, at most 6 ulp after); above, tanh is 1 in float.
 */
#include "limit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

enum { T = 333, L = 16 };

typedef float vec __attribute__((vector_size(64)));

struct limit_w6 {
    vec x[T + 1]; /* x[0] is the chain's input; size 1 uses lane 0 */
    vec w, b, last, dx, dw, db;
    int size;
    limit_tanh kind;
};

/* P and Q's coefficients from z^0 up; one text for a scalar and a vector of them. */
#define RATIONAL_P(z, z2)                                                                          \
    ((0.999999979f + 0.1337970601f * (z)) +                                                        \
     (z2) * ((3.494020335e-3f + 2.058324851e-5f * (z)) + 1.331875788e-8f * (z2)))
#define RATIONAL_Q(z, z2)                                                                          \
    ((1.0f + 0.4671302126f * (z)) +                                                                \
     (z2) * ((2.587101918e-2f + 3.283069591e-4f * (z)) + 7.761888827e-7f * (z2)))
static const float saturated = 9.02f;

static inline float rational_tanh(float u)
{
    float v = fminf(fmaxf(u, -saturated), saturated), z = v * v, z2 = z * z;
    return v * RATIONAL_P(z, z2) / RATIONAL_Q(z, z2);
}

/* The division instruction itself: a reciprocal and its Newton step take longer in a chain. */
static inline vec divide(vec a, vec b)
{
#if defined(__AVX512F__)
    return (vec)_mm512_maskz_div_ps((__mmask16)-1, (__m512)a, (__m512)b);
#else
    return a / b;
#endif
}

static inline vec rational_tanh_16(vec u)
{
    vec v;
    for (int m = 0; m < L; m++) {
        v[m] = fminf(fmaxf(u[m], -saturated), saturated);
    }
    vec z = v * v, z2 = z * z;
    return divide(v * RATIONAL_P(z, z2), RATIONAL_Q(z, z2));
}

/* A function of its own: inlined, the loop is unrolled before libmvec's tanh can be chosen. */
__attribute__((noinline)) static void libmvec_tanh(float *values)
{
#if defined(__clang__) && defined(__AVX2__) && defined(__GLIBC__)
    __m256 _ZGVdN8v_tanhf(__m256 x); /* libmvec's, which Clang does not choose by itself */
    _mm256_store_ps(values, _ZGVdN8v_tanhf(_mm256_load_ps(values)));
    _mm256_store_ps(values + 8, _ZGVdN8v_tanhf(_mm256_load_ps(values + 8)));
#else
    for (int m = 0; m < L; m++) {
        values[m] = tanhf(values[m]);
    }
#endif
}

static inline void forward(limit_w6 *s, limit_tanh kind)
{
    float x = s->x[0][0], w = s->w[0], b = s->b[0];
    for (int i = 1; i <= T; i++) {
        float u = x * w + b;
        x = kind == LIMIT_TANH_LIBM ? tanhf(u) : rational_tanh(u);
        s->x[i][0] = x;
    }
    s->last[0] = x * w;
}

static void backward(limit_w6 *s)
{
    float w = s->w[0], g = w, dw = s->x[T][0], db = 0.0f;
    for (int i = T - 1; i >= 0; i--) {
        float x = s->x[i + 1][0], slope = 1.0f - x * x, du = g * slope;
        dw += du * s->x[i][0];
        db += du;
        g *= slope * w;
    }
    s->dx[0] = g;
    s->dw[0] = dw;
    s->db[0] = db;
}

static inline void forward_16(limit_w6 *s, limit_tanh kind)
{
    vec x = s->x[0], w = s->w, b = s->b;
    for (int i = 1; i <= T; i++) {
        x = x * w + b;
        if (kind == LIMIT_TANH_LIBM) {
            s->x[i] = x;
            libmvec_tanh((float *)&s->x[i]);
            x = s->x[i];
        } else {
            x = rational_tanh_16(x);
            s->x[i] = x;
        }
    }
    s->last = x * w;
}

static void backward_16(limit_w6 *s)
{
    vec w = s->w, g = w, dw = s->x[T], db = {0};
    for (int i = T - 1; i >= 0; i--) {
        vec slope = 1.0f - s->x[i + 1] * s->x[i + 1], du = g * slope;
        dw += du * s->x[i];
        db += du;
        g *= slope * w;
    }
    s->dx = g;
    s->dw = dw;
    s->db = db;
}

static float run(limit_w6 *s)
{
    if (s->kind == LIMIT_TANH_LIBM) {
        forward(s, LIMIT_TANH_LIBM);
    } else {
        forward(s, LIMIT_TANH_RATIONAL);
    }
    backward(s);
    return s->last[0];
}

static float run_16(limit_w6 *s)
{
    float loss = 0.0f;
    if (s->kind == LIMIT_TANH_LIBM) {
        forward_16(s, LIMIT_TANH_LIBM);
    } else {
        forward_16(s, LIMIT_TANH_RATIONAL);
    }
    for (int m = 0; m < L; m++) {
        loss += s->last[m];
    }
    backward_16(s);
    return loss;
}

float limit_w6_run(limit_w6 *s) { return s->size == 1 ? run(s) : run_16(s); }

limit_w6 *limit_w6_create(int size, const float *x, const float *w, const float *b, limit_tanh kind)
{
    limit_w6 *s = size == 1 || size == L ? limit_alloc(sizeof *s) : NULL;
    if (!s) {
        return NULL;
    }
    s->size = size;
    s->kind = kind;
    memcpy(&s->x[0], x, (size_t)size * sizeof *x);
    memcpy(&s->w, w, (size_t)size * sizeof *w);
    memcpy(&s->b, b, (size_t)size * sizeof *b);
    return s;
}

void limit_w6_results(const limit_w6 *s, float *last, float *grad_x, float *grad_w, float *grad_b)
{
    size_t bytes = (size_t)s->size * sizeof(float);
    memcpy(last, &s->last, bytes);
    memcpy(grad_x, &s->dx, bytes);
    memcpy(grad_w, &s->dw, bytes);
    memcpy(grad_b, &s->db, bytes);
}

void limit_w6_destroy(limit_w6 *s) { free(s); }
