/* SPDX-License-Identifier: MIT */
/* Adam and its kin: averages of the gradient and of its square, corrected for their start at 0. */
#include "optimizer.h"

#include <math.h>

enum { STEP, MU_PRODUCT };

#define COMMON                                                                                     \
    (REELI_BIT(lr) | REELI_BIT(beta1) | REELI_BIT(beta2) | REELI_BIT(eps) | REELI_BIT(weight_decay))

/* The number of this step, and the betas with their corrections 1 - betaᵗ. */
static double begin(const double *value, double *number, reeli_step *s)
{
    const double t = ++number[STEP];
    s->beta1 = value[REELI_beta1];
    s->beta2 = value[REELI_beta2];
    s->correction1 = 1 - pow(s->beta1, t);
    s->correction2 = 1 - pow(s->beta2, t);
    return t;
}

/* Weights decay by themselves, or with the gradient. */
static void decay(const double *value, reeli_step *s, bool decoupled)
{
    s->shrink = decoupled ? 1 - value[REELI_lr] * s->weight_decay : 1;
    s->weight_decay = decoupled ? 0 : s->weight_decay;
}

static void prepare_adam(const double *value, double *number, reeli_step *s)
{
    begin(value, number, s);
    s->lr /= s->correction1;
    s->correction2 = sqrt(s->correction2);
    s->flag = value[REELI_amsgrad] != 0;
    decay(value, s, value[REELI_decoupled_weight_decay] != 0);
}

static void prepare_adamw(const double *value, double *number, reeli_step *s)
{
    prepare_adam(value, number, s);
    decay(value, s, true);
}

static void prepare_adamax(const double *value, double *number, reeli_step *s)
{
    begin(value, number, s);
    s->lr /= s->correction1;
}

/* PyTorch keeps the product of all momenta in a float, whatever the parameter's dtype. */
static void prepare_nadam(const double *value, double *number, reeli_step *s)
{
    const double t = begin(value, number, s), slower = value[REELI_momentum_decay];
    const double mu = s->beta1 * (1 - 0.5 * pow(0.96, t * slower));
    const double next = s->beta1 * (1 - 0.5 * pow(0.96, (t + 1) * slower));
    decay(value, s, value[REELI_decoupled_weight_decay] != 0);
    const float product = (t == 1 ? 1.0F : (float)number[MU_PRODUCT]) * (float)mu;
    number[MU_PRODUCT] = (double)product;
    s->weight = s->lr * (1 - mu) / (1 - (double)product);
    s->lr = s->lr * next / (1 - (double)product * next);
}

/* v can be trusted once the average over it is that of more than 5 terms. */
static void prepare_radam(const double *value, double *number, reeli_step *s)
{
    const double t = begin(value, number, s), most = 2 / (1 - s->beta2) - 1;
    const double length = most - 2 * t * pow(s->beta2, t) / s->correction2;
    decay(value, s, value[REELI_decoupled_weight_decay] != 0);
    s->flag = length > 5;
    s->weight = s->flag != 0
                    ? sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length))
                    : 1;
    s->correction2 = sqrt(s->correction2);
}

static unsigned needs_largest(const double *value) { return value[REELI_amsgrad] != 0 ? 7 : 3; }

#define ADAM(title, prepare_function, more)                                                        \
    {                                                                                              \
        .name = title, .settings = COMMON | REELI_BIT(amsgrad) | REELI_BIT(maximize) | (more),     \
        .state = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}, .number = {"step"},                  \
        .update = reeli_adam_update_loops, .needs = needs_largest, .prepare = prepare_function,    \
    }
static const reeli_rule adam = ADAM("Adam", prepare_adam, REELI_BIT(decoupled_weight_decay)),
                        adamw = ADAM("AdamW", prepare_adamw, 0);

static const reeli_rule adamax = {
    .name = "Adamax",
    .settings = COMMON | REELI_BIT(maximize),
    .state = {"exp_avg", "exp_inf"},
    .number = {"step"},
    .update = reeli_adamax_update_loops,
    .prepare = prepare_adamax,
};

static const reeli_rule nadam = {
    .name = "NAdam",
    .settings = COMMON | REELI_BIT(momentum_decay) | REELI_BIT(decoupled_weight_decay) |
                REELI_BIT(maximize),
    .state = {"exp_avg", "exp_avg_sq"},
    .number = {"step", "mu_product"},
    .update = reeli_nadam_update_loops,
    .prepare = prepare_nadam,
};

static const reeli_rule radam = {
    .name = "RAdam",
    .settings = COMMON | REELI_BIT(decoupled_weight_decay) | REELI_BIT(maximize),
    .state = {"exp_avg", "exp_avg_sq"},
    .number = {"step"},
    .update = reeli_radam_update_loops,
    .prepare = prepare_radam,
};

/* The settings that all of them have, with the defaults of most. */
#define VALUES(lr, betas, eps)                                                                     \
    [REELI_lr] = lr, [REELI_beta1] = reeli_or((betas)[0], 0.9),                                    \
    [REELI_beta2] = reeli_or((betas)[1], 0.999), [REELI_eps] = reeli_or(eps, 1e-8)

static reel_optimizer *new_adam(const reeli_rule *rule, reel_tensor_list parameters,
                                const reel_adam_options *o, double weight_decay)
{
    const double value[REELI_SETTINGS] = {
        VALUES(reeli_or(o->lr, 1e-3), o->betas, o->eps),
        [REELI_weight_decay] = weight_decay,
        [REELI_amsgrad] = o->amsgrad,
        [REELI_maximize] = o->maximize,
        [REELI_decoupled_weight_decay] = o->decoupled_weight_decay,
    };
    return reeli_optimizer_new(rule, parameters, value);
}

reel_optimizer *reel_optim_adam(reel_tensor_list parameters, reel_adam_options options)
{
    return new_adam(&adam, parameters, &options, options.weight_decay);
}

reel_optimizer *reel_optim_adamw(reel_tensor_list parameters, reel_adamw_options options)
{
    return new_adam(&adamw, parameters, &options, reeli_or(options.weight_decay, 1e-2));
}

reel_optimizer *reel_optim_adamax(reel_tensor_list parameters, reel_adamax_options options)
{
    const double value[REELI_SETTINGS] = {
        VALUES(reeli_or(options.lr, 2e-3), options.betas, options.eps),
        [REELI_weight_decay] = options.weight_decay,
        [REELI_maximize] = options.maximize,
    };
    return reeli_optimizer_new(&adamax, parameters, value);
}

reel_optimizer *reel_optim_nadam(reel_tensor_list parameters, reel_nadam_options options)
{
    const double value[REELI_SETTINGS] = {
        VALUES(reeli_or(options.lr, 2e-3), options.betas, options.eps),
        [REELI_weight_decay] = options.weight_decay,
        [REELI_momentum_decay] = reeli_or(options.momentum_decay, 4e-3),
        [REELI_decoupled_weight_decay] = options.decoupled_weight_decay,
        [REELI_maximize] = options.maximize,
    };
    return reeli_optimizer_new(&nadam, parameters, value);
}

reel_optimizer *reel_optim_radam(reel_tensor_list parameters, reel_radam_options options)
{
    const double value[REELI_SETTINGS] = {
        VALUES(reeli_or(options.lr, 1e-3), options.betas, options.eps),
        [REELI_weight_decay] = options.weight_decay,
        [REELI_decoupled_weight_decay] = options.decoupled_weight_decay,
        [REELI_maximize] = options.maximize,
    };
    return reeli_optimizer_new(&radam, parameters, value);
}
