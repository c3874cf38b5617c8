/* SPDX-License-Identifier: MIT */
/* W6: a chain of 1,000 mul, add and tanh, forward and backward, on tensors of size 1 and 16. */
#include "bench.h"
#include "inputs.h"
#include "limit/limit.h"

#include <reel/reel.h>

typedef struct chain {
    reel *r;
    reel_tensor *x, *w, *b, *loss;
    reel_graph *captured; /* NULL until it is */
} chain;

static void do_chain(chain *c)
{
    reel_tensor *x = c->x;
    for (int i = 0; i < W6_OPERATIONS; i++) {
        x = i % 3 == 0 ? reel_mul(x, c->w) : i % 3 == 1 ? reel_add(x, c->b) : reel_tanh(x);
    }
    c->loss = reel_sum(x);
    reel_zero_grad_of(c->x);
    reel_zero_grad_of(c->w);
    reel_zero_grad_of(c->b);
    reel_backward(c->loss);
}

static double run_chain(void *state)
{
    chain *c = state;
    do_chain(c);
    double value = reel_item(c->loss);
    reel_rewind(c->r);
    return value;
}

static double replay_chain(void *state)
{
    chain *c = state;
    if (c->captured) {
        reel_replay(c->captured);
    } else {
        reel_capture_begin(c->r);
        do_chain(c);
        c->captured = reel_capture_end(c->r);
    }
    return reel_item(c->loss);
}

static double run_limit(void *state) { return (double)limit_w6_run(state); }

static chain make_chain(int size, const float *x, const float *w, const float *b)
{
    reel *r = reel_new();
    return (chain){.r = r,
                   .x = reel_requires_grad_(reel_from_f32(r, x, REEL_SHAPE(size)), true),
                   .w = reel_requires_grad_(reel_from_f32(r, w, REEL_SHAPE(size)), true),
                   .b = reel_requires_grad_(reel_from_f32(r, b, REEL_SHAPE(size)), true)};
}

static void bench_size(int size)
{
    float x[W6_LARGEST], w[W6_LARGEST], b[W6_LARGEST];
    for (int i = 0; i < size; i++) {
        x[i] = 0.5f + 0.01f * (float)i, w[i] = 1.02f, b[i] = 0.01f;
    }
    chain c = make_chain(size, x, w, b), other = make_chain(size, x, w, b);
    limit_w6 *limit = limit_w6_create(size, x, w, b, LIMIT_TANH_LIBM);
    compare(&(comparison){.workload = "W6",
                          .config = size == 1 ? "scalar" : "16",
                          .unit = "ns",
                          .scale = 1e9,
                          .units = W6_OPERATIONS,
                          .threads = 1,
                          .eager = {run_chain, &c},
                          .replayed = {replay_chain, &other},
                          .limit = {run_limit, limit},
                          .steps = 3,
                          .tolerance = 1e-4});
    limit_w6_destroy(limit);
    reel_free(c.r);
    reel_free(other.r);
}

void bench_w6_chain(void)
{
    bench_size(1);
    bench_size(16);
}
