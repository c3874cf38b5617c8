/* SPDX-License-Identifier: MIT */
/* Schedules that go by the rate before: each function gives a group's next one, as PyTorch's get_lr
 * does, and the `closed` ones give it from the step's number. */
#include "scheduler.h"

#include <math.h>

#define PI 3.14159265358979323846

#define LR reeli_group_value(s, group, REELI_lr)

static double step_lr(const reel_scheduler *s, size_t group)
{
    const bool falls =
        s->last_epoch != 0 && fmod(s->last_epoch, (double)s->options.step.step_size) == 0;
    return falls ? LR * s->options.step.gamma : LR;
}

static double step_closed(const reel_scheduler *s, size_t group)
{
    return s->base_lr[group] *
           pow(s->options.step.gamma, floor(s->last_epoch / (double)s->options.step.step_size));
}

static const reeli_schedule_setting step_settings[] = {
    REELI_WHOLE_SETTING("step_size", options.step.step_size),
    REELI_SETTING("gamma", options.step.gamma),
    {0}};

static const reeli_schedule step = {.name = "StepLR",
                                    .chained = true,
                                    .lr = step_lr,
                                    .closed = step_closed,
                                    .setting = step_settings};

reel_scheduler *reel_lr_step(reel_optimizer *optimizer, reel_lr_step_options options)
{
    if (!reeli_may_schedule(optimizer) ||
        !reeli_scheduler_check(optimizer, step.name, options.step_size > 0,
                               "step_size must be above 0", (double)options.step_size)) {
        return NULL;
    }
    options.gamma = reeli_or(options.gamma, 0.1);
    reel_scheduler *s = reeli_scheduler_new(&step, optimizer, 0, NULL, 0);
    if (s) {
        s->options.step = options;
    }
    return reeli_scheduler_begin(s);
}

/* How many milestones are at this step (`exactly`), or not after it. */
static double milestones(const reel_scheduler *s, bool exactly)
{
    double count = 0;
    for (size_t i = 0; i < s->milestones; i++) {
        const double at = (double)s->milestone[i];
        count += exactly ? at == s->last_epoch : at <= s->last_epoch;
    }
    return count;
}

static double multi_step_lr(const reel_scheduler *s, size_t group)
{
    const double count = milestones(s, true);
    return count > 0 ? LR * pow(s->options.gamma, count) : LR;
}

static double multi_step_closed(const reel_scheduler *s, size_t group)
{
    return s->base_lr[group] * pow(s->options.gamma, milestones(s, false));
}

static const reeli_schedule_setting multi_step_settings[] = {REELI_SETTING("gamma", options.gamma),
                                                             {0}};

static const reeli_schedule multi_step = {.name = "MultiStepLR",
                                          .chained = true,
                                          .lr = multi_step_lr,
                                          .closed = multi_step_closed,
                                          .setting = multi_step_settings};

reel_scheduler *reel_lr_multi_step(reel_optimizer *optimizer, reel_lr_multi_step_options options)
{
    if (!reeli_may_schedule(optimizer) ||
        !reeli_scheduler_check(optimizer, multi_step.name, !options.count || options.milestones,
                               "its milestones are NULL", 0)) {
        return NULL;
    }
    reel_scheduler *s =
        reeli_may_schedule(optimizer)
            ? reeli_scheduler_new(&multi_step, optimizer, options.count, options.milestones, 0)
            : NULL;
    if (s) {
        s->options.gamma = reeli_or(options.gamma, 0.1);
    }
    return reeli_scheduler_begin(s);
}

static double exponential_lr(const reel_scheduler *s, size_t group)
{
    return s->last_epoch == 0 ? LR : LR * s->options.gamma;
}

static double exponential_closed(const reel_scheduler *s, size_t group)
{
    return s->base_lr[group] * pow(s->options.gamma, s->last_epoch);
}

static const reeli_schedule_setting exponential_settings[] = {REELI_SETTING("gamma", options.gamma),
                                                              {0}};

static const reeli_schedule exponential = {.name = "ExponentialLR",
                                           .chained = true,
                                           .lr = exponential_lr,
                                           .closed = exponential_closed,
                                           .setting = exponential_settings};

reel_scheduler *reel_lr_exponential(reel_optimizer *optimizer, reel_lr_exponential_options options)
{
    reel_scheduler *s = reeli_may_schedule(optimizer)
                            ? reeli_scheduler_new(&exponential, optimizer, 0, NULL, 0)
                            : NULL;
    if (s) {
        s->options.gamma = options.gamma;
    }
    return reeli_scheduler_begin(s);
}

/* A count from options, where 0 stands for the default and REEL_ZERO_COUNT for 0. */
static int64_t count_or(int64_t count, int64_t otherwise)
{
    return count > 0 ? count : count == 0 ? otherwise : 0;
}

static bool is_factor(const reel_optimizer *o, const char *name, double factor)
{
    return reeli_scheduler_check(o, name, factor >= 0 && factor <= 1,
                                 "a factor must be from 0 to 1", factor);
}

static double constant_lr(const reel_scheduler *s, size_t group)
{
    const double factor = s->options.constant.factor;
    return s->last_epoch == 0                                         ? LR * factor
           : s->last_epoch == (double)s->options.constant.total_iters ? LR * (1 / factor)
                                                                      : LR;
}

static double constant_closed(const reel_scheduler *s, size_t group)
{
    const double factor = s->options.constant.factor;
    const bool over = s->last_epoch >= (double)s->options.constant.total_iters;
    return s->base_lr[group] * (factor + over * (1 - factor));
}

static const reeli_schedule_setting constant_settings[] = {
    REELI_SETTING("factor", options.constant.factor),
    REELI_WHOLE_SETTING("total_iters", options.constant.total_iters),
    {0}};

static const reeli_schedule constant = {.name = "ConstantLR",
                                        .chained = true,
                                        .lr = constant_lr,
                                        .closed = constant_closed,
                                        .setting = constant_settings};

reel_scheduler *reel_lr_constant(reel_optimizer *optimizer, reel_lr_constant_options options)
{
    options.factor = reeli_or(options.factor, 1.0 / 3);
    options.total_iters = count_or(options.total_iters, 5);
    if (!reeli_may_schedule(optimizer) || !is_factor(optimizer, constant.name, options.factor)) {
        return NULL;
    }
    reel_scheduler *s = reeli_scheduler_new(&constant, optimizer, 0, NULL, 0);
    if (s) {
        s->options.constant = options;
    }
    return reeli_scheduler_begin(s);
}

static double linear_lr(const reel_scheduler *s, size_t group)
{
    const double start = s->options.linear.start_factor,
                 rise = s->options.linear.end_factor - start;
    const double total = (double)s->options.linear.total_iters;
    return s->last_epoch == 0      ? LR * start
           : s->last_epoch > total ? LR
                                   : LR * (1 + rise / (total * start + (s->last_epoch - 1) * rise));
}

static double linear_closed(const reel_scheduler *s, size_t group)
{
    const double start = s->options.linear.start_factor,
                 rise = s->options.linear.end_factor - start;
    const double total = (double)s->options.linear.total_iters;
    return s->base_lr[group] * (start + rise * fmin(total, s->last_epoch) / total);
}

static const reeli_schedule_setting linear_settings[] = {
    REELI_SETTING("start_factor", options.linear.start_factor),
    REELI_SETTING("end_factor", options.linear.end_factor),
    REELI_WHOLE_SETTING("total_iters", options.linear.total_iters),
    {0}};

static const reeli_schedule linear = {.name = "LinearLR",
                                      .chained = true,
                                      .lr = linear_lr,
                                      .closed = linear_closed,
                                      .setting = linear_settings};

reel_scheduler *reel_lr_linear(reel_optimizer *optimizer, reel_lr_linear_options options)
{
    options.start_factor = reeli_or(options.start_factor, 1.0 / 3);
    options.end_factor = reeli_or(options.end_factor, 1);
    options.total_iters = count_or(options.total_iters, 5);
    if (!reeli_may_schedule(optimizer) ||
        !is_factor(optimizer, linear.name, options.start_factor) ||
        !is_factor(optimizer, linear.name, options.end_factor)) {
        return NULL;
    }
    reel_scheduler *s = reeli_scheduler_new(&linear, optimizer, 0, NULL, 0);
    if (s) {
        s->options.linear = options;
    }
    return reeli_scheduler_begin(s);
}

static double polynomial_lr(const reel_scheduler *s, size_t group)
{
    const double total = (double)s->options.polynomial.total_iters, t = s->last_epoch;
    return t == 0 || t > total
               ? LR
               : LR * pow((1 - t / total) / (1 - (t - 1) / total), s->options.polynomial.power);
}

static double polynomial_closed(const reel_scheduler *s, size_t group)
{
    const double total = (double)s->options.polynomial.total_iters;
    return s->base_lr[group] *
           pow(1 - fmin(total, s->last_epoch) / total, s->options.polynomial.power);
}

static const reeli_schedule_setting polynomial_settings[] = {
    REELI_WHOLE_SETTING("total_iters", options.polynomial.total_iters),
    REELI_SETTING("power", options.polynomial.power),
    {0}};

static const reeli_schedule polynomial = {.name = "PolynomialLR",
                                          .chained = true,
                                          .lr = polynomial_lr,
                                          .closed = polynomial_closed,
                                          .setting = polynomial_settings};

reel_scheduler *reel_lr_polynomial(reel_optimizer *optimizer, reel_lr_polynomial_options options)
{
    reel_scheduler *s = reeli_may_schedule(optimizer)
                            ? reeli_scheduler_new(&polynomial, optimizer, 0, NULL, 0)
                            : NULL;
    if (s) {
        s->options.polynomial.total_iters = count_or(options.total_iters, 5);
        s->options.polynomial.power = reeli_or(options.power, 1);
    }
    return reeli_scheduler_begin(s);
}

static double cosine_closed(const reel_scheduler *s, size_t group)
{
    const double low = s->options.cosine.eta_min;
    return low + (s->base_lr[group] - low) *
                     (1 + cos(PI * s->last_epoch / (double)s->options.cosine.T_max)) / 2;
}

/* From the rate before, except where that was at the bottom, from which no factor leads up. */
static double cosine_lr(const reel_scheduler *s, size_t group)
{
    const double period = (double)s->options.cosine.T_max, low = s->options.cosine.eta_min,
                 t = s->last_epoch;
    if (t == 0) {
        return LR;
    }
    if (fmod(t - 1 - period, 2 * period) == 0) {
        return LR + (s->base_lr[group] - low) * (1 - cos(PI / period)) / 2;
    }
    return (1 + cos(PI * t / period)) / (1 + cos(PI * (t - 1) / period)) * (LR - low) + low;
}

static const reeli_schedule_setting cosine_settings[] = {
    REELI_WHOLE_SETTING("T_max", options.cosine.T_max),
    REELI_SETTING("eta_min", options.cosine.eta_min),
    {0}};

static const reeli_schedule cosine = {.name = "CosineAnnealingLR",
                                      .lr = cosine_lr,
                                      .closed = cosine_closed,
                                      .setting = cosine_settings};

reel_scheduler *reel_lr_cosine_annealing(reel_optimizer *optimizer,
                                         reel_lr_cosine_annealing_options options)
{
    if (!reeli_may_schedule(optimizer) ||
        !reeli_scheduler_check(optimizer, cosine.name, options.T_max > 0, "T_max must be above 0",
                               (double)options.T_max)) {
        return NULL;
    }
    reel_scheduler *s = reeli_scheduler_new(&cosine, optimizer, 0, NULL, 0);
    if (s) {
        s->options.cosine = options;
    }
    return reeli_scheduler_begin(s);
}

enum { T_CUR, T_I };

static void restarts_advance(reel_scheduler *s, bool restart)
{
    if (restart || s->last_epoch < 0) {
        s->last_epoch = s->number[T_CUR] = 0;
        s->number[T_I] = (double)s->options.restarts.T_0;
        return;
    }
    s->last_epoch++;
    if (++s->number[T_CUR] >= s->number[T_I]) {
        s->number[T_CUR] -= s->number[T_I];
        s->number[T_I] *= (double)s->options.restarts.T_mult;
    }
}

static double restarts_lr(const reel_scheduler *s, size_t group)
{
    const double low = s->options.restarts.eta_min;
    return low + (s->base_lr[group] - low) * (1 + cos(PI * s->number[T_CUR] / s->number[T_I])) / 2;
}

static const reeli_schedule_setting restarts_settings[] = {
    REELI_WHOLE_SETTING("T_0", options.restarts.T_0),
    REELI_WHOLE_SETTING("T_mult", options.restarts.T_mult),
    REELI_SETTING("eta_min", options.restarts.eta_min),
    {0}};

static const reeli_schedule restarts = {.name = "CosineAnnealingWarmRestarts",
                                        .setting = restarts_settings,
                                        .number = {"T_cur", "T_i"},
                                        .lr = restarts_lr,
                                        .advance = restarts_advance};

reel_scheduler *
reel_lr_cosine_annealing_warm_restarts(reel_optimizer *optimizer,
                                       reel_lr_cosine_annealing_warm_restarts_options options)
{
    options.T_mult = options.T_mult != 0 ? options.T_mult : 1;
    if (!reeli_may_schedule(optimizer) ||
        !reeli_scheduler_check(optimizer, restarts.name, options.T_0 > 0, "T_0 must be above 0",
                               (double)options.T_0) ||
        !reeli_scheduler_check(optimizer, restarts.name, options.T_mult > 0,
                               "T_mult must be above 0", (double)options.T_mult)) {
        return NULL;
    }
    reel_scheduler *s = reeli_scheduler_new(&restarts, optimizer, 0, NULL, 0);
    if (s) {
        s->options.restarts = options;
    }
    return reeli_scheduler_begin(s);
}

/* What the user's function says of an epoch. */
static double factor_of(const reel_scheduler *s, size_t group, int64_t epoch)
{
    reeli_visit visit;
    reeli_enter_callback(s->owned.r, &visit, NULL, false);
    const double factor = s->options.lambda.function(s->options.lambda.context, group, epoch);
    reeli_leave_callback(s->owned.r, &visit);
    return factor;
}

static double lambda_lr(const reel_scheduler *s, size_t group)
{
    return s->base_lr[group] * factor_of(s, group, reeli_epoch(s));
}

static const reeli_schedule lambda = {.name = "LambdaLR", .lr = lambda_lr};

/* Both are made of a function. */
static reel_scheduler *of_function(const reeli_schedule *kind, reel_optimizer *optimizer,
                                   double (*function)(void *context, size_t group, int64_t epoch),
                                   void *context)
{
    if (!reeli_may_schedule(optimizer) ||
        !reeli_scheduler_check(optimizer, kind->name, function != NULL, "it needs a function", 0)) {
        return NULL;
    }
    reel_scheduler *s = reeli_scheduler_new(kind, optimizer, 0, NULL, 0);
    if (s) {
        s->options.lambda.function = function;
        s->options.lambda.context = context;
    }
    return reeli_scheduler_begin(s);
}

reel_scheduler *reel_lr_lambda(reel_optimizer *optimizer,
                               double (*lr_lambda)(void *context, size_t group, int64_t epoch),
                               void *context)
{
    return of_function(&lambda, optimizer, lr_lambda, context);
}

static double multiplicative_lr(const reel_scheduler *s, size_t group)
{
    if (s->last_epoch == 0) {
        return LR;
    }
    const double factor = factor_of(s, group, (int64_t)s->last_epoch);
    return LR * factor; /* after the call, which may move what LR is read from */
}

static const reeli_schedule multiplicative = {.name = "MultiplicativeLR", .lr = multiplicative_lr};

reel_scheduler *reel_lr_multiplicative(reel_optimizer *optimizer,
                                       double (*lr_lambda)(void *context, size_t group,
                                                           int64_t epoch),
                                       void *context)
{
    return of_function(&multiplicative, optimizer, lr_lambda, context);
}
