/* SPDX-License-Identifier: MIT */
/*
 * Muon: the momentum of a matrix, made nearly orthogonal. With X of at most 1 in norm, a few turns
 * of X ← a X + (b XXᵀ + c (XXᵀ)²) X bring all singular values near 1. PyTorch does that in
 * bfloat16, and so does this: in floats whose lower half is rounded away.
 */
#include "optimizer.h"

#include <math.h>
#include <string.h>

/* x rounded to 8 bits, a half to the even one. */
static float rounded(double value)
{
    float x = (float)value;
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (x == x) {
        bits += 0x7fff + (bits >> 16 & 1);
    }
    bits &= 0xffff0000U;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* x[n,m] with n ≤ m: the update, transposed where the parameter has more rows. The others are room
 * for products: y[n,m], gram[n,n], square[n,n]. */
typedef struct orthogonal {
    int64_t n, m;
    float *x, *y, *gram, *square;
} orthogonal;

static size_t work(const reel_tensor *p)
{
    const double a = (double)p->size[0], b = (double)p->size[1];
    const double floats = 2 * a * b + 2 * fmin(a, b) * fmin(a, b);
    return floats * sizeof(float) < 0x1p62 ? (size_t)floats * sizeof(float) : SIZE_MAX;
}

static void multiply(reel *r, const reeli_gemm *p)
{
    if (!reeli_product(r, p)) { /* no memory to pack: then as it lies */
        reeli_small_product_loops[r->level][REEL_F32](p);
    }
}

static void turn(reel *r, const orthogonal *o, const double *c)
{
    const int64_t n = o->n, m = o->m;
    multiply(r, &(reeli_gemm){.dtype = REEL_F32,
                              .m = n,
                              .n = n,
                              .k = m,
                              .a = {o->x, {m, 1}},
                              .b = {o->x, {1, m}},
                              .c = o->gram,
                              .c_step = n});
    for (int64_t i = 0; i < n * n; i++) {
        o->gram[i] = rounded((double)o->gram[i]);
    }
    multiply(r, &(reeli_gemm){.dtype = REEL_F32,
                              .m = n,
                              .n = n,
                              .k = n,
                              .a = {o->gram, {n, 1}},
                              .b = {o->gram, {n, 1}},
                              .c = o->square,
                              .c_step = n});
    for (int64_t i = 0; i < n * n; i++) {
        o->gram[i] = rounded(c[1] * (double)o->gram[i] + c[2] * (double)o->square[i]);
    }
    multiply(r, &(reeli_gemm){.dtype = REEL_F32,
                              .m = n,
                              .n = m,
                              .k = n,
                              .a = {o->gram, {n, 1}},
                              .b = {o->x, {m, 1}},
                              .c = o->y,
                              .c_step = m});
    for (int64_t i = 0; i < n * m; i++) {
        o->x[i] = rounded(c[0] * (double)o->x[i] + (double)o->y[i]);
    }
}

/* x / max(‖x‖, eps). */
static void normalize(const orthogonal *o, double eps)
{
    double sum = 0;
    for (int64_t i = 0; i < o->n * o->m; i++) {
        sum += (double)o->x[i] * (double)o->x[i];
    }
    const float norm = fmaxf(rounded(sqrt(sum)), rounded(eps));
    for (int64_t i = 0; i < o->n * o->m; i++) {
        o->x[i] = rounded((double)(o->x[i] / norm));
    }
}

/* buffer = momentum buffer + (1 - momentum) g; the update is that, or with Nesterov's g moved on to
 * it. Where element (i, j) of the parameter lies in x: i rows + j columns. */
static void gather(const orthogonal *o, const reeli_slot *slot, const reel_tensor *g,
                   const double *value, const int64_t *step)
{
    reel_tensor *buffer = slot->state[0];
    const double momentum = value[REELI_momentum];
    const int64_t columns = buffer->size[1];
    for (int64_t at = 0; at < buffer->numel; at++) {
        const double own = reeli_load(g, at), old = reeli_load(buffer, at);
        reeli_store(buffer, at, old + (1 - momentum) * (own - old));
        const double b = reeli_load(buffer, at);
        const double newest = value[REELI_nesterov] != 0 ? own + momentum * (b - own) : b;
        o->x[at / columns * step[0] + at % columns * step[1]] = rounded(newest);
    }
}

static void move(reel *r, reeli_slot *slot, const void *gradient, const double *value, void *room)
{
    reel_tensor *p = slot->parameter, g = *p;
    const int64_t rows = p->size[0], columns = p->size[1];
    const bool turned = rows > columns;
    const int64_t step[] = {turned ? 1 : columns, turned ? rows : 1};
    orthogonal o = {.n = turned ? columns : rows, .m = turned ? rows : columns, .x = room};
    if (p->numel == 0) {
        return;
    }
    slot->number[0] = 1;
    o.y = o.x + p->numel;
    o.gram = o.y + p->numel;
    o.square = o.gram + o.n * o.n;
    g.data = (void *)(uintptr_t)gradient;
    gather(&o, slot, &g, value, step);
    normalize(&o, value[REELI_eps]);
    for (int64_t i = 0; i < reeli_as_count(value[REELI_ns_steps]); i++) {
        turn(r, &o, value + REELI_ns_a);
    }
    const double a = (double)rows, b = (double)columns;
    const double lr = value[REELI_lr] * (value[REELI_match_rms_adamw] != 0 ? 0.2 * sqrt(fmax(a, b))
                                                                           : sqrt(fmax(1, a / b)));
    for (int64_t at = 0; at < p->numel; at++) {
        const double x = (double)o.x[at / columns * step[0] + at % columns * step[1]];
        reeli_store(p, at, reeli_load(p, at) * (1 - value[REELI_lr] * value[REELI_weight_decay]));
        reeli_store(p, at, reeli_load(p, at) - lr * x);
    }
}

static const reeli_rule rule = {
    .name = "Muon",
    .settings = REELI_BIT(lr) | REELI_BIT(weight_decay) | REELI_BIT(momentum) |
                REELI_BIT(nesterov) | REELI_BIT(ns_a) | REELI_BIT(ns_b) | REELI_BIT(ns_c) |
                REELI_BIT(ns_steps) | REELI_BIT(eps) | REELI_BIT(match_rms_adamw),
    .state = {"momentum_buffer"},
    .number = {"started"},
    .matrices = true,
    .work = work,
    .move = move,
};

reel_optimizer *reel_optim_muon(reel_tensor_list parameters, reel_muon_options options)
{
    const double *c = options.ns_coefficients;
    const bool none = c[0] == 0 && c[1] == 0 && c[2] == 0;
    const double value[REELI_SETTINGS] = {
        [REELI_lr] = reeli_or(options.lr, 1e-3),
        [REELI_weight_decay] = reeli_or(options.weight_decay, 0.1),
        [REELI_momentum] = reeli_or(options.momentum, 0.95),
        [REELI_nesterov] = !options.no_nesterov,
        [REELI_ns_a] = none ? 3.4445 : c[0],
        [REELI_ns_b] = none ? -4.775 : c[1],
        [REELI_ns_c] = none ? 2.0315 : c[2],
        [REELI_ns_steps] = options.ns_steps ? (double)options.ns_steps : 5,
        [REELI_eps] = reeli_or(options.eps, 1e-7),
        [REELI_match_rms_adamw] = options.match_rms_adamw,
    };
    return reeli_optimizer_new(&rule, parameters, value);
}
