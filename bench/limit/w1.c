/* SPDX-License-Identifier: MIT */
/*
 * W1: the tutorial, N = 5 points.
 *
 *   d_i = w x_i + b - y_i, loss = sum |d_i| / N        (i point; x_i = i, y_i = 2 i)
 *   dw = sum sign(d_i) x_i / N, db = sum sign(d_i) / N; w -= lr dw, b -= lr db
 *
 * x and y are constants of the code, so that an epoch reads and writes w and b only.
 */
#include "limit.h"

#include <math.h>
#include <stdlib.h>

enum { N = 5 };

struct limit_w1 {
    float weight, bias;
};

/* Keeps a value a scalar in a register of its own: no vector of w and b, whose shuffles would lie
 * on the path from one epoch to the next, and no epoch whose loss is left out as unread. */
#if defined(__x86_64__)
#define IN_REGISTER(value) __asm__ volatile("" : "+x"(value))
#else
#define IN_REGISTER(value) __asm__ volatile("" : "+m"(value))
#endif

/* Keeps -ffast-math from b - y first: where a residual should be 0, its sign depends on the
 * order. */
#if defined(__has_builtin)
#if __has_builtin(__builtin_assoc_barrier)
#define AS_WRITTEN(value) __builtin_assoc_barrier(value)
#endif
#endif
#ifndef AS_WRITTEN
#define AS_WRITTEN(value) (value)
#endif

static inline float epoch(float *weight, float *bias)
{
    const float rate = 0.01f / N;
    float w = *weight, b = *bias, dw = 0.0f, db = 0.0f, loss = 0.0f;
#pragma GCC unroll 5
    for (int i = 1; i <= N; i++) {
        float x = (float)i, d = AS_WRITTEN(w * x + b) - 2.0f * x;
        float sign = d > 0.0f ? 1.0f : d < 0.0f ? -1.0f : 0.0f;
        loss += fabsf(d);
        dw += sign * x;
        db += sign;
    }
    *weight = w - rate * dw;
    *bias = b - rate * db;
    return loss * (1.0f / N);
}

limit_w1 *limit_w1_create(float weight, float bias)
{
    limit_w1 *s = malloc(sizeof *s);
    if (s) {
        *s = (limit_w1){weight, bias};
    }
    return s;
}

float limit_w1_epoch(limit_w1 *s) { return epoch(&s->weight, &s->bias); }

float limit_w1_run(limit_w1 *s, int64_t epochs)
{
    float w = s->weight, b = s->bias, loss = 0.0f;
    for (int64_t i = 0; i < epochs; i++) {
        loss = epoch(&w, &b);
        IN_REGISTER(w);
        IN_REGISTER(b);
        IN_REGISTER(loss);
    }
    *s = (limit_w1){w, b};
    return loss;
}

void limit_w1_weights(const limit_w1 *s, float *weight, float *bias)
{
    *weight = s->weight;
    *bias = s->bias;
}

void limit_w1_destroy(limit_w1 *s) { free(s); }
