/* SPDX-License-Identifier: MIT */
/*
 * W4: a mean loss over N values of x and t, and its gradient for x. With d = x - t and c = d
 * clamped to [-1, 1]:
 *
 *   L1     loss = sum |d| / N              dx = sign(d) / N, 0 where d = 0
 *   Huber  loss = sum c (d - c / 2) / N    dx = c / N          (delta 1; d^2 / 2 inside, |d| - 1/2
 * outside)
 *
 * Memory bounds all of it: 8 N bytes read forward, 8 N read and 4 N written backward, 12 N fused.
 * The gradient is stored past the caches, which saves reading its lines first. Sums run in float
 * over a block and in double over blocks.
 */
#include "limit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

enum { L = 16, BLOCK = 4096 }; /* lanes of a vector; values of a block */

typedef float vec __attribute__((vector_size(64), aligned(4)));
typedef int32_t ivec __attribute__((vector_size(64)));

struct limit_w4 {
    const float *x, *t;
    float *grad;
    int64_t n;
    limit_loss loss;
    int threads;
    limit_team *team;
    double sum[LIMIT_MAX_THREADS];
};

/* 64 bytes to an aligned address, without a copy in the caches where the machine can. */
static inline void stream(float *to, vec value)
{
#if defined(__AVX512F__)
    _mm512_stream_ps(to, (__m512)value);
#elif defined(__SSE2__)
    for (int i = 0; i < L; i += 4) {
        _mm_stream_ps(to + i, _mm_setr_ps(value[i], value[i + 1], value[i + 2], value[i + 3]));
    }
#else
    memcpy(to, &value, sizeof value);
#endif
}

static inline vec select_bits(ivec mask, float value)
{
    vec all = value - (vec){0};
    return (vec)((ivec)all & mask);
}

/* The terms of the loss and, scaled, of the gradient. */
static inline vec term(limit_loss loss, vec d, float scale, vec *grad)
{
    if (loss == LIMIT_L1) {
        *grad = select_bits(d > 0.0f, scale) - select_bits(d < 0.0f, scale);
        return (vec)((ivec)d & 0x7fffffff);
    }
    vec c;
    for (int i = 0; i < L; i++) {
        c[i] = fminf(fmaxf(d[i], -1.0f), 1.0f);
    }
    *grad = c * scale;
    return c * (d - 0.5f * c);
}

/* `count` values from `start`: returns the sum of the losses, writes the gradients. */
static inline double pass(const limit_w4 *s, int64_t start, int64_t count, limit_loss loss,
                          bool want_loss, bool want_grad)
{
    const float scale = (float)(1.0 / (double)s->n);
    const float *x = s->x + start, *t = s->t + start;
    float *g = s->grad + start, sum = 0.0f;
    vec sums[4] = {{0}}, grad;
    int64_t i = 0;
    for (; i + 4 * L <= count; i += 4 * L) {
#pragma GCC unroll 4
        for (int k = 0; k < 4; k++) {
            vec d = *(const vec *)(x + i + k * L) - *(const vec *)(t + i + k * L);
            vec terms = term(loss, d, scale, &grad);
            if (want_loss) {
                sums[k] += terms;
            }
            if (want_grad) {
                stream(g + i + k * L, grad);
            }
        }
    }
    for (; i < count; i++) {
        sum += term(loss, (vec){x[i] - t[i]}, scale, &grad)[0];
        if (want_grad) {
            g[i] = grad[0];
        }
    }
    vec all = sums[0] + sums[1] + (sums[2] + sums[3]);
    for (int k = 0; k < L; k++) {
        sum += all[k];
    }
    return (double)sum;
}

/* The blocks of one worker. */
static inline void passes(limit_w4 *s, int worker, limit_loss loss, bool want_loss, bool want_grad)
{
    int64_t blocks = (s->n + BLOCK - 1) / BLOCK, from = blocks * worker / s->threads;
    int64_t to = blocks * (worker + 1) / s->threads;
    double sum = 0.0;
    for (int64_t i = from; i < to; i++) {
        int64_t start = i * BLOCK, rest = s->n - start;
        sum += pass(s, start, rest < BLOCK ? rest : BLOCK, loss, want_loss, want_grad);
    }
    s->sum[worker] = sum;
}

static inline void choose(limit_w4 *s, int worker, bool want_loss, bool want_grad)
{
    if (s->loss == LIMIT_L1) {
        passes(s, worker, LIMIT_L1, want_loss, want_grad);
    } else {
        passes(s, worker, LIMIT_HUBER, want_loss, want_grad);
    }
}

static void forward_job(void *state, int worker) { choose(state, worker, true, false); }
static void backward_job(void *state, int worker) { choose(state, worker, false, true); }
static void fused_job(void *state, int worker) { choose(state, worker, true, true); }

static float mean(const limit_w4 *s)
{
    double sum = 0.0;
    for (int i = 0; i < s->threads; i++) {
        sum += s->sum[i];
    }
    return (float)(sum / (double)s->n);
}

float limit_w4_forward(limit_w4 *s)
{
    limit_team_run(s->team, forward_job, s);
    return mean(s);
}

void limit_w4_backward(limit_w4 *s) { limit_team_run(s->team, backward_job, s); }

float limit_w4_fused(limit_w4 *s)
{
    limit_team_run(s->team, fused_job, s);
    return mean(s);
}

limit_w4 *limit_w4_create(const float *x, const float *t, float *grad, int64_t n, limit_loss loss,
                          int threads)
{
    limit_w4 *s = limit_alloc(sizeof *s);
    if (!s) {
        return NULL;
    }
    s->x = x;
    s->t = t;
    s->n = n;
    s->loss = loss;
    s->threads = threads;
    s->grad = grad;
    s->team = limit_team_create(threads);
    if (!s->team) {
        limit_w4_destroy(s);
        return NULL;
    }
    return s;
}

void limit_w4_destroy(limit_w4 *s)
{
    if (s) {
        limit_team_destroy(s->team);
        free(s);
    }
}
