/* SPDX-License-Identifier: MIT */
/* W5: linear regression of 1,000,000 rows of 100 columns, all at each step; L1 loss, SGD. */
#include "inputs.h"
#include "models.h"

#include "bench.h"

#include <stdlib.h>
#include <string.h>

static const double lr = 1e-2;

typedef struct training {
    reel *r;
    reel_tensor *x, *t;
    reel_module *linear, *l1_loss;
    reel_optimizer *sgd;
} training;

static void draw_rows(training *s)
{
    s->x = reel_zeros(s->r, REEL_F32, REEL_SHAPE(W5_ROWS, W5_COLUMNS));
    s->t = reel_zeros(s->r, REEL_F32, REEL_SHAPE(W5_ROWS, 1));
    require_success(s->r);
    fill_uniform(reel_data_f32(s->x), W5_ROWS * W5_COLUMNS, 1, 1);
    fill_targets(reel_data_f32(s->t), reel_data_f32(s->x), W5_ROWS, W5_COLUMNS);
}

static void make_model(training *s, const float *weight, float bias)
{
    s->linear = reel_nn_linear(s->r, W5_COLUMNS, 1);
    s->l1_loss = reel_nn_l1_loss(s->r, (reel_l1_loss_options){0});
    s->sgd = reel_optim_sgd(reel_parameters(s->linear), (reel_sgd_options){.lr = lr});
    require_success(s->r);
    memcpy(reel_data_f32(reel_parameter(s->linear, "weight")), weight, W5_COLUMNS * sizeof *weight);
    *reel_data_f32(reel_parameter(s->linear, "bias")) = bias;
}

static reel_tensor *epoch(void *state)
{
    training *s = state;
    reel_tensor *loss = reel_loss(s->l1_loss, reel_forward(s->linear, s->x), s->t);
    reel_zero_grad(s->sgd);
    reel_backward(loss);
    reel_step(s->sgd);
    return loss;
}

static double run_eager(void *state)
{
    training *s = state;
    double loss = reel_item(epoch(s));
    reel_rewind(s->r);
    return loss;
}

static double run_two_passes(void *state) { return (double)limit_w5_epoch_two_pass(state); }
static double run_one_pass(void *state) { return (double)limit_w5_epoch_one_pass(state); }

static void bench_threads(int threads)
{
    float weight[W5_COLUMNS], bias;
    fill_layer(weight, &bias, W5_COLUMNS, 1, 0.1f, 10);
    training s = {.r = reel_new()};
    reel_set_num_threads(s.r, threads);
    draw_rows(&s);
    training other = s; /* the same rows */
    make_model(&s, weight, bias);
    make_model(&other, weight, bias);
    replayed_step replayed = {.r = s.r, .run = epoch, .state = &other};
    float *x = reel_data_f32(s.x), *t = reel_data_f32(s.t);
    limit_w5 *two = limit_w5_create(x, t, W5_ROWS, weight, bias, (float)lr, threads);
    limit_w5 *one = limit_w5_create(x, t, W5_ROWS, weight, bias, (float)lr, threads);
    compare(&(comparison){.workload = "W5",
                          .unit = "ms",
                          .scale = 1e3,
                          .threads = threads,
                          .eager = {run_eager, &s},
                          .replayed = {run_replayed, &replayed},
                          .limit = {two ? run_two_passes : NULL, two},
                          .one_pass = {one ? run_one_pass : NULL, one},
                          .steps = 3,
                          .tolerance = 1e-4});
    require_success(s.r);
    limit_w5_destroy(two);
    limit_w5_destroy(one);
    reel_free(s.r);
}

void bench_w5_linear_regression(void) { for_each_thread_count(bench_threads); }
