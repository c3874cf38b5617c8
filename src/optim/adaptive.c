/* SPDX-License-Identifier: MIT */
/* Rules that give each element a step of its own, and averaged SGD. */
#include "optimizer.h"

#include <math.h>

enum { STEP, ETA, MU };

static void prepare_rmsprop(const double *value, double *number, reeli_step *s)
{
    number[STEP]++;
    s->beta2 = value[REELI_alpha];
    s->momentum = value[REELI_momentum];
    s->flag = value[REELI_centered] != 0;
}

static unsigned needs_rmsprop(const double *value)
{
    return 1U | (value[REELI_momentum] > 0 ? 2U : 0) | (value[REELI_centered] != 0 ? 4U : 0);
}

static const reeli_rule rmsprop = {
    .name = "RMSprop",
    .settings = REELI_BIT(lr) | REELI_BIT(alpha) | REELI_BIT(eps) | REELI_BIT(weight_decay) |
                REELI_BIT(momentum) | REELI_BIT(centered) | REELI_BIT(maximize),
    .state = {"square_avg", "momentum_buffer", "grad_avg"},
    .number = {"step"},
    .update = reeli_rmsprop_update_loops,
    .needs = needs_rmsprop,
    .prepare = prepare_rmsprop,
};

reel_optimizer *reel_optim_rmsprop(reel_tensor_list parameters, reel_rmsprop_options options)
{
    const double value[REELI_SETTINGS] = {
        [REELI_lr] = reeli_or(options.lr, 1e-2),   [REELI_alpha] = reeli_or(options.alpha, 0.99),
        [REELI_eps] = reeli_or(options.eps, 1e-8), [REELI_weight_decay] = options.weight_decay,
        [REELI_momentum] = options.momentum,       [REELI_centered] = options.centered,
        [REELI_maximize] = options.maximize,
    };
    return reeli_optimizer_new(&rmsprop, parameters, value);
}

static void prepare_adagrad(const double *value, double *number, reeli_step *s)
{
    s->first = number[STEP] == 0;
    s->start = value[REELI_initial_accumulator_value];
    s->lr /= 1 + number[STEP]++ * value[REELI_lr_decay];
}

static const reeli_rule adagrad = {
    .name = "Adagrad",
    .settings = REELI_BIT(lr) | REELI_BIT(lr_decay) | REELI_BIT(weight_decay) |
                REELI_BIT(initial_accumulator_value) | REELI_BIT(eps) | REELI_BIT(maximize),
    .state = {"sum"},
    .number = {"step"},
    .update = reeli_adagrad_update_loops,
    .prepare = prepare_adagrad,
};

reel_optimizer *reel_optim_adagrad(reel_tensor_list parameters, reel_adagrad_options options)
{
    const double value[REELI_SETTINGS] = {
        [REELI_lr] = reeli_or(options.lr, 1e-2),
        [REELI_lr_decay] = options.lr_decay,
        [REELI_weight_decay] = options.weight_decay,
        [REELI_initial_accumulator_value] = options.initial_accumulator_value,
        [REELI_eps] = reeli_or(options.eps, 1e-10),
        [REELI_maximize] = options.maximize,
    };
    return reeli_optimizer_new(&adagrad, parameters, value);
}

static void prepare_adadelta(const double *value, double *number, reeli_step *s)
{
    number[STEP]++;
    s->beta2 = value[REELI_rho];
}

static const reeli_rule adadelta = {
    .name = "Adadelta",
    .settings = REELI_BIT(lr) | REELI_BIT(rho) | REELI_BIT(eps) | REELI_BIT(weight_decay) |
                REELI_BIT(maximize),
    .state = {"square_avg", "acc_delta"},
    .number = {"step"},
    .update = reeli_adadelta_update_loops,
    .prepare = prepare_adadelta,
};

reel_optimizer *reel_optim_adadelta(reel_tensor_list parameters, reel_adadelta_options options)
{
    const double value[REELI_SETTINGS] = {
        [REELI_lr] = reeli_or(options.lr, 1),      [REELI_rho] = reeli_or(options.rho, 0.9),
        [REELI_eps] = reeli_or(options.eps, 1e-6), [REELI_weight_decay] = options.weight_decay,
        [REELI_maximize] = options.maximize,
    };
    return reeli_optimizer_new(&adadelta, parameters, value);
}

/* PyTorch keeps eta and mu as floats, whatever the parameter's dtype. */
static void prepare_asgd(const double *value, double *number, reeli_step *s)
{
    const double lr = s->lr, lambd = value[REELI_lambd];
    const double eta = number[STEP] == 0 ? (double)(float)lr : number[ETA];
    const double t = ++number[STEP];
    s->lr = eta;
    s->shrink = 1 - lambd * eta;
    s->weight = t == 1 ? 1 : number[MU];
    number[ETA] = (double)(float)(lr / pow(1 + lambd * lr * t, value[REELI_alpha]));
    number[MU] = (double)(float)(1 / fmax(1, t - value[REELI_t0]));
}

static const reeli_rule asgd = {
    .name = "ASGD",
    .settings = REELI_BIT(lr) | REELI_BIT(lambd) | REELI_BIT(alpha) | REELI_BIT(t0) |
                REELI_BIT(weight_decay) | REELI_BIT(maximize),
    .state = {"ax"},
    .number = {"step", "eta", "mu"},
    .update = reeli_asgd_update_loops,
    .prepare = prepare_asgd,
};

reel_optimizer *reel_optim_asgd(reel_tensor_list parameters, reel_asgd_options options)
{
    const double value[REELI_SETTINGS] = {
        [REELI_lr] = reeli_or(options.lr, 1e-2),
        [REELI_lambd] = reeli_or(options.lambd, 1e-4),
        [REELI_alpha] = reeli_or(options.alpha, 0.75),
        [REELI_t0] = reeli_or(options.t0, 1e6),
        [REELI_weight_decay] = options.weight_decay,
        [REELI_maximize] = options.maximize,
    };
    return reeli_optimizer_new(&asgd, parameters, value);
}

static void prepare_rprop(const double *value, double *number, reeli_step *s)
{
    s->first = number[STEP]++ == 0;
    s->start = s->lr;
    s->beta1 = value[REELI_etaminus];
    s->beta2 = value[REELI_etaplus];
    s->low = value[REELI_step_size_min];
    s->high = value[REELI_step_size_max];
}

static const reeli_rule rprop = {
    .name = "Rprop",
    .settings = REELI_BIT(lr) | REELI_BIT(etaminus) | REELI_BIT(etaplus) |
                REELI_BIT(step_size_min) | REELI_BIT(step_size_max) | REELI_BIT(maximize),
    .state = {"prev", "step_size"},
    .number = {"step"},
    .update = reeli_rprop_update_loops,
    .prepare = prepare_rprop,
};

reel_optimizer *reel_optim_rprop(reel_tensor_list parameters, reel_rprop_options options)
{
    const double value[REELI_SETTINGS] = {
        [REELI_lr] = reeli_or(options.lr, 1e-2),
        [REELI_etaminus] = reeli_or(options.etas[0], 0.5),
        [REELI_etaplus] = reeli_or(options.etas[1], 1.2),
        [REELI_step_size_min] = reeli_or(options.step_sizes[0], 1e-6),
        [REELI_step_size_max] = reeli_or(options.step_sizes[1], 50),
        [REELI_maximize] = options.maximize,
    };
    return reeli_optimizer_new(&rprop, parameters, value);
}
