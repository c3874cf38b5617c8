/* SPDX-License-Identifier: MIT */
/*
 * W3: MLP 512-1024-1024-1 with ReLU and mean squared error, whole batch at each step.
 *
 *   B  batch, 256    K  inputs, 512    H  hidden units, 1024
 *
 *   a1 = relu(x W1^T + b1), a2 = relu(a1 W2^T + b2), y = a2 w3 + b3, loss = sum (y - t)^2 / B
 *   dy = 2 (y - t) / B, d2 = dy w3 where a2 > 0, d1 = d2 W2 where a1 > 0
 *   W1 -= lr d1^T x, W2 -= lr d2^T a1; w3 -= lr a2^T dy; the biases their column sums
 *
 * Five products by OpenBLAS. The last two have alpha = -lr and beta = 1, so that the weight
 * gradients are never stored. What is between the products is one pass over a1, one over a2 and
 * one over d1: from a row of a2 follow its y, dy and row of d2, all while it is in cache.
 */
#include "limit.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { B = 256, K = 512, H = 1024 };

struct limit_w3 {
    const float *x, *targets;
    float *w1, *w2, *a1, *a2, *d1, *d2;
    float b1[H], b2[H], w3[H], b3;
    float db1[H], db2[H], dw3[H], db3;
    float lr;
    int threads;
};

static void forward_1(limit_w3 *s)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, B, H, K, 1.0f, s->x, K, s->w1, K, 0.0f,
                s->a1, H);
    for (int b = 0; b < B; b++) {
        float *a = s->a1 + b * H;
        for (int j = 0; j < H; j++) {
            a[j] = fmaxf(a[j] + s->b1[j], 0.0f);
        }
    }
}

/* Row b of a2 from its product, its y, and what follows: d2, dw3, db2, db3. Returns the loss's
 * term. */
static float head_row(limit_w3 *s, int b)
{
    float *restrict a = s->a2 + b * H, *restrict d = s->d2 + b * H, y = s->b3;
    for (int j = 0; j < H; j++) {
        a[j] = fmaxf(a[j] + s->b2[j], 0.0f);
        y += a[j] * s->w3[j];
    }
    float error = y - s->targets[b], dy = 2.0f / B * error;
    for (int j = 0; j < H; j++) {
        d[j] = a[j] > 0.0f ? dy * s->w3[j] : 0.0f;
        s->db2[j] += d[j];
        s->dw3[j] += dy * a[j];
    }
    s->db3 += dy;
    return error * error;
}

static float forward_2(limit_w3 *s)
{
    float loss = 0.0f;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, B, H, H, 1.0f, s->a1, H, s->w2, H, 0.0f,
                s->a2, H);
    for (int b = 0; b < B; b++) {
        loss += head_row(s, b);
    }
    return loss / B;
}

static void backward_1(limit_w3 *s)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, B, H, H, 1.0f, s->d2, H, s->w2, H, 0.0f,
                s->d1, H);
    for (int b = 0; b < B; b++) {
        const float *restrict a = s->a1 + b * H;
        float *restrict d = s->d1 + b * H;
        for (int j = 0; j < H; j++) {
            d[j] = a[j] > 0.0f ? d[j] : 0.0f;
            s->db1[j] += d[j];
        }
    }
}

/* The small gradients leave zero behind for the next step. */
static void update(limit_w3 *s)
{
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, H, H, B, -s->lr, s->d2, H, s->a1, H, 1.0f,
                s->w2, H);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, H, K, B, -s->lr, s->d1, H, s->x, K, 1.0f,
                s->w1, K);
    for (int j = 0; j < H; j++) {
        s->b1[j] -= s->lr * s->db1[j];
        s->b2[j] -= s->lr * s->db2[j];
        s->w3[j] -= s->lr * s->dw3[j];
        s->db1[j] = s->db2[j] = s->dw3[j] = 0.0f;
    }
    s->b3 -= s->lr * s->db3;
    s->db3 = 0.0f;
}

float limit_w3_step(limit_w3 *s)
{
    if (openblas_get_num_threads() != s->threads) {
        openblas_set_num_threads(s->threads);
    }
    forward_1(s);
    float loss = forward_2(s);
    backward_1(s);
    update(s);
    return loss;
}

static limit_w3 *allocate(void)
{
    limit_w3 *s = limit_alloc(sizeof *s);
    if (!s) {
        return NULL;
    }
    float **const arrays[] = {&s->w1, &s->w2, &s->a1, &s->a2, &s->d1, &s->d2};
    const int sizes[] = {H * K, H * H, B * H, B * H, B * H, B * H};
    for (int i = 0; i < 6; i++) {
        *arrays[i] = limit_alloc(sizes[i] * (int64_t)sizeof(float));
        if (!*arrays[i]) {
            limit_w3_destroy(s);
            return NULL;
        }
    }
    return s;
}

limit_w3 *limit_w3_create(const float *x, const float *targets, const limit_mlp *initial, float lr,
                          int threads)
{
    limit_w3 *s = allocate();
    if (!s) {
        return NULL;
    }
    s->x = x;
    s->targets = targets;
    s->lr = lr;
    s->threads = threads;
    memcpy(s->w1, initial->w1, H * K * sizeof(float));
    memcpy(s->b1, initial->b1, sizeof s->b1);
    memcpy(s->w2, initial->w2, H * H * sizeof(float));
    memcpy(s->b2, initial->b2, sizeof s->b2);
    memcpy(s->w3, initial->w3, sizeof s->w3);
    s->b3 = initial->b3[0];
    return s;
}

void limit_w3_weights(const limit_w3 *s, const limit_mlp *out)
{
    memcpy(out->w1, s->w1, H * K * sizeof(float));
    memcpy(out->b1, s->b1, sizeof s->b1);
    memcpy(out->w2, s->w2, H * H * sizeof(float));
    memcpy(out->b2, s->b2, sizeof s->b2);
    memcpy(out->w3, s->w3, sizeof s->w3);
    out->b3[0] = s->b3;
}

void limit_w3_destroy(limit_w3 *s)
{
    if (!s) {
        return;
    }
    free(s->w1);
    free(s->w2);
    free(s->a1);
    free(s->a2);
    free(s->d1);
    free(s->d2);
    free(s);
}
