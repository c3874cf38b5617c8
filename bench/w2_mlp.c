/* SPDX-License-Identifier: MIT */
/* W2: MLP 13-64-64-1 with ReLU, L1 loss, 32 rows a step, gathered from 20,000 in shuffled order. */
#include "inputs.h"
#include "models.h"

#include "bench.h"

#include <reel/loader.h>
#include <stdlib.h>

/* What all sides read: rows, and the order in which batches take them. */
typedef struct table {
    float *x, *t;
    int64_t *order;
} table;

static table make_table(void)
{
    table d = {allocate(W2_ROWS * W2_INPUTS), allocate(W2_ROWS), limit_alloc(W2_ROWS * 8)};
    fill_uniform(d.x, W2_ROWS * W2_INPUTS, 1, 1);
    fill_targets(d.t, d.x, W2_ROWS, W2_INPUTS);
    fill_order(d.order, W2_ROWS, 2);
    return d;
}

typedef struct training {
    reel *r;
    reel_loader *batches; /* of x and t, by the order that the table has */
    reel_tensor *batch[2];
    reel_module *model, *l1_loss;
    reel_optimizer *optimizer;
    replayed_step replayed;
} training;

static reel_loader *load(reel *r, const table *d)
{
    reel_tensor *tensors[] = {reel_from_f32(r, d->x, REEL_SHAPE(W2_ROWS, W2_INPUTS)),
                              reel_from_f32(r, d->t, REEL_SHAPE(W2_ROWS, 1))};
    reel_tensor *rows = reel_from_i64(r, d->order, REEL_SHAPE(W2_ROWS));
    return reel_loader_new(r, tensors, 2,
                           (reel_loader_options){.batch_size = W2_BATCH, .rows = rows});
}

static training make_training(const table *d, const limit_mlp *weights, bool adam)
{
    reel *r = reel_new();
    training s = {.r = r,
                  .batches = load(r, d),
                  .model = make_mlp(r, W2_INPUTS, W2_HIDDEN, weights),
                  .l1_loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0})};
    const reel_tensor_list parameters = reel_parameters(s.model);
    s.optimizer = adam
                      ? reel_optim_adam(parameters, (reel_adam_options){.lr = 1e-3})
                      : reel_optim_sgd(parameters, (reel_sgd_options){.lr = 1e-3, .momentum = 0.9});
    require_success(r);
    return s;
}

/* From the first batch on again after the last. */
static void take_batch(training *s)
{
    if (!reel_loader_next(s->batches, s->batch)) {
        reel_loader_next(s->batches, s->batch);
    }
}

static reel_tensor *step(void *state)
{
    training *s = state;
    reel_tensor *y = reel_forward(s->model, s->batch[0]);
    reel_tensor *loss = reel_loss(s->l1_loss, y, s->batch[1]);
    reel_zero_grad(s->optimizer);
    reel_backward(loss);
    reel_step(s->optimizer);
    return loss;
}

static double run_eager(void *state)
{
    training *s = state;
    take_batch(s);
    double loss = reel_item(step(s));
    reel_rewind(s->r);
    return loss;
}

/* A loader's batches are always the same tensors. */
static double run_captured(void *state)
{
    training *s = state;
    take_batch(s);
    s->replayed.r = s->r, s->replayed.run = step, s->replayed.state = s;
    return run_replayed(&s->replayed);
}

typedef struct by_hand {
    limit_w2 *limit;
    const int64_t *order;
    int64_t at;
} by_hand;

static double run_limit(void *state)
{
    by_hand *s = state;
    const int64_t *rows = s->order + s->at;
    s->at = (s->at + W2_BATCH) % W2_ROWS;
    return (double)limit_w2_step(s->limit, rows);
}

static void bench_optimizer(const table *d, const limit_mlp *weights, bool adam)
{
    training eager = make_training(d, weights, adam), replayed = make_training(d, weights, adam);
    by_hand limit = {
        limit_w2_create(d->x, d->t, weights, adam ? LIMIT_ADAM : LIMIT_SGD_MOMENTUM, 1e-3f),
        d->order, 0};
    compare(&(comparison){.workload = "W2",
                          .config = adam ? "adam" : "sgd",
                          .unit = "us",
                          .scale = 1e6,
                          .threads = 1,
                          .eager = {run_eager, &eager},
                          .replayed = {run_captured, &replayed},
                          .limit = {run_limit, &limit},
                          .tolerance = adam ? 1e-3 : 1e-4});
    require_success(eager.r);
    require_success(replayed.r);
    limit_w2_destroy(limit.limit);
    reel_free(eager.r);
    reel_free(replayed.r);
}

void bench_w2_mlp(void)
{
    table d = make_table();
    limit_mlp weights = draw_weights(W2_INPUTS, W2_HIDDEN);
    bench_optimizer(&d, &weights, false);
    bench_optimizer(&d, &weights, true);
    free_weights(&weights);
    free(d.x);
    free(d.t);
    free(d.order);
}
