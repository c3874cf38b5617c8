/* SPDX-License-Identifier: MIT */
/* Optimizers from their descriptions: PyTorch's options, and where they are in ours. */
#include "runner.h"

#include <stddef.h>
#include <string.h>

/* A function that makes an optimizer from its options, which the other arguments list. */
#define OPTIMIZER(Type, lower, ...)                                                                \
    static reel_optimizer *make_##Type(reel_tensor_list parameters, json_t *spec, reason *why)     \
    {                                                                                              \
        typedef reel_##lower##_options self;                                                       \
        static const field fields[] = {__VA_ARGS__, {NULL, REAL, 0, NULL}};                        \
        self options = {0};                                                                        \
        bool read = read_fields(spec, fields, &options, why);                                      \
        return read ? reel_optim_##lower(parameters, options) : NULL;                              \
    }
#define OPTION(name, kind)                                                                         \
    {                                                                                              \
#name, kind, offsetof(self, name), NULL                                                    \
    }

static const char *const line_searches[] = {"", "strong_wolfe", NULL};

OPTIMIZER(SGD, sgd, OPTION(lr, REAL), OPTION(momentum, REAL), OPTION(dampening, REAL),
          OPTION(weight_decay, REAL), OPTION(nesterov, FLAG), OPTION(maximize, FLAG))
OPTIMIZER(Adam, adam, OPTION(lr, REAL), OPTION(betas, PAIR), OPTION(eps, REAL),
          OPTION(weight_decay, REAL), OPTION(amsgrad, FLAG), OPTION(maximize, FLAG))
OPTIMIZER(AdamW, adamw, OPTION(lr, REAL), OPTION(betas, PAIR), OPTION(eps, REAL),
          OPTION(weight_decay, REAL), OPTION(amsgrad, FLAG), OPTION(maximize, FLAG))
OPTIMIZER(Adamax, adamax, OPTION(lr, REAL), OPTION(betas, PAIR), OPTION(eps, REAL),
          OPTION(weight_decay, REAL), OPTION(maximize, FLAG))
OPTIMIZER(NAdam, nadam, OPTION(lr, REAL), OPTION(betas, PAIR), OPTION(eps, REAL),
          OPTION(weight_decay, REAL), OPTION(momentum_decay, REAL))
OPTIMIZER(RAdam, radam, OPTION(lr, REAL), OPTION(betas, PAIR), OPTION(eps, REAL),
          OPTION(weight_decay, REAL))
OPTIMIZER(RMSprop, rmsprop, OPTION(lr, REAL), OPTION(alpha, REAL), OPTION(eps, REAL),
          OPTION(weight_decay, REAL), OPTION(momentum, REAL), OPTION(centered, FLAG),
          OPTION(maximize, FLAG))
OPTIMIZER(Adagrad, adagrad, OPTION(lr, REAL), OPTION(lr_decay, REAL), OPTION(weight_decay, REAL),
          OPTION(initial_accumulator_value, REAL), OPTION(eps, REAL), OPTION(maximize, FLAG))
OPTIMIZER(Adadelta, adadelta, OPTION(lr, REAL), OPTION(rho, REAL), OPTION(eps, REAL),
          OPTION(weight_decay, REAL), OPTION(maximize, FLAG))
OPTIMIZER(ASGD, asgd, OPTION(lr, REAL), OPTION(lambd, REAL), OPTION(alpha, REAL), OPTION(t0, REAL),
          OPTION(weight_decay, REAL), OPTION(maximize, FLAG))
OPTIMIZER(Rprop, rprop, OPTION(lr, REAL), OPTION(etas, PAIR), OPTION(step_sizes, PAIR),
          OPTION(maximize, FLAG))
OPTIMIZER(LBFGS, lbfgs, OPTION(lr, REAL), OPTION(max_iter, WHOLE), OPTION(max_eval, WHOLE),
          OPTION(tolerance_grad, REAL), OPTION(tolerance_change, REAL), OPTION(history_size, WHOLE),
          {"line_search_fn", CHOICE, offsetof(self, line_search_fn), line_searches})

static const struct {
    const char *type;
    reel_optimizer *(*make)(reel_tensor_list parameters, json_t *spec, reason *why);
} rows[] = {
    {"SGD", make_SGD},         {"Adam", make_Adam},       {"AdamW", make_AdamW},
    {"Adamax", make_Adamax},   {"NAdam", make_NAdam},     {"RAdam", make_RAdam},
    {"RMSprop", make_RMSprop}, {"Adagrad", make_Adagrad}, {"Adadelta", make_Adadelta},
    {"ASGD", make_ASGD},       {"Rprop", make_Rprop},     {"LBFGS", make_LBFGS},
};

reel_optimizer *make_optimizer(reel_tensor_list parameters, json_t *spec, reason *why)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].type, type_of(spec)) == 0) {
            reel_optimizer *o = rows[i].make(parameters, spec, why);
            if (!o) {
                because(why, "%s: %s", rows[i].type, reel_error(parameters.r));
            }
            return o;
        }
    }
    because(why, "no such optimizer as '%s'", type_of(spec));
    return NULL;
}
