/* SPDX-License-Identifier: MIT */
/*
 * W2: MLP 13-64-64-1 with ReLU and a mean absolute error, 32 rows a step.
 *
 *   B  batch, 32           K  inputs, 13, and a 14th that is one, padded to 16
 *   H  hidden units, 64    L  lanes of a vector, 16
 *
 *   a1 = relu(W1 x)   a2 = relu(W2 a1 + b2)   y = w3 a2 + b3   loss = sum |y - t| / B
 *   dy = sign(y - t) / B, d2 = w3 dy where a2 > 0, d1 = W2^T d2 where a1 > 0
 *   dw3 = sum_b dy a2, dW2 = d2 a1^T, dW1 = d1 x^T
 *
 * Activations are feature-major, (H, B): a weight is then broadcast against a run of the batch in
 * every product with W1, W2 and W2^T, and one copy of each weight serves both directions. b1 is
 * W1's column for the constant input. The optimizer takes each gradient from registers, so that
 * gradients are never stored; d1 must therefore be computed before W2 changes.
 */
#include "limit.h"
#include "vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    B = 32,
    L = 16,
    INPUTS = 13,
    ONE = INPUTS,
    K = 14,
    K_PAD = 16,
    H = 64,
    BV = B / L,
    HV = H / L
};
/* Features that a product computes at a time: ROWS * BV accumulators. */
#if defined(__AVX512F__)
enum { ROWS = 8 };
#else
enum { ROWS = 2 };
#endif
/* Where each parameter starts in the block of all of them. */
enum {
    W1 = 0,
    W2 = W1 + H * K_PAD,
    B2 = W2 + H * H,
    W3 = B2 + H,
    B3 = W3 + H,
    PARAMETERS = B3 + L
};

struct limit_w2 {
    vec w[PARAMETERS / L], m[PARAMETERS / L], v[PARAMETERS / L];
    vec x[B], xt[K_PAD][BV];
    vec a1t[H][BV], a1[B][HV], a2t[H][BV], d2t[H][BV], d1t[H][BV];
    vec sum_d2[H], sum_a2dy[H]; /* partial sums over the batch */
    vec target[BV];
    const float *data, *targets;
    float lr;
    double beta1_power, beta2_power;
    float adam_rate, adam_root; /* lr / (1 - beta1^t) and 1 / sqrt(1 - beta2^t) */
    limit_optimizer optimizer;
};

/* a and b hold rows r and r + h of a square: swaps a's lanes l + h with b's lanes l. */
static inline void exchange(vec *a, vec *b, int h)
{
#if defined(__AVX512F__)
    const ivec lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const ivec high = (lane & h) != 0;
    const __m512 x = (__m512)*a, y = (__m512)*b;
    const ivec low_rows = (high & (lane - h + L)) | (~high & lane);
    const ivec high_rows = (high & (lane + L)) | (~high & (lane + h));
    *a = (vec)_mm512_permutex2var_ps(x, (__m512i)low_rows, y);
    *b = (vec)_mm512_permutex2var_ps(x, (__m512i)high_rows, y);
#else
    const vec x = *a, y = *b;
#define PICK(...) __builtin_shufflevector(x, y, __VA_ARGS__)
    *a = h == 8   ? PICK(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23)
         : h == 4 ? PICK(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27)
         : h == 2 ? PICK(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
                  : PICK(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30);
    *b = h == 8   ? PICK(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)
         : h == 4 ? PICK(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31)
         : h == 2 ? PICK(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
                  : PICK(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31);
#endif
}

static inline void transpose(vec r[static L])
{
#pragma GCC unroll 4
    for (int h = L / 2; h > 0; h /= 2) {
#pragma GCC unroll 16
        for (int i = 0; i < L; i++) {
            if (!(i & h)) {
                exchange(&r[i], &r[i + h], h);
            }
        }
    }
}

/* Lane l of the result is the sum of the lanes of r[l]. */
static inline vec sum_rows(const vec rows[static L])
{
    vec r[L];
    memcpy(r, rows, sizeof r);
#pragma GCC unroll 4
    for (int h = L / 2; h > 0; h /= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < h; i++) {
            exchange(&r[i], &r[i + h], h);
            r[i] += r[i + h];
        }
    }
    return r[0];
}

static void gather(limit_w2 *s, const int64_t *rows)
{
    for (int b = 0; b < B; b++) {
        memcpy(&s->x[b], s->data + rows[b] * INPUTS, INPUTS * sizeof(float));
        ((float *)s->target)[b] = s->targets[rows[b]];
    }
    for (int half = 0; half < BV; half++) {
        vec square[L];
        memcpy(square, s->x + half * L, sizeof square);
        transpose(square);
        for (int k = 0; k < K; k++) {
            s->xt[k][half] = square[k];
        }
    }
}

/* acc[i] = sum_k weight[i * row_step + k * k_step] in[k] for ROWS features i; in is (k_count, B).
 */
static inline void product(vec acc[ROWS][BV], const float *weight, int row_step, int k_step,
                           const vec *in, int k_count)
{
    for (int k = 0; k < k_count; k++) {
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; i++) {
            float w = weight[i * row_step + k * k_step];
            acc[i][0] += w * in[k * BV];
            acc[i][1] += w * in[k * BV + 1];
        }
    }
}

static void forward_1(limit_w2 *s)
{
    const float *w = (const float *)s->w + W1;
    for (int j = 0; j < H; j += ROWS) {
        vec acc[ROWS][BV] = {0};
        product(acc, w + j * K_PAD, K_PAD, 1, s->xt[0], K);
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; i++) {
            s->a1t[j + i][0] = positive_only(acc[i][0], acc[i][0]);
            s->a1t[j + i][1] = positive_only(acc[i][1], acc[i][1]);
        }
    }
}

/* Layer 2, and y with it: returns y - b3 in y. */
static void forward_2(limit_w2 *s, vec y[BV])
{
    const float *w = (const float *)s->w;
    y[0] = y[1] = (vec){0};
    for (int j = 0; j < H; j += ROWS) {
        vec acc[ROWS][BV];
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; i++) {
            acc[i][0] = acc[i][1] = splat(w[B2 + j + i]);
        }
        product(acc, w + W2 + j * H, H, 1, s->a1t[0], H);
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; i++) {
            for (int half = 0; half < BV; half++) {
                vec a = positive_only(acc[i][half], acc[i][half]);
                s->a2t[j + i][half] = a;
                y[half] += w[W3 + j + i] * a;
            }
        }
    }
}

/* sum |y - t| / B, and dy, its gradient for y. */
static float l1_loss(const limit_w2 *s, const vec y[BV], vec dy[BV])
{
    const float scale = 1.0f / B, bias = ((const float *)s->w)[B3];
    float loss = 0.0f;
    for (int half = 0; half < BV; half++) {
        vec d = y[half] + bias - s->target[half];
        dy[half] = positive_only(splat(scale), d) - positive_only(splat(scale), -d);
        loss += sum_lanes(d * dy[half]);
    }
    return loss;
}

static void backward_2(limit_w2 *s, const vec dy[BV])
{
    const float *w3 = (const float *)s->w + W3;
    for (int j = 0; j < H; j++) {
        vec d0 = positive_only(w3[j] * dy[0], s->a2t[j][0]);
        vec d1 = positive_only(w3[j] * dy[1], s->a2t[j][1]);
        s->d2t[j][0] = d0;
        s->d2t[j][1] = d1;
        s->sum_d2[j] = d0 + d1;
        s->sum_a2dy[j] = dy[0] * s->a2t[j][0] + dy[1] * s->a2t[j][1];
    }
}

static void backward_1(limit_w2 *s)
{
    const float *w = (const float *)s->w + W2;
    for (int j = 0; j < H; j += ROWS) {
        vec acc[ROWS][BV] = {0};
        product(acc, w + j, 1, H, s->d2t[0], H);
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; i++) {
            s->d1t[j + i][0] = positive_only(acc[i][0], s->a1t[j + i][0]);
            s->d1t[j + i][1] = positive_only(acc[i][1], s->a1t[j + i][1]);
        }
    }
}

/* (H, B) to (B, H): the one operand that dW2 wants the other way. */
static void transpose_a1(limit_w2 *s)
{
    for (int j = 0; j < HV; j++) {
        for (int half = 0; half < BV; half++) {
            vec square[L];
            for (int i = 0; i < L; i++) {
                square[i] = s->a1t[j * L + i][half];
            }
            transpose(square);
            for (int i = 0; i < L; i++) {
                s->a1[half * L + i][j] = square[i];
            }
        }
    }
}

/* m / (sqrt(v) root + eps), by rsqrt, rcp and a Newton step each under -ffast-math; Clang makes
 * vectors of arrays alone. */
static inline vec adam_direction(vec m, vec v, float root)
{
#if defined(__clang__)
    float x[L], y[L];
    memcpy(x, &m, sizeof x);
    memcpy(y, &v, sizeof y);
#else
    vec x = m, y = v;
#endif
    for (int i = 0; i < L; i++) {
        x[i] = x[i] / (sqrtf(y[i]) * root + 1e-8f);
    }
    memcpy(&m, &x, sizeof m);
    return m;
}

/* One vector of parameters. */
static inline void update(limit_w2 *s, limit_optimizer optimizer, int at, vec grad)
{
    if (optimizer == LIMIT_SGD_MOMENTUM) {
        s->m[at] = 0.9f * s->m[at] + grad;
        s->w[at] -= s->lr * s->m[at];
        return;
    }
    vec m = 0.9f * s->m[at] + 0.1f * grad, v = 0.999f * s->v[at] + 0.001f * grad * grad;
    s->m[at] = m;
    s->v[at] = v;
    s->w[at] -= s->adam_rate * adam_direction(m, v, s->adam_root);
}

static inline void update_2(limit_w2 *s, limit_optimizer optimizer)
{
    for (int j = 0; j < H; j += ROWS) {
        for (int k = 0; k < HV; k += 2) {
            vec acc[ROWS][2] = {0};
            const float *d = (const float *)s->d2t[j];
            for (int b = 0; b < B; b++) {
                vec a0 = s->a1[b][k], a1 = s->a1[b][k + 1];
#pragma GCC unroll 8
                for (int i = 0; i < ROWS; i++) {
                    acc[i][0] += d[i * B + b] * a0;
                    acc[i][1] += d[i * B + b] * a1;
                }
            }
#pragma GCC unroll 8
            for (int i = 0; i < ROWS; i++) {
                update(s, optimizer, W2 / L + (j + i) * HV + k, acc[i][0]);
                update(s, optimizer, W2 / L + (j + i) * HV + k + 1, acc[i][1]);
            }
        }
    }
}

static inline void update_1(limit_w2 *s, limit_optimizer optimizer)
{
    const float *d1t = (const float *)s->d1t;
    for (int j = 0; j < H; j += ROWS) {
        vec acc[ROWS] = {0};
        for (int b = 0; b < B; b++) {
#pragma GCC unroll 8
            for (int i = 0; i < ROWS; i++) {
                acc[i] += d1t[(j + i) * B + b] * s->x[b];
            }
        }
#pragma GCC unroll 8
        for (int i = 0; i < ROWS; i++) {
            update(s, optimizer, W1 / L + j + i, acc[i]);
        }
    }
}

static inline void update_vectors(limit_w2 *s, limit_optimizer optimizer, const vec dy[BV])
{
    for (int j = 0; j < HV; j++) {
        update(s, optimizer, B2 / L + j, sum_rows(s->sum_d2 + j * L));
        update(s, optimizer, W3 / L + j, sum_rows(s->sum_a2dy + j * L));
    }
    vec bias = {sum_lanes(dy[0] + dy[1])};
    update(s, optimizer, B3 / L, bias);
}

static inline float step(limit_w2 *s, limit_optimizer optimizer, const int64_t *rows)
{
    vec y[BV], dy[BV];
    gather(s, rows);
    forward_1(s);
    forward_2(s, y);
    float loss = l1_loss(s, y, dy);
    backward_2(s, dy);
    backward_1(s);
    transpose_a1(s);
    update_2(s, optimizer);
    update_1(s, optimizer);
    update_vectors(s, optimizer, dy);
    return loss;
}

float limit_w2_step(limit_w2 *s, const int64_t *rows)
{
    if (s->optimizer == LIMIT_SGD_MOMENTUM) {
        return step(s, LIMIT_SGD_MOMENTUM, rows);
    }
    s->beta1_power *= 0.9;
    s->beta2_power *= 0.999;
    s->adam_rate = (float)((double)s->lr / (1.0 - s->beta1_power));
    s->adam_root = (float)(1.0 / sqrt(1.0 - s->beta2_power));
    return step(s, LIMIT_ADAM, rows);
}

limit_w2 *limit_w2_create(const float *data, const float *targets, const limit_mlp *initial,
                          limit_optimizer optimizer, float lr)
{
    limit_w2 *s = limit_alloc(sizeof *s);
    if (!s) {
        return NULL;
    }
    s->data = data;
    s->targets = targets;
    s->optimizer = optimizer;
    s->lr = lr;
    s->beta1_power = s->beta2_power = 1.0;
    for (int b = 0; b < B; b++) {
        s->x[b][ONE] = 1.0f;
    }
    float *w = (float *)s->w;
    for (int j = 0; j < H; j++) {
        memcpy(w + W1 + j * K_PAD, initial->w1 + j * INPUTS, INPUTS * sizeof *w);
        w[W1 + j * K_PAD + ONE] = initial->b1[j];
    }
    memcpy(w + W2, initial->w2, H * H * sizeof *w);
    memcpy(w + B2, initial->b2, H * sizeof *w);
    memcpy(w + W3, initial->w3, H * sizeof *w);
    w[B3] = initial->b3[0];
    return s;
}

void limit_w2_weights(const limit_w2 *s, const limit_mlp *out)
{
    const float *w = (const float *)s->w;
    for (int j = 0; j < H; j++) {
        memcpy(out->w1 + j * INPUTS, w + W1 + j * K_PAD, INPUTS * sizeof *w);
        out->b1[j] = w[W1 + j * K_PAD + ONE];
    }
    memcpy(out->w2, w + W2, H * H * sizeof *w);
    memcpy(out->b2, w + B2, H * sizeof *w);
    memcpy(out->w3, w + W3, H * sizeof *w);
    out->b3[0] = w[B3];
}

void limit_w2_destroy(limit_w2 *s) { free(s); }
