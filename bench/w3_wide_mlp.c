/* SPDX-License-Identifier: MIT */
/* W3: MLP 512-1024-1024-1 with ReLU, mean squared error, SGD, the same 256 rows at each step. */
#include "inputs.h"
#include "models.h"

#include "bench.h"

#include <cblas.h>
#include <stdlib.h>

static const double lr = 1e-2;

typedef struct training {
    reel *r;
    reel_tensor *x, *t;
    reel_module *model, *mse_loss;
    reel_optimizer *sgd;
} training;

static training make_training(const float *x, const float *t, const limit_mlp *weights, int threads)
{
    reel *r = reel_new();
    training s = {.r = r,
                  .x = reel_from_f32(r, x, REEL_SHAPE(W3_BATCH, W3_INPUTS)),
                  .t = reel_from_f32(r, t, REEL_SHAPE(W3_BATCH, 1)),
                  .model = make_mlp(r, W3_INPUTS, W3_HIDDEN, weights),
                  .mse_loss = reel_nn_mse_loss(r, (reel_mse_loss_options){0})};
    reel_set_num_threads(r, threads);
    s.sgd = reel_optim_sgd(reel_parameters(s.model), (reel_sgd_options){.lr = lr});
    require_success(r);
    return s;
}

static reel_tensor *step(void *state)
{
    training *s = state;
    reel_tensor *loss = reel_loss(s->mse_loss, reel_forward(s->model, s->x), s->t);
    reel_zero_grad(s->sgd);
    reel_backward(loss);
    reel_step(s->sgd);
    return loss;
}

static double run_eager(void *state)
{
    training *s = state;
    double loss = reel_item(step(s));
    reel_rewind(s->r);
    return loss;
}

/* OpenBLAS's own threads are the limit's alone. */
static double run_limit(void *state)
{
    double loss = (double)limit_w3_step(state);
    openblas_set_num_threads(1);
    return loss;
}

static void bench_threads(int threads)
{
    float *x = allocate(W3_BATCH * W3_INPUTS), *t = allocate(W3_BATCH);
    fill_uniform(x, W3_BATCH * W3_INPUTS, 1, 1);
    fill_targets(t, x, W3_BATCH, W3_INPUTS);
    limit_mlp weights = draw_weights(W3_INPUTS, W3_HIDDEN);
    training s = make_training(x, t, &weights, threads);
    training other = make_training(x, t, &weights, threads);
    replayed_step replayed = {.r = other.r, .run = step, .state = &other};
    limit_w3 *limit = limit_w3_create(x, t, &weights, (float)lr, threads);
    compare(&(comparison){.workload = "W3",
                          .unit = "ms",
                          .scale = 1e3,
                          .threads = threads,
                          .eager = {run_eager, &s},
                          .replayed = {run_replayed, &replayed},
                          .limit = {limit ? run_limit : NULL, limit},
                          .steps = 5,
                          .tolerance = 1e-4});
    require_success(s.r);
    require_success(other.r);
    limit_w3_destroy(limit);
    reel_free(s.r);
    reel_free(other.r);
    free_weights(&weights);
    free(x);
    free(t);
}

void bench_w3_wide_mlp(void) { for_each_thread_count(bench_threads); }
