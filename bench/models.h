/* SPDX-License-Identifier: MIT */
/* What several workloads build: a multilayer perceptron that starts from given weights. */
#ifndef BENCH_MODELS_H
#define BENCH_MODELS_H

#include "limit/limit.h"

#include <reel/reel.h>

/* Weights of inputs-hidden-hidden-1, the same for all sides; free_weights frees the arrays. */
limit_mlp draw_weights(int64_t inputs, int64_t hidden);
void free_weights(limit_mlp *w);

/* Linear, ReLU, Linear, ReLU, Linear, the reel's. */
reel_module *make_mlp(reel *r, int64_t inputs, int64_t hidden, const limit_mlp *weights);

/* A training step, its loss kept in `loss`; captured the first time that it is run, and replayed
 * from then on. Returns the loss. */
typedef struct replayed_step {
    reel *r;
    reel_tensor *(*run)(void *state);
    void *state;
    reel_graph *graph; /* NULL until it is captured */
    reel_tensor *loss;
} replayed_step;
double run_replayed(void *step);

/* Ends the program with the reel's message if there is one. */
void require_success(reel *r);

/* `count` floats; ends the program if there is no memory. */
float *allocate(int64_t count);

#endif
