/* SPDX-License-Identifier: MIT */
/* Chapter 10: fill in what says TODO, and run ./scripts/course.sh 10. */
#include "exercise.h"

/* TODO: this is right at 1, and not at 1000. reel_relu, reel_log1p, reel_abs. */
reel_tensor *softplus(reel_tensor *x) { return reel_log(reel_add_scalar(reel_exp(x), 1)); }

/* TODO: call->g[0] is the gradient of the result, call->in[0] is x. */
bool cube_gradient(reel_call *call, int input, reel_tensor *dx)
{
    (void)input;
    const double *g = reel_data_f64(call->g[0]);
    double *d = reel_data_f64(dx);
    for (int64_t i = 0; i < reel_numel(dx); i++) {
        d[i] = g[i];
    }
    return true;
}

/* TODO: reel_nn_module with a forward of your own, reel_module_add_child, reel_module_child. */
reel_module *block(reel *r, int64_t features) { return reel_nn_linear(r, features, features); }
