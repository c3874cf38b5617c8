/* SPDX-License-Identifier: MIT */
/*
 * W5: linear regression on the full batch, mean absolute error, SGD.
 *
 *   N  rows    K  columns, 100    S  rows of a block, 32: their part of X fits the first cache
 *
 *   r = X w + b - t, loss = sum |r| / N, dw = X^T sign(r) / N, db = sum sign(r) / N
 *   w -= lr dw, b -= lr db
 *
 * Two passes read X twice, with the signs of r in between; one pass takes a block's signs back to
 * the block while it is in cache. Sums run in float over a block and in double over blocks; 1/N is
 * applied once, at the end.
 */
#include "limit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { K = 100, S = 32, L = 16, KV = K / L }; /* a row: KV vectors of L and a tail of 4 */

typedef float vec __attribute__((vector_size(64), aligned(4)));
typedef float tail __attribute__((vector_size(16), aligned(4)));

typedef struct {
    double loss, db, dw[K];
    char apart[64]; /* two workers' sums never share a cache line */
} sums;

struct limit_w5 {
    const float *x, *t;
    float *signs;
    int64_t rows;
    float w[K], b, lr;
    int threads;
    limit_team *team;
    sums sum[LIMIT_MAX_THREADS];
};

/* signs = sign(X w + b - t) for `rows` rows; returns sum |X w + b - t|. */
static inline float residuals(const limit_w5 *s, int64_t start, int rows, float *restrict signs)
{
    float loss = 0.0f;
    for (int i = 0; i < rows; i++) {
        const float *restrict x = s->x + (start + i) * K;
        float r = s->b - s->t[start + i];
        for (int k = 0; k < K; k++) {
            r += x[k] * s->w[k];
        }
        loss += fabsf(r);
        signs[i] = (float)((r > 0.0f) - (r < 0.0f));
    }
    return loss;
}

/* Adds X^T signs and the sum of the signs, row after row: four rows at a time are fewer
 * instructions, but no longer the one stream that the prefetcher follows, and twice the time. */
static inline void gradient(const limit_w5 *s, int64_t start, int rows, const float *restrict signs,
                            sums *to)
{
    vec dw[KV] = {{0}};
    tail dw_tail = {0};
    float db = 0.0f;
    for (int i = 0; i < rows; i++) {
        const float *x = s->x + (start + i) * K;
#pragma GCC unroll 6
        for (int k = 0; k < KV; k++) {
            dw[k] += signs[i] * *(const vec *)(x + k * L);
        }
        dw_tail += signs[i] * *(const tail *)(x + KV * L);
        db += signs[i];
    }
    to->db += (double)db;
    for (int k = 0; k < K; k++) {
        to->dw[k] += (double)(k < KV * L ? dw[k / L][k % L] : dw_tail[k % L]);
    }
}

typedef void block_job(limit_w5 *s, int64_t start, int rows, sums *to);

static inline void each_block(limit_w5 *s, int worker, block_job *job)
{
    int64_t blocks = (s->rows + S - 1) / S, from = blocks * worker / s->threads;
    int64_t to = blocks * (worker + 1) / s->threads;
    for (int64_t i = from; i < to; i++) {
        int64_t rest = s->rows - i * S;
        job(s, i * S, rest < S ? (int)rest : S, &s->sum[worker]);
    }
}

static void forward_block(limit_w5 *s, int64_t start, int rows, sums *to)
{
    to->loss += (double)residuals(s, start, rows, s->signs + start);
}

static void backward_block(limit_w5 *s, int64_t start, int rows, sums *to)
{
    gradient(s, start, rows, s->signs + start, to);
}

static void fused_block(limit_w5 *s, int64_t start, int rows, sums *to)
{
    float signs[S];
    to->loss += (double)residuals(s, start, rows, signs);
    gradient(s, start, rows, signs, to);
}

static void forward_job(void *state, int worker) { each_block(state, worker, forward_block); }
static void backward_job(void *state, int worker) { each_block(state, worker, backward_block); }
static void fused_job(void *state, int worker) { each_block(state, worker, fused_block); }

/* The step from the workers' sums; returns the loss. */
static float finish(limit_w5 *s)
{
    const double scale = 1.0 / (double)s->rows;
    double loss = 0.0;
    for (int i = 0; i < s->threads; i++) {
        const sums *part = &s->sum[i];
        loss += part->loss * scale;
        s->b -= s->lr * (float)(part->db * scale);
        for (int k = 0; k < K; k++) {
            s->w[k] -= s->lr * (float)(part->dw[k] * scale);
        }
    }
    memset(s->sum, 0, sizeof s->sum);
    return (float)loss;
}

float limit_w5_epoch_two_pass(limit_w5 *s)
{
    limit_team_run(s->team, forward_job, s);
    limit_team_run(s->team, backward_job, s);
    return finish(s);
}

float limit_w5_epoch_one_pass(limit_w5 *s)
{
    limit_team_run(s->team, fused_job, s);
    return finish(s);
}

limit_w5 *limit_w5_create(const float *x, const float *t, int64_t rows, const float *weight,
                          float bias, float lr, int threads)
{
    limit_w5 *s = limit_alloc(sizeof *s);
    if (!s) {
        return NULL;
    }
    s->x = x;
    s->t = t;
    s->rows = rows;
    memcpy(s->w, weight, sizeof s->w);
    s->b = bias;
    s->lr = lr;
    s->threads = threads;
    s->signs = limit_alloc(rows * (int64_t)sizeof(float));
    s->team = limit_team_create(threads);
    if (!s->signs || !s->team) {
        limit_w5_destroy(s);
        return NULL;
    }
    return s;
}

void limit_w5_weights(const limit_w5 *s, float *weight, float *bias)
{
    memcpy(weight, s->w, sizeof s->w);
    *bias = s->b;
}

void limit_w5_destroy(limit_w5 *s)
{
    if (s) {
        limit_team_destroy(s->team);
        free(s->signs);
        free(s);
    }
}
