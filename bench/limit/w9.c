/* SPDX-License-Identifier: MIT */
/*
 * W9: an LSTM over 50 steps of 32 sequences, a linear layer on the last h, mean squared error,
 * Adam.
 *
 *   B  batch    T  steps    I  inputs    H  hidden    G  gates, 4 H: i, f, g, o
 *
 * The products that do not wait for a step before are OpenBLAS's, of all steps at once: the inputs'
 * part of the gates, and the weights' gradients. A step's own product is 8 rows by 32 columns in
 * registers, and what follows it one loop over gates, cell and hidden state.
 */
#if defined(__AVX512F__) && !defined(__clang__)
#pragma GCC target("prefer-vector-width=512")
#endif
#include "limit.h"
#include "vectors.h"

#include <cblas.h>
#include <stdlib.h>

enum { B = 32, T = 50, INPUTS = 16, H = 64, G = 4 * H };

typedef struct parameters {
    float wi[G][INPUTS], wh[G][H], bi[G], bh[G], w[H], b;
} parameters;
enum { PARAMETERS = sizeof(parameters) / sizeof(float) };

struct limit_w9 {
    parameters p, grad, m, v;
    float wi_turned[INPUTS][G], wh_turned[H][G];
    float x[T][B][INPUTS], gates[T][B][G], h[T + 1][B][H], c[T + 1][B][H], tanh_c[T][B][H];
    float d_gates[T][B][G], dh[B][H], dc[B][H];
    const float *t;
    limit_adam adam;
};

/* To 2e-7, of |x| < 87. */
static inline float exp_(float x)
{
    const float k = rintf(x * 1.44269504f);
    const float r = x - k * 0.693359375f + k * 2.12194440e-4f;
    const float q =
        1.0f +
        r * (1.0f +
             r * (0.5f + r * (0.166666667f +
                              r * (0.0416666667f + r * (0.00833333333f + r * 0.00138888889f)))));
    union {
        int32_t bits;
        float value;
    } power = {((int32_t)k + 127) << 23};
    return q * power.value;
}

static inline float sigmoid(float x)
{
    x = x > 80.0f ? 80.0f : x < -80.0f ? -80.0f : x;
    return 1.0f / (1.0f + exp_(-x));
}

static inline float tanh_(float x) { return 2.0f * sigmoid(2.0f * x) - 1.0f; }

/* out (B rows of n) = or += a (B rows of k) times w (k rows of n). */
static inline void product(const float *restrict a, const float *restrict w, float *restrict out,
                           int n, int k, int add)
{
    enum { HIGH = 8, WIDE = 2 };
    for (int r = 0; r < B; r += HIGH) {
        for (int j = 0; j < n; j += WIDE * LANES) {
            vec sum[HIGH][WIDE];
#pragma GCC unroll 8
            for (int i = 0; i < HIGH; i++) {
                const float *from = out + (r + i) * n + j;
                sum[i][0] = add ? load(from) : (vec){0};
                sum[i][1] = add ? load(from + LANES) : (vec){0};
            }
            for (int q = 0; q < k; q++) {
                const vec w0 = load(w + q * n + j), w1 = load(w + q * n + j + LANES);
#pragma GCC unroll 8
                for (int i = 0; i < HIGH; i++) {
                    sum[i][0] += a[(r + i) * k + q] * w0;
                    sum[i][1] += a[(r + i) * k + q] * w1;
                }
            }
#pragma GCC unroll 8
            for (int i = 0; i < HIGH; i++) {
                store(out + (r + i) * n + j, sum[i][0]);
                store(out + (r + i) * n + j + LANES, sum[i][1]);
            }
        }
    }
}

/* The inputs' part of all gates, and the biases. */
static void gates_of_inputs(limit_w9 *s)
{
    float bias[G];
    for (int o = 0; o < G; o++) {
        bias[o] = s->p.bi[o] + s->p.bh[o];
        for (int i = 0; i < INPUTS; i++) {
            s->wi_turned[i][o] = s->p.wi[o][i];
        }
        for (int i = 0; i < H; i++) {
            s->wh_turned[i][o] = s->p.wh[o][i];
        }
    }
    for (int i = 0; i < T * B; i++) {
        memcpy(s->gates[i / B][i % B], bias, sizeof bias);
    }
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, T * B, G, INPUTS, 1, s->x[0][0], INPUTS,
                s->wi_turned[0], G, 1, s->gates[0][0], G);
}

static void step_forward(limit_w9 *s, int t)
{
    if (t > 0) {
        product(s->h[t][0], s->wh_turned[0], s->gates[t][0], G, H, 1);
    }
    for (int n = 0; n < B; n++) {
        float *restrict a = s->gates[t][n], *restrict c = s->c[t + 1][n];
        float *restrict h = s->h[t + 1][n], *restrict th = s->tanh_c[t][n];
        const float *restrict before = s->c[t][n];
        for (int j = 0; j < H; j++) {
            const float i = sigmoid(a[j]), f = sigmoid(a[H + j]);
            const float g = tanh_(a[2 * H + j]), o = sigmoid(a[3 * H + j]);
            a[j] = i, a[H + j] = f, a[2 * H + j] = g, a[3 * H + j] = o;
            c[j] = f * before[j] + i * g;
            th[j] = tanh_(c[j]);
            h[j] = o * th[j];
        }
    }
}

/* The loss, and dL/dh of the last step. */
static float head(limit_w9 *s)
{
    parameters *g = &s->grad;
    float loss = 0;
    for (int n = 0; n < B; n++) {
        float y = s->p.b;
        for (int j = 0; j < H; j++) {
            y += s->p.w[j] * s->h[T][n][j];
        }
        const float error = y - s->t[n], d = 2.0f / B * error;
        loss += error * error / B;
        g->b += d;
        for (int j = 0; j < H; j++) {
            g->w[j] += d * s->h[T][n][j];
            s->dh[n][j] = d * s->p.w[j];
        }
    }
    return loss;
}

static void step_back(limit_w9 *s, int t)
{
    for (int n = 0; n < B; n++) {
        const float *restrict a = s->gates[t][n], *restrict before = s->c[t][n];
        const float *restrict th = s->tanh_c[t][n], *restrict dh = s->dh[n];
        float *restrict d = s->d_gates[t][n], *restrict dc = s->dc[n];
        for (int j = 0; j < H; j++) {
            const float i = a[j], f = a[H + j], g = a[2 * H + j], o = a[3 * H + j];
            const float e = dc[j] + dh[j] * o * (1 - th[j] * th[j]);
            d[j] = e * g * i * (1 - i);
            d[H + j] = e * before[j] * f * (1 - f);
            d[2 * H + j] = e * i * (1 - g * g);
            d[3 * H + j] = dh[j] * th[j] * o * (1 - o);
            dc[j] = e * f;
        }
    }
    if (t > 0) {
        product(s->d_gates[t][0], s->p.wh[0], s->dh[0], H, G, 0);
    }
}

static void weights_back(limit_w9 *s)
{
    parameters *g = &s->grad;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, G, INPUTS, T * B, 1, s->d_gates[0][0], G,
                s->x[0][0], INPUTS, 0, g->wi[0], INPUTS);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, G, H, T * B, 1, s->d_gates[0][0], G,
                s->h[0][0], H, 0, g->wh[0], H);
    for (int i = 0; i < T * B; i++) {
        for (int o = 0; o < G; o++) {
            g->bi[o] += s->d_gates[i / B][i % B][o];
        }
    }
    memcpy(g->bh, g->bi, sizeof g->bi);
}

float limit_w9_step(limit_w9 *s)
{
    memset(&s->grad, 0, sizeof s->grad);
    memset(s->dc, 0, sizeof s->dc);
    gates_of_inputs(s);
    for (int t = 0; t < T; t++) {
        step_forward(s, t);
    }
    const float loss = head(s);
    for (int t = T - 1; t >= 0; t--) {
        step_back(s, t);
    }
    weights_back(s);
    adam_step(&s->adam, PARAMETERS, (float *)&s->p, (float *)&s->m, (float *)&s->v,
              (float *)&s->grad, NULL);
    return loss;
}

limit_w9 *limit_w9_create(const float *x, const float *t, const float *const *weights)
{
    limit_w9 *s = limit_alloc(sizeof *s);
    if (!s) {
        return NULL;
    }
    s->t = t;
    s->adam = (limit_adam){1, 1};
    memcpy(s->p.wi, weights[0], sizeof s->p.wi);
    memcpy(s->p.wh, weights[1], sizeof s->p.wh);
    memcpy(s->p.bi, weights[2], sizeof s->p.bi);
    memcpy(s->p.bh, weights[3], sizeof s->p.bh);
    memcpy(s->p.w, weights[4], sizeof s->p.w);
    s->p.b = weights[5][0];
    for (int i = 0; i < T * B; i++) {
        memcpy(s->x[i / B][i % B], x + (i % B * T + i / B) * INPUTS, sizeof s->x[0][0]);
    }
    return s;
}

void limit_w9_destroy(limit_w9 *s) { free(s); }
