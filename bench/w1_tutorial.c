/* SPDX-License-Identifier: MIT */
/* W1: an epoch of the L1 tutorial. */
#include "bench.h"
#include "limit/limit.h"

#include <reel/reel.h>

typedef struct tutorial {
    reel *r;
    reel_tensor *x, *y;
    reel_module *model, *l1_loss;
    reel_optimizer *sgd;
    reel_tensor *loss;
    reel_graph *captured; /* NULL until it is */
} tutorial;

static tutorial make_tutorial(void)
{
    reel *r = reel_new();
    tutorial t = {.r = r};
    reel_manual_seed(r, 0);
    t.x = reel_from_f32(r, (float[]){1, 2, 3, 4, 5}, REEL_SHAPE(5));
    t.y = reel_from_f32(r, (float[]){2, 4, 6, 8, 10}, REEL_SHAPE(5));
    t.model = reel_nn_linear(r, 1, 1);
    t.l1_loss = reel_nn_l1_loss(r, (reel_l1_loss_options){0});
    t.sgd = reel_optim_sgd(reel_parameters(t.model), (reel_sgd_options){.lr = 0.01});
    return t;
}

static void step(tutorial *t)
{
    reel_tensor *y_pred = reel_forward(t->model, reel_unsqueeze(t->x, 1));
    t->loss = reel_loss(t->l1_loss, y_pred, reel_unsqueeze(t->y, 1));
    reel_zero_grad(t->sgd);
    reel_backward(t->loss);
    reel_step(t->sgd);
}

static double epoch(void *state)
{
    tutorial *t = state;
    step(t);
    double value = reel_item(t->loss);
    reel_rewind(t->r);
    return value;
}

/* The first one is captured, all others are replays. */
static double replayed_epoch(void *state)
{
    tutorial *t = state;
    if (t->captured) {
        reel_replay(t->captured);
    } else {
        reel_capture_begin(t->r);
        step(t);
        t->captured = reel_capture_end(t->r);
    }
    return reel_item(t->loss);
}

static double limit_epoch(void *state) { return (double)limit_w1_epoch(state); }

void bench_w1_tutorial(void)
{
    tutorial t = make_tutorial(), other = make_tutorial();
    limit_w1 *limit = limit_w1_create((float)reel_item(reel_parameter(t.model, "weight")),
                                      (float)reel_item(reel_parameter(t.model, "bias")));
    compare(&(comparison){.workload = "W1",
                          .unit = "us",
                          .scale = 1e6,
                          .threads = 1,
                          .eager = {epoch, &t},
                          .replayed = {replayed_epoch, &other},
                          .limit = {limit_epoch, limit},
                          .steps = 50,
                          .tolerance = 1e-4});
    limit_w1_destroy(limit);
    reel_free(t.r);
    reel_free(other.r);
}
