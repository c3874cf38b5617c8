/* SPDX-License-Identifier: MIT */
/* Schedulers from their descriptions: PyTorch's options, and where they are in ours. */
#include "runner.h"

#include <stddef.h>
#include <string.h>

/* A function that makes a scheduler from its options, which the other arguments list. */
#define SCHEDULER(Type, lower, ...)                                                                \
    static reel_scheduler *make_##Type(reel_optimizer *optimizer, json_t *spec, reason *why)       \
    {                                                                                              \
        typedef reel_lr_##lower##_options self;                                                    \
        static const field fields[] = {__VA_ARGS__, {NULL, REAL, 0, NULL}};                        \
        self options = {0};                                                                        \
        bool read = read_fields(spec, fields, &options, why);                                      \
        return read ? reel_lr_##lower(optimizer, options) : NULL;                                  \
    }
#define OPTION(name, kind)                                                                         \
    {                                                                                              \
#name, kind, offsetof(self, name), NULL                                                    \
    }
#define WORDS(name, kind, place, words)                                                            \
    {                                                                                              \
#name, kind, offsetof(self, place), words                                                  \
    }

static const char *const anneal_strategies[] = {"cos", "linear", NULL};
static const char *const modes[] = {"triangular", "triangular2", "exp_range", NULL};
static const char *const directions[] = {"min", "max", NULL};
static const char *const threshold_modes[] = {"rel", "abs", NULL};

SCHEDULER(StepLR, step, OPTION(step_size, WHOLE), OPTION(gamma, REAL))
SCHEDULER(ExponentialLR, exponential, OPTION(gamma, REAL))
SCHEDULER(ConstantLR, constant, OPTION(factor, REAL), OPTION(total_iters, COUNT))
SCHEDULER(LinearLR, linear, OPTION(start_factor, REAL), OPTION(end_factor, REAL),
          OPTION(total_iters, COUNT))
SCHEDULER(PolynomialLR, polynomial, OPTION(total_iters, COUNT), OPTION(power, REAL))
SCHEDULER(CosineAnnealingLR, cosine_annealing, OPTION(T_max, WHOLE), OPTION(eta_min, REAL))
SCHEDULER(CosineAnnealingWarmRestarts, cosine_annealing_warm_restarts, OPTION(T_0, WHOLE),
          OPTION(T_mult, WHOLE), OPTION(eta_min, REAL))
SCHEDULER(OneCycleLR, one_cycle, OPTION(max_lr, REAL), OPTION(total_steps, WHOLE),
          OPTION(epochs, WHOLE), OPTION(steps_per_epoch, WHOLE), OPTION(pct_start, REAL),
          WORDS(anneal_strategy, CHOICE, anneal_strategy, anneal_strategies),
          WORDS(cycle_momentum, NOT_FLAG, no_cycle_momentum, NULL), OPTION(base_momentum, REAL),
          OPTION(max_momentum, REAL), OPTION(div_factor, REAL), OPTION(final_div_factor, REAL),
          OPTION(three_phase, FLAG))
SCHEDULER(CyclicLR, cyclic, OPTION(base_lr, REAL), OPTION(max_lr, REAL), OPTION(step_size_up, REAL),
          OPTION(step_size_down, REAL), WORDS(mode, CHOICE, mode, modes), OPTION(gamma, REAL),
          WORDS(cycle_momentum, NOT_FLAG, no_cycle_momentum, NULL), OPTION(base_momentum, REAL),
          OPTION(max_momentum, REAL))
SCHEDULER(ReduceLROnPlateau, reduce_on_plateau, WORDS(mode, CHOICE_FLAG, max, directions),
          OPTION(factor, REAL), OPTION(patience, COUNT), OPTION(threshold, REAL),
          WORDS(threshold_mode, CHOICE_FLAG, absolute, threshold_modes), OPTION(cooldown, WHOLE),
          OPTION(min_lr, REAL), OPTION(eps, REAL))

static reel_scheduler *make_MultiStepLR(reel_optimizer *optimizer, json_t *spec, reason *why)
{
    enum { MAX_MILESTONES = 64 };
    static const field fields[] = {
        {"gamma", REAL, offsetof(reel_lr_multi_step_options, gamma), NULL}, {NULL, REAL, 0, NULL}};
    int64_t milestones[MAX_MILESTONES];
    reel_lr_multi_step_options options = {.milestones = milestones};
    json_t *rest = json_copy(spec), *list = json_object_get(spec, "milestones");
    bool read = json_is_array(list) && json_array_size(list) <= MAX_MILESTONES;
    for (; read && options.count < json_array_size(list); options.count++) {
        milestones[options.count] = json_integer_value(json_array_get(list, options.count));
    }
    json_object_del(rest, "milestones");
    read = read ? read_fields(rest, fields, &options, why)
                : because(why, "MultiStepLR: the milestones are no list");
    json_decref(rest);
    return read ? reel_lr_multi_step(optimizer, options) : NULL;
}

static const struct {
    const char *type;
    reel_scheduler *(*make)(reel_optimizer *optimizer, json_t *spec, reason *why);
} rows[] = {
    {"StepLR", make_StepLR},
    {"MultiStepLR", make_MultiStepLR},
    {"ExponentialLR", make_ExponentialLR},
    {"ConstantLR", make_ConstantLR},
    {"LinearLR", make_LinearLR},
    {"PolynomialLR", make_PolynomialLR},
    {"CosineAnnealingLR", make_CosineAnnealingLR},
    {"CosineAnnealingWarmRestarts", make_CosineAnnealingWarmRestarts},
    {"OneCycleLR", make_OneCycleLR},
    {"CyclicLR", make_CyclicLR},
    {"ReduceLROnPlateau", make_ReduceLROnPlateau},
};

reel_scheduler *make_scheduler(reel *r, reel_optimizer *optimizer, json_t *spec, reason *why)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].type, type_of(spec)) == 0) {
            reel_scheduler *s = rows[i].make(optimizer, spec, why);
            if (!s) {
                because(why, "%s: %s", rows[i].type, reel_error(r));
            }
            return s;
        }
    }
    because(why, "no such scheduler as '%s'", type_of(spec));
    return NULL;
}
