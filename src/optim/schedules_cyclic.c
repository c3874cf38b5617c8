/* SPDX-License-Identifier: MIT */
/* Schedules that take the rate up and down between two bounds, and momentum the other way; and the
 * one that goes by a metric. */
#include "scheduler.h"

#include <math.h>

#define PI 3.14159265358979323846

static double one_of(const double *each, double all, size_t group)
{
    return each ? each[group] : all;
}

/* A phase of one cycle: up to step `end`, and which of the rates and momenta it leads from and
 * to. */
typedef struct phase {
    double end;
    int lr[2], momentum[2];
} phase;

enum { ANNEAL_STRATEGY, THREE_PHASE };

static phase phase_of(const reel_scheduler *s, int i)
{
    const double total = s->end, share = s->options.one_cycle.pct_start;
    const double up = share * total - 1, down = 2 * share * total - 2;
    if (i == 0) {
        return (phase){
            up, {REELI_initial_lr, REELI_max_lr}, {REELI_max_momentum, REELI_base_momentum}};
    }
    if (s->mode[THREE_PHASE] == 0) {
        return (phase){
            total - 1, {REELI_max_lr, REELI_min_lr}, {REELI_base_momentum, REELI_max_momentum}};
    }
    return i == 1 ? (phase){down,
                            {REELI_max_lr, REELI_initial_lr},
                            {REELI_base_momentum, REELI_max_momentum}}
                  : (phase){total - 1,
                            {REELI_initial_lr, REELI_min_lr},
                            {REELI_max_momentum, REELI_max_momentum}};
}

static double anneal(const reel_scheduler *s, size_t group, bool momentum)
{
    const int last = s->mode[THREE_PHASE] != 0 ? 2 : 1;
    double begin = 0;
    int i = 0;
    phase p = phase_of(s, 0);
    while (i < last && !(s->last_epoch <= p.end)) {
        begin = p.end;
        p = phase_of(s, ++i);
    }
    const int *bounds = momentum ? p.momentum : p.lr;
    const double from = reeli_group_value(s, group, bounds[0]),
                 to = reeli_group_value(s, group, bounds[1]);
    const double part = (s->last_epoch - begin) / (p.end - begin);
    return s->mode[ANNEAL_STRATEGY] == REEL_ANNEAL_COS ? to + (from - to) / 2 * (cos(PI * part) + 1)
                                                       : (to - from) * part + from;
}

static double one_cycle_lr(const reel_scheduler *s, size_t group)
{
    return anneal(s, group, false);
}

static double one_cycle_momentum(const reel_scheduler *s, size_t group)
{
    return anneal(s, group, true);
}

static const reeli_schedule_setting one_cycle_settings[] = {
    REELI_SETTING("total_steps", end),
    REELI_SETTING("pct_start", options.one_cycle.pct_start),
    REELI_SETTING("anneal_strategy", mode[ANNEAL_STRATEGY]),
    REELI_SETTING("three_phase", mode[THREE_PHASE]),
    {0}};

static const reeli_schedule one_cycle = {.name = "OneCycleLR",
                                         .setting = one_cycle_settings,
                                         .lr = one_cycle_lr,
                                         .momentum = one_cycle_momentum};
static const reeli_schedule one_cycle_of_lr = {
    .name = "OneCycleLR", .setting = one_cycle_settings, .lr = one_cycle_lr};

static bool sound_one_cycle(const reel_optimizer *o, const reel_lr_one_cycle_options *options)
{
    const char *name = one_cycle.name;
    const bool momentum = (o->rule->settings & (REELI_BIT(momentum) | REELI_BIT(beta1))) != 0;
    return reeli_scheduler_check(o, name, options->total_steps > 0, "total_steps must be above 0",
                                 (double)options->total_steps) &&
           reeli_scheduler_check(o, name, options->pct_start >= 0 && options->pct_start <= 1,
                                 "pct_start must be from 0 to 1", options->pct_start) &&
           reeli_scheduler_check(o, name, (unsigned)options->anneal_strategy <= REEL_ANNEAL_LINEAR,
                                 "anneal_strategy must be one of them", options->anneal_strategy) &&
           reeli_scheduler_check(o, name, momentum || options->no_cycle_momentum,
                                 "the optimizer has no momentum to cycle", 0);
}

reel_scheduler *reel_lr_one_cycle(reel_optimizer *optimizer, reel_lr_one_cycle_options options)
{
    if (options.total_steps == 0 &&
        !reeli_multiply(options.epochs, options.steps_per_epoch, &options.total_steps)) {
        options.total_steps = -1; /* which is out of its range */
    }
    options.pct_start = reeli_or(options.pct_start, 0.3);
    options.base_momentum = reeli_or(options.base_momentum, 0.85);
    options.max_momentum = reeli_or(options.max_momentum, 0.95);
    options.div_factor = reeli_or(options.div_factor, 25);
    options.final_div_factor = reeli_or(options.final_div_factor, 1e4);
    if (!reeli_may_schedule(optimizer) || !sound_one_cycle(optimizer, &options)) {
        return NULL;
    }
    reel_scheduler *s = reeli_scheduler_new(
        options.no_cycle_momentum ? &one_cycle_of_lr : &one_cycle, optimizer, 0, NULL, 0);
    if (!s) {
        return NULL;
    }
    s->end = (double)options.total_steps;
    for (size_t i = 0; i < s->groups; i++) {
        double *value = optimizer->group[i].value;
        value[REELI_max_lr] = one_of(options.max_lrs, options.max_lr, i);
        value[REELI_initial_lr] = value[REELI_max_lr] / options.div_factor;
        value[REELI_min_lr] = value[REELI_initial_lr] / options.final_div_factor;
        if (!options.no_cycle_momentum) {
            value[REELI_max_momentum] = options.max_momentum;
            value[REELI_base_momentum] = options.base_momentum;
        }
    }
    options.max_lrs = NULL;
    s->mode[ANNEAL_STRATEGY] = options.anneal_strategy;
    s->mode[THREE_PHASE] = options.three_phase;
    s->options.one_cycle = options;
    return reeli_scheduler_begin(s);
}

/* How far between the bounds, in [0, 1], and which cycle it is, from 1 on. */
static double height(const reel_scheduler *s, double *cycle)
{
    const double up = s->options.cyclic.step_size_up, total = up + s->options.cyclic.step_size_down,
                 ratio = up / total;
    *cycle = floor(1 + s->last_epoch / total);
    const double x = 1 + s->last_epoch / total - *cycle;
    return x <= ratio ? x / ratio : (x - 1) / (ratio - 1);
}

static double scale(const reel_scheduler *s, double cycle)
{
    const reel_lr_cyclic_options *o = &s->options.cyclic;
    const double epoch = s->last_epoch;
    const double mode = s->mode[0];
    if (o->scale_fn) {
        reeli_visit visit;
        reeli_enter_callback(s->owned.r, &visit, NULL, false);
        const double factor = o->scale_fn(o->context, o->scale_by_iterations ? epoch : cycle);
        reeli_leave_callback(s->owned.r, &visit);
        return factor;
    }
    return mode == REEL_TRIANGULAR    ? 1
           : mode == REEL_TRIANGULAR2 ? 1 / pow(2, cycle - 1)
                                      : pow(o->gamma, epoch);
}

static double cyclic_lr(const reel_scheduler *s, size_t group)
{
    double cycle;
    const double part = height(s, &cycle), low = s->base_lr[group];
    return low + (s->high[group] - low) * part * scale(s, cycle);
}

static double cyclic_momentum(const reel_scheduler *s, size_t group)
{
    (void)group;
    double cycle;
    const double part = height(s, &cycle), high = s->options.cyclic.max_momentum;
    return high - (high - s->options.cyclic.base_momentum) * part * scale(s, cycle);
}

static const reeli_schedule_setting cyclic_settings[] = {
    REELI_SETTING("step_size_up", options.cyclic.step_size_up),
    REELI_SETTING("step_size_down", options.cyclic.step_size_down),
    REELI_SETTING("mode", mode[0]),
    REELI_SETTING("gamma", options.cyclic.gamma),
    REELI_SETTING("base_momentum", options.cyclic.base_momentum),
    REELI_SETTING("max_momentum", options.cyclic.max_momentum),
    {0}};

static const reeli_schedule cyclic = {.name = "CyclicLR",
                                      .setting = cyclic_settings,
                                      .high = "max_lrs",
                                      .lr = cyclic_lr,
                                      .momentum = cyclic_momentum};
static const reeli_schedule cyclic_of_lr = {
    .name = "CyclicLR", .setting = cyclic_settings, .high = "max_lrs", .lr = cyclic_lr};

reel_scheduler *reel_lr_cyclic(reel_optimizer *optimizer, reel_lr_cyclic_options options)
{
    options.step_size_up = reeli_or(options.step_size_up, 2000);
    options.step_size_down = reeli_or(options.step_size_down, options.step_size_up);
    options.gamma = reeli_or(options.gamma, 1);
    options.base_momentum = reeli_or(options.base_momentum, 0.8);
    options.max_momentum = reeli_or(options.max_momentum, 0.9);
    if (!reeli_may_schedule(optimizer) ||
        !reeli_scheduler_check(optimizer, cyclic.name,
                               options.step_size_up > 0 && options.step_size_down >= 0,
                               "step sizes must be above 0", options.step_size_up) ||
        !reeli_scheduler_check(optimizer, cyclic.name, (unsigned)options.mode <= REEL_EXP_RANGE,
                               "the mode must be one of them", options.mode) ||
        !reeli_scheduler_check(optimizer, cyclic.name,
                               options.no_cycle_momentum ||
                                   (optimizer->rule->settings & REELI_BIT(momentum)),
                               "the optimizer has no momentum to cycle", 0)) {
        return NULL;
    }
    reel_scheduler *s = reeli_scheduler_new(options.no_cycle_momentum ? &cyclic_of_lr : &cyclic,
                                            optimizer, 0, NULL, 0);
    if (!s) {
        return NULL;
    }
    for (size_t i = 0; i < s->groups; i++) {
        s->low[i] = optimizer->group[i].value[REELI_lr] =
            one_of(options.base_lrs, options.base_lr, i);
        s->high[i] = one_of(options.max_lrs, options.max_lr, i);
    }
    options.base_lrs = options.max_lrs = NULL;
    s->mode[0] = options.mode;
    s->options.cyclic = options;
    s = reeli_scheduler_begin(s);
    for (size_t i = 0; s && i < s->groups; i++) {
        s->base_lr[i] = s->low[i]; /* which need not be the group's first rate */
    }
    return s;
}

enum { BEST, BAD_EPOCHS, COOLDOWN };
enum { MAX, ABSOLUTE };

static const reeli_schedule_setting plateau_settings[] = {
    REELI_SETTING("mode", mode[MAX]),
    REELI_SETTING("threshold_mode", mode[ABSOLUTE]),
    REELI_SETTING("factor", options.plateau.factor),
    REELI_WHOLE_SETTING("patience", options.plateau.patience),
    REELI_SETTING("threshold", options.plateau.threshold),
    REELI_WHOLE_SETTING("cooldown", options.plateau.cooldown),
    REELI_SETTING("eps", options.plateau.eps),
    {0}};

static const reeli_schedule plateau = {.setting = plateau_settings,
                                       .low = "min_lrs",
                                       .name = "ReduceLROnPlateau",
                                       .number = {"best", "num_bad_epochs", "cooldown_counter"}};

static bool is_better(const reel_scheduler *s, double metric, double best)
{
    const bool max = s->mode[MAX] != 0;
    const double change = max ? s->options.plateau.threshold : -s->options.plateau.threshold;
    const double bar = s->mode[ABSOLUTE] != 0 ? best + change : best * (1 + change);
    return max ? metric > bar : metric < bar;
}

static void reduce(const reel_scheduler *s)
{
    const reel_lr_reduce_on_plateau_options *o = &s->options.plateau;
    for (size_t i = 0; i < s->o->groups; i++) {
        double *lr = &s->o->group[i].value[REELI_lr];
        const double low = i < s->groups ? s->low[i] : o->min_lr, reduced = *lr * o->factor;
        const double next = low > reduced ? low : reduced;
        *lr = *lr - next > o->eps ? next : *lr;
    }
}

reel_status reel_scheduler_step_metric(reel_scheduler *scheduler, double metric)
{
    reel_scheduler *s = scheduler;
    const reel_status status = reeli_scheduler_ready(s);
    if (status != REEL_OK || REELI_REFUSE(s->owned.r, s->kind->name, "a schedule cannot step")) {
        return status != REEL_OK ? status : s->owned.r->status;
    }
    if (s->kind != &plateau) {
        return reeli_error(s->owned.r, REEL_ERR_STATE,
                           "%s: a step takes no metric: call reel_scheduler_step", s->kind->name);
    }
    double *number = s->number;
    const bool better = is_better(s, metric, number[BEST]);
    s->last_epoch++;
    number[BEST] = better ? metric : number[BEST];
    number[BAD_EPOCHS] = better ? 0 : number[BAD_EPOCHS] + 1;
    if (number[COOLDOWN] > 0) {
        number[COOLDOWN]--;
        number[BAD_EPOCHS] = 0;
    }
    if (number[BAD_EPOCHS] > (double)s->options.plateau.patience) {
        reduce(s);
        number[COOLDOWN] = (double)s->options.plateau.cooldown;
        number[BAD_EPOCHS] = 0;
    }
    return REEL_OK;
}

reel_scheduler *reel_lr_reduce_on_plateau(reel_optimizer *optimizer,
                                          reel_lr_reduce_on_plateau_options options)
{
    options.factor = reeli_or(options.factor, 0.1);
    options.patience = options.patience > 0 ? options.patience : options.patience == 0 ? 10 : 0;
    options.threshold = reeli_or(options.threshold, 1e-4);
    options.eps = reeli_or(options.eps, 1e-8);
    if (!reeli_may_schedule(optimizer) ||
        !reeli_scheduler_check(optimizer, plateau.name, options.factor < 1,
                               "factor must be below 1", options.factor)) {
        return NULL;
    }
    reel_scheduler *s = reeli_scheduler_new(&plateau, optimizer, 0, NULL, 0);
    if (!s) {
        return NULL;
    }
    for (size_t i = 0; i < s->groups; i++) {
        s->low[i] = one_of(options.min_lrs, options.min_lr, i);
    }
    options.min_lrs = NULL;
    s->mode[MAX] = options.max;
    s->mode[ABSOLUTE] = options.absolute;
    s->options.plateau = options;
    s->last_epoch = 0;
    s->number[BEST] = options.max ? -(double)INFINITY : (double)INFINITY;
    return s;
}
