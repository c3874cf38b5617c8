/* SPDX-License-Identifier: MIT */
/* Losses as modules: a function and its reduction. */
#include "module.h"

typedef reel_tensor *(*loss_function)(reel_module *m, reel_tensor *input, reel_tensor *target);

static reel_module *loss_module(reel *r, const char *name, loss_function loss, reel_reduction reduction,
                                reel_legacy_flag size_average, reel_legacy_flag reduce)
{
    reel_module *m = reeli_module_new(r, name);
    if (m) {
        bool legacy = size_average != REEL_UNSET || reduce != REEL_UNSET;
        m->loss = loss;
        m->reduction = legacy ? reel_legacy_reduction(r, size_average, reduce) : reduction;
    }
    return m;
}

static reel_tensor *l1(reel_module *m, reel_tensor *input, reel_tensor *target)
{
    return reel_l1_loss(input, target, m->reduction);
}

reel_module *reel_nn_l1_loss(reel *r, reel_l1_loss_options options)
{
    return loss_module(r, "L1Loss", l1, options.reduction, options.size_average, options.reduce);
}

static reel_tensor *mse(reel_module *m, reel_tensor *input, reel_tensor *target)
{
    return reel_mse_loss(input, target, m->reduction);
}

reel_module *reel_nn_mse_loss(reel *r, reel_mse_loss_options options)
{
    return loss_module(r, "MSELoss", mse, options.reduction, options.size_average, options.reduce);
}
