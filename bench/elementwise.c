/* SPDX-License-Identifier: MIT */
/* Activations and their like, the values alone, of 4,096 floats, which lie in the first cache. One
 * by one a simple one takes ten instructions an element, in vectors one. */
#include "bench.h"
#include "inputs.h"

#include <reel/reel.h>

static reel_tensor *clamp(reel_tensor *x) { return reel_clamp(x, -0.5, 0.5); }
static reel_tensor *leaky_relu(reel_tensor *x) { return reel_leaky_relu(x, 0.01); }
static reel_tensor *elu(reel_tensor *x) { return reel_elu(x, 1); }
static reel_tensor *softplus(reel_tensor *x) { return reel_softplus(x, 1, 20); }
static reel_tensor *softshrink(reel_tensor *x) { return reel_softshrink(x, 0.5); }

typedef struct operation {
    const char *name;
    reel_tensor *(*run)(reel_tensor *x);
    reel_tensor *x;
} operation;

/* The value of the first element. */
static double run_operation(void *state)
{
    const operation *o = state;
    const double value = (double)reel_data_f32(o->run(o->x))[0];
    reel_rewind(reel_of(o->x));
    return value;
}

void bench_elementwise(void)
{
    operation all[] = {{"relu", reel_relu, NULL},
                       {"leaky_relu", leaky_relu, NULL},
                       {"relu6", reel_relu6, NULL},
                       {"hardsigmoid", reel_hardsigmoid, NULL},
                       {"hardswish", reel_hardswish, NULL},
                       {"softshrink", softshrink, NULL},
                       {"clamp", clamp, NULL},
                       {"round", reel_round, NULL},
                       {"floor", reel_floor, NULL},
                       {"exp", reel_exp, NULL},
                       {"tanh", reel_tanh, NULL},
                       {"sigmoid", reel_sigmoid, NULL},
                       {"silu", reel_silu, NULL},
                       {"elu", elu, NULL},
                       {"gelu", reel_gelu, NULL},
                       {"softplus", softplus, NULL}};
    float numbers[ELEMENTWISE_NUMBERS];
    fill_uniform(numbers, ELEMENTWISE_NUMBERS, ELEMENTWISE_LARGEST, 1);
    reel *r = reel_new();
    reel_tensor *x = reel_from_f32(r, numbers, REEL_SHAPE(ELEMENTWISE_NUMBERS));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        all[i].x = x;
        compare(&(comparison){.workload = "elementwise",
                              .config = all[i].name,
                              .unit = "ns",
                              .scale = 1e9,
                              .units = ELEMENTWISE_NUMBERS,
                              .threads = 1,
                              .eager = {run_operation, all + i},
                              .steps = 1,
                              .tolerance = 1e-5});
    }
    reel_free(r);
}
