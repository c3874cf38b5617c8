/* SPDX-License-Identifier: MIT */
#include "models.h"

#include "inputs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

float *allocate(int64_t count)
{
    float *x = limit_alloc(count * (int64_t)sizeof *x);
    if (!x) {
        fprintf(stderr, "bench: out of memory\n");
        exit(1);
    }
    return x;
}

void require_success(reel *r)
{
    if (!r || reel_failed(r)) {
        fprintf(stderr, "bench: %s\n", r ? reel_error(r) : "out of memory");
        exit(1);
    }
}

static float inverse_root(int64_t n) { return 1.0f / sqrtf((float)n); }

limit_mlp draw_weights(int64_t inputs, int64_t hidden)
{
    limit_mlp w = {allocate(hidden * inputs), allocate(hidden), allocate(hidden * hidden),
                   allocate(hidden),          allocate(hidden), allocate(1)};
    fill_layer(w.w1, w.b1, inputs, hidden, inverse_root(inputs), 10);
    fill_layer(w.w2, w.b2, hidden, hidden, inverse_root(hidden), 20);
    fill_layer(w.w3, w.b3, hidden, 1, inverse_root(hidden), 30);
    return w;
}

void free_weights(limit_mlp *w)
{
    float *const arrays[] = {w->w1, w->b1, w->w2, w->b2, w->w3, w->b3};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        free(arrays[i]);
    }
}

static void set_parameter(reel_module *model, const char *name, const float *values)
{
    reel_tensor *p = reel_parameter(model, name);
    memcpy(reel_data_f32(p), values, (size_t)reel_numel(p) * sizeof *values);
}

reel_module *make_mlp(reel *r, int64_t inputs, int64_t hidden, const limit_mlp *weights)
{
    reel_module *layers[] = {reel_nn_linear(r, inputs, hidden), reel_nn_relu(r),
                             reel_nn_linear(r, hidden, hidden), reel_nn_relu(r),
                             reel_nn_linear(r, hidden, 1)};
    reel_module *model = reel_nn_sequential(r, layers, sizeof layers / sizeof *layers);
    require_success(r);
    set_parameter(model, "0.weight", weights->w1);
    set_parameter(model, "0.bias", weights->b1);
    set_parameter(model, "2.weight", weights->w2);
    set_parameter(model, "2.bias", weights->b2);
    set_parameter(model, "4.weight", weights->w3);
    set_parameter(model, "4.bias", weights->b3);
    return model;
}

double run_replayed(void *step)
{
    replayed_step *s = step;
    if (s->graph) {
        reel_replay(s->graph);
    } else {
        reel_capture_begin(s->r);
        s->loss = s->run(s->state);
        s->graph = reel_capture_end(s->r);
        require_success(s->r);
    }
    return reel_item(s->loss);
}
