/* SPDX-License-Identifier: MIT */
/* The pass itself, of this rule and the others: kernel/cpu/optimizers.h. */
#include "optimizer.h"

static void prepare(const double *value, double *number, reeli_step *s)
{
    s->momentum = value[REELI_momentum];
    s->share = 1 - value[REELI_dampening];
    s->nesterov = value[REELI_nesterov] != 0;
    s->first = number[0] == 0;
    number[0] = number[0] != 0 || s->momentum != 0;
}

static unsigned needs(const double *value) { return value[REELI_momentum] != 0; }

static const char *unsound(const double *value, double *blame)
{
    *blame = value[REELI_dampening];
    return value[REELI_nesterov] != 0 && (value[REELI_momentum] == 0 || *blame != 0)
               ? "nesterov needs a momentum above 0 and no dampening"
               : NULL;
}

static const reeli_rule rule = {
    .name = "SGD",
    .settings = REELI_BIT(lr) | REELI_BIT(momentum) | REELI_BIT(dampening) |
                REELI_BIT(weight_decay) | REELI_BIT(nesterov) | REELI_BIT(maximize),
    .state = {"momentum_buffer"},
    .number = {"started"},
    .update = reeli_sgd_update_loops,
    .needs = needs,
    .prepare = prepare,
    .unsound = unsound,
};

reel_optimizer *reel_optim_sgd(reel_tensor_list parameters, reel_sgd_options options)
{
    const double value[REELI_SETTINGS] = {
        [REELI_lr] = reeli_or(options.lr, 1e-3), [REELI_momentum] = options.momentum,
        [REELI_dampening] = options.dampening,   [REELI_weight_decay] = options.weight_decay,
        [REELI_nesterov] = options.nesterov,     [REELI_maximize] = options.maximize,
    };
    return reeli_optimizer_new(&rule, parameters, value);
}
