/* SPDX-License-Identifier: MIT */
/*
 * W7: a convolutional net on 32 images of 28 x 28: 16 filters of 3 x 3, ReLU, pooling by 2, 32
 * filters, ReLU, pooling, a linear layer to 10 classes; cross entropy; Adam.
 *
 *   B  batch    H1, H2, H3  the image's side, 28, and after each pooling, 14 and 7; P* padded
 *   C1, C2  filters         F  features of the linear layer, (y, x, channel)    O  classes
 *
 * Image after image, so that all of one stays in the first cache. Channels lie innermost: a pixel's
 * are one vector or two, and a weight's products need no packing. ReLU and pooling happen to the
 * registers in which a convolution leaves four pixels. Of each pooled value only the corner that it
 * came from is noted; the gradient goes there, and nowhere where ReLU cut it.
 */
#include "limit.h"
#include "vectors.h"

#include <stdlib.h>

enum { B = 32, H1 = 28, P1 = 30, H2 = 14, P2 = 16, H3 = 7, C1 = 16, C2 = 32, O = 10 };
enum {
    F = H3 * H3 * C2,
    V2 = C2 / LANES,
    FV = F / LANES,
    TAPS = 9,
    CUT = 4 /* added to a corner */
};

typedef struct parameters {
    vec w1[TAPS], b1;
    float w2[TAPS][C1][C2], b2[C2];
    vec w3[O][FV];
    float b3[LANES];
} parameters;

/* Of one image. */
typedef struct work {
    float a1[P2][P2][C1], a2[F]; /* pooled; the first with its padding */
    bytes k1[H2][H2], k2[H3][H3][V2];
    float d2[P2][P2][C2], d1[H2][H2][C1]; /* gradients, of the second convolution and its input */
} work;

struct limit_w7 {
    parameters p, m, v, grad[LIMIT_MAX_THREADS];
    work work[LIMIT_MAX_THREADS];
    float turned[TAPS][C2][C1];           /* w2 */
    float x[B][P1][P1], read_past[LANES]; /* padded */
    float loss[LIMIT_MAX_THREADS][LANES]; /* each on a cache line of its own */
    const int64_t *classes;
    limit_adam adam;
    limit_team *team;
    int threads;
};

static inline bytes pool(vec a, vec b, vec c, vec d, float *out)
{
    const vec most = larger(larger(a, b), larger(c, d));
    const ivec not_a = a != most, not_b = not_a & (b != most), not_c = not_b & (c != most);
    const ivec corner = ((most <= 0.0f) & CUT) | -(not_a + not_b + not_c);
    store(out, larger(most, (vec){0}));
    return __builtin_convertvector(corner, bytes);
}

/* Two rows of 8 pixels at a time. The last 8 of a row read past it, and are thrown away. */
static void convolve_1(const limit_w7 *s, int n, work *w)
{
    enum { WIDE = 8 };
    for (int r = 0; r < H2; r++) {
        for (int x = 0; x < H1; x += WIDE) {
            vec sum[2][WIDE];
            for (int i = 0; i < WIDE; i++) {
                sum[0][i] = sum[1][i] = s->p.b1;
            }
#pragma GCC unroll 9
            for (int k = 0; k < TAPS; k++) {
                const float *in = &s->x[n][2 * r + k / 3][x + k % 3];
#pragma GCC unroll 8
                for (int i = 0; i < WIDE; i++) {
                    sum[0][i] += in[i] * s->p.w1[k];
                    sum[1][i] += in[P1 + i] * s->p.w1[k];
                }
            }
            for (int i = 0; i < WIDE && x + i < H1; i += 2) {
                const int c = (x + i) / 2;
                w->k1[r][c] =
                    pool(sum[0][i], sum[0][i + 1], sum[1][i], sum[1][i + 1], w->a1[r + 1][c + 1]);
            }
        }
    }
}

/* A row of the second convolution: 14 pixels of 32 channels in 28 registers. */
static inline void convolve_row(const limit_w7 *s, const work *w, int r, vec out[H2][V2])
{
    vec sum[H2][V2];
#pragma GCC unroll 14
    for (int i = 0; i < H2; i++) {
        sum[i][0] = load(s->p.b2);
        sum[i][1] = load(s->p.b2 + LANES);
    }
    for (int k = 0; k < TAPS; k++) {
        const float *in = w->a1[r + k / 3][k % 3], *weight = s->p.w2[k][0];
        for (int c = 0; c < C1; c++, in++, weight += C2) {
            const vec w0 = load(weight), w1 = load(weight + LANES);
#pragma GCC unroll 14
            for (int i = 0; i < H2; i++) {
                sum[i][0] += in[i * C1] * w0;
                sum[i][1] += in[i * C1] * w1;
            }
        }
    }
#pragma GCC unroll 14
    for (int i = 0; i < H2; i++) {
        out[i][0] = sum[i][0];
        out[i][1] = sum[i][1];
    }
}

static void convolve_2(const limit_w7 *s, work *w)
{
    vec top[H2][V2], low[H2][V2];
    for (int r = 0; r < H3; r++) {
        convolve_row(s, w, 2 * r, top);
        convolve_row(s, w, 2 * r + 1, low);
        for (int c = 0; c < H3; c++) {
            for (int h = 0; h < V2; h++) {
                w->k2[r][c][h] = pool(top[2 * c][h], top[2 * c + 1][h], low[2 * c][h],
                                      low[2 * c + 1][h], w->a2 + (r * H3 + c) * C2 + h * LANES);
            }
        }
    }
}

/* The linear layer and the loss; z becomes the loss's gradient for its results. */
static float classify(const limit_w7 *s, const work *w, int64_t class, float z[O])
{
    vec sums[O] = {0};
    float most = -INFINITY, sum = 0;
    for (int i = 0; i < FV; i++) {
        const vec a = load(w->a2 + i * LANES);
#pragma GCC unroll 10
        for (int o = 0; o < O; o++) {
            sums[o] += a * s->p.w3[o][i];
        }
    }
    for (int o = 0; o < O; o++) {
        z[o] = sum_lanes(sums[o]) + s->p.b3[o];
        most = z[o] > most ? z[o] : most;
    }
    const float of_class = z[class] - most;
    for (int o = 0; o < O; o++) {
        z[o] = expf(z[o] - most);
        sum += z[o];
    }
    for (int o = 0; o < O; o++) {
        z[o] = (z[o] / sum - (float)(o == class)) / B;
    }
    return logf(sum) - of_class;
}

/* Back through the linear layer, and each gradient to where its pooled value came from. */
static void classify_back(const limit_w7 *s, work *w, const float z[O], parameters *g)
{
    vec bias[V2] = {load(g->b2), load(g->b2 + LANES)};
    for (int o = 0; o < O; o++) {
        g->b3[o] += z[o];
    }
    for (int i = 0; i < FV; i++) {
        const int y = i / V2 / H3, x = i / V2 % H3, h = i % V2;
        const vec a = load(w->a2 + i * LANES);
        vec d = {0};
#pragma GCC unroll 10
        for (int o = 0; o < O; o++) {
            d += z[o] * s->p.w3[o][i];
            g->w3[o][i] += z[o] * a;
        }
        for (int8_t q = 0; q < 4; q++) {
            const vec at = where_equal(d, w->k2[y][x][h], q);
            store(&w->d2[2 * y + q / 2 + 1][2 * x + q % 2 + 1][h * LANES], at);
            bias[h] += at;
        }
    }
    store(g->b2, bias[0]);
    store(g->b2 + LANES, bias[1]);
}

/* The gradient of the second convolution's input, two rows of 14 pixels at a time. */
static void convolve_2_input(const limit_w7 *s, work *w)
{
    for (int r = 0; r < H2; r += 2) {
        vec sum[2][H2] = {0};
        for (int k = 0; k < TAPS; k++) {
            const float *d = w->d2[r + 2 - k / 3][2 - k % 3], *weight = s->turned[k][0];
            for (int c = 0; c < C2; c++, d++, weight += C1) {
                const vec v = load(weight);
#pragma GCC unroll 14
                for (int i = 0; i < H2; i++) {
                    sum[0][i] += d[i * C2] * v;
                    sum[1][i] += d[(P2 + i) * C2] * v;
                }
            }
        }
#pragma GCC unroll 14
        for (int i = 0; i < H2; i++) {
            store(w->d1[r][i], sum[0][i]);
            store(w->d1[r + 1][i], sum[1][i]);
        }
    }
}

/* The gradient of its weights, 8 channels by 32 at a time. */
static void convolve_2_weight(const work *w, parameters *g)
{
    enum { HIGH = 8 };
    for (int k = 0; k < TAPS; k++) {
        for (int c = 0; c < C1; c += HIGH) {
            vec sum[HIGH][V2];
#pragma GCC unroll 8
            for (int i = 0; i < HIGH; i++) {
                sum[i][0] = load(g->w2[k][c + i]);
                sum[i][1] = load(g->w2[k][c + i] + LANES);
            }
            for (int r = 0; r < H2; r++) {
                const float *d = w->d2[r + 1][1], *a = &w->a1[r + k / 3][k % 3][c];
                for (int x = 0; x < H2; x++, d += C2, a += C1) {
                    const vec d0 = load(d), d1 = load(d + LANES);
#pragma GCC unroll 8
                    for (int i = 0; i < HIGH; i++) {
                        sum[i][0] += a[i] * d0;
                        sum[i][1] += a[i] * d1;
                    }
                }
            }
#pragma GCC unroll 8
            for (int i = 0; i < HIGH; i++) {
                store(g->w2[k][c + i], sum[i][0]);
                store(g->w2[k][c + i] + LANES, sum[i][1]);
            }
        }
    }
}

static void convolve_1_weight(const limit_w7 *s, int n, const work *w, parameters *g)
{
    vec sum[TAPS], bias = g->b1;
    memcpy(sum, g->w1, sizeof sum);
    for (int r = 0; r < H2; r++) {
        for (int x = 0; x < H2; x++) {
            const vec d = load(w->d1[r][x]);
#pragma GCC unroll 4
            for (int8_t q = 0; q < 4; q++) {
                const vec at = where_equal(d, w->k1[r][x], q);
                const float *in = &s->x[n][2 * r + q / 2][2 * x + q % 2];
                bias += at;
#pragma GCC unroll 9
                for (int k = 0; k < TAPS; k++) {
                    sum[k] += in[k / 3 * P1 + k % 3] * at;
                }
            }
        }
    }
    memcpy(g->w1, sum, sizeof sum);
    g->b1 = bias;
}

static void images(void *state, int worker)
{
    limit_w7 *s = state;
    work *w = &s->work[worker];
    parameters *g = &s->grad[worker];
    float loss = 0, z[O];
    memset(g, 0, sizeof *g);
    for (int n = worker * B / s->threads; n < (worker + 1) * B / s->threads; n++) {
        convolve_1(s, n, w);
        convolve_2(s, w);
        loss += classify(s, w, s->classes[n], z);
        classify_back(s, w, z, g);
        convolve_2_weight(w, g);
        convolve_2_input(s, w);
        convolve_1_weight(s, n, w, g);
    }
    s->loss[worker][0] = loss;
}

float limit_w7_step(limit_w7 *s)
{
    for (int k = 0; k < TAPS; k++) {
        for (int c = 0; c < C1; c++) {
            for (int o = 0; o < C2; o++) {
                s->turned[k][o][c] = s->p.w2[k][c][o];
            }
        }
    }
    limit_team_run(s->team, images, s);
    adam_step(&s->adam, (int)(sizeof s->p / sizeof(float)), (float *)&s->p, (float *)&s->m,
              (float *)&s->v, (float *)&s->grad[0], s->threads == 2 ? (float *)&s->grad[1] : NULL);
    return (s->loss[0][0] + s->loss[1][0]) / B;
}

static void take_weights(parameters *p, const float *const *from)
{
    float *w1 = (float *)p->w1, *w3 = (float *)p->w3;
    for (int k = 0; k < TAPS; k++) {
        for (int c = 0; c < C1; c++) {
            w1[k * C1 + c] = from[0][c * TAPS + k];
            for (int o = 0; o < C2; o++) {
                p->w2[k][c][o] = from[2][(o * C1 + c) * TAPS + k];
            }
        }
    }
    for (int o = 0; o < O; o++) {
        for (int c = 0; c < C2; c++) {
            for (int i = 0; i < H3 * H3; i++) {
                w3[o * F + i * C2 + c] = from[4][o * F + c * H3 * H3 + i];
            }
        }
    }
    memcpy(&p->b1, from[1], sizeof p->b1);
    memcpy(p->b2, from[3], sizeof p->b2);
    memcpy(p->b3, from[5], O * sizeof *p->b3);
}

limit_w7 *limit_w7_create(const float *x, const int64_t *classes, const float *const *weights,
                          int threads)
{
    limit_w7 *s = limit_alloc(sizeof *s);
    if (!s) {
        return NULL;
    }
    s->team = limit_team_create(threads);
    s->threads = threads;
    s->classes = classes;
    s->adam = (limit_adam){1, 1};
    for (int i = 0; i < B * H1; i++) {
        memcpy(&s->x[i / H1][i % H1 + 1][1], x + i * H1, H1 * sizeof *x);
    }
    take_weights(&s->p, weights);
    if (!s->team) {
        limit_w7_destroy(s);
        return NULL;
    }
    return s;
}

void limit_w7_destroy(limit_w7 *s)
{
    limit_team_destroy(s ? s->team : NULL);
    free(s);
}
