/* SPDX-License-Identifier: MIT */
/*
 * W4, W4h: a mean loss of 10,000,000 values, forward and backward: L1, and Huber. In two passes,
 * for a leaf whose gradient is still there in the forward; beside the limit in one pass it has been
 * cleared before, so that the forward computes it.
 */
#include "inputs.h"
#include "models.h"

#include "bench.h"

#include <stdlib.h>

typedef struct work {
    reel *r;
    reel_tensor *x, *t;
    bool huber;
} work;

static reel_tensor *loss_of(const work *w)
{
    return w->huber ? reel_huber_loss(w->x, w->t, 1, REEL_MEAN)
                    : reel_l1_loss(w->x, w->t, REEL_MEAN);
}

static reel_tensor *forward_and_backward(void *state)
{
    work *w = state;
    reel_tensor *loss = loss_of(w);
    reel_zero_grad_of(w->x);
    reel_backward(loss);
    return loss;
}

static double run_eager(void *state)
{
    work *w = state;
    double loss = reel_item(forward_and_backward(w));
    reel_rewind(w->r);
    return loss;
}

static double run_cleared_first(void *state)
{
    work *w = state;
    reel_zero_grad_of(w->x);
    reel_tensor *loss = loss_of(w);
    reel_backward(loss);
    const double value = reel_item(loss);
    reel_rewind(w->r);
    return value;
}

static double run_two_passes(void *state)
{
    double loss = (double)limit_w4_forward(state);
    limit_w4_backward(state);
    return loss;
}

static double run_one_pass(void *state) { return (double)limit_w4_fused(state); }

/* Twice as wide as Huber's delta, so that both of its pieces are met. */
static reel_tensor *draw(reel *r, uint64_t seed)
{
    reel_tensor *x = reel_zeros(r, REEL_F32, REEL_SHAPE(W4_COUNT));
    require_success(r);
    fill_uniform(reel_data_f32(x), W4_COUNT, 2, seed);
    return x;
}

/* Each contender has values of its own: a last cache can be so large that it still holds what
 * another one has just read. And memory of the same kind, which Reel asks for in large pages. */
static work copy_of(const work *w)
{
    return (work){w->r, reel_requires_grad_(reel_keep(w->x), true), reel_keep(w->t), w->huber};
}

static limit_w4 *limit_of(const work *w, int threads)
{
    const work own = copy_of(w);
    reel_tensor *grad = reel_keep(w->t);
    require_success(w->r);
    return limit_w4_create(reel_data_f32(own.x), reel_data_f32(own.t), reel_data_f32(grad),
                           W4_COUNT, w->huber ? LIMIT_HUBER : LIMIT_L1, threads);
}

static void bench_loss(const char *workload, bool huber, int threads)
{
    reel *r = reel_new();
    reel_set_num_threads(r, threads);
    work w = {r, reel_requires_grad_(draw(r, 1), true), draw(r, 2), huber};
    work other = copy_of(&w), third = copy_of(&w);
    limit_w4 *two = limit_of(&w, threads), *one = limit_of(&w, threads);
    replayed_step replayed = {.r = r, .run = forward_and_backward, .state = &other};
    compare(&(comparison){.workload = workload,
                          .unit = "ms",
                          .scale = 1e3,
                          .threads = threads,
                          .eager = {run_eager, &w},
                          .replayed = {run_replayed, &replayed},
                          .limit = {two ? run_two_passes : NULL, two},
                          .one_pass = {one ? run_one_pass : NULL, one},
                          .eager_beside = {one ? run_cleared_first : NULL, &third},
                          .steps = 2,
                          .tolerance = 1e-5});
    require_success(r);
    limit_w4_destroy(two);
    limit_w4_destroy(one);
    reel_free(r);
}

static void bench_l1(int threads) { bench_loss("W4", false, threads); }
static void bench_huber(int threads) { bench_loss("W4h", true, threads); }

void bench_w4_l1_loss(void) { for_each_thread_count(bench_l1); }
void bench_w4_huber_loss(void) { for_each_thread_count(bench_huber); }
