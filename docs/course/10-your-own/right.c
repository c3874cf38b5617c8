/* SPDX-License-Identifier: MIT */
/* One way to do chapter 10. */
#include "exercise.h"

reel_tensor *softplus(reel_tensor *x)
{
    return reel_add(reel_relu(x), reel_log1p(reel_exp(reel_neg(reel_abs(x)))));
}

bool cube_gradient(reel_call *call, int input, reel_tensor *dx)
{
    (void)input;
    const double *x = reel_data_f64(call->in[0]), *g = reel_data_f64(call->g[0]);
    double *d = reel_data_f64(dx);
    for (int64_t i = 0; i < reel_numel(dx); i++) {
        d[i] = g[i] * 3 * x[i] * x[i];
    }
    return true;
}

static reel_tensor *block_forward(reel_module *module, reel_tensor *x, void *context)
{
    (void)context;
    return reel_add(x, reel_forward(reel_module_child(module, "inner"), x));
}

reel_module *block(reel *r, int64_t features)
{
    reel_module *module = reel_nn_module(r, "Block", block_forward, NULL);
    reel_module_add_child(module, "inner", reel_nn_linear(r, features, features));
    return module;
}
