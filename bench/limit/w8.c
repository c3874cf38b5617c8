/* SPDX-License-Identifier: MIT */
/*
 * W8: a U-Net on 8 images of 3 x 64 x 64: two convolutions of 3 x 3 with ReLU at each of 16, 32 and
 * 64 channels, pooling by 2 on the way down, transposed convolutions of 2 x 2 on the way up, whose
 * results lie beside what came down; 1 x 1 to 3 channels; L1; Adam.
 *
 * Image after image. Channels lie innermost, in planes with a border of zeros, so that a tap is a
 * distance in memory. Bias and ReLU are done to a convolution's registers, and so is ReLU's mask to
 * its gradient's; a part of a plane's channels is a plane, so that nothing is joined or cut.
 */
#include "limit.h"
#include "vectors.h"

#include <stdbool.h>
#include <stdlib.h>

enum { B = 8, SIDE = 64, COLOURS = 3, HELD = 4 /* channels that colours take */, MOST_TAPS = 9 };

/* From the first pixel inside of the border. */
typedef struct plane {
    float *at;
    int row, pixel; /* steps */
} plane;

typedef struct layer {
    int inputs, outputs, kernel; /* as held */
    int given_inputs, given_outputs;
} layer;

/* In PyTorch's order of parameters. */
enum { E1A, E1B, E2A, E2B, MID_A, MID_B, UP2, D2A, D2B, UP1, D1A, D1B, OUT, LAYERS };
static const layer layers[LAYERS] = {
    [E1A] = {HELD, 16, 3, COLOURS, 16}, [E1B] = {16, 16, 3, 16, 16},
    [E2A] = {16, 32, 3, 16, 32},        [E2B] = {32, 32, 3, 32, 32},
    [MID_A] = {32, 64, 3, 32, 64},      [MID_B] = {64, 64, 3, 64, 64},
    [UP2] = {64, 32, 2, 64, 32},        [D2A] = {64, 32, 3, 64, 32},
    [D2B] = {32, 32, 3, 32, 32},        [UP1] = {32, 16, 2, 32, 16},
    [D1A] = {32, 16, 3, 32, 16},        [D1B] = {16, 16, 3, 16, 16},
    [OUT] = {16, 16, 1, 16, COLOURS}};

enum {
    X,
    A0,
    CAT1,
    P1,
    B0,
    CAT2,
    P2,
    C0,
    C,
    E0,
    E,
    F0,
    F,
    Y, /* activations */
    D_F,
    D_F0,
    D_CAT1,
    D_A,
    D_E,
    D_E0,
    D_CAT2,
    D_B,
    D_B0,
    D_C,
    D_C0,
    D_P2,
    D_P1,
    D_A0,
    PLANES
};
static const struct {
    int side, channels;
} sizes[PLANES] = {[X] = {64, HELD},    [A0] = {64, 16},   [CAT1] = {64, 32}, [P1] = {32, 16},
                   [B0] = {32, 32},     [CAT2] = {32, 64}, [P2] = {16, 32},   [C0] = {16, 64},
                   [C] = {16, 64},      [E0] = {32, 32},   [E] = {32, 32},    [F0] = {64, 16},
                   [F] = {64, 16},      [Y] = {64, 16},    [D_F] = {64, 16},  [D_F0] = {64, 16},
                   [D_CAT1] = {64, 32}, [D_A] = {64, 16},  [D_E] = {32, 32},  [D_E0] = {32, 32},
                   [D_CAT2] = {32, 64}, [D_B] = {32, 32},  [D_B0] = {32, 32}, [D_C] = {16, 64},
                   [D_C0] = {16, 64},   [D_P2] = {16, 32}, [D_P1] = {32, 16}, [D_A0] = {64, 16}};

struct limit_w8 {
    float *p, *m, *v, *turned, *grad[LIMIT_MAX_THREADS]; /* parameters: (tap, in, out), biases */
    float *planes[LIMIT_MAX_THREADS][PLANES];
    int weight[LAYERS], bias[LAYERS], count; /* where they begin in p */
    float loss[LIMIT_MAX_THREADS][LANES];
    const float *x, *t;
    limit_adam adam;
    limit_team *team;
    int threads;
};

static plane from_channel(plane a, int channel)
{
    a.at += channel;
    return a;
}

/* One of the four pixels of each 2 x 2. */
static plane corner(plane a, int q)
{
    return (plane){a.at + q / 2 * a.row + q % 2 * a.pixel, 2 * a.row, 2 * a.pixel};
}

static void taps_around(plane a, int tap[MOST_TAPS])
{
    for (int k = 0; k < MOST_TAPS; k++) {
        tap[k] = (k / 3 - 1) * a.row + (k % 3 - 1) * a.pixel;
    }
}

/* out = bias + sum over taps and inputs of in w, w being (tap, input, output); ReLU of that, or 0
 * where the mask is not positive. */
typedef struct products {
    plane in, out;
    int tap[MOST_TAPS], taps, inputs, outputs, side;
    const float *w, *bias; /* NULL: none */
    bool relu;
    plane mask; /* .at NULL: none */
} products;

/* Of outputs from `o` on. */
static inline void multiply(const int wide, const int vectors, const products *c, int o)
{
    for (int i = 0; i < c->side * c->side; i += wide) {
        const int y = i / c->side, x = i % c->side, step = c->in.pixel;
        vec sum[16][2] = {0};
#pragma GCC unroll 16
        for (int j = 0; j < wide; j++) {
            sum[j][0] = c->bias ? load(c->bias + o) : (vec){0};
            sum[j][1] = c->bias && vectors == 2 ? load(c->bias + o + LANES) : (vec){0};
        }
        for (int t = 0; t < c->taps; t++) {
            const float *in = c->in.at + y * c->in.row + x * step + c->tap[t];
            const float *w = c->w + t * c->inputs * c->outputs + o;
            for (int k = 0; k < c->inputs; k++, in++, w += c->outputs) {
                const vec w0 = load(w), w1 = vectors == 2 ? load(w + LANES) : w0;
#pragma GCC unroll 16
                for (int j = 0; j < wide; j++) {
                    sum[j][0] += in[j * step] * w0;
                    if (vectors == 2) {
                        sum[j][1] += in[j * step] * w1;
                    }
                }
            }
        }
#pragma GCC unroll 16
        for (int j = 0; j < wide; j++) {
            float *out = c->out.at + y * c->out.row + (x + j) * c->out.pixel + o;
            for (int q = 0; q < vectors; q++) {
                vec v = c->relu ? larger(sum[j][q], (vec){0}) : sum[j][q];
                if (c->mask.at) {
                    const int at = y * c->mask.row + (x + j) * c->mask.pixel + o;
                    v = positive_only(v, load(c->mask.at + at + q * LANES));
                }
                store(out + q * LANES, v);
            }
        }
    }
}

static void multiply_2(const products *c, int o) { multiply(8, 2, c, o); }
static void multiply_1(const products *c, int o) { multiply(16, 1, c, o); }

static void multiply_all(const products *c)
{
    int o = 0;
    for (; o + 2 * LANES <= c->outputs; o += 2 * LANES) {
        multiply_2(c, o);
    }
    if (o < c->outputs) {
        multiply_1(c, o);
    }
}

/* g (inputs, outputs) += sum over a row's pixels of in times d. */
static inline void add_row(const int high, const int vectors, const float *in, int in_step,
                           const float *d, int d_step, int width, float *g, int outputs)
{
    vec sum[16][2] = {0};
#pragma GCC unroll 16
    for (int i = 0; i < high; i++) {
        sum[i][0] = load(g + i * outputs);
        sum[i][1] = vectors == 2 ? load(g + i * outputs + LANES) : (vec){0};
    }
    for (int x = 0; x < width; x++, in += in_step, d += d_step) {
        const vec d0 = load(d), d1 = vectors == 2 ? load(d + LANES) : d0;
#pragma GCC unroll 16
        for (int i = 0; i < high; i++) {
            sum[i][0] += in[i] * d0;
            if (vectors == 2) {
                sum[i][1] += in[i] * d1;
            }
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < high; i++) {
        store(g + i * outputs, sum[i][0]);
        if (vectors == 2) {
            store(g + i * outputs + LANES, sum[i][1]);
        }
    }
}

static void add_tap(const float *in, int in_step, const float *d, int d_step, int width, float *g,
                    int inputs, int outputs)
{
    if (inputs == HELD) {
        add_row(HELD, 1, in, in_step, d, d_step, width, g, outputs);
        return;
    }
    for (int k = 0; k < inputs && outputs == LANES; k += 16) {
        add_row(16, 1, in + k, in_step, d, d_step, width, g + k * outputs, outputs);
    }
    for (int k = 0; k < inputs && outputs > LANES; k += 8) {
        for (int o = 0; o < outputs; o += 2 * LANES) {
            add_row(8, 2, in + k, in_step, d + o, d_step, width, g + k * outputs + o, outputs);
        }
    }
}

static void weights_back(const layer *l, plane in, const int *tap, int taps, plane d, int side,
                         float *g, float *g_bias)
{
    for (int y = 0; y < side; y++) {
        const float *row = d.at + y * d.row;
        for (int o = 0; o < l->outputs; o += LANES) {
            vec sum = load(g_bias + o);
            for (int x = 0; x < side; x++) {
                sum += load(row + x * d.pixel + o);
            }
            store(g_bias + o, sum);
        }
        for (int t = 0; t < taps; t++) {
            add_tap(in.at + y * in.row + tap[t], in.pixel, row, d.pixel, side,
                    g + t * l->inputs * l->outputs, l->inputs, l->outputs);
        }
    }
}

static plane plane_of(const limit_w8 *s, int worker, int number)
{
    const int row = (sizes[number].side + 2) * sizes[number].channels;
    return (plane){s->planes[worker][number] + row + sizes[number].channels, row,
                   sizes[number].channels};
}

static void convolve(const limit_w8 *s, int l, plane in, plane out, int side)
{
    products c = {.in = in,
                  .out = out,
                  .taps = 9,
                  .inputs = layers[l].inputs,
                  .outputs = layers[l].outputs,
                  .side = side,
                  .w = s->p + s->weight[l],
                  .bias = s->p + s->bias[l],
                  .relu = true};
    taps_around(in, c.tap);
    multiply_all(&c);
}

/* Of a convolution: its weights' gradients, and its input's, masked, unless d_in is none. */
static void convolve_back(const limit_w8 *s, int l, plane in, plane d, plane d_in, plane mask,
                          int side, float *g)
{
    products c = {.in = d,
                  .out = d_in,
                  .taps = 9,
                  .inputs = layers[l].outputs,
                  .outputs = layers[l].inputs,
                  .side = side,
                  .w = s->turned + s->weight[l],
                  .mask = mask};
    int tap[MOST_TAPS];
    taps_around(in, tap);
    weights_back(&layers[l], in, tap, 9, d, side, g + s->weight[l], g + s->bias[l]);
    taps_around(d, c.tap);
    if (d_in.at) {
        multiply_all(&c);
    }
}

/* A transposed convolution, whose four taps do not meet. */
static void convolve_up(const limit_w8 *s, int l, plane in, plane out, int side)
{
    const int matrix = layers[l].inputs * layers[l].outputs;
    for (int q = 0; q < 4; q++) {
        multiply_all(&(products){.in = in,
                                 .out = corner(out, q),
                                 .taps = 1,
                                 .inputs = layers[l].inputs,
                                 .outputs = layers[l].outputs,
                                 .side = side,
                                 .w = s->p + s->weight[l] + q * matrix,
                                 .bias = s->p + s->bias[l]});
    }
}

static void convolve_up_back(const limit_w8 *s, int l, plane in, plane d, plane d_in, int side,
                             float *g)
{
    const int matrix = layers[l].inputs * layers[l].outputs, here = 0;
    for (int q = 0; q < 4; q++) {
        weights_back(&layers[l], in, &here, 1, corner(d, q), side, g + s->weight[l] + q * matrix,
                     g + s->bias[l]);
    }
    multiply_all(&(products){.in = corner(d, 0),
                             .out = d_in,
                             .tap = {0, d.pixel, d.row, d.row + d.pixel},
                             .taps = 4,
                             .inputs = layers[l].outputs,
                             .outputs = layers[l].inputs,
                             .side = side,
                             .w = s->turned + s->weight[l],
                             .mask = in});
}

static void pool(plane in, plane out, int side, int channels)
{
    for (int i = 0; i < side * side; i++) {
        const float *from = in.at + i / side * 2 * in.row + i % side * 2 * in.pixel;
        float *to = out.at + i / side * out.row + i % side * out.pixel;
        for (int k = 0; k < channels; k += LANES) {
            const float *a = from + k, *b = a + in.row;
            store(to + k,
                  larger(larger(load(a), load(a + in.pixel)), larger(load(b), load(b + in.pixel))));
        }
    }
}

/* d = the other way's gradient, and the pooled one at the first largest of each four; 0 where ReLU
 * cut the activation. */
static void pool_back(plane in, plane pooled, plane d_pooled, plane d_other, plane d, int side,
                      int channels)
{
    for (int i = 0; i < side * side * channels; i += LANES) {
        const int y = i / channels / side, x = i / channels % side, k = i % channels;
        const vec most = load(pooled.at + y * pooled.row + x * pooled.pixel + k);
        const vec g = load(d_pooled.at + y * d_pooled.row + x * d_pooled.pixel + k);
        ivec left = ~(ivec){0};
        for (int q = 0; q < 4; q++) {
            const int row = 2 * y + q / 2, column = 2 * x + q % 2;
            const vec v = load(in.at + row * in.row + column * in.pixel + k);
            const vec other = load(d_other.at + row * d_other.row + column * d_other.pixel + k);
            const ivec here = left & (v == most);
            left &= ~here;
            store(d.at + row * d.row + column * d.pixel + k,
                  positive_only(other + keep(g, here), v));
        }
    }
}

/* The results' L1 loss, which become its gradient. */
static float l1_loss(const limit_w8 *s, int n, plane y)
{
    const float each = 1.0f / (B * COLOURS * SIDE * SIDE);
    float sum = 0;
    for (int c = 0; c < COLOURS; c++) {
        const float *t = s->t + (n * COLOURS + c) * SIDE * SIDE;
        for (int i = 0; i < SIDE * SIDE; i++) {
            float *at = y.at + i / SIDE * y.row + i % SIDE * y.pixel + c;
            const float d = *at - t[i];
            sum += fabsf(d);
            *at = d > 0 ? each : d < 0 ? -each : 0;
        }
    }
    return sum * each;
}

static void take_image(const limit_w8 *s, int n, plane x)
{
    for (int c = 0; c < COLOURS; c++) {
        const float *from = s->x + (n * COLOURS + c) * SIDE * SIDE;
        for (int i = 0; i < SIDE * SIDE; i++) {
            x.at[i / SIDE * x.row + i % SIDE * x.pixel + c] = from[i];
        }
    }
}

/* a and b lie where what comes up joins them. */
static void forward(const limit_w8 *s, const plane *at)
{
    convolve(s, E1A, at[X], at[A0], 64);
    convolve(s, E1B, at[A0], at[CAT1], 64);
    pool(at[CAT1], at[P1], 32, 16);
    convolve(s, E2A, at[P1], at[B0], 32);
    convolve(s, E2B, at[B0], at[CAT2], 32);
    pool(at[CAT2], at[P2], 16, 32);
    convolve(s, MID_A, at[P2], at[C0], 16);
    convolve(s, MID_B, at[C0], at[C], 16);
    convolve_up(s, UP2, at[C], from_channel(at[CAT2], 32), 16);
    convolve(s, D2A, at[CAT2], at[E0], 32);
    convolve(s, D2B, at[E0], at[E], 32);
    convolve_up(s, UP1, at[E], from_channel(at[CAT1], 16), 32);
    convolve(s, D1A, at[CAT1], at[F0], 64);
    convolve(s, D1B, at[F0], at[F], 64);
    multiply_all(&(products){.in = at[F],
                             .out = at[Y],
                             .taps = 1,
                             .inputs = 16,
                             .outputs = 16,
                             .side = SIDE,
                             .w = s->p + s->weight[OUT],
                             .bias = s->p + s->bias[OUT]});
}

static void backward(const limit_w8 *s, const plane *at, float *g)
{
    const plane none = {0};
    const int here = 0;
    weights_back(&layers[OUT], at[F], &here, 1, at[Y], SIDE, g + s->weight[OUT], g + s->bias[OUT]);
    multiply_all(&(products){.in = at[Y],
                             .out = at[D_F],
                             .taps = 1,
                             .inputs = COLOURS,
                             .outputs = 16,
                             .side = SIDE,
                             .w = s->turned + s->weight[OUT],
                             .mask = at[F]});
    convolve_back(s, D1B, at[F0], at[D_F], at[D_F0], at[F0], 64, g);
    convolve_back(s, D1A, at[CAT1], at[D_F0], at[D_CAT1], none, 64, g);
    convolve_up_back(s, UP1, at[E], from_channel(at[D_CAT1], 16), at[D_E], 32, g);
    convolve_back(s, D2B, at[E0], at[D_E], at[D_E0], at[E0], 32, g);
    convolve_back(s, D2A, at[CAT2], at[D_E0], at[D_CAT2], none, 32, g);
    convolve_up_back(s, UP2, at[C], from_channel(at[D_CAT2], 32), at[D_C], 16, g);
    convolve_back(s, MID_B, at[C0], at[D_C], at[D_C0], at[C0], 16, g);
    convolve_back(s, MID_A, at[P2], at[D_C0], at[D_P2], none, 16, g);
    pool_back(at[CAT2], at[P2], at[D_P2], at[D_CAT2], at[D_B], 16, 32);
    convolve_back(s, E2B, at[B0], at[D_B], at[D_B0], at[B0], 32, g);
    convolve_back(s, E2A, at[P1], at[D_B0], at[D_P1], none, 32, g);
    pool_back(at[CAT1], at[P1], at[D_P1], at[D_CAT1], at[D_A], 32, 16);
    convolve_back(s, E1B, at[A0], at[D_A], at[D_A0], at[A0], 64, g);
    convolve_back(s, E1A, at[X], at[D_A0], none, none, 64, g);
}

static void images(void *state, int worker)
{
    limit_w8 *s = state;
    plane at[PLANES];
    float loss = 0;
    for (int i = 0; i < PLANES; i++) {
        at[i] = plane_of(s, worker, i);
    }
    memset(s->grad[worker], 0, (size_t)s->count * sizeof(float));
    for (int n = worker * B / s->threads; n < (worker + 1) * B / s->threads; n++) {
        take_image(s, n, at[X]);
        forward(s, at);
        loss += l1_loss(s, n, at[Y]);
        backward(s, at, s->grad[worker]);
    }
    s->loss[worker][0] = loss;
}

/* The weights as the gradients of inputs want them: (tap, output, input), of a 3 x 3 from the last
 * tap to the first. */
static void turn(limit_w8 *s)
{
    for (int l = 0; l < LAYERS; l++) {
        const layer *at = &layers[l];
        const int taps = at->kernel * at->kernel;
        for (int k = 0; k < taps; k++) {
            const float *w = s->p + s->weight[l] + k * at->inputs * at->outputs;
            const int place = at->kernel == 3 ? taps - 1 - k : k;
            float *to = s->turned + s->weight[l] + place * at->inputs * at->outputs;
            for (int i = 0; i < at->inputs * at->outputs; i++) {
                to[i % at->outputs * at->inputs + i / at->outputs] = w[i];
            }
        }
    }
}

float limit_w8_step(limit_w8 *s)
{
    turn(s);
    limit_team_run(s->team, images, s);
    adam_step(&s->adam, s->count, s->p, s->m, s->v, s->grad[0],
              s->threads == 2 ? s->grad[1] : NULL);
    return s->loss[0][0] + s->loss[1][0];
}

/* Of a transposed convolution (in, out, …), of the others (out, in, …). */
static void take_weights(limit_w8 *s, const float *const *from)
{
    for (int l = 0; l < LAYERS; l++) {
        const layer *at = &layers[l];
        const int taps = at->kernel * at->kernel;
        for (int i = 0; i < at->given_inputs * at->given_outputs * taps; i++) {
            const int k = i % taps, second = at->kernel == 2 ? at->given_outputs : at->given_inputs;
            const int a = i / taps / second, b = i / taps % second;
            const int in = at->kernel == 2 ? a : b, out = at->kernel == 2 ? b : a;
            s->p[s->weight[l] + (k * at->inputs + in) * at->outputs + out] = from[2 * l][i];
        }
        memcpy(s->p + s->bias[l], from[2 * l + 1], (size_t)at->given_outputs * sizeof(float));
    }
}

static bool find_room(limit_w8 *s)
{
    enum { READ_PAST = 4 * LANES };
    for (int l = 0; l < LAYERS; l++) {
        s->weight[l] = s->count;
        s->bias[l] = s->weight[l] +
                     layers[l].kernel * layers[l].kernel * layers[l].inputs * layers[l].outputs;
        s->count = s->bias[l] + layers[l].outputs;
    }
    float **const arrays[] = {&s->p, &s->m, &s->v, &s->turned, &s->grad[0], &s->grad[1]};
    bool room = true;
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = limit_alloc((s->count + READ_PAST) * (int64_t)sizeof(float));
        room = room && *arrays[i];
    }
    for (int i = 0; i < s->threads * PLANES; i++) {
        const int64_t side = sizes[i % PLANES].side + 2, channels = sizes[i % PLANES].channels;
        float **at = &s->planes[i / PLANES][i % PLANES];
        *at = limit_alloc((side * side * channels + READ_PAST) * (int64_t)sizeof(float));
        room = room && *at;
    }
    return room;
}

limit_w8 *limit_w8_create(const float *x, const float *t, const float *const *weights, int threads)
{
    limit_w8 *s = limit_alloc(sizeof *s);
    if (!s) {
        return NULL;
    }
    s->x = x;
    s->t = t;
    s->threads = threads;
    s->team = limit_team_create(threads);
    s->adam = (limit_adam){1, 1};
    if (!s->team || !find_room(s)) {
        limit_w8_destroy(s);
        return NULL;
    }
    take_weights(s, weights);
    return s;
}

void limit_w8_destroy(limit_w8 *s)
{
    if (!s) {
        return;
    }
    float *const arrays[] = {s->p, s->m, s->v, s->turned, s->grad[0], s->grad[1]};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        free(arrays[i]);
    }
    for (int i = 0; i < LIMIT_MAX_THREADS * PLANES; i++) {
        free(s->planes[i / PLANES][i % PLANES]);
    }
    limit_team_destroy(s->team);
    free(s);
}
