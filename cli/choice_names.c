/* SPDX-License-Identifier: MIT */
/* The names of losses, activations, optimizers, schedules, on the command line and in models. */
#include "options.h"

#include <string.h>

const char *const loss_names[] = {"l1",       "mse", "huber",   "smooth_l1",     "quantile",
                                  "log_cosh", "bce", "poisson", "cross_entropy", NULL};
const char *const activation_names[] = {"relu",       "tanh",      "sigmoid",  "gelu",  "silu",
                                        "leaky_relu", "elu",       "selu",     "celu",  "softplus",
                                        "mish",       "hardswish", "softsign", "relu6", NULL};
const char *const optimizer_names[] = {"adam",
                                       "adamw",
                                       "sgd",
                                       "rmsprop",
                                       "adagrad",
                                       "adadelta",
                                       "adamax",
                                       "nadam",
                                       "radam",
                                       "asgd",
                                       "rprop",
                                       "lbfgs",
                                       "levenberg_marquardt",
                                       NULL};
const char *const schedule_names[] = {"none",      "cosine",  "linear",   "step", "exponential",
                                      "one_cycle", "plateau", "patience", NULL};
const char *const dtype_names[] = {"f32", "f64", NULL};
const char *const missing_names[] = {"median", "error", NULL};
const char *const transform_names[] = {"none", "log", "log1p", "sqrt", NULL};
const char *const date_part_names[] = {"trend", "year", "month", "weekday", "hour", NULL};

int name_index(const char *const *names, const char *name)
{
    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

bool optimizer_is_full_batch(int optimizer)
{
    return optimizer == OPTIMIZER_LBFGS || optimizer == OPTIMIZER_LEVENBERG_MARQUARDT;
}
