/* SPDX-License-Identifier: MIT */
/* Optimizers from their descriptions: PyTorch's options, and where they are in ours. */
#include "runner.h"

#include <stddef.h>
#include <string.h>

static const field sgd_fields[] = {
    {"lr", REAL, offsetof(reel_sgd_options, lr), NULL},
    {"momentum", REAL, offsetof(reel_sgd_options, momentum), NULL},
    {"dampening", REAL, offsetof(reel_sgd_options, dampening), NULL},
    {"weight_decay", REAL, offsetof(reel_sgd_options, weight_decay), NULL},
    {"nesterov", FLAG, offsetof(reel_sgd_options, nesterov), NULL},
    {"maximize", FLAG, offsetof(reel_sgd_options, maximize), NULL},
    {NULL, REAL, 0, NULL},
};

static reel_optimizer *make_SGD(reel_tensor_list parameters, json_t *spec, reason *why)
{
    reel_sgd_options options = {0};
    return read_fields(spec, sgd_fields, &options, why) ? reel_optim_sgd(parameters, options)
                                                        : NULL;
}

static const struct {
    const char *type;
    reel_optimizer *(*make)(reel_tensor_list parameters, json_t *spec, reason *why);
} rows[] = {
    {"SGD", make_SGD},
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
